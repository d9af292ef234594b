import { describe, expect, it } from "vitest";
import { Vector } from "../../src/ir/memory.js";
import { PC } from "../../src/ir/state.js";
import { Perm } from "../../src/mmu/perm.js";
import { UserMemory } from "../../src/mmu/user-memory.js";
import { UserCpu } from "../../src/runtime/user-cpu.js";
import { CODE, NO_HOST, STACK } from "../support/guest.js";

const le = (n: number): number[] => [0, 8, 16, 24].map((s) => (n >>> s) & 255);

/** 300 functions of a loop each, called in turn `rounds` times; each adds its number to ebx 5 times. */
function manyFunctions(rounds: number): { code: number[]; expected: number } {
  const FUNCTIONS = 300, SIZE = 16;
  const main: number[] = [0xbe, ...le(rounds)];
  const calls = main.length;
  const bodyLength = calls + FUNCTIONS * 5 + 1 + 6 + 1;
  for (let f = 0; f < FUNCTIONS; f++) main.push(0xe8, ...le(bodyLength + f * SIZE - (main.length + 5)));
  main.push(0x4e, 0x0f, 0x85, ...le(calls - (main.length + 7)), 0xf4);
  const code = [...main];
  for (let f = 0; f < FUNCTIONS; f++) {
    // mov ecx, 5; L: add ebx, f; dec ecx; jnz L; ret
    const body = [0xb9, ...le(5), 0x81, 0xc3, ...le(f), 0x49, 0x75, 0xf7, 0xc3];
    code.push(...body, ...new Array<number>(SIZE - body.length).fill(0x90));
  }
  return { code, expected: rounds * 5 * ((FUNCTIONS * (FUNCTIONS - 1)) / 2) };
}

function run(limits: { blocks: number; bytes: number }): UserCpu {
  const { code, expected } = manyFunctions(60);
  const memory = new UserMemory(1 << 20);
  memory.map(CODE, 0x3000, Perm.READ | Perm.EXEC);
  memory.map(STACK, 0x1000, Perm.READ | Perm.WRITE);
  memory.bytes.set(code, CODE);
  const cpu = new UserCpu(memory, NO_HOST, { threshold: 8, limits });
  cpu.state.S[PC >> 2] = CODE;
  cpu.state.S[8] = STACK + 0x800;
  cpu.run(10_000_000);
  expect(cpu.fault?.vector).toBe(Vector.GP);
  expect(cpu.state.S[6]).toBe(expected);
  return cpu;
}

describe("translation cache", () => {
  it("translates everything once when there is room", () => {
    const c = run({ blocks: 100_000, bytes: 1 << 28 }).cache.counters;
    expect(c.evictions).toBe(0);
    expect(c.misses).toBe(c.blocks);
    expect(c.hits + c.misses).toBe(c.lookups);
  });

  it("stays within a bound on blocks, and the guest does not notice", () => {
    const { cache } = run({ blocks: 64, bytes: 1 << 28 });
    expect(cache.counters.evictions).toBeGreaterThan(100);
    expect(cache.size.blocks).toBeLessThanOrEqual(64);
  });

  it("stays within a bound on bytes of JavaScript", () => {
    const { cache } = run({ blocks: 100_000, bytes: 40_000 });
    expect(cache.counters.evictions).toBeGreaterThan(10);
    expect(cache.size.bytes).toBeLessThanOrEqual(40_000);
  });

  it("is empty after clear, and pages are writable again", () => {
    const cpu = run({ blocks: 100_000, bytes: 1 << 28 });
    cpu.reset();
    expect(cpu.cache.size).toEqual({ blocks: 0, bytes: 0 });
    expect(cpu.memory.holdsCode(CODE, 4096)).toBe(false);
  });
});
