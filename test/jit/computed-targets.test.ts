import { generate } from "astring";
import { describe, expect, it } from "vitest";
import { GPR, PC } from "../../src/ir/state.js";
import * as js from "../../src/jit/ast.js";
import { targetSwitch } from "../../src/jit/emit-switch.js";
import { Regrowth } from "../../src/runtime/regrowth.js";
import { CODE, DATA, makeGuest, runGuest } from "../support/guest.js";

// Computed jumps and calls become guarded jumps within a region, by what tier 0 saw; regions that hand over too often are grown again.

describe("switch over computed targets", () => {
  for (const count of [1, 5, 6, 12, 24]) {
    it(`finds each of ${count} targets, and none for other PCs`, () => {
      const pcs = Array.from({ length: count }, (_, i) => 0x8048000 + i * i * 7 + 3);
      const cases = pcs.map((pc, i) => ({ pc, body: [js.ret(js.num(i))] }));
      const body = [...targetSwitch(js.id("t"), cases), js.ret(js.num(-1))];
      const find = new Function("imul", "t", generate(js.block(body))) as (imul: typeof Math.imul, t: number) => number;
      pcs.forEach((pc, i) => expect(find(Math.imul, pc)).toBe(i));
      for (let pc = 0x8047f00; pc < 0x8049000; pc++) if (!pcs.includes(pc)) expect(find(Math.imul, pc)).toBe(-1);
    });
  }
});

const le = (n: number): number[] => [0, 8, 16, 24].map((s) => (n >>> s) & 255);

/**
 * `count` handlers of `add eax, K; inc edx; dec ecx; jz end; movzx ebx, byte [edx % 256 + DATA]; jmp [ebx*4 + table]`, or, with `call`, a loop that
 * calls them and handlers that only add.
 */
function dispatcher(count: number, call: boolean): { code: number[]; table: number[] } {
  const TABLE = DATA + 0x400;
  const fetch = [0x0f, 0xb6, 0xda, 0x0f, 0xb6, 0x9b, ...le(DATA)]; // movzx ebx, dl; movzx ebx, byte [ebx + DATA]
  const code: number[] = [];
  const table: number[] = [];
  if (call) {
    // L: fetch; call [ebx*4 + TABLE]; inc edx; dec ecx; jnz L; hlt
    code.push(...fetch, 0xff, 0x14, 0x9d, ...le(TABLE), 0x42, 0x49, 0x75, 0x00, 0xf4);
    code[code.length - 2] = -(code.length - 1) & 255;
    for (let k = 0; k < count; k++) {
      table.push(CODE + code.length);
      code.push(0x05, ...le(k * k + 1), 0xc3);
    }
    return { code, table };
  }
  code.push(...fetch, 0xff, 0x24, 0x9d, ...le(TABLE));
  for (let k = 0; k < count; k++) {
    table.push(CODE + code.length);
    code.push(0x05, ...le(k * k + 1), 0x42, 0x49, 0x75, 0x01, 0xf4, ...fetch, 0xff, 0x24, 0x9d, ...le(TABLE));
  }
  return { code, table };
}

function run(tier: "auto" | "interp", call: boolean, rounds: number, hops: number[]): { eax: number; pc: number; instructions: number; regions: number } {
  const COUNT = 12;
  const { code, table } = dispatcher(COUNT, call);
  const g = makeGuest(code, tier, tier === "auto" ? 30 : undefined);
  // the program: at first few handlers, later all
  for (let i = 0; i < 256; i++) g.memory.bytes[DATA + i] = (i * 7) % 3;
  table.forEach((pc, k) => g.memory.D.setInt32(DATA + 0x400 + 4 * k, pc, true));
  g.S[(GPR >> 2) + 2] = rounds;
  for (const n of hops) {
    runGuest(g, n);
    for (let i = 0; i < 256; i++) g.memory.bytes[DATA + i] = (i * 5) % COUNT;
  }
  runGuest(g, 100_000_000);
  return { eax: g.S[GPR >> 2]!, pc: g.S[PC >> 2]!, instructions: g.cpu.instructions, regions: g.cpu.cacheCounters.regions };
}

describe("computed jumps and calls in regions", () => {
  for (const call of [false, true]) {
    it(`${call ? "calls" : "jumps"} give what tier 0 gives, and in the end one region does it`, () => {
      const a = run("interp", call, 5000, []);
      const b = run("auto", call, 5000, []);
      expect({ ...b, regions: 0 }).toEqual({ ...a, regions: 0 });
    });

    it(`${call ? "calls" : "jumps"} to targets that come later make regions grow again`, () => {
      const few = run("auto", call, 600_000, []).regions;
      const more = run("auto", call, 600_000, [2000]).regions;
      expect(more).toBeGreaterThan(few);
    });
  }
});

describe("regrowth", () => {
  it("asks for nothing while hops are rare", () => {
    const r = new Regrowth();
    for (let i = 0; i < 10_000; i++) r.ran(10, 10_000);
    expect([r.sampling, r.profiling]).toEqual([false, false]);
  });

  it("samples, profiles and names the sources of most hops", () => {
    const r = new Regrowth();
    while (!r.sampling) r.ran(100, 1000);
    for (let i = 0; r.sampling; i++) r.hop(i % 10 === 0 ? i : i % 3 === 0 ? 0x1000 : 0x2000);
    expect(r.profiling).toBe(true);
    while (!r.block());
    const named: number[] = [];
    r.grow((pc) => named.push(pc) > 0);
    expect(named).toEqual([0x2000, 0x1000]);
    expect([r.sampling, r.profiling]).toEqual([false, false]);
  });
});
