/*
 * IPv6 sockets without a C library: TCP over the loopback, also from IPv4 into a socket that takes both, UDP, what refuses and what is in use. Needs a
 * host with IPv6 on its loopback. Every line it prints is the same in each run.
 */
#include "sys.h"

enum { NR_socket = 359, NR_bind = 361, NR_connect = 362, NR_listen = 363, NR_accept4 = 364, NR_getsockopt = 365,
  NR_setsockopt = 366, NR_getsockname = 367, NR_getpeername = 368, NR_sendto = 369, NR_recvfrom = 371 };
enum { AF_INET = 2, AF_INET6 = 10, STREAM = 1, DGRAM = 2, IPV6 = 41, V6ONLY = 26 };

struct address4 { unsigned short family, port; u32 host; char rest[8]; };
struct address { unsigned short family, port; u32 flow; unsigned char host[16]; u32 scope; };

static struct address loopback(unsigned short port) {
  struct address a = {AF_INET6, port, 0, {0}, 0};
  a.host[15] = 1;
  return a;
}

static int size;

static void host(const char *what, struct address *a) {
  static const char digits[] = "0123456789abcdef";
  char text[40];
  int n = 0;
  for (int i = 0; i < 16; i++) {
    text[n++] = digits[a->host[i] >> 4];
    text[n++] = digits[a->host[i] & 15];
  }
  text[n++] = '\n';
  text[n] = 0;
  print(what);
  print(" ");
  print(text);
}

static char buffer[1000];

int main_(void) {
  struct address a = loopback(0), b;
  int l = SYS(NR_socket, AF_INET6, STREAM, 0, 0, 0), n = 4, value = -1;
  if (l < 0) {
    show("no network", l);
    return 1;
  }
  SYS(NR_getsockopt, l, 1, 39, &value, &n);
  show("SO_DOMAIN", value);
  SYS(NR_getsockopt, l, IPV6, V6ONLY, &value, &n);
  show("IPV6_V6ONLY", value);
  show("bind, too short", SYS(NR_bind, l, &a, 20, 0, 0));
  a.family = AF_INET;
  show("bind, IPv4", SYS(NR_bind, l, &a, sizeof a, 0, 0));
  a.family = AF_INET6;
  show("bind", SYS(NR_bind, l, &a, sizeof a, 0, 0));
  show("listen", SYS(NR_listen, l, 5, 0, 0, 0));
  show("getsockname", SYS(NR_getsockname, l, &a, (size = sizeof a, &size), 0, 0));
  show("  length", size);
  show("  has a port", a.port != 0);
  host("  host", &a);
  int c = SYS(NR_socket, AF_INET6, STREAM, 0, 0, 0);
  show("connect", SYS(NR_connect, c, &a, sizeof a, 0, 0));
  int s = SYS(NR_accept4, l, &b, (size = sizeof b, &size), 0, 0);
  show("accept", s > 0);
  show("  length", size);
  host("  from", &b);
  show("write", SYS(NR_write, c, "hello", 5, 0, 0));
  show("read", SYS(NR_read, s, buffer, 100, 0, 0));
  struct address peer;
  SYS(NR_getpeername, s, &peer, (size = sizeof peer, &size), 0, 0);
  show("getpeername", peer.port == b.port);
  SYS(NR_close, c, 0, 0, 0, 0);
  show("end", SYS(NR_read, s, buffer, 100, 0, 0));
  SYS(NR_close, s, 0, 0, 0, 0);
  SYS(NR_close, l, 0, 0, 0, 0);
  c = SYS(NR_socket, AF_INET6, STREAM, 0, 0, 0);
  show("connect to nobody", SYS(NR_connect, c, &a, sizeof a, 0, 0));
  SYS(NR_close, c, 0, 0, 0, 0);
  /* One socket for both families. */
  l = SYS(NR_socket, AF_INET6, STREAM, 0, 0, 0);
  memset_(&a, 0, sizeof a);
  a.family = AF_INET6;
  show("bind to any", SYS(NR_bind, l, &a, sizeof a, 0, 0));
  value = 1;
  show("IPV6_V6ONLY too late", SYS(NR_setsockopt, l, IPV6, V6ONLY, &value, 4));
  show("listen", SYS(NR_listen, l, 5, 0, 0, 0));
  SYS(NR_getsockname, l, &a, (size = sizeof a, &size), 0, 0);
  host("  host", &a);
  struct address4 f = {AF_INET, a.port, 0x0100007f, {0}};
  c = SYS(NR_socket, AF_INET, STREAM, 0, 0, 0);
  show("connect by IPv4", SYS(NR_connect, c, &f, sizeof f, 0, 0));
  s = SYS(NR_accept4, l, &b, (size = sizeof b, &size), 0, 0);
  host("  from", &b);
  SYS(NR_close, c, 0, 0, 0, 0);
  show("end", SYS(NR_read, s, buffer, 100, 0, 0));
  SYS(NR_close, s, 0, 0, 0, 0);
  c = SYS(NR_socket, AF_INET6, STREAM, 0, 0, 0);
  show("connect to any", SYS(NR_connect, c, &a, sizeof a, 0, 0));
  s = SYS(NR_accept4, l, &b, (size = sizeof b, &size), 0, 0);
  host("  from", &b);
  SYS(NR_close, l, 0, 0, 0, 0);
  l = SYS(NR_socket, AF_INET6, STREAM, 0, 0, 0);
  show("IPV6_V6ONLY", SYS(NR_setsockopt, l, IPV6, V6ONLY, &value, 4));
  a.port = 0;
  show("bind to any", SYS(NR_bind, l, &a, sizeof a, 0, 0));
  show("listen", SYS(NR_listen, l, 5, 0, 0, 0));
  SYS(NR_getsockname, l, &a, (size = sizeof a, &size), 0, 0);
  f.port = a.port;
  c = SYS(NR_socket, AF_INET, STREAM, 0, 0, 0);
  show("connect by IPv4", SYS(NR_connect, c, &f, sizeof f, 0, 0));
  /* UDP */
  a = loopback(0);
  int r = SYS(NR_socket, AF_INET6, DGRAM, 0, 0, 0);
  s = SYS(NR_socket, AF_INET6, DGRAM, 0, 0, 0);
  show("udp bind", SYS(NR_bind, r, &a, sizeof a, 0, 0));
  SYS(NR_getsockname, r, &a, (size = sizeof a, &size), 0, 0);
  show("sendto", sys6(NR_sendto, s, (long)"datagram", 8, 0, (long)&a, sizeof a));
  show("recvfrom", sys6(NR_recvfrom, r, (long)buffer, 100, 0, (long)&b, (long)(size = sizeof b, &size)));
  show("  length", size);
  host("  from", &b);
  show("udp connect", SYS(NR_connect, r, &b, sizeof b, 0, 0));
  show("reply", SYS(NR_write, r, "reply", 5, 0, 0));
  show("got", SYS(NR_read, s, buffer, 100, 0, 0));
  return 0;
}
