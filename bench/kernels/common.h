/* What every kernel is built on: no libc. `program N` prints kernel(N) in hexadecimal. With METAL it is a multiboot image with paging on instead,
   N the last word of its command line, which prints to the first serial port: a line `go`, then the result. */
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

static u32 number(const char *s) {
  u32 n = 0;
  while (*s >= '0' && *s <= '9') n = n * 10 + (u32)(*s++ - '0');
  return n;
}

static void hexadecimal(char out[9], u32 v) {
  u32 i;
  for (i = 0; i < 8; i++) out[i] = "0123456789abcdef"[v >> (28 - 4 * i) & 15];
  out[8] = '\n';
}

#ifndef METAL

__attribute__((used, noreturn)) static void begin(int *stack) {
  char out[9];
  int r;
  hexadecimal(out, kernel(stack[0] > 1 ? number((const char *)stack[2]) : 1));
  __asm__ volatile("int $0x80" : "=a"(r) : "a"(4), "b"(1), "c"(out), "d"(9) : "memory");
  for (;;) __asm__ volatile("int $0x80" : "=a"(r) : "a"(1), "b"(0));
}
__asm__(".globl _start\n_start: xorl %ebp, %ebp\n movl %esp, %eax\n andl $-16, %esp\n subl $12, %esp\n pushl %eax\n call begin\n");

#else

static inline void out8(unsigned short port, u8 v) { __asm__ volatile("outb %0, %1" : : "a"(v), "Nd"(port)); }
static inline u8 in8(unsigned short port) {
  u8 v;
  __asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"(port));
  return v;
}

static void print(const char *s, u32 n) {
  while (n--) {
    while (!(in8(0x3fd) & 0x20)) {}
    out8(0x3f8, (u8)*s++);
  }
}

static u32 page_directory[1024] __attribute__((aligned(4096)));

/* `info`: the multiboot information; word 4 is the command line if bit 2 of word 0 is set. */
__attribute__((used, noreturn)) static void begin(const u32 *info) {
  const char *line = info[0] & 4 ? (const char *)info[4] : "", *word = line;
  char out[9];
  u32 i;
  for (; *line; line++)
    if (*line == ' ' && line[1] && line[1] != ' ') word = line + 1;
  /* All 4 GiB where they are, in pages of 4 MiB; write protection on. */
  for (i = 0; i < 1024; i++) page_directory[i] = i << 22 | 0x83;
  __asm__ volatile("movl %0, %%cr3\n movl %%cr0, %%eax\n orl $0x80010000, %%eax\n movl %%eax, %%cr0\n jmp 1f\n1:" : : "r"(page_directory) : "eax", "memory");
  print("go\n", 3);
  hexadecimal(out, kernel(number(word)));
  print(out, 9);
  for (;;) {
    out8(0xf4, 0); /* the debug exit of QEMU and others, where there is one */
    __asm__ volatile("cli\n hlt");
  }
}

__asm__(
    ".align 4\n .long 0x1badb002, 2, -(0x1badb002 + 2)\n" /* flags: information on memory */
    ".align 8\ngdt: .quad 0, 0x00cf9b000000ffff, 0x00cf93000000ffff\ngdtr: .word 23\n .long gdt\n"
    ".globl _start\n_start: lgdt gdtr\n ljmp $8, $1f\n1: movl $16, %eax\n movl %eax, %ds\n movl %eax, %es\n movl %eax, %fs\n"
    " movl %eax, %gs\n movl %eax, %ss\n movl $stack_top, %esp\n xorl %ebp, %ebp\n"
    /* PSE, OSFXSR, OSXMMEXCPT; MP and NE on, EM off: gcc may use SSE from the first line of C. */
    " movl $0x610, %eax\n movl %eax, %cr4\n movl %cr0, %eax\n andl $~4, %eax\n orl $0x22, %eax\n movl %eax, %cr0\n fninit\n"
    " subl $12, %esp\n pushl %ebx\n call begin\n"
    ".local stack\n.comm stack, 65536, 16\n.set stack_top, stack + 65536\n");

#endif
