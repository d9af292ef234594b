/**
 * NaN results of SSE arithmetic (Intel SDM vol. 1, 4.8.3.5): JavaScript does not say which NaN an operation gives, x86 does.
 * Called only when a result is NaN.
 */
const F = new Float64Array(1);
const I = new Int32Array(F.buffer);
const DEFAULT = new Float64Array(new Int32Array([0, 0xfff80000 | 0]).buffer);

/** The first operand that is NaN, quieted; the default NaN if neither is. */
export function nanfix(a: number, b: number): number {
  if (a !== a) F[0] = a;
  else if (b !== b) F[0] = b;
  else return DEFAULT[0]!;
  I[1]! |= 0x80000;
  return F[0]!;
}
