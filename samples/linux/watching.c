/*
 * epoll and signalfd over fork, and epolls that watch epolls, without a C library. Every line it prints is the same in each run.
 */
#include "sys.h"

enum { NR_epoll_create1 = 329, NR_epoll_ctl = 255, NR_epoll_wait = 256, NR_signalfd4 = 327, NR_poll = 168, NR_eventfd2 = 328, NR_dup = 41, NR_newselect = 142 };
enum { ADD = 1, DEL = 2, MOD = 3, IN = 1, ET = (int)0x80000000, SIGUSR1 = 10, SIGUSR2 = 12, NONBLOCK = 04000 };

struct event { u32 events; u32 data[2]; } __attribute__((packed));
struct pollfd { int fd; short events, revents; };
struct siginfo { u32 signo, rest[31]; };
static int epoll_(void) { return (int)SYS(NR_epoll_create1, 0, 0, 0, 0, 0); }
static long control(int ep, int op, int fd, u32 events, u32 data) {
  struct event e = {events, {data, 0}};
  return SYS(NR_epoll_ctl, ep, op, fd, &e, 0);
}
static struct event found[4];
static long wait_(int ep, int n, int ms) {
  found[0].data[0] = 0;
  return SYS(NR_epoll_wait, ep, found, n, ms, 0);
}
static void close_(int fd) { SYS(NR_close, fd, 0, 0, 0, 0); }
static long end(long child) {
  int status = 0;
  SYS(NR_waitpid, child, &status, 0, 0, 0);
  return status;
}
static void pause_(long ms) {
  long t[2] = {ms / 1000, ms % 1000 * 1000000};
  SYS(NR_nanosleep, t, 0, 0, 0, 0);
}

static void nested(void) {
  int e[7], value = (int)SYS(NR_eventfd2, 1, 0, 0, 0, 0);
  for (int i = 0; i < 7; i++) e[i] = epoll_();
  show("itself", control(e[0], ADD, e[0], IN, 0));
  show("another", control(e[0], ADD, e[1], IN, 7));
  show("and back", control(e[1], ADD, e[0], IN, 0));
  show("a third", control(e[1], ADD, e[2], IN, 0));
  show("around", control(e[2], ADD, e[0], IN, 0));
  for (int i = 2; i < 6; i++) show("deeper", control(e[i], ADD, e[i + 1], IN, 0));
  show("from above", control(e[6], ADD, e[0], IN, 0));
  show("nothing yet", wait_(e[0], 4, 0));
  show("an event below", control(e[3], ADD, value, IN, 9));
  show("above", wait_(e[0], 4, 0));
  show("  which", (long)found[0].data[0]);
  show("below", wait_(e[3], 4, 0));
  show("  which", (long)found[0].data[0]);
  show("leave it", control(e[1], DEL, e[2], 0, 0));
  show("nothing any more", wait_(e[0], 4, 0));
  show("now the other way", control(e[2], ADD, e[0], IN, 0));
  for (int i = 0; i < 7; i++) close_(e[i]);
  close_(value);
}

static void turns(void) {
  int ep = epoll_(), fd[3], seen = 0;
  for (int i = 0; i < 3; i++) control(ep, ADD, fd[i] = (int)SYS(NR_eventfd2, 1, 0, 0, 0, 0), IN, 1u << i);
  for (int i = 0; i < 3; i++) {
    wait_(ep, 1, 0);
    seen |= (int)found[0].data[0];
  }
  show("one at a time, all have their turn", seen);
  for (int i = 0; i < 3; i++) close_(fd[i]);
  close_(ep);
}

static void shared(void) {
  int ep = epoll_(), p[2];
  SYS(NR_pipe, p, 0, 0, 0, 0);
  control(ep, ADD, p[0], IN, 5);
  long child = SYS(NR_fork, 0, 0, 0, 0, 0);
  if (child == 0) {
    close_(p[0]);
    long none = wait_(ep, 4, 0);
    SYS(NR_write, p[1], "x", 1, 0, 0);
    SYS(NR_exit_group, none == 0 && wait_(ep, 4, 0) == 1 ? 3 : 4, 0, 0, 0, 0);
  }
  show("a child that has it closed sees it", end(child) >> 8);
  show("so does its parent", wait_(ep, 4, 0));
  int copy = (int)SYS(NR_dup, p[0], 0, 0, 0, 0);
  close_(p[0]);
  show("as long as a copy is open", wait_(ep, 4, 0));
  close_(copy);
  show("and no longer", wait_(ep, 4, 0));
  close_(p[1]);
  close_(ep);
}

static long inherited(int s, int how) {
  long child = SYS(NR_fork, 0, 0, 0, 0, 0);
  if (child == 0) {
    struct siginfo i = {0};
    struct pollfd p = {s, IN, 0};
    u32 set[1] = {1u << s};
    long r = how == 0 ? 1 : how == 1 ? SYS(NR_poll, &p, 1, 10000, 0, 0) : SYS(NR_newselect, s + 1, set, 0, 0, 0);
    if (r == 1) r = SYS(NR_read, s, &i, sizeof i, 0, 0);
    SYS(NR_exit_group, r == sizeof i ? i.signo : 99, 0, 0, 0, 0);
  }
  pause_(20);
  SYS(NR_kill, child, SIGUSR2, 0, 0, 0);
  return end(child) >> 8;
}

static void signals(void) {
  u32 mask[2] = {1u << (SIGUSR1 - 1) | 1u << (SIGUSR2 - 1), 0};
  SYS(NR_rt_sigprocmask, 0, mask, 0, 8, 0);
  int s = (int)SYS(NR_signalfd4, -1, mask, 8, 0, 0);
  show("read by a child", inherited(s, 0));
  show("poll by a child", inherited(s, 1));
  show("select by a child", inherited(s, 2));
  struct pollfd p = {s, IN, 0};
  show("nothing for its parent", SYS(NR_poll, &p, 1, 0, 0, 0));
  SYS(NR_kill, SYS(NR_getpid, 0, 0, 0, 0, 0), SIGUSR1, 0, 0, 0);
  show("poll", SYS(NR_poll, &p, 1, 0, 0, 0));
  long child = SYS(NR_fork, 0, 0, 0, 0, 0);
  if (child == 0) SYS(NR_exit_group, SYS(NR_poll, &p, 1, 0, 0, 0), 0, 0, 0, 0);
  show("nothing for a child", end(child) >> 8);
  struct siginfo i;
  show("read", SYS(NR_read, s, &i, sizeof i, 0, 0));
  show("  which", (long)i.signo);
}

int main_(void) {
  nested();
  turns();
  shared();
  signals();
  return 0;
}
