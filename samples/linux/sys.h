/* System calls and a little output for the samples, which use no C library. */
#ifndef SYS_H
#define SYS_H

typedef unsigned int u32;
typedef unsigned long long u64;

static inline long sys6(long n, long a, long b, long c, long d, long e, long f) {
  long r;
  long args[2] = {f, n};
  __asm__ volatile(
    "push %%ebp\n\tmov (%%eax), %%ebp\n\tmov 4(%%eax), %%eax\n\tint $0x80\n\tpop %%ebp"
    : "=a"(r) : "a"(args), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e) : "memory");
  return r;
}
#define SYS(n, a, b, c, d, e) sys6(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)

enum {
  NR_exit = 1, NR_fork = 2, NR_read = 3, NR_write = 4, NR_close = 6, NR_waitpid = 7, NR_getpid = 20, NR_pause = 29, NR_kill = 37, NR_pipe = 42,
  NR_setitimer = 104, NR_wait4 = 114, NR_sigreturn = 119, NR_clone = 120, NR_mprotect = 125, NR_sched_yield = 158, NR_nanosleep = 162,
  NR_rt_sigreturn = 173, NR_rt_sigaction = 174, NR_rt_sigprocmask = 175, NR_rt_sigpending = 176, NR_rt_sigtimedwait = 177, NR_rt_sigqueueinfo = 178,
  NR_rt_sigsuspend = 179, NR_sigaltstack = 186, NR_vfork = 190, NR_mmap2 = 192, NR_gettid = 224, NR_futex = 240, NR_set_thread_area = 243,
  NR_exit_group = 252, NR_tgkill = 270, NR_waitid = 284
};

static void *memset_(void *p, int c, u32 n) {
  char *q = p;
  while (n--) *q++ = (char)c;
  return p;
}

static u32 length(const char *s) {
  u32 n = 0;
  while (s[n]) n++;
  return n;
}

static void print(const char *s) { SYS(NR_write, 1, s, length(s), 0, 0); }

/* One line: a text, a number in decimal, the end of the line. */
static void show(const char *text, long value) {
  char line[128], digits[12];
  u32 n = 0, k = 0;
  for (const char *s = text; *s && n < 100; s++) line[n++] = *s;
  line[n++] = ' ';
  u32 v = value < 0 ? 0u - (u32)value : (u32)value;
  if (value < 0) line[n++] = '-';
  do digits[k++] = (char)('0' + v % 10); while (v /= 10);
  while (k) line[n++] = digits[--k];
  line[n++] = '\n';
  SYS(NR_write, 1, line, n, 0, 0);
}

static void *pages(u32 size) { return (void *)sys6(NR_mmap2, 0, (long)size, 3, 0x22, -1, 0); }

int main_(void);
__asm__(".globl _start\n_start: xor %ebp, %ebp\n\tand $-16, %esp\n\tcall main_\n\tmov %eax, %ebx\n\tmov $252, %eax\n\tint $0x80");

#endif
