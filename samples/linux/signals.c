/*
 * Processes, pipes and signals without a C library: fork, vfork, wait, restarts, frames and their return, alternate stacks, queued signals,
 * faults with their codes and addresses, stopping and continuing. Every line it prints is the same in each run.
 */
#include "sys.h"

enum { SIGHUP = 1, SIGILL = 4, SIGTRAP = 5, SIGBUS = 7, SIGFPE = 8, SIGKILL = 9, SIGUSR1 = 10, SIGSEGV = 11, SIGUSR2 = 12, SIGPIPE = 13, SIGALRM = 14, SIGTERM = 15, SIGCHLD = 17, SIGCONT = 18, SIGSTOP = 19, SIGRT = 34 };
enum { SA_SIGINFO = 4, SA_ONSTACK = 0x08000000, SA_RESTART = 0x10000000, SA_NODEFER = 0x40000000, SA_RESETHAND = (int)0x80000000 };

struct action {
  void *handler;
  u32 flags;
  void *restorer;
  u32 mask[2];
};
struct info {
  int signo, errno_, code, a, b, c;
  int rest[26];
};
/* uc_flags, uc_link, uc_stack; then sigcontext: gs fs es ds edi esi ebp esp ebx edx ecx eax trapno err eip cs eflags esp ss fpstate oldmask cr2 */
struct context {
  u32 flags, link, stack[3];
  u32 r[22];
  u32 mask[2];
};
enum { R_ESP = 7, R_EAX = 11, R_TRAPNO = 12, R_ERR = 13, R_EIP = 14, R_CS = 15, R_SS = 18, R_CR2 = 21 };

static volatile int hits, last_code, last_value, on_stack;
static char alternate[16384];

static int action(int signo, void *handler, u32 flags) {
  struct action a = {handler, flags, 0, {0, 0}};
  return SYS(NR_rt_sigaction, signo, &a, 0, 8, 0);
}

static void plain(int signo) {
  (void)signo;
  hits++;
}

/* Another process waits for it. */
static int tell[2];
static void told(int signo) {
  plain(signo);
  SYS(NR_write, tell[1], "x", 1, 0, 0);
}

static void queued(int signo, struct info *i, struct context *c) {
  (void)signo;
  (void)c;
  hits++;
  last_code = i->code;
  last_value = last_value * 100 + i->c;
}

static void where(int signo, struct info *i, struct context *c) {
  (void)signo;
  (void)i;
  char here;
  on_stack = &here >= alternate && &here < alternate + sizeof alternate;
  show("old stack pointer kept", c->r[R_ESP] < (u32)alternate || c->r[R_ESP] >= (u32)alternate + sizeof alternate);
}

/* Print what happened and go on behind the instruction, whose length the program leaves in EDI. */
static void fault(int signo, struct info *i, struct context *c) {
  show("signal", signo);
  show("  code", i->code);
  show("  trap", (long)c->r[R_TRAPNO]);
  show("  error", (long)c->r[R_ERR]);
  if (c->r[R_TRAPNO] == 14) show("  address", i->a);
  show("  segments", (long)(c->r[R_CS] << 16 | c->r[R_SS]));
  c->r[R_EIP] += c->r[4];
  c->r[R_EAX] = 77;
}

#define FAULT(code, len) ({ long r_; __asm__ volatile(code : "=a"(r_) : "D"(len), "a"(0) : "ecx", "edx", "memory", "cc"); r_; })

static void faults(void) {
  for (int s = 4; s <= 11; s++) if (s == SIGILL || s == SIGTRAP || s == SIGBUS || s == SIGFPE || s == SIGSEGV) action(s, fault, SA_SIGINFO);
  show("unmapped read", FAULT("movl 0x1234, %%eax", 5));
  show("unmapped write", FAULT("movb $1, 0x5678", 7));
  show("division", FAULT("xor %%ecx, %%ecx\n\tdiv %%ecx", 2));
  show("undefined", FAULT("ud2", 2));
  show("breakpoint", FAULT("int3", 0));
  show("privileged", FAULT("hlt", 1));
  static char page[4096] __attribute__((aligned(4096)));
  page[0] = 1;
  SYS(NR_mprotect, page, 4096, 1, 0, 0);
  long before;
  __asm__ volatile("movb $2, (%%ecx)" : "=a"(before) : "D"(3), "c"(&page[0]), "a"(0) : "memory");
  show("read-only write", before);
  SYS(NR_mprotect, page, 4096, 0, 0, 0);
}

static void mask(int how, int signo) {
  u32 set[2] = {0, 0};
  set[(signo - 1) / 32] = 1u << ((signo - 1) % 32);
  SYS(NR_rt_sigprocmask, how, set, 0, 8, 0);
}

static void send_value(int signo, int value) {
  struct info i = {signo, 0, -1, 0, 0, value, {0}};
  SYS(NR_rt_sigqueueinfo, SYS(NR_getpid, 0, 0, 0, 0, 0), signo, &i, 0, 0);
}

static void timer(int ms) {
  long it[4] = {0, 0, 0, ms * 1000};
  SYS(NR_setitimer, 0, it, 0, 0, 0);
}

static void handlers(void) {
  int me = (int)SYS(NR_getpid, 0, 0, 0, 0, 0);
  action(SIGUSR1, plain, 0);
  SYS(NR_kill, me, SIGUSR1, 0, 0, 0);
  show("handled", hits);
  mask(0, SIGUSR1);
  SYS(NR_kill, me, SIGUSR1, 0, 0, 0);
  SYS(NR_kill, me, SIGUSR1, 0, 0, 0);
  show("blocked", hits);
  mask(1, SIGUSR1);
  show("one of two", hits);
  action(SIGRT, queued, SA_SIGINFO);
  hits = 0;
  mask(0, SIGRT);
  for (int i = 1; i <= 3; i++) send_value(SIGRT, i);
  mask(1, SIGRT);
  show("queued", hits);
  show("  code", last_code);
  show("  values", last_value);
  action(SIGUSR2, plain, (u32)SA_RESETHAND);
  SYS(NR_kill, me, SIGUSR2, 0, 0, 0);
  struct action old;
  SYS(NR_rt_sigaction, SIGUSR2, 0, &old, 8, 0);
  show("reset", old.handler == 0);
  u32 stack[3] = {(u32)alternate, 0, sizeof alternate};
  show("sigaltstack", SYS(NR_sigaltstack, stack, 0, 0, 0, 0));
  action(SIGUSR1, where, SA_SIGINFO | SA_ONSTACK);
  SYS(NR_kill, me, SIGUSR1, 0, 0, 0);
  show("on the alternate stack", on_stack);
  mask(0, SIGUSR2);
  SYS(NR_kill, me, SIGUSR2, 0, 0, 0);
  u32 set[2] = {1u << (SIGUSR2 - 1), 0};
  struct info i;
  long zero[2] = {0, 0};
  show("sigtimedwait", SYS(NR_rt_sigtimedwait, set, &i, zero, 8, 0));
  show("  again", SYS(NR_rt_sigtimedwait, set, &i, zero, 8, 0));
}

static void children(void) {
  int p[2], q[2], status;
  char buffer[16];
  SYS(NR_pipe, p, 0, 0, 0, 0);
  SYS(NR_pipe, q, 0, 0, 0, 0);
  int memory = 1;
  long child = SYS(NR_fork, 0, 0, 0, 0, 0);
  if (child == 0) {
    memory = 2;
    SYS(NR_close, p[1], 0, 0, 0, 0);
    long n = SYS(NR_read, p[0], buffer, 16, 0, 0);
    SYS(NR_write, q[1], buffer, n, 0, 0);
    SYS(NR_exit_group, 40 + memory, 0, 0, 0, 0);
  }
  SYS(NR_write, p[1], "ping", 4, 0, 0);
  show("echoed", SYS(NR_read, q[0], buffer, 16, 0, 0));
  show("waited", SYS(NR_waitpid, child, &status, 0, 0, 0) == child);
  show("  status", status);
  show("  memory is one's own", memory);
  show("none left", SYS(NR_waitpid, -1, &status, 0, 0, 0));

  action(SIGALRM, told, SA_RESTART);
  SYS(NR_pipe, tell, 0, 0, 0, 0);
  hits = 0;
  child = SYS(NR_fork, 0, 0, 0, 0, 0);
  if (child == 0) {
    SYS(NR_read, tell[0], buffer, 1, 0, 0);
    SYS(NR_write, p[1], "x", 1, 0, 0);
    SYS(NR_exit, 3, 0, 0, 0, 0);
  }
  timer(20);
  show("restarted read", SYS(NR_read, p[0], buffer, 16, 0, 0));
  show("  signals", hits);
  SYS(NR_waitpid, child, &status, 0, 0, 0);
  show("  status", status);
  action(SIGALRM, plain, 0);
  timer(10);
  show("interrupted read", SYS(NR_read, p[0], buffer, 16, 0, 0));
  long ts[2] = {5, 0}, rest[2];
  timer(10);
  show("interrupted sleep", SYS(NR_nanosleep, ts, rest, 0, 0, 0));
  show("  seconds left", rest[0]);

  child = SYS(NR_fork, 0, 0, 0, 0, 0);
  if (child == 0) for (;;) SYS(NR_pause, 0, 0, 0, 0, 0);
  SYS(NR_kill, child, SIGSTOP, 0, 0, 0);
  SYS(NR_wait4, child, &status, 2, 0, 0);
  show("stopped", status);
  SYS(NR_kill, child, SIGCONT, 0, 0, 0);
  SYS(NR_wait4, child, &status, 8, 0, 0);
  show("continued", status);
  SYS(NR_kill, child, SIGTERM, 0, 0, 0);
  SYS(NR_waitpid, child, &status, 0, 0, 0);
  show("terminated", status);

  child = SYS(NR_fork, 0, 0, 0, 0, 0);
  if (child == 0) {
    action(SIGSEGV, 0, 0);
    *(volatile int *)16 = 1;
  }
  SYS(NR_waitpid, child, &status, 0, 0, 0);
  show("faulted", status & 0x7f);

  SYS(NR_close, q[0], 0, 0, 0, 0);
  action(SIGPIPE, plain, 0);
  hits = 0;
  show("broken pipe", SYS(NR_write, q[1], "x", 1, 0, 0));
  show("  signals", hits);
  volatile int shared = 1;
  child = SYS(NR_fork, 0, 0, 0, 0, 0);
  if (child == 0) {
    shared = 5;
    SYS(NR_exit_group, 0, 0, 0, 0, 0);
  }
  SYS(NR_waitpid, child, &status, 0, 0, 0);
  show("not shared", shared);
}

int main_(void) {
  faults();
  handlers();
  children();
  print("done\n");
  return 7;
}
