import { getSigInfo } from "../abi/i386-siginfo.js";
import { E, fail } from "../errno.js";
import type { GuestProcess } from "../process.js";
import { SI_TKILL, SI_USER } from "../signal.js";
import type { GuestThread } from "../thread.js";
import { get32 } from "../user.js";
import { mayKill } from "./signal.js";

/** Processes by descriptors. */

const NONBLOCK = 0o4000;

export function pidfdOpen(t: GuestThread, pid: number, flags: number): number {
  if (flags & ~NONBLOCK || pid <= 0) fail(E.INVAL);
  const p = t.kernel.process(pid);
  if (!p) return fail(t.kernel.threads.has(pid) ? E.INVAL : E.SRCH);
  return t.process.files!.add(t.kernel.fileSystem.pidfd(p, flags), true);
}

/** EBADF for what is no such descriptor. */
export function processOf(t: GuestThread, fd: number, orDirectory = false): { process: GuestProcess; nonBlocking: boolean } {
  const found = t.kernel.fileSystem.pidfdProcess(t.process.files!.get(fd), orDirectory);
  return found ? { process: found.process as GuestProcess, nonBlocking: found.nonBlocking } : fail(E.BADF);
}

export function pidfdSendSignal(t: GuestThread, fd: number, signo: number, infoAt: number, flags: number): number {
  if (flags) fail(E.INVAL);
  const { process: p } = processOf(t, fd, true);
  if (signo < 0 || signo > 64) fail(E.INVAL);
  const info = infoAt ? getSigInfo(t.memory, infoAt, signo) : { signo, code: SI_USER, pid: t.process.pid, uid: t.cred.uid };
  if (infoAt && get32(t.memory, infoAt) !== signo) fail(E.INVAL);
  if (infoAt && (info.code >= 0 || info.code === SI_TKILL) && p !== t.process) fail(E.PERM);
  if (t.kernel.process(p.pid) !== p) fail(E.SRCH);
  if (!mayKill(t, p, signo)) fail(E.PERM);
  if (signo) t.kernel.signals.toProcess(p, info);
  return 0;
}
