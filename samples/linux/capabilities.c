/*
 * Capabilities without a C library: what root has, what stays when users change and programs start, and what they are good for. Every line it prints is the
 * same in each run; natively as root, with all of them.
 */
#include "sys.h"

enum { NR_open = 5, NR_execve = 11, NR_chmod = 15, NR_chown32 = 212, NR_prctl = 172, NR_capget = 184, NR_capset = 185, NR_setresuid32 = 208, NR_setfsuid32 = 215, NR_setgroups32 = 206,
  NR_setreuid32 = 203, NR_nice = 34, NR_chroot = 61, NR_access = 33, NR_unlink = 10, NR_setresgid32 = 210, NR_readlink = 85 };
enum { KEEP = 8, READ = 23, DROP = 24, AMBIENT = 47, IS_SET = 1, RAISE = 2, LOWER = 3, CLEAR = 4 };

static u32 head[2] = {0x20080522, 0}, data[6];
static long get(void) { return SYS(NR_capget, head, data, 0, 0, 0); }
static long set(u32 effective, u32 permitted, u32 inheritable) {
  u32 d[6] = {effective, permitted, inheritable};
  return SYS(NR_capset, head, d, 0, 0, 0);
}
static void sets(const char *what) {
  print(what);
  print("\n");
  get();
  show("  effective", (long)data[0]);
  show("  permitted", (long)data[1]);
  show("  inheritable", (long)data[2]);
  show("  ambient", SYS(NR_prctl, AMBIENT, IS_SET, 10, 0, 0));
}
static long child(void) { return SYS(NR_fork, 0, 0, 0, 0, 0); }
static void end(long c) {
  if (c == 0) SYS(NR_exit_group, 0, 0, 0, 0, 0);
  SYS(NR_waitpid, c, 0, 0, 0, 0);
}
static long users(long r, long e, long s) { return SYS(NR_setresuid32, r, e, s, 0, 0); }
/* This program once more, which says what it has. */
static void again(void) {
  static char me[200];
  long n = SYS(NR_readlink, "/proc/self/exe", me, sizeof me - 1, 0, 0);
  me[n < 0 ? 0 : n] = 0;
  char *args[] = {me, "again!", 0}, *none[] = {0};
  show("execve", SYS(NR_execve, me, args, none, 0, 0));
}

int main_(void) {
  static char line[300];
  long n = SYS(NR_read, SYS(NR_open, "/proc/self/cmdline", 0, 0, 0, 0), line, sizeof line, 0, 0);
  if (n > 6 && line[n - 2] == '!') {
    sets("after execve");
    return 0;
  }
  get();
  show("all", data[0] == data[1] && (data[0] & 0xe1fff) == 0xe1fff);
  show("version", (head[0] = 1, SYS(NR_capget, head, data, 0, 0, 0)));
  show("  is", (long)head[0]);
  show("bounding", SYS(NR_prctl, READ, 7, 0, 0, 0));
  show("no such", SYS(NR_prctl, READ, 99, 0, 0, 0));
  long c = child();
  if (c == 0) {
    users(1000, 1000, 1000);
    sets("a user");
    show("one of them", set(1, 1, 0));
    show("chroot", SYS(NR_chroot, "/", 0, 0, 0, 0));
  }
  end(c);
  if ((c = child()) == 0) {
    users(-1, 1000, -1);
    get();
    show("only its effective user", data[0] == 0 && data[1] != 0);
    show("back", users(-1, 0, -1));
    get();
    show("  all", data[0] == data[1]);
  }
  end(c);
  if ((c = child()) == 0) {
    show("keep", SYS(NR_prctl, KEEP, 1, 0, 0, 0));
    SYS(NR_setresgid32, 1000, 1000, 1000, 0, 0), SYS(NR_setgroups32, 0, 0, 0, 0, 0);
    users(1000, 1000, 1000);
    get();
    show("  permitted", data[1] != 0);
    show("  effective", (long)data[0]);
    show("bind to ports and search", set(1 << 10 | 1 << 2, 1 << 10 | 1 << 2 | 1 << 7, 1 << 10));
    sets("chosen");
    show("more", set(1 << 10 | 1, 1 << 10 | 1, 0));
    show("setuid without it", users(1001, 1001, 1001));
    show("with it", set(1 << 10 | 1 << 7 | 1 << 2, 1 << 10 | 1 << 7 | 1 << 2, 1 << 10) | users(1001, 1001, 1001));
    show("raise", SYS(NR_prctl, AMBIENT, RAISE, 10, 0, 0));
    show("raise what is not inheritable", SYS(NR_prctl, AMBIENT, RAISE, 7, 0, 0));
    sets("before execve");
    again();
  }
  end(c);
  if ((c = child()) == 0) {
    show("drop", SYS(NR_prctl, DROP, 21, 0, 0, 0) | SYS(NR_prctl, READ, 21, 0, 0, 0));
    show("none", set(0, 0, 0));
    show("chroot", SYS(NR_chroot, "/", 0, 0, 0, 0));
    show("drop more", SYS(NR_prctl, DROP, 20, 0, 0, 0));
    SYS(NR_close, SYS(NR_open, "mine", 0101, 0, 0, 0), 0, 0, 0, 0);
    show("its own without a mode", SYS(NR_open, "mine", 0, 0, 0, 0));
    show("give it away", SYS(NR_chown32, "mine", 1000, -1, 0, 0));
    show("chmod", SYS(NR_chmod, "mine", 0400, 0, 0, 0));
    show("now", SYS(NR_open, "mine", 0, 0, 0, 0) > 0);
    show("users", users(1000, 1000, 1000));
  }
  end(c);
  if ((c = child()) == 0) {
    SYS(NR_setfsuid32, 1000, 0, 0, 0, 0);
    get();
    show("another's files", (long)(data[0] & 0x800021f));
    show("  the rest", (data[0] & 0xc0) == 0xc0);
    SYS(NR_setfsuid32, 0, 0, 0, 0, 0);
    get();
    show("root's again", (data[0] & 0x21f) == 0x21f);
  }
  end(c);
  show("gone", SYS(NR_unlink, "mine", 0, 0, 0, 0));
  return 0;
}
