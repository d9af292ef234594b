import { Cap, capable } from "../capabilities.js";
import { GPR, Reg } from "../../../ir/state.js";
import { GuestFault } from "../../../ir/memory.js";
import { getSigInfo, putSigInfo } from "../abi/i386-siginfo.js";
import { altStackFlags, isOnStack, popFrame } from "../abi/i386-sigframe.js";
import type { SigSet } from "../contract.js";
import { E, Errno, fail } from "../errno.js";
import type { GuestProcess } from "../process.js";
import { loadSegment } from "../segments.js";
import { groupMembers } from "../session.js";
import { blockable, hasSignal, SA_NODEFER, SA_RESETHAND, SI_KERNEL, SI_TKILL, SI_USER, Sig, type SignalAction, UNBLOCKABLE } from "../signal.js";
import type { GuestThread } from "../thread.js";
import { get32, put32 } from "../user.js";
import type { Blocked, Result } from "../wait.js";

/** Signal calls (i386 structures). */

const SIGSET_SIZE = 8;

export function getSet(t: GuestThread, at: number): SigSet {
  return { lo: get32(t.memory, at), hi: get32(t.memory, at + 4) };
}

function putSet(t: GuestThread, at: number, s: Readonly<SigSet>): void {
  put32(t.memory, at, s.lo);
  put32(t.memory, at + 4, s.hi);
}

function checkAction(signo: number, setting: boolean): void {
  if (signo < 1 || signo > 64 || (setting && hasSignal(UNBLOCKABLE, signo))) fail(E.INVAL);
}

function install(t: GuestThread, signo: number, action: SignalAction): void {
  const { process: p } = t;
  p.actions.set(signo, { ...action, mask: blockable(action.mask) });
  if (p.actions.ignores(signo)) {
    const set: SigSet = signo <= 32 ? { lo: 1 << (signo - 1), hi: 0 } : { lo: 0, hi: 1 << (signo - 33) };
    p.pending.drop(set);
    for (const other of p.threads) other.pending.drop(set);
  }
}

/** struct sigaction: handler, flags, restorer, mask (8 bytes). */
export function rtSigaction(t: GuestThread, signo: number, newAt: number, oldAt: number, size: number): number {
  if (size !== SIGSET_SIZE) fail(E.INVAL);
  checkAction(signo, newAt !== 0);
  const m = t.memory;
  const old = t.process.actions.get(signo);
  const next = newAt
    ? { handler: get32(m, newAt), flags: get32(m, newAt + 4), restorer: get32(m, newAt + 8), mask: getSet(t, newAt + 12) } : null;
  if (oldAt) {
    put32(m, oldAt, old.handler);
    put32(m, oldAt + 4, old.flags);
    put32(m, oldAt + 8, old.restorer);
    putSet(t, oldAt + 12, old.mask);
  }
  if (next) install(t, signo, next);
  return 0;
}

/** struct old_sigaction: handler, mask (4 bytes), flags, restorer. */
export function sigaction(t: GuestThread, signo: number, newAt: number, oldAt: number): number {
  checkAction(signo, newAt !== 0);
  const m = t.memory;
  const old = t.process.actions.get(signo);
  const next = newAt
    ? { handler: get32(m, newAt), mask: { lo: get32(m, newAt + 4), hi: 0 }, flags: get32(m, newAt + 8), restorer: get32(m, newAt + 12) } : null;
  if (oldAt) {
    put32(m, oldAt, old.handler);
    put32(m, oldAt + 4, old.mask.lo);
    put32(m, oldAt + 8, old.flags);
    put32(m, oldAt + 12, old.restorer);
  }
  if (next) install(t, signo, next);
  return 0;
}

export function signal(t: GuestThread, signo: number, handler: number): number {
  checkAction(signo, true);
  const old = t.process.actions.get(signo).handler;
  install(t, signo, { handler, flags: SA_RESETHAND | SA_NODEFER, restorer: 0, mask: { lo: 0, hi: 0 } });
  return old;
}

function changeMask(t: GuestThread, how: number, set: SigSet): void {
  const s = blockable(set);
  const old = t.sigmask;
  if (how === 0) t.sigmask = { lo: old.lo | s.lo, hi: old.hi | s.hi };
  else if (how === 1) t.sigmask = { lo: old.lo & ~s.lo, hi: old.hi & ~s.hi };
  else if (how === 2) t.sigmask = s;
  else fail(E.INVAL);
}

export function rtSigprocmask(t: GuestThread, how: number, newAt: number, oldAt: number, size: number): number {
  if (size !== SIGSET_SIZE) fail(E.INVAL);
  const old = t.sigmask;
  if (newAt) changeMask(t, how, getSet(t, newAt));
  if (oldAt) putSet(t, oldAt, old);
  return 0;
}

export function sigprocmask(t: GuestThread, how: number, newAt: number, oldAt: number): number {
  const old = t.sigmask;
  if (newAt) changeMask(t, how, { lo: get32(t.memory, newAt), hi: how === 2 ? old.hi : 0 });
  if (oldAt) put32(t.memory, oldAt, old.lo);
  return 0;
}

export function sgetmask(t: GuestThread): number {
  return t.sigmask.lo;
}

export function ssetmask(t: GuestThread, mask: number): number {
  const old = t.sigmask.lo;
  t.sigmask = blockable({ lo: mask, hi: t.sigmask.hi });
  return old;
}

function pendingSet(t: GuestThread): SigSet {
  const a = t.pending.set, b = t.process.pending.set;
  return { lo: (a.lo | b.lo) & t.sigmask.lo, hi: (a.hi | b.hi) & t.sigmask.hi };
}

export function rtSigpending(t: GuestThread, at: number, size: number): number {
  if (size >>> 0 > SIGSET_SIZE) fail(E.INVAL);
  putSet(t, at, pendingSet(t));
  return 0;
}

export function sigpending(t: GuestThread, at: number): number {
  put32(t.memory, at, pendingSet(t).lo);
  return 0;
}

const sleep = (): Blocked => {
  const b: Blocked = { queues: [], retry: () => b };
  return b;
};

export function rtSigsuspend(t: GuestThread, at: number, size: number): Result {
  if (size !== SIGSET_SIZE) fail(E.INVAL);
  t.setTemporaryMask(blockable(getSet(t, at)));
  return sleep();
}

/** i386: two unused arguments, then the mask. */
export function sigsuspend(t: GuestThread, _a: number, _b: number, mask: number): Result {
  t.setTemporaryMask(blockable({ lo: mask, hi: 0 }));
  return sleep();
}

export function pause(): Result {
  return sleep();
}

/** `timeout` in ns; null: for ever. */
export function sigtimedwait(t: GuestThread, setAt: number, infoAt: number, timeout: number | null, size: number): Result {
  if (size !== SIGSET_SIZE) fail(E.INVAL);
  const set = blockable(getSet(t, setAt));
  const deadline = timeout === null ? Infinity : t.kernel.clock.monotonic() + timeout;
  // While it waits, the signals it wants interrupt nobody, as if they were blocked; blocked they are by its caller's promise.
  const attempt = (timedOut: boolean): Result => {
    const info = t.dequeue(set);
    if (info) {
      if (infoAt) putSigInfo(t.memory, infoAt, info);
      return info.signo;
    }
    return timedOut || timeout === 0 ? -E.AGAIN : blocked;
  };
  const blocked: Blocked = { queues: [t.signalQueue], deadline, retry: attempt };
  return attempt(false);
}

export function sigaltstack(t: GuestThread, newAt: number, oldAt: number): number {
  const m = t.memory;
  const alt = t.altStack;
  const esp = t.S[(GPR >> 2) + Reg.ESP * 2]!;
  const old = { sp: alt.sp, flags: altStackFlags({ altStack: alt }, esp), size: alt.size };
  if (newAt) setAltStack(t, { sp: get32(m, newAt), flags: get32(m, newAt + 4), size: get32(m, newAt + 8) }, esp);
  if (oldAt) {
    put32(m, oldAt, old.sp);
    put32(m, oldAt + 4, old.flags);
    put32(m, oldAt + 8, old.size);
  }
  return 0;
}

const MINSIGSTKSZ = 2048, SS_DISABLE = 2, SS_AUTODISARM = 0x80000000 | 0;

function setAltStack(t: GuestThread, s: { sp: number; flags: number; size: number }, esp: number): void {
  const alt = t.altStack;
  if (alt.size > 0 && isOnStack(alt.sp, alt.size, esp)) fail(E.PERM);
  const mode = s.flags & ~SS_AUTODISARM;
  if (mode !== 0 && mode !== 1 && mode !== SS_DISABLE) fail(E.INVAL);
  if (mode === SS_DISABLE) {
    Object.assign(alt, { sp: 0, size: 0, flags: 0 });
    return;
  }
  if (s.size >>> 0 < MINSIGSTKSZ) fail(E.NOMEM);
  Object.assign(alt, { sp: s.sp, size: s.size >>> 0, flags: s.flags & SS_AUTODISARM });
}

// Sending

/** Whether a thread may send a signal to a process. */
export function mayKill(t: GuestThread, p: GuestProcess, signo: number): boolean {
  const a = t.cred, b = p.cred;
  if (capable(a, Cap.KILL) || a.euid === b.suid || a.euid === b.uid || a.uid === b.suid || a.uid === b.uid) return true;
  return signo === Sig.CONT && p.sid === t.process.sid;
}

export function kill(t: GuestThread, pid: number, signo: number): number {
  if (signo < 0 || signo > 64) fail(E.INVAL);
  const info = { signo, code: SI_USER, pid: t.process.pid, uid: t.cred.uid };
  const one = (p: GuestProcess): number => {
    if (!mayKill(t, p, signo)) return -E.PERM;
    if (signo) t.kernel.signals.toProcess(p, info);
    return 0;
  };
  if (pid > 0) {
    if (pid === t.kernel.initPid) return capable(t.cred, Cap.KILL) && signo !== Sig.KILL ? 0 : -E.PERM;
    const p = t.kernel.process(pid);
    return p ? one(p) : -E.SRCH;
  }
  const targets = pid === -1
    ? [...t.kernel.processes()].filter((p) => p !== t.process && !p.ending)
    : [...groupMembers(t.kernel, pid === 0 ? t.process.pgid : -pid)];
  if (targets.length === 0) return -E.SRCH;
  const results = targets.map(one);
  return results.includes(0) ? 0 : results[0]!;
}

function toThread(t: GuestThread, tgid: number, tid: number, signo: number): number {
  if (signo < 0 || signo > 64 || tid <= 0) fail(E.INVAL);
  const target = t.kernel.threads.get(tid);
  if (!target || (tgid >= 0 && target.process.pid !== tgid)) return -E.SRCH;
  if (!mayKill(t, target.process, signo)) return -E.PERM;
  if (signo) t.kernel.signals.toThread(target, { signo, code: SI_TKILL, pid: t.process.pid, uid: t.cred.uid });
  return 0;
}

export function tkill(t: GuestThread, tid: number, signo: number): number {
  return toThread(t, -1, tid, signo);
}

export function tgkill(t: GuestThread, tgid: number, tid: number, signo: number): number {
  if (tgid <= 0) fail(E.INVAL);
  return toThread(t, tgid, tid, signo);
}

export function rtSigqueueinfo(t: GuestThread, pid: number, signo: number, infoAt: number): number {
  if (signo < 0 || signo > 64) fail(E.INVAL);
  const info = getSigInfo(t.memory, infoAt, signo);
  const p = t.kernel.process(pid);
  if (!p || p.ending) return -E.SRCH;
  if ((info.code >= 0 || info.code === SI_TKILL) && p !== t.process) return -E.PERM;
  if (!mayKill(t, p, signo)) return -E.PERM;
  if (signo) t.kernel.signals.toProcess(p, info);
  return 0;
}

export function rtTgsigqueueinfo(t: GuestThread, tgid: number, tid: number, signo: number, infoAt: number): number {
  if (signo < 0 || signo > 64 || tgid <= 0 || tid <= 0) fail(E.INVAL);
  const info = getSigInfo(t.memory, infoAt, signo);
  const target = t.kernel.threads.get(tid);
  if (!target || target.process.pid !== tgid) return -E.SRCH;
  if ((info.code >= 0 || info.code === SI_TKILL) && target.process !== t.process) return -E.PERM;
  if (!mayKill(t, target.process, signo)) return -E.PERM;
  if (signo) t.kernel.signals.toThread(target, info);
  return 0;
}

// Returning

function sigreturnFrom(t: GuestThread, rt: boolean): number {
  const frame = { S: t.S, memory: t.memory, altStack: t.altStack, trap: t.trap, vdso: 0 };
  try {
    const r = popFrame(frame, rt, (seg, selector) => loadSegment(t.S, t.tls, seg, selector));
    t.sigmask = blockable(r.mask);
    if (r.altStack) restoreAltStack(t, r.altStack);
  } catch (e) {
    if (!(e instanceof Errno) && !(e instanceof GuestFault)) throw e;
    t.kernel.signals.fault(t, { signo: Sig.SEGV, code: SI_KERNEL });
  }
  return t.S[(GPR >> 2) + Reg.EAX * 2]!;
}

function restoreAltStack(t: GuestThread, s: { sp: number; flags: number; size: number }): void {
  try {
    setAltStack(t, s, t.S[(GPR >> 2) + Reg.ESP * 2]!);
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
  }
}

export function sigreturn(t: GuestThread): number {
  return sigreturnFrom(t, false);
}

export function rtSigreturn(t: GuestThread): number {
  return sigreturnFrom(t, true);
}

