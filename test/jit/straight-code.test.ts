import { describe, expect, it } from "vitest";
import { BLOCK_LIMIT } from "../../src/frontend/block.js";
import { USER32 } from "../../src/frontend/mode.js";
import { readEflags } from "../../src/ir/eflags.js";
import { GPR, PC } from "../../src/ir/state.js";
import { GROWTH, growRegion } from "../../src/runtime/region-builder.js";
import { bytesAsCode } from "../../src/runtime/translate.js";
import { DATA, makeGuest, runGuest } from "../support/guest.js";

// Code without branches is one region up to a limit of its own: SHA-256, unrolled, is a loop of 4,000 instructions.

/** rol eax, 1; add eax, ecx; add [DATA + 4 * (k % 64)], eax, as often as told. */
function rounds(n: number): number[] {
  return Array.from({ length: n }, (_, k) => [0xd1, 0xc0, 0x01, 0xc8, 0x01, 0x05, ...[0, 8, 16, 24].map((s) => ((DATA + 4 * (k % 64)) >>> s) & 255)]).flat();
}

function grow(code: number[], base = 0x1000) {
  return growRegion(bytesAsCode(Uint8Array.from(code), base), base, USER32, { count: () => 1 });
}

describe("straight code", () => {
  it("is one block up to the limit, a multiple of blocks as tier 0 knows them", () => {
    const region = grow(rounds(350));
    expect(region.nodes.map((n) => n.block.count)).toEqual([GROWTH.straight]);
    expect(GROWTH.straight % BLOCK_LIMIT).toBe(0);
    expect(region.truncated).toBe(true);
  });

  it("goes on through jumps and over ends of pages", () => {
    // 30 instructions, jmp +0, 30 instructions; the page ends in the last ones
    const code = [...rounds(10), 0xeb, 0x00, ...rounds(10)];
    const region = grow(code, 0x2000 - code.length + 10);
    expect(region.nodes.map((n) => n.block.count).slice(0, 2)).toEqual([31, 27]);
    expect(region.truncated).toBe(false);
  });

  it("is short again behind a branch", () => {
    const { nodes } = grow([0x74, 0x00, ...rounds(350)]);
    expect(Math.max(...nodes.map((n) => n.block.count))).toBe(BLOCK_LIMIT);
    expect(nodes.reduce((n, { block }) => n + block.count, 0)).toBeLessThan(GROWTH.instructions + BLOCK_LIMIT);
  });

  it("computes in long blocks what it does in tier 0, and faults where tier 0 does", () => {
    const run = (tier: "interp" | "jit", unmapped: boolean) => {
      // the rounds; dec edx; jne to the beginning; hlt
      const body = [...rounds(400), 0x4a, 0x0f, 0x85];
      const back = -(body.length + 4);
      // the last store of the rounds goes nowhere
      if (unmapped) body.splice(10 * 399 + 6, 4, 0xf0, 0xff, 0xff, 0x7f);
      const g = makeGuest([...body, ...[0, 8, 16, 24].map((s) => (back >>> s) & 255), 0xf4], tier);
      g.S[GPR >> 2] = 0x12345678;
      g.S[(GPR >> 2) + 2] = 0x9e3779b9 | 0;
      g.S[(GPR >> 2) + 4] = 20;
      const ended = runGuest(g);
      const regs = [...g.S.slice(GPR >> 2, (GPR >> 2) + 16)];
      return { ended, regs, pc: g.S[PC >> 2], flags: readEflags(g.S), instructions: g.cpu.instructions, fault: g.cpu.fault?.address, data: [...g.memory.bytes.slice(DATA, DATA + 256)] };
    };
    for (const unmapped of [false, true]) expect(run("jit", unmapped)).toEqual(run("interp", unmapped));
  });
});
