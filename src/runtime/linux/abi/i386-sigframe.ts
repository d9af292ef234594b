import { readEflags, writeEflags } from "../../../ir/eflags.js";
import type { LibEnv } from "../../../ir/env.js";
import { fullTag, OP_FXRSTOR, OP_FXSAVE } from "../../../ir/lib/x87-env.js";
import { reg, setControlWord, setStatusWord, statusWord } from "../../../ir/lib/x87.js";
import { FCW, FDP, FIP, FTW, GPR, PC, Reg, Seg, SEG_SEL } from "../../../ir/state.js";
import type { UserMemory } from "../../../mmu/user-memory.js";
import type { SignalInfo, SigSet } from "../contract.js";
import { Errno } from "../errno.js";
import { SA_RESTORER, SA_SIGINFO, type SignalAction } from "../signal.js";
import { copyTo, get16, get32, put16, put32, writableView } from "../user.js";
import { putSigInfo } from "./i386-siginfo.js";

/**
 * Signal frames of 32-bit programs, byte for byte as a 64-bit kernel without XSAVE builds them (Linux arch/x86/kernel/signal_32.c,
 * arch/x86/kernel/fpu/{signal,regset}.c).
 *
 * sigframe:    pretcode 0, sig 4, sigcontext 8 (88 bytes), unused fpstate 96 (624), extramask 720, retcode 724; 732 bytes
 * rt_sigframe: pretcode 0, sig 4, pinfo 8, puc 12, siginfo 16 (128), ucontext 144 (flags, link, stack 12 bytes, sigcontext at 164, sigmask 8
 *              at 252), retcode 260; 268 bytes
 * sigcontext:  gs fs es ds edi esi ebp esp ebx edx ecx eax trapno err eip cs eflags esp_at_signal ss fpstate oldmask cr2
 * fpstate:     FNSAVE image (108), status, magic 0 (FXSR follows), FXSAVE image (512, aligned to 64)
 */

const SIGFRAME = 732, RT_SIGFRAME = 268;
const SC_FPSTATE = 76;
const USER_CS = 0x23, USER_DS = 0x2b;
const CLEARED_FLAGS = 0x10500; // DF, RF, TF
/** Flags that a sigreturn may change: AC OF DF TF SF ZF AF PF CF RF. */
const RETURN_FLAGS = 0x50dd5;
const RETCODE = [0x58, 0xb8, 0x77, 0, 0, 0, 0xcd, 0x80];
const RT_RETCODE = [0xb8, 0xad, 0, 0, 0, 0xcd, 0x80, 0];

/** Where the thread stands; what is not in its registers. */
export interface FrameContext {
  readonly S: Int32Array;
  readonly memory: UserMemory;
  readonly altStack: { sp: number; size: number; flags: number };
  /** Last fault: vector, error code, address. */
  readonly trap: { number: number; error: number; address: number };
  /** Address of the kernel's own trampolines: sigreturn at +0, rt_sigreturn at +16. */
  readonly vdso: number;
}

/** Code of the trampolines page, for programs that give no SA_RESTORER. */
export const TRAMPOLINES: readonly number[] = [...RETCODE, 0, 0, 0, 0, 0, 0, 0, 0, ...RT_RETCODE];

const env = (c: FrameContext): LibEnv => ({ S: c.S, memory: c.memory }) as unknown as LibEnv;

/** Build the frame and enter the handler; `mask` is what a return restores. False: the stack cannot hold it. */
export function pushFrame(c: FrameContext, info: SignalInfo, action: SignalAction, mask: Readonly<SigSet>, onAltStack: boolean): boolean {
  try {
    enterHandler(c, info, action, mask, onAltStack);
    return true;
  } catch (e) {
    if (e instanceof Errno) return false;
    throw e;
  }
}

function enterHandler(c: FrameContext, info: SignalInfo, action: SignalAction, mask: Readonly<SigSet>, onAltStack: boolean): void {
  const { S, memory: m } = c;
  const esp = S[(GPR >> 2) + Reg.ESP * 2]!;
  let sp = (onAltStack ? c.altStack.sp + c.altStack.size : esp) >>> 0;
  const fx = (sp - 512 - ((sp - 512) % 64)) >>> 0;
  const fpstate = fx - 112;
  sp = fpstate;
  const rt = (action.flags & SA_SIGINFO) !== 0;
  const frame = ((((sp - (rt ? RT_SIGFRAME : SIGFRAME) + 4) & -16) - 4) | 0) >>> 0;
  // Overflow of the alternate stack
  if (onAltStack && frame < c.altStack.sp >>> 0) throw new Errno(14);
  const total = fx + 512 - frame;
  if (writableView(m, frame | 0, total).length < total) throw new Errno(14);
  saveFpu(c, fpstate, fx);
  const sc = rt ? frame + 164 : frame + 8;
  saveContext(c, sc, fpstate, mask.lo);
  const restorer = action.flags & SA_RESTORER;
  put32(m, frame + 4, info.signo);
  if (rt) {
    put32(m, frame, restorer ? action.restorer : c.vdso + 16);
    put32(m, frame + 8, frame + 16);
    put32(m, frame + 12, frame + 144);
    putSigInfo(m, frame + 16, info);
    put32(m, frame + 144, 0);
    put32(m, frame + 148, 0);
    put32(m, frame + 152, c.altStack.sp);
    put32(m, frame + 156, altStackFlags(c, esp));
    put32(m, frame + 160, c.altStack.size);
    put32(m, frame + 252, mask.lo);
    put32(m, frame + 256, mask.hi);
    copyTo(m, frame + 260, RT_RETCODE);
  } else {
    put32(m, frame, restorer ? action.restorer : c.vdso);
    put32(m, frame + 720, mask.hi);
    copyTo(m, frame + 724, RETCODE);
  }
  const g = GPR >> 2;
  S[g + Reg.ESP * 2] = frame | 0;
  S[PC >> 2] = action.handler;
  S[g + Reg.EAX * 2] = info.signo;
  S[g + Reg.EDX * 2] = rt ? (frame + 16) | 0 : 0;
  S[g + Reg.ECX * 2] = rt ? (frame + 144) | 0 : 0;
  writeEflags(S, readEflags(S) & ~CLEARED_FLAGS);
  S[(SEG_SEL >> 2) + Seg.DS] = S[(SEG_SEL >> 2) + Seg.ES] = S[(SEG_SEL >> 2) + Seg.SS] = USER_DS;
  S[(SEG_SEL >> 2) + Seg.CS] = USER_CS;
}

/** SS_DISABLE 2, SS_ONSTACK 1, with SS_AUTODISARM kept. */
export function altStackFlags(c: Pick<FrameContext, "altStack">, esp: number): number {
  const { sp, size, flags } = c.altStack;
  if (size === 0) return 2;
  return (flags & (0x80000000 | 0)) | (isOnStack(sp, size, esp) ? 1 : 0);
}

export function isOnStack(sp: number, size: number, esp: number): boolean {
  return esp >>> 0 > sp >>> 0 && (esp >>> 0) - (sp >>> 0) <= size;
}

const SC_SEGMENTS = [Seg.GS, Seg.FS, Seg.ES, Seg.DS];
const SC_REGISTERS = [Reg.EDI, Reg.ESI, Reg.EBP, Reg.ESP, Reg.EBX, Reg.EDX, Reg.ECX, Reg.EAX];

function saveContext(c: FrameContext, sc: number, fpstate: number, oldMask: number): void {
  const { S, memory: m } = c;
  SC_SEGMENTS.forEach((seg, i) => put32(m, sc + i * 4, S[(SEG_SEL >> 2) + seg]! & 0xffff));
  SC_REGISTERS.forEach((r, i) => put32(m, sc + 16 + i * 4, S[(GPR >> 2) + r * 2]!));
  put32(m, sc + 48, c.trap.number);
  put32(m, sc + 52, c.trap.error);
  put32(m, sc + 56, S[PC >> 2]!);
  put32(m, sc + 60, S[(SEG_SEL >> 2) + Seg.CS]!);
  put32(m, sc + 64, readEflags(S) | 0x200);
  put32(m, sc + 68, S[(GPR >> 2) + Reg.ESP * 2]!);
  put32(m, sc + 72, S[(SEG_SEL >> 2) + Seg.SS]!);
  put32(m, sc + SC_FPSTATE, fpstate);
  put32(m, sc + 80, oldMask);
  put32(m, sc + 84, c.trap.address);
}

function saveFpu(c: FrameContext, fpstate: number, fx: number): void {
  const { S, memory: m } = c;
  OP_FXSAVE.lib!.fn(env(c), fx | 0, 8);
  m.bytes.fill(0, fx + 288, fx + 512);
  const ones = 0xffff0000 | 0;
  put32(m, fpstate, S[FCW >> 2]! | ones);
  put32(m, fpstate + 4, statusWord(S) | ones);
  put32(m, fpstate + 8, fullTag(S) | ones);
  put32(m, fpstate + 12, S[FIP >> 2]!);
  put32(m, fpstate + 16, USER_CS);
  put32(m, fpstate + 20, S[FDP >> 2]!);
  put32(m, fpstate + 24, USER_DS | ones);
  for (let i = 0; i < 8; i++) {
    const r = reg(S, i), a = fpstate + 28 + i * 10;
    put32(m, a, S[r]!);
    put32(m, a + 4, S[r + 1]!);
    put16(m, a + 8, S[r + 2]!);
  }
  put16(m, fpstate + 108, statusWord(S));
  put16(m, fpstate + 110, 0);
}

/** What sigreturn found in its frame besides registers. */
export interface Returned {
  mask: SigSet;
  /** From rt frames: uc_stack. */
  altStack: { sp: number; size: number; flags: number } | null;
}

/** sigreturn and rt_sigreturn: registers from the frame below esp. Throws Errno if it cannot be read. `loadSegment` loads gs, fs, es, ds. */
export function popFrame(c: FrameContext, rt: boolean, loadSegment: (seg: number, selector: number) => void): Returned {
  const { S, memory: m } = c;
  const esp = S[(GPR >> 2) + Reg.ESP * 2]!;
  const frame = (rt ? esp - 4 : esp - 8) | 0;
  const sc = (rt ? frame + 164 : frame + 8) | 0;
  const mask = rt ? { lo: get32(m, frame + 252), hi: get32(m, frame + 256) } : { lo: get32(m, sc + 80), hi: get32(m, frame + 720) };
  const altStack = rt ? { sp: get32(m, frame + 152), flags: get32(m, frame + 156), size: get32(m, frame + 160) } : null;
  const registers = SC_REGISTERS.map((_, i) => get32(m, sc + 16 + i * 4));
  const pc = get32(m, sc + 56), flags = get32(m, sc + 64), fpstate = get32(m, sc + SC_FPSTATE);
  const selectors = SC_SEGMENTS.map((_, i) => get16(m, sc + i * 4));
  const cs = get16(m, sc + 60), ss = get16(m, sc + 72);
  if (fpstate !== 0) restoreFpu(c, fpstate);
  SC_REGISTERS.forEach((r, i) => {
    S[(GPR >> 2) + r * 2] = registers[i]!;
  });
  S[PC >> 2] = pc;
  writeEflags(S, (readEflags(S) & ~RETURN_FLAGS) | (flags & RETURN_FLAGS));
  loadSegment(Seg.CS, cs | 3);
  loadSegment(Seg.SS, ss | 3);
  SC_SEGMENTS.forEach((seg, i) => {
    const s = selectors[i]!;
    loadSegment(seg, s & 0xfffc ? s | 3 : 0);
  });
  return { mask, altStack };
}

function restoreFpu(c: FrameContext, fpstate: number): void {
  const { S, memory: m } = c;
  const head = get16(m, fpstate + 110);
  get32(m, fpstate + 108);
  if (head === 0) {
    get32(m, fpstate + 112 + 508);
    // Reserved bits of MXCSR would fault in FXRSTOR: then the frame is bad.
    if (get32(m, fpstate + 112 + 24) & ~0xffff) throw new Errno(14);
    OP_FXRSTOR.lib!.fn(env(c), (fpstate + 112) | 0, 8);
  }
  // The FNSAVE image has the last word on x87 registers (convert_to_fxsr).
  setControlWord(S, get16(m, fpstate));
  setStatusWord(S, get16(m, fpstate + 4));
  const tags = get16(m, fpstate + 8);
  let used = 0;
  for (let k = 0; k < 8; k++) if (((tags >> (k * 2)) & 3) !== 3) used |= 1 << k;
  S[FTW >> 2] = used;
  S[FIP >> 2] = get32(m, fpstate + 12);
  S[FDP >> 2] = get32(m, fpstate + 20);
  for (let i = 0; i < 8; i++) {
    const r = reg(S, i), a = fpstate + 28 + i * 10;
    S[r] = get32(m, a);
    S[r + 1] = get32(m, a + 4);
    S[r + 2] = get16(m, a + 8);
  }
}
