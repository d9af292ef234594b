/* Files without a name (O_TMPFILE), and extended attributes, which this file system need not have: in the current directory, which must be empty. */
#include "sys.h"

enum { NR_open = 5, NR_unlink = 10, NR_lseek = 19, NR_link = 9, NR_mkdir = 39, NR_rmdir = 40, NR_fstat64 = 197, NR_getdents64 = 220, NR_linkat = 303, NR_openat = 295, NR_ftruncate = 93,
  NR_listxattr = 232, NR_flistxattr = 234, NR_getxattr = 229, NR_chmod = 15, NR_fchmod = 94, NR_fchown32 = 207, NR_socketpair = 360, NR_umask = 60 };
enum { TMPFILE = 020200000, DIRECTORY = 0200000, RDWR = 2, WRONLY = 1, CREAT = 0100, EXCL = 0200 };

static char buffer[4096];

static void report(const char *what, int fd) {
  char s[96];
  show(what, SYS(NR_fstat64, fd, s, 0, 0, 0));
  show("  mode", *(int *)(s + 16));
  show("  links", *(int *)(s + 20));
  show("  size", *(int *)(s + 44));
}

static void names(const char *what) {
  long fd = SYS(NR_open, ".", DIRECTORY, 0, 0, 0);
  long n = SYS(NR_getdents64, fd, buffer, sizeof buffer, 0, 0), count = 0;
  for (long at = 0; at < n; at += *(unsigned short *)(buffer + at + 16)) count++;
  SYS(NR_close, fd, 0, 0, 0, 0);
  show(what, count - 2);
}

static char *linkTo(int fd) {
  static char path[32];
  const char *head = "/proc/self/fd/";
  u32 n = 0;
  while (head[n]) path[n] = head[n], n++;
  if (fd > 9) path[n++] = (char)('0' + fd / 10);
  path[n++] = (char)('0' + fd % 10);
  path[n] = 0;
  return path;
}

int main_(void) {
  SYS(NR_umask, 022, 0, 0, 0, 0);
  show("to read", SYS(NR_open, ".", TMPFILE, 0600, 0, 0));
  show("to create", SYS(NR_open, ".", TMPFILE | CREAT | RDWR, 0600, 0, 0));
  show("no directory there", SYS(NR_open, "nothing", TMPFILE | RDWR, 0600, 0, 0));
  int a = (int)SYS(NR_open, ".", TMPFILE | RDWR, 0666, 0, 0);
  show("open", a > 2);
  show("in no directory", SYS(NR_openat, a, "x", TMPFILE | RDWR, 0600, 0));
  show("write", SYS(NR_write, a, "content", 7, 0, 0));
  report("stat", a);
  names("names");
  show("mkdir", SYS(NR_mkdir, "d", 0700, 0, 0, 0));
  show("linkat", SYS(NR_linkat, -100, linkTo(a), -100, "d/made", 0x400));
  report("stat", a);
  show("linkat again", SYS(NR_linkat, -100, linkTo(a), -100, "d/made", 0x400));
  show("write", SYS(NR_write, a, " more", 5, 0, 0));
  SYS(NR_close, a, 0, 0, 0, 0);
  a = (int)SYS(NR_open, "d/made", 0, 0, 0, 0);
  memset_(buffer, 0, 64);
  show("read", SYS(NR_read, a, buffer, 64, 0, 0));
  print(buffer);
  print("\n");
  report("stat", a);
  SYS(NR_close, a, 0, 0, 0, 0);
  int b = (int)SYS(NR_open, "d", TMPFILE | WRONLY | EXCL, 0777, 0, 0);
  show("open", b > 2);
  report("stat", b);
  show("linkat", SYS(NR_linkat, -100, linkTo(b), -100, "d/other", 0x400));
  int c = (int)SYS(NR_open, linkTo(b), RDWR, 0, 0, 0);
  show("opened again", c > 2);
  SYS(NR_write, c, "abc", 3, 0, 0);
  SYS(NR_close, b, 0, 0, 0, 0);
  report("stat", c);
  SYS(NR_close, c, 0, 0, 0, 0);
  int ends[2], sockets[2];
  show("pipe", SYS(NR_pipe, ends, 0, 0, 0, 0));
  show("fchmod", SYS(NR_fchmod, ends[0], 0640, 0, 0, 0));
  show("fchown", SYS(NR_fchown32, ends[0], -1, -1, 0, 0));
  report("the other end", ends[1]);
  show("socketpair", SYS(NR_socketpair, 1, 1, 0, sockets, 0));
  show("fchmod", SYS(NR_fchmod, sockets[0], 0200, 0, 0, 0));
  report("the one", sockets[0]);
  report("the other", sockets[1]);
  show("unlink", SYS(NR_unlink, "d/made", 0, 0, 0, 0));
  show("rmdir", SYS(NR_rmdir, "d", 0, 0, 0, 0));
  names("names");
  long n = SYS(NR_listxattr, ".", buffer, sizeof buffer, 0, 0);
  show("listxattr", n);
  show("listxattr of nothing", SYS(NR_listxattr, "nothing", buffer, sizeof buffer, 0, 0));
  show("flistxattr of nothing", SYS(NR_flistxattr, 77, buffer, sizeof buffer, 0, 0));
  show("getxattr of nothing", SYS(NR_getxattr, "nothing", "user.x", buffer, sizeof buffer, 0));
  return 0;
}
