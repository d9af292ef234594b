/*
 * Files in memory and their seals, what a child inherits of memory (madvise), fallocate and RLIMIT_FSIZE, pidfd_send_signal by /proc, and struct termio,
 * without a C library. Every line it prints is the same in each run.
 */
#include "sys.h"

enum { NR_open = 5, NR_lseek = 19, NR_ioctl = 54, NR_setrlimit = 75, NR_munmap = 91, NR_ftruncate = 93, NR_fchmod = 94, NR_fstat = 108, NR_pread64 = 180, NR_pwrite64 = 181,
  NR_madvise = 219, NR_fcntl64 = 221, NR_fallocate = 324, NR_memfd_create = 356, NR_pidfd_send_signal = 424, NR_mincore = 218 };
enum { ADD_SEALS = 1033, GET_SEALS = 1034, SEAL = 1, SHRINK = 2, GROW = 4, WRITE = 8, FUTURE = 16, EXEC = 32, SIGXFSZ = 25, SIGUSR1 = 10, SIGKILL = 9 };

struct action { void (*handler)(int); u32 flags; void *restorer; u32 mask[2]; };
static char buffer[8192];
static volatile int signals;
static void count(int n) { signals += n; }
static long child_(void) { return SYS(NR_fork, 0, 0, 0, 0, 0); }
static void end(long child) { SYS(NR_waitpid, child, 0, 0, 0, 0); }

static void seals(void) {
  int plain = (int)SYS(NR_memfd_create, "plain", 0, 0, 0, 0), f = (int)SYS(NR_memfd_create, "sealed", 2, 0, 0, 0), p[2];
  show("both", SYS(NR_memfd_create, "x", 24, 0, 0, 0));
  show("of one without", SYS(NR_fcntl64, plain, GET_SEALS, 0, 0, 0));
  show("more for it", SYS(NR_fcntl64, plain, ADD_SEALS, GROW, 0, 0));
  SYS(NR_pipe, p, 0, 0, 0, 0);
  show("of a pipe", SYS(NR_fcntl64, p[0], GET_SEALS, 0, 0, 0));
  show("none yet", SYS(NR_fcntl64, f, GET_SEALS, 0, 0, 0));
  show("write", SYS(NR_write, f, buffer, 6000, 0, 0));
  show("unknown", SYS(NR_fcntl64, f, ADD_SEALS, 64, 0, 0));
  show("grow and shrink", SYS(NR_fcntl64, f, ADD_SEALS, GROW | SHRINK, 0, 0));
  show("  are", SYS(NR_fcntl64, f, GET_SEALS, 0, 0, 0));
  show("shorter", SYS(NR_ftruncate, f, 100, 0, 0, 0));
  show("longer", SYS(NR_ftruncate, f, 10000, 0, 0, 0));
  show("as long", SYS(NR_ftruncate, f, 6000, 0, 0, 0));
  show("write within", SYS(NR_pwrite64, f, "x", 1, 5999, 0));
  show("write beyond", SYS(NR_pwrite64, f, "xy", 2, 5999, 0));
  show("write across a page", sys6(NR_pwrite64, f, (long)buffer, 4000, 3000, 0, 0));
  show("allocate more", sys6(NR_fallocate, f, 0, 0, 0, 7000, 0));
  char *shared = (char *)sys6(NR_mmap2, 0, 8192, 3, 1, f, 0);
  show("mapped", SYS(NR_fcntl64, f, ADD_SEALS, WRITE, 0, 0));
  show("in future", SYS(NR_fcntl64, f, ADD_SEALS, FUTURE, 0, 0));
  shared[10] = 'm';
  show("read what was mapped", SYS(NR_pread64, f, buffer, 20, 0, 0) + buffer[10]);
  show("write", SYS(NR_pwrite64, f, "x", 1, 0, 0));
  show("punch", sys6(NR_fallocate, f, 3, 0, 0, 100, 0));
  show("map to write", sys6(NR_mmap2, 0, 4096, 3, 1, f, 0));
  char *look = (char *)sys6(NR_mmap2, 0, 4096, 1, 1, f, 0);
  show("map to read", look[10]);
  show("write there after all", SYS(NR_mprotect, look, 4096, 3, 0, 0));
  show("a private one", ((char *)sys6(NR_mmap2, 0, 4096, 3, 2, f, 0))[10]);
  SYS(NR_munmap, shared, 8192, 0, 0, 0), SYS(NR_munmap, look, 4096, 0, 0, 0);
  show("never", SYS(NR_fcntl64, f, ADD_SEALS, WRITE | SEAL, 0, 0));
  show("and no more", SYS(NR_fcntl64, f, ADD_SEALS, EXEC, 0, 0));
  show("  are", SYS(NR_fcntl64, f, GET_SEALS, 0, 0, 0));
  int n = (int)SYS(NR_memfd_create, "noexec", 8, 0, 0, 0);
  show("not to be executed", SYS(NR_fcntl64, n, GET_SEALS, 0, 0, 0));
  show("chmod", SYS(NR_fchmod, n, 0700, 0, 0, 0));
  show("without it", SYS(NR_fchmod, n, 0600, 0, 0, 0));
}

static void forks(void) {
  char *wiped = pages(3 * 4096), *left = pages(4096);
  for (int i = 0; i < 3; i++) wiped[i * 4096] = 'w';
  left[0] = 'l';
  show("wipe on fork", SYS(NR_madvise, wiped + 4096, 4096, 18, 0, 0));
  show("not on fork", SYS(NR_madvise, left, 4096, 10, 0, 0));
  int f = (int)SYS(NR_memfd_create, "x", 0, 0, 0, 0);
  SYS(NR_ftruncate, f, 4096, 0, 0, 0);
  show("wipe what is shared", SYS(NR_madvise, sys6(NR_mmap2, 0, 4096, 3, 1, f, 0), 4096, 18, 0, 0));
  show("nothing", SYS(NR_madvise, wiped + (64 << 20), 4096, 18, 0, 0) < 0);
  long c = child_();
  if (c == 0) {
    show("a child has", wiped[0]);
    show("  zeros", wiped[4096]);
    show("  and", wiped[8192]);
    show("  not", SYS(NR_mincore, left, 4096, buffer, 0, 0));
    wiped[4096] = 'c';
    long g = child_();
    if (g == 0) {
      show("its child has zeros", wiped[4096]);
      SYS(NR_exit_group, 0, 0, 0, 0, 0);
    }
    end(g);
    SYS(NR_exit_group, 0, 0, 0, 0, 0);
  }
  end(c);
  show("its parent has", wiped[4096]);
  show("keep", SYS(NR_madvise, wiped, 3 * 4096, 19, 0, 0) | SYS(NR_madvise, left, 4096, 11, 0, 0));
  c = child_();
  if (c == 0) {
    show("now it has", wiped[4096] + left[0]);
    SYS(NR_exit_group, 0, 0, 0, 0, 0);
  }
  end(c);
}

static long size(int f) { return SYS(NR_lseek, f, 0, 2, 0, 0); }

static void limits(void) {
  struct action a = {count, 0, 0, {0, 0}};
  SYS(NR_rt_sigaction, SIGXFSZ, &a, 0, 8, 0);
  u32 limit[2] = {5000, ~0u};
  SYS(NR_setrlimit, 1, limit, 0, 0, 0);
  int f = (int)SYS(NR_memfd_create, "x", 0, 0, 0, 0);
  show("allocate", sys6(NR_fallocate, f, 0, 0, 0, 6000, 0));
  show("  signals", signals);
  show("longer", SYS(NR_ftruncate, f, 5001, 0, 0, 0));
  show("  signals", signals);
  show("as long as may be", SYS(NR_ftruncate, f, 5000, 0, 0, 0));
  show("write a part", SYS(NR_pwrite64, f, buffer, 100, 4950, 0));
  show("write nothing", SYS(NR_pwrite64, f, buffer, 100, 5000, 0));
  show("  signals", signals);
  limit[0] = ~0u;
  SYS(NR_setrlimit, 1, limit, 0, 0, 0);
  show("no bytes", sys6(NR_fallocate, f, 0, 0, 0, 0, 0));
  SYS(NR_ftruncate, f, 0, 0, 0, 0);
  for (int i = 0; i < 8192; i++) buffer[i] = 'b';
  SYS(NR_pwrite64, f, buffer, 8192, 0, 0);
  show("punch a hole", sys6(NR_fallocate, f, 3, 100, 0, 5000, 0));
  SYS(NR_pread64, f, buffer, 8192, 0, 0);
  show("  before", buffer[99]);
  show("  in", buffer[100] + buffer[5099]);
  show("  behind", buffer[5100]);
  show("  size", size(f));
  show("beyond the end", sys6(NR_fallocate, f, 3, 8000, 0, 5000, 0));
  show("  size", size(f));
  show("without keeping the size", sys6(NR_fallocate, f, 2, 0, 0, 10, 0));
  show("keep the size", sys6(NR_fallocate, f, 1, 0, 0, 100000, 0));
  show("  size", size(f));
}

static void processes(void) {
  int me = (int)SYS(NR_open, "/proc/self", 0200000, 0, 0, 0), other = (int)SYS(NR_open, "/", 0200000, 0, 0, 0);
  struct action a = {count, 0, 0, {0, 0}};
  SYS(NR_rt_sigaction, SIGUSR1, &a, 0, 8, 0);
  signals = 0;
  show("signal by /proc", SYS(NR_pidfd_send_signal, me, SIGUSR1, 0, 0, 0));
  show("  came", signals);
  show("by a directory", SYS(NR_pidfd_send_signal, other, SIGUSR1, 0, 0, 0));
}

static void terminals(void) {
  struct { unsigned short flags[4]; unsigned char line, c[9]; } t;
  struct { u32 flags[4]; unsigned char line, c[19]; } s;
  int m = (int)SYS(NR_open, "/dev/ptmx", 0402, 0, 0, 0);
  show("TCGETA", SYS(NR_ioctl, m, 0x5405, &t, 0, 0));
  SYS(NR_ioctl, m, 0x5401, &s, 0, 0);
  for (int i = 0; i < 4; i++) show("  flags", t.flags[i] == (s.flags[i] & 0xffff));
  show("  end of file", t.c[4]);
  t.c[4] = 5;
  t.flags[3] &= ~8;
  show("TCSETA", SYS(NR_ioctl, m, 0x5406, &t, 0, 0));
  u32 cflag = s.flags[2];
  SYS(NR_ioctl, m, 0x5401, &s, 0, 0);
  show("  echo", (long)(s.flags[3] & 8));
  show("  the rest", s.flags[2] == cflag);
  show("  end of file", s.c[4]);
  show("  erase word", s.c[14]);
}

int main_(void) {
  seals();
  forks();
  limits();
  processes();
  terminals();
  return 0;
}
