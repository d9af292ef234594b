/*
 * Records what this machine's x87 does: gcc -m32 -O1 -o x87-record test/native/x87-record.c
 * Usage: x87-record SEED COUNT [OPCODE MODRM]...   (hexadecimal pairs; none: every x87 instruction)
 *
 * Each record is the instruction (2 bytes, memory operands at [ebx]), then before and after: FNSAVE image (108 bytes), operand memory
 * (108 bytes), EFLAGS (4 bytes). Operands are random with a bias towards special values and near-ties.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

typedef struct { uint8_t image[108], mem[108]; uint32_t eflags; } __attribute__((packed)) State;

static State in, out;
static uint8_t *code;
static sigjmp_buf escape;
static uint64_t seed;

static uint32_t rnd(void) {
  seed ^= seed << 13; seed ^= seed >> 7; seed ^= seed << 17;
  return seed >> 16;
}
static uint64_t rnd64(void) { return (uint64_t)rnd() << 32 | rnd(); }
static uint32_t below(uint32_t n) { return rnd() % n; }

static uint64_t significand(void) {
  uint64_t m = rnd64();
  switch (below(8)) {
    case 0: m = 0; break;
    case 1: m = ~0ull << below(64); break;
    case 2: m &= ~0ull << below(64); break;
    case 3: m = (m & ~0x7ffull) | 0x400; break;
    case 4: m = (m & ~0xffffffffffull) | 0x8000000000ull; break;
    case 5: m = (m & (~0ull << (11 + below(40)))) | below(4); break;
    default: break;
  }
  return m | 1ull << 63;
}

static int last_exponent = 0x3fff;

static void extended(uint8_t *p) {
  uint64_t m = significand();
  int e, sign = below(2) << 15;
  switch (below(16)) {
    case 0: e = below(0x8000); break;
    case 1: e = 1 + below(70); break;
    case 2: e = 0x7ffe - below(70); break;
    case 3: e = 0x3fff + below(66); break;
    case 4: e = 0x3fff - below(70); break;
    case 5: e = 0x3fff + below(130) - 65 ; break;
    case 6: case 7: case 8: e = last_exponent + (int)below(7) - 3; break;
    case 9: e = last_exponent + (int)below(140) - 70; break;
    case 10: e = 0x3fff - 1023 + (int)below(110) - 60; break;
    case 11: e = 0x3fff + 1023 - below(3); break;
    case 12: e = 0x3fff + (below(2) ? 127 : -126 - (int)below(30)) - (int)below(2); break;
    default: e = 0x3fff + (int)below(5) - 2; break;
  }
  if (e < 0) e = 0;
  if (e > 0x7ffe) e = 0x7ffe;
  if (!below(10)) switch (below(12)) {
    case 0: m = e = 0; break;
    case 1: m = 1ull << 63; e = 0x7fff; break;
    case 2: m |= 3ull << 62; e = 0x7fff; break;
    case 3: m = (m & ~(1ull << 62)) | 1; e = 0x7fff; break;
    case 4: e = 0; break;
    case 5: case 6: m = rnd64() >> (1 + below(63)); e = 0; break;
    case 7: m &= ~(1ull << 63); break;
    case 8: m &= below(2) ? 0 : ~(1ull << 63); e = 0x7fff; break;
    case 9: m = 1ull << 63; e = 0x3fff; break;
    case 10: m = 0xc90fdaa22168c235ull; e = 0x3fff + below(64) - 1; break;
    default: m = 1ull << 63; break;
  }
  last_exponent = e;
  e |= sign;
  memcpy(p, &m, 8);
  memcpy(p + 8, &e, 2);
}

static void memory(uint8_t *p) {
  memset(p, 0, 108);
  for (int i = 0; i < 10; i++) p[i] = rnd();
  uint64_t m = significand();
  switch (below(8)) {
    case 0: break;
    case 1: extended(p); break;
    case 2: { uint32_t v = (m >> 40 & 0x7fffff) | (127 + below(10) - 5) << 23 | below(2) << 31; memcpy(p, &v, 4); break; }
    case 3: { uint64_t v = (m >> 11 & 0xfffffffffffffull) | (1023ull + below(10) - 5) << 52 | (uint64_t)below(2) << 63; memcpy(p, &v, 8); break; }
    case 4: {
      static const uint32_t s[] = { 0, 0x80000000, 0x7f800000, 0xff800000, 0x7fc00001, 0xffa00000, 1, 0x807fffff, 0x00800000, 0x3f800000, 0x7f7fffff, 0x7fffffff };
      memcpy(p, s + below(12), 4); break;
    }
    case 5: {
      static const uint64_t s[] = { 0, 1ull << 63, 0x7ffull << 52, 0xfffull << 52, 0x7ff8000000000001ull, 0xfff4000000000000ull, 1, 0x800fffffffffffffull,
        1ull << 52, 0x3ffull << 52, ~(1ull << 52) >> 1, 0x7fffffffffffffffull };
      memcpy(p, s + below(12), 8); break;
    }
    case 6: { int64_t v = (int64_t)(below(2) ? rnd64() >> below(64) : (uint64_t)(int64_t)(int)(below(2001) - 1000)); memcpy(p, &v, 8); break; }
    default: for (int i = 0; i < 9; i++) p[i] = below(10) | below(10) << 4; p[9] = below(2) << 7; break;
  }
}

static void state(int op, int modrm) {
  uint8_t *p = in.image;
  uint32_t w[7] = { 0 };
  int wild = !below(6);
  w[0] = below(2) ? 0x37f : 0x7f | (below(4) << 8 | below(4) << 10);
  if (!below(5)) w[0] = (w[0] & ~0x3f) | below(64);
  w[1] = below(2) ? 0 : (below(0x10000) & 0x4700) | (below(64) & w[0] & 0x3f);
  int top = below(8);
  w[1] |= top << 11;
  // ST(0)-ST(5) valid, ST(6) and ST(7) empty; sometimes anything
  for (int i = 0; i < 8; i++) {
    int empty = wild ? below(2) : i > 5;
    if (empty) w[2] |= 3 << ((top + i & 7) * 2);
  }
  for (int i = 0; i < 7; i++) memcpy(p + i * 4, w + i, 4);
  // registers that the instruction does not name hold their own number, so that records compress well
  for (int i = 0; i < 8; i++) {
    static const uint8_t filler[10] = { 0, 0, 0, 0, 0, 0, 0, 0x80, 0x01, 0x40 };
    memcpy(p + 28 + i * 10, filler, 10);
    p[28 + i * 10] = i;
    if (i < 2 || i == (modrm & 7) && modrm >= 0xc0) extended(p + 28 + i * 10);
  }
  if (!below(20)) memcpy(p + 38, p + 28, 10 - below(2) * 2);
  memory(in.mem);
  if (op == 0xd9 && modrm >> 6 != 3 && (modrm >> 3 & 7) == 4 || op == 0xdd && modrm >> 6 != 3 && (modrm >> 3 & 7) == 4) {
    memcpy(in.mem, in.image, 108);
    for (int i = 12; i < 26; i++) in.mem[i] = rnd();
    if (!below(3)) in.mem[0] ^= rnd() & 0x3f;
  }
  in.eflags = 0x202 | (rnd() & 0x8d5);
}

static void fault(int signal) { siglongjmp(escape, 1); }

static int run(int op, int modrm) {
  uint8_t *c = code;
#define BYTES(...) do { static const uint8_t b[] = { __VA_ARGS__ }; memcpy(c, b, sizeof b); c += sizeof b; } while (0)
#define ADDR(p) do { uint32_t v = (uint32_t)(uintptr_t)(p); memcpy(c, &v, 4); c += 4; } while (0)
  BYTES(0x53, 0xdd, 0x25); ADDR(in.image);          // push ebx; frstor
  BYTES(0xff, 0x35); ADDR(&in.eflags);              // push dword
  BYTES(0xbb); ADDR(out.mem);                       // mov ebx
  BYTES(0x9d);                                      // popf
  *c++ = op; *c++ = modrm;
  BYTES(0x9c, 0x8f, 0x05); ADDR(&out.eflags);       // pushf; pop dword
  BYTES(0xdd, 0x35); ADDR(out.image);               // fnsave
  BYTES(0x5b, 0xc3);                                // pop ebx; ret
  memcpy(out.mem, in.mem, 108);
  if (sigsetjmp(escape, 1)) {
    __asm__ volatile("fninit");
    return 0;
  }
  ((void (*)(void))code)();
  out.eflags &= 0x8d5;
  in.eflags &= 0x8d5;
  return 1;
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  seed = strtoull(argv[1], 0, 0) * 0x9e3779b97f4a7c15ull + 1;
  int count = atoi(argv[2]);
  code = mmap(0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  struct sigaction sa = { .sa_handler = fault };
  sigaction(SIGILL, &sa, 0);
  sigaction(SIGSEGV, &sa, 0);
  uint8_t list[2048][2];
  int n = 0;
  if (argc > 3) for (int i = 3; i + 1 < argc; i += 2) { list[n][0] = strtol(argv[i], 0, 16); list[n++][1] = strtol(argv[i + 1], 0, 16); }
  else for (int op = 0xd8; op < 0xe0; op++) {
    for (int r = 0; r < 8; r++) { list[n][0] = op; list[n++][1] = r << 3 | 3; }
    for (int m = 0xc0; m < 0x100; m++) { list[n][0] = op; list[n++][1] = m; }
  }
  for (int k = 0; k < count; k++) {
    int i = argc > 3 ? k % n : below(n);
    state(list[i][0], list[i][1]);
    if (!run(list[i][0], list[i][1])) { if (argc > 3) fprintf(stderr, "%02x %02x faults\n", list[i][0], list[i][1]); continue; }
    fwrite(list[i], 1, 2, stdout);
    fwrite(&in, 1, sizeof in, stdout);
    fwrite(&out, 1, sizeof out, stdout);
  }
}
