/*
 * Threads without a C library: clone, thread-local storage through gs, futexes (wait, wake, requeue, timeouts), atomic instructions.
 * Every line it prints is the same in each run.
 */
#include "sys.h"

#define THREADS 6
#define ROUNDS 5000

enum { FUTEX_WAIT = 0, FUTEX_WAKE = 1, FUTEX_CMP_REQUEUE = 4, FUTEX_WAKE_OP = 5, FUTEX_WAIT_BITSET = 9, FUTEX_WAKE_BITSET = 10, PRIVATE = 128 };

struct thread {
  int tls_self; /* what gs:0 shows */
  int index;
  volatile int tid;
  void (*work)(struct thread *);
};

static struct thread threads[THREADS];
static volatile int lock, counter, atomic_counter, gate, gate2, woken, tls_errors;
static u64 wide;

static long futex(volatile int *addr, int op, int value, const void *timeout, volatile int *addr2, int value3) {
  return sys6(NR_futex, (long)addr, op | PRIVATE, value, (long)timeout, (long)addr2, value3);
}

/* The mutex of Drepper's "Futexes Are Tricky": 0 free, 1 held, 2 held and wanted. */
static void acquire(void) {
  int c = __sync_val_compare_and_swap(&lock, 0, 1);
  if (c == 0) return;
  if (c != 2) c = __sync_lock_test_and_set(&lock, 2);
  while (c != 0) {
    futex(&lock, FUTEX_WAIT, 2, 0, 0, 0);
    c = __sync_lock_test_and_set(&lock, 2);
  }
}

static void release(void) {
  if (__sync_fetch_and_sub(&lock, 1) != 1) {
    lock = 0;
    futex(&lock, FUTEX_WAKE, 1, 0, 0, 0);
  }
}

static int tls_self(void) {
  int v;
  __asm__ volatile("mov %%gs:0, %0" : "=r"(v));
  return v;
}

static void count(struct thread *t) {
  for (int i = 0; i < ROUNDS; i++) {
    acquire();
    int c = counter;
    if (i % 64 == 0) SYS(NR_sched_yield, 0, 0, 0, 0, 0);
    counter = c + 1;
    release();
    __sync_fetch_and_add(&atomic_counter, t->index);
    u64 old = wide;
    while (!__sync_bool_compare_and_swap(&wide, old, old + 0x100000001ull)) old = wide;
    if (tls_self() != t->tls_self) tls_errors++;
  }
}

static void wait_at_gate(struct thread *t) {
  (void)t;
  while (gate == 0 && futex(&gate, FUTEX_WAIT, 0, 0, 0, 0) != 0);
  __sync_fetch_and_add(&woken, 1);
}

__attribute__((used)) static void start_of(struct thread *t) {
  t->work(t);
  SYS(NR_exit, 0, 0, 0, 0, 0);
}

/* clone's child goes on in start_of with the new stack's [return address, thread]. */
long start_clone(long flags, void *stack, volatile int *parent, void *desc, volatile int *child);
__asm__(
  "start_clone: push %ebx\n\tpush %esi\n\tpush %edi\n\t"
  "mov 16(%esp), %ebx\n\tmov 20(%esp), %ecx\n\tmov 24(%esp), %edx\n\tmov 28(%esp), %esi\n\tmov 32(%esp), %edi\n\t"
  "mov $120, %eax\n\tint $0x80\n\ttest %eax, %eax\n\tjz start_of\n\tpop %edi\n\tpop %esi\n\tpop %ebx\n\tret");

static void start(struct thread *t, int index, void (*work)(struct thread *)) {
  t->index = index;
  t->tls_self = 1000 + index;
  t->work = work;
  u32 *stack = (u32 *)((char *)pages(16384) + 16384);
  *--stack = (u32)t;
  *--stack = 0;
  u32 gs;
  __asm__ volatile("mov %%gs, %0" : "=r"(gs));
  /* struct user_desc: entry, base, limit, seg_32bit | limit_in_pages | useable */
  u32 desc[4] = {gs >> 3, (u32)&t->tls_self, 0xfffff, 0x51};
  /* VM FS FILES SIGHAND THREAD SYSVSEM SETTLS PARENT_SETTID CHILD_CLEARTID */
  long r = start_clone(0x3d0f00, stack, &t->tid, desc, &t->tid);
  if (r < 0) show("clone failed", r);
}

static void join(struct thread *t) {
  for (int tid; (tid = t->tid) != 0;) sys6(NR_futex, (long)&t->tid, FUTEX_WAIT, tid, 0, 0, 0);
}

static void start_all(void (*work)(struct thread *)) {
  for (int i = 0; i < THREADS; i++) start(&threads[i], i + 1, work);
}

static void join_all(void) {
  for (int i = 0; i < THREADS; i++) join(&threads[i]);
}

static void nap(long ms) {
  long ts[2] = {0, ms * 1000000};
  SYS(NR_nanosleep, ts, 0, 0, 0, 0);
}

static struct thread self;

int main_(void) {
  u32 desc[4] = {(u32)-1, (u32)&self.tls_self, 0xfffff, 0x51};
  self.tls_self = 999;
  show("set_thread_area", SYS(NR_set_thread_area, desc, 0, 0, 0, 0));
  show("entry", (long)desc[0]);
  __asm__ volatile("mov %0, %%gs" : : "r"(desc[0] * 8 + 3));
  show("own tls", tls_self());

  start_all(count);
  join_all();
  show("counter", counter);
  show("atomic counter", atomic_counter);
  show("wide low", (long)(u32)wide);
  show("wide high", (long)(u32)(wide >> 32));
  show("tls errors", tls_errors);
  show("own tls", tls_self());

  /* All wait at one word; two are woken there, the others are moved to a second one first. */
  start_all(wait_at_gate);
  for (int waiting = 0; waiting < 200 && woken == 0; waiting++) nap(1);
  show("wrong value", futex(&gate, FUTEX_CMP_REQUEUE, 0, (void *)THREADS, &gate2, 7));
  show("moved", futex(&gate, FUTEX_CMP_REQUEUE, 0, (void *)(THREADS - 2), &gate2, 0));
  gate = 1;
  show("woken at the first", futex(&gate, FUTEX_WAKE, THREADS, 0, 0, 0));
  while (woken != 2) nap(1);
  show("woken at the second", futex(&gate2, FUTEX_WAKE, 1, 0, 0, 0));
  show("woken by operation", futex(&gate, FUTEX_WAKE_OP, 1, (void *)THREADS, &gate2, (0 << 28) | (0 << 24) | (5 << 12) | 0));
  show("second gate", gate2);
  join_all();
  show("all woken", woken);

  long ts[2] = {0, 2000000};
  show("timeout", futex(&gate, FUTEX_WAIT, 1, ts, 0, 0));
  show("other value", futex(&gate, FUTEX_WAIT, 2, ts, 0, 0));
  show("no bits", futex(&gate, FUTEX_WAIT_BITSET, 1, 0, 0, 0));
  show("unaligned", futex((volatile int *)((char *)&gate + 1), FUTEX_WAKE, 1, 0, 0, 0));
  print("done\n");
  return 0;
}
