/*
 * As ../vectors/recorder.c, for 64-bit code. Build: gcc -static -no-pie -O1 -o recorder recorder.c
 *
 * usage: recorder cases results
 *
 * The processor state of a case is loaded by returning from a signal handler whose saved context was overwritten, and the state after
 * it is what the next signal saved: the instruction under test is followed by INT3 (all of the code area that is not under test is INT3).
 * So one signal separates two cases. The handler runs on its own stack; RSP may be anything.
 *
 * cases:    u32 number of areas, then each { u32 address, bytes, prot (1 read, 2 write, 4 execute; 0 none) } and its initial content
 *           (prot != 0); u32 gs base; u32 number of cases, then each { u32 code length, u8 code[16], u32 number of patches, struct image,
 *           patches { u32 address, length, bytes padded to 4 } }. The code goes to image.rip.
 * results:  per case { struct image, u32 signal vector (trapno), error code, u64 cr2, u32 number of runs,
 *           runs { u32 address, length, bytes padded to 4 } } : the runs are the changed bytes of the writable areas.
 */
#define _GNU_SOURCE
#include <asm/prctl.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

struct image {
  uint64_t gpr[16]; /* encoding order */
  uint64_t rip, rflags;
  uint32_t mxcsr;
  uint16_t fcw, fsw; /* fsw with TOP */
  uint32_t ftw;      /* abridged, by physical register */
  uint32_t pad;
  uint8_t st[8][16]; /* ST(i), as FXSAVE */
  uint8_t xmm[16][16];
};

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

static const int slot[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI, REG_R8, REG_R9, REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};

static int writable(const struct area *a) { return (a->prot & 2) && !(a->prot & 4); }

static void store(ucontext_t *uc) {
  greg_t *g = uc->uc_mcontext.gregs;
  const uint8_t *fx = (const uint8_t *)uc->uc_mcontext.fpregs; /* an FXSAVE image, then the XSAVE header */
  struct image m = {0};
  for (int i = 0; i < 16; i++) m.gpr[i] = g[slot[i]];
  m.rip = g[REG_RIP];
  m.rflags = g[REG_EFL];
  memcpy(&m.fcw, fx, 2);
  memcpy(&m.fsw, fx + 2, 2);
  m.ftw = fx[4];
  memcpy(&m.mxcsr, fx + 24, 4);
  for (int i = 0; i < 8; i++) memcpy(m.st[i], fx + 32 + 16 * i, 10);
  for (int i = 0; i < 16; i++) memcpy(m.xmm[i], fx + 160 + 16 * i, 16);
  fwrite(&m, sizeof m, 1, output);
  put32(g[REG_TRAPNO]);
  put32(g[REG_ERR]);
  put32(g[REG_CR2]);
  put32((uint64_t)g[REG_CR2] >> 32);
  /* Changed bytes; runs that are closer than 4 bytes are one. */
  static struct { uint32_t at, n; } runs[4096];
  uint32_t count = 0;
  for (uint32_t k = 0; k < areaCount; k++) {
    struct area *a = &areas[k];
    if (!writable(a) || !memcmp((void *)(uintptr_t)a->address, a->initial, a->bytes)) continue;
    const uint8_t *p = (const uint8_t *)(uintptr_t)a->address;
    for (uint32_t i = 0; i < a->bytes; i++) {
      if (p[i] == a->initial[i]) continue;
      uint32_t at = a->address + i;
      if (count && at - (runs[count - 1].at + runs[count - 1].n) < 4) runs[count - 1].n = at + 1 - runs[count - 1].at;
      else if (count == 4096) fail("too many changed bytes");
      else runs[count].at = at, runs[count++].n = 1;
    }
  }
  put32(count);
  for (uint32_t i = 0; i < count; i++) {
    put32(runs[i].at);
    put32(runs[i].n);
    putBytes((const uint8_t *)(uintptr_t)runs[i].at, runs[i].n);
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
    uint32_t at = next32(), n = next32(), k;
    for (k = 0; k < areaCount; k++) {
      if (writable(&areas[k]) && at >= areas[k].address && at + n <= areas[k].address + areas[k].bytes) break;
    }
    if (k == areaCount || n > sizeof undo[i].old) fail("patch outside of the writable areas");
    undo[i].where = areas[k].initial + (at - areas[k].address);
    undo[i].n = n;
    memcpy(undo[i].old, undo[i].where, n);
    memcpy(undo[i].where, input, n);
    input += (n + 3) & ~3u;
  }
  for (uint32_t k = 0; k < areaCount; k++) {
    if (areas[k].prot & 4) memset((void *)(uintptr_t)areas[k].address, 0xcc, areas[k].bytes);
    else if (writable(&areas[k])) memcpy((void *)(uintptr_t)areas[k].address, areas[k].initial, areas[k].bytes);
  }
  memcpy((void *)currentImage.rip, current.code, current.length);

  greg_t *g = uc->uc_mcontext.gregs;
  uint8_t *fx = (uint8_t *)uc->uc_mcontext.fpregs;
  struct image *m = &currentImage;
  for (int i = 0; i < 16; i++) g[slot[i]] = m->gpr[i];
  g[REG_RIP] = m->rip;
  g[REG_EFL] = m->rflags;
  memcpy(fx, &m->fcw, 2);
  memcpy(fx + 2, &m->fsw, 2);
  fx[4] = m->ftw;
  fx[5] = 0;
  memset(fx + 6, 0, 18);
  memcpy(fx + 24, &m->mxcsr, 4);
  for (int i = 0; i < 8; i++) memcpy(fx + 32 + 16 * i, m->st[i], 16);
  for (int i = 0; i < 16; i++) memcpy(fx + 160 + 16 * i, m->xmm[i], 16);
  fx[512] |= 3; /* XSTATE_BV: x87 and SSE are not in their initial state */
}

static void handler(int sig, siginfo_t *info, void *context) {
  ucontext_t *uc = context;
  (void)info;
  if (recording) {
    uint64_t rip = uc->uc_mcontext.gregs[REG_RIP];
    if (rip >= 0x400000 && rip < 0x10000000) {
      fprintf(stderr, "recorder: signal %d at %08lx in case %u\n", sig, rip, done);
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
    void *p = mmap((void *)(uintptr_t)a->address, a->bytes, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (p != (void *)(uintptr_t)a->address) fail("cannot map an area at its address");
    a->initial = malloc(a->bytes);
    if (a->prot) {
      memcpy(a->initial, input, a->bytes);
      input += a->bytes;
      memcpy(p, a->initial, a->bytes);
    }
    int prot = a->prot & 4 ? PROT_READ | PROT_WRITE | PROT_EXEC : a->prot & 2 ? PROT_READ | PROT_WRITE : a->prot & 1 ? PROT_READ : PROT_NONE;
    if (mprotect(p, a->bytes, prot)) fail("cannot protect an area");
  }

  if (syscall(SYS_arch_prctl, ARCH_SET_GS, (unsigned long)next32())) fail("arch_prctl");
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
