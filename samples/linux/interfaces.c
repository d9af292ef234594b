/*
 * Interfaces by ioctl(2), and AF_UNIX sockets by NETLINK_SOCK_DIAG and /proc/net, without a C library and without a network. Every line it prints is the
 * same in each run; natively in a network namespace of its own.
 */
#include "sys.h"

enum { NR_open = 5, NR_ioctl = 54, NR_setresuid32 = 208, NR_socket = 359, NR_socketpair = 360, NR_bind = 361, NR_listen = 363, NR_sendto = 369, NR_recvfrom = 371 };
enum { AF_UNIX = 1, AF_NETLINK = 16, STREAM = 1, DGRAM = 2, RAW = 3, SOCK_DIAG = 4 };

static struct { char name[16]; u32 word[4]; } request;
static u32 buffer[4096];
static char text[8192];

static long ask(int s, u32 what, const char *name) {
  memset_(&request, 0, sizeof request);
  for (u32 i = 0; name[i]; i++) request.name[i] = name[i];
  return SYS(NR_ioctl, s, what, &request, 0, 0);
}

static void ioctls(void) {
  int s = (int)SYS(NR_socket, AF_UNIX, DGRAM, 0, 0, 0);
  show("flags", ask(s, 0x8913, "lo"));
  show("  are", (long)(request.word[0] & 0xffff));
  show("index", ask(s, 0x8933, "lo"));
  show("  is", (long)request.word[0]);
  show("mtu", ask(s, 0x8921, "lo"));
  show("  is", (long)request.word[0]);
  show("hardware", ask(s, 0x8927, "lo"));
  show("  is", (long)request.word[0]);
  show("queue", ask(s, 0x8942, "lo"));
  show("  is", (long)request.word[0]);
  show("no such", ask(s, 0x8913, "none"));
  ask(s, 0x8933, "lo");
  request.name[0] = 0;
  show("by number", SYS(NR_ioctl, s, 0x8910, &request, 0, 0));
  print(request.name);
  print("\n");
  request.word[0] = 999;
  show("no such number", SYS(NR_ioctl, s, 0x8910, &request, 0, 0));
  u32 list[2] = {sizeof buffer, (u32)buffer};
  show("all with an address", SYS(NR_ioctl, s, 0x8912, list, 0, 0));
  show("  bytes", (long)list[0]);
  show("of a pipe", ask(1, 0x8913, "lo") < 0);
  long child = SYS(NR_fork, 0, 0, 0, 0, 0);
  if (child == 0) {
    SYS(NR_setresuid32, 1000, 1000, 1000, 0, 0);
    show("bring it up", ask(s, 0x8914, "lo"));
    SYS(NR_exit_group, 0, 0, 0, 0, 0);
  }
  SYS(NR_waitpid, child, 0, 0, 0, 0);
}

static int same(const char *a, const char *b, u32 n) {
  while (n && *a == *b) a++, b++, n--;
  return n == 0;
}

static void sockets(void) {
  struct { unsigned short family; char name[30]; } a = {AF_UNIX, "\0lift86-interfaces"};
  int p[2], l = (int)SYS(NR_socket, AF_UNIX, STREAM, 0, 0, 0), d = (int)SYS(NR_socket, AF_NETLINK, RAW, SOCK_DIAG, 0, 0);
  SYS(NR_bind, l, &a, 20, 0, 0);
  SYS(NR_listen, l, 7, 0, 0, 0);
  SYS(NR_socketpair, AF_UNIX, STREAM, 0, p, 0);
  SYS(NR_write, p[0], "abc", 3, 0, 0);
  /* listening ones, with name and queue */
  u32 dump[10] = {40, 20 | 0x301 << 16, 5, 0, AF_UNIX, 1 << 10, 0, 0x11, 0, 0};
  show("ask for those that listen", sys6(NR_sendto, d, (long)dump, 40, 0, 0, 0));
  for (int end = 0, found = 0; !end;) {
    long n = SYS(NR_read, d, buffer, sizeof buffer, 0, 0);
    for (u32 *m = buffer; (char *)m < (char *)buffer + n; m += (*m + 3) / 4) {
      if ((m[1] & 0xffff) == 3) end = 1;
      if ((m[1] & 0xffff) != 20) continue;
      int mine = 0;
      u32 backlog = 0;
      for (u32 *at = m + 8; at < m + *m / 4; at += ((*at & 0xffff) + 3) / 4) {
        if (*at >> 16 == 0) mine = same((char *)(at + 1), "\0lift86-interfaces", 18);
        if (*at >> 16 == 4) backlog = at[2];
      }
      if (!mine) continue;
      show("listens", !found++);
      show("  family, kind, state", (long)m[4]);
      show("  backlog", (long)backlog);
    }
    if (end) show("found", found);
  }
  dump[4] = 77, dump[1] = 20 | 1 << 16;
  sys6(NR_sendto, d, (long)dump, 40, 0, 0, 0);
  SYS(NR_read, d, buffer, sizeof buffer, 0, 0);
  show("no such family", (long)buffer[4]);
  int fd = (int)SYS(NR_open, "/proc/net/unix", 0, 0, 0, 0);
  long n = 0, r;
  while ((r = SYS(NR_read, fd, text + n, sizeof text - n, 0, 0)) > 0) n += r;
  for (char *line = text, *c; line < text + n; line = c + 1) {
    for (c = line; c < text + n && *c != '\n'; c++);
    *c = 0;
    if (line == text) {
      print(line);
      print("\n");
    } else if (same(c - 18, "@lift86-interfaces", 18)) {
      /* without its address and number */
      SYS(NR_write, 1, line + 18, 34, 0, 0);
      print("\n");
    }
  }
  show("devices", SYS(NR_open, "/proc/net/dev", 0, 0, 0, 0) > 0);
  show("routes", SYS(NR_open, "/proc/net/route", 0, 0, 0, 0) > 0);
}

int main_(void) {
  ioctls();
  sockets();
  return 0;
}
