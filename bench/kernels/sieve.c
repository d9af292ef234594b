/* Sieve of Eratosthenes over a million numbers, n times. */
#include "common.h"
#define SIZE 1000000
static u8 composite[SIZE];
u32 kernel(u32 n) {
  u32 sum = 0, round, i, k;
  for (round = 0; round < n; round++) {
    for (i = 0; i < SIZE; i++) composite[i] = 0;
    for (i = 2; i < SIZE; i++) {
      if (composite[i]) continue;
      sum = sum * 31 + i;
      for (k = i + i; k < SIZE; k += i) composite[k] = 1;
    }
  }
  return sum;
}
