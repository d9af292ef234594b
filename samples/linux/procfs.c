/*
 * What /proc says of a process, its threads and its descriptors, and what can be written there, without a C library. Every line it prints is the same in
 * each run.
 */
#include "sys.h"

enum { NR_open = 5, NR_prctl = 172, NR_setresuid32 = 208, NR_eventfd2 = 328, NR_epoll_create1 = 329, NR_epoll_ctl = 255, NR_pidfd_open = 434, NR_signalfd4 = 327, NR_readlink = 85,
  NR_setpriority = 97, NR_personality = 136 };

static char text[8192], path[64];
static long read_(const char *name, char *into, long room) {
  int fd = (int)SYS(NR_open, name, 0, 0, 0, 0);
  if (fd < 0) return fd;
  long n = SYS(NR_read, fd, into, room - 1, 0, 0);
  SYS(NR_close, fd, 0, 0, 0, 0);
  into[n < 0 ? 0 : n] = 0;
  return n;
}
static void say(const char *name) {
  print(name);
  long n = read_(name, text, sizeof text);
  if (n < 0) show("", n);
  else {
    print(": ");
    print(text);
    if (n == 0 || text[n - 1] != '\n') print(" (no end of line)\n");
  }
}
static void put(const char *name, const char *what) {
  int fd = (int)SYS(NR_open, name, 1, 0, 0, 0);
  if (fd < 0) {
    print("cannot open ");
    show(name, fd);
    return;
  }
  print("write ");
  print(name);
  show("", SYS(NR_write, fd, what, length(what), 0, 0));
  SYS(NR_close, fd, 0, 0, 0, 0);
}
/* path = a number b */
static const char *join(const char *a, long number, const char *b) {
  char digits[12];
  u32 n = 0, k = 0;
  while (*a) path[n++] = *a++;
  do digits[k++] = (char)('0' + number % 10); while (number /= 10);
  while (k) path[n++] = digits[--k];
  while (*b) path[n++] = *b++;
  path[n] = 0;
  return path;
}
/* The line of a text that begins so, without what follows `stop` characters. */
static void line(const char *begin, u32 stop) {
  u32 n = length(begin);
  for (const char *s = text; *s; s++) {
    u32 i = 0;
    if (s != text && s[-1] != '\n') continue;
    while (i < n && s[i] == begin[i]) i++;
    if (i < n) continue;
    while (s[i] && s[i] != '\n' && i < stop) i++;
    SYS(NR_write, 1, s, i, 0, 0);
    print("\n");
    return;
  }
  print("no ");
  print(begin);
  print("\n");
}
static void describe(const char *what, int fd, const char *a, const char *b) {
  print(what);
  print("\n");
  show("  there", read_(join("/proc/self/fdinfo/", fd, ""), text, sizeof text) > 0);
  line("pos", 99);
  line("flags", 99);
  if (a) line(a, 99);
  if (b) line(b, 99);
}

static char stack[8192];
static volatile int tid, waiting = 1;
int second(void *arg) {
  (void)arg;
  SYS(NR_prctl, 15, "second", 0, 0, 0);
  read_("/proc/thread-self/comm", text, sizeof text);
  print(text);
  tid = (int)SYS(NR_gettid, 0, 0, 0, 0, 0);
  while (waiting) SYS(NR_futex, &waiting, 0, 1, 0, 0);
  tid = 0;
  SYS(NR_futex, &tid, 1, 1, 0, 0);
  SYS(NR_exit, 0, 0, 0, 0, 0);
  return 0;
}
long start_thread(u32 flags, void *sp);
__asm__("start_thread: push %ebx\n\tmov 8(%esp), %ebx\n\tmov 12(%esp), %ecx\n\tmov $120, %eax\n\txor %edx, %edx\n\txor %esi, %esi\n\txor %edi, %edi\n\tint $0x80\n\t"
        "test %eax, %eax\n\tjnz 1f\n\tpush $0\n\tcall second\n1:\tpop %ebx\n\tret");

static void threads(void) {
  say("/proc/self/comm");
  start_thread(0x10f00, stack + sizeof stack - 16);
  while (!tid) SYS(NR_sched_yield, 0, 0, 0, 0, 0);
  long me = SYS(NR_getpid, 0, 0, 0, 0, 0);
  read_(join("/proc/self/task/", tid, "/comm"), text, sizeof text);
  print(text);
  int fd = (int)SYS(NR_open, join("/proc/self/task/", tid, "/comm"), 1, 0, 0, 0);
  show("rename it", SYS(NR_write, fd, "a name of more than fifteen", 27, 0, 0));
  read_(path, text, sizeof text);
  print(text);
  read_(join("/proc/self/task/", tid, "/status"), text, sizeof text);
  line("Name", 99);
  line("Tgid", 5);
  line("Threads", 99);
  read_(join("/proc/self/task/", me, "/status"), text, sizeof text);
  line("Name", 99);
  put("/proc/self/comm", "first\n");
  say("/proc/self/comm");
  waiting = 0;
  SYS(NR_futex, &waiting, 1, 1, 0, 0);
  while (tid) SYS(NR_futex, &tid, 0, tid, 0, 0);
  put("/proc/self/comm", "whole");
  long child = SYS(NR_fork, 0, 0, 0, 0, 0);
  if (child == 0) {
    say("/proc/self/comm");
    put(join("/proc/", me, "/comm") ? "/proc/self/comm" : "", "child");
    fd = (int)SYS(NR_open, path, 1, 0, 0, 0);
    show("another's name", SYS(NR_write, fd, "x", 1, 0, 0));
    SYS(NR_exit_group, 0, 0, 0, 0, 0);
  }
  SYS(NR_waitpid, child, 0, 0, 0, 0);
  say("/proc/self/comm");
}

int main_(void) {
  threads();
  put("/proc/self/oom_score_adj", "500\n");
  say("/proc/self/oom_score_adj");
  say("/proc/self/oom_adj");
  put("/proc/self/oom_score_adj", "1001");
  put("/proc/self/oom_score_adj", "-2000");
  put("/proc/self/oom_score_adj", "much");
  put("/proc/self/oom_adj", "15");
  say("/proc/self/oom_score_adj");
  put("/proc/self/coredump_filter", "0x1f\n");
  say("/proc/self/coredump_filter");
  put("/proc/self/timerslack_ns", "60000");
  show("PR_GET_TIMERSLACK", SYS(NR_prctl, 30, 0, 0, 0, 0));
  put("/proc/self/timerslack_ns", "0");
  SYS(NR_personality, 0x40000, 0, 0, 0, 0);
  say("/proc/self/personality");
  say("/proc/self/loginuid");
  say("/proc/self/setgroups");
  int p[2], e = (int)SYS(NR_eventfd2, 18, 02000000, 0, 0, 0), ep = (int)SYS(NR_epoll_create1, 0, 0, 0, 0, 0);
  SYS(NR_pipe, p, 0, 0, 0, 0);
  u32 event[3] = {1, 0x1234, 0}, mask[2] = {0x201, 1};
  SYS(NR_epoll_ctl, ep, 1, e, event, 0);
  describe("pipe", p[1], 0, 0);
  describe("eventfd", e, "eventfd-count", 0);
  show("epoll", read_(join("/proc/self/fdinfo/", ep, ""), text, sizeof text) > 0);
  line("tfd:", 60);
  describe("signalfd", (int)SYS(NR_signalfd4, -1, mask, 8, 04000, 0), "sigmask", 0);
  describe("pidfd", (int)SYS(NR_pidfd_open, SYS(NR_getpid, 0, 0, 0, 0, 0), 0, 0, 0, 0), 0, 0);
  line("Pid", 4);
  int f = (int)SYS(NR_open, "/proc/self/maps", 0, 0, 0, 0);
  SYS(NR_read, f, text, 10, 0, 0);
  describe("text", f, 0, 0);
  show("smaps", read_("/proc/self/smaps", text, sizeof text) > 100);
  line("Size", 99);
  line("KernelPageSize", 99);
  line("Private_Hugetlb", 99);
  line("VmFlags", 11);
  show("rollup", read_("/proc/self/smaps_rollup", text, sizeof text) > 100);
  line("Swap:", 99);
  show("io", read_("/proc/self/io", text, sizeof text) > 0);
  line("cancelled", 99);
  read_("/proc/self/limits", text, sizeof text);
  line("Max file locks", 99);
  line("Max realtime timeout", 99);
  long n = SYS(NR_readlink, "/proc/self/ns/uts", text, 100, 0, 0);
  text[n < 5 ? 0 : 5] = 0;
  print(text);
  print("\n");
  SYS(NR_setresuid32, 1000, 1000, 1000, 0, 0);
  put("/proc/self/comm", "last");
  say("/proc/self/comm");
  show("uuid", read_("/proc/sys/kernel/random/uuid", text, sizeof text));
  show("the same", read_("/proc/sys/kernel/random/boot_id", text, sizeof text));
  return 0;
}
