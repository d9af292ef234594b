#include "common.h"
#include "nbody.h"
static inline double root(double x) {
  __asm__("sqrtsd %0, %0" : "+x"(x));
  return x;
}
u32 kernel(u32 n) { return nbody(n); }
