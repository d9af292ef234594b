/*
 * Executes instructions on the real processor and records what they did: what 32-bit and 64-bit code (recorder.c here and in ../vectors64) have in
 * common. It is included where `struct image`, the processor's state, is known; the functions below are then defined for the kind of code.
 *
 * usage: recorder cases results
 *
 * The processor state of a case is loaded by returning from a signal handler whose saved context was overwritten, and the state after
 * it is what the next signal saved: the instruction under test is followed by INT3 (all of the code area that is not under test is INT3).
 * So one signal separates two cases. The handler runs on its own stack; the stack pointer may be anything.
 *
 * cases:    u32 number of areas, then each { u32 address, bytes, prot (1 read, 2 write, 4 execute; 0 none) } and its initial content
 *           (prot != 0); u32 segment base; u32 number of cases, then each { u32 code length, u8 code[16], u32 number of patches, struct image,
 *           patches { u32 address, length, bytes padded to 4 } }. The code goes to the image's instruction pointer.
 * results:  what setBase puts; per case { struct image, what putFault puts, u32 number of runs, runs { u32 address, length, bytes padded to 4 } } :
 *           the runs are the changed bytes of the writable areas.
 */
struct header {
  uint32_t length;
  uint8_t code[16];
  uint32_t patches;
};

struct area {
  uint32_t address, bytes, prot;
  uint8_t *initial;
};

static struct area areas[16];
static uint32_t areaCount, caseCount, done;
static uint8_t *input;
static FILE *output;
static struct header current;
static struct image currentImage;
static volatile int recording;

static void fail(const char *what) {
  fprintf(stderr, "recorder: %s\n", what);
  _exit(1);
}

static uint32_t next32(void) {
  uint32_t v;
  memcpy(&v, input, 4);
  input += 4;
  return v;
}

static void put32(uint32_t v) { fwrite(&v, 4, 1, output); }

static void putBytes(const uint8_t *p, uint32_t n) {
  static const uint8_t zero[4];
  fwrite(p, 1, n, output);
  fwrite(zero, 1, -n & 3, output);
}

/* What the kinds of code define. */
/* The state that a signal saved, and its other way. */
static void saveState(const ucontext_t *uc, struct image *m);
static void loadState(ucontext_t *uc, const struct image *m);
/* u32 vector (trapno), u32 error code, CR2. */
static void putFault(const ucontext_t *uc);
/* Give the segment that the cases use its base. */
static void setBase(uint32_t base);
static uintptr_t pointerOf(const ucontext_t *uc);
static uintptr_t codeOf(const struct image *m);
/* Whether an instruction pointer is in this program. */
static int isOwn(uintptr_t ip);

static void *at(uintptr_t address) { return (void *)address; }

static int writable(const struct area *a) { return (a->prot & 2) && !(a->prot & 4); }

static void store(ucontext_t *uc) {
  struct image m = {0};
  saveState(uc, &m);
  fwrite(&m, sizeof m, 1, output);
  putFault(uc);
  /* Changed bytes; runs that are closer than 4 bytes are one. */
  static struct { uint32_t at, n; } runs[4096];
  uint32_t count = 0;
  for (uint32_t k = 0; k < areaCount; k++) {
    struct area *a = &areas[k];
    if (!writable(a) || !memcmp(at(a->address), a->initial, a->bytes)) continue;
    const uint8_t *p = at(a->address);
    for (uint32_t i = 0; i < a->bytes; i++) {
      if (p[i] == a->initial[i]) continue;
      uint32_t where = a->address + i;
      if (count && where - (runs[count - 1].at + runs[count - 1].n) < 4) runs[count - 1].n = where + 1 - runs[count - 1].at;
      else if (count == 4096) fail("too many changed bytes");
      else runs[count].at = where, runs[count++].n = 1;
    }
  }
  put32(count);
  for (uint32_t i = 0; i < count; i++) {
    put32(runs[i].at);
    put32(runs[i].n);
    putBytes(at(runs[i].at), runs[i].n);
  }
}

/* Area content back to the initial content plus, in `initial` for the time of the case, its patches: so what store sees is what the instruction did. */
static struct { uint32_t at, n; uint8_t old[1024]; uint8_t *where; } undo[16];
static uint32_t undoCount;

static void load(ucontext_t *uc) {
  for (uint32_t i = undoCount; i-- > 0;) memcpy(undo[i].where, undo[i].old, undo[i].n);
  memcpy(&current, input, sizeof current);
  input += sizeof current;
  memcpy(&currentImage, input, sizeof currentImage);
  input += sizeof currentImage;
  undoCount = current.patches;
  if (undoCount > 16) fail("too many patches");
  for (uint32_t i = 0; i < undoCount; i++) {
    uint32_t to = next32(), n = next32(), k;
    for (k = 0; k < areaCount; k++) {
      if (writable(&areas[k]) && to >= areas[k].address && to + n <= areas[k].address + areas[k].bytes) break;
    }
    if (k == areaCount || n > sizeof undo[i].old) fail("patch outside of the writable areas");
    undo[i].where = areas[k].initial + (to - areas[k].address);
    undo[i].n = n;
    memcpy(undo[i].old, undo[i].where, n);
    memcpy(undo[i].where, input, n);
    input += (n + 3) & ~3u;
  }
  for (uint32_t k = 0; k < areaCount; k++) {
    if (areas[k].prot & 4) memset(at(areas[k].address), 0xcc, areas[k].bytes);
    else if (writable(&areas[k])) memcpy(at(areas[k].address), areas[k].initial, areas[k].bytes);
  }
  memcpy(at(codeOf(&currentImage)), current.code, current.length);
  loadState(uc, &currentImage);
}

static void handler(int sig, siginfo_t *info, void *context) {
  ucontext_t *uc = context;
  (void)info;
  if (recording) {
    uintptr_t ip = pointerOf(uc);
    if (isOwn(ip)) {
      fprintf(stderr, "recorder: signal %d at %08lx in case %u\n", sig, (unsigned long)ip, done);
      _exit(1);
    }
    store(uc);
    done++;
  }
  recording = 1;
  if (done == caseCount) {
    fclose(output);
    _exit(0);
  }
  load(uc);
}

int main(int argc, char **argv) {
  if (argc != 3) fail("usage: recorder cases results");
  int fd = open(argv[1], O_RDONLY);
  struct stat st;
  if (fd < 0 || fstat(fd, &st)) fail("cannot read the cases");
  input = mmap(0, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (input == MAP_FAILED) fail("cannot map the cases");
  if (!(output = fopen(argv[2], "wb"))) fail("cannot write the results");

  areaCount = next32();
  if (areaCount > 16) fail("too many areas");
  for (uint32_t i = 0; i < areaCount; i++) {
    struct area *a = &areas[i];
    a->address = next32();
    a->bytes = next32();
    a->prot = next32();
    void *p = mmap(at(a->address), a->bytes, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (p != at(a->address)) fail("cannot map an area at its address");
    a->initial = malloc(a->bytes);
    if (a->prot) {
      memcpy(a->initial, input, a->bytes);
      input += a->bytes;
      memcpy(p, a->initial, a->bytes);
    }
    int prot = a->prot & 4 ? PROT_READ | PROT_WRITE | PROT_EXEC : a->prot & 2 ? PROT_READ | PROT_WRITE : a->prot & 1 ? PROT_READ : PROT_NONE;
    if (mprotect(p, a->bytes, prot)) fail("cannot protect an area");
  }

  setBase(next32());
  caseCount = next32();

  stack_t alt = {.ss_size = 1 << 20};
  alt.ss_sp = malloc(alt.ss_size);
  sigaltstack(&alt, 0);
  struct sigaction sa = {.sa_flags = SA_SIGINFO | SA_ONSTACK};
  sa.sa_sigaction = handler;
  int signals[] = {SIGTRAP, SIGSEGV, SIGILL, SIGFPE, SIGBUS};
  for (int i = 0; i < 5; i++) sigaction(signals[i], &sa, 0);
  __asm__ volatile("fldz; fstp %st(0); xorps %xmm0, %xmm0; int3");
  fail("not reached");
}
