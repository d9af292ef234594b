import type { Inst } from "../../ir/inst.js";
import { MULHS, MULHU } from "../../ir/lib/integer.js";
import * as I from "../../ir/lib/vec-int.js";
import * as L from "../../ir/lib/vec-lane.js";
import type { Op } from "../../ir/op.js";
import { OP } from "../../ir/ops.js";
import { Mnemonic, type Operand } from "../decode.js";
import type { Lift, LiftContext, LiftTable } from "./context.js";
import { binary, lanesOf, leave, readVector, stateOf, typeOf, unary, vector, writeVector, zero } from "./vector.js";

// Packed integer arithmetic of MMX, SSE2, SSSE3, SSE4 (Intel SDM vol. 2). What rearranges elements is in sse-shuffle.ts.

/** An op on whole vectors, lane by lane. */
function lanewise(op: Op): Lift {
  return vector((c, insn) => {
    const [dst, src] = insn.ops as [Operand, Operand];
    const type = typeOf(dst);
    const y = readVector(c, src, type);
    const args = op.lib?.lanewise && op.lib.args.length === 1 ? [y] : [c.b.get(type, stateOf(dst)), y];
    writeVector(c, dst, c.b.emit(op, type, args));
  });
}

export function sameRegister(x: Operand, y: Operand): boolean {
  return y.isReg && x.index === y.index;
}

/** PXOR and the like: with twice the same register it is the usual way to write 0, which depends on nothing. */
export function xorVector(op: Op): Lift {
  const general = lanewise(op);
  return vector((c, insn) => {
    const [dst, src] = insn.ops as [Operand, Operand];
    if (sameRegister(dst, src)) writeVector(c, dst, zero(c, typeOf(dst)));
    else general(c, insn);
  });
}

export const logic = lanewise;

/** Each result lane from two neighbours: those of the first operand, then those of the second. */
function neighbours(fn: (c: LiftContext, a: Inst, b: Inst) => Inst): Lift {
  return binary((c, x, y) => {
    const all = [...x, ...y];
    return x.map((_, l) => fn(c, all[l * 2]!, all[l * 2 + 1]!));
  });
}

function pairOp(op: Op): Lift {
  return neighbours((c, a, b) => c.b.lib(op, [a, b]));
}

/** An operation on 32-bit elements that core ops do. */
function dwords(fn: (c: LiftContext, a: Inst, b: Inst) => Inst): Lift {
  return binary((c, x, y) => x.map((v, l) => fn(c, v, y[l]!)));
}

/** An operation on 64-bit elements. */
function quads(fn: (c: LiftContext, a: readonly [Inst, Inst], b: readonly [Inst, Inst]) => [Inst, Inst]): Lift {
  return binary((c, x, y) => {
    const out: Inst[] = [];
    for (let l = 0; l < x.length; l += 2) out.push(...fn(c, [x[l]!, x[l + 1]!], [y[l]!, y[l + 1]!]));
    return out;
  });
}

function wide(c: LiftContext, v: readonly [Inst, Inst]): Inst {
  return c.b.pack("i64", [...v]);
}

function split(c: LiftContext, v: Inst): [Inst, Inst] {
  return [c.b.lane(v, 0), c.b.lane(v, 1)];
}

/** All ones if the condition holds. */
export function maskLane(c: LiftContext, cond: Inst): Inst {
  return c.b.sub(c.b.i32(0), c.b.zext(cond));
}

function both(v: Inst): [Inst, Inst] {
  return [v, v];
}

/** Sum of absolute differences of each eight bytes. */
function psadbw(c: LiftContext, a: readonly [Inst, Inst], b: readonly [Inst, Inst]): [Inst, Inst] {
  return [c.b.add(c.b.lib(L.SAD4, [a[0], b[0]]), c.b.lib(L.SAD4, [a[1], b[1]])), c.b.i32(0)];
}

type ShiftLane = (c: LiftContext, x: readonly Inst[], l: number, count: Inst) => Inst;

/** A shift of all elements by one count: an immediate, or the low 64 bits of a vector. */
function shift(fn: ShiftLane): Lift {
  return vector((c, insn) => {
    const [dst, by] = insn.ops as [Operand, Operand];
    const type = typeOf(dst);
    let count: Inst;
    if (by.isReg || by.isMem) {
      const v = readVector(c, by, type);
      count = c.b.lib(L.COUNT, [c.b.lane(v, 0), c.b.lane(v, 1)]);
    } else count = c.b.i32(Math.min(by.value & 0xff, 64));
    const x = lanesOf(c, c.b.get(type, stateOf(dst)));
    writeVector(c, dst, c.b.pack(type, x.map((_, l) => fn(c, x, l, count))));
  });
}

/** Elements within a lane; `core`: the core op that does it for counts below 32. */
function shiftLane(op: Op, core?: Op): ShiftLane {
  return (c, x, l, n) => {
    if (!core || !n.isConst) return c.b.lib(op, [x[l]!, n]);
    if (n.imm < 32) return c.b.emit(core, "i32", [x[l]!, n]);
    return core === OP.sar ? c.b.sar(x[l]!, c.b.i32(31)) : c.b.i32(0);
  };
}

const pslld = shiftLane(L.PSLLD, OP.shl), psrld = shiftLane(L.PSRLD, OP.shr);

const psllq: ShiftLane = (c, x, l, n) => {
  const b = c.b;
  if ((l & 1) === 0) return pslld(c, x, l, n);
  if (!n.isConst) return b.lib(L.PSLLQ_HI, [x[l - 1]!, x[l]!, n]);
  if (n.imm >= 32) return n.imm > 63 ? b.i32(0) : b.shl(x[l - 1]!, b.i32(n.imm - 32));
  return n.imm === 0 ? x[l]! : b.or(b.shl(x[l]!, n), b.shr(x[l - 1]!, b.i32(32 - n.imm)));
};
const psrlq: ShiftLane = (c, x, l, n) => {
  const b = c.b;
  if (l & 1) return psrld(c, x, l, n);
  if (!n.isConst) return b.lib(L.PSRLQ_LO, [x[l]!, x[l + 1]!, n]);
  if (n.imm >= 32) return n.imm > 63 ? b.i32(0) : b.shr(x[l + 1]!, b.i32(n.imm - 32));
  return n.imm === 0 ? x[l]! : b.or(b.shr(x[l]!, n), b.shl(x[l + 1]!, b.i32(32 - n.imm)));
};

/** Top bits of the bytes into a general register. */
const pmovmskb: Lift = vector((c, insn) => {
  const [dst, src] = insn.ops as [Operand, Operand];
  const b = c.b;
  const bits = lanesOf(c, readVector(c, src, typeOf(src))).map((v, l) => b.shl(b.lib(L.SIGNS8, [v]), b.i32(l * 4)));
  leave(c, insn);
  c.setGpr(dst.index, bits.reduce((x, y) => b.or(x, y)));
});

/** The low elements of the source of `from` bytes, widened to `to` bytes. */
function extend(from: 1 | 2 | 4, to: 2 | 4 | 8, signed: boolean): Lift {
  if (to === 2) return unary((c, y) => [0, 1, 2, 3].map((l) => c.b.lib(signed ? L.SXBW : L.ZXBW, [l & 1 ? c.b.shr(y[l >> 1]!, c.b.i32(16)) : y[l >> 1]!])));
  return unary((c, y) => {
    const b = c.b;
    const out: Inst[] = [];
    for (let k = 0; out.length < 4; k++) {
      const at = k * from;
      const raw = b.shr(y[at >> 2]!, b.i32((at & 3) * 8));
      const v = from === 4 ? raw : signed ? (from === 1 ? b.ext8s(raw) : b.ext16s(raw)) : b.and(raw, b.i32(from === 1 ? 0xff : 0xffff));
      out.push(v);
      if (to === 8) out.push(signed ? b.sar(v, b.i32(31)) : b.i32(0));
    }
    return out;
  });
}

export const SSE_INT_LIFTS: LiftTable = [
  [Mnemonic.Paddb, lanewise(I.PADDB)], [Mnemonic.Paddw, lanewise(I.PADDW)], [Mnemonic.Paddd, dwords((c, x, y) => c.b.add(x, y))],
  [Mnemonic.Psubb, lanewise(I.PSUBB)], [Mnemonic.Psubw, lanewise(I.PSUBW)], [Mnemonic.Psubd, dwords((c, x, y) => c.b.sub(x, y))],
  [Mnemonic.Paddq, quads((c, x, y) => split(c, c.b.add(wide(c, x), wide(c, y))))],
  [Mnemonic.Psubq, quads((c, x, y) => split(c, c.b.sub(wide(c, x), wide(c, y))))],
  [Mnemonic.Paddsb, lanewise(I.PADDSB)], [Mnemonic.Paddsw, lanewise(I.PADDSW)], [Mnemonic.Paddusb, lanewise(I.PADDUSB)],
  [Mnemonic.Paddusw, lanewise(I.PADDUSW)], [Mnemonic.Psubsb, lanewise(I.PSUBSB)], [Mnemonic.Psubsw, lanewise(I.PSUBSW)],
  [Mnemonic.Psubusb, lanewise(I.PSUBUSB)], [Mnemonic.Psubusw, lanewise(I.PSUBUSW)],
  [Mnemonic.Pavgb, lanewise(I.PAVGB)], [Mnemonic.Pavgw, lanewise(I.PAVGW)],
  [Mnemonic.Pminub, lanewise(I.PMINUB)], [Mnemonic.Pminsb, lanewise(I.PMINSB)], [Mnemonic.Pminuw, lanewise(I.PMINUW)],
  [Mnemonic.Pminsw, lanewise(I.PMINSW)], [Mnemonic.Pminud, lanewise(I.PMINUD)], [Mnemonic.Pminsd, lanewise(I.PMINSD)],
  [Mnemonic.Pmaxub, lanewise(I.PMAXUB)], [Mnemonic.Pmaxsb, lanewise(I.PMAXSB)], [Mnemonic.Pmaxuw, lanewise(I.PMAXUW)],
  [Mnemonic.Pmaxsw, lanewise(I.PMAXSW)], [Mnemonic.Pmaxud, lanewise(I.PMAXUD)], [Mnemonic.Pmaxsd, lanewise(I.PMAXSD)],
  [Mnemonic.Pcmpeqb, lanewise(I.PCMPEQB)], [Mnemonic.Pcmpeqw, lanewise(I.PCMPEQW)], [Mnemonic.Pcmpeqd, dwords((c, x, y) => maskLane(c, c.b.eq(x, y)))],
  [Mnemonic.Pcmpgtb, lanewise(I.PCMPGTB)], [Mnemonic.Pcmpgtw, lanewise(I.PCMPGTW)], [Mnemonic.Pcmpgtd, dwords((c, x, y) => maskLane(c, c.b.lts(y, x)))],
  [Mnemonic.Pcmpeqq, quads((c, x, y) => both(maskLane(c, c.b.eq(wide(c, x), wide(c, y)))))],
  [Mnemonic.Pcmpgtq, quads((c, x, y) => both(maskLane(c, c.b.lts(wide(c, y), wide(c, x)))))],
  [Mnemonic.Pand, logic(OP.and)], [Mnemonic.Por, logic(OP.or)], [Mnemonic.Pandn, logic(I.PANDN)], [Mnemonic.Pxor, xorVector(OP.xor)],
  [Mnemonic.Pmullw, lanewise(I.PMULLW)], [Mnemonic.Pmulhw, lanewise(I.PMULHW)], [Mnemonic.Pmulhuw, lanewise(I.PMULHUW)],
  [Mnemonic.Pmulhrsw, lanewise(I.PMULHRSW)], [Mnemonic.Pmulld, lanewise(I.PMULLD)],
  [Mnemonic.Pmaddwd, lanewise(I.PMADDWD)], [Mnemonic.Pmaddubsw, lanewise(I.PMADDUBSW)],
  [Mnemonic.Pmuludq, quads((c, x, y) => [c.b.mul(x[0], y[0]), c.b.lib(MULHU, [x[0], y[0]])])],
  [Mnemonic.Pmuldq, quads((c, x, y) => [c.b.mul(x[0], y[0]), c.b.lib(MULHS, [x[0], y[0]])])],
  [Mnemonic.Psignb, lanewise(I.PSIGNB)], [Mnemonic.Psignw, lanewise(I.PSIGNW)], [Mnemonic.Psignd, lanewise(I.PSIGND)],
  [Mnemonic.Pabsb, lanewise(I.PABSB)], [Mnemonic.Pabsw, lanewise(I.PABSW)], [Mnemonic.Pabsd, lanewise(I.PABSD)],
  [Mnemonic.Psadbw, quads(psadbw)],
  [Mnemonic.Phaddw, pairOp(L.PHADDW)], [Mnemonic.Phaddsw, pairOp(L.PHADDSW)], [Mnemonic.Phsubw, pairOp(L.PHSUBW)], [Mnemonic.Phsubsw, pairOp(L.PHSUBSW)],
  [Mnemonic.Phaddd, neighbours((c, x, y) => c.b.add(x, y))], [Mnemonic.Phsubd, neighbours((c, x, y) => c.b.sub(x, y))],
  [Mnemonic.Packsswb, pairOp(L.PACKSSWB)], [Mnemonic.Packuswb, pairOp(L.PACKUSWB)], [Mnemonic.Packssdw, pairOp(L.PACKSSDW)],
  [Mnemonic.Packusdw, pairOp(L.PACKUSDW)],
  [Mnemonic.Psllw, shift(shiftLane(L.PSLLW))], [Mnemonic.Psrlw, shift(shiftLane(L.PSRLW))], [Mnemonic.Psraw, shift(shiftLane(L.PSRAW))],
  [Mnemonic.Pslld, shift(pslld)], [Mnemonic.Psrld, shift(psrld)], [Mnemonic.Psrad, shift(shiftLane(L.PSRAD, OP.sar))],
  [Mnemonic.Psllq, shift(psllq)], [Mnemonic.Psrlq, shift(psrlq)],
  [Mnemonic.Pmovmskb, pmovmskb],
  [Mnemonic.Pmovsxbw, extend(1, 2, true)], [Mnemonic.Pmovsxbd, extend(1, 4, true)], [Mnemonic.Pmovsxbq, extend(1, 8, true)],
  [Mnemonic.Pmovsxwd, extend(2, 4, true)], [Mnemonic.Pmovsxwq, extend(2, 8, true)], [Mnemonic.Pmovsxdq, extend(4, 8, true)],
  [Mnemonic.Pmovzxbw, extend(1, 2, false)], [Mnemonic.Pmovzxbd, extend(1, 4, false)], [Mnemonic.Pmovzxbq, extend(1, 8, false)],
  [Mnemonic.Pmovzxwd, extend(2, 4, false)], [Mnemonic.Pmovzxwq, extend(2, 8, false)], [Mnemonic.Pmovzxdq, extend(4, 8, false)],
];
