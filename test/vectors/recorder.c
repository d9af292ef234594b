/* 32-bit code: gcc -m32 -static -O1 -o recorder recorder.c */
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

#include "recorder.h"

/* FXSAVE image within the signal frame: a 112-byte FSAVE-like header comes first, with the registers once more. */
struct frame {
  uint32_t cw, sw, tag, ipoff, cssel, dataoff, datasel;
  uint8_t st[8][10];
  uint16_t status, magic;
  uint8_t fx[512];
  uint8_t header[64];
};

static const int slot[8] = {REG_EAX, REG_ECX, REG_EDX, REG_EBX, REG_ESP, REG_EBP, REG_ESI, REG_EDI};

static void saveState(const ucontext_t *uc, struct image *m) {
  const greg_t *g = uc->uc_mcontext.gregs;
  const struct frame *f = (const struct frame *)uc->uc_mcontext.fpregs;
  for (int i = 0; i < 8; i++) m->gpr[i] = g[slot[i]];
  m->eip = g[REG_EIP];
  m->eflags = g[REG_EFL];
  memcpy(&m->fcw, f->fx, 2);
  memcpy(&m->fsw, f->fx + 2, 2);
  m->ftw = f->fx[4];
  memcpy(&m->mxcsr, f->fx + 24, 4);
  for (int i = 0; i < 8; i++) {
    memcpy(m->st[i], f->fx + 32 + 16 * i, 10);
    memcpy(m->xmm[i], f->fx + 160 + 16 * i, 16);
  }
}

static void loadState(ucontext_t *uc, const struct image *m) {
  greg_t *g = uc->uc_mcontext.gregs;
  struct frame *f = (struct frame *)uc->uc_mcontext.fpregs;
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

static void putFault(const ucontext_t *uc) {
  put32(uc->uc_mcontext.gregs[REG_TRAPNO]);
  put32(uc->uc_mcontext.gregs[REG_ERR]);
  put32(uc->uc_mcontext.cr2);
}

/* FS; the selectors of ds, cs, ss, fs and gs are put. */
static void setBase(uint32_t base) {
  struct user_desc d = {.entry_number = -1, .base_addr = base, .limit = 0xfffff, .seg_32bit = 1, .limit_in_pages = 1, .useable = 1};
  if (syscall(SYS_set_thread_area, &d)) fail("set_thread_area");
  uint32_t fs = d.entry_number * 8 + 3;
  __asm__ volatile("mov %0, %%fs" : : "r"(fs));
  uint32_t ds, cs, ss, gs;
  __asm__("mov %%ds, %0" : "=r"(ds));
  __asm__("mov %%cs, %0" : "=r"(cs));
  __asm__("mov %%ss, %0" : "=r"(ss));
  __asm__("mov %%gs, %0" : "=r"(gs));
  put32(ds); put32(cs); put32(ss); put32(fs); put32(gs);
}

static uintptr_t pointerOf(const ucontext_t *uc) { return uc->uc_mcontext.gregs[REG_EIP]; }
static uintptr_t codeOf(const struct image *m) { return m->eip; }
static int isOwn(uintptr_t ip) { return ip >= 0x08000000 && ip < 0x0a000000; }
