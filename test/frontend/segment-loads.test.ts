import { describe, expect, it } from "vitest";
import { type CodeSource, liftBlock } from "../../src/frontend/block.js";
import { Mode } from "../../src/frontend/mode.js";
import { GuestFault, Vector } from "../../src/ir/memory.js";

/** Where blocks of machines end at loads of segment registers. */

const SYSTEM32 = Mode.SYSTEM | Mode.CODE32 | Mode.STACK32;

function count(code: readonly number[], mode: number, options: Parameters<typeof liftBlock>[3] = {}): number {
  const bytes = Uint8Array.from(code);
  const source: CodeSource = {
    fetch(addr, into, max) {
      const part = bytes.subarray(addr - 0x1000, addr - 0x1000 + max);
      into.set(part);
      return part.length;
    },
    fetchFault: () => new GuestFault(Vector.PF),
  };
  return liftBlock(source, 0x1000, mode, options).count;
}

const DS = [0x8e, 0xd8], ES = [0x8e, 0xc0], SS = [0x8e, 0xd0], NOP = [0x90], POP_ES = [0x07], LOAD_ES = [0x8e, 0x03], HLT = [0xf4];

describe.each([["flat", SYSTEM32 | Mode.FLAT], ["not flat", SYSTEM32]])("loads of segments from registers, %s", (_, mode) => {
  it("go on to each other, but not behind SS", () => {
    expect(count([...DS, ...ES, ...SS, ...NOP, ...HLT], mode)).toBe(3);
    expect(count([...DS, ...SS, ...ES, ...NOP, ...HLT], mode)).toBe(2);
  });

  it("end the block before anything that may access memory", () => {
    expect(count([...DS, ...POP_ES, ...HLT], mode)).toBe(1);
    expect(count([...DS, ...LOAD_ES, ...HLT], mode)).toBe(1);
    expect(count([...DS, ...NOP, ...HLT], mode)).toBe(1);
  });

  it("end it where it has to end", () => {
    expect(count([...DS, ...ES, ...HLT], mode, { maxInstructions: 1 })).toBe(1);
    expect(count([...DS, ...ES, ...SS, ...HLT], mode, { stops: new Set([0x1004]) })).toBe(2);
  });
});
