/*
 * Executes instructions on the real processor and records what they did. Build: gcc -m32 -static -O1 -o recorder recorder.c
 *
 * usage: recorder cases results
 *
 * The processor state of a case is loaded by returning from a signal handler whose saved context was overwritten, and the state after
 * it is what the next signal saved: the instruction under test is followed by INT3 (all of the code area that is not under test is INT3).
 * So one signal separates two cases. The handler runs on its own stack; ESP may be anything.
 *
 * cases:    u32 number of areas, then each { u32 address, bytes, prot (1 read, 2 write, 4 execute; 0 none) } and its initial content
 *           (prot != 0); u32 fs base; u32 number of cases, then each { u32 code length, u8 code[16], u32 number of patches, struct image,
 *           patches { u32 address, length, bytes padded to 4 } }. The code goes to image.eip.
 * results:  u32 ds, cs, ss, fs, gs selectors; per case { struct image, u32 signal vector (trapno), error code, cr2, number of runs,
 *           runs { u32 address, length, bytes padded to 4 } } : the runs are the changed bytes of the writable areas.
 */
#define _GNU_SOURCE
#include <asm/ldt.h>
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
  uint32_t gpr[8]; /* encoding order */
  uint32_t eip, eflags, mxcsr;
  uint16_t fcw, fsw; /* fsw with TOP */
  uint32_t ftw;      /* abridged, by physical register */
  uint32_t pad[3];
  uint8_t st[8][16]; /* ST(i), as FXSAVE */
  uint8_t xmm[8][16];
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

/* FXSAVE image within the signal frame: a 112-byte FSAVE-like header comes first, with the registers once more. */
struct frame {
  uint32_t cw, sw, tag, ipoff, cssel, dataoff, datasel;
  uint8_t st[8][10];
  uint16_t status, magic;
  uint8_t fx[512];
  uint8_t header[64];
};

static const int slot[8] = {REG_EAX, REG_ECX, REG_EDX, REG_EBX, REG_ESP, REG_EBP, REG_ESI, REG_EDI};

static int writable(const struct area *a) { return (a->prot & 2) && !(a->prot & 4); }

static void store(ucontext_t *uc) {
  greg_t *g = uc->uc_mcontext.gregs;
  struct frame *f = (struct frame *)uc->uc_mcontext.fpregs;
  struct image m = {0};
  for (int i = 0; i < 8; i++) m.gpr[i] = g[slot[i]];
  m.eip = g[REG_EIP];
  m.eflags = g[REG_EFL];
  memcpy(&m.fcw, f->fx, 2);
  memcpy(&m.fsw, f->fx + 2, 2);
  m.ftw = f->fx[4];
  memcpy(&m.mxcsr, f->fx + 24, 4);
  for (int i = 0; i < 8; i++) {
    memcpy(m.st[i], f->fx + 32 + 16 * i, 10);
    memcpy(m.xmm[i], f->fx + 160 + 16 * i, 16);
  }
  fwrite(&m, sizeof m, 1, output);
  put32(g[REG_TRAPNO]);
  put32(g[REG_ERR]);
  put32(uc->uc_mcontext.cr2);
  /* Changed bytes; runs that are closer than 4 bytes are one. */
  static struct { uint32_t at, n; } runs[4096];
  uint32_t count = 0;
  for (uint32_t k = 0; k < areaCount; k++) {
    struct area *a = &areas[k];
    if (!writable(a) || !memcmp((void *)a->address, a->initial, a->bytes)) continue;
    const uint8_t *p = (const uint8_t *)a->address;
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
    putBytes((const uint8_t *)runs[i].at, runs[i].n);
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
    if (areas[k].prot & 4) memset((void *)areas[k].address, 0xcc, areas[k].bytes);
    else if (writable(&areas[k])) memcpy((void *)areas[k].address, areas[k].initial, areas[k].bytes);
  }
  memcpy((void *)currentImage.eip, current.code, current.length);

  greg_t *g = uc->uc_mcontext.gregs;
  struct frame *f = (struct frame *)uc->uc_mcontext.fpregs;
  struct image *m = &currentImage;
  for (int i = 0; i < 8; i++) g[slot[i]] = m->gpr[i];
  g[REG_UESP] = m->gpr[4];
  g[REG_EIP] = m->eip;
  g[REG_EFL] = m->eflags;
  uint32_t full = 0;
  for (int i = 0; i < 8; i++) full |= (m->ftw >> i & 1 ? 0u : 3u) << (2 * i);
  f->cw = 0xffff0000 | m->fcw;
  f->sw = 0xffff0000 | m->fsw;
  f->tag = 0xffff0000 | full;
  f->ipoff = f->cssel = f->dataoff = f->datasel = 0;
  memcpy(f->fx, &m->fcw, 2);
  memcpy(f->fx + 2, &m->fsw, 2);
  f->fx[4] = m->ftw;
  f->fx[5] = 0;
  memset(f->fx + 6, 0, 18);
  memcpy(f->fx + 24, &m->mxcsr, 4);
  for (int i = 0; i < 8; i++) {
    memcpy(f->st[i], m->st[i], 10);
    memcpy(f->fx + 32 + 16 * i, m->st[i], 16);
    memcpy(f->fx + 160 + 16 * i, m->xmm[i], 16);
  }
  f->header[0] |= 3; /* XSTATE_BV: x87 and SSE are not in their initial state */
}

static void handler(int sig, siginfo_t *info, void *context) {
  ucontext_t *uc = context;
  (void)info;
  if (recording) {
    uint32_t eip = uc->uc_mcontext.gregs[REG_EIP];
    if (eip >= 0x08000000 && eip < 0x0a000000) {
      fprintf(stderr, "recorder: signal %d at %08x in case %u\n", sig, eip, done);
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
    void *p = mmap((void *)a->address, a->bytes, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (p != (void *)a->address) fail("cannot map an area at its address");
    a->initial = malloc(a->bytes);
    if (a->prot) {
      memcpy(a->initial, input, a->bytes);
      input += a->bytes;
      memcpy(p, a->initial, a->bytes);
    }
    int prot = a->prot & 4 ? PROT_READ | PROT_WRITE | PROT_EXEC : a->prot & 2 ? PROT_READ | PROT_WRITE : a->prot & 1 ? PROT_READ : PROT_NONE;
    if (mprotect(p, a->bytes, prot)) fail("cannot protect an area");
  }

  struct user_desc d = {.entry_number = -1, .base_addr = next32(), .limit = 0xfffff, .seg_32bit = 1, .limit_in_pages = 1, .useable = 1};
  if (syscall(SYS_set_thread_area, &d)) fail("set_thread_area");
  uint32_t fs = d.entry_number * 8 + 3;
  __asm__ volatile("mov %0, %%fs" : : "r"(fs));
  uint32_t ds, cs, ss, gs;
  __asm__("mov %%ds, %0" : "=r"(ds));
  __asm__("mov %%cs, %0" : "=r"(cs));
  __asm__("mov %%ss, %0" : "=r"(ss));
  __asm__("mov %%gs, %0" : "=r"(gs));
  put32(ds); put32(cs); put32(ss); put32(fs); put32(gs);
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
