/*
 * IPv4 sockets without a C library: TCP between a process and its child over the loopback, UDP, what refuses and what is in use. Given a
 * number on standard input it connects to that port instead, sends a line and prints what comes back. Every line it prints is the same in each run.
 */
#include "sys.h"

enum { NR_fcntl64 = 221, NR_poll = 168, NR_socket = 359, NR_bind = 361, NR_connect = 362, NR_listen = 363, NR_accept4 = 364, NR_getsockopt = 365,
  NR_setsockopt = 366, NR_getsockname = 367, NR_getpeername = 368, NR_sendto = 369, NR_recvfrom = 371, NR_shutdown = 373 };
enum { AF_INET = 2, STREAM = 1, DGRAM = 2, NONBLOCK = 04000 };

struct address {
  unsigned short family, port;
  u32 host;
  char rest[8];
};
struct pollfd {
  int fd;
  short events, revents;
};

static struct address loopback(unsigned short port) {
  struct address a = {AF_INET, port, 0x0100007f, {0}};
  return a;
}

static long name(int fd, int nr, struct address *a) {
  int n = sizeof *a;
  return SYS(nr, fd, a, &n, 0, 0);
}

static long receive(int fd, char *into, u32 n, struct address *from) {
  int size = sizeof *from;
  return sys6(NR_recvfrom, fd, (long)into, (long)n, 0, (long)from, from ? (long)&size : 0);
}

static long all(int fd, char *into, long n) {
  long done = 0, r;
  while (done < n && (r = SYS(NR_read, fd, into + done, n - done, 0, 0)) > 0) done += r;
  return done;
}

static char buffer[200000], other[200000];

static void tcp(void) {
  struct address a = loopback(0), b;
  int l = SYS(NR_socket, AF_INET, STREAM, 0, 0, 0), one = 1, n = 4, type = 0;
  show("setsockopt", SYS(NR_setsockopt, l, 1, 2, &one, 4));
  show("bind", SYS(NR_bind, l, &a, sizeof a, 0, 0));
  show("listen", SYS(NR_listen, l, 5, 0, 0, 0));
  show("getsockname", name(l, NR_getsockname, &a));
  show("has a port", a.port != 0 && a.host == 0x0100007f);
  SYS(NR_getsockopt, l, 1, 3, &type, &n);
  show("SO_TYPE", type);
  int second = SYS(NR_socket, AF_INET, STREAM, 0, 0, 0);
  show("bind again", SYS(NR_bind, second, &a, sizeof a, 0, 0));
  SYS(NR_close, second, 0, 0, 0, 0);
  long child = SYS(NR_fork, 0, 0, 0, 0, 0);
  if (child == 0) {
    int c = SYS(NR_socket, AF_INET, STREAM, 0, 0, 0);
    if (SYS(NR_connect, c, &a, sizeof a, 0, 0) != 0) SYS(NR_exit_group, 1, 0, 0, 0, 0);
    for (u32 i = 0; i < sizeof buffer; i++) buffer[i] = (char)(i * 7 + i / 251);
    for (u32 done = 0; done < sizeof buffer;) done += (u32)SYS(NR_write, c, buffer + done, sizeof buffer - done, 0, 0);
    SYS(NR_shutdown, c, 1, 0, 0, 0);
    long back = all(c, other, 4);
    SYS(NR_exit_group, back == 4 && other[0] == 'd' ? 42 : 2, 0, 0, 0, 0);
  }
  int s = SYS(NR_accept4, l, &b, (n = sizeof b, &n), 0, 0), status = 0;
  show("accepted", s > 0 && b.host == 0x0100007f);
  show("received", all(s, buffer, sizeof buffer));
  u32 wrong = 0;
  for (u32 i = 0; i < sizeof buffer; i++) wrong += buffer[i] != (char)(i * 7 + i / 251);
  show("wrong bytes", (long)wrong);
  show("end", SYS(NR_read, s, buffer, 10, 0, 0));
  struct address peer;
  show("getpeername", name(s, NR_getpeername, &peer) == 0 && peer.port == b.port ? 0 : -1);
  show("answer", SYS(NR_write, s, "done", 4, 0, 0));
  SYS(NR_close, s, 0, 0, 0, 0);
  SYS(NR_waitpid, child, &status, 0, 0, 0);
  show("child", status >> 8);
  struct pollfd p = {l, 1, 0};
  show("poll of an idle listener", SYS(NR_poll, &p, 1, 20, 0, 0));
  SYS(NR_close, l, 0, 0, 0, 0);
  int c = SYS(NR_socket, AF_INET, STREAM, 0, 0, 0);
  show("connect to nobody", SYS(NR_connect, c, &a, sizeof a, 0, 0));
  show("read of nothing", SYS(NR_read, c, buffer, 1, 0, 0));
  SYS(NR_close, c, 0, 0, 0, 0);
  c = SYS(NR_socket, AF_INET, STREAM | NONBLOCK, 0, 0, 0);
  show("connect without waiting", SYS(NR_connect, c, &a, sizeof a, 0, 0));
  struct pollfd q = {c, 4, 0};
  show("poll", SYS(NR_poll, &q, 1, 5000, 0, 0));
  int error = 0;
  SYS(NR_getsockopt, c, 1, 4, &error, (n = 4, &n));
  show("SO_ERROR", error);
}

static void udp(void) {
  struct address a = loopback(0), from;
  int r = SYS(NR_socket, AF_INET, DGRAM, 0, 0, 0), s = SYS(NR_socket, AF_INET, DGRAM, 0, 0, 0);
  show("udp bind", SYS(NR_bind, r, &a, sizeof a, 0, 0));
  name(r, NR_getsockname, &a);
  show("sendto", sys6(NR_sendto, s, (long)"first datagram", 14, 0, (long)&a, sizeof a));
  show("recvfrom", receive(r, buffer, 5, &from));
  show("from the loopback", from.host == 0x0100007f && from.port != 0);
  show("udp connect", SYS(NR_connect, r, &from, sizeof from, 0, 0));
  name(r, NR_getsockname, &from);
  show("keeps its address", from.host == a.host && from.port == a.port);
  show("reply", SYS(NR_write, r, "reply", 5, 0, 0));
  show("got", receive(s, buffer, 100, 0));
  show("too long", sys6(NR_sendto, s, (long)buffer, 100000, 0, (long)&a, sizeof a));
  show("nowhere", SYS(NR_write, s, "x", 1, 0, 0));
  int f = SYS(NR_socket, AF_INET, DGRAM, 0, 0, 0);
  show("udp connect to port 0", SYS(NR_connect, f, (from = loopback(0), &from), sizeof from, 0, 0));
  name(f, NR_getsockname, &from);
  show("sends from the loopback", from.host == 0x0100007f && from.port != 0);
  struct address nothing = {0};
  show("udp disconnect", SYS(NR_connect, f, &nothing, sizeof nothing, 0, 0));
  name(f, NR_getsockname, &from);
  show("sends from anywhere", from.host == 0);
  show("udp peer", name(f, NR_getpeername, &from));
}

static void outward(unsigned short port) {
  struct address a = loopback((unsigned short)(port << 8 | port >> 8));
  int c = SYS(NR_socket, AF_INET, STREAM, 0, 0, 0);
  show("outward", SYS(NR_connect, c, &a, sizeof a, 0, 0));
  SYS(NR_write, c, "hello from the guest\n", 21, 0, 0);
  SYS(NR_shutdown, c, 1, 0, 0, 0);
  long n = all(c, buffer, 100);
  SYS(NR_write, 1, buffer, n, 0, 0);
}


int main_(void) {
  int probe = SYS(NR_socket, AF_INET, STREAM, 0, 0, 0);
  if (probe < 0) {
    show("no network", probe);
    return 1;
  }
  SYS(NR_close, probe, 0, 0, 0, 0);
  u32 port = 0;
  char line[8];
  long n = SYS(NR_read, 0, line, 7, 0, 0);
  for (long i = 0; i < n && line[i] >= '0' && line[i] <= '9'; i++) port = port * 10 + (u32)(line[i] - '0');
  if (port) {
    outward((unsigned short)port);
    return 0;
  }
  tcp();
  udp();
  return 0;
}
