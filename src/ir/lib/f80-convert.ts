import {
  BIAS, C1, clz64, DE, EXP_MAX, IE, infinity, isNaN80, isUnsupported, isZero, OE, PE, put, shiftRightJam, shlHi, shlLo, T, UE, Z, zero,
} from "./f80.js";
import { toInteger } from "./f80-rem.js";
import { div64u } from "./integer.js";

// Conversions between the extended format and those in memory (conventions in f80.ts). Loads are exact. Stores put the value's words into Z[0..1].

/** Z = a 64-bit integer. */
export function fromInt64(lo: number, hi: number): void {
  if ((lo | hi) === 0) {
    zero(0);
    return;
  }
  const sign = hi < 0 ? 0x8000 : 0;
  if (sign) {
    lo = -lo | 0;
    hi = lo === 0 ? -hi | 0 : ~hi;
  }
  const n = clz64(hi, lo);
  put(shlLo(lo, n), shlHi(hi, lo, n), sign | (BIAS + 63 - n));
}

/** Z = a single-precision number given by its bits, a signaling NaN left as one; DE if it is denormal. */
export function fromF32(bits: number): number {
  const sign = (bits >>> 16) & 0x8000, e = (bits >>> 23) & 0xff, m = bits & 0x7fffff;
  if (e === 0xff) {
    if (m === 0) return infinity(sign);
    put(0, 0x80000000 | (m << 8), sign | EXP_MAX);
    return 0;
  }
  if (e === 0) {
    if (m === 0) return zero(sign);
    const n = Math.clz32(m);
    put(0, m << n, sign | (BIAS - 127 + 9 - n));
    return DE;
  }
  put(0, 0x80000000 | (m << 8), sign | (e + BIAS - 127));
  return 0;
}

/** Z = a double-precision number given by its words, as fromF32. */
export function fromF64(lo: number, hi: number): number {
  const sign = (hi >>> 16) & 0x8000, e = (hi >>> 20) & 0x7ff, m = hi & 0xfffff;
  if (e === 0x7ff) {
    if ((m | lo) === 0) return infinity(sign);
    put(lo << 11, 0x80000000 | (m << 11) | (lo >>> 21), sign | EXP_MAX);
    return 0;
  }
  if (e === 0) {
    if ((m | lo) === 0) return zero(sign);
    const n = clz64(m, lo);
    put(shlLo(lo, n), shlHi(m, lo, n), sign | (BIAS - 1023 + 12 - n));
    return DE;
  }
  put(lo << 11, 0x80000000 | (m << 11) | (lo >>> 21), sign | (e + BIAS - 1023));
  return 0;
}

/** Z[0..1] = the double nearest by the rounding mode. Where OE or UE is unmasked there is no value. */
export function toF64(lo: number, hi: number, se: number, cw: number): number {
  return toFloat(lo, hi, se, 1023, 11, cw);
}

/** Z[0] = bits of the nearest single. */
export function toF32(lo: number, hi: number, se: number, cw: number): number {
  return toFloat(lo, hi, se, 127, 40, cw);
}

/**
 * To a format of the given bias whose significand lacks the last `drop` of 64 bits.
 */
function toFloat(lo: number, hi: number, se: number, bias: number, drop: number, cw: number): number {
  const sign = (se & 0x8000) << 16;
  const e = se & EXP_MAX;
  if (isUnsupported(hi, se)) {
    pack(0x80000000 | 0, bias * 2 + 1, 0xc0000000 | 0, 0, drop);
    return IE;
  }
  if (e === EXP_MAX) {
    if (isNaN80(hi, lo, se)) {
      pack(sign, bias * 2 + 1, hi | 0x40000000, lo, drop);
      return hi & 0x40000000 ? 0 : IE;
    }
    pack(sign, bias * 2 + 1, 0, 0, drop);
    return 0;
  }
  if (isZero(hi, lo, se)) {
    pack(sign, 0, 0, 0, drop);
    return 0;
  }
  let exp = (e || 1) - BIAS + bias;
  if (hi >= 0) {
    const n = clz64(hi, lo);
    hi = shlHi(hi, lo, n);
    lo = shlLo(lo, n);
    exp -= n;
  }
  let flags = roundAt(sign, hi, lo, drop, cw);
  let rexp = exp;
  let carried = false;
  if (T[0]! >= 0) {
    carried = true;
    rexp++;
  }
  if (exp < 1) {
    const tiny = rexp < 1;
    if (tiny && !(cw & UE)) return UE;
    shiftRightJam(hi, lo, 0, 1 - exp);
    const ext = T[2]!;
    // keep the sticky bits of what was shifted out
    flags = roundAt(sign, T[0]!, T[1]! | (ext !== 0 ? 1 : 0), drop, cw);
    pack(sign, T[0]! < 0 ? 1 : 0, T[0]!, T[1]!, drop);
    return flags && tiny ? flags | UE : flags;
  }
  if (rexp > bias * 2) {
    if (!(cw & OE)) return OE;
    const rc = cw & 0xc00;
    if (rc === 0 || rc === (sign ? 0x400 : 0x800)) {
      pack(sign, bias * 2 + 1, 0, 0, drop);
      return OE | PE | C1;
    }
    pack(sign, bias * 2, -1, -1, drop);
    return OE | PE;
  }
  pack(sign, rexp, carried ? 0 : T[0]!, T[1]!, drop);
  return flags;
}

/** T[0..1] = significand rounded to lose its last `drop` bits (T[0] = 0 where it carried out); returns PE and C1. */
function roundAt(sign: number, hi: number, lo: number, drop: number, cw: number): number {
  // the dropped bits as a fraction, first bit on top
  const rest = drop >= 32 ? (hi << (64 - drop)) | (lo >>> (drop - 32)) | (lo << (64 - drop) !== 0 ? 1 : 0) : lo << (32 - drop);
  const odd = drop >= 32 ? (hi >>> (drop - 32)) & 1 : (lo >>> drop) & 1;
  if (drop >= 32) {
    lo = 0;
    hi &= -1 << (drop - 32);
  } else lo &= -1 << drop;
  T[0] = hi;
  T[1] = lo;
  if (rest === 0) return 0;
  let inc: boolean;
  switch (cw & 0xc00) {
    case 0: inc = rest < 0 && (odd !== 0 || (rest & 0x7fffffff) !== 0); break;
    case 0x400: inc = sign !== 0; break;
    case 0x800: inc = sign === 0; break;
    default: inc = false;
  }
  if (!inc) return PE;
  if (drop >= 32) T[0] = hi + (1 << (drop - 32));
  else {
    T[1] = lo + (1 << drop);
    if (T[1] === 0) T[0] = hi + 1;
  }
  return PE | C1;
}

/** Z = a float of the format from its parts, the integer bit of the significand implied. */
function pack(sign: number, exp: number, hi: number, lo: number, drop: number): void {
  if (drop === 11) {
    Z[0] = (hi << 21) | (lo >>> 11);
    Z[1] = sign | (exp << 20) | ((hi & 0x7fffffff) >>> 11);
  } else {
    Z[0] = sign | (exp << 23) | ((hi & 0x7fffffff) >>> 8);
    Z[1] = 0;
  }
}

/** Z[0..1] = integer of 16, 32 or 64 bits (sign-extended), or the integer indefinite with IE. */
export function toInt(lo: number, hi: number, se: number, bits: number, cw: number): number {
  let flags = 0;
  const negative = (se & 0x8000) !== 0;
  if (isUnsupported(hi, se) || (se & EXP_MAX) === EXP_MAX) flags = -1;
  else flags = toInteger(lo, hi, se, cw);
  if (flags >= 0) {
    let h = T[0]!, l = T[1]!;
    // the most negative number has a magnitude that its positive does not
    const fits = bits === 64 ? h >= 0 || negative && h === (0x80000000 | 0) && l === 0
      : h === 0 && (bits === 32 ? l >= 0 || negative && l === (0x80000000 | 0) : l >>> 0 < 0x8000 || negative && l === 0x8000);
    if (fits) {
      if (negative) {
        l = -l | 0;
        h = l === 0 ? -h | 0 : ~h;
      }
      Z[0] = l;
      Z[1] = h;
      return flags;
    }
  }
  Z[0] = bits === 64 ? 0 : bits === 32 ? 0x80000000 | 0 : -0x8000;
  Z[1] = 0x80000000 | 0;
  return IE;
}

/** Z[0..2] = packed BCD of 18 digits, the sign in bit 15 of Z[2]; IE and the BCD indefinite where it does not fit. */
export function toBcd(lo: number, hi: number, se: number, cw: number): number {
  let flags = -1;
  if (!isUnsupported(hi, se) && (se & EXP_MAX) !== EXP_MAX) flags = toInteger(lo, hi, se, cw);
  // 10^18
  if (flags < 0 || T[0]! >>> 0 > 0x0de0b6b3 || T[0] === 0x0de0b6b3 && T[1]! >>> 0 >= 0xa7640000) {
    Z[0] = 0;
    Z[1] = 0xc0000000 | 0;
    Z[2] = 0xffff;
    return IE;
  }
  const high = div64u(T[0]!, T[1]!, 1000000000);
  const low = (T[1]! - Math.imul(high, 1000000000)) | 0;
  // digits 0-8 from low, 9-17 from high
  const a = bcd8(low % 100000000), b = (low / 100000000) | 0, c = bcd8(high % 100000000), d = (high / 100000000) | 0;
  Z[0] = a;
  Z[1] = b | (c << 4);
  Z[2] = (c >>> 28) | (d << 4) | (se & 0x8000);
  return flags;
}

/** Eight decimal digits as nibbles. */
function bcd8(n: number): number {
  let r = 0;
  for (let i = 0; i < 32; i += 4) {
    r |= n % 10 << i;
    n = (n / 10) | 0;
  }
  return r;
}

/** Z = a packed BCD number. */
export function fromBcd(w0: number, w1: number, w2: number): void {
  let n0 = 0, n1 = 0;
  for (let i = 28; i >= 0; i -= 4) n0 = n0 * 10 + ((w0 >>> i) & 15);
  n0 += (w1 & 15) * 100000000;
  const c = (w1 >>> 4) | (w2 << 28);
  for (let i = 28; i >= 0; i -= 4) n1 = n1 * 10 + ((c >>> i) & 15);
  n1 += ((w2 >>> 4) & 15) * 100000000;
  // n1 * 10^9 + n0; digits above 9 are undefined by the manual, and counted with their weight
  const m = n1 * 1953125; // 10^9 = 2^9 * 1953125, and this product is exact
  const mh = Math.floor(m / 8388608); // m * 2^9 / 2^32
  const ml = (m % 8388608) * 512 + n0;
  fromInt64(ml | 0, (mh + Math.floor(ml / 4294967296)) | 0);
  Z[2]! |= w2 & 0x8000;
}
