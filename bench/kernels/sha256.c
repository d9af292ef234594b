/* SHA-256's compression of n blocks, each the state of the last. */
#include "common.h"
static u32 K[64], H[8], W[64];
static inline u32 rotr(u32 x, int s) { return x >> s | x << (32 - s); }
u32 kernel(u32 n) {
  u32 x = 0x6a09e667, i, round;
  for (i = 0; i < 64; i++) K[i] = x = xorshift(x);
  for (i = 0; i < 8; i++) H[i] = x = xorshift(x);
  for (round = 0; round < n; round++) {
    u32 a = H[0], b = H[1], c = H[2], d = H[3], e = H[4], f = H[5], g = H[6], h = H[7];
    for (i = 0; i < 16; i++) W[i] = H[i & 7] + i;
    for (; i < 64; i++) {
      u32 p = W[i - 15], q = W[i - 2];
      W[i] = W[i - 16] + W[i - 7] + (rotr(p, 7) ^ rotr(p, 18) ^ p >> 3) + (rotr(q, 17) ^ rotr(q, 19) ^ q >> 10);
    }
    for (i = 0; i < 64; i++) {
      u32 s = h + (rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25)) + ((e & f) ^ (~e & g)) + K[i] + W[i];
      u32 t = (rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
      h = g; g = f; f = e; e = d + s; d = c; c = b; b = a; a = s + t;
    }
    H[0] += a; H[1] += b; H[2] += c; H[3] += d; H[4] += e; H[5] += f; H[6] += g; H[7] += h;
  }
  return H[0] ^ H[7];
}
