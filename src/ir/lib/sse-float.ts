import { CF, PF, ZF } from "../flags.js";
import { lanewise, type Op, pure, RESULT } from "../op.js";
import { nanfix } from "./nan.js";

// Scalar conversions, rounding and estimates of SSE with the default MXCSR: rounding to nearest even, exceptions masked, denormals kept.

/** "Integer indefinite": what does not fit, and NaN, becomes the most negative number. */
const INDEFINITE = -0x80000000;
/** Adding and subtracting 1.5 * 2^52 rounds anything below 2^51 to an integer. */
const ROUNDER = 6755399441055744;
const TWO52 = 4503599627370496;

/** To nearest even; keeps the sign of zeros. */
function nearest(x: number): number {
  if (!(Math.abs(x) < TWO52)) return x;
  const r = x < 0 ? x - TWO52 + TWO52 : x + TWO52 - TWO52;
  return r === 0 && (x < 0 || Object.is(x, -0)) ? -0 : r;
}

/** Rounding by number as in MXCSR.RC and the immediate of ROUNDPS: nearest, down, up, towards 0. NaN is quieted. */
export function roundTo(mode: number, x: number): number {
  if (x !== x) return nanfix(x, x);
  switch (mode & 3) {
    case 0: return nearest(x);
    case 1: return Math.floor(x);
    case 2: return Math.ceil(x);
    default: return Math.trunc(x);
  }
}

/** f64 -> i32 truncated. */
export const TRUNC_I32 = pure("sse.trunc.i32", ["f64"], "i32", (x: number) => (x > -2147483649 && x < 2147483648 ? x | 0 : INDEFINITE));
/** f64 -> i32 to nearest even. */
export const ROUND_I32 = pure("sse.round.i32", ["f64"], "i32", (x: number) => (x >= -2147483648.5 && x < 2147483647.5 ? (x + ROUNDER - ROUNDER) | 0 : INDEFINITE));
export const TRUNC_F32_I32 = pure("sse.truncf.i32", ["f32"], "i32", (x: number) => (x >= -2147483648 && x < 2147483648 ? x | 0 : INDEFINITE));
export const ROUND_F32_I32 = pure("sse.roundf.i32", ["f32"], "i32", (x: number) => (x >= -2147483648 && x < 2147483648 ? (x + ROUNDER - ROUNDER) | 0 : INDEFINITE));
export const I32_TO_F64 = pure("sse.i32.f64", ["i32"], "f64", (x: number) => x);
export const I32_TO_F32 = pure("sse.i32.f32", ["i32"], "f32", (x: number) => Math.fround(x));
export const F32_TO_F64 = pure("sse.f32.f64", ["f32"], "f64", (x: number) => x);
export const F64_TO_F32 = pure("sse.f64.f32", ["f64"], "f32", (x: number) => Math.fround(x));

/** A whole number as an i64 in RESULT; "integer indefinite" for what does not fit, and NaN. */
export function putLong(x: number): void {
  const fits = x >= -9223372036854775808 && x < 9223372036854775808;
  const high = Math.floor(x / 4294967296);
  RESULT[0] = fits ? x - high * 4294967296 : 0;
  RESULT[1] = fits ? high : INDEFINITE;
}

/** f64 -> i64 truncated, and to nearest even. */
export const TRUNC_I64 = pure("sse.trunc.i64", ["f64"], "i64", (x: number) => putLong(Math.trunc(x)));
export const ROUND_I64 = pure("sse.round.i64", ["f64"], "i64", (x: number) => putLong(nearest(x)));
export const I64_TO_F64 = pure("sse.i64.f64", ["i64"], "f64", (low: number, high: number) => high * 4294967296 + (low >>> 0));
/** Rounded once: what a double cannot hold of the number only tells that there is more, which a bit that a single does not reach does as well. */
export const I64_TO_F32 = pure("sse.i64.f32", ["i64"], "f32", (low: number, high: number) => {
  const exact = high < 0x200000 && high >= -0x200000;
  const bits = exact || (low & 0x7ff) === 0 ? low : (low & ~0x7ff) | 0x800;
  return Math.fround(high * 4294967296 + (bits >>> 0));
});

/** ROUNDSD and ROUNDSS; the immediate is the rounding (nearest even where it says MXCSR). */
export const ROUND_F64 = pure("sse.round.f64", ["f64"], "f64", (x: number, imm: number) => roundTo(imm & 4 ? 0 : imm, x), true);
export const ROUND_F32 = pure("sse.round.f32", ["f32"], "f32", (x: number, imm: number) => roundTo(imm & 4 ? 0 : imm, x), true);

function compareFlags(x: number, y: number): number {
  return x < y ? CF : x > y ? 0 : x === y ? ZF : CF | PF | ZF;
}

/** EFLAGS of (U)COMISD and (U)COMISS. flag-values.ts knows these and turns conditions on them into comparisons. */
export const COMPARE_F64 = pure("sse.comi.f64", ["f64", "f64"], "i32", compareFlags);
export const COMPARE_F32 = pure("sse.comi.f32", ["f32", "f32"], "i32", compareFlags);

export function isFloatCompare(op: Op): boolean {
  return op === COMPARE_F64 || op === COMPARE_F32;
}

const TO_INTEGER: ReadonlySet<Op> = new Set([TRUNC_I32, ROUND_I32, TRUNC_F32_I32, ROUND_F32_I32, TRUNC_I64, ROUND_I64]);

/** Whether a library op gives the same for all NaNs. */
export function sameForAllNaNs(op: Op): boolean {
  return isFloatCompare(op) || TO_INTEGER.has(op);
}

const G = new Float32Array(1);
const I = new Int32Array(G.buffer);
const TINY = 2 ** -126;

/** Estimates treat denormals as zeros of their sign and give no denormals; they are as good as the division here, where processors have 12 bits. */
function estimate(bits: number, root: boolean): number {
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return bits | 0x400000;
  if (magnitude < 0x800000) return (bits & 0x80000000) | 0x7f800000;
  if (root && bits < 0) return 0xffc00000 | 0;
  I[0] = bits;
  const x = G[0]!;
  const r = root ? 1 / Math.sqrt(x) : 1 / x;
  if (Math.abs(r) < TINY) return bits & 0x80000000;
  G[0] = r;
  return I[0]!;
}

export const RCP = lanewise("sse.rcp", 1, (bits: number) => estimate(bits, false));
export const RSQRT = lanewise("sse.rsqrt", 1, (bits: number) => estimate(bits, true));
