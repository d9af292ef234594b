import { pure } from "../op.js";

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
export const POPCOUNT = pure("int.popcount", ["i32"], "i32", popcount);
