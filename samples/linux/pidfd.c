/* Processes by descriptors, and policies of the scheduler that are only remembered. */
#include "sys.h"

enum { NR_poll = 168, NR_fcntl = 55, NR_sched_setscheduler = 156, NR_sched_getscheduler = 157, NR_sched_setaffinity = 241, NR_sched_getaffinity = 242, NR_pidfd_send_signal = 424,
  NR_pidfd_open = 434, NR_clone3 = 435 };
enum { P_PIDFD = 3, WNOHANG = 1, WEXITED = 4, WNOWAIT = 0x01000000 };

struct pollfd { int fd; short events, revents; };
struct clone { u64 flags, pidfd, child, parent, signal, stack, size, tls, set, sets, cgroup; };

static long fork_(void) { return SYS(NR_fork, 0, 0, 0, 0, 0); }
static void leave(long status) { SYS(NR_exit_group, status, 0, 0, 0, 0); }
static void ready(const char *what, int fd, int ms) {
  struct pollfd p = {fd, 1, 0};
  SYS(NR_poll, &p, 1, ms, 0, 0);
  show(what, p.revents);
}
static int info[32];
static void wait_(const char *what, int fd, int options) {
  memset_(info, 0, sizeof info);
  show(what, SYS(NR_waitid, P_PIDFD, fd, info, options, 0));
  show("  code", info[2]);
  show("  status", info[5]);
}

int main_(void) {
  long me = SYS(NR_getpid, 0, 0, 0, 0, 0);
  show("of nobody", SYS(NR_pidfd_open, 4000000, 0, 0, 0, 0));
  show("of pid 0", SYS(NR_pidfd_open, 0, 0, 0, 0, 0));
  show("bad flags", SYS(NR_pidfd_open, me, 1, 0, 0, 0));
  int own = (int)SYS(NR_pidfd_open, me, 0, 0, 0, 0);
  show("of myself", own > 2);
  show("FD_CLOEXEC", SYS(NR_fcntl, own, 1, 0, 0, 0));
  ready("poll", own, 0);
  show("read", SYS(NR_read, own, info, 8, 0, 0));
  show("signal 0", SYS(NR_pidfd_send_signal, own, 0, 0, 0, 0));
  show("no such signal", SYS(NR_pidfd_send_signal, own, 65, 0, 0, 0));
  show("bad flags", SYS(NR_pidfd_send_signal, own, 0, 0, 256, 0));
  show("no pidfd", SYS(NR_pidfd_send_signal, 1, 0, 0, 0, 0));
  int pipe[2];
  SYS(NR_pipe, pipe, 0, 0, 0, 0);
  long child = fork_();
  if (child == 0) {
    char c;
    SYS(NR_close, pipe[1], 0, 0, 0, 0);
    SYS(NR_read, pipe[0], &c, 1, 0, 0);
    leave(7);
  }
  int fd = (int)SYS(NR_pidfd_open, child, 04000, 0, 0, 0);
  ready("poll of a child", fd, 0);
  wait_("waitid without waiting", fd, WEXITED | WNOHANG);
  wait_("waitid of a descriptor that does not wait", fd, WEXITED);
  SYS(NR_close, pipe[1], 0, 0, 0, 0);
  ready("poll until its end", fd, 5000);
  show("signal to a zombie", SYS(NR_pidfd_send_signal, fd, 15, 0, 0, 0));
  wait_("waitid, leaving it", fd, WEXITED | WNOWAIT);
  wait_("waitid", fd, WEXITED);
  show("signal to what is gone", SYS(NR_pidfd_send_signal, fd, 15, 0, 0, 0));
  wait_("waitid again", fd, WEXITED);
  wait_("waitid of no pidfd", 1, WEXITED);
  child = fork_();
  if (child == 0) for (;;) SYS(NR_pause, 0, 0, 0, 0, 0);
  fd = (int)SYS(NR_pidfd_open, child, 0, 0, 0, 0);
  show("SIGKILL", SYS(NR_pidfd_send_signal, fd, 9, 0, 0, 0));
  wait_("waitid", fd, WEXITED);
  int by = -1;
  struct clone c;
  memset_(&c, 0, sizeof c);
  c.flags = 0x1000;
  c.pidfd = (u32)&by;
  c.signal = 17;
  child = SYS(NR_clone3, &c, sizeof c, 0, 0, 0);
  if (child == 0) leave(9);
  show("clone3 with CLONE_PIDFD", child > 0 && by > fd);
  wait_("waitid", by, WEXITED);
  show("scheduler", SYS(NR_sched_getscheduler, 0, 0, 0, 0, 0));
  int priority = 0;
  show("SCHED_BATCH", SYS(NR_sched_setscheduler, 0, 3, &priority, 0, 0));
  show("scheduler", SYS(NR_sched_getscheduler, 0, 0, 0, 0, 0));
  child = fork_();
  if (child == 0) leave(SYS(NR_sched_getscheduler, 0, 0, 0, 0, 0));
  SYS(NR_waitpid, child, info, 0, 0, 0);
  show("of a child", info[0] >> 8);
  show("affinity of nobody", SYS(NR_sched_getaffinity, -1, 128, info, 0, 0));
  info[0] = 0;
  show("affinity to nothing", SYS(NR_sched_setaffinity, 0, 4, info, 0, 0));
  return 0;
}
