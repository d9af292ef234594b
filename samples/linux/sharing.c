/* Processes that count in the same pages, many and few, of nobody's memory and of a file in memory, which they also read and write by calls. */
#include "sys.h"

enum { NR_pread64 = 180, NR_pwrite64 = 181, NR_ftruncate64 = 194, NR_memfd_create = 356, NR_munmap = 91, NR_mremap = 163 };
enum { PAGE = 4096, PAGES = 12288, FILE_PAGES = 64, WORKERS = 4, ROUNDS = 400 };

struct head { volatile int lock; volatile int turns; volatile int seen; };

static void *shared(u32 size, int fd) { return (void *)sys6(NR_mmap2, 0, (long)size, 3, fd < 0 ? 0x21 : 1, fd, 0); }
static int exchange(volatile int *p, int v) {
  __asm__ volatile("xchg %0, %1" : "+r"(v), "+m"(*p) : : "memory");
  return v;
}
static void lock(struct head *h) { while (exchange(&h->lock, 1)) SYS(NR_sched_yield, 0, 0, 0, 0, 0); }
static void unlock(struct head *h) { exchange(&h->lock, 0); }

static u32 random_(u32 *seed) {
  *seed ^= *seed << 13;
  *seed ^= *seed >> 17;
  *seed ^= *seed << 5;
  return *seed;
}

/* Adds 1 to `ROUNDS` words here and there, and to as many bytes that lie beside other workers'. */
static void work(int who, char *memory, char *file, int fd) {
  struct head *h = (struct head *)memory;
  u32 seed = 0x1234567u * (u32)(who + 1);
  for (int r = 0; r < ROUNDS; r++) {
    u32 page = 1 + random_(&seed) % (r % 4 ? 16 : PAGES - 1), other = random_(&seed) % FILE_PAGES;
    lock(h);
    h->turns++;
    ++*(int *)(memory + page * PAGE + 4 * (random_(&seed) % 1000));
    memory[PAGE + 4088 + who] += 1;
    ++*(int *)(file + other * PAGE + 4 * who);
    if (r % 8 == 0) {
      /* The same word by calls: what was stored is there, and what is written can be loaded. */
      int word = 0;
      long at = (long)(other * PAGE + 4 * who);
      sys6(NR_pread64, fd, (long)&word, 4, at, 0, 0);
      if (word != *(int *)(file + at)) show("read other than stored", word);
      word++;
      sys6(NR_pwrite64, fd, (long)&word, 4, at, 0, 0);
      if (word != *(int *)(file + at)) show("stored other than written", word);
    }
    unlock(h);
    if (r % 16 == who) SYS(NR_sched_yield, 0, 0, 0, 0, 0);
  }
}

static long sum(char *from, u32 pages, u32 words) {
  long n = 0;
  for (u32 p = 0; p < pages; p++) for (u32 i = 0; i < words; i++) n += ((int *)(from + p * PAGE))[i];
  return n;
}

int main_(void) {
  int fd = (int)SYS(NR_memfd_create, "shared", 0, 0, 0, 0), status;
  SYS(NR_ftruncate64, fd, FILE_PAGES * PAGE, 0, 0, 0);
  char *memory = shared(PAGES * PAGE, -1), *file = shared(FILE_PAGES * PAGE, fd);
  struct head *h = (struct head *)memory;
  /* There before anybody shares it. */
  *(int *)(memory + 5 * PAGE) = 1000;
  for (int i = 0; i < WORKERS; i++) {
    if (SYS(NR_fork, 0, 0, 0, 0, 0) == 0) {
      if (i == 1) {
        /* One that has it elsewhere. */
        memory = (char *)SYS(NR_mremap, memory, PAGES * PAGE, PAGES * PAGE, 3, 0x30000000);
        h = (struct head *)memory;
      }
      work(i, memory, file, fd);
      SYS(NR_exit_group, 0, 0, 0, 0, 0);
    }
  }
  while (h->turns < WORKERS * ROUNDS) {
    lock(h);
    h->seen++;
    unlock(h);
    SYS(NR_sched_yield, 0, 0, 0, 0, 0);
  }
  for (int i = 0; i < WORKERS; i++) SYS(NR_waitpid, -1, &status, 0, 0, 0);
  show("turns", h->turns);
  show("seen", h->seen > 0);
  show("words", sum(memory + PAGE, PAGES - 1, 1000));
  for (int i = 0; i < WORKERS; i++) show("bytes", (unsigned char)memory[PAGE + 4088 + i]);
  show("in the file", sum(file, FILE_PAGES, WORKERS));
  /* A second mapping, after the first was written, and what is left when that goes. */
  *(int *)file = 77;
  char *again = shared(FILE_PAGES * PAGE, fd);
  show("mapped twice", *(int *)again);
  *(int *)(again + PAGE) = 78;
  SYS(NR_sched_yield, 0, 0, 0, 0, 0);
  show("and back", *(int *)(file + PAGE));
  *(int *)(file + 2 * PAGE) = 79;
  SYS(NR_munmap, file, FILE_PAGES * PAGE, 0, 0, 0);
  show("unmapped", *(int *)(again + 2 * PAGE));
  return 0;
}
