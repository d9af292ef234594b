import { roundTo } from "./sse-float.js";

/**
 * IEEE 754 single and double precision with every rounding, denormal handling and exception of MXCSR (Intel SDM vol. 1, 10.2.3, 11.5.2). Values
 * come and go as doubles (single precision is a subset); NaNs are dealt with by the callers (softfloat-ops.ts), which see their bits.
 *
 * Sums, products, quotients and roots are computed exactly as integers and rounded once. That is slow, so results that rounding to nearest
 * gives in JavaScript too are taken from there when no flag can change: the precision flag is set already, and the result is ordinary.
 */

/** Exception flags of MXCSR; their masks are 7 bits further up. */
export const IE = 1, DE = 2, ZE = 4, OE = 8, UE = 16, PE = 32;
const DAZ = 0x40, UM = 0x800, OM = 0x400, FTZ = 0x8000;
/** PE, PM and RC; with PE set and masked, and RC nearest: */
const QUIET_BITS = 0x7020, QUIET = 0x1020;

export const enum Soft { add, sub, mul, div, sqrt, min, max }

/** Exceptions raised since `takeRaised`. */
let raised = 0;

export function raise(flags: number): void {
  raised |= flags;
}

/** The exceptions raised since the last call. */
export function takeRaised(): number {
  const flags = raised;
  raised = 0;
  return flags;
}

/** Rounding control: nearest, down, up, towards 0. */
export function roundingOf(mxcsr: number): number {
  return (mxcsr >> 13) & 3;
}

const F = new Float64Array(1);
const I = new Int32Array(F.buffer);

/** |x| = mantissa * 2^exponent, for a finite x. */
function mantissa(x: number): bigint {
  F[0] = x;
  const e = (I[1]! >>> 20) & 0x7ff;
  return (BigInt((I[1]! & 0xfffff) | (e ? 0x100000 : 0)) << 32n) | BigInt(I[0]! >>> 0);
}

function exponent(x: number): number {
  F[0] = x;
  return (((I[1]! >>> 20) & 0x7ff) || 1) - 1075;
}

function isNegative(x: number): boolean {
  return x < 0 || Object.is(x, -0);
}

function bitLength(m: bigint): number {
  return m === 0n ? 0 : m.toString(2).length;
}

/** m / 2^shift rounded; whether that was inexact is left in `lost`. */
let lost = false;
function shiftRounding(m: bigint, shift: number, rounding: number, negative: boolean): bigint {
  lost = false;
  if (shift <= 0) return m << BigInt(-shift);
  const s = BigInt(shift);
  const q = m >> s, rest = m - (q << s);
  if (rest === 0n) return q;
  lost = true;
  const half = 1n << (s - 1n);
  let up: boolean;
  if (rounding === 0) up = rest > half || (rest === half && (q & 1n) === 1n);
  else up = rounding === 1 ? negative : rounding === 2 ? !negative : false;
  return up ? q + 1n : q;
}

/** Round (-1)^negative * m * 2^e (m not 0) to single or double precision. */
function round(negative: boolean, m: bigint, e: number, single: boolean, mxcsr: number): number {
  const precision = single ? 24 : 53, lowest = single ? -149 : -1074, highest = single ? 128 : 1024;
  const rounding = roundingOf(mxcsr);
  const sign = negative ? -1 : 1;
  let unit = e + bitLength(m) - precision;
  let r = shiftRounding(m, unit - e, rounding, negative);
  let inexact = lost;
  if (bitLength(r) > precision) {
    r >>= 1n;
    unit++;
  }
  const top = bitLength(r) + unit;
  if (top < lowest + precision) {
    // tiny after rounding
    if ((mxcsr & UM) === 0) {
      raised |= UE | (inexact ? PE : 0);
      return 0 * sign;
    }
    if (mxcsr & FTZ) {
      raised |= UE | PE;
      return 0 * sign;
    }
    unit = lowest;
    r = shiftRounding(m, unit - e, rounding, negative);
    inexact = lost;
    if (inexact) raised |= UE;
  } else if (top > highest) {
    raised |= OE | (mxcsr & OM || inexact ? PE : 0);
    const away = rounding === 0 || rounding === (negative ? 1 : 2);
    return sign * (away ? Infinity : single ? 3.4028234663852886e38 : Number.MAX_VALUE);
  }
  if (inexact) raised |= PE;
  return sign * Number(r) * 2 ** unit;
}

function native(op: Soft, x: number, y: number): number {
  switch (op) {
    case Soft.add: return x + y;
    case Soft.sub: return x - y;
    case Soft.mul: return x * y;
    case Soft.div: return x / y;
    default: return Math.sqrt(y);
  }
}

function exactSum(x: number, y: number, single: boolean, mxcsr: number): number {
  const ex = exponent(x), ey = exponent(y), e = Math.min(ex, ey);
  const a = mantissa(x) << BigInt(ex - e), b = mantissa(y) << BigInt(ey - e);
  const sum = (isNegative(x) ? -a : a) + (isNegative(y) ? -b : b);
  if (sum === 0n) {
    if (isNegative(x) === isNegative(y)) return x + y;
    return roundingOf(mxcsr) === 1 ? -0 : 0;
  }
  return round(sum < 0n, sum < 0n ? -sum : sum, e, single, mxcsr);
}

/** Quotient with 64 bits more than any format has, the last one sticky. */
function exactQuotient(x: number, y: number, single: boolean, mxcsr: number): number {
  const n = mantissa(x) << 120n, d = mantissa(y);
  const q = n / d;
  const sticky = q * d === n ? 0n : 1n;
  return round(isNegative(x) !== isNegative(y), (q << 1n) | sticky, exponent(x) - exponent(y) - 121, single, mxcsr);
}

function exactRoot(y: number, single: boolean, mxcsr: number): number {
  let e = exponent(y) - 120, n = mantissa(y) << 120n;
  if (e & 1) {
    e--;
    n <<= 1n;
  }
  // Newton's method from above
  let r = 1n << BigInt((bitLength(n) + 1) >> 1);
  for (let next = (r + n / r) >> 1n; next < r; next = (r + n / r) >> 1n) r = next;
  return round(false, (r << 1n) | (r * r === n ? 0n : 1n), e / 2 - 1, single, mxcsr);
}

/** Whether x is a number below the smallest normal one of its format, and not 0. */
export function isDenormal(x: number, single: boolean): boolean {
  return x !== 0 && Math.abs(x) < (single ? 2 ** -126 : 2 ** -1022);
}

/** Whether x is 0 or a normal number. */
function isOrdinary(x: number, single: boolean): boolean {
  const size = Math.abs(x);
  return x === 0 || (size < Infinity && size >= (single ? 2 ** -126 : 2 ** -1022));
}

/**
 * An operation on numbers (no NaN; Soft.sqrt takes y). NaN as the result means "default NaN". Denormal operands are zeros if MXCSR says so.
 */
export function operate(op: Soft, x: number, y: number, single: boolean, mxcsr: number): number {
  if ((mxcsr & QUIET_BITS) === QUIET && isOrdinary(x, single) && isOrdinary(y, single)) {
    const r = single ? Math.fround(native(op, x, y)) : native(op, x, y);
    const size = Math.abs(r);
    // sums are 0 only exactly
    if ((size < Infinity && size >= (single ? 2 ** -125 : 2 ** -1021)) || (size === 0 && op <= Soft.sub)) return r;
  }
  x = flushed(x, single, mxcsr);
  y = flushed(y, single, mxcsr);
  const exact = native(op, x, y);
  if (exact !== exact) {
    raised |= IE;
    return exact;
  }
  const finite = Math.abs(x) < Infinity && Math.abs(y) < Infinity;
  if (op === Soft.div && y === 0 && finite) {
    raised |= ZE;
    return exact;
  }
  if (isDenormal(y, single) || (op !== Soft.sqrt && isDenormal(x, single))) raised |= DE;
  if (!finite) return exact;
  switch (op) {
    case Soft.add: return exactSum(x, y, single, mxcsr);
    case Soft.sub: return exactSum(x, -y, single, mxcsr);
    case Soft.mul: return x === 0 || y === 0 ? exact : round(isNegative(x) !== isNegative(y), mantissa(x) * mantissa(y), exponent(x) + exponent(y), single, mxcsr);
    case Soft.div: return x === 0 ? exact : exactQuotient(x, y, single, mxcsr);
    default: return y === 0 ? exact : exactRoot(y, single, mxcsr);
  }
}

/** A double to single precision. */
export function narrow(x: number, mxcsr: number): number {
  if (isDenormal(x, false)) {
    if (mxcsr & DAZ) return x * 0;
    raised |= DE;
  }
  if (x === 0 || Math.abs(x) === Infinity) return x;
  return round(isNegative(x), mantissa(x), exponent(x), true, mxcsr);
}

/** A number as it is, or 0 of its sign where it is denormal and MXCSR says so. */
export function flushed(x: number, single: boolean, mxcsr: number): number {
  return mxcsr & DAZ && isDenormal(x, single) ? x * 0 : x;
}

/** An operand of single or double precision as the operation sees it, where denormals raise DE or are zeros. */
export function operand(x: number, single: boolean, mxcsr: number): number {
  if (!isDenormal(x, single)) return x;
  if (mxcsr & DAZ) return x * 0;
  raised |= DE;
  return x;
}

/** A 64-bit integer as a number of single or double precision. */
export function fromInt64(low: number, high: number, single: boolean, mxcsr: number): number {
  const n = (BigInt(high) << 32n) | BigInt(low >>> 0);
  return n === 0n ? 0 : round(n < 0n, n < 0n ? -n : n, 0, single, mxcsr);
}

/** To a 64-bit integer, still as a number; NaN where that cannot be. */
export function toInt64(x: number, truncate: boolean, single: boolean, mxcsr: number): number {
  x = flushed(x, single, mxcsr);
  const r = x !== x ? NaN : roundTo(truncate ? 3 : roundingOf(mxcsr), x);
  if (!(r >= -9223372036854775808 && r < 9223372036854775808)) {
    raised |= IE;
    return NaN;
  }
  if (r !== x) raised |= PE;
  return r;
}

/** To a 32-bit integer, truncating or as MXCSR says; "integer indefinite" where that cannot be. */
export function toInt32(x: number, truncate: boolean, single: boolean, mxcsr: number): number {
  x = flushed(x, single, mxcsr);
  const r = x !== x ? NaN : roundTo(truncate ? 3 : roundingOf(mxcsr), x);
  if (!(r >= -2147483648 && r < 2147483648)) {
    raised |= IE;
    return -0x80000000;
  }
  if (r !== x) raised |= PE;
  return r | 0;
}

/** To an integer in floating point; the immediate is that of ROUNDSD. */
export function toIntegral(x: number, imm: number, single: boolean, mxcsr: number): number {
  x = flushed(x, single, mxcsr);
  const r = roundTo(imm & 4 ? roundingOf(mxcsr) : imm, x);
  if (r !== x && (imm & 8) === 0) raised |= PE;
  return r;
}
