/*
 * A program without libc: integer, floating-point, string, call and indirect-jump work, each ending in a checksum. All arithmetic is exact or
 * correctly rounded, so every processor (and every translator) must print the same lines: checksums.expected.
 */
typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;

static int syscall3(int number, int a, const void *b, int c) {
  int r;
  __asm__ volatile("int $0x80" : "=a"(r) : "a"(number), "b"(a), "c"(b), "d"(c) : "memory");
  return r;
}

static u32 length(const char *s) {
  u32 n = 0;
  while (s[n]) n++;
  return n;
}

static void print(const char *name, u32 checksum) {
  char line[40];
  u32 n = length(name), i;
  for (i = 0; i < 16; i++) line[i] = i < n ? name[i] : ' ';
  for (i = 0; i < 8; i++) line[16 + i] = "0123456789abcdef"[checksum >> (28 - 4 * i) & 15];
  line[24] = '\n';
  syscall3(4, 1, line, 25);
}

static u32 mix(u32 h, u32 x) {
  h ^= x;
  h *= 0x01000193;
  return h ^ h >> 15;
}

static u32 state = 1;
static u32 next(void) {
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state;
}

/* Additions, multiplications, divisions, shifts, 64-bit arithmetic with carries. */
static u32 integers(void) {
  u32 h = 2166136261u, i;
  u64 wide = 88172645463325252ull;
  for (i = 0; i < 400000; i++) {
    u32 x = next();
    wide ^= wide << 13;
    wide ^= wide >> 7;
    wide ^= wide << 17;
    h = mix(h, x / (i | 1) + x % (i + 7));
    h = mix(h, (u32)(wide * x >> 32) + ((int)x >> (i & 31)));
  }
  return h;
}

/* CRC-32, one bit at a time. */
static u8 buffer[65536];
static u32 crc(void) {
  u32 c = ~0u, i;
  int k, round;
  for (i = 0; i < sizeof buffer; i++) buffer[i] = (u8)(next() >> 24);
  for (round = 0; round < 4; round++)
    for (i = 0; i < sizeof buffer; i++) {
      c ^= buffer[i];
      for (k = 0; k < 8; k++) c = c >> 1 ^ (0xedb88320u & -(c & 1));
    }
  return ~c;
}

/* Newton's square roots in doubles, here in SSE2 ... */
static u32 bits(double x) {
  union { double d; u32 w[2]; } v;
  v.d = x;
  return v.w[0] ^ v.w[1] * 31;
}
__attribute__((target("sse2,fpmath=sse"), noinline)) static u32 doubles(void) {
  u32 h = 2166136261u;
  int i, k;
  for (i = 1; i <= 60000; i++) {
    double x = i * 1.25, r = x;
    for (k = 0; k < 6; k++) r = 0.5 * (r + x / r);
    h = mix(h, bits(r));
    h = mix(h, (u32)(int)(r * 1000.0));
  }
  return h;
}

/* ... and here in the x87's 80 bits, with what only it has. */
__attribute__((target("no-sse,fpmath=387"), noinline)) static u32 extended(void) {
  u32 h = 2166136261u;
  int i;
  long double sum = 0;
  for (i = 1; i <= 60000; i++) {
    long double x = (long double)i / 7, root;
    u32 w[3] = {0, 0, 0};
    __asm__("fsqrt" : "=t"(root) : "0"(x));
    sum += root * x - (long double)(i & 255);
    __builtin_memcpy(w, &sum, 10);
    h = mix(mix(mix(h, w[0]), w[1]), w[2]);
  }
  return h;
}

/* String instructions, forward and backward. */
static u32 strings(void) {
  static char text[4096], copy[4096];
  u32 h = 2166136261u;
  int i, round;
  for (i = 0; i < 4095; i++) text[i] = (char)('a' + next() % 26);
  text[4095] = 0;
  for (round = 0; round < 300; round++) {
    void *to = copy, *end = text;
    const void *from = text;
    u32 n = 4096, left = ~0u;
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
    copy[round * 13 % 4095] = 'A';
    __asm__ volatile("repne scasb" : "+D"(end), "+c"(left) : "a"(0) : "memory", "cc");
    h = mix(h, ~left);
    to = copy;
    from = text;
    n = 4096;
    __asm__ volatile("repe cmpsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory", "cc");
    h = mix(h, n);
    to = text + 4094;
    from = text + 4093;
    n = 64;
    __asm__ volatile("std; rep movsb; cld" : "+D"(to), "+S"(from), "+c"(n) : : "memory", "cc");
    h = mix(h, (u8)text[round * 7 % 4095]);
  }
  return h;
}

/* Recursive calls, and calls through pointers. */
__attribute__((noinline)) static u32 ackermann(u32 m, u32 n) {
  return m == 0 ? n + 1 : n == 0 ? ackermann(m - 1, 1) : ackermann(m - 1, ackermann(m, n - 1));
}
static u32 add(u32 a, u32 b) { return a + b; }
static u32 sub(u32 a, u32 b) { return a - b * 3; }
static u32 rot(u32 a, u32 b) { return a << (b & 15) | a >> (31 - (b & 15)); }
static u32 max(u32 a, u32 b) { return a > b ? a : b; }
static u32 calls(void) {
  static u32 (*volatile const table[4])(u32, u32) = {add, sub, rot, max};
  u32 h = ackermann(2, 500), i;
  for (i = 0; i < 300000; i++) h = table[(h ^ i >> 2) & 3](h, i);
  return h;
}

/* A bytecode interpreter: jumps through a table. */
static u32 bytecode(void) {
  static const u8 program[] = {0, 5, 1, 3, 4, 2, 7, 6, 3, 0, 5, 8, 1, 4, 9, 2, 10};
  u32 a = 1, b = 2, h = 0, pc = 0, steps = 0;
  for (;;) {
    switch (program[pc++]) {
      case 0: a += b; break;
      case 1: b ^= a << 3; break;
      case 2: a -= 0x9e3779b9; break;
      case 3: b += a >> 7; break;
      case 4: a *= 33; break;
      case 5: b = ~b; break;
      case 6: a ^= b; break;
      case 7: b = b << 5 | b >> 27; break;
      case 8: h += a; break;
      case 9: h ^= b; break;
      case 10: pc = 0; break;
    }
    if (++steps == 2000000) return mix(h, a ^ b);
  }
}

void _start(void) __attribute__((force_align_arg_pointer));
void _start(void) {
  print("integers", integers());
  print("crc32", crc());
  print("doubles (SSE2)", doubles());
  print("extended (x87)", extended());
  print("strings", strings());
  print("calls", calls());
  print("bytecode", bytecode());
  syscall3(1, 0, 0, 0);
}
