import { newlyOrphaned, ORPHAN_SIGNALS } from "./session.js";
import { Sig } from "./signal.js";
import type { Ending, GuestProcess } from "./process.js";
import { exitRobustList } from "./robust.js";
import { SA_NOCLDWAIT, SIG_IGN } from "./signal.js";
import type { GuestThread } from "./thread.js";
import { put32 } from "./user.js";
import { Errno } from "./errno.js";
import { futexKey } from "./futex-key.js";

/** How threads and processes end (Linux kernel/exit.c). */

/** One thread is over; with the last one the process is. `status`: exit's argument, if that is how it ended. */
export function endThread(t: GuestThread, status = 0): void {
  if (t.dead) return;
  const p = t.process;
  const { kernel } = t;
  abandonWait(t);
  if (p.space.users > 0) {
    exitRobustList(t);
    if (t.clearChildTid) {
      try {
        put32(t.memory, t.clearChildTid, 0);
        kernel.futexes.wake(futexKey(t, t.clearChildTid, false), 1);
        kernel.futexes.wake(futexKey(t, t.clearChildTid, true), 1);
      } catch (e) {
        if (!(e instanceof Errno)) throw e;
      }
    }
  }
  t.dead = true;
  if (t.space.current === t) t.space.current = null;
  p.deadUserTime += t.userTime;
  p.deadSystemTime += t.systemTime;
  t.userTime = t.systemTime = 0;
  p.threads.delete(t);
  kernel.threads.delete(t.tid);
  if (p.threads.size === 0) finishProcess(p, p.dying ?? { status, signal: 0, core: false, fault: null });
}

/** What it waits for must not count it any more. */
function abandonWait(t: GuestThread): void {
  const { blocked } = t;
  t.unpark();
  try {
    blocked?.interrupted?.();
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
  }
}

/** End a process from outside, at once. */
export function endProcess(p: GuestProcess, ending: Ending): void {
  p.dying ??= ending;
  for (const t of [...p.threads]) endThread(t);
}

/** Everything a process holds goes; what is left is a zombie. */
function finishProcess(p: GuestProcess, ending: Ending): void {
  if (p.ending) return;
  const { kernel } = p;
  const orphans = newlyOrphaned(kernel, p);
  p.ending = ending;
  p.endQueue.wake();
  kernel.tracer?.ended(p);
  p.timers.dropAll();
  releaseVfork(p);
  p.files?.release(p);
  p.files = null;
  kernel.ipc.ended(p);
  p.space.release();
  if (p.pid === p.sid) kernel.fileSystem.sessionEnded(p.sid);
  for (const m of orphans) for (const info of ORPHAN_SIGNALS) kernel.signals.toProcess(m, info);
  for (const c of [...p.children]) adopt(c);
  const { parent } = p;
  if (!parent) {
    if (p !== kernel.main) kernel.table.delete(p.pid);
    return;
  }
  const chld = parent.actions.get(Sig.CHLD);
  const autoReap = p.exitSignal === Sig.CHLD && (chld.handler === SIG_IGN || (chld.flags & SA_NOCLDWAIT) !== 0);
  if (p.exitSignal) {
    const code = ending.signal ? (ending.core ? 3 : 2) : 1;
    const status = ending.signal || ending.status;
    kernel.signals.toProcess(parent, {
      signo: p.exitSignal, code, pid: p.pid, uid: p.cred.uid, status, utime: Math.floor(p.userTime / 1e7), stime: Math.floor(p.systemTime / 1e7),
    });
  }
  if (autoReap) reap(p);
  parent.childQueue.wake();
}

/** An orphan: to the nearest subreaper, or to init, which reaps at once. */
function adopt(c: GuestProcess): void {
  const old = c.parent!;
  old.children.delete(c);
  let heir = old.parent;
  while (heir && (!heir.subreaper || heir.ending)) heir = heir.parent;
  c.parent = heir;
  if (heir) {
    heir.children.add(c);
    if (c.ending) heir.childQueue.wake();
  } else if (c.ending) {
    c.kernel.table.delete(c.pid);
  }
  if (c.deathSignal && !c.ending) c.kernel.signals.toProcess(c, { signo: c.deathSignal, code: 0, pid: old.pid, uid: old.cred.uid });
}

/** A zombie was waited for: its times go to its parent. */
export function reap(p: GuestProcess): void {
  const { parent } = p;
  if (parent) {
    parent.childUserTime += p.userTime + p.childUserTime;
    parent.childSystemTime += p.systemTime + p.childSystemTime;
    parent.children.delete(p);
  }
  if (p !== p.kernel.main) p.kernel.table.delete(p.pid);
}

/** Let the parent of a vfork go on. */
export function releaseVfork(p: GuestProcess): void {
  const q = p.vforkQueue;
  p.vforkQueue = null;
  q?.wake();
}

