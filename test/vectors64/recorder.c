/* 64-bit code: gcc -no-pie -static -O1 -o recorder recorder.c */
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

#include "../vectors/recorder.h"

static const int slot[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI, REG_R8, REG_R9, REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};

static void saveState(const ucontext_t *uc, struct image *m) {
  const greg_t *g = uc->uc_mcontext.gregs;
  const uint8_t *fx = (const uint8_t *)uc->uc_mcontext.fpregs; /* an FXSAVE image, then the XSAVE header */
  for (int i = 0; i < 16; i++) m->gpr[i] = g[slot[i]];
  m->rip = g[REG_RIP];
  m->rflags = g[REG_EFL];
  memcpy(&m->fcw, fx, 2);
  memcpy(&m->fsw, fx + 2, 2);
  m->ftw = fx[4];
  memcpy(&m->mxcsr, fx + 24, 4);
  for (int i = 0; i < 8; i++) memcpy(m->st[i], fx + 32 + 16 * i, 10);
  for (int i = 0; i < 16; i++) memcpy(m->xmm[i], fx + 160 + 16 * i, 16);
}

static void loadState(ucontext_t *uc, const struct image *m) {
  greg_t *g = uc->uc_mcontext.gregs;
  uint8_t *fx = (uint8_t *)uc->uc_mcontext.fpregs;
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

static void putFault(const ucontext_t *uc) {
  uint64_t cr2 = uc->uc_mcontext.gregs[REG_CR2];
  put32(uc->uc_mcontext.gregs[REG_TRAPNO]);
  put32(uc->uc_mcontext.gregs[REG_ERR]);
  put32(cr2);
  put32(cr2 >> 32);
}

/* GS. */
static void setBase(uint32_t base) {
  if (syscall(SYS_arch_prctl, ARCH_SET_GS, (unsigned long)base)) fail("arch_prctl");
}

static uintptr_t pointerOf(const ucontext_t *uc) { return uc->uc_mcontext.gregs[REG_RIP]; }
static uintptr_t codeOf(const struct image *m) { return m->rip; }
static int isOwn(uintptr_t ip) { return ip >= 0x400000 && ip < 0x10000000; }
