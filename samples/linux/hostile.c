/*
 * What a guest might try against its host, without a C library. One attempt a run, by the word on standard input; each prints what Linux says to it.
 * To be run under lift86 only.
 */
#include "sys.h"

enum { NR_open = 5, NR_link = 9, NR_unlink = 10, NR_execve = 11, NR_chdir = 12, NR_mkdir = 39, NR_brk = 45, NR_setrlimit = 75, NR_symlink = 83, NR_readlink = 85,
  NR_rename = 38, NR_ptrace = 26, NR_mount = 21, NR_chroot = 61, NR_iopl = 110, NR_init_module = 128, NR_stat64 = 195, NR_socket = 359, NR_socketpair = 360,
  NR_openat = 295, NR_truncate = 92, NR_chmod = 15, NR_process_vm_readv = 347, NR_reboot = 88, NR_munmap = 91, NR_memfd_create = 356, NR_ftruncate = 93,
  NR_getdents64 = 220, NR_unshare = 310, NR_pipe2 = 331, NR_timer_create = 259, NR_epoll_create1 = 329, NR_pwrite64 = 181 };

static char path[110000], buffer[4096];

/* Repeat until it fails; show how often it worked, and why it does not any more. */
#define UNTIL_IT_FAILS(text, call) do { long n_ = 0, r_; while ((r_ = (call)) >= 0 && n_ < 2000000) n_++; show(text, n_); show("  then", r_); } while (0)

static int is(const char *word) {
  u32 i = 0;
  while (word[i] && word[i] == buffer[i]) i++;
  return word[i] == 0;
}

static void forks(void) {
  /* Children fork, too: 2^k of them while there is room. The first of them ends it for all when everybody has met the limit. */
  long first = SYS(NR_getpid, 0, 0, 0, 0, 0), pid;
  volatile int *met = (int *)sys6(NR_mmap2, 0, 4096, 3, 0x21, -1, 0);
  while ((pid = SYS(NR_fork, 0, 0, 0, 0, 0)) >= 0);
  show("fork", pid);
  __asm__ volatile("lock incl %0" : "+m"(*met));
  int ts[2] = {0, 20000000};
  if (SYS(NR_getpid, 0, 0, 0, 0, 0) != first) for (;;) SYS(NR_pause, 0, 0, 0, 0, 0);
  while (*met < 512) SYS(NR_nanosleep, ts, 0, 0, 0, 0);
  show("processes", *met);
  SYS(NR_kill, 0, 9, 0, 0, 0);
}

static void threads(void) {
  /* CLONE_VM | FS | FILES | SIGHAND | THREAD on one stack that nobody uses: the children wait in their first call. */
  long n = 0, r;
  for (;;) {
    char *stack = pages(4096);
    if ((long)stack < 0 && (long)stack > -4096) { show("stack", (long)stack); return; }
    __asm__ volatile("int $0x80\n\ttest %%eax, %%eax\n\tjnz 1f\n2:\tmov $29, %%eax\n\tint $0x80\n\tjmp 2b\n1:"
      : "=a"(r) : "a"(NR_clone), "b"(0x10f00), "c"(stack + 4096), "d"(0), "S"(0), "D"(0) : "memory");
    if (r < 0) break;
    n++;
  }
  show("threads", n);
  show("  then", r);
}

static void memory(void) {
  long n = 0, p;
  while ((p = sys6(NR_mmap2, 0, 1 << 24, 3, 0x22, -1, 0)) > 0 || p < -4095) {
    for (u32 i = 0; i < 1 << 24; i += 4096) *(volatile char *)(p + i) = 1;
    n++;
  }
  show("16 MiB touched", n > 8);
  show("  then", p);
  long end = SYS(NR_brk, 0, 0, 0, 0, 0);
  show("brk moved", SYS(NR_brk, end + (1 << 28), 0, 0, 0, 0) != end);
  show("fork", SYS(NR_fork, 0, 0, 0, 0, 0));
}

static void mappings(void) {
  /* Every other page another protection: a mapping each. */
  char *p = (char *)sys6(NR_mmap2, 0, 1 << 28, 3, 0x22, -1, 0);
  long n = 0, r = 0;
  for (u32 i = 4096; i < 1u << 28 && (r = SYS(NR_mprotect, p + i, 4096, 1, 0, 0)) == 0; i += 8192) n++;
  show("mappings", n > 30000 && n < 40000);
  show("  then", r);
}

static void files(void) {
  u32 limit[2] = {1000000, 1000000};
  show("setrlimit", SYS(NR_setrlimit, 7, limit, 0, 0, 0));
  limit[0] = limit[1] = 4096;
  show("setrlimit", SYS(NR_setrlimit, 7, limit, 0, 0, 0));
  UNTIL_IT_FAILS("open", SYS(NR_open, "/file", 0, 0, 0, 0));
  for (int i = 3; i < 4096; i++) SYS(NR_close, i, 0, 0, 0, 0);
  int fd[2];
  UNTIL_IT_FAILS("pipe", SYS(NR_pipe, fd, 0, 0, 0, 0));
  for (int i = 3; i < 4096; i++) SYS(NR_close, i, 0, 0, 0, 0);
  UNTIL_IT_FAILS("epoll", SYS(NR_epoll_create1, 0, 0, 0, 0, 0));
  for (int i = 3; i < 4096; i++) SYS(NR_close, i, 0, 0, 0, 0);
  /* A million of them, over processes. */
  long last = 0;
  for (int k = 0; k < 40 && last >= 0; k++) {
    while ((last = SYS(NR_open, "/dev/zero", 0, 0, 0, 0)) >= 0);
    if (last == -24) last = SYS(NR_fork, 0, 0, 0, 0, 0);
    if (last > 0) for (;;) SYS(NR_pause, 0, 0, 0, 0, 0);
    if (last == 0) for (int i = 3; i < 4096; i++) SYS(NR_close, i, 0, 0, 0, 0);
  }
  show("a million files", last);
  SYS(NR_kill, 0, 9, 0, 0, 0);
}

static void links(void) {
  show("symlink", SYS(NR_symlink, "b", "/a", 0, 0, 0));
  show("symlink", SYS(NR_symlink, "a", "/b", 0, 0, 0));
  show("open", SYS(NR_open, "/a", 0, 0, 0, 0));
  show("create", SYS(NR_open, "/a/x", 0101, 0666, 0, 0));
  show("chdir", SYS(NR_chdir, "/b", 0, 0, 0, 0));
  show("execve", SYS(NR_execve, "/a", 0, 0, 0, 0));
  /* A chain of 41 links is one too many. */
  char from[4] = "l00", to[4] = "l00";
  for (int i = 0; i < 45; i++) {
    from[1] = (char)('0' + (i + 1) / 10), from[2] = (char)('0' + (i + 1) % 10);
    to[1] = (char)('0' + i / 10), to[2] = (char)('0' + i % 10);
    SYS(NR_symlink, i == 0 ? "file" : to, from, 0, 0, 0);
  }
  show("40 links", SYS(NR_open, "/l40", 0, 0, 0, 0) >= 0);
  show("41 links", SYS(NR_open, "/l41", 0, 0, 0, 0));
}

static void paths(void) {
  memset_(path, '/', 100000);
  show("100 KB of slashes", SYS(NR_open, path, 0, 0, 0, 0));
  for (u32 i = 0; i + 1 < 100000; i += 2) path[i] = '.', path[i + 1] = '/';
  show("open", SYS(NR_open, path, 0, 0, 0, 0));
  show("mkdir", SYS(NR_mkdir, path, 0777, 0, 0, 0));
  show("rename", SYS(NR_rename, "/file", path, 0, 0, 0));
  show("stat", SYS(NR_stat64, path, buffer, 0, 0, 0));
  show("execve", SYS(NR_execve, path, 0, 0, 0, 0));
  show("symlink to it", SYS(NR_symlink, path, "/long", 0, 0, 0));
  char *argv[] = {"x", path, 0};
  memset_(path, 'a', 108000);
  show("a name of it", SYS(NR_mkdir, path, 0777, 0, 0, 0));
  path[300] = 0;
  show("a name of 300", SYS(NR_mkdir, path, 0777, 0, 0, 0));
  show("execve of nothing", SYS(NR_execve, "/nothing", argv, 0, 0, 0));
  long n = 0, r;
  while ((r = SYS(NR_mkdir, "d", 0777, 0, 0, 0)) == 0 && (r = SYS(NR_chdir, "d", 0, 0, 0, 0)) == 0 && n < 500) n++;
  show("levels", n);
  show("file at the bottom", SYS(NR_open, "f", 0101, 0666, 0, 0) >= 0);
}

static const char *const OUTSIDE[] = {"/../secret", "../../../../../../secret", "/out/secret", "/up/secret", "/proc/self/root/../secret", "/proc/1000/root/../../secret",
  "/proc/self/cwd/../secret", "/proc/1/root/secret", "/proc/self/fd/../../../secret", "/dev/../../secret", "/out/../secret", "/proc/1/mem", "/proc/1/environ", "/dev/mem", "/dev/sda", 0};

static void escapes(void) {
  for (const char *const *p = OUTSIDE; *p; p++) {
    int fd = (int)SYS(NR_open, *p, 0, 0, 0, 0);
    if (fd < 0) continue;
    print(*p);
    show(" opened", fd);
  }
  show("write through a symlink", SYS(NR_open, "/out/new", 0101, 0666, 0, 0));
  show("link", SYS(NR_link, "/out/secret", "/stolen", 0, 0, 0));
  show("rename", SYS(NR_rename, "/file", "/out/file", 0, 0, 0));
  show("chmod", SYS(NR_chmod, "/out/secret", 0777, 0, 0, 0));
  show("truncate", SYS(NR_truncate, "/out/secret", 0, 0, 0, 0));
  show("unlink", SYS(NR_unlink, "/../secret", 0, 0, 0, 0));
  show("mkdir", SYS(NR_mkdir, "/../new", 0777, 0, 0, 0));
  show("mount", SYS(NR_mount, "/", "/mnt", "ext4", 0, 0));
  show("chroot", SYS(NR_chroot, "/", 0, 0, 0, 0));
  show("ptrace", SYS(NR_ptrace, 16, 1, 0, 0, 0));
  show("iopl", SYS(NR_iopl, 3, 0, 0, 0, 0));
  show("reboot", SYS(NR_reboot, 0xfee1dead, 672274793, 0x4321fedc, 0, 0));
  show("kill of init", SYS(NR_kill, 1, 9, 0, 0, 0));
  show("kill of a stranger", SYS(NR_kill, 31000, 9, 0, 0, 0));
  show("process_vm_readv", SYS(NR_process_vm_readv, 1, buffer, 1, buffer, 1));
  show("init_module", SYS(NR_init_module, buffer, 100, "", 0, 0));
  show("inet socket", SYS(NR_socket, 2, 1, 0, 0, 0));
}

static void races(void) {
  /* One process swaps a directory for a symlink to the outside as fast as it can, the other opens through it. */
  SYS(NR_mkdir, "/dir", 0777, 0, 0, 0);
  SYS(NR_open, "/dir/secret", 0101, 0666, 0, 0);
  long child = SYS(NR_fork, 0, 0, 0, 0, 0);
  for (int i = 0; i < 300; i++) {
    if (child == 0) {
      SYS(NR_rename, "/dir", "/kept", 0, 0, 0);
      SYS(NR_rename, "/out", "/dir", 0, 0, 0);
      SYS(NR_sched_yield, 0, 0, 0, 0, 0);
      SYS(NR_rename, "/dir", "/out", 0, 0, 0);
      SYS(NR_rename, "/kept", "/dir", 0, 0, 0);
    } else {
      int fd = (int)SYS(NR_open, "/dir/secret", 2, 0, 0, 0);
      if (fd >= 0) {
        if (SYS(NR_read, fd, buffer, 10, 0, 0) > 0) show("read from outside", i);
        SYS(NR_close, fd, 0, 0, 0, 0);
      }
    }
    SYS(NR_sched_yield, 0, 0, 0, 0, 0);
  }
  if (child == 0) SYS(NR_exit_group, 0, 0, 0, 0, 0);
  SYS(NR_waitpid, child, 0, 0, 0, 0);
  show("raced", 0);
}

static void sockets(void) {
  int fd[2];
  long r = 0, n = 0;
  while ((r = SYS(NR_socketpair, 1, 2 | 04000, 0, fd, 0)) == 0) while ((r = SYS(NR_write, fd[0], path, 100000, 0, 0)) > 0) n += r;
  show("megabytes in sockets", n < 200000000);
  show("  then", r);
  n = 0;
  for (int i = 3; i < 1024; i++) SYS(NR_close, i, 0, 0, 0, 0);
  while ((r = SYS(NR_pipe2, fd, 04000, 0, 0, 0)) == 0) while ((r = SYS(NR_write, fd[1], path, 65536, 0, 0)) > 0) n += r;
  show("megabytes in pipes", n < 100000000);
  show("  then", r);
}

int main_(void) {
  SYS(NR_read, 0, buffer, 100, 0, 0);
  if (is("forks")) forks();
  if (is("threads")) threads();
  if (is("memory")) memory();
  if (is("mappings")) mappings();
  if (is("files")) files();
  if (is("links")) links();
  if (is("paths")) paths();
  if (is("escapes")) escapes();
  if (is("races")) races();
  if (is("sockets")) sockets();
  return 0;
}
