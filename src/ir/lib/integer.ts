import { pure, RESULT } from "../op.js";

// Integer operations that are no core ops: wide multiplication, division, population count, decimal adjustment.

/** High 32 bits of the unsigned product. */
export function mulhu(a: number, b: number): number {
  const al = a & 0xffff, ah = a >>> 16, bl = b & 0xffff, bh = b >>> 16;
  const ll = Math.imul(al, bl) >>> 0;
  const m = (Math.imul(ah, bl) >>> 0) + (ll >>> 16); // these sums stay below 2^32
  const n = (Math.imul(al, bh) >>> 0) + (m & 0xffff);
  return (Math.imul(ah, bh) + (m >>> 16) + (n >>> 16)) | 0;
}

/** High 32 bits of the signed product. */
export function mulhs(a: number, b: number): number {
  return (mulhu(a, b) - (a < 0 ? b : 0) - (b < 0 ? a : 0)) | 0;
}

/** Quotient of 32-bit unsigned numbers, 0 for a divisor of 0 (which the lifter traps). */
export function divu(a: number, b: number): number {
  return ((a >>> 0) / (b >>> 0)) | 0;
}

/** Quotient of 32-bit signed numbers truncated towards 0; 0 for a divisor of 0, -2^31 for -2^31 / -1. */
export function divs(a: number, b: number): number {
  return (a / b) | 0;
}

/** Low 32 bits of the unsigned quotient hi:lo / d, if it fits: hi < d. */
export function div64u(hi: number, lo: number, d: number): number {
  if (hi === 0) return ((lo >>> 0) / (d >>> 0)) | 0;
  const divisor = d >>> 0;
  const n = (hi >>> 0) * 4294967296 + (lo >>> 0);
  // n and the division are each off by at most 2^-53 of their value, so this quotient by at most 1
  let q = Math.floor(n / divisor);
  // The remainder's low 32 bits are exact, and its distance from the inexact one says how often 2^32 belongs to it.
  const low = (lo - Math.imul(q | 0, d)) >>> 0;
  const r = low + Math.round((n - q * divisor - low) / 4294967296) * 4294967296;
  if (r < 0) q--;
  else if (r >= divisor) q++;
  return q | 0;
}

/** Whether the signed division hi:lo / d raises #DE: a divisor of 0 or a quotient beyond 32 bits. */
export function idivBad(hi: number, lo: number, d: number): number {
  if (hi === lo >> 31) return d === 0 || (d === -1 && lo === -0x80000000) ? 1 : 0;
  const s = hi >> 31;
  const absLo = ((lo ^ s) - s) | 0;
  const absHi = ((hi ^ s) + (s !== 0 && lo === 0 ? 1 : 0)) | 0;
  const absD = d < 0 ? -d >>> 0 : d;
  if (absHi >>> 0 >= absD) return 1;
  const q = div64u(absHi, absLo, absD | 0) >>> 0;
  return q > (s === d >> 31 ? 0x7fffffff : 0x80000000) ? 1 : 0;
}

/** Quotient of the signed division hi:lo / d where idivBad says it exists. */
export function idiv64(hi: number, lo: number, d: number): number {
  if (hi === lo >> 31) return (lo / d) | 0;
  const s = hi >> 31;
  const absLo = ((lo ^ s) - s) | 0;
  const absHi = ((hi ^ s) + (s !== 0 && lo === 0 ? 1 : 0)) | 0;
  const t = d >> 31;
  const q = div64u(absHi, absLo, (d ^ t) - t | 0);
  return s === t ? q : -q | 0;
}

/** Product of numbers of 64 bits, modulo 2^64. */
export function multiply64(a: number, aHigh: number, b: number, bHigh: number): void {
  RESULT[1] = mulhu(a, b) + Math.imul(a, bHigh) + Math.imul(aHigh, b);
  RESULT[0] = Math.imul(a, b);
}

function big(low: number, high: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low >>> 0);
}

function put(at: number, v: bigint): void {
  RESULT[at] = Number(BigInt.asIntN(32, v));
  RESULT[at + 1] = Number(BigInt.asIntN(32, v >> 32n));
}

/** High 64 bits of the product of unsigned numbers of 64 bits. */
export function mulhu64(a: number, aHigh: number, b: number, bHigh: number): void {
  // schoolbook, in words: both middle products and what the low one carries into them
  const low = mulhu(a, b) >>> 0;
  const x = low + (Math.imul(a, bHigh) >>> 0) + (Math.imul(aHigh, b) >>> 0);
  const high = (mulhu(a, bHigh) >>> 0) + (mulhu(aHigh, b) >>> 0) + (Math.imul(aHigh, bHigh) >>> 0) + Math.floor(x / 4294967296);
  RESULT[0] = high | 0;
  RESULT[1] = mulhu(aHigh, bHigh) + Math.floor(high / 4294967296);
}

/** The same of signed numbers. */
export function mulhs64(a: number, aHigh: number, b: number, bHigh: number): void {
  mulhu64(a, aHigh, b, bHigh);
  if (aHigh < 0) subtract(b, bHigh);
  if (bHigh < 0) subtract(a, aHigh);
}

/** Subtract from the number in RESULT. */
function subtract(low: number, high: number): void {
  const borrow = RESULT[0]! >>> 0 < low >>> 0 ? 1 : 0;
  RESULT[0] = RESULT[0]! - low;
  RESULT[1] = RESULT[1]! - high - borrow;
}

/** Dividends below this high word are divided exactly as doubles: the quotient of whole numbers whose sum is below 2^53 is never rounded up to another. */
const EXACT = 0x100000;

/** Quotient (0) and remainder (2) of the unsigned division of 128 bits by 64, if the quotient fits; else whether not (4), as for a divisor of 0. */
export function div128u(n0: number, n1: number, n2: number, n3: number, d0: number, d1: number): void {
  RESULT[4] = 0;
  if ((n2 | n3) === 0 && n1 >>> 0 < EXACT && (d0 | d1) !== 0) {
    const n = n1 * 4294967296 + (n0 >>> 0), d = (d1 >>> 0) * 4294967296 + (d0 >>> 0);
    const q = Math.floor(n / d);
    return putExact(q, n - q * d);
  }
  const n = (BigInt.asUintN(64, big(n2, n3)) << 64n) | BigInt.asUintN(64, big(n0, n1));
  const d = BigInt.asUintN(64, big(d0, d1));
  if (d === 0n || n / d >> 64n !== 0n) RESULT[4] = 1;
  else {
    put(0, n / d);
    put(2, n % d);
  }
}

/** Whole numbers below 2^53 in magnitude. */
function putExact(q: number, r: number): void {
  RESULT[0] = q | 0;
  RESULT[1] = Math.floor(q / 4294967296);
  RESULT[2] = r | 0;
  RESULT[3] = Math.floor(r / 4294967296);
}

/** The same of signed numbers, truncated towards 0. */
export function div128s(n0: number, n1: number, n2: number, n3: number, d0: number, d1: number): void {
  RESULT[4] = 0;
  if (n2 === n3 && n2 === n1 >> 31 && n1 < EXACT && n1 >= -EXACT && (d0 | d1) !== 0) {
    const n = n1 * 4294967296 + (n0 >>> 0), d = d1 * 4294967296 + (d0 >>> 0);
    const q = Math.trunc(n / d);
    return putExact(q, n - q * d);
  }
  const n = (big(n2, n3) << 64n) | BigInt.asUintN(64, big(n0, n1));
  const d = big(d0, d1);
  if (d === 0n || BigInt.asIntN(64, n / d) !== n / d) RESULT[4] = 1;
  else {
    put(0, n / d);
    put(2, n % d);
  }
}

/** Number of bits set. */
export function popcount(x: number): number {
  x = x - ((x >>> 1) & 0x55555555) | 0;
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333) | 0;
  return Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

export const MULHU = pure("int.mulhu", ["i32", "i32"], "i32", mulhu);
export const MULHS = pure("int.mulhs", ["i32", "i32"], "i32", mulhs);
export const DIVU = pure("int.divu", ["i32", "i32"], "i32", divu);
export const DIVS = pure("int.divs", ["i32", "i32"], "i32", divs);
export const DIV64U = pure("int.div64u", ["i32", "i32", "i32"], "i32", div64u);
export const IDIV_BAD = pure("int.idivbad", ["i32", "i32", "i32"], "i32", idivBad);
export const IDIV64 = pure("int.idiv64", ["i32", "i32", "i32"], "i32", idiv64);
export const MULHU64 = pure("int.mulhu64", ["i64", "i64"], "i64", mulhu64);
export const MULHS64 = pure("int.mulhs64", ["i64", "i64"], "i64", mulhs64);
/** (low 64 bits, high 64 bits, divisor) -> quotient (lanes 0 1), remainder (2 3), whether #DE (4). */
export const DIV128U = pure("int.div128u", ["i64", "i64", "i64"], "v256", div128u);
export const DIV128S = pure("int.div128s", ["i64", "i64", "i64"], "v256", div128s);
export const POPCOUNT = pure("int.popcount", ["i32"], "i32", popcount);
