/*
 * inotify without a C library, in a folder where it may make files. Every line it prints is the same in each run.
 */
#include "sys.h"

enum { NR_open = 5, NR_link = 9, NR_unlink = 10, NR_chmod = 15, NR_rename = 38, NR_mkdir = 39, NR_rmdir = 40, NR_dup = 41, NR_ioctl = 54, NR_symlink = 83, NR_truncate = 92,
  NR_poll = 168, NR_getdents64 = 220, NR_inotify_init = 291, NR_add = 292, NR_rm = 293, NR_init1 = 332, NR_utimensat = 320, NR_lseek = 19, NR_ftruncate = 93 };
enum { NONBLOCK = 04000, ALL = 0xfff, ONLYDIR = 0x1000000, CREATE_ONLY = 0x10000000, MASK_ADD = 0x20000000, ONESHOT = (int)0x80000000 };

struct event { int wd; u32 mask, cookie, length; char name[]; };
static char buffer[8192], other[64];
static int in;
static long add(const char *path, u32 mask) { return SYS(NR_add, in, path, mask, 0, 0); }
static void hex(u32 v) {
  char line[16];
  u32 n = 0;
  for (int i = 28; i >= 0; i -= 4) {
    u32 d = v >> i & 15;
    if (n || d || i == 0) line[n++] = (char)(d < 10 ? '0' + d : 'a' + d - 10);
  }
  line[n] = 0;
  print(line);
}
static u32 last_cookie;
static void events(const char *what) {
  print(what);
  print("\n");
  long n;
  while ((n = SYS(NR_read, in, buffer, sizeof buffer, 0, 0)) > 0) {
    for (struct event *e = (struct event *)buffer; (char *)e < buffer + n; e = (struct event *)((char *)e + sizeof *e + e->length)) {
      char digit[4] = {' ', ' ', (char)('0' + (e->wd < 0 ? 9 : e->wd)), 0};
      print(digit);
      print(" ");
      hex(e->mask);
      if (e->cookie) print(e->cookie == last_cookie ? " the same move" : " a move");
      last_cookie = e->cookie;
      if (e->length) {
        print(" ");
        print(e->name);
        show(" in", (long)e->length);
      } else print("\n");
    }
  }
  if (n != -11) show("  end", n);
}
static int open_(const char *path, int flags) { return (int)SYS(NR_open, path, flags, 0600, 0, 0); }
static void close_(int fd) { SYS(NR_close, fd, 0, 0, 0, 0); }

int main_(void) {
  show("flags", SYS(NR_init1, 7, 0, 0, 0, 0));
  in = (int)SYS(NR_init1, NONBLOCK, 0, 0, 0, 0);
  SYS(NR_mkdir, "watched", 0700, 0, 0, 0);
  SYS(NR_mkdir, "elsewhere", 0700, 0, 0, 0);
  close_(open_("before", 0101));
  show("nothing", add("watched", 0));
  show("missing", add("missing", ALL));
  show("no directory", add("before", ALL | ONLYDIR));
  show("both", add("watched", ALL | CREATE_ONLY | MASK_ADD));
  show("no such descriptor", SYS(NR_add, 99, "watched", ALL, 0, 0));
  show("not one of inotify", SYS(NR_add, 1, "watched", ALL, 0, 0));
  show("watch", add("watched", ALL));
  show("again", add("watched", ALL));
  show("only new ones", add("watched", ALL | CREATE_ONLY));
  show("another", add("elsewhere", 0xc0));
  events("nothing yet");
  int f = open_("watched/file", 0102);
  events("made");
  struct { int fd; short events, revents; } p = {in, 1, 0};
  show("poll", SYS(NR_poll, &p, 1, 0, 0, 0));
  SYS(NR_write, f, "abc", 3, 0, 0);
  show("poll", SYS(NR_poll, &p, 1, 0, 0, 0));
  int bytes = 0;
  SYS(NR_ioctl, in, 0x541b, &bytes, 0, 0);
  show("bytes", bytes);
  show("too little room", SYS(NR_read, in, buffer, 16, 0, 0));
  SYS(NR_write, f, "def", 3, 0, 0);
  events("written twice");
  SYS(NR_lseek, f, 0, 0, 0, 0);
  SYS(NR_read, f, other, 3, 0, 0);
  events("read");
  int copy = (int)SYS(NR_dup, f, 0, 0, 0, 0);
  close_(f);
  events("a copy is left");
  close_(copy);
  events("closed");
  close_(open_("watched/file", 0));
  events("opened and closed");
  close_(open_("watched/file", 01001));
  events("truncated by opening");
  SYS(NR_truncate, "watched/file", 10, 0, 0, 0);
  SYS(NR_chmod, "watched/file", 0644, 0, 0, 0);
  events("truncated, mode");
  long times[4] = {1, 0, 1, 0}, one[4] = {1, 0, 0, 0x3ffffffe};
  SYS(NR_utimensat, -100, "watched/file", times, 0, 0);
  SYS(NR_utimensat, -100, "watched/file", one, 0, 0);
  events("times");
  show("watch the file", add("watched/file", ALL));
  SYS(NR_link, "watched/file", "watched/link", 0, 0, 0);
  events("a second name");
  SYS(NR_rename, "watched/file", "elsewhere/moved", 0, 0, 0);
  events("moved away");
  SYS(NR_rename, "elsewhere/moved", "watched/back", 0, 0, 0);
  events("moved back");
  SYS(NR_unlink, "watched/back", 0, 0, 0, 0);
  events("one name less");
  f = open_("watched/link", 0);
  SYS(NR_unlink, "watched/link", 0, 0, 0, 0);
  events("no name, but open");
  close_(f);
  events("gone");
  show("its watch", SYS(NR_rm, in, 3, 0, 0, 0));
  SYS(NR_mkdir, "watched/folder", 0700, 0, 0, 0);
  show("the folder", add("watched/folder", ALL));
  close_(open_("watched/folder/in", 0101));
  events("a folder, a file in it");
  f = open_("watched/folder", 0);
  SYS(NR_getdents64, f, buffer, sizeof buffer, 0, 0);
  close_(f);
  events("listed");
  SYS(NR_unlink, "watched/folder/in", 0, 0, 0, 0);
  SYS(NR_rmdir, "watched/folder", 0, 0, 0, 0);
  events("removed");
  SYS(NR_symlink, "nowhere", "watched/symbolic", 0, 0, 0);
  SYS(NR_unlink, "watched/symbolic", 0, 0, 0, 0);
  events("a symbolic link");
  close_(open_("watched/a", 0101)), close_(open_("watched/b", 0101));
  add("watched/b", ALL);
  events("two files");
  SYS(NR_rename, "watched/a", "watched/b", 0, 0, 0);
  events("one over the other");
  show("once", add("watched", 0x200 | ONESHOT));
  SYS(NR_unlink, "watched/b", 0, 0, 0, 0);
  close_(open_("watched/c", 0101));
  SYS(NR_unlink, "watched/c", 0, 0, 0, 0);
  events("and no more");
  show("take it back", SYS(NR_rm, in, 2, 0, 0, 0));
  show("again", SYS(NR_rm, in, 2, 0, 0, 0));
  events("ignored");
  show("waiting", (in = (int)SYS(NR_inotify_init, 0, 0, 0, 0, 0)) > 0);
  add("watched", 0x100);
  long child = SYS(NR_fork, 0, 0, 0, 0, 0);
  if (child == 0) {
    long pause[2] = {0, 20000000};
    SYS(NR_nanosleep, pause, 0, 0, 0, 0);
    close_(open_("watched/by a child", 0101));
    SYS(NR_exit_group, 0, 0, 0, 0, 0);
  }
  show("read", SYS(NR_read, in, buffer, sizeof buffer, 0, 0));
  print(((struct event *)buffer)->name);
  print("\n");
  SYS(NR_waitpid, child, 0, 0, 0, 0);
  SYS(NR_unlink, "watched/by a child", 0, 0, 0, 0), SYS(NR_unlink, "before", 0, 0, 0, 0);
  show("all gone", SYS(NR_rmdir, "watched", 0, 0, 0, 0) | SYS(NR_rmdir, "elsewhere", 0, 0, 0, 0));
  return 0;
}
