import { GPR, PC, Reg } from "../../ir/state.js";
import { isOnStack, pushFrame } from "./abi/i386-sigframe.js";
import type { SignalInfo } from "./contract.js";
import { E } from "./errno.js";
import type { LinuxKernel } from "./kernel.js";
import type { GuestProcess } from "./process.js";
import {
  addSignal, DEFAULT_ACTION, defaultAction, hasSignal, outside, removeSignal, SA_NODEFER, SA_ONSTACK, SA_RESETHAND, SA_RESTART, SI_KERNEL, Sig, SIG_DFL,
  SIG_IGN, STOP_SIGNALS,
} from "./signal.js";
import type { GuestThread } from "./thread.js";
import { isOrphaned } from "./session.js";

/** Sending and delivering of signals (Linux kernel/signal.c). */
export class Signals {
  constructor(private readonly kernel: LinuxKernel) {}

  /** Send to a process: any thread that does not block it takes it. */
  toProcess(p: GuestProcess, info: SignalInfo): void {
    if (p.ending || p.dying) return;
    const n = info.signo;
    this.jobControl(p, n);
    const wanted = [...p.threads].find((t) => !hasSignal(t.sigmask, n));
    if (p.actions.ignores(n) && (wanted || !p.leader)) return;
    if (p.pending.add(info, p.rlimits.get(11).soft)) this.notify(p, wanted ?? null);
  }

  /** Send to one thread. */
  toThread(t: GuestThread, info: SignalInfo): void {
    const p = t.process;
    if (t.dead || p.ending || p.dying) return;
    const n = info.signo;
    this.jobControl(p, n);
    if (p.actions.ignores(n) && !hasSignal(t.sigmask, n)) return;
    if (n === Sig.KILL) p.pending.add(info, Infinity);
    else if (!t.pending.add(info, p.rlimits.get(11).soft)) return;
    this.notify(p, hasSignal(t.sigmask, n) ? null : t);
  }

  /** A fault: it cannot wait, so if it is blocked or ignored, it kills. */
  fault(t: GuestThread, info: SignalInfo): void {
    const { actions } = t.process;
    const n = info.signo;
    if (hasSignal(t.sigmask, n) || actions.get(n).handler === SIG_IGN) {
      actions.set(n, DEFAULT_ACTION);
      removeSignal(t.sigmask, n);
    }
    t.pending.add(info, Infinity);
  }

  private notify(p: GuestProcess, taker: GuestThread | null): void {
    for (const t of p.threads) t.signalQueue.wake();
    this.kernel.signalQueue.wake();
    if (taker) this.kernel.ready(taker);
  }

  /** SIGCONT and stop signals cancel each other; SIGCONT and SIGKILL wake a stopped process whatever is blocked. */
  private jobControl(p: GuestProcess, n: number): void {
    if (n === Sig.CONT || n === Sig.KILL) {
      if (n === Sig.CONT) {
        p.pending.drop(STOP_SIGNALS);
        for (const t of p.threads) t.pending.drop(STOP_SIGNALS);
      }
      if (p.stopSignal) {
        p.stopSignal = 0;
        p.stopUnseen = false;
        if (n === Sig.CONT) {
          p.contUnseen = true;
          this.tellParent(p, 6, Sig.CONT);
        }
        for (const t of p.threads) this.kernel.ready(t);
      }
    } else if (hasSignal(STOP_SIGNALS, n)) {
      const cont = { lo: 1 << (Sig.CONT - 1), hi: 0 };
      p.pending.drop(cont);
      for (const t of p.threads) t.pending.drop(cont);
    }
  }

  /** SIGCHLD about a stop (CLD_STOPPED 5) or continuation (CLD_CONTINUED 6). */
  private tellParent(p: GuestProcess, code: number, status: number): void {
    const { parent } = p;
    if (!parent) return;
    parent.childQueue.wake();
    if (parent.actions.get(Sig.CHLD).flags & 1) return; // SA_NOCLDSTOP
    this.toProcess(parent, { signo: Sig.CHLD, code, pid: p.pid, uid: p.cred.uid, status, utime: 0, stime: 0 });
  }

  /** Whether a pending signal would run a handler or end the process, which ends a wait. */
  interrupts(t: GuestThread): boolean {
    const p = t.process;
    if (p.dying) return true;
    if (!t.hasSignals) return false;
    if (t.injected && this.endsWait(t, t.injected.signo)) return true;
    const set = outside(t.sigmask);
    const lo = (t.pending.set.lo | p.pending.set.lo) & set.lo, hi = (t.pending.set.hi | p.pending.set.hi) & set.hi;
    for (let n = 1; n <= 64; n++) {
      if (!hasSignal({ lo, hi }, n)) continue;
      if (this.endsWait(t, n)) return true;
    }
    return false;
  }

  private endsWait(t: GuestThread, n: number): boolean {
    if (n === Sig.KILL) return true;
    if (t.uninterruptible) return false;
    const { handler } = t.process.actions.get(n);
    if (handler === SIG_IGN) return false;
    const action = defaultAction(n);
    return handler !== SIG_DFL || action === "terminate" || action === "core";
  }

  /**
   * Deliver what is pending and not blocked, before the thread goes on in user mode. `restart`: a call was interrupted that may start again.
   * The thread's registers are in the processor.
   */
  deliver(t: GuestThread, restart: boolean): void {
    const p = t.process;
    let pendingRestart = restart;
    while (!t.dead && !p.dying && !p.stopSignal && t.hasSignals) {
      let info = t.injected;
      t.injected = null;
      if (!info) {
        info = t.dequeue(outside(t.sigmask));
        if (!info) break;
        if (this.kernel.tracer?.signalled(t, info, pendingRestart)) return;
      }
      const action = p.actions.get(info.signo);
      if (info.signo !== Sig.KILL && info.signo !== Sig.STOP) {
        if (action.handler === SIG_IGN) continue;
        if (action.handler !== SIG_DFL) {
          if (pendingRestart) {
            if (action.flags & SA_RESTART) this.rewind(t);
            else t.setResult(-E.INTR);
            pendingRestart = false;
          }
          this.handle(t, info);
          continue;
        }
      }
      this.act(t, info);
    }
    if (pendingRestart && !t.dead && !p.dying) this.rewind(t);
    if (t.savedMask && !t.dead && !p.stopSignal) {
      t.sigmask = t.savedMask;
      t.savedMask = null;
    }
  }

  /** Go back to the `int 80h` (two bytes) with the call's number in EAX again. */
  private rewind(t: GuestThread): void {
    t.setResult(t.callNumber);
    t.S[PC >> 2]! -= 2;
  }

  private handle(t: GuestThread, info: SignalInfo): void {
    const p = t.process;
    const action = p.actions.get(info.signo);
    const esp = t.S[(GPR >> 2) + Reg.ESP * 2]!;
    const alt = t.altStack;
    const onAlt = (action.flags & SA_ONSTACK) !== 0 && alt.size > 0 && !isOnStack(alt.sp, alt.size, esp);
    const mask = t.savedMask ?? t.sigmask;
    const frame = { S: t.S, memory: t.memory, altStack: alt, trap: t.trap, vdso: t.space.map.vdso };
    if (!onAlt) t.space.map.growStack(esp - 4096);
    if (!pushFrame(frame, info, action, mask, onAlt)) {
      // The stack is gone: SIGSEGV, and if that is what was to be delivered, the end.
      if (info.signo === Sig.SEGV) p.actions.set(Sig.SEGV, DEFAULT_ACTION);
      this.fault(t, { signo: Sig.SEGV, code: SI_KERNEL });
      return;
    }
    t.savedMask = null;
    if (alt.flags & (0x80000000 | 0) && onAlt) alt.sp = alt.size = alt.flags = 0; // SS_AUTODISARM
    const blocked = { lo: t.sigmask.lo | action.mask.lo, hi: t.sigmask.hi | action.mask.hi };
    if (!(action.flags & SA_NODEFER)) addSignal(blocked, info.signo);
    t.sigmask = blocked;
    if (action.flags & SA_RESETHAND) p.actions.set(info.signo, { ...action, handler: SIG_DFL });
  }

  /** The default action. */
  private act(t: GuestThread, info: SignalInfo): void {
    const p = t.process;
    const n = info.signo;
    const action = n === Sig.KILL ? "terminate" : n === Sig.STOP ? "stop" : defaultAction(n);
    if (action === "ignore") return;
    if (action === "stop") {
      // A stop by the terminal would leave an orphaned group stopped for ever.
      if (n !== Sig.STOP && isOrphaned(this.kernel, p.pgid)) return;
      p.stopSignal = n;
      p.stopUnseen = true;
      p.contUnseen = false;
      this.tellParent(p, 5, n);
      return;
    }
    const fault = t.faultOf(info) ? { address: info.address ?? 0, pc: t.S[PC >> 2]! >>> 0, bytes: this.codeAt(t) } : null;
    this.kernel.exitGroup(p, { status: 0, signal: n, core: false, fault });
  }

  private codeAt(t: GuestThread): Uint8Array {
    const into = new Uint8Array(15);
    const n = t.memory.fetch(t.S[PC >> 2]!, into, 15);
    return into.slice(0, n);
  }
}

