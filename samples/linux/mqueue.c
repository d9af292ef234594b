/*
 * POSIX message queues without a C library: names, sizes, order, waiting on both sides, deadlines in both forms, notification, poll and epoll, and what
 * is refused. Every line it prints is the same in each run.
 */
#include "sys.h"

enum { NR_open = 5, NR_getppid = 64, NR_poll = 168, NR_fstat64 = 197, NR_fcntl64 = 221, NR_epoll_ctl = 255, NR_epoll_wait = 256, NR_clock_gettime = 265, NR_mq_open = 277,
  NR_mq_unlink = 278, NR_mq_timedsend = 279, NR_mq_timedreceive = 280, NR_mq_notify = 281, NR_mq_getsetattr = 282, NR_epoll_create1 = 329, NR_mq_timedsend64 = 418,
  NR_mq_timedreceive64 = 419 };
enum { RDONLY = 0, WRONLY = 1, RDWR = 2, CREAT = 0100, EXCL = 0200, NONBLOCK = 04000 };
enum { SIGUSR1 = 10, SIGUSR2 = 12, SA_SIGINFO = 4, SA_RESTART = 0x10000000 };

#define NAME "lift86-sample"

struct attributes { int flags, messages, size, now, rest[4]; };
struct event { int value, signo, kind, tid, rest[12]; };
struct pollfd { int fd; short events, revents; };
struct info { int signo, errno_, code, pid, uid, value, rest[26]; };
struct action { void *handler; u32 flags; void *restorer; u32 mask[2]; };
struct watch { u32 events, data, high; };

static char text[200];
static u32 priority;
static volatile int signals;
static volatile struct info last;

static void handler(int signo, struct info *i, void *context) {
  (void)signo;
  (void)context;
  signals++;
  last = *i;
}
static void plain(int signo) { (void)signo; signals++; }
static void on(int signo, void *f, u32 flags) {
  struct action a = {f, flags, 0, {0, 0}};
  SYS(NR_rt_sigaction, signo, &a, 0, 8, 0);
}

static long open_(const char *name, int flags, int messages, int size) {
  struct attributes a = {0, messages, size, 0, {0}};
  return SYS(NR_mq_open, name, flags, 0600, messages ? &a : 0, 0);
}
static long send(int q, const char *s, u32 prio) { return SYS(NR_mq_timedsend, q, s, length(s), prio, 0); }
static void receive(const char *what, int q) {
  memset_(text, 0, sizeof text);
  priority = 77;
  show(what, SYS(NR_mq_timedreceive, q, text, sizeof text, &priority, 0));
  if (*text) {
    print("  ");
    print(text);
    show(" of priority", (long)priority);
  }
}
static void ready(const char *what, int q) {
  struct pollfd p = {q, 5, 0};
  SYS(NR_poll, &p, 1, 0, 0, 0);
  show(what, p.revents);
}
static void attributes(const char *what, int q) {
  struct attributes a;
  memset_(&a, 1, sizeof a);
  show(what, SYS(NR_mq_getsetattr, q, 0, &a, 0, 0));
  show("  flags", a.flags);
  show("  messages", a.messages);
  show("  size", a.size);
  show("  now", a.now);
  show("  rest", a.rest[0] | a.rest[3]);
}
static long notify(int q, int kind, int signo, int value) {
  struct event e;
  memset_(&e, 0, sizeof e);
  e.kind = kind, e.signo = signo, e.value = value;
  return SYS(NR_mq_notify, q, &e, 0, 0, 0);
}
/* What a descriptor gives to read, without the process that is told. */
static void contents(int q) {
  char line[100];
  long n = SYS(NR_read, q, line, sizeof line, 0, 0);
  show("read", n > 40);
  SYS(NR_write, 1, line, 36, 0, 0);
  print("\n");
  show("  again", n > 40 && SYS(NR_read, q, line, sizeof line, 0, 0) == 0);
}
static long now32(int *ts, int nanoseconds) {
  long r = SYS(NR_clock_gettime, 0, ts, 0, 0, 0);
  ts[1] += nanoseconds;
  if (ts[1] >= 1000000000) ts[1] -= 1000000000, ts[0]++;
  return r;
}

static void names(void) {
  char longer[300];
  memset_(longer, 'n', 299);
  longer[299] = 0;
  show("none of this name", open_(NAME, RDWR, 0, 0));
  show("unlink of none", SYS(NR_mq_unlink, NAME, 0, 0, 0, 0));
  show("empty name", open_("", RDWR | CREAT, 0, 0));
  show("a slash", open_("a/b", RDWR | CREAT, 0, 0));
  show("two dots", open_("..", RDWR | CREAT, 0, 0));
  show("a long name", open_(longer, RDWR | CREAT, 0, 0));
  show("bad address", SYS(NR_mq_open, 16, RDWR, 0, 0, 0));
  show("bad attributes", SYS(NR_mq_open, NAME, RDWR | CREAT, 0600, 16, 0));
  show("no messages", open_(NAME, RDWR | CREAT, -1, 10));
  show("no bytes", open_(NAME, RDWR | CREAT, 1, 0));
  show("too many", open_(NAME, RDWR | CREAT, 65537, 1));
  show("too large", open_(NAME, RDWR | CREAT, 1, (16 << 20) + 1));
  char one[] = NAME "-x";
  long r, n = 0;
  while ((r = (one[sizeof one - 2] = (char)('a' + n), open_(one, RDWR | CREAT, 10, 8192))) >= 0 && n < 20) n++;
  show("of 80 KiB before RLIMIT_MSGQUEUE", n);
  show("  then", r);
  for (; n > 0; n--) one[sizeof one - 2] = (char)('a' + n - 1), SYS(NR_mq_unlink, one, 0, 0, 0, 0);
  for (int fd = 3; fd < 30; fd++) SYS(NR_close, fd, 0, 0, 0, 0);
  show("still none", open_(NAME, RDWR, 0, 0));
}

static void order(int q) {
  attributes("attributes", q);
  show("FD_CLOEXEC", SYS(NR_fcntl64, q, 1, 0, 0, 0));
  show("F_GETFL", SYS(NR_fcntl64, q, 3, 0, 0, 0) & 3);
  ready("poll of an empty one", q);
  show("send", send(q, "first", 3));
  show("send", send(q, "second", 3));
  show("send", send(q, "urgent", 32767));
  show("send", send(q, "", 0));
  ready("poll of a full one", q);
  show("too high", send(q, "x", 32768));
  show("too long", send(q, "more than sixteen bytes", 0));
  show("into a room too small", SYS(NR_mq_timedreceive, q, text, 15, 0, 0));
  contents(q);
  receive("receive", q);
  ready("poll", q);
  receive("receive", q);
  receive("receive", q);
  receive("receive of nothing", q);
  struct attributes a = {NONBLOCK, 9, 9, 9, {0}}, old;
  show("set NONBLOCK", SYS(NR_mq_getsetattr, q, &a, &old, 0, 0));
  show("  before", old.flags);
  attributes("attributes", q);
  receive("receive without waiting", q);
  for (int i = 0; i < 4; i++) send(q, "fill", 0);
  show("send without waiting", send(q, "x", 0));
  a.flags = 1;
  show("set anything else", SYS(NR_mq_getsetattr, q, &a, 0, 0, 0));
  a.flags = 0;
  show("set nothing", SYS(NR_mq_getsetattr, q, &a, 0, 0, 0));
}

static void deadlines(int q) {
  int ts[4] = {0, 0, 0, 0};
  show("send, the past", SYS(NR_mq_timedsend, q, "x", 1, 0, ts));
  now32(ts, 30000000);
  show("send, soon", SYS(NR_mq_timedsend, q, "x", 1, 0, ts));
  ts[1] = 1000000000;
  show("no time", SYS(NR_mq_timedsend, q, "x", 1, 0, ts));
  ts[1] = 0;
  ts[0] = -1;
  show("nor this", SYS(NR_mq_timedreceive, q, text, sizeof text, 0, ts));
  for (int i = 0; i < 4; i++) SYS(NR_mq_timedreceive, q, text, sizeof text, 0, 0);
  now32(ts, 30000000);
  ts[2] = ts[1];
  ts[1] = ts[3] = 0;
  show("receive, soon", SYS(NR_mq_timedreceive64, q, text, sizeof text, 0, ts));
  show("send with time to spare", SYS(NR_mq_timedsend64, q, "x", 1, 0, ts));
  SYS(NR_mq_timedreceive, q, text, sizeof text, 0, 0);
}

/* A child that receives or sends when the other end is not ready; it says how that went by its status. */
static long child(int q, int sends, int until) {
  long pid = SYS(NR_fork, 0, 0, 0, 0, 0);
  if (pid) return pid;
  on(SIGUSR2, plain, until ? 0 : SA_RESTART);
  long r = sends ? send(q, "late", 5) : SYS(NR_mq_timedreceive, q, text, sizeof text, &priority, 0);
  SYS(NR_exit_group, r < 0 ? -r : 100 + r, 0, 0, 0, 0);
  return 0;
}
/* It waits: state S in /proc, five times in a row since it may be on its way. */
static void until_it_sleeps(long pid) {
  char name[32] = "/proc/", digits[12], stat[64];
  u32 n = 6, k = 0;
  for (long v = pid; v; v /= 10) digits[k++] = (char)('0' + v % 10);
  while (k) name[n++] = digits[--k];
  for (const char *s = "/stat"; *s; s++) name[n++] = *s;
  for (int times = 0; times < 5;) {
    long ts[2] = {0, 10000000};
    SYS(NR_nanosleep, ts, 0, 0, 0, 0);
    int fd = (int)SYS(NR_open, name, 0, 0, 0, 0);
    long m = SYS(NR_read, fd, stat, 63, 0, 0), i = 0;
    SYS(NR_close, fd, 0, 0, 0, 0);
    while (i < m && stat[i] != ')') i++;
    times = stat[i + 2] == 'S' ? times + 1 : 0;
  }
}
static void end(const char *what, long pid) {
  int status = 0;
  SYS(NR_waitpid, pid, &status, 0, 0, 0);
  show(what, status >> 8);
}

static void waiting(int q) {
  long a = child(q, 0, 0);
  until_it_sleeps(a);
  long b = child(q, 0, 0);
  until_it_sleeps(b);
  show("notify", notify(q, 0, SIGUSR1, 1));
  signals = 0;
  show("to who waits", send(q, "to a", 0));
  show("to the next", send(q, "next, b", 0));
  ready("nothing is left", q);
  show("nobody was told", signals);
  end("the first got bytes", a);
  end("the second", b);
  show("to nobody", send(q, "x", 0));
  show("told", signals);
  show("  code", last.code);
  show("  value", last.value);
  show("  by me", last.pid == SYS(NR_getpid, 0, 0, 0, 0, 0));
  for (int i = 0; i < 3; i++) send(q, "x", 0);
  a = child(q, 1, 0);
  until_it_sleeps(a);
  SYS(NR_kill, a, SIGUSR2, 0, 0, 0);
  until_it_sleeps(a);
  receive("make room for a sender that a signal did not stop", q);
  end("it sent", a);
  receive("its own is first", q);
  for (int i = 0; i < 3; i++) SYS(NR_mq_timedreceive, q, text, sizeof text, 0, 0);
  a = child(q, 0, 1);
  until_it_sleeps(a);
  SYS(NR_kill, a, SIGUSR2, 0, 0, 0);
  end("a signal stops this one", a);
  show("it takes nothing", send(q, "mine", 1));
  receive("receive", q);
}

static void telling(int q) {
  show("no such kind", notify(q, 3, 0, 0));
  show("no such signal", notify(q, 0, 65, 0));
  show("no queue", notify(1, 0, SIGUSR1, 0));
  show("by signal", notify(q, 0, SIGUSR1, 42));
  show("once more", notify(q, 1, 0, 0));
  long c = SYS(NR_fork, 0, 0, 0, 0, 0);
  if (c == 0) {
    long r = notify(q, 1, 0, 0), s = SYS(NR_mq_notify, q, 0, 0, 0, 0);
    SYS(NR_exit_group, -r + s, 0, 0, 0, 0);
  }
  end("by another process", c);
  contents((int)open_(NAME, RDONLY, 0, 0));
  signals = 0;
  send(q, "a", 0);
  send(q, "b", 0);
  show("told", signals);
  show("  value", last.value);
  show("again possible", notify(q, 1, 0, 0));
  send(q, "c", 0);
  show("in a queue that is not empty nobody is told", notify(q, 1, 0, 0));
  show("take it back", SYS(NR_mq_notify, q, 0, 0, 0, 0));
  show("by signal", notify(q, 0, SIGUSR1, 1));
  SYS(NR_close, open_(NAME, RDWR, 0, 0), 0, 0, 0, 0);
  show("closing any descriptor took it back", notify(q, 0, SIGUSR1, 2));
  SYS(NR_mq_notify, q, 0, 0, 0, 0);
  for (int i = 0; i < 3; i++) SYS(NR_mq_timedreceive, q, text, sizeof text, 0, 0);
}

static void polling(int q) {
  int ep = (int)SYS(NR_epoll_create1, 0, 0, 0, 0, 0);
  struct watch w = {1, 5, 0}, got[2];
  show("epoll_ctl", SYS(NR_epoll_ctl, ep, 1, q, &w, 0));
  show("epoll_wait", SYS(NR_epoll_wait, ep, got, 2, 0, 0));
  long c = SYS(NR_fork, 0, 0, 0, 0, 0);
  if (c == 0) {
    until_it_sleeps(SYS(NR_getppid, 0, 0, 0, 0, 0));
    SYS(NR_exit_group, -send(q, "x", 0), 0, 0, 0, 0);
  }
  show("epoll_wait until a message comes", SYS(NR_epoll_wait, ep, got, 2, 10000, 0));
  show("  events", (long)got[0].events);
  end("sent", c);
  receive("receive", q);
  show("epoll_wait", SYS(NR_epoll_wait, ep, got, 2, 0, 0));
}

int main_(void) {
  SYS(NR_mq_unlink, NAME, 0, 0, 0, 0);
  on(SIGUSR1, handler, SA_SIGINFO);
  names();
  int q = (int)open_(NAME, RDWR | CREAT | EXCL, 4, 16);
  show("open", q > 2);
  show("once more", open_(NAME, RDWR | CREAT | EXCL, 4, 16));
  show("access 3", open_(NAME, 3, 0, 0));
  order(q);
  deadlines(q);
  waiting(q);
  telling(q);
  polling(q);
  int r = (int)open_(NAME, RDONLY, 0, 0), w = (int)open_(NAME, WRONLY | NONBLOCK, 0, 0);
  show("send to one that is read", send(r, "x", 0));
  show("receive from one that is written", SYS(NR_mq_timedreceive, w, text, sizeof text, 0, 0));
  show("F_GETFL", SYS(NR_fcntl64, w, 3, 0, 0, 0) & NONBLOCK);
  show("no descriptor", send(99, "x", 0));
  show("no queue", send(1, "x", 0));
  show("write", SYS(NR_write, w, "x", 1, 0, 0));
  show("send from nowhere", SYS(NR_mq_timedsend, q, 16, 1, 0, 0));
  unsigned int stat[24];
  SYS(NR_fstat64, q, stat, 0, 0, 0);
  show("mode", (long)stat[4]);
  show("links", (long)stat[5]);
  show("size", (long)stat[11]);
  show("unlink", SYS(NR_mq_unlink, NAME, 0, 0, 0, 0));
  SYS(NR_fstat64, q, stat, 0, 0, 0);
  show("links", (long)stat[5]);
  show("still there", send(w, "without a name", 0));
  receive("receive", r);
  int other = (int)open_(NAME, RDWR | CREAT, 4, 16);
  show("another of this name", send(other, "x", 0));
  ready("is another", r);
  show("unlink", SYS(NR_mq_unlink, NAME, 0, 0, 0, 0));
  return 0;
}
