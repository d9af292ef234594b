import { describe, expect, it } from "vitest";
import { liftBlock } from "../../src/frontend/block.js";
import { USER32 } from "../../src/frontend/mode.js";
import type { Block } from "../../src/ir/inst.js";
import { mergeCommonValues } from "../../src/ir/passes/common-values.js";
import { eliminateDeadCode } from "../../src/ir/passes/dead-code.js";
import { eliminateDeadState } from "../../src/ir/passes/dead-state.js";
import { forwardState } from "../../src/ir/passes/forward-state.js";
import { lowerFlags } from "../../src/ir/passes/lower-flags.js";
import { parseBlock, printBlock } from "../../src/ir/text.js";
import { verifyBlock } from "../../src/ir/verify.js";
import { bytesAsCode } from "../../src/runtime/translate.js";

// Blocks of random instructions: well formed as lifted and after each pass, and the text form gives back the same block.

function random(seed: number): () => number {
  let x = seed | 1;
  return () => {
    x = (Math.imul(x, 1664525) + 1013904223) | 0;
    return x >>> 8;
  };
}

function randomBlock(seed: number): Block {
  const r = random(seed);
  const bytes = Uint8Array.from({ length: 128 }, () => (r() % 3 === 0 ? [0x0f, 0x66, 0x83, 0xd1, 0x8b, 0x89, 0xf3][r() % 7]! : r() & 0xff));
  return liftBlock(bytesAsCode(bytes, 0x1000), 0x1000, USER32);
}

describe("passes", () => {
  it("keep random blocks well formed", () => {
    let count = 0;
    for (let seed = 1; seed < 3000; seed++) {
      let block = randomBlock(seed);
      count += block.count;
      const check = (stage: string): void => expect(verifyBlock(block), `seed ${seed}, ${stage}\n${printBlock(block)}`).toEqual([]);
      check("lifted");
      block = lowerFlags(block);
      check("flags lowered");
      block = forwardState(block);
      check("state forwarded");
      block = mergeCommonValues(block);
      check("common values merged");
      eliminateDeadState(block);
      check("dead state gone");
      eliminateDeadCode(block);
      check("dead code gone");
    }
    expect(count).toBeGreaterThan(5000);
  });

  it("print and parse back", () => {
    for (let seed = 1; seed < 1000; seed++) {
      const text = printBlock(randomBlock(seed));
      expect(printBlock(parseBlock(text))).toBe(text);
    }
  });
});

/** Run passes on IR text and return IR text. */
function run(text: string, ...passes: Array<(b: Block) => Block | void>): string {
  let b = parseBlock(text);
  for (const p of passes) b = p(b) ?? b;
  return printBlock(b).split("\n").slice(1, -1).map((l) => l.trim()).join("\n");
}

describe("each pass", () => {
  it("lowers a comparison to its operands", () => {
    expect(run(`block 0x10 end=0x12 count=1
      insn 0x10 #2
      v0 = get.i32 eax
      v1 = get.i32 ecx
      v2 = sub.i32 v0 v1
      fset.void v0 v2 #18
      v3 = fcond.i1 #2
      branch v3 0x20 0x12`, lowerFlags, eliminateDeadCode)).toContain("= ltu.i1 v0 v1");
  });

  it("forwards what was set, and only as long as it holds", () => {
    const out = run(`block 0x10 end=0x12 count=1
      insn 0x10 #2
      v0 = const.i32 7
      set.i32 eax v0
      v1 = get.i32 eax
      set.i32 ecx v1
      v2 = get.i32 edx
      set.i32 edx v0
      v3 = get.i32 edx
      set.i32 ebx v3
      set.i32 esi v2
      jump 0x12`, forwardState, eliminateDeadCode);
    expect(out.split("\n")).toEqual(["insn 0x10 #2", "v0 = const.i32 7", "set.i32 eax v0", "set.i32 ecx v0", "v1 = get.i32 edx", "set.i32 edx v0", "set.i32 ebx v0", "set.i32 esi v1", "jump 0x12"]);
  });

  it("computes a value once, and what follows from that being one", () => {
    const out = run(`block 0x10 end=0x14 count=1
      insn 0x10 #2
      v0 = get.i32 eax
      v1 = const.i32 3
      v2 = shl.i32 v0 v1
      v3 = shl.i32 v0 v1
      v4 = const.i32 8
      v5 = add.i32 v2 v4
      v6 = add.i32 v3 v4
      v7 = sub.i32 v5 v6
      v8 = sar.i32 v0 v1
      set.i32 ecx v5
      set.i32 edx v6
      set.i32 ebx v7
      set.i32 esi v8
      jump 0x14`, mergeCommonValues, eliminateDeadCode);
    expect(out.split("\n").slice(1)).toEqual(["v0 = get.i32 eax", "v1 = const.i32 3", "v2 = shl.i32 v0 v1", "v3 = const.i32 8", "v4 = add.i32 v2 v3", "v5 = const.i32 0",
      "v6 = sar.i32 v0 v1", "set.i32 ecx v4", "set.i32 edx v4", "set.i32 ebx v5", "set.i32 esi v6", "jump 0x14"]);
  });

  it("takes no read of the state for another, nor a load", () => {
    const text = `insn 0x10 #2
v0 = get.i32 eax
v1 = get.i32 eax
v2 = load.i32 v0 mem=i32
v3 = load.i32 v0 mem=i32
v4 = add.i32 v2 v3
set.i32 ecx v4
set.i32 edx v1
jump 0x14`;
    expect(run(`block 0x10 end=0x14 count=1\n${text}`, mergeCommonValues, eliminateDeadCode)).toBe(text);
  });

  it("keeps what an instruction sets after a library function that may have stored into code: compiled code may leave before the next one", () => {
    const text = (between: string): string => `block 0x10 end=0x16 count=2
      insn 0x10 #2
      v0 = const.i32 7
      v1 = const.i32 1
      v6 = const.i32 0
      ${between}
      set.i32 esi v0
      insn 0x12 #2
      set.i32 esi v1
      jump 0x16`;
    expect(run(text("v7 = str.movs.v128 v0 v1 v6 v6 v6 v6 #1"), eliminateDeadState).match(/set/g)).toHaveLength(2);
    expect(run(text("v7 = add.i32 v0 v1"), eliminateDeadState).match(/set/g)).toHaveLength(1);
  });

  it("keeps a set that a fault can see", () => {
    const text = (between: string): string => `block 0x10 end=0x14 count=1
      insn 0x10 #2
      v0 = const.i32 7
      set.i32 eax v0
      ${between}
      set.i32 eax v0
      jump 0x14`;
    expect(run(text("v9 = load.i32 v0 mem=i32"), eliminateDeadState).match(/set/g)).toHaveLength(2);
    expect(run(text("v9 = get.i32 eax"), eliminateDeadState).match(/set/g)).toHaveLength(2);
    expect(run(text("v9 = get.i32 ecx"), eliminateDeadState).match(/set/g)).toHaveLength(1);
  });

  it("removes unused values but no loads, which may fault", () => {
    const out = run(`block 0x10 end=0x14 count=1
      insn 0x10 #2
      v0 = get.i32 eax
      v1 = load.i32 v0 mem=i32
      v2 = add.i32 v0 v1
      jump 0x14`, eliminateDeadCode);
    expect(out).toContain("load");
    expect(out).not.toContain("add");
  });

  it("folds constants", () => {
    const out = run(`block 0x10 end=0x14 count=1
      insn 0x10 #2
      v0 = const.i32 6
      v1 = const.i32 7
      v2 = mul.i32 v0 v1
      v3 = get.i32 eax
      v4 = add.i32 v3 v0
      v5 = add.i32 v4 v1
      set.i32 ecx v2
      set.i32 edx v5
      jump 0x14`, forwardState, eliminateDeadCode);
    expect(out).toContain("const.i32 42");
    expect(out).toContain("const.i32 13");
    expect(out.match(/add/g)).toHaveLength(1);
  });
});
