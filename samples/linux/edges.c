/* Both ends of a TCP connection in one edge-triggered epoll: what is sent to both is reported at once. Needs --net. */
#include "sys.h"

enum { NR_fcntl64 = 221, NR_epoll_ctl = 255, NR_epoll_wait = 256, NR_epoll_create1 = 329, NR_socket = 359, NR_bind = 361, NR_connect = 362, NR_listen = 363,
  NR_accept4 = 364, NR_getsockname = 367, NR_sendto = 369 };
enum { IN = 1, OUT = 4, ADD = 1, DELETE = 2, MODIFY = 3, NONBLOCK = 04000 };

struct address { unsigned short family, port; u32 host; char zero[8]; };
struct event { u32 events, fd, high; };

static long ep, client, server;

static void wait_(const char *text, long ms) {
  struct event e[4];
  long n = SYS(NR_epoll_wait, ep, e, 4, ms, 0);
  show(text, n);
  for (int end = 0; end < 2; end++)
    for (long i = 0; i < n; i++)
      if (e[i].fd == (u32)(end ? server : client)) show(end ? "  server" : "  client", e[i].events);
}

static void control(long operation, long fd, u32 events) {
  struct event e = { events, (u32)fd, 0 };
  SYS(NR_epoll_ctl, ep, operation, fd, &e, 0);
}

int main_(void) {
  struct address a = { 2, 0, 0x0100007f, { 0 } };
  int n = sizeof a;
  long l = SYS(NR_socket, 2, 1, 0, 0, 0);
  SYS(NR_bind, l, &a, n, 0, 0);
  SYS(NR_getsockname, l, &a, &n, 0, 0);
  SYS(NR_listen, l, 5, 0, 0, 0);
  client = SYS(NR_socket, 2, 1 | NONBLOCK, 0, 0, 0);
  SYS(NR_connect, client, &a, n, 0, 0);
  server = SYS(NR_accept4, l, 0, 0, NONBLOCK, 0);
  ep = SYS(NR_epoll_create1, 0, 0, 0, 0, 0);
  control(ADD, server, IN | OUT | 0x80000000u);
  control(ADD, client, IN | OUT | 0x80000000u);
  wait_("writable", 1000);
  wait_("nothing new", 300);
  sys6(NR_sendto, client, (long)"Hello!", 6, 0, 0, 0);
  sys6(NR_sendto, server, (long)"world!!!", 8, 0, 0, 0);
  wait_("both have data", 1000);
  control(DELETE, client, 0);
  control(MODIFY, server, OUT);
  wait_("writable alone", 1000);
  return 0;
}
