import {
  BIAS, C1, C2, clz64, DE, EXP_MAX, infinity, invalid, isDenormal, isNaN80, isUnsupported, isZero, nan1, nan2, PE, put, round, shlHi, shlLo, Z, zero, ZE,
} from "./f80.js";
import { add } from "./f80-arith.js";
import { add2, div2, L, mul2, pow2, round2, significand2 } from "./f80-double-double.js";

/**
 * F2XM1 FYL2X FYL2XP1 FPATAN FSIN FCOS FPTAN (Intel SDM vol. 2; conventions in f80.ts), computed to about 100 bits and rounded once, so
 * results are correctly rounded but for rare near-ties; processors are within 1 ulp of that. Precision control has no effect.
 * Trigonometric arguments are reduced by the 66-bit pi of the hardware (Intel's and AMD's agree), exactly.
 */

/** 1/n! as pairs: hi at 2n, low at 2n + 1. */
const INV_FACTORIAL = new Float64Array(64);
/** 1/(2n + 1) */
const INV_ODD = new Float64Array(64);
/** atan(n/16), n of 0 to 16 */
const ATAN = new Float64Array(34);

for (let n = 0, f = 1; n < 32; f *= ++n) {
  INV_FACTORIAL[n * 2] = div2(1, 0, f, 0);
  INV_FACTORIAL[n * 2 + 1] = n <= 18 ? L[0]! : 0; // beyond, n! itself is rounded
  INV_ODD[n * 2] = div2(1, 0, 2 * n + 1, 0);
  INV_ODD[n * 2 + 1] = L[0]!;
}
for (let n = 1; n <= 16; n++) {
  // atan(n/16) - atan((n-1)/16)
  const t = div2(16, 0, 256 + n * (n - 1), 0);
  const a = atanSeries(t, L[0]!);
  ATAN[n * 2] = add2(ATAN[n * 2 - 2]!, ATAN[n * 2 - 1]!, a, L[0]!);
  ATAN[n * 2 + 1] = L[0]!;
}
const LN2_HI = 0.6931471805599453, LN2_LO = 2.3190468138462996e-17;
const LOG2E_HI = 1.4426950408889634, LOG2E_LO = 2.0355273740931033e-17;
const PI_HI = 3.141592653589793, PI_LO = 1.2246467991473532e-16;
/** The hardware's pi/2 of 66 bits (SDM vol. 1, 8.3.8), exact as a pair. */
const HALF_PI66_HI = 1.5707963267948966, HALF_PI66_LO = 2259 * 2 ** -65;

function atanSeries(t: number, tl: number): number {
  const z = mul2(t, tl, t, tl), zl = L[0]!;
  let d = 0;
  for (let n = 16; n >= 8; n--) d = (n & 1 ? -INV_ODD[n * 2]! : INV_ODD[n * 2]!) + d * z;
  let h = d, l = 0;
  for (let n = 7; n >= 0; n--) {
    h = mul2(h, l, z, zl);
    h = n & 1 ? add2(h, L[0]!, -INV_ODD[n * 2]!, -INV_ODD[n * 2 + 1]!) : add2(h, L[0]!, INV_ODD[n * 2]!, INV_ODD[n * 2 + 1]!);
    l = L[0]!;
  }
  return mul2(h, l, t, tl);
}

/** Denormal operands are normalised: X[0..2] = high, low, exponent. */
const X = new Int32Array(3);

function unpack(lo: number, hi: number, se: number): void {
  const n = clz64(hi, lo);
  X[0] = shlHi(hi, lo, n);
  X[1] = shlLo(lo, n);
  X[2] = ((se & EXP_MAX) || 1) - n - BIAS;
}

/** An inexact result that is a constant pair. */
function constant(h: number, l: number, cw: number): number {
  return round2(h, l, 0, cw, false);
}

/** 2^x - 1 for |x| <= 1; beyond, where the manual leaves it open, x itself. */
export function f2xm1(lo: number, hi: number, se: number, cw: number): number {
  if (isUnsupported(hi, se) || isNaN80(hi, lo, se)) return nan1(lo, hi, se);
  const sign = se & 0x8000, e = se & EXP_MAX;
  if (e === EXP_MAX) {
    if (sign) put(0, 0x80000000 | 0, 0xbfff);
    else infinity(0);
    return 0;
  }
  if ((hi | lo) === 0) return zero(sign);
  const flags = e === 0 ? DE : 0;
  unpack(lo, hi, se);
  const x = X[2]!;
  if (x >= 0) {
    put(lo, hi, se);
    if (x > 0 || hi !== (0x80000000 | 0) || lo !== 0) return PE;
    if (sign) Z[2] = 0xbffe;
    return sign ? PE : PE | C1; // exact, but processors say otherwise
  }
  const tiny = x < -100;
  const m = significand2(X[0]!, X[1]!, (sign ? -1 : 1) * (tiny ? 1 : pow2(x)));
  let h = mul2(m, L[0]!, LN2_HI, LN2_LO), l = L[0]!;
  if (tiny) return flags | round2(h, l, x, cw, false);
  // e^(x ln 2) - 1 by the series at a sixteenth of it, then four times u (u + 2)
  h /= 16;
  l /= 16;
  let d = 0;
  for (let n = 15; n >= 7; n--) d = INV_FACTORIAL[n * 2]! + d * h;
  let sh = d, sl = 0;
  for (let n = 6; n >= 1; n--) {
    sh = mul2(sh, sl, h, l);
    sh = add2(sh, L[0]!, INV_FACTORIAL[n * 2]!, INV_FACTORIAL[n * 2 + 1]!);
    sl = L[0]!;
  }
  h = mul2(sh, sl, h, l);
  l = L[0]!;
  for (let k = 0; k < 4; k++) {
    const t = add2(h, l, 2, 0);
    h = mul2(t, L[0]!, h, l);
    l = L[0]!;
  }
  return flags | round2(h, l, 0, cw, false);
}

/** log2((1 + s) / (1 - s)), |s| < 0.18; low part in L. */
function log2Series(s: number, sl: number): number {
  const z = mul2(s, sl, s, sl), zl = L[0]!;
  let d = 0;
  for (let n = 21; n >= 8; n--) d = INV_ODD[n * 2]! + d * z;
  let h = d, l = 0;
  for (let n = 7; n >= 0; n--) {
    h = mul2(h, l, z, zl);
    h = add2(h, L[0]!, INV_ODD[n * 2]!, INV_ODD[n * 2 + 1]!);
    l = L[0]!;
  }
  h = mul2(h, l, s, sl);
  l = L[0]!;
  return mul2(h, l, 2 * LOG2E_HI, 2 * LOG2E_LO);
}

/** y * (h, l) * 2^exp for a y that is finite and not 0, rounded. */
function timesY(h: number, l: number, exp: number, yl: number, yh: number, ys: number, cw: number, exact: boolean): number {
  unpack(yl, yh, ys);
  const m = significand2(X[0]!, X[1]!, ys & 0x8000 ? -1 : 1);
  h = mul2(m, L[0]!, h, l);
  return round2(h, L[0]!, exp + X[2]!, cw, exact);
}

/** y * log2(x): x = ST(0), y = ST(1). */
export function fyl2x(xl: number, xh: number, xs: number, yl: number, yh: number, ys: number, cw: number): number {
  if (isUnsupported(xh, xs) || isUnsupported(yh, ys) || isNaN80(xh, xl, xs) || isNaN80(yh, yl, ys)) return nan2(xl, xh, xs, yl, yh, ys);
  const ySign = ys & 0x8000;
  const xZero = isZero(xh, xl, xs & EXP_MAX), yZero = isZero(yh, yl, ys);
  const xInf = (xs & EXP_MAX) === EXP_MAX, yInf = (ys & EXP_MAX) === EXP_MAX;
  if (xs & 0x8000 && !xZero) return invalid();
  const flags = isDenormal(xh, xl, xs) || isDenormal(yh, yl, ys) ? DE : 0;
  if (xZero) {
    if (yZero) return invalid();
    infinity(ySign ^ 0x8000);
    return yInf ? 0 : ZE;
  }
  if (xInf) return yZero ? invalid() : flags | infinity(ySign);
  const below = (xs & EXP_MAX) < BIAS;
  const one = xs === BIAS && xh === (0x80000000 | 0) && xl === 0;
  if (yInf) return one ? invalid() : flags | infinity(below ? ySign ^ 0x8000 : ySign);
  if (yZero || one) return flags | zero(below ? ySign ^ 0x8000 : ySign);
  unpack(xl, xh, xs);
  let k = X[2]!;
  // x = m 2^k with m in [0.707, 1.414)
  const big = X[0]! >>> 0 >= 0xb504f334;
  if (big) k++;
  const m = significand2(X[0]!, X[1]!, big ? 0.5 : 1), ml = L[0]!;
  const up = add2(m, ml, -1, 0), upl = L[0]!;
  const down = add2(m, ml, 1, 0);
  const s = div2(up, upl, down, L[0]!);
  let h = log2Series(s, L[0]!), l = L[0]!;
  if (k !== 0) {
    h = add2(k, 0, h, l);
    l = L[0]!;
  }
  return flags | PE | timesY(h, l, 0, yl, yh, ys, cw, up === 0);
}

/** y * log2(x + 1): x = ST(0), y = ST(1). */
export function fyl2xp1(xl: number, xh: number, xs: number, yl: number, yh: number, ys: number, cw: number): number {
  if (isUnsupported(xh, xs) || isUnsupported(yh, ys) || isNaN80(xh, xl, xs) || isNaN80(yh, yl, ys)) return nan2(xl, xh, xs, yl, yh, ys);
  const sign = (xs ^ ys) & 0x8000;
  const xZero = isZero(xh, xl, xs), yZero = isZero(yh, yl, ys);
  const xInf = (xs & EXP_MAX) === EXP_MAX, yInf = (ys & EXP_MAX) === EXP_MAX;
  const flags = isDenormal(xh, xl, xs) || isDenormal(yh, yl, ys) ? DE : 0;
  if (xInf) return xs & 0x8000 || yZero ? invalid() : flags | infinity(ys & 0x8000);
  if (yInf) return xZero ? invalid() : flags | infinity(sign);
  if (xZero || yZero) return flags | zero(sign);
  unpack(xl, xh, xs);
  const e = X[2]!;
  const m = significand2(X[0]!, X[1]!, xs & 0x8000 ? -1 : 1), ml = L[0]!;
  if (e < -110) {
    const h = mul2(m, ml, LOG2E_HI, LOG2E_LO);
    return flags | timesY(h, L[0]!, e, yl, yh, ys, cw, false);
  }
  if (e >= -1) {
    // beyond the range that the manual defines: by way of x + 1, or as it is where that is no logarithm's argument
    if (xs & 0x8000 && e >= 0) {
      put(xl, xh, xs);
      return flags | PE;
    }
    add(xl, xh, xs, 0, 0x80000000 | 0, BIAS, cw | 0x300);
    return flags | fyl2xOfZ(yl, yh, ys, cw) | PE;
  }
  const scale = pow2(e);
  const up = m * scale, upl = ml * scale;
  const down = add2(up, upl, 2, 0);
  const s = div2(up, upl, down, L[0]!);
  const h = log2Series(s, L[0]!);
  return flags | timesY(h, L[0]!, 0, yl, yh, ys, cw, false);
}

function fyl2xOfZ(yl: number, yh: number, ys: number, cw: number): number {
  return fyl2x(Z[0]!, Z[1]!, Z[2]!, yl, yh, ys, cw);
}

/** Angle of the point (x, y) = (ST(0), ST(1)). */
export function fpatan(xl: number, xh: number, xs: number, yl: number, yh: number, ys: number, cw: number): number {
  if (isUnsupported(xh, xs) || isUnsupported(yh, ys) || isNaN80(xh, xl, xs) || isNaN80(yh, yl, ys)) return nan2(xl, xh, xs, yl, yh, ys);
  const left = (xs & 0x8000) !== 0;
  const s = ys & 0x8000 ? -1 : 1;
  const xInf = (xs & EXP_MAX) === EXP_MAX, yInf = (ys & EXP_MAX) === EXP_MAX;
  const flags = isDenormal(xh, xl, xs) || isDenormal(yh, yl, ys) ? DE : 0;
  if (yInf) {
    const f = xInf ? (left ? 0.75 : 0.25) : 0.5;
    const h = mul2(PI_HI, PI_LO, s * f, 0);
    return flags | constant(h, L[0]!, cw);
  }
  if (xInf || isZero(yh, yl, ys)) {
    if (left) return flags | constant(s * PI_HI, s * PI_LO, cw);
    return flags | zero(ys & 0x8000);
  }
  if (isZero(xh, xl, xs)) return flags | constant(s * PI_HI / 2, s * PI_LO / 2, cw);
  unpack(xl, xh, xs);
  const ex = X[2]!;
  const mx = significand2(X[0]!, X[1]!, 1), mxl = L[0]!;
  unpack(yl, yh, ys);
  const d = X[2]! - ex;
  const my = significand2(X[0]!, X[1]!, 1), myl = L[0]!;
  let h: number, l: number;
  if (d > 120) {
    h = PI_HI / 2;
    l = PI_LO / 2;
  } else if (d < -120) {
    if (!left) {
      h = div2(my, myl, mx, mxl);
      return flags | round2(s * h, s * (L[0]! - h * 2 ** -90), d, cw, false); // less than the quotient
    }
    h = PI_HI;
    l = PI_LO;
  } else {
    const scale = pow2(d);
    const y = my * scale, ylow = myl * scale;
    const steep = y > mx || y === mx && ylow > mxl;
    const t = steep ? div2(mx, mxl, y, ylow) : div2(y, ylow, mx, mxl);
    h = arctangent(t, L[0]!);
    l = L[0]!;
    if (steep) {
      h = add2(PI_HI / 2, PI_LO / 2, -h, -l);
      l = L[0]!;
    }
    if (left) {
      h = add2(PI_HI, PI_LO, -h, -l);
      l = L[0]!;
    }
  }
  return flags | round2(s * h, s * l, 0, cw, false);
}

/** atan of 0 < t <= 1. */
function arctangent(t: number, tl: number): number {
  const j = Math.round(t * 16);
  if (j === 0) return atanSeries(t, tl);
  const c = j / 16;
  const n = add2(t, tl, -c, 0), nl = L[0]!;
  const p = mul2(t, tl, c, 0);
  const q = add2(p, L[0]!, 1, 0);
  const u = div2(n, nl, q, L[0]!);
  const h = u === 0 ? 0 : atanSeries(u, L[0]!);
  return add2(h, u === 0 ? 0 : L[0]!, ATAN[j * 2]!, ATAN[j * 2 + 1]!);
}

/** The argument reduced to [-pi/4, pi/4]: pair, and the number of quarter turns modulo 4. */
const ANGLE = new Float64Array(2);
let turns = 0;

/** Reduce a finite argument with 2^-100 <= |x| < 2^63. */
function reduce(hi: number, lo: number, se: number): void {
  const e = (se & EXP_MAX) - BIAS;
  let h: number, l: number, q = 0;
  if (e < 0) {
    h = significand2(hi, lo, pow2(e));
    l = L[0]!;
  } else {
    // r = 4 significand, in units of 2^(e-65), against pi/2 in units of 2^-65
    let r2 = hi >>> 30, r1 = (hi << 2) | (lo >>> 30), r0 = lo << 2;
    for (let i = e; ; i--) {
      const fits = r2 !== 3 ? r2 > 3 : r1 !== 0x243f6a88 ? r1 >>> 0 > 0x243f6a88 : r0 >>> 0 >= 0x85a308d3;
      if (fits) {
        const b0 = r0 >>> 0 < 0x85a308d3 ? 1 : 0;
        r0 = (r0 - 0x85a308d3) | 0;
        const b1 = (r1 >>> 0) - 0x243f6a88 - b0 < 0 ? 1 : 0;
        r1 = (r1 - 0x243f6a88 - b0) | 0;
        r2 = r2 - 3 - b1;
        q |= 1;
      }
      if (i === 0) break;
      q <<= 1;
      r2 = (r2 << 1) | (r1 >>> 31);
      r1 = (r1 << 1) | (r0 >>> 31);
      r0 <<= 1;
    }
    const a = (r2 * 4294967296 + (r1 >>> 0)) * 2 ** -33, b = (r0 >>> 0) * 2 ** -65;
    h = a + b;
    l = b - (h - a);
  }
  if (h > HALF_PI66_HI / 2) {
    h = add2(h, l, -HALF_PI66_HI, -HALF_PI66_LO);
    l = L[0]!;
    q++;
  }
  if (se & 0x8000) {
    h = -h;
    l = -l;
    q = -q;
  }
  ANGLE[0] = h;
  ANGLE[1] = l;
  turns = q & 3;
}

/** sin of a reduced angle. */
function sine(x: number, xl: number): number {
  const z = mul2(x, xl, x, xl), zl = L[0]!;
  let d = 0;
  for (let n = 13; n >= 7; n--) d = (n & 1 ? -1 : 1) * INV_FACTORIAL[(2 * n + 1) * 2]! + d * z;
  let h = d, l = 0;
  for (let n = 6; n >= 0; n--) {
    const s = n & 1 ? -1 : 1, f = (2 * n + 1) * 2;
    h = mul2(h, l, z, zl);
    h = add2(h, L[0]!, s * INV_FACTORIAL[f]!, s * INV_FACTORIAL[f + 1]!);
    l = L[0]!;
  }
  return mul2(h, l, x, xl);
}

/** cos of a reduced angle. */
function cosine(x: number, xl: number): number {
  const z = mul2(x, xl, x, xl), zl = L[0]!;
  let d = 0;
  for (let n = 13; n >= 7; n--) d = (n & 1 ? -1 : 1) * INV_FACTORIAL[4 * n]! + d * z;
  let h = d, l = 0;
  for (let n = 6; n >= 0; n--) {
    const s = n & 1 ? -1 : 1;
    h = mul2(h, l, z, zl);
    h = add2(h, L[0]!, s * INV_FACTORIAL[4 * n]!, s * INV_FACTORIAL[4 * n + 1]!);
    l = L[0]!;
  }
  return h;
}

/** Whether an argument is beyond the range of the trigonometric instructions, so that they only set C2. */
function outOfRange(se: number): boolean {
  const e = se & EXP_MAX;
  return e >= BIAS + 63 && e !== EXP_MAX;
}

/** The sine of an angle below TINY: a little nearer to 0 than the angle. */
function tinyAngle(lo: number, hi: number, se: number, cw: number): number {
  unpack(lo, hi, se);
  let h = X[0]!, e = X[2]! + BIAS;
  const l = (X[1]! - 1) | 0;
  if (l === -1) h = (h - 1) | 0;
  if (h >= 0) {
    h = -1;
    e--;
  }
  return (se & EXP_MAX ? 0 : DE) | round(se & 0x8000, e, h, l, -1, cw | 0x300);
}

/** Below this exponent sin x differs from x, and cos x from 1, by less than 2^-5 units in the last place. */
const TINY = BIAS - 34;

export function fsin(lo: number, hi: number, se: number, cw: number): number {
  const e = se & EXP_MAX;
  if (outOfRange(se) && hi < 0) {
    put(lo, hi, se);
    return C2;
  }
  if (isUnsupported(hi, se) || isNaN80(hi, lo, se)) return nan1(lo, hi, se);
  if (e === EXP_MAX) return invalid();
  if ((hi | lo) === 0) return zero(se);
  if (e < TINY) return tinyAngle(lo, hi, se, cw);
  reduce(hi, lo, se);
  const h = turns & 1 ? cosine(ANGLE[0]!, ANGLE[1]!) : sine(ANGLE[0]!, ANGLE[1]!);
  return turns & 2 ? round2(-h, -L[0]!, 0, cw, false) : round2(h, L[0]!, 0, cw, false);
}

export function fcos(lo: number, hi: number, se: number, cw: number): number {
  const e = se & EXP_MAX;
  if (outOfRange(se) && hi < 0) {
    put(lo, hi, se);
    return C2;
  }
  if (isUnsupported(hi, se) || isNaN80(hi, lo, se)) return nan1(lo, hi, se);
  if (e === EXP_MAX) return invalid();
  if ((hi | lo) === 0) {
    put(0, 0x80000000 | 0, BIAS);
    return 0;
  }
  if (e < TINY) return (e === 0 ? DE : 0) | round(0, BIAS - 1, -1, -1, -1, cw | 0x300);
  reduce(hi, lo, se);
  const h = turns & 1 ? sine(ANGLE[0]!, ANGLE[1]!) : cosine(ANGLE[0]!, ANGLE[1]!);
  return turns === 1 || turns === 2 ? round2(-h, -L[0]!, 0, cw, false) : round2(h, L[0]!, 0, cw, false);
}

/** Tangent; the 1 that FPTAN pushes is the caller's. */
export function ftan(lo: number, hi: number, se: number, cw: number): number {
  const e = se & EXP_MAX;
  if (outOfRange(se) && hi < 0) {
    put(lo, hi, se);
    return C2;
  }
  if (isUnsupported(hi, se) || isNaN80(hi, lo, se)) return nan1(lo, hi, se);
  if (e === EXP_MAX) return invalid();
  if ((hi | lo) === 0) return zero(se);
  if (e < TINY) {
    // a little more than the angle
    unpack(lo, hi, se);
    return (e === 0 ? DE : 0) | round(se & 0x8000, X[2]! + BIAS, X[0]!, X[1]!, 1, cw | 0x300);
  }
  reduce(hi, lo, se);
  const s = sine(ANGLE[0]!, ANGLE[1]!), sl = L[0]!;
  const c = cosine(ANGLE[0]!, ANGLE[1]!), cl = L[0]!;
  const h = turns & 1 ? div2(-c, -cl, s, sl) : div2(s, sl, c, cl);
  return round2(h, L[0]!, 0, cw, false);
}
