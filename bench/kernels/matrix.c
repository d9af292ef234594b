/* Product of two integer matrices of 200 x 200, n times. */
#include "common.h"
#define N 200
static u32 a[N * N], b[N * N], c[N * N];
u32 kernel(u32 n) {
  u32 x = 7, sum = 0, i, j, k, round;
  for (i = 0; i < N * N; i++) {
    a[i] = x = xorshift(x);
    b[i] = x = xorshift(x);
  }
  for (round = 0; round < n; round++) {
    for (i = 0; i < N; i++)
      for (j = 0; j < N; j++) {
        u32 s = 0;
        for (k = 0; k < N; k++) s += a[i * N + k] * b[k * N + j];
        c[i * N + j] = s;
      }
    a[round % (N * N)] += c[sum % (N * N)];
    sum = sum * 31 + c[round % (N * N)];
  }
  return sum;
}
