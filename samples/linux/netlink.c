/*
 * rtnetlink sockets without a C library, where there is no network: the loopback interface and what is refused; and a message queue that tells a thread by
 * such a socket. Every line it prints is the same in each run; natively in a network namespace of its own.
 */
#include "sys.h"

enum { NR_poll = 168, NR_setresuid32 = 208, NR_mq_open = 277, NR_mq_unlink = 278, NR_mq_timedsend = 279, NR_mq_timedreceive = 280, NR_mq_notify = 281, NR_socket = 359,
  NR_bind = 361, NR_connect = 362, NR_listen = 363, NR_getsockopt = 365, NR_getsockname = 367, NR_sendto = 369, NR_sendmsg = 370, NR_recvfrom = 371, NR_recvmsg = 372 };
enum { AF_UNIX = 1, AF_NETLINK = 16, STREAM = 1, DGRAM = 2, RAW = 3, PEEK = 2, TRUNC = 0x20, DONTWAIT = 0x40 };
enum { NEWLINK = 16, GETLINK = 18, GETADDR = 22, GETROUTE = 26, REQUEST = 1, ACK = 4, DUMP = 0x300 };

#define NAME "lift86-netlink"

struct address { unsigned short family, pad; u32 port, groups; };
struct pollfd { int fd; short events, revents; };
static u32 buffer[2048];
static struct address from;

static long socket_(int type, int protocol) { return SYS(NR_socket, AF_NETLINK, type, protocol, 0, 0); }
static long ask(int s, u32 type, u32 flags, u32 index, const char *name) {
  u32 request[20] = {32, type | (REQUEST | flags) << 16, 77, 0, 0, index};
  if (name) {
    u32 n = length(name) + 1;
    request[8] = (4 + n) | 3 << 16;
    for (u32 i = 0; i < n; i++) ((char *)(request + 9))[i] = name[i];
    request[0] = 36 + ((n + 3) & ~3u);
  }
  return sys6(NR_sendto, s, (long)request, (long)request[0], 0, 0, 0) == (long)request[0];
}
static void show_attributes(const u32 *at, const u32 *end) {
  for (; at < end; at += ((*at & 0xffff) + 3) / 4) {
    u32 type = *at >> 16, size = (*at & 0xffff) - 4;
    if (type == 3) {
      print("  name ");
      print((const char *)(at + 1));
      print("\n");
    } else if (type == 4) show("  mtu", (long)at[1]);
    else if (type == 13) show("  queue", (long)at[1]);
    else if (type == 16) show("  state", *(const unsigned char *)(at + 1));
    else if (type == 1 || type == 2) show(type == 1 ? "  address of bytes" : "  broadcast of bytes", (long)size);
  }
}
static void answers(int s) {
  for (int end = 0; !end;) {
    u32 size = sizeof from;
    long n = sys6(NR_recvfrom, s, (long)buffer, sizeof buffer, DONTWAIT, (long)&from, (long)&size);
    if (n < 0) {
      show("receive", n);
      return;
    }
    for (u32 *m = buffer; (char *)m < (char *)buffer + n && !end; m += (*m + 3) / 4) {
      u32 type = m[1] & 0xffff;
      show("message", (long)type);
      if (m[2] != 77) show("  number", (long)m[2]);
      if (type == NEWLINK) {
        show("  family and type", (long)m[4]);
        show("  index", (long)m[5]);
        show("  flags", (long)m[6]);
        show_attributes(m + 8, m + *m / 4);
        end = !(m[1] >> 16 & 2);
      } else if (type == 2) {
        show("  error", (long)m[4]);
        show("  about", (long)(m[6] & 0xffff));
        end = 1;
      } else if (type == 3) {
        show("  done", (long)m[4]);
        end = 1;
      }
    }
  }
  show("from", from.family == AF_NETLINK && from.port == 0);
}

static void routes(void) {
  show("a stream", socket_(STREAM, 0));
  show("no such protocol", socket_(RAW, 77));
  int s = (int)socket_(RAW, 0), other = (int)socket_(DGRAM, 0);
  u32 size = sizeof from;
  show("getsockname", SYS(NR_getsockname, s, &from, &size, 0, 0));
  show("  size", (long)size);
  show("  port", (long)from.port);
  struct address a = {AF_NETLINK, 0, 0, 0};
  show("bind", SYS(NR_bind, s, &a, sizeof a, 0, 0));
  SYS(NR_getsockname, s, &from, &size, 0, 0);
  show("  to my number", (long)from.port == SYS(NR_getpid, 0, 0, 0, 0, 0));
  a.port = from.port;
  show("the same for another", SYS(NR_bind, other, &a, sizeof a, 0, 0));
  a.port = 123456;
  show("bind once more", SYS(NR_bind, s, &a, sizeof a, 0, 0));
  a.family = AF_UNIX;
  show("bind to another family", SYS(NR_bind, other, &a, sizeof a, 0, 0));
  show("bind to less", SYS(NR_bind, other, &a, 8, 0, 0));
  show("listen", SYS(NR_listen, s, 1, 0, 0, 0));
  int value = 0;
  u32 four = 4;
  show("SO_DOMAIN", SYS(NR_getsockopt, s, 1, 39, &value, &four) + value);
  show("nothing to receive", sys6(NR_recvfrom, s, (long)buffer, 10, DONTWAIT, 0, 0));
  show("links", ask(s, GETLINK, DUMP, 0, 0));
  struct pollfd p = {s, 5, 0};
  SYS(NR_poll, &p, 1, 0, 0, 0);
  show("poll", p.revents);
  show("how long", sys6(NR_recvfrom, s, (long)buffer, 1, PEEK | TRUNC, 0, 0) > 100);
  answers(s);
  show("one link", ask(s, GETLINK, 0, 1, 0));
  answers(s);
  show("by name", ask(s, GETLINK, 0, 0, "lo"));
  answers(s);
  show("no such", ask(s, GETLINK, 0, 0, "nothing0"));
  answers(s);
  show("addresses", ask(s, GETADDR, DUMP, 0, 0));
  answers(s);
  show("routes", ask(s, GETROUTE, DUMP, 0, 0));
  answers(s);
  show("a change", ask(s, NEWLINK, ACK, 1, 0));
  answers(s);
  show("by an unbound one", ask(other, GETADDR, DUMP, 0, 0));
  answers(other);
  SYS(NR_getsockname, other, &from, &size, 0, 0);
  show("it has a number then", from.port != 0 && (long)from.port != SYS(NR_getpid, 0, 0, 0, 0, 0));
  SYS(NR_close, s, 0, 0, 0, 0);
  SYS(NR_close, other, 0, 0, 0, 0);
  s = (int)socket_(RAW, 0);
  a.family = AF_NETLINK, a.port = 0;
  show("connect to the kernel", SYS(NR_connect, s, &a, sizeof a, 0, 0));
  u32 request[8] = {32, GETLINK | (REQUEST | DUMP) << 16, 78}, parts[4] = {(u32)request, 10, (u32)request + 10, 22}, message[7] = {0, 0, (u32)parts, 2};
  show("sendmsg", SYS(NR_sendmsg, s, message, 0, 0, 0));
  u32 room[2] = {(u32)buffer, 16}, header[7] = {(u32)&from, sizeof from, (u32)room, 1, 0, 4, 9};
  show("recvmsg", SYS(NR_recvmsg, s, header, 0, 0, 0));
  show("  its number", (long)buffer[2]);
  show("  address of bytes", (long)header[1]);
  show("  control", (long)header[5]);
  show("  flags", (long)header[6]);
}

static void telling(void) {
  u32 size[8] = {0, 2, 8}, cookie[8] = {1, 2, 3, 4, 5, 6, 7, 8};
  int s = (int)socket_(RAW, 0), q = (int)SYS(NR_mq_open, NAME, 2 | 0100, 0600, size, 0);
  u32 event[16] = {(u32)cookie, (u32)s, 2};
  event[1] = 99;
  show("no descriptor", SYS(NR_mq_notify, q, event, 0, 0, 0));
  event[1] = 1;
  show("no socket", SYS(NR_mq_notify, q, event, 0, 0, 0) < 0);
  event[1] = (u32)SYS(NR_socket, AF_UNIX, DGRAM, 0, 0, 0);
  show("a socket of another family", SYS(NR_mq_notify, q, event, 0, 0, 0));
  event[1] = (u32)s, event[0] = 16;
  show("no bytes", SYS(NR_mq_notify, q, event, 0, 0, 0));
  event[0] = (u32)cookie;
  show("notify", SYS(NR_mq_notify, q, event, 0, 0, 0));
  char line[100];
  long n = SYS(NR_read, q, line, 40, 0, 0);
  SYS(NR_write, 1, line, n, 0, 0);
  print("\n");
  show("again", SYS(NR_mq_notify, q, event, 0, 0, 0));
  cookie[0] = 99;
  SYS(NR_mq_timedsend, q, "x", 1, 0, 0);
  show("told", SYS(NR_read, s, buffer, sizeof buffer, 0, 0));
  show("  first", (long)buffer[0]);
  show("  last", (long)buffer[7]);
  SYS(NR_mq_timedreceive, q, line, 8, 0, 0);
  show("notify", SYS(NR_mq_notify, q, event, 0, 0, 0));
  show("take it back", SYS(NR_mq_notify, q, 0, 0, 0, 0));
  show("told", SYS(NR_read, s, buffer, sizeof buffer, 0, 0));
  show("  last", (long)buffer[7]);
  show("notify", SYS(NR_mq_notify, q, event, 0, 0, 0));
  SYS(NR_close, q, 0, 0, 0, 0);
  show("closing takes it back", SYS(NR_read, s, buffer, sizeof buffer, 0, 0));
  show("  last", (long)buffer[7]);
}

int main_(void) {
  SYS(NR_setresuid32, 1000, 1000, 1000, 0, 0);
  SYS(NR_mq_unlink, NAME, 0, 0, 0, 0);
  routes();
  telling();
  SYS(NR_mq_unlink, NAME, 0, 0, 0, 0);
  return 0;
}
