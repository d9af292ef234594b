import { xorshift } from "./common.js";
const K = new Int32Array(64), H = new Int32Array(8), W = new Int32Array(64);
const rotr = (x, s) => (x >>> s) | (x << (32 - s));
export function kernel(n) {
  let x = 0x6a09e667;
  for (let i = 0; i < 64; i++) K[i] = x = xorshift(x);
  for (let i = 0; i < 8; i++) H[i] = x = xorshift(x);
  for (let round = 0; round < n; round++) {
    let a = H[0], b = H[1], c = H[2], d = H[3], e = H[4], f = H[5], g = H[6], h = H[7];
    for (let i = 0; i < 16; i++) W[i] = H[i & 7] + i;
    for (let i = 16; i < 64; i++) {
      const p = W[i - 15], q = W[i - 2];
      W[i] = W[i - 16] + W[i - 7] + (rotr(p, 7) ^ rotr(p, 18) ^ (p >>> 3)) + (rotr(q, 17) ^ rotr(q, 19) ^ (q >>> 10));
    }
    for (let i = 0; i < 64; i++) {
      const s = (h + (rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25)) + ((e & f) ^ (~e & g)) + K[i] + W[i]) | 0;
      const t = ((rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g; g = f; f = e; e = (d + s) | 0; d = c; c = b; b = a; a = (s + t) | 0;
    }
    H[0] += a; H[1] += b; H[2] += c; H[3] += d; H[4] += e; H[5] += f; H[6] += g; H[7] += h;
  }
  return (H[0] ^ H[7]) >>> 0;
}
