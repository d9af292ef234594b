/* Quicksort of 10,000 integers with a comparison that is called through a pointer, n times. */
#include "common.h"
#define SIZE 10000
static u32 v[SIZE];
static int up(u32 a, u32 b) { return a < b ? -1 : a > b; }
static int down(u32 a, u32 b) { return a > b ? -1 : a < b; }
static int (*volatile const order[2])(u32, u32) = {up, down};
__attribute__((noinline)) static void sort(int low, int high, int (*compare)(u32, u32)) {
  while (low < high) {
    u32 pivot = v[(low + high) >> 1], t;
    int i = low, j = high;
    while (i <= j) {
      while (compare(v[i], pivot) < 0) i++;
      while (compare(v[j], pivot) > 0) j--;
      if (i <= j) {
        t = v[i];
        v[i++] = v[j];
        v[j--] = t;
      }
    }
    sort(low, j, compare);
    low = i;
  }
}
u32 kernel(u32 n) {
  u32 x = 3, h = 0, i, round;
  for (round = 0; round < n; round++) {
    for (i = 0; i < SIZE; i++) v[i] = x = xorshift(x);
    sort(0, SIZE - 1, order[round & 1]);
    h = h * 31 + v[SIZE / 3];
  }
  return h;
}
