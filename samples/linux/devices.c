/*
 * Device nodes made by mknod(2), in a folder where that may be done, and names in /dev, without a C library. Every line it prints is the same in each run;
 * natively as root.
 */
#include "sys.h"

enum { NR_open = 5, NR_unlink = 10, NR_mknod = 14, NR_rename = 38, NR_mkdir = 39, NR_rmdir = 40, NR_symlink = 83, NR_lstat64 = 196, NR_setresuid32 = 208, NR_socket = 359, NR_bind = 361,
  NR_connect = 362, NR_sendto = 369 };
enum { CHR = 020000, BLK = 060000, FIFO = 010000 };

static struct { u32 dev[2], pad, ino, mode, nlink, uid, gid, rdev[2], rest[14]; } st;
static char buffer[16];
static void node(const char *what, const char *name, int mode, int dev) {
  show(what, SYS(NR_mknod, name, mode, dev, 0, 0));
  SYS(NR_lstat64, name, &st, 0, 0, 0);
  show("  mode", (long)st.mode);
  show("  device", (long)st.rdev[0]);
}

int main_(void) {
  struct { unsigned short family; char name[20]; } a = {1, "/dev/lift86-log"};
  node("null", "null", CHR | 0666, 0x103);
  int f = (int)SYS(NR_open, "null", 2, 0, 0, 0);
  show("write", SYS(NR_write, f, "x", 1, 0, 0));
  show("read", SYS(NR_read, f, buffer, 1, 0, 0));
  node("full", "full", CHR | 0600, 0x107);
  f = (int)SYS(NR_open, "full", 2, 0, 0, 0);
  show("write", SYS(NR_write, f, "x", 1, 0, 0));
  show("read", SYS(NR_read, f, buffer, 3, 0, 0));
  show("again", SYS(NR_mknod, "full", CHR | 0600, 0x107, 0, 0));
  node("nothing known", "other", CHR | 0600, 0xf0c8);
  show("open", SYS(NR_open, "other", 0, 0, 0, 0));
  node("a pipe has no number", "fifo", FIFO | 0600, 0x103);
  long child = SYS(NR_fork, 0, 0, 0, 0, 0);
  if (child == 0) {
    SYS(NR_setresuid32, 1000, 1000, 1000, 0, 0);
    show("not root", SYS(NR_mknod, "/tmp/lift86-no", CHR | 0600, 0x103, 0, 0));
    show("not there", SYS(NR_open, "/dev/lift86-no", 0101, 0600, 0, 0));
    SYS(NR_exit_group, 0, 0, 0, 0, 0);
  }
  SYS(NR_waitpid, child, 0, 0, 0, 0);
  show("names", SYS(NR_unlink, "null", 0, 0, 0, 0) | SYS(NR_unlink, "full", 0, 0, 0, 0) | SYS(NR_unlink, "other", 0, 0, 0, 0) | SYS(NR_unlink, "fifo", 0, 0, 0, 0));
  int s = (int)SYS(NR_socket, 1, 2, 0, 0, 0), c = (int)SYS(NR_socket, 1, 2, 0, 0, 0);
  show("a socket in /dev", SYS(NR_bind, s, &a, 17, 0, 0));
  show("connect", SYS(NR_connect, c, &a, 17, 0, 0));
  show("send", SYS(NR_write, c, "message", 7, 0, 0));
  show("received", SYS(NR_read, s, buffer, 16, 0, 0));
  show("a folder", SYS(NR_mkdir, "/dev/lift86-folder", 0700, 0, 0, 0));
  show("moved there", SYS(NR_rename, "/dev/lift86-log", "/dev/lift86-folder/log", 0, 0, 0));
  show("a link", SYS(NR_symlink, "null", "/dev/lift86-null", 0, 0, 0));
  f = (int)SYS(NR_open, "/dev/lift86-null", 1, 0, 0, 0);
  show("through it", SYS(NR_write, f, "x", 1, 0, 0));
  show("all gone", SYS(NR_unlink, "/dev/lift86-folder/log", 0, 0, 0, 0) | SYS(NR_rmdir, "/dev/lift86-folder", 0, 0, 0, 0) | SYS(NR_unlink, "/dev/lift86-null", 0, 0, 0, 0));
  return 0;
}
