/*
 * SO_RCVTIMEO and SO_SNDTIMEO, MSG_WAITALL, and what a signal leaves of a call that has moved some bytes, on AF_UNIX sockets without a C library. Every line
 * it prints is the same in each run.
 */
#include "sys.h"

enum { NR_clock_gettime = 265, NR_socket = 359, NR_socketpair = 360, NR_bind = 361, NR_connect = 362, NR_listen = 363, NR_accept4 = 364, NR_getsockopt = 365,
  NR_setsockopt = 366, NR_sendto = 369, NR_recvfrom = 371, NR_recvmsg = 372 };
enum { AF_UNIX = 1, STREAM = 1, DGRAM = 2, SOL_SOCKET = 1, RCVTIMEO = 20, SNDTIMEO = 21, RCVTIMEO_NEW = 66, SNDTIMEO_NEW = 67, PEEK = 2, DONTWAIT = 0x40, WAITALL = 0x100,
  SIGALRM = 14, RESTART = 0x10000000 };

struct timeval { long sec, usec; };
struct wide { u64 sec, usec; };
struct action { void (*handler)(int); u32 flags; void *restorer; u32 mask[2]; };
static char buffer[1 << 20];
static volatile int alarms;

static void alarm_(int n) { alarms += n == SIGALRM; }
static long now(void) {
  struct timeval t = {0, 0};
  SYS(NR_clock_gettime, 1, &t, 0, 0, 0);
  return t.sec * 1000 + t.usec / 1000000;
}
static void pause_(long ms) {
  struct timeval t = {ms / 1000, ms % 1000 * 1000000};
  SYS(NR_nanosleep, &t, 0, 0, 0, 0);
}
static long receive(int s, long n, int flags) { return sys6(NR_recvfrom, s, (long)buffer, n, flags, 0, 0); }
static long send_(int s, long n, int flags) { return sys6(NR_sendto, s, (long)buffer, n, flags, 0, 0); }
static void set(const char *what, int s, int option, long sec, long usec) {
  struct timeval t = {sec, usec};
  show(what, SYS(NR_setsockopt, s, SOL_SOCKET, option, &t, sizeof t));
}
static long begun;
static void late(const char *what, long r) {
  show(what, r);
  show("  waited", now() - begun >= 29);
  begun = now();
}

static void options(int s) {
  struct timeval t = {7, 7};
  struct wide w = {1, 500000};
  u32 size = sizeof t;
  show("getsockopt", SYS(NR_getsockopt, s, SOL_SOCKET, RCVTIMEO, &t, &size));
  show("  size", (long)size);
  show("  none", t.sec == 0 && t.usec == 0);
  show("a wide one", SYS(NR_setsockopt, s, SOL_SOCKET, SNDTIMEO_NEW, &w, sizeof w));
  SYS(NR_getsockopt, s, SOL_SOCKET, SNDTIMEO, &t, &size);
  show("  seconds", t.sec);
  show("  microseconds", t.usec);
  w.sec = w.usec = 9, size = sizeof w;
  SYS(NR_getsockopt, s, SOL_SOCKET, SNDTIMEO_NEW, &w, &size);
  show("  seconds", (long)w.sec);
  show("  microseconds", (long)w.usec);
  show("  size", (long)size);
  size = 4, t.usec = 99;
  show("half of it", SYS(NR_getsockopt, s, SOL_SOCKET, SNDTIMEO, &t, &size));
  show("  size", (long)size);
  show("  the rest", t.usec);
  set("too many microseconds", s, RCVTIMEO, 0, 1000000);
  set("negative ones", s, RCVTIMEO, 0, -1);
  show("too short", SYS(NR_setsockopt, s, SOL_SOCKET, RCVTIMEO, &t, 4));
  show("too short for a wide one", SYS(NR_setsockopt, s, SOL_SOCKET, RCVTIMEO_NEW, &t, 8));
  show("no socket", SYS(NR_setsockopt, 1, SOL_SOCKET, RCVTIMEO, &t, sizeof t) < 0);
  set("no time", s, SNDTIMEO, 0, 0);
  set("less than no time", s, RCVTIMEO, -1, 0);
  show("read", SYS(NR_read, s, buffer, 1, 0, 0));
}

static void receiving(const int *s) {
  set("30 ms", s[0], RCVTIMEO, 0, 30000);
  begun = now();
  late("read", SYS(NR_read, s[0], buffer, 10, 0, 0));
  late("recvfrom", receive(s[0], 10, 0));
  u32 part[2] = {(u32)buffer, 10}, message[7] = {0, 0, (u32)part, 1};
  late("recvmsg", SYS(NR_recvmsg, s[0], message, 0, 0, 0));
  SYS(NR_write, s[1], "abcd", 4, 0, 0);
  begun = now();
  late("all of ten", receive(s[0], 10, WAITALL));
  SYS(NR_write, s[1], "abcd", 4, 0, 0);
  show("all without waiting", receive(s[0], 10, WAITALL | DONTWAIT));
  SYS(NR_write, s[1], "abcd", 4, 0, 0);
  show("all by a look", receive(s[0], 10, WAITALL | PEEK));
  show("in time", receive(s[0], 4, WAITALL));
  struct action a = {alarm_, RESTART, 0, {0, 0}};
  SYS(NR_rt_sigaction, SIGALRM, &a, 0, 8, 0);
  long timer[4] = {0, 0, 0, 10000};
  set("a second", s[0], RCVTIMEO, 1, 0);
  SYS(NR_setitimer, 0, timer, 0, 0, 0);
  show("a signal", receive(s[0], 10, 0));
  set("for ever", s[0], RCVTIMEO, 0, 0);
  long child = SYS(NR_fork, 0, 0, 0, 0, 0);
  if (child == 0) {
    for (int i = 0; i < 4; i++) {
      pause_(20);
      SYS(NR_write, s[1], "0123456789", 5, 0, 0);
    }
    SYS(NR_exit_group, 0, 0, 0, 0, 0);
  }
  show("all of twenty", receive(s[0], 20, WAITALL));
  SYS(NR_waitpid, child, 0, 0, 0, 0);
  SYS(NR_write, s[1], "ab", 2, 0, 0);
  SYS(NR_setitimer, 0, timer, 0, 0, 0);
  show("all of ten, and a signal", receive(s[0], 10, WAITALL));
  show("alarms", alarms);
}

static void sending(const int *s) {
  long timer[4] = {0, 0, 0, 10000}, n;
  SYS(NR_setitimer, 0, timer, 0, 0, 0);
  n = send_(s[0], sizeof buffer, 0);
  show("a part, and a signal", n > 0 && n < (long)sizeof buffer);
  set("30 ms", s[0], SNDTIMEO, 0, 30000);
  while (send_(s[0], 1, DONTWAIT) == 1);
  begun = now();
  late("write", SYS(NR_write, s[0], buffer, 100, 0, 0));
  late("sendto", send_(s[0], 100, 0));
  while (receive(s[1], sizeof buffer, DONTWAIT) > 0);
  begun = now();
  n = send_(s[0], sizeof buffer, 0);
  late("a part of it", n > 0 && n < (long)sizeof buffer);
}

static void listening(void) {
  struct { unsigned short family; char name[20]; } a = {AF_UNIX, "\0lift86-timeouts"};
  int l = SYS(NR_socket, AF_UNIX, STREAM, 0, 0, 0), c = SYS(NR_socket, AF_UNIX, STREAM, 0, 0, 0);
  SYS(NR_bind, l, &a, 18, 0, 0);
  SYS(NR_listen, l, 1, 0, 0, 0);
  set("30 ms", l, RCVTIMEO, 0, 30000);
  begun = now();
  late("accept", SYS(NR_accept4, l, 0, 0, 0, 0));
  for (int i = 0; i < 2; i++) SYS(NR_connect, SYS(NR_socket, AF_UNIX, STREAM, 0, 0, 0), &a, 18, 0, 0);
  set("30 ms", c, SNDTIMEO, 0, 30000);
  begun = now();
  late("connect", SYS(NR_connect, c, &a, 18, 0, 0));
}

int main_(void) {
  int s[2];
  SYS(NR_socketpair, AF_UNIX, STREAM, 0, s, 0);
  options(s[0]);
  receiving(s);
  sending(s);
  listening();
  return 0;
}
