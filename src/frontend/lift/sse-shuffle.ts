import type { Inst } from "../../ir/inst.js";
import { PBLENDVB } from "../../ir/lib/vec-int.js";
import { INTERLEAVE8, PSHUFB } from "../../ir/lib/vec-lane.js";
import { XMM } from "../../ir/state.js";
import { Mnemonic, type Operand } from "../decode.js";
import type { Lift, LiftContext, LiftTable } from "./context.js";
import { binary, type LaneFn, lanesOf, leave, stateOf, typeOf, unary, vector, writeVector } from "./vector.js";

// What rearranges elements: shuffles, unpacking, blends, byte shifts, insertion and extraction. Immediates are known here, so most of it is
// a choice of lanes that costs nothing.

/** Word k of a vector. */
function word(c: LiftContext, v: readonly Inst[], k: number): Inst {
  const lane = v[k >> 1]!;
  return k & 1 ? c.b.shr(lane, c.b.i32(16)) : c.b.and(lane, c.b.i32(0xffff));
}

function fromWords(c: LiftContext, low: Inst, high: Inst): Inst {
  return c.b.or(low, c.b.shl(high, c.b.i32(16)));
}

/** Four words of a quadword chosen by an immediate. */
function shuffleWords(c: LiftContext, y: readonly Inst[], base: number, imm: number): Inst[] {
  const w = (k: number): Inst => word(c, y, base + ((imm >> (k * 2)) & 3));
  return [fromWords(c, w(0), w(1)), fromWords(c, w(2), w(3))];
}

/** The low (first = 0) or high half of both operands interleaved, by lanes. */
function unpackLanes(high: boolean): LaneFn {
  return (_c, x, y) => {
    const n = x.length / 2, from = high ? n : 0;
    return x.map((_, l) => (l & 1 ? y : x)[from + (l >> 1)]!);
  };
}

function unpackWords(high: boolean): LaneFn {
  return (c, x, y) => {
    const from = high ? x.length : 0;
    return x.map((_, l) => fromWords(c, word(c, x, from + l), word(c, y, from + l)));
  };
}

function unpackBytes(high: boolean): LaneFn {
  return (c, x, y) => {
    const from = high ? x.length : 0;
    return x.map((_, l) => c.b.lib(INTERLEAVE8, [word(c, x, from + l), word(c, y, from + l)]));
  };
}

/** Quadwords of XMM registers move as 64-bit halves, which keeps them in doubles where they are doubles. */
function halves(choose: (imm: number) => readonly [which: 0 | 1, half: 0 | 1][]): Lift {
  return vector((c, insn) => {
    const [dst, src, imm] = insn.ops as [Operand, Operand, Operand | undefined];
    const plan = choose(imm ? imm.value & 3 : 0);
    const b = c.b;
    const at = stateOf(dst);
    let fetch: (half: number) => Inst;
    if (src.isMem) {
      const addr = c.addr(src);
      if (src.size === 16) {
        c.requireAligned(addr, 16);
        b.probe(addr, 16, false);
      }
      fetch = (half) => b.load("i64", half ? b.add(addr, b.i32(8)) : addr);
    } else {
      const from = stateOf(src);
      fetch = (half) => b.get("i64", from + half * 8);
    }
    // loads before anything changes; a half that stays is not written
    const values = plan.map(([which, half], k) => (which === 0 ? (half === k ? null : b.get("i64", at + half * 8)) : fetch(half)));
    values.forEach((v, k) => {
      if (v) b.set(at + k * 8, v);
    });
  });
}

/** Bytes at `shift` on in the lanes of a longer value; 0 beyond it. */
function bytesFrom(c: LiftContext, all: readonly Inst[], shift: number, count: number): Inst[] {
  const b = c.b;
  const bits = (shift & 3) * 8;
  const lane = (k: number): Inst => all[k] ?? b.i32(0);
  return Array.from({ length: count }, (_, l) => {
    const k = (shift >> 2) + l;
    return bits === 0 ? lane(k) : b.or(b.shr(lane(k), b.i32(bits)), b.shl(lane(k + 1), b.i32(32 - bits)));
  });
}

/** PSRLDQ and PSLLDQ. */
function byteShift(left: boolean): Lift {
  return vector((c, insn) => {
    const [dst, imm] = insn.ops as [Operand, Operand];
    const n = Math.min(imm.value & 0xff, 16);
    const x = lanesOf(c, c.b.get("v128", stateOf(dst)));
    const all = left ? [...[0, 0, 0, 0].map((v) => c.b.i32(v)), ...x] : x;
    writeVector(c, dst, c.b.pack("v128", bytesFrom(c, all, left ? 16 - n : n, 4)));
  });
}

const palignr: LaneFn = (c, x, y, imm) => bytesFrom(c, [...y, ...x], imm, x.length);

const pshufb: LaneFn = (c, x, y) => {
  const source = x.length === 2 ? [...x, ...x] : x;
  return y.map((control) => c.b.lib(PSHUFB, [control, ...source]));
};

/** Elements of the second operand where the immediate's bits say so; `size` bytes each. */
function blend(size: 2 | 4 | 8): LaneFn {
  return (c, x, y, imm) => x.map((v, l) => {
    if (size === 2) {
      const bits = (imm >> (l * 2)) & 3;
      if (bits === 1 || bits === 2) return bits === 1 ? fromWords(c, word(c, y, l * 2), word(c, x, l * 2 + 1)) : fromWords(c, word(c, x, l * 2), word(c, y, l * 2 + 1));
      return bits === 3 ? y[l]! : v;
    }
    return (imm >> (size === 4 ? l : l >> 1)) & 1 ? y[l]! : v;
  });
}

/** The implied mask in XMM0. */
function maskLanes(c: LiftContext): Inst[] {
  return lanesOf(c, c.b.get("v128", XMM));
}

/** BLENDVPS and BLENDVPD: by the mask's sign, per element of so many lanes. */
function blendBySign(lanes: 1 | 2): LaneFn {
  return (c, x, y) => {
    const mask = maskLanes(c);
    return x.map((v, l) => c.b.select(c.b.lts(mask[l | (lanes - 1)]!, c.b.i32(0)), y[l]!, v));
  };
}

/** PINSRB PINSRW PINSRD: an element from a general register or memory. */
function insert(size: 1 | 2 | 4): Lift {
  return vector((c, insn) => {
    const [dst, src, imm] = insn.ops as [Operand, Operand, Operand];
    const b = c.b;
    const value = src.isMem ? b.load(size === 1 ? "i8" : size === 2 ? "i16" : "i32", c.addr(src)) : c.gpr(src.index);
    const type = typeOf(dst);
    const x = lanesOf(c, b.get(type, stateOf(dst)));
    const element = imm.value & (x.length * 4 / size - 1);
    const lane = (element * size) >> 2, bits = ((element * size) & 3) * 8;
    const mask = size === 4 ? -1 : (size === 1 ? 0xff : 0xffff) << bits;
    x[lane] = size === 4 ? value : b.or(b.and(x[lane]!, b.i32(~mask)), b.and(b.shl(value, b.i32(bits)), b.i32(mask)));
    writeVector(c, dst, b.pack(type, x));
  });
}

/** PINSRQ and PEXTRQ. */
const insertQuad: Lift = vector((c, insn) => {
  const [dst, src, imm] = insn.ops as [Operand, Operand, Operand];
  c.b.set(stateOf(dst) + (imm.value & 1) * 8, c.read(src));
});
const extractQuad: Lift = vector((c, insn) => {
  const [dst, src, imm] = insn.ops as [Operand, Operand, Operand];
  c.write(dst, c.b.get("i64", stateOf(src) + (imm.value & 1) * 8));
});

/** PEXTRB PEXTRW PEXTRD EXTRACTPS: an element to a general register (zero-extended) or memory. */
function extract(size: 1 | 2 | 4): Lift {
  return vector((c, insn) => {
    const [dst, src, imm] = insn.ops as [Operand, Operand, Operand];
    const b = c.b;
    const x = lanesOf(c, b.get(typeOf(src), stateOf(src)));
    const element = imm.value & (x.length * 4 / size - 1);
    const shifted = b.shr(x[(element * size) >> 2]!, b.i32(((element * size) & 3) * 8));
    const value = size === 4 ? shifted : b.and(shifted, b.i32(size === 1 ? 0xff : 0xffff));
    if (dst.isMem) b.store(size === 1 ? "i8" : size === 2 ? "i16" : "i32", c.addr(dst), value);
    else {
      leave(c, insn);
      c.setGpr(dst.index, value);
    }
  });
}

const insertps: Lift = vector((c, insn) => {
  const [dst, src, op] = insn.ops as [Operand, Operand, Operand];
  const b = c.b;
  const imm = op.value & 0xff;
  const value = src.isMem ? b.load("i32", c.addr(src)) : b.lane(b.get("v128", stateOf(src)), imm >> 6);
  const x = lanesOf(c, b.get("v128", stateOf(dst)));
  x[(imm >> 4) & 3] = value;
  writeVector(c, dst, b.pack("v128", x.map((v, l) => ((imm >> l) & 1 ? b.i32(0) : v))));
});



export const SSE_SHUFFLE_LIFTS: LiftTable = [
  [Mnemonic.Pshufd, unary((_c, y, imm) => [0, 1, 2, 3].map((l) => y[(imm >> (l * 2)) & 3]!))],
  [Mnemonic.Pshuflw, unary((c, y, imm) => [...shuffleWords(c, y, 0, imm), y[2]!, y[3]!])],
  [Mnemonic.Pshufhw, unary((c, y, imm) => [y[0]!, y[1]!, ...shuffleWords(c, y, 4, imm)])],
  [Mnemonic.Pshufw, unary((c, y, imm) => shuffleWords(c, y, 0, imm))],
  [Mnemonic.Pshufb, binary(pshufb)], [Mnemonic.Palignr, binary(palignr)],
  [Mnemonic.Pslldq, byteShift(true)], [Mnemonic.Psrldq, byteShift(false)],
  [Mnemonic.Shufps, binary((_c, x, y, imm) => [x[imm & 3]!, x[(imm >> 2) & 3]!, y[(imm >> 4) & 3]!, y[imm >> 6]!])],
  [Mnemonic.Shufpd, halves((imm) => [[0, (imm & 1) as 0 | 1], [1, (imm >> 1) as 0 | 1]])],
  [Mnemonic.Unpcklps, binary(unpackLanes(false))], [Mnemonic.Unpckhps, binary(unpackLanes(true))],
  [Mnemonic.Punpckldq, binary(unpackLanes(false))], [Mnemonic.Punpckhdq, binary(unpackLanes(true))],
  [Mnemonic.Punpcklwd, binary(unpackWords(false))], [Mnemonic.Punpckhwd, binary(unpackWords(true))],
  [Mnemonic.Punpcklbw, binary(unpackBytes(false))], [Mnemonic.Punpckhbw, binary(unpackBytes(true))],
  [Mnemonic.Unpcklpd, halves(() => [[0, 0], [1, 0]])], [Mnemonic.Unpckhpd, halves(() => [[0, 1], [1, 1]])],
  [Mnemonic.Punpcklqdq, halves(() => [[0, 0], [1, 0]])], [Mnemonic.Punpckhqdq, halves(() => [[0, 1], [1, 1]])],
  [Mnemonic.Movddup, halves(() => [[1, 0], [1, 0]])],
  [Mnemonic.Movhlps, halves(() => [[1, 1], [0, 1]])], [Mnemonic.Movlhps, halves(() => [[0, 0], [1, 0]])],
  [Mnemonic.Movsldup, unary((_c, y) => [y[0]!, y[0]!, y[2]!, y[2]!])], [Mnemonic.Movshdup, unary((_c, y) => [y[1]!, y[1]!, y[3]!, y[3]!])],
  [Mnemonic.Pblendw, binary(blend(2))], [Mnemonic.Blendps, binary(blend(4))], [Mnemonic.Blendpd, binary(blend(8))],
  [Mnemonic.Blendvps, binary(blendBySign(1))], [Mnemonic.Blendvpd, binary(blendBySign(2))],
  [Mnemonic.Pblendvb, binary((c, x, y) => {
    const v = c.b.lib(PBLENDVB, [c.b.pack("v128", y), c.b.pack("v128", x), c.b.pack("v128", maskLanes(c))]);
    return lanesOf(c, v);
  })],
  [Mnemonic.Pinsrb, insert(1)], [Mnemonic.Pinsrw, insert(2)], [Mnemonic.Pinsrd, insert(4)],
  [Mnemonic.Pextrb, extract(1)], [Mnemonic.Pextrw, extract(2)], [Mnemonic.Pextrd, extract(4)], [Mnemonic.Extractps, extract(4)],
  [Mnemonic.Insertps, insertps], [Mnemonic.Pinsrq, insertQuad], [Mnemonic.Pextrq, extractQuad],
];
