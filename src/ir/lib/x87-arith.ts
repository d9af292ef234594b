import { type Op, stateful } from "../op.js";
import { C0, C1, C2, C3, IE, invalid, isNaN80, SF, Z, ZE } from "./f80.js";
import { add, div, mul, sqrt, sub } from "./f80-arith.js";
import { fromF32, fromF64 } from "./f80-convert.js";
import { compare, EXPONENT, extract, fromInt32, rem, roundToInteger, scale } from "./f80-rem.js";
import { isEmpty, pop, push, raise, reg, setReg, underflow, W_FCW, W_FSW } from "./x87.js";

// x87 arithmetic and comparison on the register stack. Memory operands come as the raw bits of their format.

/** Operations by the reg field of opcodes D8 and DC. */
export const enum Arith { ADD, MUL, COM, COMP, SUB, SUBR, DIV, DIVR }

function compute(op: Arith, al: number, ah: number, as: number, bl: number, bh: number, bs: number, cw: number): number {
  switch (op) {
    case Arith.ADD: return add(al, ah, as, bl, bh, bs, cw);
    case Arith.MUL: return mul(al, ah, as, bl, bh, bs, cw);
    case Arith.SUB: return sub(al, ah, as, bl, bh, bs, cw);
    case Arith.SUBR: return sub(bl, bh, bs, al, ah, as, cw);
    case Arith.DIV: return div(al, ah, as, bl, bh, bs, cw);
    default: return div(bl, bh, bs, al, ah, as, cw);
  }
}

/** ST(dst) = ST(dst) op ST(src), perhaps with a pop. imm: dst | src << 3 | pop << 6. */
function arithReg(S: Int32Array, op: Arith, imm: number): void {
  const dst = imm & 7, src = (imm >> 3) & 7;
  if (isEmpty(S, dst) || isEmpty(S, src)) {
    if (underflow(S)) return;
  } else {
    const a = reg(S, dst), b = reg(S, src);
    if (raise(S, compute(op, S[a]!, S[a + 1]!, S[a + 2]!, S[b]!, S[b + 1]!, S[b + 2]!, S[W_FCW]!))) return;
  }
  setReg(S, dst);
  if (imm & 64) pop(S);
}

/** ST(0) = ST(0) op the operand in Z, whose conversion gave these flags. */
function arithZ(S: Int32Array, op: Arith, flags: number): void {
  if (isEmpty(S, 0)) {
    if (underflow(S)) return;
  } else {
    const a = reg(S, 0);
    const f = compute(op, S[a]!, S[a + 1]!, S[a + 2]!, Z[0]!, Z[1]!, Z[2]!, S[W_FCW]!);
    // a NaN, an invalid operation and a division by zero go before a denormal
    if (raise(S, isNaN80(S[a + 1]!, S[a]!, S[a + 2]!) || f & (IE | ZE) ? f : f | flags)) return;
  }
  setReg(S, 0);
}

interface ArithOps {
  /** imm: dst | src << 3 | pop << 6 */
  readonly reg: Op;
  readonly f32: Op;
  readonly f64: Op;
  /** a sign-extended 16- or 32-bit integer */
  readonly i32: Op;
}

function arithOps(name: string, op: Arith): ArithOps {
  return {
    reg: stateful(`x87.${name}`, [], "void", (S: Int32Array, imm: number) => arithReg(S, op, imm), true),
    f32: stateful(`x87.${name}.f32`, ["i32"], "void", (S: Int32Array, bits: number) => arithZ(S, op, fromF32(bits))),
    f64: stateful(`x87.${name}.f64`, ["i64"], "void", (S: Int32Array, lo: number, hi: number) => arithZ(S, op, fromF64(lo, hi))),
    i32: stateful(`x87.${name}.i32`, ["i32"], "void", (S: Int32Array, i: number) => {
      fromInt32(i);
      arithZ(S, op, 0);
    }),
  };
}

export const OP_FADD = arithOps("fadd", Arith.ADD);
export const OP_FMUL = arithOps("fmul", Arith.MUL);
export const OP_FSUB = arithOps("fsub", Arith.SUB);
export const OP_FSUBR = arithOps("fsubr", Arith.SUBR);
export const OP_FDIV = arithOps("fdiv", Arith.DIV);
export const OP_FDIVR = arithOps("fdivr", Arith.DIVR);

// Comparisons.

/** Enter a comparison's outcome; `pops` registers are popped unless an unmasked exception stops that. */
function compared(S: Int32Array, flags: number, pops: number): void {
  const codes = flags & (C0 | C2 | C3);
  const stop = raise(S, flags & ~codes);
  S[W_FSW] = (S[W_FSW]! & ~(C0 | C2 | C3)) | codes;
  if (stop) return;
  if (pops > 0) pop(S);
  if (pops > 1) pop(S);
}

function compareZ(S: Int32Array, flags: number, pops: number): void {
  if (isEmpty(S, 0)) compared(S, C3 | C2 | C0 | IE | SF, pops);
  else {
    const a = reg(S, 0);
    const f = compare(S[a]!, S[a + 1]!, S[a + 2]!, Z[0]!, Z[1]!, Z[2]!, false);
    compared(S, f & IE ? f : f | flags, pops);
  }
}

function compareReg(S: Int32Array, i: number, quiet: boolean): number {
  if (isEmpty(S, 0) || isEmpty(S, i)) return C3 | C2 | C0 | IE | SF;
  const a = reg(S, 0), b = reg(S, i);
  return compare(S[a]!, S[a + 1]!, S[a + 2]!, S[b]!, S[b + 1]!, S[b + 2]!, quiet);
}

/** FCOM and FUCOM families. imm: i | pops << 3 | quiet << 5 */
export const OP_FCOM = stateful("x87.fcom", [], "void", (S: Int32Array, imm: number) => {
  compared(S, compareReg(S, imm & 7, (imm & 32) !== 0), (imm >> 3) & 3);
}, true);
/** imm: pops */
export const OP_FCOM_F32 = stateful("x87.fcom.f32", ["i32"], "void", (S: Int32Array, bits: number, pops: number) => {
  compareZ(S, fromF32(bits), pops);
}, true);
export const OP_FCOM_F64 = stateful("x87.fcom.f64", ["i64"], "void", (S: Int32Array, lo: number, hi: number, pops: number) => {
  compareZ(S, fromF64(lo, hi), pops);
}, true);
export const OP_FCOM_I32 = stateful("x87.fcom.i32", ["i32"], "void", (S: Int32Array, i: number, pops: number) => {
  fromInt32(i);
  compareZ(S, 0, pops);
}, true);
/** FCOMI and FUCOMI: gives the new arithmetic flags, even with an unmasked exception. imm: i | pops << 3 | quiet << 5 */
export const OP_FCOMI = stateful("x87.fcomi", [], "i32", (S: Int32Array, imm: number) => {
  const flags = compareReg(S, imm & 7, (imm & 32) !== 0);
  const c1 = S[W_FSW]! & C1;
  const stop = raise(S, flags & ~(C0 | C2 | C3));
  if (!(flags & SF)) S[W_FSW]! |= c1; // it is left alone
  if (!stop && imm & 8) pop(S);
  // C3 -> ZF, C2 -> PF, C0 -> CF
  return (flags & C3 ? 64 : 0) | (flags & C2 ? 4 : 0) | (flags & C0 ? 1 : 0);
}, true);
export const OP_FTST = stateful("x87.ftst", [], "void", (S: Int32Array) => {
  fromInt32(0);
  compareZ(S, 0, 0);
});

// Operations on ST(0), or on ST(0) and ST(1).

type Unary = (lo: number, hi: number, se: number, cw: number) => number;
type Binary = (al: number, ah: number, as: number, bl: number, bh: number, bs: number, cw: number) => number;

/** ST(0) = fn(ST(0)) */
export function unary(name: string, fn: Unary): Op {
  return stateful(name, [], "void", (S: Int32Array) => {
    if (isEmpty(S, 0)) {
      if (underflow(S)) return;
    } else {
      const a = reg(S, 0);
      if (raise(S, fn(S[a]!, S[a + 1]!, S[a + 2]!, S[W_FCW]!))) return;
    }
    setReg(S, 0);
  });
}

/** ST(1) = fn(ST(0), ST(1)), then pop */
export function binaryPop(name: string, fn: Binary): Op {
  return stateful(name, [], "void", (S: Int32Array) => {
    if (isEmpty(S, 0) || isEmpty(S, 1)) {
      if (underflow(S)) return;
    } else {
      const a = reg(S, 0), b = reg(S, 1);
      if (raise(S, fn(S[a]!, S[a + 1]!, S[a + 2]!, S[b]!, S[b + 1]!, S[b + 2]!, S[W_FCW]!))) return;
    }
    setReg(S, 1);
    pop(S);
  });
}

export const OP_FSQRT = unary("x87.fsqrt", sqrt);
export const OP_FRNDINT = unary("x87.frndint", roundToInteger);

export const OP_FSCALE = stateful("x87.fscale", [], "void", (S: Int32Array) => {
  if (isEmpty(S, 0) || isEmpty(S, 1)) {
    if (underflow(S)) return;
  } else {
    const a = reg(S, 0), b = reg(S, 1);
    if (raise(S, scale(S[a]!, S[a + 1]!, S[a + 2]!, S[b]!, S[b + 1]!, S[b + 2]!, S[W_FCW]!))) return;
  }
  setReg(S, 0);
});

function remainder(S: Int32Array, nearest: boolean): void {
  if (isEmpty(S, 0) || isEmpty(S, 1)) {
    S[W_FSW]! &= ~C2;
    if (underflow(S)) return;
  } else {
    const a = reg(S, 0), b = reg(S, 1);
    const flags = rem(S[a]!, S[a + 1]!, S[a + 2]!, S[b]!, S[b + 1]!, S[b + 2]!, nearest, S[W_FCW]!);
    const codes = flags & (C0 | C2 | C3);
    const stop = raise(S, flags & ~codes);
    const noQuotient = stop || (flags & IE) !== 0 || isNaN80(Z[1]!, Z[0]!, Z[2]!);
    S[W_FSW] = noQuotient ? S[W_FSW]! & ~C2 : (S[W_FSW]! & ~(C0 | C2 | C3)) | codes;
    if (stop) return;
  }
  setReg(S, 0);
}

export const OP_FPREM = stateful("x87.fprem", [], "void", (S: Int32Array) => remainder(S, false));
export const OP_FPREM1 = stateful("x87.fprem1", [], "void", (S: Int32Array) => remainder(S, true));

/** FXTRACT: the exponent replaces ST(0), the significand is pushed. */
export const OP_FXTRACT = stateful("x87.fxtract", [], "void", (S: Int32Array) => {
  const empty = isEmpty(S, 0);
  if (empty || !isEmpty(S, -1)) {
    invalid();
    if (raise(S, empty ? IE | SF : IE | SF | C1)) return;
    setReg(S, 0);
    push(S);
    return;
  }
  const a = reg(S, 0);
  if (raise(S, extract(S[a]!, S[a + 1]!, S[a + 2]!))) return;
  S.set(EXPONENT, a);
  push(S);
});

