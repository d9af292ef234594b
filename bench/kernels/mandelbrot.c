/* Mandelbrot set in single precision, 200 x 200 points of at most 100 rounds, n times. */
#include "common.h"
u32 kernel(u32 n) {
  u32 h = 0, round;
  int i, j, k;
  for (round = 0; round < n; round++)
    for (j = 0; j < 200; j++)
      for (i = 0; i < 200; i++) {
        float cx = (float)i * 0.015625f - 2.25f, cy = (float)j * 0.0125f - 1.25f, x = 0, y = 0;
        for (k = 0; k < 100; k++) {
          float xx = x * x, yy = y * y;
          if (xx + yy > 4.0f) break;
          y = (x + x) * y + cy;
          x = xx - yy + cx;
        }
        h = h * 31 + (u32)k;
      }
  return h;
}
