import { describe, expect, it } from "vitest";
import { BLOCK_LIMIT, type CodeSource, liftBlock } from "../../src/frontend/block.js";
import { USER32 } from "../../src/frontend/mode.js";
import type { Block } from "../../src/ir/inst.js";
import { printBlock } from "../../src/ir/text.js";
import { emitRegion } from "../../src/jit/compile.js";
import { growRegion } from "../../src/runtime/region-builder.js";
import { bytesAsCode } from "../../src/runtime/translate.js";
import { hex } from "../support/guest.js";

// Regions take blocks that tier 0 has lifted already, as they are; the region is the same as if they had been lifted for it, and the blocks stay what they were.

const BASE = 0x1000;

/** Code, and the blocks that tier 0 has of it; `lifts` counts what was lifted besides. */
class Guest {
  lifts = 0;
  readonly known = new Map<number, Block>();
  private readonly code: CodeSource;
  readonly source: CodeSource;

  constructor(bytes: Uint8Array) {
    this.code = bytesAsCode(bytes, BASE);
    this.source = {
      fetch: (at, into, want) => {
        this.lifts++;
        return this.code.fetch(at, into, want);
      },
      fetchFault: (at) => this.code.fetchFault(at),
    };
  }

  grow(known: boolean): string {
    const lifted = (pc: number): Block => {
      let block = this.known.get(pc);
      if (!block) this.known.set(pc, (block = liftBlock(this.code, pc, USER32)));
      return block;
    };
    return emitRegion(growRegion(this.source, BASE, USER32, { count: () => 1, ...(known ? { lifted } : {}) })).code;
  }
}

describe("regions of blocks that tier 0 has", () => {
  it("are what they are without, for random bytes, and leave the blocks alone", () => {
    let blocks = 0;
    for (let seed = 1; seed <= 300; seed++) {
      let x = seed;
      const guest = new Guest(Uint8Array.from({ length: 96 }, () => (x = (Math.imul(x, 1664525) + 1013904223) | 0) >>> 24));
      const want = guest.grow(false);
      guest.lifts = 0;
      expect(guest.grow(true), `seed ${seed}`).toBe(want);
      expect(guest.lifts).toBe(0);
      const before = [...guest.known.values()].map(printBlock);
      guest.grow(true);
      expect([...guest.known.values()].map(printBlock)).toEqual(before);
      blocks += before.length;
    }
    expect(blocks).toBeGreaterThan(600);
  });

  it("are straight code in one piece where tier 0 has it in several", () => {
    const guest = new Guest(Uint8Array.from(hex("40".repeat(3 * BLOCK_LIMIT) + "c3")));
    const want = guest.grow(false);
    expect(guest.grow(true)).toBe(want);
    expect(guest.known.size).toBe(1);
  });
});
