import { putSigInfo } from "../abi/i386-siginfo.js";
import { E, fail } from "../errno.js";
import { reap } from "../life.js";
import { type GuestProcess, waitStatus } from "../process.js";
import { Sig } from "../signal.js";
import type { GuestThread } from "../thread.js";
import { put32 } from "../user.js";
import type { Blocked, Result } from "../wait.js";
import { processOf } from "./pidfd.js";
import { putRusage } from "./usage.js";

/** wait4, waitpid, waitid. */

const WNOHANG = 1, WSTOPPED = 2, WEXITED = 4, WCONTINUED = 8, WNOWAIT = 0x01000000, CLONE_BITS = 0xe0000000 | 0;

type Found = { readonly child: GuestProcess; readonly status: number; readonly code: number; readonly value: number };

const CLD_EXITED = 1, CLD_KILLED = 2, CLD_DUMPED = 3, CLD_STOPPED = 5, CLD_CONTINUED = 6;

/** A child that fits and has something to tell; null: none yet; ECHILD: there is none that fits. */
function look(p: GuestProcess, fits: (c: GuestProcess) => boolean, options: number): Found | null {
  let any = false;
  for (const c of p.children) {
    if (!fits(c)) continue;
    any = true;
    const found = report(c, options);
    if (found) return found;
  }
  return any ? null : fail(E.CHILD);
}

function report(c: GuestProcess, options: number): Found | null {
  const keep = (options & WNOWAIT) !== 0;
  if (c.ending) {
    if (!(options & WEXITED)) return null;
    const e = c.ending;
    if (!keep) reap(c);
    const code = e.signal ? (e.core ? CLD_DUMPED : CLD_KILLED) : CLD_EXITED;
    return { child: c, status: waitStatus(e), code, value: e.signal || e.status };
  }
  if (options & WSTOPPED && c.stopSignal && c.stopUnseen) {
    if (!keep) c.stopUnseen = false;
    return { child: c, status: (c.stopSignal << 8) | 0x7f, code: CLD_STOPPED, value: c.stopSignal };
  }
  if (options & WCONTINUED && c.contUnseen) {
    if (!keep) c.contUnseen = false;
    return { child: c, status: 0xffff, code: CLD_CONTINUED, value: Sig.CONT };
  }
  return null;
}

function waitFor(t: GuestThread, fits: (c: GuestProcess) => boolean, options: number, done: (f: Found | null) => number): Result {
  const p = t.process;
  const attempt = (): Result => {
    const found = look(p, fits, options);
    if (found) return done(found);
    return options & WNOHANG ? done(null) : wait;
  };
  const wait: Blocked = { queues: [p.childQueue], retry: attempt, restartable: true };
  return attempt();
}

export function wait4(t: GuestThread, pid: number, statusAt: number, options: number, usageAt: number): Result {
  if (options & ~(WNOHANG | WSTOPPED | WCONTINUED | CLONE_BITS)) fail(E.INVAL);
  if (pid === -0x80000000) fail(E.SRCH);
  const { pgid } = t.process;
  const fits = (c: GuestProcess): boolean => pid === -1 || (pid > 0 ? c.pid === pid : c.pgid === (pid === 0 ? pgid : -pid));
  return waitFor(t, fits, options | WEXITED, (f) => {
    if (!f) return 0;
    if (statusAt) put32(t.memory, statusAt, f.status);
    if (usageAt) putRusage(t.memory, usageAt, f.child.userTime + f.child.childUserTime, f.child.systemTime + f.child.childSystemTime);
    return f.child.pid;
  });
}

export function waitpid(t: GuestThread, pid: number, statusAt: number, options: number): Result {
  return wait4(t, pid, statusAt, options, 0);
}

export function waitid(t: GuestThread, type: number, id: number, infoAt: number, options: number, usageAt: number): Result {
  if (options & ~(WNOHANG | WSTOPPED | WEXITED | WCONTINUED | WNOWAIT | CLONE_BITS) || !(options & (WSTOPPED | WEXITED | WCONTINUED))) fail(E.INVAL);
  if (type < 0 || type > 3) fail(E.INVAL);
  if (type === 1 && id <= 0) fail(E.INVAL);
  const group = id === 0 ? t.process.pgid : id;
  const byFd = type === 3 ? processOf(t, id) : null;
  const fits = (c: GuestProcess): boolean => type === 0 || (byFd ? c === byFd.process : type === 1 ? c.pid === id : c.pgid === group);
  return waitFor(t, fits, byFd?.nonBlocking ? options | WNOHANG : options, (f) => {
    if (!f && byFd?.nonBlocking && !(options & WNOHANG)) return -E.AGAIN;
    if (infoAt) {
      if (f) {
        putSigInfo(t.memory, infoAt, { signo: Sig.CHLD, code: f.code, pid: f.child.pid, uid: f.child.cred.uid, status: f.value });
      } else {
        for (const k of [0, 8, 12, 16, 20]) put32(t.memory, infoAt + k, 0);
      }
    }
    if (f && usageAt) putRusage(t.memory, usageAt, f.child.userTime + f.child.childUserTime, f.child.systemTime + f.child.childSystemTime);
    return 0;
  });
}
