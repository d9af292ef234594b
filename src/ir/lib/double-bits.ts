import { pure } from "../op.js";

/**
 * ANDPD and the like on doubles that are kept as such. Nearly always these clear or flip a sign (fabs, negation), which JavaScript can do; the
 * rest goes through memory. The sign of NaNs is none of JavaScript's concern, so these go through memory, too.
 */
const F = new Float64Array(2);
const I = new Int32Array(F.buffer);

/** True if y's bits are all ones but the sign. */
function isMagnitudeMask(y: number): boolean {
  F[1] = y;
  return I[3] === 0x7fffffff && I[2] === -1;
}

function isMinusZero(y: number): boolean {
  return y === 0 && 1 / y < 0;
}

export const AND_F64 = pure("sse.and.f64", ["f64", "f64"], "f64", (x: number, y: number) => {
  if (x === x && y !== y && isMagnitudeMask(y)) return Math.abs(x);
  F[0] = x;
  F[1] = y;
  I[0]! &= I[2]!;
  I[1]! &= I[3]!;
  return F[0]!;
});

/** ~x & y */
export const ANDN_F64 = pure("sse.andn.f64", ["f64", "f64"], "f64", (x: number, y: number) => {
  if (y === y && isMinusZero(x)) return Math.abs(y);
  F[0] = x;
  F[1] = y;
  I[0] = ~I[0]! & I[2]!;
  I[1] = ~I[1]! & I[3]!;
  return F[0]!;
});

export const OR_F64 = pure("sse.or.f64", ["f64", "f64"], "f64", (x: number, y: number) => {
  F[0] = x;
  F[1] = y;
  I[0]! |= I[2]!;
  I[1]! |= I[3]!;
  return F[0]!;
});

export const XOR_F64 = pure("sse.xor.f64", ["f64", "f64"], "f64", (x: number, y: number) => {
  if (x === x && y === 0) return isMinusZero(y) ? -x : x;
  F[0] = x;
  F[1] = y;
  I[0]! ^= I[2]!;
  I[1]! ^= I[3]!;
  return F[0]!;
});
