/* Fibonacci numbers by recursion: fib(20), n times. */
#include "common.h"
__attribute__((noinline, optimize("no-inline", "no-optimize-sibling-calls"))) static u32 fib(u32 n) {
  return n < 2 ? n : fib(n - 1) + fib(n - 2);
}
u32 kernel(u32 n) {
  u32 h = 0, i;
  for (i = 0; i < n; i++) h = h * 31 + fib(20 + (i & 1));
  return h;
}
