import type { Builder } from "../builder.js";
import type { Block, Inst } from "../inst.js";
import { MULHU } from "../lib/integer.js";
import { C } from "../ops.js";
import { rebuild } from "../rebuild.js";
import { EFL, PC } from "../state.js";

/**
 * 64-bit arithmetic and registers become pairs of words, which the passes for 32 bits then know all about: what nobody needs of the high words goes, and
 * constants in them fold. What only moves (between memory and vector registers) and what the library gives or takes stays whole.
 */
export function splitWords(block: Block): Block {
  return rebuild(block, (i, b) => {
    const { code } = i.op;
    if (code === C.get && i.type === "i64" && i.imm < EFL && i.imm !== PC) return b.pack("i64", [b.get("i32", i.imm), b.get("i32", i.imm + 4)]);
    if (code === C.set && i.type === "i64" && i.imm < EFL && i.imm !== PC) {
      const [low, high] = words(b, i.args[0]!);
      b.set(i.imm, low);
      b.set(i.imm + 4, high);
      return null;
    }
    if (code === C.reach) {
      const high = b.lane(i.args[0]!, 1);
      return high.isConst && high.imm === 0 ? null : undefined;
    }
    if (i.op.lib || i.args.length < 2) return undefined;
    if (i.type === "i64") {
      const pair = arithmetic(b, i);
      return pair ? b.pack("i64", pair) : undefined;
    }
    return i.args[0]!.type === "i64" ? comparison(b, i) : undefined;
  });
}

type Words = [low: Inst, high: Inst];

function words(b: Builder, v: Inst): Words {
  return [b.lane(v, 0), b.lane(v, 1)];
}

function arithmetic(b: Builder, i: Inst): Words | null {
  const { code } = i.op;
  switch (code) {
    case C.select: {
      const [x0, x1] = words(b, i.args[1]!), [y0, y1] = words(b, i.args[2]!);
      return [b.select(i.args[0]!, x0, y0), b.select(i.args[0]!, x1, y1)];
    }
    case C.shl: case C.shr: case C.sar: case C.rotl: case C.rotr: return shifted(b, code, words(b, i.args[0]!), i.args[1]!);
    case C.add: return sum(b, words(b, i.args[0]!), words(b, i.args[1]!));
    case C.sub: return difference(b, words(b, i.args[0]!), words(b, i.args[1]!));
    case C.mul: {
      const [x0, x1] = words(b, i.args[0]!), [y0, y1] = words(b, i.args[1]!);
      return [b.mul(x0, y0), b.add(b.add(b.lib(MULHU, [x0, y0]), b.mul(x0, y1)), b.mul(x1, y0))];
    }
    case C.and: case C.or: case C.xor: {
      const x = words(b, i.args[0]!), y = words(b, i.args[1]!);
      return [b.emit(i.op, "i32", [x[0], y[0]]), b.emit(i.op, "i32", [x[1], y[1]])];
    }
    default: return null;
  }
}

function isValue(v: Inst, n: number): boolean {
  return v.isConst && v.imm === n;
}

function sum(b: Builder, [x0, x1]: Words, [y0, y1]: Words): Words {
  if (x0.isConst && !y0.isConst) return sum(b, [y0, y1], [x0, x1]);
  const low = b.add(x0, y0);
  if (isValue(y0, 0)) return [low, b.add(x1, y1)];
  // a small negative number: its high word and the carry are one borrow
  if (isValue(y1, -1)) return [low, b.sub(x1, b.zext(b.leu(x0, low)))];
  return [low, b.add(b.add(x1, y1), b.zext(b.ltu(low, x0)))];
}

function difference(b: Builder, [x0, x1]: Words, [y0, y1]: Words): Words {
  return [b.sub(x0, y0), b.sub(b.sub(x1, y1), b.zext(b.ltu(x0, y0)))];
}

/** Shifts and rotates of an i32 take their count modulo 32 as they are. */
function shifted(b: Builder, code: C, [x0, x1]: Words, n: Inst): Words {
  // by 32 or more: the words change places, or one goes and the other takes its place
  const far = b.nonzero(b.and(n, b.i32(32)));
  // 31 - n; the other word is shifted by 1 before it, so that a count of 0 brings nothing in
  const rest = b.xor(b.and(n, b.i32(31)), b.i32(31));
  const up = (low: Inst, high: Inst): Inst => b.or(b.shl(high, n), intoLow(b, low, n, rest));
  const down = (low: Inst, high: Inst): Inst => b.or(b.shr(low, n), intoHigh(b, high, n, rest));
  switch (code) {
    case C.shl: {
      const low = b.shl(x0, n);
      return [b.select(far, b.i32(0), low), b.select(far, low, up(x0, x1))];
    }
    case C.shr: case C.sar: {
      const high = code === C.shr ? b.shr(x1, n) : b.sar(x1, n);
      return [b.select(far, high, down(x0, x1)), b.select(far, code === C.shr ? b.i32(0) : b.sar(x1, b.i32(31)), high)];
    }
    default: {
      const y0 = b.select(far, x1, x0), y1 = b.select(far, x0, x1);
      return code === C.rotl ? [up(y1, y0), up(y0, y1)] : [down(y0, y1), down(y1, y0)];
    }
  }
}

/** What a shift left by n brings in from below. */
function intoLow(b: Builder, v: Inst, n: Inst, rest: Inst): Inst {
  if (n.isConst) return n.imm & 31 ? b.shr(v, b.i32(32 - (n.imm & 31))) : b.i32(0);
  return b.shr(b.shr(v, b.i32(1)), rest);
}

/** What a shift right by n brings in from above. */
function intoHigh(b: Builder, v: Inst, n: Inst, rest: Inst): Inst {
  if (n.isConst) return n.imm & 31 ? b.shl(v, b.i32(32 - (n.imm & 31))) : b.i32(0);
  return b.shl(b.shl(v, b.i32(1)), rest);
}

function comparison(b: Builder, i: Inst): Inst | undefined {
  const [x0, x1] = words(b, i.args[0]!), [y0, y1] = words(b, i.args[1]!);
  switch (i.op.code as C) {
    case C.eq: return isValue(y0, 0) && isValue(y1, 0) ? b.eq(b.or(x0, x1), y0) : b.and(b.eq(x0, y0), b.eq(x1, y1));
    case C.ne: return isValue(y0, 0) && isValue(y1, 0) ? b.ne(b.or(x0, x1), y0) : b.or(b.ne(x0, y0), b.ne(x1, y1));
    case C.ltu: return isValue(y0, 0) ? b.ltu(x1, y1) : b.select(b.eq(x1, y1), b.ltu(x0, y0), b.ltu(x1, y1));
    case C.lts: return isValue(y0, 0) ? b.lts(x1, y1) : b.select(b.eq(x1, y1), b.ltu(x0, y0), b.lts(x1, y1));
    case C.leu: return isValue(x0, 0) ? b.leu(x1, y1) : b.select(b.eq(x1, y1), b.leu(x0, y0), b.ltu(x1, y1));
    case C.les: return isValue(x0, 0) ? b.les(x1, y1) : b.select(b.eq(x1, y1), b.leu(x0, y0), b.lts(x1, y1));
    default: return undefined;
  }
}
