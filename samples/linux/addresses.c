/* Where the addresses of a program end: below 3 GiB at any rate where personality(2) asks for that, as Lisps do for what they execute next. */
#include "sys.h"

enum { NR_execve = 11, NR_munmap = 91, NR_personality = 136, ADDR_LIMIT_3GB = 0x8000000, FIXED = 0x32 };

static long at(u32 address) {
  long r = sys6(NR_mmap2, (long)address, 4096, 3, FIXED, -1, 0);
  return r == (long)address ? 0 : r;
}

int main_(void) {
  u32 mark = 0;
  if (SYS(NR_personality, -1, 0, 0, 0, 0) == 0) {
    show("personality", SYS(NR_personality, ADDR_LIMIT_3GB, 0, 0, 0, 0));
    char *const again[] = {"again", 0}, *const environment[] = {0};
    show("execve", SYS(NR_execve, "/proc/self/exe", again, environment, 0, 0));
    return 1;
  }
  show("stack below 3 GiB", (u32)&mark < 0xc0000000u);
  show("mappings below 3 GiB", (u32)pages(4096) < 0xc0000000u);
  show("map far below it", at(0x70000000u));
  show("map above", at(0xd0000000u));
  show("unmap above", SYS(NR_munmap, 0xd0000000u, 4096, 0, 0, 0));
  long child = SYS(NR_fork, 0, 0, 0, 0, 0);
  if (child == 0) SYS(NR_exit_group, at(0xd0000000u) == -12 ? 7 : 1, 0, 0, 0, 0);
  int status = 0;
  SYS(NR_waitpid, child, &status, 0, 0, 0);
  show("in a child", status >> 8);
  return 0;
}
