import { CF, PF, ZF } from "../flags.js";
import { RESULT, stateful } from "../op.js";
import { MXCSR } from "../state.js";
import { putLong } from "./sse-float.js";
import { DE, flushed, fromInt64, IE, narrow, operand, operate, raise, Soft, takeRaised, toInt32, toInt64, toIntegral, ZE } from "./softfloat.js";

/**
 * SSE arithmetic with any MXCSR, element by element: single precision as its bits in an i32, double precision in an i64. Exceptions gather
 * until SOFT_END, which enters them in MXCSR and says whether to raise #XM; results are written after it.
 */
const MX = MXCSR >> 2;

const F = new Float64Array(1);
const FI = new Int32Array(F.buffer);
const G = new Float32Array(1);
const GI = new Int32Array(G.buffer);

function isNan32(a: number): boolean {
  return (a & 0x7fffffff) > 0x7f800000;
}

function isNan64(lo: number, hi: number): boolean {
  const h = hi & 0x7fffffff;
  return h > 0x7ff00000 || (h === 0x7ff00000 && lo !== 0);
}

const QUIET32 = 0x400000, QUIET64 = 0x80000;
const DEFAULT32 = 0xffc00000 | 0, DEFAULT64 = 0xfff80000 | 0;

function value32(bits: number): number {
  GI[0] = bits;
  return G[0]!;
}

function bits32(x: number): number {
  if (x !== x) return DEFAULT32;
  G[0] = x;
  return GI[0]!;
}

function value64(lo: number, hi: number): number {
  FI[0] = lo;
  FI[1] = hi;
  return F[0]!;
}

function put(lo: number, hi: number): void {
  RESULT[0] = lo;
  RESULT[1] = hi;
}

function put64(x: number): void {
  if (x !== x) return put(0, DEFAULT64);
  F[0] = x;
  put(FI[0]!, FI[1]!);
}

/** Soft operations; MIN and MAX give the second operand unless the first is really below or above it. */
export const SOFT_F32 = stateful("soft.f32", ["i32", "i32"], "i32", (S: Int32Array, a: number, b: number, op: Soft) => {
  const mx = S[MX]!;
  if (op === Soft.sqrt) a = b;
  let x = value32(a), y = value32(b);
  if (x === x && y === y && op <= Soft.sqrt) return bits32(operate(op, x, y, true, mx));
  if (isNan32(a) || isNan32(b)) {
    if (op === Soft.min || op === Soft.max) {
      raise(IE);
      return isNan32(b) ? b : bits32(flushed(value32(b), true, mx));
    }
    if ((isNan32(a) && !(a & QUIET32)) || (isNan32(b) && !(b & QUIET32))) raise(IE);
    return (isNan32(a) ? a : b) | QUIET32;
  }
  x = operand(x, true, mx);
  y = operand(y, true, mx);
  return bits32((op === Soft.min ? x < y : x > y) ? x : y);
}, true);

export const SOFT_F64 = stateful("soft.f64", ["i64", "i64"], "i64", (S: Int32Array, a0: number, a1: number, b0: number, b1: number, op: Soft) => {
  const mx = S[MX]!;
  if (op === Soft.sqrt) {
    a0 = b0;
    a1 = b1;
  }
  let x = value64(a0, a1), y = value64(b0, b1);
  if (x === x && y === y && op <= Soft.sqrt) return put64(operate(op, x, y, false, mx));
  const an = isNan64(a0, a1), bn = isNan64(b0, b1);
  if (an || bn) {
    if (op === Soft.min || op === Soft.max) {
      raise(IE);
      return bn ? put(b0, b1) : put64(flushed(value64(b0, b1), false, mx));
    }
    if ((an && !(a1 & QUIET64)) || (bn && !(b1 & QUIET64))) raise(IE);
    return an ? put(a0, a1 | QUIET64) : put(b0, b1 | QUIET64);
  }
  x = operand(x, false, mx);
  y = operand(y, false, mx);
  return put64((op === Soft.min ? x < y : x > y) ? x : y);
}, true);

/** Operands of the last comparison; NaN there raises IE if it is signalling, or the comparison is. */
let left = 0, right = 0;

function load32(mx: number, a: number, b: number, signalling: boolean): void {
  left = value32(a);
  right = value32(b);
  const an = isNan32(a), bn = isNan32(b);
  if (an || bn) {
    if (signalling || (an && !(a & QUIET32)) || (bn && !(b & QUIET32))) raise(IE);
    return;
  }
  left = operand(left, true, mx);
  right = operand(right, true, mx);
}

function load64(mx: number, a0: number, a1: number, b0: number, b1: number, signalling: boolean): void {
  left = value64(a0, a1);
  right = value64(b0, b1);
  const an = isNan64(a0, a1), bn = isNan64(b0, b1);
  if (an || bn) {
    if (signalling || (an && !(a1 & QUIET64)) || (bn && !(b1 & QUIET64))) raise(IE);
    return;
  }
  left = operand(left, false, mx);
  right = operand(right, false, mx);
}

/** CMPPS predicates 0 to 7: equal, less, less or equal, unordered, and their negations. */
function holds(predicate: number): boolean {
  const x = left, y = right;
  const p = predicate & 3;
  const r = p === 0 ? x === y : p === 1 ? x < y : p === 2 ? x <= y : x !== x || y !== y;
  return r !== ((predicate & 4) !== 0);
}

function signals(predicate: number): boolean {
  const p = predicate & 3;
  return p === 1 || p === 2;
}

/** All ones if the predicate (immediate) holds. */
export const SOFT_CMP_F32 = stateful("soft.cmp.f32", ["i32", "i32"], "i32", (S: Int32Array, a: number, b: number, predicate: number) => {
  load32(S[MX]!, a, b, signals(predicate));
  return holds(predicate) ? -1 : 0;
}, true);

export const SOFT_CMP_F64 = stateful("soft.cmp.f64", ["i64", "i64"], "i32", (S: Int32Array, a0: number, a1: number, b0: number, b1: number, predicate: number) => {
  load64(S[MX]!, a0, a1, b0, b1, signals(predicate));
  return holds(predicate) ? -1 : 0;
}, true);

function compareFlags(): number {
  return left < right ? CF : left > right ? 0 : left === right ? ZF : CF | PF | ZF;
}

/** EFLAGS of COMISS (immediate 1) and UCOMISS (0). */
export const SOFT_COMI_F32 = stateful("soft.comi.f32", ["i32", "i32"], "i32", (S: Int32Array, a: number, b: number, signalling: number) => {
  load32(S[MX]!, a, b, signalling !== 0);
  return compareFlags();
}, true);

export const SOFT_COMI_F64 = stateful("soft.comi.f64", ["i64", "i64"], "i32", (S: Int32Array, a0: number, a1: number, b0: number, b1: number, signalling: number) => {
  load64(S[MX]!, a0, a1, b0, b1, signalling !== 0);
  return compareFlags();
}, true);

// Conversions.

export const SOFT_F32_F64 = stateful("soft.f32.f64", ["i32"], "i64", (S: Int32Array, a: number) => {
  if (isNan32(a)) {
    if (!(a & QUIET32)) raise(IE);
    return put(a << 29, (a & 0x80000000) | 0x7ff80000 | ((a & 0x3fffff) >> 3));
  }
  return put64(operand(value32(a), true, S[MX]!));
});

export const SOFT_F64_F32 = stateful("soft.f64.f32", ["i64"], "i32", (S: Int32Array, lo: number, hi: number) => {
  if (isNan64(lo, hi)) {
    if (!(hi & QUIET64)) raise(IE);
    return (hi & 0x80000000) | 0x7fc00000 | ((hi & 0x7ffff) << 3) | (lo >>> 29);
  }
  return bits32(narrow(value64(lo, hi), S[MX]!));
});

export const SOFT_I32_F32 = stateful("soft.i32.f32", ["i32"], "i32", (S: Int32Array, a: number) => bits32(narrow(a, S[MX]!)));

/** To i32; the immediate 1 truncates. */
export const SOFT_F32_I32 = stateful("soft.f32.i32", ["i32"], "i32", (S: Int32Array, a: number, truncate: number) => toInt32(value32(a), truncate !== 0, true, S[MX]!), true);
export const SOFT_F64_I32 = stateful("soft.f64.i32", ["i64"], "i32", (S: Int32Array, lo: number, hi: number, truncate: number) =>
  toInt32(value64(lo, hi), truncate !== 0, false, S[MX]!), true);

export const SOFT_I64_F32 = stateful("soft.i64.f32", ["i64"], "i32", (S: Int32Array, lo: number, hi: number) => bits32(fromInt64(lo, hi, true, S[MX]!)));
export const SOFT_I64_F64 = stateful("soft.i64.f64", ["i64"], "i64", (S: Int32Array, lo: number, hi: number) => put64(fromInt64(lo, hi, false, S[MX]!)));
/** To i64; the immediate 1 truncates. */
export const SOFT_F32_I64 = stateful("soft.f32.i64", ["i32"], "i64", (S: Int32Array, a: number, truncate: number) => putLong(toInt64(value32(a), truncate !== 0, true, S[MX]!)), true);
export const SOFT_F64_I64 = stateful("soft.f64.i64", ["i64"], "i64", (S: Int32Array, lo: number, hi: number, truncate: number) =>
  putLong(toInt64(value64(lo, hi), truncate !== 0, false, S[MX]!)), true);

/** ROUNDSS and ROUNDSD with their immediate. */
export const SOFT_ROUND_F32 = stateful("soft.round.f32", ["i32"], "i32", (S: Int32Array, a: number, imm: number) => {
  if (isNan32(a)) {
    if (!(a & QUIET32)) raise(IE);
    return a | QUIET32;
  }
  return bits32(toIntegral(value32(a), imm, true, S[MX]!));
}, true);

export const SOFT_ROUND_F64 = stateful("soft.round.f64", ["i64"], "i64", (S: Int32Array, lo: number, hi: number, imm: number) => {
  if (isNan64(lo, hi)) {
    if (!(hi & QUIET64)) raise(IE);
    return put(lo, hi | QUIET64);
  }
  return put64(toIntegral(value64(lo, hi), imm, false, S[MX]!));
}, true);

/** Enter the exceptions of the operations so far in MXCSR; true if an unmasked one is among them. */
export const SOFT_END = stateful("soft.end", [], "i1", (S: Int32Array) => {
  let flags = takeRaised();
  const open = ~(S[MX]! >> 7) & 0x3f;
  // what is found before computing, unmasked, keeps the computation from happening
  if (flags & open & (IE | DE | ZE)) flags &= IE | DE | ZE;
  S[MX]! |= flags;
  return flags & open ? 1 : 0;
});
