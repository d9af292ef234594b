/*
 * System V semaphores, messages and shared memory, splice and its kin, clone3: between processes, with their errors. Every line it prints is the same in
 * each run (identifiers are not among them).
 */
#include "sys.h"

enum {
  NR_ipc = 117, NR_semget = 393, NR_semctl = 394, NR_shmget = 395, NR_shmctl = 396, NR_shmat = 397, NR_shmdt = 398, NR_msgget = 399, NR_msgsnd = 400,
  NR_msgrcv = 401, NR_msgctl = 402, NR_semtimedop = 420, NR_clone3 = 435, NR_splice = 313, NR_tee = 315, NR_vmsplice = 316, NR_open = 5, NR_unlink = 10,
  NR_lseek = 19, NR_memfd_create = 356, NR_fcntl = 55, NR_munmap = 91, NR_pread = 180
};
enum { CREAT = 01000, EXCL = 02000, NOWAIT = 04000, UNDO = 0x1000, RMID = 0, SET = 1, STAT = 2, GETPID = 11, GETVAL = 12, GETALL = 13, GETNCNT = 14, GETZCNT = 15, SETVAL = 16, SETALL = 17 };

struct op { unsigned short number; short change, flags; };
struct perm { u32 key, uid, gid, cuid, cgid; unsigned short mode, pad, seq, pad2; u32 unused[2]; };
struct semds { struct perm perm; u32 otime, otimeh, ctime, ctimeh, nsems, unused[2]; };
struct msgds { struct perm perm; u32 times[6], bytes, number, limit, sender, receiver, unused[2]; };
struct shmds { struct perm perm; u32 size, times[6], creator, last, attached, unused[2]; };
struct spec { long long sec; int nsec, pad; };

static long semop(long id, struct op *ops, u32 n) { return sys6(NR_ipc, 1, id, (long)n, 0, (long)ops, 0); }
static long op1(long id, int number, int change, int flags) {
  struct op o = {(unsigned short)number, (short)change, (short)flags};
  return semop(id, &o, 1);
}
static void moment(int ms) {
  int ts[2] = {0, ms * 1000000};
  SYS(NR_nanosleep, ts, 0, 0, 0, 0);
}
static long reap(long pid) {
  int status = -1;
  SYS(NR_waitpid, pid, &status, 0, 0, 0);
  return status;
}
static void leave(long status) { SYS(NR_exit_group, status, 0, 0, 0, 0); }
static void nothing(int signo) { (void)signo; }

static void semaphores(void) {
  long key = 0x6c3886;
  show("semget of none", SYS(NR_semget, key, 1, 0600, 0, 0));
  show("semget of no semaphores", SYS(NR_semget, key, 0, CREAT | 0600, 0, 0));
  show("semget of too many", SYS(NR_semget, key, 32001, CREAT | 0600, 0, 0));
  long id = SYS(NR_semget, key, 3, CREAT | EXCL | 0600, 0, 0);
  show("semget", id >= 0);
  show("semget again", SYS(NR_semget, key, 3, 0600, 0, 0) == id);
  show("semget EXCL", SYS(NR_semget, key, 3, CREAT | EXCL | 0600, 0, 0));
  show("semget of more", SYS(NR_semget, key, 4, 0600, 0, 0));
  unsigned short values[3] = {1, 2, 3};
  show("SETALL", SYS(NR_semctl, id, 0, SETALL, values, 0));
  show("SETVAL", SYS(NR_semctl, id, 2, SETVAL, 7, 0));
  show("SETVAL too high", SYS(NR_semctl, id, 2, SETVAL, 32768, 0));
  show("SETVAL of none", SYS(NR_semctl, id, 3, SETVAL, 1, 0));
  struct op both[2] = {{0, -1, 0}, {2, 1, 0}};
  show("semop of two", semop(id, both, 2));
  both[0].flags = NOWAIT;
  show("semop that would wait", semop(id, both, 2));
  show("GETALL", SYS(NR_semctl, id, 0, GETALL, values, 0));
  for (int i = 0; i < 3; i++) show("  value", values[i]);
  show("GETPID is mine", SYS(NR_semctl, id, 2, GETPID, 0, 0) == SYS(NR_getpid, 0, 0, 0, 0, 0));
  show("semop beyond", op1(id, 3, 1, 0));
  show("semop over the top", op1(id, 2, 32767, 0));
  show("semop of none", semop(id, both, 0));
  show("semop of too many", semop(id, both, 501));
  show("semop of bad memory", semop(id, (struct op *)16, 1));
  show("semop of nobody's", op1(0x7fff7fff, 0, 1, 0));
  struct spec ts = {0, 20000000, 0};
  struct op down = {0, -1, 0};
  show("semtimedop", SYS(NR_semtimedop, id, &down, 1, &ts, 0));
  /* A child waits for the first, another for the second to be zero. */
  long a = SYS(NR_fork, 0, 0, 0, 0, 0);
  if (a == 0) leave(op1(id, 0, -2, 0) == 0 ? 5 : 6);
  long b = SYS(NR_fork, 0, 0, 0, 0, 0);
  if (b == 0) leave(op1(id, 1, 0, 0) == 0 ? 7 : 8);
  while (SYS(NR_semctl, id, 0, GETNCNT, 0, 0) != 1 || SYS(NR_semctl, id, 1, GETZCNT, 0, 0) != 1) moment(1);
  show("GETNCNT of the other", SYS(NR_semctl, id, 1, GETNCNT, 0, 0));
  show("up by one", op1(id, 0, 1, 0));
  show("up again", op1(id, 0, 1, 0));
  show("first child", reap(a));
  show("down to zero", op1(id, 1, -2, 0));
  show("second child", reap(b));
  show("GETVAL", SYS(NR_semctl, id, 0, GETVAL, 0, 0));
  /* What a child did with SEM_UNDO is undone at its end. */
  a = SYS(NR_fork, 0, 0, 0, 0, 0);
  if (a == 0) {
    op1(id, 1, 5, UNDO);
    op1(id, 1, -1, UNDO);
    leave(SYS(NR_semctl, id, 1, GETVAL, 0, 0));
  }
  show("child with undo", reap(a) >> 8);
  show("  value afterwards", SYS(NR_semctl, id, 1, GETVAL, 0, 0));
  struct { void *handler; u32 flags; void *restorer; u32 mask[2]; } act = {nothing, 0x10000000, 0, {0, 0}};
  a = SYS(NR_fork, 0, 0, 0, 0, 0);
  if (a == 0) {
    SYS(NR_rt_sigaction, 10, &act, 0, 8, 0);
    leave(-op1(id, 0, -1, 0));
  }
  while (SYS(NR_semctl, id, 0, GETNCNT, 0, 0) != 1) moment(1);
  SYS(NR_kill, a, 10, 0, 0, 0);
  show("interrupted", reap(a) >> 8);
  struct semds ds;
  show("IPC_STAT", SYS(NR_semctl, id, 0, STAT, &ds, 0));
  show("  key", (long)ds.perm.key);
  show("  mode", ds.perm.mode);
  show("  semaphores", (long)ds.nsems);
  show("  used", ds.otime != 0);
  a = SYS(NR_fork, 0, 0, 0, 0, 0);
  if (a == 0) leave(-op1(id, 0, -1, 0));
  while (SYS(NR_semctl, id, 0, GETNCNT, 0, 0) != 1) moment(1);
  show("IPC_RMID", SYS(NR_semctl, id, 0, RMID, 0, 0));
  show("waiter", reap(a) >> 8);
  show("gone", SYS(NR_semctl, id, 0, GETVAL, 0, 0));
}

static struct { int type; char text[9000]; } message;

static long sendMessage(long id, int type, const char *text, u32 size, int flags) {
  message.type = type;
  for (u32 i = 0; i < size && i < sizeof message.text; i++) message.text[i] = text ? text[i] : 'x';
  return SYS(NR_msgsnd, id, &message, size, flags, 0);
}
static void receive(const char *what, long id, u32 size, int type, int flags) {
  message.type = -1;
  memset_(message.text, 0, 16);
  show(what, SYS(NR_msgrcv, id, &message, size, type, flags));
  show("  type", message.type);
  show("  text", message.text[0]);
}

static void messages(void) {
  show("msgget of none", SYS(NR_msgget, 0x6c3887, 0600, 0, 0, 0));
  long id = SYS(NR_msgget, 0, CREAT | 0600, 0, 0, 0);
  show("msgget", id >= 0);
  show("type 0", sendMessage(id, 0, "a", 1, 0));
  show("too long", sendMessage(id, 1, 0, 8193, 0));
  show("negative", SYS(NR_msgsnd, id, &message, -1, 0, 0));
  show("none there", SYS(NR_msgrcv, id, &message, 10, 0, NOWAIT));
  const char *texts[] = {"c3", "a1", "b2", "d2"};
  int types[] = {3, 1, 2, 2};
  for (int i = 0; i < 4; i++) show("msgsnd", sendMessage(id, types[i], texts[i], 2, 0));
  receive("of type 2", id, 10, 2, 0);
  receive("not of type 3", id, 10, 3, 020000);
  receive("a copy of the second", id, 10, 1, 040000 | NOWAIT);
  receive("lowest up to 3", id, 10, -3, 0);
  receive("too small", id, 1, 0, 0);
  receive("cut off", id, 1, 0, 010000);
  show("none left", SYS(NR_msgrcv, id, &message, 10, 0, NOWAIT));
  int sent = 0;
  while (sendMessage(id, 1, 0, 1000, NOWAIT) == 0) sent++;
  show("messages of 1000", sent);
  show("  then", sendMessage(id, 1, 0, 1000, NOWAIT));
  struct msgds ds;
  show("IPC_STAT", SYS(NR_msgctl, id, STAT, &ds, 0, 0));
  show("  bytes", (long)ds.bytes);
  show("  messages", (long)ds.number);
  show("  limit", (long)ds.limit);
  show("  sender", ds.sender == (u32)SYS(NR_getpid, 0, 0, 0, 0, 0));
  long child = SYS(NR_fork, 0, 0, 0, 0, 0);
  if (child == 0) {
    int n = 0;
    for (int i = 0; i < 20; i++) n += sendMessage(id, 2, 0, 1000, 0) == 0;
    leave(n);
  }
  int got = 0;
  while (got < sent + 20) got += SYS(NR_msgrcv, id, &message, 2000, 0, 0) == 1000;
  show("all received", got == sent + 20);
  show("child sent", reap(child) >> 8);
  child = SYS(NR_fork, 0, 0, 0, 0, 0);
  if (child == 0) leave(-SYS(NR_msgrcv, id, &message, 10, 0, 0));
  moment(30);
  show("IPC_RMID", SYS(NR_msgctl, id, RMID, 0, 0, 0));
  show("waiter", reap(child) >> 8);
  show("gone", SYS(NR_msgctl, id, STAT, &ds, 0, 0));
}

static void memory(void) {
  show("shmget of nothing", SYS(NR_shmget, 0, 0, CREAT | 0600, 0, 0));
  long id = SYS(NR_shmget, 0x6c3888, 10000, CREAT | EXCL | 0600, 0, 0);
  show("shmget", id >= 0);
  show("shmget of more", SYS(NR_shmget, 0x6c3888, 10001, 0600, 0, 0));
  volatile int *p = (void *)SYS(NR_shmat, id, 0, 0, 0, 0);
  show("shmat", (u32)p < 0xfffff000u);
  for (int i = 0; i < 10000 / 4; i += 100) if (p[i]) print("not zero\n");
  p[0] = 41;
  p[2000] = 7;
  volatile int *q = (void *)SYS(NR_shmat, id, 0, 010000, 0, 0);
  show("shmat to read", q != p && q[0] == 41);
  show("shmat at an odd address", SYS(NR_shmat, id, 0x20000001, 0, 0, 0));
  show("shmat over another", SYS(NR_shmat, id, p, 0, 0, 0));
  show("shmat at no segment", SYS(NR_shmat, 0x7fff7fff, 0, 0, 0, 0));
  struct shmds ds;
  show("IPC_STAT", SYS(NR_shmctl, id, STAT, &ds, 0, 0));
  show("  size", (long)ds.size);
  show("  mode", ds.perm.mode);
  show("  attached", (long)ds.attached);
  show("  creator", ds.creator == (u32)SYS(NR_getpid, 0, 0, 0, 0, 0));
  long child = SYS(NR_fork, 0, 0, 0, 0, 0);
  if (child == 0) {
    SYS(NR_shmctl, id, STAT, &ds, 0, 0);
    int before = p[0];
    p[0] = 1000 + (int)ds.attached;
    volatile int *r = (void *)SYS(NR_shmat, id, 0, 0, 0, 0);
    r[1] = before + 1;
    while (r[2] != 99) SYS(NR_sched_yield, 0, 0, 0, 0, 0);
    leave(3);
  }
  while (p[1] != 42) SYS(NR_sched_yield, 0, 0, 0, 0, 0);
  show("child wrote", p[0]);
  p[2] = 99;
  show("child ended", reap(child));
  show("seen at the other address", q[1] + q[2]);
  SYS(NR_shmctl, id, STAT, &ds, 0, 0);
  show("attached", (long)ds.attached);
  show("shmdt", SYS(NR_shmdt, q, 0, 0, 0, 0));
  show("shmdt again", SYS(NR_shmdt, q, 0, 0, 0, 0));
  show("IPC_RMID", SYS(NR_shmctl, id, RMID, 0, 0, 0));
  SYS(NR_shmctl, id, STAT, &ds, 0, 0);
  show("  mode", ds.perm.mode);
  show("  key", (long)ds.perm.key);
  show("still there", p[0] - 1000 + p[2000]);
  show("by its key", SYS(NR_shmget, 0x6c3888, 1, 0600, 0, 0));
  show("munmap", SYS(NR_munmap, p, 12288, 0, 0, 0));
  show("gone", SYS(NR_shmctl, id, STAT, &ds, 0, 0));
}

static char buffer[200000];

static void pipesOf(int *p) { SYS(NR_pipe, p, 0, 0, 0, 0); }
static void content(const char *what, int fd) {
  memset_(buffer, 0, 64);
  show(what, SYS(NR_read, fd, buffer, 60, 0, 0));
  print("  ");
  print(buffer);
  print("\n");
}

static void splices(void) {
  int p[2], q[2], r[2];
  pipesOf(p);
  pipesOf(q);
  pipesOf(r);
  int file = (int)SYS(NR_memfd_create, "x", 0, 0, 0, 0);
  SYS(NR_write, file, "0123456789ABCDEF", 16, 0, 0);
  u64 at = 4;
  show("file to pipe", sys6(NR_splice, file, (long)&at, p[1], 0, 5, 0));
  show("  offset", (long)at);
  show("  position", SYS(NR_lseek, file, 0, 1, 0, 0));
  show("tee", SYS(NR_tee, p[0], q[1], 100, 0, 0));
  content("  of the copy", q[0]);
  show("pipe to pipe", sys6(NR_splice, p[0], 0, q[1], 0, 3, 0));
  content("  of the second", q[0]);
  at = 14;
  show("pipe to file", sys6(NR_splice, p[0], 0, file, (long)&at, 100, 0));
  show("  offset", (long)at);
  SYS(NR_lseek, file, 0, 0, 0, 0);
  content("file", file);
  show("at the end", sys6(NR_splice, file, 0, p[1], 0, 10, 0));
  struct { const char *base; u32 length; } v[2] = {{"vm", 2}, {"splice", 6}};
  show("vmsplice", SYS(NR_vmsplice, p[1], v, 2, 0, 0));
  content("  of it", p[0]);
  show("to itself", sys6(NR_splice, p[0], 0, p[1], 0, 5, 0));
  show("no pipe", sys6(NR_splice, file, 0, file, 0, 5, 0));
  show("offset of a pipe", sys6(NR_splice, p[0], (long)&at, file, 0, 5, 0));
  show("wrong way", sys6(NR_splice, p[1], 0, file, 0, 5, 0));
  show("tee of a file", SYS(NR_tee, file, p[1], 5, 0, 0));
  show("vmsplice of a file", SYS(NR_vmsplice, file, v, 2, 0, 0));
  show("bad flags", sys6(NR_splice, p[0], 0, file, 0, 5, 16));
  show("nothing asked", sys6(NR_splice, 99, 0, 98, 0, 0, 0));
  show("would wait", sys6(NR_splice, p[0], 0, file, 0, 5, 2));
  show("no room", SYS(NR_fcntl, r[1], 4, 04001, 0, 0));
  while (SYS(NR_write, r[1], buffer, 4096, 0, 0) == 4096) ;
  show("  would wait", sys6(NR_splice, file, 0, r[1], 0, 5, 2));
  SYS(NR_lseek, file, 0, 0, 0, 0);
  /* A child takes what the parent splices, in pieces. */
  long child = SYS(NR_fork, 0, 0, 0, 0, 0);
  if (child == 0) {
    SYS(NR_close, p[1], 0, 0, 0, 0);
    int n = 0;
    for (;;) {
      long k = SYS(NR_read, p[0], buffer, 3, 0, 0);
      if (k <= 0) break;
      n += (int)k;
    }
    leave(n);
  }
  moment(10);
  show("to the child", sys6(NR_splice, file, 0, p[1], 0, 100, 0));
  SYS(NR_close, p[1], 0, 0, 0, 0);
  show("child", reap(child) >> 8);
  SYS(NR_close, q[0], 0, 0, 0, 0);
  struct { void *handler; u32 flags; void *restorer; u32 mask[2]; } ignore = {(void *)1, 0, 0, {0, 0}};
  SYS(NR_rt_sigaction, 13, &ignore, 0, 8, 0);
  SYS(NR_lseek, file, 0, 0, 0, 0);
  show("nobody reads", sys6(NR_splice, file, 0, q[1], 0, 5, 0));
}

struct clone { u64 flags, pidfd, child, parent, signal, stack, size, tls, set, sets, cgroup; };
static volatile int shared_;
static char stack_[16384] __attribute__((aligned(16)));

/* clone3 with a stack of its own must not return through the parent's. */
static long onStack(struct clone *c, void (*f)(void)) {
  long r;
  __asm__ volatile("int $0x80\n\ttest %%eax, %%eax\n\tjnz 1f\n\tcall *%%esi\n\tmov $252, %%eax\n\tmov $9, %%ebx\n\tint $0x80\n1:"
    : "=a"(r) : "0"(NR_clone3), "b"(c), "c"(sizeof *c), "S"(f) : "memory", "edx", "edi");
  return r;
}
static void inChild(void) { shared_ = 77; }

static void clones(void) {
  struct clone c;
  memset_(&c, 0, sizeof c);
  show("too short", SYS(NR_clone3, &c, 56, 0, 0, 0));
  show("too long", SYS(NR_clone3, &c, 5000, 0, 0, 0));
  show("bad memory", SYS(NR_clone3, 16, 64, 0, 0, 0));
  c.flags = 17;
  show("a signal in the flags", SYS(NR_clone3, &c, sizeof c, 0, 0, 0));
  c.flags = 0;
  c.signal = 65;
  show("no such signal", SYS(NR_clone3, &c, sizeof c, 0, 0, 0));
  c.signal = 17;
  c.stack = 4096;
  show("a stack of no size", SYS(NR_clone3, &c, sizeof c, 0, 0, 0));
  c.stack = 0;
  c.flags = 0x800;
  show("handlers without memory", SYS(NR_clone3, &c, sizeof c, 0, 0, 0));
  c.flags = 0x300000;
  int ids[2] = {0, 0};
  c.parent = (u32)&ids[0];
  c.child = (u32)&ids[1];
  c.flags = 0x100000;
  long pid = SYS(NR_clone3, &c, sizeof c, 0, 0, 0);
  if (pid == 0) leave(11);
  show("as fork", pid > 0 && ids[0] == pid && ids[1] == 0);
  show("  status", reap(pid) >> 8);
  c.flags = 0x100 | 0x4000;
  c.stack = (u32)stack_;
  c.size = sizeof stack_;
  pid = onStack(&c, inChild);
  show("as vfork on a stack", pid > 0 && shared_ == 77);
  show("  status", reap(pid) >> 8);
}

int main_(void) {
  print("semaphores\n");
  semaphores();
  print("messages\n");
  messages();
  print("shared memory\n");
  memory();
  print("splice\n");
  splices();
  print("clone3\n");
  clones();
  return 0;
}
