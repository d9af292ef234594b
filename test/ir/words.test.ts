import { expect, it } from "vitest";
import { bytesAsCode } from "../../src/runtime/translate.js";
import { liftBlock } from "../../src/frontend/block.js";
import { Mode, USER32, USER64 } from "../../src/frontend/mode.js";
import { Block, Inst, type Terminator } from "../../src/ir/inst.js";
import { allOps, type Op } from "../../src/ir/op.js";
import { OP } from "../../src/ir/ops.js";
import { decodeBlock, encodeBlock } from "../../src/ir/words.js";
import { encodingOf, entries, ENCODINGS } from "../vectors/cases.js";
import { FAMILIES } from "../vectors/codes.js";

const ops = allOps();
const number = (op: Op): number => ops.indexOf(op);

/** All that a block says, with values as numbers. */
function told(block: Block): unknown {
  const at = new Map(block.insts.map((i, k) => [i, k]));
  const index = (i: Inst): number | undefined => at.get(i);
  const term = Object.fromEntries(Object.entries(block.term).map(([k, v]) => [k, v instanceof Inst ? `value ${index(v)}` : (v as unknown)]));
  return { pc: block.pc, end: block.end, count: block.count, term, insts: block.insts.map((i) => [i.op.name, i.type, i.args.map(index), i.imm, i.immHi, i.mem, i.rmw]) };
}

function again(block: Block): Block {
  const words = [7, 7];
  encodeBlock(block, number, words);
  return decodeBlock(Int32Array.from(words), 2, ops);
}

it("every instruction's block is the same after it was words", () => {
  let blocks = 0;
  const used = new Set<Op>();
  for (const family of FAMILIES) {
    for (const entry of entries(family)) {
      for (let n = 0; n < ENCODINGS; n += 10) {
        for (const mode of [USER32, USER32 | Mode.SOFT_FLOAT, Mode.CODE32 | Mode.STACK32 | Mode.SYSTEM | Mode.CPL3, Mode.REAL | Mode.SYSTEM, USER64]) {
          const { bytes } = encodingOf(entry, n);
          // Behind it a jump, so that the block has an end; at addresses above 2^31, too.
          const pc = n === 0 ? 0x8048000 : -0x7000;
          const block = liftBlock(bytesAsCode(Uint8Array.from([...bytes, ...new Array<number>(16).fill(0x90), 0xeb, 0]), pc), pc, mode);
          const as = JSON.stringify(told(block));
          if (JSON.stringify(told(again(block))) !== as) expect(told(again(block))).toEqual(told(block));
          for (const i of block.insts) used.add(i.op);
          blocks++;
        }
      }
    }
  }
  expect(blocks).toBeGreaterThan(15_000);
  expect(used.size).toBeGreaterThan(250);
});

it("constants of all kinds, and all ends", () => {
  const value = (op: Op, type: Inst["type"], imm: number, immHi = 0): Inst => Object.assign(new Inst(op, type, [], imm), { immHi });
  const ends: Terminator[] = [
    { kind: "jump", target: -5, hint: undefined }, { kind: "jump", target: 0x7fffffff, hint: "call" }, { kind: "exit", reason: 3, arg: -1, next: 9 }, { kind: "trap", vector: 6, errorCode: 2, next: -8 },
  ];
  for (const term of ends) {
    const block = new Block(-4096);
    block.insts.push(
      value(OP.const, "f64", -0), value(OP.const, "f64", 1e300), value(OP.const, "f32", 0.5), value(OP.const, "f64", NaN), value(OP.const, "i32", -0x80000000),
      value(OP.const, "i64", 0, -1), value(OP.const, "i64", 5, 0), value(OP.const, "i1", 1),
    );
    Object.assign(block, { term, count: 3, end: 4 });
    expect(told(again(block))).toEqual(told(block));
    expect(Object.is(again(block).insts[0]!.imm, -0)).toBe(true);
  }
});
