import { Cap, capable } from "../capabilities.js";
import { E, fail } from "../errno.js";
import type { GuestProcess } from "../process.js";
import { groupMembers } from "../session.js";
import type { GuestThread } from "../thread.js";
import { get32, put32, readableView, writableView } from "../user.js";
import type { TimeFormat } from "./time.js";

/** Priorities and scheduling: remembered, but everyone gets the same turns. */

export function nice(t: GuestThread, add: number): number {
  const p = t.process;
  const next = Math.max(-20, Math.min(19, p.nice + Math.max(-40, Math.min(40, add))));
  if (next < p.nice && !capable(t.cred, Cap.SYS_NICE)) fail(E.PERM);
  p.nice = next;
  return 0;
}

function selected(t: GuestThread, which: number, who: number): GuestProcess[] {
  const all = [...t.kernel.processes()];
  switch (which) {
    case 0:
      return all.filter((p) => p.pid === (who === 0 ? t.process.pid : who));
    case 1:
      return [...groupMembers(t.kernel, who === 0 ? t.process.pgid : who)];
    case 2:
      return all.filter((p) => p.cred.uid === (who === 0 ? t.cred.uid : who));
    default:
      return fail(E.INVAL);
  }
}

export function getpriority(t: GuestThread, which: number, who: number): number {
  const found = selected(t, which, who);
  return found.length === 0 ? -E.SRCH : 20 - Math.min(...found.map((p) => p.nice));
}

export function setpriority(t: GuestThread, which: number, who: number, value: number): number {
  const found = selected(t, which, who);
  if (found.length === 0) return -E.SRCH;
  const next = Math.max(-20, Math.min(19, value));
  for (const p of found) {
    if (next < p.nice && !capable(t.cred, Cap.SYS_NICE)) return -E.ACCES;
    p.nice = next;
  }
  return 0;
}

function schedTarget(t: GuestThread, pid: number): GuestThread {
  if (pid < 0) fail(E.INVAL);
  return pid === 0 ? t : (t.kernel.threads.get(pid) ?? fail(E.SRCH));
}

const SCHED_IDLE = 5;
const isRealtime = (policy: number): boolean => policy === 1 || policy === 2;

/** Whether a policy is one that goes with the priority, and that guests may have: no real time. */
function checkPolicy(policy: number, priority: number): void {
  if (policy === SCHED_DEADLINE) fail(E.PERM);
  if (![0, 1, 2, 3, SCHED_IDLE].includes(policy) || (isRealtime(policy) ? priority < 1 || priority > 99 : priority !== 0)) fail(E.INVAL);
  if (isRealtime(policy)) fail(E.PERM);
}

export function schedYield(): number {
  return 0;
}

export function schedGetscheduler(t: GuestThread, pid: number): number {
  return schedTarget(t, pid).policy;
}

export function schedSetscheduler(t: GuestThread, pid: number, policy: number, at: number): number {
  const target = schedTarget(t, pid);
  const priority = get32(t.memory, at);
  checkPolicy(policy & ~RESET_ON_FORK, priority);
  target.policy = policy;
  return 0;
}

export function schedGetparam(t: GuestThread, pid: number, at: number): number {
  schedTarget(t, pid);
  put32(t.memory, at, 0);
  return 0;
}

export function schedSetparam(t: GuestThread, pid: number, at: number): number {
  schedTarget(t, pid);
  return get32(t.memory, at) === 0 ? 0 : -E.INVAL;
}

export function schedPriorityMax(_t: GuestThread, policy: number): number {
  return isRealtime(policy) ? 99 : [0, 3, 5, 6].includes(policy) ? 0 : -E.INVAL;
}

export function schedPriorityMin(_t: GuestThread, policy: number): number {
  return isRealtime(policy) ? 1 : [0, 3, 5, 6].includes(policy) ? 0 : -E.INVAL;
}

export const schedRrGetInterval = (f: TimeFormat) => (t: GuestThread, pid: number, at: number): number => {
  schedTarget(t, pid);
  f.put(t, at, 0);
  return 0;
};

export function schedGetaffinity(t: GuestThread, pid: number, size: number, at: number): number {
  if (pid < 0) fail(E.SRCH);
  schedTarget(t, pid);
  if (size < 4 || size % 4) fail(E.INVAL);
  put32(t.memory, at, 1);
  return 4;
}

export function schedSetaffinity(t: GuestThread, pid: number, size: number, at: number): number {
  if (pid < 0) fail(E.SRCH);
  schedTarget(t, pid);
  return size > 0 && get32(t.memory, at) & 1 ? 0 : -E.INVAL;
}

/** sched_attr of the first version: size, policy, flags of 64 bits, nice, priority, and times of deadline scheduling; with utilisation clamps. */
const ATTRIBUTES = 48, ALL_ATTRIBUTES = 56, PAGE = 4096;
const RESET_ON_FORK = 0x40000000;
const SCHED_DEADLINE = 6;

export function schedGetattr(t: GuestThread, pid: number, at: number, size: number, flags: number): number {
  if (!at || pid < 0 || size >>> 0 > PAGE || size >>> 0 < ATTRIBUTES || flags) fail(E.INVAL);
  const { policy, process } = schedTarget(t, pid);
  const n = Math.min(size, ALL_ATTRIBUTES);
  if (writableView(t.memory, at, n).fill(0).length < n) fail(E.FAULT);
  put32(t.memory, at, n);
  put32(t.memory, at + 4, policy & ~RESET_ON_FORK);
  put32(t.memory, at + 8, policy & RESET_ON_FORK ? 1 : 0);
  put32(t.memory, at + 16, process.nice);
  return 0;
}

export function schedSetattr(t: GuestThread, pid: number, at: number, flags: number): number {
  if (!at || pid < 0 || flags) fail(E.INVAL);
  const word = (i: number): number => get32(t.memory, at + i);
  const size = word(0) >>> 0 || ATTRIBUTES;
  if (size < ATTRIBUTES || size > PAGE || (size > ALL_ATTRIBUTES && readableView(t.memory, at + ALL_ATTRIBUTES, size - ALL_ATTRIBUTES).some((b) => b !== 0))) {
    put32(t.memory, at, ALL_ATTRIBUTES);
    return -E["2BIG"];
  }
  const target = schedTarget(t, pid), policy = word(4), options = word(8);
  const RESET = 1, KNOWN = 0x7f;
  if (policy < 0 || options & ~KNOWN || word(12)) fail(E.INVAL);
  checkPolicy(policy, word(20));
  if (policy !== SCHED_IDLE) {
    const nice = Math.max(-20, Math.min(19, word(16)));
    if (nice < target.process.nice && !capable(t.cred, Cap.SYS_NICE)) fail(E.PERM);
    target.process.nice = nice;
  }
  target.policy = policy | (options & RESET ? RESET_ON_FORK : 0);
  return 0;
}

// Priorities of input and output: a class and a number within it.

const IO_CLASS_SHIFT = 13, IO_LEVEL = 7;
const enum IoClass { NONE = 0, REALTIME = 1, BEST_EFFORT = 2, IDLE = 3 }

/** Threads that a call of ioprio_* names: one, or all of a group's or a user's. */
function ioSelected(t: GuestThread, which: number, who: number): GuestThread[] {
  if (which < 1 || which > 3) fail(E.INVAL);
  if (which === 1) return [who === 0 ? t : (t.kernel.threads.get(who) ?? fail(E.SRCH))];
  const found = selected(t, which - 1, who).flatMap((p) => [...p.threads]);
  return found.length > 0 ? found : fail(E.SRCH);
}

export function ioprioSet(t: GuestThread, which: number, who: number, priority: number): number {
  // Between class and level there are hints.
  const kind = priority >> IO_CLASS_SHIFT;
  if (kind < IoClass.NONE || kind > IoClass.IDLE || (kind === IoClass.NONE && (priority & IO_LEVEL) !== 0)) fail(E.INVAL);
  if (kind === IoClass.REALTIME && !capable(t.cred, Cap.SYS_ADMIN) && !capable(t.cred, Cap.SYS_NICE)) fail(E.PERM);
  for (const one of ioSelected(t, which, who)) {
    if (!capable(t.cred, Cap.SYS_NICE) && one.cred.uid !== t.cred.euid && one.cred.uid !== t.cred.uid) fail(E.PERM);
    one.ioPriority = priority;
  }
  return 0;
}

/** The best of them: the lowest number, but none given is as good as best effort in the middle. */
export function ioprioGet(t: GuestThread, which: number, who: number): number {
  const NORMAL = (IoClass.BEST_EFFORT << IO_CLASS_SHIFT) | 4;
  const found = ioSelected(t, which, who).map((one) => one.ioPriority);
  return found.length === 1 ? found[0]! : Math.min(...found.map((p) => p || NORMAL));
}
