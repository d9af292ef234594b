import { BIAS, normRound } from "./f80.js";

/**
 * Numbers as unevaluated sums of two doubles, of about 105 bits: what the transcendental functions compute in. Functions return the high
 * part and leave the low one in L[0]. Operands are far from the ends of the double's range.
 */
export const L = new Float64Array(1);

const SPLIT = 134217729; // 2^27 + 1
const F = new Float64Array(1);
const I = new Int32Array(F.buffer);

/** The rounding error of p = a * b (Dekker). */
export function productError(a: number, b: number, p: number): number {
  const ca = SPLIT * a, cb = SPLIT * b;
  const ah = ca - (ca - a), bh = cb - (cb - b);
  const al = a - ah, bl = b - bh;
  return al * bl - (p - ah * bh - al * bh - ah * bl);
}

export function add2(ah: number, al: number, bh: number, bl: number): number {
  const s = ah + bh, sb = s - ah;
  let e = (ah - (s - sb)) + (bh - sb);
  const t = al + bl, tb = t - al;
  const f = (al - (t - tb)) + (bl - tb);
  e += t;
  const u = s + e;
  e = e - (u - s) + f;
  const h = u + e;
  L[0] = e - (h - u);
  return h;
}

export function mul2(ah: number, al: number, bh: number, bl: number): number {
  const p = ah * bh;
  const e = productError(ah, bh, p) + (ah * bl + al * bh);
  const h = p + e;
  L[0] = e - (h - p);
  return h;
}

export function div2(ah: number, al: number, bh: number, bl: number): number {
  const q1 = ah / bh;
  let ph = mul2(bh, bl, q1, 0);
  let rh = add2(ah, al, -ph, -L[0]!), rl = L[0]!;
  const q2 = rh / bh;
  ph = mul2(bh, bl, q2, 0);
  rh = add2(rh, rl, -ph, -L[0]!);
  rl = rh / bh;
  const s = q1 + q2;
  return add2(s, q2 - (s - q1), rl, 0);
}

/** 2^n as a double, for n of -1022 to 1023. */
export function pow2(n: number): number {
  I[0] = 0;
  I[1] = (n + 1023) << 20;
  return F[0]!;
}

/** A 64-bit significand with its integer bit, as a number in [1, 2) times `scale`, a power of two. */
export function significand2(hi: number, lo: number, scale: number): number {
  const h = (hi >>> 0) * 2 ** -31, l = (lo >>> 0) * 2 ** -63;
  const s = h + l;
  L[0] = (l - (s - h)) * scale;
  return s * scale;
}

/**
 * Round (h, l) * 2^exp, which is not 0, to the extended format (Z); returns the exceptions. `exact`: there is no error in the pair,
 * else the result is always inexact.
 */
export function round2(h: number, l: number, exp: number, cw: number, exact: boolean): number {
  let sign = 0;
  if (h < 0) {
    sign = 0x8000;
    h = -h;
    l = -l;
  }
  F[0] = h;
  const hw = I[1]!, lw = I[0]!;
  const e = (hw >>> 20) - 1023;
  const m = (hw & 0xfffff) | 0x100000;
  let hi = (m << 11) | (lw >>> 21), lo = lw << 11;
  // the low part in units of the last place, of magnitude below 2^11
  const tail = l * pow2(63 - e);
  const whole = Math.floor(tail);
  const rest = tail - whole;
  const low = (lo >>> 0) + whole;
  lo = low | 0;
  const carry = low >= 4294967296 ? 1 : low < 0 ? -1 : 0;
  const high = (hi >>> 0) + carry;
  hi = high | 0;
  let ext = rest < 1 ? Math.floor(rest * 4294967296) | 0 : -1; // a tiny negative tail makes it 1 by rounding
  if (!exact || rest * 4294967296 !== Math.floor(rest * 4294967296)) ext |= 1;
  exp += e + BIAS;
  if (high >= 4294967296) {
    ext = (lo << 31) | (ext >>> 1) | (ext & 1);
    lo = lo >>> 1;
    hi = 0x80000000 | 0;
    exp++;
  }
  return normRound(sign, exp, hi, lo, ext, cw | 0x300);
}
