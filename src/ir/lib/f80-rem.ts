import {
  BIAS, C0, C1, C2, C3, clz64, DE, EXP_MAX, IE, infinity, invalid, isDenormal, isNaN80, isSignaling, isUnsupported, isZero, nan1, nan2, normRound, PE, put, round,
  shiftRightJam, shlHi, shlLo, T, zero, Z, ZE,
} from "./f80.js";

// Remainder, rounding to an integer, scaling, taking apart and comparing (conventions in f80.ts). None of them depends on the precision control.

/** The precision control of 64 bits. */
const FULL = 0x300;

/**
 * FPREM, or with `nearest` FPREM1. The flags returned have C2 if the reduction is partial, else the quotient's low bits in C1 (bit 0), C3 and C0.
 * A partial reduction takes off 32 + D mod 32 bits of the exponent difference D, as the processor does.
 */
export function rem(al: number, ah: number, as: number, bl: number, bh: number, bs: number, nearest: boolean, cw: number): number {
  let ae = as & EXP_MAX, be = bs & EXP_MAX, flags = 0;
  let sign = as & 0x8000;
  if (isUnsupported(ah, ae) || isUnsupported(bh, be) || isNaN80(ah, al, as) || isNaN80(bh, bl, bs)) return nan2(al, ah, as, bl, bh, bs);
  if (ae === EXP_MAX || isZero(bh, bl, bs)) return invalid();
  if (isDenormal(ah, al, as) || isDenormal(bh, bl, bs)) flags = DE;
  if ((ah | al) === 0) return flags | zero(sign);
  if (be === EXP_MAX) return flags | normRound(sign, ae || 1, ah, al, 0, cw | FULL);
  if (ae === 0) ae = 1;
  if (be === 0) be = 1;
  let n = clz64(ah, al);
  ah = shlHi(ah, al, n);
  al = shlLo(al, n);
  ae -= n;
  n = clz64(bh, bl);
  bh = shlHi(bh, bl, n);
  bl = shlLo(bl, n);
  be -= n;
  let d = ae - be;
  if (d < -1 || d < 0 && !nearest) return flags | round(sign, ae, ah, al, 0, cw | FULL);
  let q = 0, extra = 0;
  let partial = false;
  if (d >= 64) {
    partial = true;
    n = 32 + (d & 31);
    be += d - n;
    d = n;
  }
  if (d < 0) {
    // only FPREM1: compare with half of the divisor, which is the dividend's scale
    extra = al << 31;
    al = (ah << 31) | (al >>> 1);
    ah = ah >>> 1;
  } else {
    let carry = 0;
    for (let i = d; ; i--) {
      q <<= 1;
      if (carry || (ah !== bh ? ah >>> 0 > bh >>> 0 : al >>> 0 >= bl >>> 0)) {
        const borrow = al >>> 0 < bl >>> 0 ? 1 : 0;
        al = (al - bl) | 0;
        ah = (ah - bh - borrow) | 0;
        q |= 1;
      }
      if (i === 0) break;
      carry = ah >>> 31;
      ah = (ah << 1) | (al >>> 31);
      al <<= 1;
    }
  }
  if (partial) {
    if ((ah | al) === 0) return flags | C2 | zero(sign);
    return flags | C2 | normRound(sign, be, ah, al, 0, cw | FULL);
  }
  if (nearest) {
    // 2 r against b
    const th = (ah << 1) | (al >>> 31), tl = (al << 1) | (extra >>> 31);
    const above = ah < 0 || (th !== bh ? th >>> 0 > bh >>> 0 : tl >>> 0 > bl >>> 0);
    if (above || th === bh && tl === bl && (q & 1) !== 0) {
      const e = -extra | 0;
      const b0 = (bl >>> 0) - (al >>> 0) - (extra !== 0 ? 1 : 0) < 0 ? 1 : 0;
      al = (bl - al - (extra !== 0 ? 1 : 0)) | 0;
      ah = (bh - ah - b0) | 0;
      extra = e;
      sign ^= 0x8000;
      q++;
    }
  }
  flags |= (q & 1 ? C1 : 0) | (q & 2 ? C3 : 0) | (q & 4 ? C0 : 0);
  if ((ah | al | extra) === 0) return flags | zero(as & 0x8000);
  return flags | normRound(sign, be, ah, al, extra, cw | FULL);
}

/**
 * T[0..1] = |x| rounded to an integer by the control word's rounding mode, for a finite x; returns PE and C1, or -1 where |x| >= 2^64.
 */
export function toInteger(lo: number, hi: number, se: number, cw: number): number {
  const e = (se & EXP_MAX) - BIAS;
  if (e > 63) return -1;
  shiftRightJam(hi, lo, 0, 63 - e);
  const ext = T[2]!;
  if (ext === 0) return 0;
  let inc: boolean;
  switch (cw & 0xc00) {
    case 0: inc = ext < 0 && ((T[1]! & 1) !== 0 || (ext & 0x7fffffff) !== 0); break;
    case 0x400: inc = (se & 0x8000) !== 0; break;
    case 0x800: inc = (se & 0x8000) === 0; break;
    default: inc = false;
  }
  if (!inc) return PE;
  T[1]!++;
  if (T[1] === 0) {
    T[0]!++;
    if (T[0] === 0) return -1;
  }
  return PE | C1;
}

/** FRNDINT. */
export function roundToInteger(lo: number, hi: number, se: number, cw: number): number {
  const e = se & EXP_MAX;
  if (isUnsupported(hi, se) || isNaN80(hi, lo, se)) return nan1(lo, hi, se);
  if (e === EXP_MAX || (hi | lo) === 0 || e >= BIAS + 63) {
    put(lo, hi, se);
    return 0;
  }
  const flags = (e === 0 ? DE : 0) | toInteger(lo, hi, se, cw);
  const h = T[0]!, l = T[1]!;
  if ((h | l) === 0) zero(se & 0x8000);
  else normRound(se & 0x8000, BIAS + 63, h, l, 0, FULL);
  return flags;
}

/** FSCALE: a * 2^trunc(b). */
export function scale(al: number, ah: number, as: number, bl: number, bh: number, bs: number, cw: number): number {
  if (isUnsupported(ah, as) || isUnsupported(bh, bs) || isNaN80(ah, al, as) || isNaN80(bh, bl, bs)) return nan2(al, ah, as, bl, bh, bs);
  const ae = as & EXP_MAX, be = bs & EXP_MAX;
  const sign = as & 0x8000;
  const aInf = ae === EXP_MAX;
  const flags = isDenormal(ah, al, as) || isDenormal(bh, bl, bs) ? DE : 0;
  if (be === EXP_MAX) {
    if (bs & 0x8000) return aInf ? invalid() : flags | zero(sign);
    return isZero(ah, al, as) ? invalid() : flags | infinity(sign);
  }
  if (aInf) return flags | infinity(sign);
  if ((ah | al) === 0) return flags | zero(sign);
  let n = 0;
  if (be >= BIAS) n = be - BIAS > 16 ? 0x20000 : bh >>> (31 - (be - BIAS));
  if (bs & 0x8000) n = -n;
  return flags | normRound(sign, (ae || 1) + n, ah, al, 0, cw | FULL);
}

/** Lanes of FXTRACT's first result, the exponent; the significand is in Z. */
export const EXPONENT = new Int32Array(3);

/** FXTRACT. */
export function extract(lo: number, hi: number, se: number): number {
  const e = se & EXP_MAX;
  if (isUnsupported(hi, se) || isNaN80(hi, lo, se)) {
    const flags = nan1(lo, hi, se);
    EXPONENT.set(Z);
    return flags;
  }
  if (e === EXP_MAX) {
    infinity(0);
    EXPONENT.set(Z);
    put(lo, hi, se);
    return 0;
  }
  if ((hi | lo) === 0) {
    infinity(0x8000);
    EXPONENT.set(Z);
    put(lo, hi, se);
    return ZE;
  }
  const n = clz64(hi, lo);
  fromInt32((e || 1) - n - BIAS);
  EXPONENT.set(Z);
  put(shlLo(lo, n), shlHi(hi, lo, n), (se & 0x8000) | BIAS);
  return e === 0 ? DE : 0;
}

/** Z = a 32-bit integer; exact. */
export function fromInt32(i: number): void {
  if (i === 0) {
    zero(0);
    return;
  }
  const m = i < 0 ? -i | 0 : i;
  const n = Math.clz32(m);
  put(0, m << n, (i < 0 ? 0x8000 : 0) | (BIAS + 31 - n));
}

/**
 * Compare: C3 equal, C0 below, all of C3 C2 C0 unordered, as FCOM reports them. A quiet NaN raises IE unless `quiet` (FUCOM).
 */
export function compare(al: number, ah: number, as: number, bl: number, bh: number, bs: number, quiet: boolean): number {
  if (isUnsupported(ah, as) || isUnsupported(bh, bs)) return C3 | C2 | C0 | IE;
  if (isNaN80(ah, al, as) || isNaN80(bh, bl, bs)) {
    return C3 | C2 | C0 | (!quiet || isSignaling(ah, al, as) || isSignaling(bh, bl, bs) ? IE : 0);
  }
  let ae = as & EXP_MAX, be = bs & EXP_MAX, flags = 0;
  const aZero = (ah | al) === 0, bZero = (bh | bl) === 0;
  if (ae === 0) {
    if (!aZero) flags = DE;
    ae = 1;
  }
  if (be === 0) {
    if (!bZero) flags = DE;
    be = 1;
  }
  if (aZero && bZero) return flags | C3;
  const an = (as & 0x8000) !== 0, bn = (bs & 0x8000) !== 0;
  if (aZero) return flags | (bn ? 0 : C0);
  if (bZero) return flags | (an ? C0 : 0);
  if (an !== bn) return flags | (an ? C0 : 0);
  if (ae === be && ah === bh && al === bl) return flags | C3;
  const below = ae !== be ? ae < be : ah !== bh ? ah >>> 0 < bh >>> 0 : al >>> 0 < bl >>> 0;
  return flags | (below !== an ? C0 : 0);
}
