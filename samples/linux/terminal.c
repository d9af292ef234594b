/* A pseudo-terminal from both sides, without a C library: lines and their editing, raw reads with VMIN and VTIME, Ctrl-S, packet mode. */
#include "sys.h"

enum { NR_open = 5, NR_ioctl = 54, NR_poll = 168, NR_fcntl = 55, NR_setsid = 66 };
enum { TCGETS = 0x5401, TCSETS = 0x5402, TCXONC = 0x540a, TCFLSH = 0x540b, TIOCPKT = 0x5420, TIOCGPTN = 0x80045430, TIOCSPTLCK = 0x40045431, TIOCGPKT = 0x80045438, FIONREAD = 0x541b, TIOCEXCL = 0x540c };
enum { ICANON = 2, ECHO = 8, ISIG = 1, IXON = 0x400, TIME = 5, MIN = 6, IXANY = 0x800 };

struct termios { u32 i, o, c, l; unsigned char line, cc[19]; };
struct pollfd { int fd; short events, revents; };

static int m, s;
static char buffer[300];
static struct termios t;

/* Bytes as text, control characters as ^X. */
static void bytes(const char *what, long n) {
  static char line[1000];
  u32 k = 0;
  show(what, n);
  if (n <= 0) return;
  line[k++] = ' ', line[k++] = ' ';
  for (long i = 0; i < n; i++) {
    unsigned char b = (unsigned char)buffer[i];
    if (b < 32) line[k++] = '^', line[k++] = (char)(b + 64);
    else line[k++] = (char)b;
  }
  line[k++] = '\n';
  SYS(NR_write, 1, line, k, 0, 0);
}
static void type(const char *text) { SYS(NR_write, m, text, length(text), 0, 0); }
static void fromMaster(const char *what) { bytes(what, SYS(NR_read, m, buffer, sizeof buffer, 0, 0)); }
static void fromSlave(const char *what, u32 n) { bytes(what, SYS(NR_read, s, buffer, n, 0, 0)); }
static void set(void) { SYS(NR_ioctl, s, TCSETS, &t, 0, 0); }
static void ready(const char *what, int fd) {
  struct pollfd p = {fd, 7, 0};
  SYS(NR_poll, &p, 1, 0, 0, 0);
  show(what, p.revents);
}

int main_(void) {
  int n = -1, zero = 0, one = 1;
  m = (int)SYS(NR_open, "/dev/ptmx", 2 | 0400, 0, 0, 0);
  SYS(NR_ioctl, m, TIOCSPTLCK, &zero, 0, 0);
  SYS(NR_ioctl, m, TIOCGPTN, &n, 0, 0);
  char name[16] = "/dev/pts/";
  u32 k = 9;
  if (n > 9) name[k++] = (char)('0' + n / 10);
  name[k] = (char)('0' + n % 10);
  s = (int)SYS(NR_open, name, 2 | 0400, 0, 0, 0);
  show("open", m > 2 && s > 2);
  SYS(NR_ioctl, s, TCGETS, &t, 0, 0);
  type("lyne\x7f\x7f\x7fine one\rtwo wor\x17words\r");
  fromMaster("echo");
  fromSlave("a line", 300);
  fromSlave("part of the next", 4);
  fromSlave("the rest", 300);
  type("a\x16\x03z\r");
  fromMaster("echo of a literal key");
  fromSlave("line", 300);
  type("re\x12x\x15new\r");
  fromMaster("echo of a line that is shown again and killed");
  fromSlave("line", 300);
  type("end\x04");
  fromSlave("without its end", 300);
  type("\x04");
  fromSlave("end of file", 300);
  fromMaster("echo");
  /* Raw. */
  t.l &= ~(u32)(ICANON | ECHO);
  t.cc[MIN] = 0, t.cc[TIME] = 0;
  set();
  fromSlave("MIN 0 TIME 0", 10);
  t.cc[TIME] = 1;
  set();
  fromSlave("MIN 0 TIME 1", 10);
  type("x");
  fromSlave("  with a key", 10);
  t.cc[MIN] = 3;
  set();
  type("ab");
  fromSlave("MIN 3 TIME 1, two keys", 10);
  type("abcd");
  fromSlave("  four keys", 10);
  long child = SYS(NR_fork, 0, 0, 0, 0, 0);
  if (child == 0) {
    int ts[2] = {0, 50000000};
    SYS(NR_nanosleep, ts, 0, 0, 0, 0);
    type("k");
    SYS(NR_exit_group, 0, 0, 0, 0, 0);
  }
  fromSlave("  one key after a while", 10);
  SYS(NR_waitpid, child, 0, 0, 0, 0);
  t.cc[TIME] = 0;
  set();
  type("1");
  SYS(NR_fcntl, s, 4, 2 | 04000, 0, 0);
  show("MIN 3, one key, no waiting", SYS(NR_read, s, buffer, 10, 0, 0));
  type("23");
  fromSlave("  two more", 10);
  /* Ctrl-S and Ctrl-Q */
  t.cc[MIN] = 1;
  set();
  type("\x13");
  show("write while held", SYS(NR_write, s, "out", 3, 0, 0));
  ready("  poll", s);
  type("\x11");
  show("write", SYS(NR_write, s, "out", 3, 0, 0));
  fromMaster("  at the master");
  type("\x13");
  t.i |= IXANY;
  set();
  type("y");
  show("write after any key", SYS(NR_write, s, "any", 3, 0, 0));
  fromMaster("  at the master");
  fromSlave("  the key", 10);
  t.i &= ~(u32)IXANY;
  set();
  show("TCOOFF", SYS(NR_ioctl, s, TCXONC, 0, 0, 0));
  show("write", SYS(NR_write, s, "x", 1, 0, 0));
  show("TCOON", SYS(NR_ioctl, s, TCXONC, 1, 0, 0));
  show("write", SYS(NR_write, s, "x", 1, 0, 0));
  fromMaster("  at the master");
  show("TCXONC of nothing", SYS(NR_ioctl, s, TCXONC, 9, 0, 0));
  show("TCFLSH of nothing", SYS(NR_ioctl, s, TCFLSH, 9, 0, 0));
  /* Packet mode. */
  int packets = -1;
  show("TIOCPKT", SYS(NR_ioctl, m, TIOCPKT, &one, 0, 0));
  show("TIOCGPKT", SYS(NR_ioctl, m, TIOCGPKT, &packets, 0, 0));
  show("  is", packets);
  show("TIOCPKT of the slave", SYS(NR_ioctl, s, TIOCPKT, &one, 0, 0));
  SYS(NR_write, s, "data", 4, 0, 0);
  ready("poll", m);
  fromMaster("packet");
  type("\x13");
  ready("poll", m);
  fromMaster("packet: held");
  type("\x11");
  fromMaster("packet: goes on");
  t.i &= ~(u32)IXON;
  set();
  fromMaster("packet: no Ctrl-S");
  t.i |= IXON;
  set();
  fromMaster("packet: Ctrl-S again");
  SYS(NR_ioctl, s, TCFLSH, 0, 0, 0);
  fromMaster("packet: input thrown away");
  SYS(NR_write, s, "x", 1, 0, 0);
  fromMaster("packet");
  show("TIOCPKT", SYS(NR_ioctl, m, TIOCPKT, &zero, 0, 0));
  SYS(NR_write, s, "x", 1, 0, 0);
  fromMaster("no packet");
  child = SYS(NR_fork, 0, 0, 0, 0, 0);
  if (child == 0) {
    int ts[2] = {0, 50000000};
    SYS(NR_nanosleep, ts, 0, 0, 0, 0);
    SYS(NR_exit_group, 0, 0, 0, 0, 0);
  }
  SYS(NR_close, s, 0, 0, 0, 0);
  struct pollfd hangup = {m, 1, 0};
  show("poll until the other closes it", SYS(NR_poll, &hangup, 1, 5000, 0, 0));
  show("  events", hangup.revents);
  fromMaster("nobody there");
  ready("poll", m);
  return 0;
}
