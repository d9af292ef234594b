/* The x87 rounds to 53 bits here, as C compilers for Windows and BSD set it, so the result is that of doubles. */
#include "common.h"
#include "nbody.h"
static inline double root(double x) {
  __asm__("fsqrt" : "+t"(x));
  return x;
}
u32 kernel(u32 n) {
  unsigned short control = 0x27f;
  __asm__ volatile("fldcw %0" : : "m"(control));
  return nbody(n);
}
