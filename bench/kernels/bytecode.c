/* An interpreter of a small bytecode with a switch; n times its program of 1,000 loops. */
#include "common.h"
static const u8 program[] = {0, 5, 1, 3, 4, 2, 7, 6, 3, 0, 5, 8, 1, 4, 9, 2, 10, 11};
u32 kernel(u32 n) {
  u32 a = 1, b = 2, h = 0, round;
  for (round = 0; round < n; round++) {
    u32 pc = 0, left = 1000;
    for (;;) {
      switch (program[pc++]) {
        case 0: a += b; continue;
        case 1: b ^= a << 3; continue;
        case 2: a -= 0x9e3779b9; continue;
        case 3: b += a >> 7; continue;
        case 4: a *= 33; continue;
        case 5: b = ~b; continue;
        case 6: a ^= b; continue;
        case 7: b = b << 5 | b >> 27; continue;
        case 8: h += a; continue;
        case 9: h ^= b; continue;
        case 10: if (--left) pc = 0; continue;
        default: break;
      }
      break;
    }
  }
  return h ^ a ^ b;
}
