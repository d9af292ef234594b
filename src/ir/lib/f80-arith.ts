import {
  BIAS, clz64, DE, EXP_MAX, infinity, invalid, isNaN80, isUnsupported, isZero, nan1, nan2, normRound, round, shiftRightJam, shlHi, shlLo, T, zero, ZE,
} from "./f80.js";
import { div64u, mulhu } from "./integer.js";

// Addition, subtraction, multiplication, division and square root (conventions in f80.ts).

/** Whether an operand needs more than the plain path: zero, denormal, infinity, NaN, unsupported. */
function special(hi: number, e: number): boolean {
  return hi >= 0 || e === 0 || e === EXP_MAX;
}

export function add(al: number, ah: number, as: number, bl: number, bh: number, bs: number, cw: number): number {
  let ae = as & EXP_MAX, be = bs & EXP_MAX, flags = 0;
  const sign = as & 0x8000;
  if (special(ah, ae) || special(bh, be)) {
    if (ae === EXP_MAX || be === EXP_MAX || isUnsupported(ah, ae) || isUnsupported(bh, be)) return addSpecial(al, ah, as, bl, bh, bs);
    if (ae === 0 && (ah | al) !== 0 || be === 0 && (bh | bl) !== 0) flags = DE;
    if ((bh | bl) === 0) {
      if ((ah | al) === 0) return zero(as === bs ? as : (cw & 0xc00) === 0x400 ? 0x8000 : 0);
      return flags | normRound(sign, ae || 1, ah, al, 0, cw);
    }
    if ((ah | al) === 0) return flags | normRound(bs & 0x8000, be || 1, bh, bl, 0, cw);
    // Denormals without normalisation: the integer bit is just 0.
    ae ||= 1;
    be ||= 1;
  }
  if (((as ^ bs) & 0x8000) === 0) {
    const d = ae - be;
    let hi: number, lo: number, ext: number, exp: number;
    if (d >= 0) {
      shiftRightJam(bh, bl, 0, d);
      lo = al;
      hi = ah;
      exp = ae;
    } else {
      shiftRightJam(ah, al, 0, -d);
      lo = bl;
      hi = bh;
      exp = be;
    }
    ext = T[2]!;
    const sum = (lo + T[1]!) | 0;
    const carry = sum >>> 0 < lo >>> 0 ? 1 : 0;
    const top = (hi >>> 0) + (T[0]! >>> 0) + carry;
    hi = top | 0;
    lo = sum;
    if (top >= 4294967296) {
      ext = (lo << 31) | (ext >>> 1) | (ext & 1);
      lo = (hi << 31) | (lo >>> 1);
      hi = (hi >>> 1) | (0x80000000 | 0);
      exp++;
      return flags | round(sign, exp, hi, lo, ext, cw);
    }
    return flags | normRound(sign, exp, hi, lo, ext, cw);
  }
  // difference of magnitudes: the larger minus the smaller
  let s = sign;
  const d = ae - be;
  if (d < 0 || d === 0 && (ah === bh ? al >>> 0 < bl >>> 0 : ah >>> 0 < bh >>> 0)) {
    let t = ah; ah = bh; bh = t;
    t = al; al = bl; bl = t;
    ae = be;
    s ^= 0x8000;
  } else if (d === 0 && ah === bh && al === bl) return flags | zero((cw & 0xc00) === 0x400 ? 0x8000 : 0);
  shiftRightJam(bh, bl, 0, d < 0 ? -d : d);
  const ext = -T[2]! | 0;
  const b0 = ext !== 0 ? 1 : 0;
  const lo = (al - T[1]! - b0) | 0;
  const b1 = (al >>> 0) - (T[1]! >>> 0) - b0 < 0 ? 1 : 0;
  return flags | normRound(s, ae, (ah - T[0]! - b1) | 0, lo, ext, cw);
}

/** An infinity, NaN or unsupported operand. */
function addSpecial(al: number, ah: number, as: number, bl: number, bh: number, bs: number): number {
  if (isUnsupported(ah, as) || isUnsupported(bh, bs) || isNaN80(ah, al, as) || isNaN80(bh, bl, bs)) return nan2(al, ah, as, bl, bh, bs);
  const aInf = (as & EXP_MAX) === EXP_MAX, bInf = (bs & EXP_MAX) === EXP_MAX;
  if (aInf && bInf) return as === bs ? infinity(as & 0x8000) : invalid();
  const denormal = aInf ? (bs & EXP_MAX) === 0 && (bh | bl) !== 0 : (as & EXP_MAX) === 0 && (ah | al) !== 0;
  infinity((aInf ? as : bs) & 0x8000);
  return denormal ? DE : 0;
}

/** a - b. */
export function sub(al: number, ah: number, as: number, bl: number, bh: number, bs: number, cw: number): number {
  // a NaN keeps its sign
  return add(al, ah, as, bl, bh, isNaN80(bh, bl, bs) ? bs : bs ^ 0x8000, cw);
}

export function mul(al: number, ah: number, as: number, bl: number, bh: number, bs: number, cw: number): number {
  let ae = as & EXP_MAX, be = bs & EXP_MAX, flags = 0;
  const sign = (as ^ bs) & 0x8000;
  if (special(ah, ae) || special(bh, be)) {
    if (isUnsupported(ah, ae) || isUnsupported(bh, be) || isNaN80(ah, al, as) || isNaN80(bh, bl, bs)) return nan2(al, ah, as, bl, bh, bs);
    if (ae === 0 && (ah | al) !== 0 || be === 0 && (bh | bl) !== 0) flags = DE;
    if (ae === EXP_MAX || be === EXP_MAX) {
      if (isZero(ah, al, as) || isZero(bh, bl, bs)) return invalid();
      return flags | infinity(sign);
    }
    if ((ah | al) === 0 || (bh | bl) === 0) return flags | zero(sign);
    if (ae === 0) {
      const n = clz64(ah, al);
      ah = shlHi(ah, al, n);
      al = shlLo(al, n);
      ae = 1 - n;
    }
    if (be === 0) {
      const n = clz64(bh, bl);
      bh = shlHi(bh, bl, n);
      bl = shlLo(bl, n);
      be = 1 - n;
    }
  }
  // 64 x 64 -> 128 bits
  const p0 = Math.imul(al, bl);
  let t = (mulhu(al, bl) >>> 0) + (Math.imul(al, bh) >>> 0) + (Math.imul(ah, bl) >>> 0);
  const p1 = t | 0;
  t = (t - (p1 >>> 0)) / 4294967296 + (mulhu(al, bh) >>> 0) + (mulhu(ah, bl) >>> 0) + (Math.imul(ah, bh) >>> 0);
  const p2 = t | 0;
  const p3 = (mulhu(ah, bh) + (t - (p2 >>> 0)) / 4294967296) | 0;
  const exp = ae + be - BIAS + 1;
  const ext = p1 | (p0 !== 0 ? 1 : 0);
  if (p3 < 0) return flags | round(sign, exp, p3, p2, ext, cw);
  return flags | round(sign, exp - 1, (p3 << 1) | (p2 >>> 31), (p2 << 1) | (p1 >>> 31), (p1 << 1) | (p0 !== 0 ? 1 : 0), cw);
}

/** a / b. */
export function div(al: number, ah: number, as: number, bl: number, bh: number, bs: number, cw: number): number {
  let ae = as & EXP_MAX, be = bs & EXP_MAX, flags = 0;
  const sign = (as ^ bs) & 0x8000;
  if (special(ah, ae) || special(bh, be)) {
    if (isUnsupported(ah, ae) || isUnsupported(bh, be) || isNaN80(ah, al, as) || isNaN80(bh, bl, bs)) return nan2(al, ah, as, bl, bh, bs);
    if (ae === EXP_MAX && be === EXP_MAX) return invalid();
    const aZero = isZero(ah, al, as), bZero = isZero(bh, bl, bs);
    if (aZero && bZero) return invalid();
    if (bZero && ae !== EXP_MAX) return infinity(sign) | ZE;
    if (ae === 0 && !aZero || be === 0 && !bZero) flags = DE;
    if (ae === EXP_MAX) return flags | infinity(sign);
    if (be === EXP_MAX) return flags | zero(sign);
    if (aZero) return flags | zero(sign);
    if (ae === 0) {
      const n = clz64(ah, al);
      ah = shlHi(ah, al, n);
      al = shlLo(al, n);
      ae = 1 - n;
    }
    if (be === 0) {
      const n = clz64(bh, bl);
      bh = shlHi(bh, bl, n);
      bl = shlLo(bl, n);
      be = 1 - n;
    }
  }
  let exp = ae - be + BIAS;
  // With the dividend below the divisor the quotient has its first bit just below the point.
  let r2 = ah, r1 = al, r0 = 0;
  if (ah === bh ? al >>> 0 >= bl >>> 0 : ah >>> 0 > bh >>> 0) {
    r0 = r1 << 31;
    r1 = (r2 << 31) | (r1 >>> 1);
    r2 = r2 >>> 1;
  } else exp--;
  digit(r2, r1, r0, bh, bl);
  const q0 = Q[0]!;
  digit(Q[1]!, Q[2]!, 0, bh, bl);
  const q1 = Q[0]!;
  digit(Q[1]!, Q[2]!, 0, bh, bl);
  const rest = (Q[1]! | Q[2]!) !== 0 ? 1 : 0;
  return flags | round(sign, exp, q0, q1, Q[0]! | rest, cw);
}

/** A digit of long division: quotient, remainder high and low. */
const Q = new Int32Array(3);

/** Q = (r2, r1, r0) divided by the normalised (bh, bl), where (r2, r1) < (bh, bl): one 32-bit digit and the remainder (Knuth's algorithm D). */
function digit(r2: number, r1: number, r0: number, bh: number, bl: number): void {
  let q: number, rem: number;
  if (r2 === bh) {
    q = -1;
    // (r2, r1) - (2^32 - 1) bh; may exceed 32 bits, and then the digit is right
    rem = (r1 >>> 0) + (bh >>> 0);
  } else {
    q = div64u(r2, r1, bh);
    rem = (r1 - Math.imul(q, bh)) >>> 0;
  }
  let hi = mulhu(q, bl), lo = Math.imul(q, bl);
  while (rem < 4294967296 && (hi >>> 0 > rem || hi >>> 0 === rem && lo >>> 0 > r0 >>> 0)) {
    q = (q - 1) | 0;
    rem += bh >>> 0;
    if (lo >>> 0 < bl >>> 0) hi = (hi - 1) | 0;
    lo = (lo - bl) | 0;
  }
  Q[0] = q;
  Q[1] = ((rem | 0) - hi - (r0 >>> 0 < lo >>> 0 ? 1 : 0)) | 0;
  Q[2] = (r0 - lo) | 0;
}

export function sqrt(al: number, ah: number, as: number, cw: number): number {
  let ae = as & EXP_MAX, flags = 0;
  if (special(ah, ae)) {
    if (isUnsupported(ah, ae) || isNaN80(ah, al, as)) return nan1(al, ah, as);
    if ((ah | al) === 0) return zero(as);
    if (as & 0x8000) return invalid();
    if (ae === EXP_MAX) return infinity(0);
    flags = DE;
    const n = clz64(ah, al);
    ah = shlHi(ah, al, n);
    al = shlLo(al, n);
    ae = 1 - n;
  }
  if (as & 0x8000) return invalid();
  const e = ae - BIAS;
  // The radicand as a fraction in [1/4, 1): then the root is in [1/2, 1).
  let x1 = ah, x0 = al, xe = 0;
  if ((e & 1) === 0) {
    xe = x0 << 31;
    x0 = (x1 << 31) | (x0 >>> 1);
    x1 = x1 >>> 1;
  }
  rootBits(x1, x0, xe);
  return flags | round(0, (e >> 1) + BIAS, T[0]!, T[1]!, T[2]!, cw);
}

/** T = square root of the 96-bit fraction (x2, x1, x0), 66 bits of it by digits, the lowest bit of T[2] sticky. */
function rootBits(x2: number, x1: number, x0: number): void {
  // root (q1, q0) and remainder (r2, r1, r0), two bits of the radicand a step
  let q2 = 0, q1 = 0, q0 = 0, r2 = 0, r1 = 0, r0 = 0;
  for (let i = 0; i < 66; i++) {
    r2 = (r2 << 2) | (r1 >>> 30);
    r1 = (r1 << 2) | (r0 >>> 30);
    r0 = (r0 << 2) | (x2 >>> 30);
    x2 = (x2 << 2) | (x1 >>> 30);
    x1 = (x1 << 2) | (x0 >>> 30);
    x0 <<= 2;
    // trial: 4 q + 1
    const t2 = (q2 << 2) | (q1 >>> 30), t1 = (q1 << 2) | (q0 >>> 30), t0 = (q0 << 2) | 1;
    const fits = r2 !== t2 ? r2 >>> 0 > t2 >>> 0 : r1 !== t1 ? r1 >>> 0 > t1 >>> 0 : r0 >>> 0 >= t0 >>> 0;
    q2 = (q2 << 1) | (q1 >>> 31);
    q1 = (q1 << 1) | (q0 >>> 31);
    q0 <<= 1;
    if (fits) {
      const b0 = r0 >>> 0 < t0 >>> 0 ? 1 : 0;
      r0 = (r0 - t0) | 0;
      const b1 = (r1 >>> 0) - (t1 >>> 0) - b0 < 0 ? 1 : 0;
      r1 = (r1 - t1 - b0) | 0;
      r2 = (r2 - t2 - b1) | 0;
      q0 |= 1;
    }
  }
  T[0] = (q2 << 30) | (q1 >>> 2);
  T[1] = (q1 << 30) | (q0 >>> 2);
  T[2] = (q0 << 30) | ((r2 | r1 | r0) !== 0 ? 1 : 0);
}

