import { describe, expect, test } from "vitest";
import { Exit } from "../../src/ir/exit.js";
import { Vector } from "../../src/ir/memory.js";
import { GPR, PC } from "../../src/ir/state.js";
import { Perm } from "../../src/mmu/perm.js";
import { UserMemory } from "../../src/mmu/user-memory.js";
import { TranslationStore } from "../../src/runtime/translation-store.js";
import { UserCpu } from "../../src/runtime/user-cpu.js";
import { NO_HOST } from "../support/guest.js";

const CODE = 0x10000, STACK = 0x40000, FUNCTIONS = 200, STEP = 16;
const functionAt = (k: number): number => CODE + 0x1000 + k * STEP;

/** ROUNDS times: call each function, which adds its number + 1 to EAX and steps over what is not there (so that it is no part of its callers); then HLT. */
function program(rounds: number): Uint8Array {
  const bytes = new Uint8Array(0x3000).fill(0xf4), D = new DataView(bytes.buffer);
  let at = 0;
  const put = (...b: number[]): void => {
    bytes.set(b, at);
    at += b.length;
  };
  put(0xbe);
  D.setUint32(at, rounds, true);
  at += 4;
  const top = at;
  for (let k = 0; k < FUNCTIONS; k++) {
    put(0xe8);
    D.setInt32(at, functionAt(k) - (CODE + at + 4), true);
    at += 4;
  }
  put(0x4e, 0x0f, 0x85);
  D.setInt32(at, top - (at + 4), true);
  for (let k = 0; k < FUNCTIONS; k++) {
    // add eax, k + 1; ret
    const f = functionAt(k) - CODE;
    bytes.set([0x05, 0, 0, 0, 0, 0xc3], f);
    D.setUint32(f + 1, k + 1, true);
  }
  return bytes;
}

function make(code: Uint8Array, store?: TranslationStore): UserCpu {
  const memory = new UserMemory(1 << 20, 0, true);
  memory.map(CODE, code.length, Perm.READ | Perm.WRITE | Perm.EXEC);
  memory.map(STACK, 0x1000, Perm.READ | Perm.WRITE);
  memory.bytes.set(code, CODE);
  return new UserCpu(memory, NO_HOST, { threshold: 3, ...(store ? { store } : {}) });
}

/** Run from the start; EAX at the HLT. */
function run(cpu: UserCpu): number {
  const { S } = cpu.state;
  S[GPR >> 2] = 0;
  S[(GPR >> 2) + 8] = STACK + 0x800;
  S[PC >> 2] = CODE;
  let exit = Exit.budget;
  while (exit === Exit.budget) exit = cpu.run(10_000);
  expect([exit, cpu.fault?.vector]).toEqual([Exit.fault, Vector.GP]);
  return S[GPR >> 2]!;
}

const SUM = (FUNCTIONS * (FUNCTIONS + 1)) / 2;

describe("regions as WebAssembly", () => {
  test("go on as they are put together in larger modules, and as some are written to meanwhile", () => {
    const cpu = make(program(30_000));
    expect(run(cpu)).toBe(30_000 * SUM);
    expect(cpu.counters.interp).toBeLessThan(cpu.instructions / 20);
    // Functions in the large module change: callers jump to them directly.
    for (const k of [0, 50, 199]) {
      cpu.memory.store32(functionAt(k) + 1, 1000);
      const sum = [...Array(FUNCTIONS).keys()].reduce((s, i) => s + cpu.memory.load32(functionAt(i) + 1), 0);
      expect(run(cpu)).toBe(30_000 * sum | 0);
    }
  });

  test("are compiled once for processes that share them, each of which has its own code", () => {
    const store = new TranslationStore(), code = program(2000), changed = code.slice();
    changed[functionAt(7) - CODE + 1] = 0;
    const first = make(code, store);
    expect(run(first)).toBe(2000 * SUM);
    const made = first.counters.bytes;
    expect(made).toBeGreaterThan(0);
    const second = make(code, store), third = make(changed, store);
    expect([run(second), run(third)]).toEqual([2000 * SUM, 2000 * (SUM - 8)]);
    expect(second.counters.bytes).toBe(0);
    expect(third.counters.bytes).toBeLessThan(made / 3);
    // Both go on as they began.
    expect([run(first), run(third), run(second)]).toEqual([2000 * SUM, 2000 * (SUM - 8), 2000 * SUM]);
  });

  test("leave nothing behind in memory that another process gets", () => {
    const cpu = make(program(2000)), { memory } = cpu;
    run(cpu);
    cpu.reset();
    cpu.retire();
    memory.unmap(CODE, 0x3000);
    memory.unmap(STACK, 0x1000);
    const other = new UserCpu(memory, NO_HOST, { threshold: 3 }), code = program(2000);
    code[functionAt(9) - CODE + 1] = 0;
    memory.map(CODE, code.length, Perm.READ | Perm.WRITE | Perm.EXEC);
    memory.map(STACK, 0x1000, Perm.READ | Perm.WRITE);
    memory.bytes.set(code, CODE);
    expect(run(other)).toBe(2000 * (SUM - 10));
  });

  test("a jump to nowhere is a fault", () => {
    // L: xor eax, eax; jmp eax
    const bytes = new Uint8Array(0x1000);
    bytes.set([0x31, 0xc0, 0xff, 0xe0]);
    const cpu = make(bytes), { S } = cpu.state;
    for (let round = 0; round < 40; round++) {
      S[PC >> 2] = CODE;
      expect(cpu.run(1_000_000)).toBe(Exit.fault);
      expect([S[PC >> 2], cpu.fault]).toMatchObject([0, { vector: Vector.PF, address: 0 }]);
    }
  });

  test("stores to pages that hold code are made, and then asked about, where there are many", () => {
    // mov esi, 200000; L: inc dword [CODE + 0x2f00]; dec esi; jnz L
    const bytes = new Uint8Array(0x3000).fill(0xf4);
    bytes.set([0xbe, 0x40, 0x0d, 0x03, 0x00, 0xff, 0x05, 0x00, 0x2f, 0x01, 0x00, 0x4e, 0x75, 0xf7]);
    bytes.set([0xc3], 0x2f80);
    const cpu = make(bytes), { S } = cpu.state;
    S[PC >> 2] = CODE + 0x2f80;
    S[(GPR >> 2) + 8] = STACK + 0x800;
    cpu.memory.store32(STACK + 0x800, CODE + 0x1000);
    cpu.run(2);
    expect(run(cpu)).toBe(0);
    expect(cpu.memory.load32(CODE + 0x2f00)).toBe(200_000 + (0xf4f4f4f4 | 0));
    expect(cpu.counters.jit).toBeGreaterThan(cpu.instructions / 2);
  });
});
