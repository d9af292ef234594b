import type { SignalInfo, SigSet } from "./contract.js";

/** Signals: numbers, sets, default actions, pending queues (Linux kernel/signal.c; signal(7)). */

export const enum Sig {
  HUP = 1, INT, QUIT, ILL, TRAP, ABRT, BUS, FPE, KILL, USR1, SEGV, USR2, PIPE, ALRM, TERM, STKFLT, CHLD, CONT, STOP, TSTP, TTIN, TTOU, URG,
  XCPU, XFSZ, VTALRM, PROF, WINCH, IO, PWR, SYS,
}

const NAMES = [
  "", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM", "STKFLT", "CHLD",
  "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
];

/** "SIGSEGV" of 11, "SIGRT_2" of 34. */
export function signalName(n: number): string {
  const name = NAMES[n];
  return name ? `SIG${name}` : n >= 32 && n <= 64 ? `SIGRT_${n - 32}` : `SIG_${n}`;
}

export const SI_USER = 0, SI_KERNEL = 0x80, SI_QUEUE = -1, SI_TIMER = -2, SI_TKILL = -6;

export const SA_NOCLDSTOP = 1, SA_NOCLDWAIT = 2, SA_SIGINFO = 4, SA_RESTORER = 0x04000000, SA_ONSTACK = 0x08000000, SA_RESTART = 0x10000000;
export const SA_NODEFER = 0x40000000, SA_RESETHAND = 0x80000000 | 0;

export const SIG_DFL = 0, SIG_IGN = 1;

const bits = (...signals: number[]): SigSet => {
  const s = { lo: 0, hi: 0 };
  for (const n of signals) addSignal(s, n);
  return s;
};

const CORE = bits(Sig.QUIT, Sig.ILL, Sig.TRAP, Sig.ABRT, Sig.BUS, Sig.FPE, Sig.SEGV, Sig.XCPU, Sig.XFSZ, Sig.SYS);
const IGNORE = bits(Sig.CHLD, Sig.CONT, Sig.URG, Sig.WINCH);
const STOPS = bits(Sig.STOP, Sig.TSTP, Sig.TTIN, Sig.TTOU);
const SYNCHRONOUS = bits(Sig.SEGV, Sig.BUS, Sig.ILL, Sig.TRAP, Sig.FPE, Sig.SYS);
/** Never blocked, never handled. */
export const UNBLOCKABLE: Readonly<SigSet> = bits(Sig.KILL, Sig.STOP);
export const STOP_SIGNALS: Readonly<SigSet> = STOPS;

export function defaultAction(n: number): "terminate" | "core" | "ignore" | "stop" {
  return hasSignal(CORE, n) ? "core" : hasSignal(IGNORE, n) ? "ignore" : hasSignal(STOPS, n) ? "stop" : "terminate";
}

export function emptySet(): SigSet {
  return { lo: 0, hi: 0 };
}

export function hasSignal(s: Readonly<SigSet>, n: number): boolean {
  return (((n <= 32 ? s.lo : s.hi) >>> ((n - 1) & 31)) & 1) !== 0;
}

export function addSignal(s: SigSet, n: number): void {
  if (n <= 32) s.lo |= 1 << (n - 1);
  else s.hi |= 1 << (n - 33);
}

export function removeSignal(s: SigSet, n: number): void {
  if (n <= 32) s.lo &= ~(1 << (n - 1));
  else s.hi &= ~(1 << (n - 33));
}

/** A mask that may be set: without SIGKILL and SIGSTOP. */
export function blockable(s: Readonly<SigSet>): SigSet {
  return { lo: s.lo & ~UNBLOCKABLE.lo, hi: s.hi & ~UNBLOCKABLE.hi };
}

/** What a process does at a signal; addresses are int32. Not changed once it is made: processes share those that they do not set. */
export interface SignalAction {
  readonly handler: number;
  readonly flags: number;
  readonly restorer: number;
  readonly mask: Readonly<SigSet>;
}

export const DEFAULT_ACTION: SignalAction = { handler: SIG_DFL, flags: 0, restorer: 0, mask: emptySet() };
const IGNORED: SignalAction = { handler: SIG_IGN, flags: 0, restorer: 0, mask: emptySet() };

/** Actions of all signals; shared by CLONE_SIGHAND. */
export class SignalActions {
  private readonly list: SignalAction[];

  constructor(from?: SignalActions) {
    this.list = from ? from.list.slice() : new Array<SignalAction>(65).fill(DEFAULT_ACTION);
  }

  get(n: number): SignalAction {
    return this.list[n]!;
  }

  set(n: number, a: SignalAction): void {
    this.list[n] = a;
  }

  /** For execve: handlers are gone, what is ignored stays so. */
  resetHandlers(): void {
    for (let i = 1; i <= 64; i++) this.list[i] = this.list[i]!.handler === SIG_IGN ? IGNORED : DEFAULT_ACTION;
  }

  /** Whether the signal would do nothing at all. */
  ignores(n: number): boolean {
    const { handler } = this.list[n]!;
    return handler === SIG_IGN || (handler === SIG_DFL && defaultAction(n) === "ignore");
  }
}

/** Signals that wait to be delivered: one of each standard signal, any number (up to `limit`) of real-time ones, in order. */
export class PendingSignals {
  readonly set: SigSet = emptySet();
  private queue: SignalInfo[] = [];

  /** False: the queue of real-time signals is full. */
  add(info: SignalInfo, limit: number): boolean {
    const n = info.signo;
    if (n < 32 && hasSignal(this.set, n)) return true;
    if (n >= 32 && this.queue.length >= limit) return false;
    addSignal(this.set, n);
    this.queue.push(info);
    return true;
  }

  /** Whether a signal outside `mask` is here. */
  anyOutside(mask: Readonly<SigSet>): boolean {
    return ((this.set.lo & ~mask.lo) | (this.set.hi & ~mask.hi)) !== 0;
  }

  anyWithin(set: Readonly<SigSet>): boolean {
    return ((this.set.lo & set.lo) | (this.set.hi & set.hi)) !== 0;
  }

  /** Number of the next signal within `set`: those of faults first, then the lowest; 0: none. */
  next(set: Readonly<SigSet>): number {
    const lo = this.set.lo & set.lo, hi = this.set.hi & set.hi;
    const first = lo & SYNCHRONOUS.lo ? lo & SYNCHRONOUS.lo : lo;
    if (first) return 32 - Math.clz32(first & -first);
    return hi ? 64 - Math.clz32(hi & -hi) : 0;
  }

  take(n: number): SignalInfo {
    const i = this.queue.findIndex((x) => x.signo === n);
    const info = this.queue[i]!;
    this.queue.splice(i, 1);
    if (!this.queue.some((x) => x.signo === n)) removeSignal(this.set, n);
    return info;
  }

  /** Forget all of `set`. */
  drop(set: Readonly<SigSet>): void {
    this.queue = this.queue.filter((x) => !hasSignal(set, x.signo));
    this.set.lo &= ~set.lo;
    this.set.hi &= ~set.hi;
  }
}

/** The complement. */
export function outside(s: Readonly<SigSet>): SigSet {
  return { lo: ~s.lo, hi: ~s.hi };
}
