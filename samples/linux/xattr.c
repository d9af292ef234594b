/* Extended attributes of files, directories, symlinks and a pipe, in the working directory. */
#include "sys.h"

enum { NR_open = 5, NR_unlink = 10, NR_chmod = 15, NR_mkdir = 39, NR_rmdir = 40, NR_symlink = 83, NR_link = 9, NR_rename = 38 };
enum { SET = 226, LSET, FSET, GET, LGET, FGET, LIST, LLIST, FLIST, REMOVE, LREMOVE, FREMOVE };
enum { O_CREAT = 0100, O_PATH = 010000000 };

static char buffer[70000], name[300];

static int listed(long n, const char *wanted) {
  for (long i = 0; i < n; i += length(buffer + i) + 1) {
    u32 k = 0;
    while (wanted[k] && wanted[k] == buffer[i + k]) k++;
    if (!wanted[k] && !buffer[i + k]) return 1;
  }
  return 0;
}

int main_(void) {
  long fd = SYS(NR_open, "x-file", O_CREAT | 2, 0644, 0, 0);
  show("list of none", SYS(LIST, "x-file", buffer, sizeof buffer, 0, 0));
  show("get of none", SYS(GET, "x-file", "user.a", buffer, 100, 0));
  show("set", SYS(SET, "x-file", "user.a", "hello", 5, 0));
  show("length", SYS(GET, "x-file", "user.a", 0, 0, 0));
  show("too small", SYS(GET, "x-file", "user.a", buffer, 4, 0));
  show("get", SYS(FGET, fd, "user.a", buffer, 100, 0));
  buffer[5] = 0;
  print(buffer);
  print("\n");
  show("create what is there", SYS(SET, "x-file", "user.a", "x", 1, 1));
  show("replace", SYS(SET, "x-file", "user.a", "xy", 2, 2));
  show("replace what is not there", SYS(SET, "x-file", "user.b", "xy", 2, 2));
  show("both", SYS(SET, "x-file", "user.b", "xy", 2, 3));
  show("create", SYS(FSET, fd, "user.b", "", 0, 1));
  show("unknown flag", SYS(SET, "x-file", "user.b", "xy", 2, 4));
  long n = SYS(FLIST, fd, buffer, sizeof buffer, 0, 0);
  show("list", n);
  show("user.a", listed(n, "user.a"));
  show("user.b", listed(n, "user.b"));
  show("length of the list", SYS(LIST, "x-file", 0, 0, 0, 0));
  show("list too small", SYS(LIST, "x-file", buffer, 13, 0, 0));
  show("empty value", SYS(GET, "x-file", "user.b", buffer, 10, 0));
  show("no name", SYS(SET, "x-file", "", "x", 1, 0));
  show("only a prefix", SYS(SET, "x-file", "user.", "x", 1, 0));
  show("no prefix", SYS(SET, "x-file", "a", "x", 1, 0));
  show("other prefix", SYS(SET, "x-file", "other.a", "x", 1, 0));
  show("get with other prefix", SYS(GET, "x-file", "other.a", buffer, 1, 0));
  for (int i = 0; i < 256; i++) name[i] = "user."[i < 4 ? i : 4];
  show("long name", SYS(SET, "x-file", name, "x", 1, 0));
  show("long value", SYS(SET, "x-file", "user.c", buffer, 65537, 0));
  show("bad value", SYS(SET, "x-file", "user.c", 16, 1, 0));
  show("bad buffer", SYS(GET, "x-file", "user.a", 16, 2, 0));
  show("nothing there", SYS(SET, "x-nothing", "user.a", "x", 1, 0));
  SYS(NR_link, "x-file", "x-other", 0, 0, 0);
  show("by another name", SYS(GET, "x-other", "user.a", buffer, 100, 0));
  SYS(NR_symlink, "x-file", "x-link", 0, 0, 0);
  show("through a symlink", SYS(GET, "x-link", "user.a", buffer, 100, 0));
  show("of a symlink", SYS(LSET, "x-link", "user.a", "x", 1, 0));
  show("get of a symlink", SYS(LGET, "x-link", "user.a", buffer, 100, 0));
  show("remove of a symlink", SYS(LREMOVE, "x-link", "user.a", 0, 0, 0));
  show("list of a symlink", SYS(LLIST, "x-link", buffer, 100, 0, 0));
  SYS(NR_mkdir, "x-dir", 0755, 0, 0, 0);
  show("directory", SYS(SET, "x-dir", "user.d", "dir", 3, 0));
  SYS(NR_rename, "x-dir", "x-dir2", 0, 0, 0);
  show("after its move", SYS(GET, "x-dir2", "user.d", buffer, 100, 0));
  show("remove", SYS(REMOVE, "x-file", "user.a", 0, 0, 0));
  show("remove again", SYS(FREMOVE, fd, "user.a", 0, 0, 0));
  show("what is left", SYS(FLIST, fd, buffer, sizeof buffer, 0, 0));
  int pipe[2];
  SYS(NR_pipe, pipe, 0, 0, 0, 0);
  show("pipe", SYS(FSET, pipe[0], "user.a", "x", 1, 0));
  show("get of a pipe", SYS(FGET, pipe[0], "user.a", buffer, 1, 0));
  long path = SYS(NR_open, "x-file", O_PATH, 0, 0, 0);
  show("O_PATH", SYS(FGET, path, "user.a", buffer, 1, 0));
  show("no descriptor", SYS(FLIST, 77, buffer, 1, 0, 0));
  SYS(NR_unlink, "x-file", 0, 0, 0, 0);
  SYS(NR_unlink, "x-other", 0, 0, 0, 0);
  SYS(NR_unlink, "x-link", 0, 0, 0, 0);
  show("when its names are gone", SYS(FGET, fd, "user.b", buffer, 10, 0));
  SYS(NR_rmdir, "x-dir2", 0, 0, 0, 0);
  return 0;
}
