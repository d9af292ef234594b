/* What every kernel is built on: no libc. `program N` prints kernel(N) in hexadecimal. */
typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;

u32 kernel(u32 n);

/* gcc may call these for copies and initialisations. */
void *memset(void *to, int c, u32 n) {
  void *d = to;
  __asm__ volatile("rep stosb" : "+D"(d), "+c"(n) : "a"(c) : "memory");
  return to;
}
void *memcpy(void *to, const void *from, u32 n) {
  void *d = to;
  __asm__ volatile("rep movsb" : "+D"(d), "+S"(from), "+c"(n) : : "memory");
  return to;
}

static inline u32 xorshift(u32 x) {
  x ^= x << 13;
  x ^= x >> 17;
  return x ^ x << 5;
}

__attribute__((used, noreturn)) static void begin(int *stack) {
  const char *s = stack[0] > 1 ? (const char *)stack[2] : "1";
  char out[9];
  u32 n = 0, c, i;
  int r;
  while (*s) n = n * 10 + (u32)(*s++ - '0');
  c = kernel(n);
  for (i = 0; i < 8; i++) out[i] = "0123456789abcdef"[c >> (28 - 4 * i) & 15];
  out[8] = '\n';
  __asm__ volatile("int $0x80" : "=a"(r) : "a"(4), "b"(1), "c"(out), "d"(9) : "memory");
  for (;;) __asm__ volatile("int $0x80" : "=a"(r) : "a"(1), "b"(0));
}
__asm__(".globl _start\n_start: xorl %ebp, %ebp\n movl %esp, %eax\n andl $-16, %esp\n subl $12, %esp\n pushl %eax\n call begin\n");
