/*
 * POSIX message queues as files of /dev/mqueue, without a C library: listed, read, opened, made, changed and removed. Every line it prints is the same in
 * each run; natively it needs mqueuefs on /dev/mqueue and no queues but its own.
 */
#include "sys.h"

enum { NR_open = 5, NR_link = 9, NR_unlink = 10, NR_chmod = 15, NR_utime = 30, NR_rename = 38, NR_mkdir = 39, NR_rmdir = 40, NR_symlink = 83, NR_ftruncate = 93, NR_statfs = 99,
  NR_stat64 = 195, NR_fstat64 = 197, NR_getdents64 = 220, NR_mq_open = 277, NR_mq_unlink = 278, NR_mq_timedsend = 279, NR_mq_timedreceive = 280 };
enum { RDONLY = 0, WRONLY = 1, RDWR = 2, CREAT = 0100, EXCL = 0200, TRUNC = 01000, DIRECTORY = 0200000 };

#define ROOT "/dev/mqueue"
#define ONE ROOT "/lift86-one"
#define TWO ROOT "/lift86-two"

static char text[8192];

static long open_(const char *path, int flags) { return SYS(NR_open, path, flags, 0644, 0, 0); }
static u32 *stat_(const char *path) {
  static u32 stat[24];
  memset_(stat, 0, sizeof stat);
  show("stat", SYS(NR_stat64, path, stat, 0, 0, 0));
  return stat;
}
/* Names are sorted: Linux lists the newest first. */
static void list(void) {
  static char names[4][32];
  static unsigned char types[4];
  int fd = (int)open_(ROOT, RDONLY | DIRECTORY), n = 0;
  long bytes;
  while ((bytes = SYS(NR_getdents64, fd, text, sizeof text, 0, 0)) > 0)
    for (long at = 0; at < bytes; at += *(unsigned short *)(text + at + 16)) {
      char *name = text + at + 19;
      if (*name == '.' || n == 4) continue;
      int i = n++;
      for (; i > 0 && names[i - 1][7] > name[7]; i--) {
        types[i] = types[i - 1];
        for (int k = 0; k < 32; k++) names[i][k] = names[i - 1][k];
      }
      types[i] = (unsigned char)text[at + 18];
      for (int k = 0; k < 31; k++)
        if (!(names[i][k] = name[k])) break;
    }
  SYS(NR_close, fd, 0, 0, 0, 0);
  show("names", n);
  for (int i = 0; i < n; i++) {
    print("  ");
    show(names[i], types[i]);
  }
}
static void contents(int fd) {
  long n = SYS(NR_read, fd, text, 100, 0, 0);
  if (n < 0) show("read", n);
  else SYS(NR_write, 1, text, n, 0, 0);
}

int main_(void) {
  SYS(NR_mq_unlink, "lift86-one", 0, 0, 0, 0);
  SYS(NR_mq_unlink, "lift86-two", 0, 0, 0, 0);
  u32 *s = stat_(ROOT);
  show("  mode", (long)s[4]);
  show("  links", (long)s[5]);
  show("  size", (long)s[11]);
  list();
  u32 size[8] = {0, 3, 20};
  int q = (int)SYS(NR_mq_open, "lift86-one", RDWR | CREAT | EXCL, 0640, size, 0);
  show("open", q > 2);
  int two = (int)open_(TWO, RDWR | CREAT);
  show("make by path", two > 2);
  show("once more", open_(TWO, RDWR | CREAT | EXCL));
  list();
  show("size of the directory", (long)stat_(ROOT)[11]);
  s = stat_(ONE);
  show("  mode", (long)s[4]);
  show("  size", (long)s[11]);
  u32 open_stat[24];
  SYS(NR_fstat64, q, open_stat, 0, 0, 0);
  show("  the same file as its descriptor", open_stat[22] == s[22] && open_stat[0] == s[0]);
  show("send", SYS(NR_mq_timedsend, q, "hello", 5, 2, 0));
  int r = (int)open_(ONE, RDONLY);
  contents(r);
  contents(r);
  show("receive by path", SYS(NR_mq_timedreceive, r, text, 20, 0, 0));
  show("write", SYS(NR_write, q, "x", 1, 0, 0));
  contents((int)open_(ONE, WRONLY));
  contents(two);
  show("a default queue takes 8 KiB", SYS(NR_mq_timedsend, two, text, 8192, 0, 0));
  show("  not more", SYS(NR_mq_timedsend, two, text, 8193, 0, 0));
  show("none", open_(ROOT "/lift86-none", RDONLY));
  show("as a directory", open_(ONE, RDONLY | DIRECTORY));
  show("below it", open_(ONE "/x", RDONLY));
  show("chmod", SYS(NR_chmod, ONE, 0600, 0, 0, 0));
  u32 times[2] = {5, 6};
  show("utime", SYS(NR_utime, ONE, times, 0, 0, 0));
  s = stat_(ONE);
  show("  mode", (long)s[4]);
  show("  read", (long)s[16]);
  show("  written", (long)s[18]);
  show("link", SYS(NR_link, ONE, ROOT "/lift86-three", 0, 0, 0));
  show("rename", SYS(NR_rename, ONE, ROOT "/lift86-three", 0, 0, 0));
  show("mkdir", SYS(NR_mkdir, ROOT "/d", 0700, 0, 0, 0));
  show("symlink", SYS(NR_symlink, "x", ROOT "/s", 0, 0, 0));
  show("rmdir", SYS(NR_rmdir, ONE, 0, 0, 0, 0));
  u32 statfs[16];
  show("statfs", SYS(NR_statfs, ROOT, statfs, 0, 0, 0));
  show("  magic", (long)statfs[0]);
  show("unlink", SYS(NR_unlink, ONE, 0, 0, 0, 0));
  show("its name", SYS(NR_mq_open, "lift86-one", RDWR, 0, 0, 0));
  show("it goes on", SYS(NR_mq_timedsend, q, "x", 1, 0, 0));
  show("mq_unlink", SYS(NR_mq_unlink, "lift86-two", 0, 0, 0, 0));
  list();
  return 0;
}
