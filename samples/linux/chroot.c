/*
 * chroot(2) without a C library, in a folder where it may make directories. Every line it prints is the same in each run; natively as root.
 */
#include "sys.h"

enum { NR_open = 5, NR_unlink = 10, NR_chdir = 12, NR_mkdir = 39, NR_rmdir = 40, NR_chroot = 61, NR_symlink = 83, NR_readlink = 85, NR_fchdir = 133, NR_getcwd = 183, NR_setresuid32 = 208,
  NR_access = 33 };

static char text[300];
static void where(void) {
  long n = SYS(NR_getcwd, text, sizeof text, 0, 0, 0);
  print("here: ");
  if (n > 13 && text[1] == 'u') text[13] = 0;
  print(n > 0 ? text : "nowhere");
  print("\n");
}
static long there(const char *path) { return SYS(NR_access, path, 0, 0, 0, 0); }
static void file(const char *path) { SYS(NR_close, SYS(NR_open, path, 0102, 0600, 0, 0), 0, 0, 0, 0); }

int main_(void) {
  SYS(NR_mkdir, "jail", 0755, 0, 0, 0);
  SYS(NR_mkdir, "jail/in", 0755, 0, 0, 0);
  file("jail/in/deep");
  file("jail/top");
  file("outside");
  show("links", SYS(NR_symlink, "/in/deep", "jail/absolute", 0, 0, 0) | SYS(NR_symlink, "../../../../in", "jail/in/up", 0, 0, 0) | SYS(NR_symlink, "/../outside", "jail/out", 0, 0, 0));
  show("no such", SYS(NR_chroot, "missing", 0, 0, 0, 0));
  show("a file", SYS(NR_chroot, "outside", 0, 0, 0, 0));
  int out = (int)SYS(NR_open, ".", 0, 0, 0, 0);
  long child = SYS(NR_fork, 0, 0, 0, 0, 0);
  if (child == 0) {
    show("chroot", SYS(NR_chroot, "jail", 0, 0, 0, 0));
    where();
    show("top", there("/top"));
    show("through a link", there("/absolute"));
    show("outside by the working directory", there("outside"));
    show("in", SYS(NR_chdir, "/in", 0, 0, 0, 0));
    where();
    show("up", there("../top"));
    show("further up", there("../../../top"));
    show("outside", there("../../outside"));
    show("a link upwards", there("up/deep"));
    show("a link outside", there("/out"));
    show("back", SYS(NR_fchdir, out, 0, 0, 0, 0));
    where();
    show("outside by a descriptor", there("outside"));
    show("up from there", there("../../../../../in/deep"));
    SYS(NR_chdir, "/", 0, 0, 0, 0);
    show("another in it", SYS(NR_chroot, "in", 0, 0, 0, 0));
    show("deep", there("/deep"));
    where();
    show("by its directory", there("top"));
    SYS(NR_chdir, "/", 0, 0, 0, 0);
    where();
    long grandchild = SYS(NR_fork, 0, 0, 0, 0, 0);
    if (grandchild == 0) {
      show("inherited", there("/deep"));
      SYS(NR_setresuid32, 1000, 1000, 1000, 0, 0);
      show("not root", SYS(NR_chroot, "/", 0, 0, 0, 0));
      SYS(NR_exit_group, 0, 0, 0, 0, 0);
    }
    SYS(NR_waitpid, grandchild, 0, 0, 0, 0);
    SYS(NR_exit_group, 0, 0, 0, 0, 0);
  }
  SYS(NR_waitpid, child, 0, 0, 0, 0);
  show("its parent's root", there("jail/top"));
  long n = SYS(NR_readlink, "/proc/self/root", text, 10, 0, 0);
  text[n < 0 ? 0 : n] = 0;
  print(text);
  print("\n");
  SYS(NR_unlink, "jail/absolute", 0, 0, 0, 0), SYS(NR_unlink, "jail/in/up", 0, 0, 0, 0), SYS(NR_unlink, "jail/out", 0, 0, 0, 0), SYS(NR_unlink, "jail/in/deep", 0, 0, 0, 0);
  SYS(NR_unlink, "jail/top", 0, 0, 0, 0), SYS(NR_unlink, "outside", 0, 0, 0, 0), SYS(NR_rmdir, "jail/in", 0, 0, 0, 0);
  show("all gone", SYS(NR_rmdir, "jail", 0, 0, 0, 0));
  return 0;
}
