/*
 * Writes for ever, each number in three ways: a record at the end of /log, a word of a shared mapping of /map, a file of its own that is renamed to
 * /last. Then it prints the number: what was printed has to be on disk, whatever ends the program.
 */
#include "sys.h"

enum { NR_open = 5, NR_rename = 38, NR_ftruncate = 93, NR_pwrite64 = 181 };

static char record[4096];

int main_(void) {
  int log = (int)SYS(NR_open, "/log", 02101, 0666, 0, 0);
  int map = (int)SYS(NR_open, "/map", 0102, 0666, 0, 0);
  SYS(NR_ftruncate, map, 4096, 0, 0, 0);
  volatile int *shared = (int *)sys6(NR_mmap2, 0, 4096, 3, 1, map, 0);
  for (int i = 1;; i++) {
    for (u32 k = 0; k < sizeof record; k += 4) *(int *)(record + k) = i;
    if (SYS(NR_write, log, record, sizeof record, 0, 0) != sizeof record) return 1;
    shared[i % 1024] = i;
    int fd = (int)SYS(NR_open, "/new", 01101, 0666, 0, 0);
    if (SYS(NR_write, fd, record, 4, 0, 0) != 4) return 2;
    SYS(NR_close, fd, 0, 0, 0, 0);
    if (SYS(NR_rename, "/new", "/last", 0, 0, 0) != 0) return 3;
    show("", i);
  }
}
