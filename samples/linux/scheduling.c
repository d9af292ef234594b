/*
 * Scheduling attributes, priorities of input and output, and capabilities without a C library, as a user who may only be worse off. Every line it prints is the same in
 * each run.
 */
#include "sys.h"

enum { NR_sync_file_range = 314, NR_ioprio_set = 289, NR_ioprio_get = 290, NR_sched_setattr = 351, NR_sched_getattr = 352, NR_sched_getscheduler = 157, NR_getpriority = 96,
  NR_setresuid32 = 208, NR_unshare = 310, NR_capset = 185 };

static u32 attributes[20];

static void get(const char *what, u32 size) {
  for (int i = 0; i < 20; i++) attributes[i] = 99;
  show(what, SYS(NR_sched_getattr, 0, attributes, size, 0, 0));
  show("  size", (long)attributes[0]);
  show("  policy", (long)attributes[1]);
  show("  flags", (long)attributes[2]);
  show("  nice", (long)attributes[4]);
  show("  priority", (long)attributes[5]);
}
static long set(u32 size, u32 policy, u32 flags, int nice, u32 priority) {
  memset_(attributes, 0, sizeof attributes);
  attributes[0] = size, attributes[1] = policy, attributes[2] = flags, attributes[4] = (u32)nice, attributes[5] = priority;
  return SYS(NR_sched_setattr, 0, attributes, 0, 0, 0);
}

int main_(void) {
  SYS(NR_setresuid32, 1000, 1000, 1000, 0, 0);
  get("at first", 48);
  show("nowhere", SYS(NR_sched_getattr, 0, 0, 48, 0, 0));
  show("too small", SYS(NR_sched_getattr, 0, attributes, 47, 0, 0));
  show("too large", SYS(NR_sched_getattr, 0, attributes, 4097, 0, 0));
  show("flags", SYS(NR_sched_getattr, 0, attributes, 48, 1, 0));
  show("nobody", SYS(NR_sched_getattr, 32000000, attributes, 48, 0, 0));
  show("bad pid", SYS(NR_sched_getattr, -1, attributes, 48, 0, 0));
  show("bad address", SYS(NR_sched_getattr, 0, 16, 48, 0, 0));
  show("set batch", set(48, 3, 0, 5, 0));
  get("now", 48);
  show("nice", SYS(NR_getpriority, 0, 0, 0, 0, 0));
  show("scheduler", SYS(NR_sched_getscheduler, 0, 0, 0, 0, 0));
  show("better", set(48, 0, 0, 4, 0));
  show("far too nice", set(48, 0, 1, 100, 0));
  get("now", 48);
  show("scheduler", SYS(NR_sched_getscheduler, 0, 0, 0, 0, 0));
  show("size 0", set(0, 0, 1, 19, 0));
  show("size 47", set(47, 0, 1, 19, 0));
  show("  this is right", (long)attributes[0] >= 48);
  show("no such policy", set(48, 4, 1, 19, 0));
  show("round robin", set(48, 2, 1, 19, 3));
  show("round robin without a priority", set(48, 2, 1, 19, 0));
  show("a priority", set(48, 0, 1, 19, 3));
  show("no such flag", set(48, 0, 0x1000, 19, 0));
  attributes[0] = 80, attributes[1] = 0, attributes[2] = 1, attributes[5] = 0, attributes[19] = 1;
  show("something unknown", SYS(NR_sched_setattr, 0, attributes, 0, 0, 0));
  show("idle", set(48, 5, 1, 0, 0));
  show("scheduler", SYS(NR_sched_getscheduler, 0, 0, 0, 0, 0));
  show("idle I/O", SYS(NR_ioprio_set, 1, 0, 3 << 13, 0, 0));
  show("  it is", SYS(NR_ioprio_get, 1, 0, 0, 0, 0));
  show("best effort", SYS(NR_ioprio_set, 1, 0, 2 << 13 | 7, 0, 0));
  show("  it is", SYS(NR_ioprio_get, 1, 0, 0, 0, 0));
  long pid = SYS(NR_fork, 0, 0, 0, 0, 0);
  if (pid == 0) SYS(NR_exit_group, SYS(NR_ioprio_get, 1, 0, 0, 0, 0) & 7, 0, 0, 0, 0);
  int status = 0;
  SYS(NR_waitpid, pid, &status, 0, 0, 0);
  show("a child's level", status >> 8);
  show("level 8", SYS(NR_ioprio_set, 1, 0, 2 << 13 | 8, 0, 0));
  show("real time", SYS(NR_ioprio_set, 1, 0, 1 << 13 | 4, 0, 0));
  show("no class, a level", SYS(NR_ioprio_set, 1, 0, 1, 0, 0));
  show("no such class", SYS(NR_ioprio_set, 1, 0, 4 << 13, 0, 0));
  show("of whom", SYS(NR_ioprio_set, 0, 0, 2 << 13 | 7, 0, 0));
  show("nobody", SYS(NR_ioprio_get, 1, 32000000, 0, 0, 0));
  show("no such group", SYS(NR_ioprio_get, 2, 32000000, 0, 0, 0));
  show("a namespace", SYS(NR_unshare, 0x04000000, 0, 0, 0, 0));
  u32 head[2] = {0x20080522, 0}, none[6] = {0};
  show("no capabilities", SYS(NR_capset, head, none, 0, 0, 0));
  none[1] = 1;
  show("one more", SYS(NR_capset, head, none, 0, 0, 0));
  none[1] = 0, head[1] = 1;
  show("another's", SYS(NR_capset, head, none, 0, 0, 0));
  show("nowhere", SYS(NR_capset, (head[1] = 0, head), 16, 0, 0, 0));
  head[0] = 7;
  show("no such version", SYS(NR_capset, head, none, 0, 0, 0));
  show("  that there is", head[0] == 0x20080522);
  int ends[2];
  SYS(NR_pipe, ends, 0, 0, 0, 0);
  show("sync_file_range of a pipe", sys6(NR_sync_file_range, ends[1], 0, 0, 0, 0, 0));
  show("sync_file_range of nothing", sys6(NR_sync_file_range, 99, 0, 0, 0, 0, 0));
  return 0;
}
