/*
 * What /proc/net and NETLINK_SOCK_DIAG say of IPv4 sockets, without a C library. Every line it prints is the same in each run.
 */
#include "sys.h"

enum { NR_open = 5, NR_socket = 359, NR_bind = 361, NR_connect = 362, NR_listen = 363, NR_accept4 = 364, NR_getsockname = 367, NR_sendto = 369 };
enum { AF_INET = 2, AF_NETLINK = 16, STREAM = 1, DGRAM = 2, RAW = 3, SOCK_DIAG = 4, TCP = 6, UDP = 17 };

struct address { unsigned short family, port; u32 host; char rest[8]; };
static char text[1 << 16];
static u32 buffer[1 << 14];

/* The columns from the addresses to the queues of the line about a port. */
static void line(const char *table, u32 port) {
  char want[10] = "0100007F:";
  int fd = (int)SYS(NR_open, table, 0, 0, 0, 0), found = 0;
  long n = 0, r;
  while ((r = SYS(NR_read, fd, text + n, sizeof text - n, 0, 0)) > 0) n += r;
  SYS(NR_close, fd, 0, 0, 0, 0);
  for (long i = 0; i + 60 < n; i++) {
    u32 k = 0;
    while (k < 9 && text[i + k] == want[k]) k++;
    if (k < 9 || text[i - 1] != ' ' || text[i - 2] != ':') continue;
    u32 p = 0;
    for (k = 9; k < 13; k++) p = p * 16 + (u32)(text[i + k] - (text[i + k] > '9' ? 'A' - 10 : '0'));
    if (p != port) continue;
    print(table);
    print(" ");
    /* to anybody, or to a port that is another each time */
    SYS(NR_write, 1, text + i + 13, text[i + 14] == '0' && text[i + 15] == '0' ? 37 : 9, 0, 0);
    SYS(NR_write, 1, text + i + 27, 21, 0, 0);
    print("\n");
    found++;
  }
  if (!found) show(table, 0);
}

static void diag(int d, u32 protocol, u32 states, u32 port) {
  u32 ask[18] = {72, 20 | 0x301 << 16, 5, 0, AF_INET | protocol << 8, states};
  sys6(NR_sendto, d, (long)ask, 72, 0, 0, 0);
  for (int end = 0; !end;) {
    long n = SYS(NR_read, d, buffer, sizeof buffer, 0, 0);
    for (u32 *m = buffer; (char *)m < (char *)buffer + n; m += (*m + 3) / 4) {
      if ((m[1] & 0xffff) == 3) end = 1;
      if ((m[1] & 0xffff) != 20 || (m[5] & 0xffff) != port) continue;
      show("family and state", (long)(m[4] & 0xffff));
      show("  from the loopback", m[6] == 0x0100007f);
      show("  to somebody", m[5] >> 16 != 0);
      show("  received", (long)m[18]);
      if (states == 1 << 10) show("  backlog", (long)m[19]);
    }
  }
}

static u32 swap(u32 port) { return (port & 0xff) << 8 | port >> 8; }

int main_(void) {
  struct address a = {AF_INET, 0, 0x0100007f, {0}}, b = a;
  int size = sizeof a, l = (int)SYS(NR_socket, AF_INET, STREAM, 0, 0, 0), d = (int)SYS(NR_socket, AF_NETLINK, RAW, SOCK_DIAG, 0, 0);
  SYS(NR_bind, l, &a, sizeof a, 0, 0);
  SYS(NR_listen, l, 5, 0, 0, 0);
  SYS(NR_getsockname, l, &a, &size, 0, 0);
  line("/proc/net/tcp", swap(a.port));
  diag(d, TCP, 1 << 10, a.port);
  int c = (int)SYS(NR_socket, AF_INET, STREAM, 0, 0, 0), u = (int)SYS(NR_socket, AF_INET, DGRAM, 0, 0, 0);
  show("connect", SYS(NR_connect, c, &a, sizeof a, 0, 0));
  int s = (int)SYS(NR_accept4, l, 0, 0, 0, 0);
  SYS(NR_getsockname, c, &b, &size, 0, 0);
  line("/proc/net/tcp", swap(b.port));
  diag(d, TCP, 1 << 1, b.port);
  SYS(NR_close, l, 0, 0, 0, 0), SYS(NR_close, c, 0, 0, 0, 0), SYS(NR_close, s, 0, 0, 0, 0);
  b.port = 0;
  show("udp", SYS(NR_bind, u, &b, sizeof b, 0, 0));
  SYS(NR_getsockname, u, &b, &size, 0, 0);
  line("/proc/net/udp", swap(b.port));
  diag(d, UDP, 1 << 7, b.port);
  SYS(NR_close, u, 0, 0, 0, 0);
  line("/proc/net/udp", swap(b.port));
  return 0;
}
