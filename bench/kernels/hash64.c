/* FNV-1a with 64 bits over 64 KiB, n times. */
#include "common.h"
static u8 data[65536];
u32 kernel(u32 n) {
  u64 h = 0xcbf29ce484222325ull;
  u32 x = 5, i, round;
  for (i = 0; i < 65536; i++) data[i] = (u8)(x = xorshift(x));
  for (round = 0; round < n; round++)
    for (i = 0; i < 65536; i++) h = (h ^ data[i]) * 0x100000001b3ull;
  return (u32)(h ^ h >> 32);
}
