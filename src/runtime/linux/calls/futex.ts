import { E, fail } from "../errno.js";
import { FutexWaiter } from "../futex.js";
import { futexKey } from "../futex-key.js";
import { ClockId } from "../interval-timers.js";
import type { GuestThread } from "../thread.js";
import { get32, put32 } from "../user.js";
import type { Blocked, Result } from "../wait.js";
import { clockTime } from "./cpu-clocks.js";

/** futex(2), priority inheritance left out. */

const WAIT = 0, WAKE = 1, REQUEUE = 3, CMP_REQUEUE = 4, WAKE_OP = 5, WAIT_BITSET = 9, WAKE_BITSET = 10;
const PRIVATE = 128, CLOCK_REALTIME = 256;

/** `timeout`: in ns as the ABI's structure says, null: none; for the other operations `count2` is the same argument as a number. */
export function futex(t: GuestThread, addr: number, op: number, value: number, timeout: number | null, count2: number, addr2: number, value3: number): Result {
  const isPrivate = (op & PRIVATE) !== 0;
  const command = op & ~(PRIVATE | CLOCK_REALTIME);
  if (addr & 3) fail(E.INVAL);
  if (op & CLOCK_REALTIME && command !== WAIT && command !== WAIT_BITSET && command !== 11 && command !== 13) fail(E.NOSYS);
  const { futexes } = t.kernel;
  const key = (a: number) => futexKey(t, a, isPrivate);
  switch (command) {
    case WAIT:
      return wait(t, addr, isPrivate, value, timeout === null ? Infinity : t.kernel.clock.monotonic() + timeout, -1, timeout !== null);
    case WAIT_BITSET:
      if (value3 === 0) fail(E.INVAL);
      return wait(t, addr, isPrivate, value, absolute(t, timeout, (op & CLOCK_REALTIME) !== 0), value3, timeout !== null);
    case WAKE:
      get32(t.memory, addr);
      return futexes.wake(key(addr), value <= 0 ? 1 : value);
    case WAKE_BITSET:
      if (value3 === 0) fail(E.INVAL);
      return futexes.wake(key(addr), value <= 0 ? 1 : value, value3);
    case CMP_REQUEUE:
      if (value < 0 || count2 < 0) fail(E.INVAL);
      if (get32(t.memory, addr) !== value3) return -E.AGAIN;
      return requeue(t, addr, addr2, isPrivate, value, count2, true);
    case REQUEUE:
      if (value < 0 || count2 < 0) fail(E.INVAL);
      return requeue(t, addr, addr2, isPrivate, value, count2, false);
    case WAKE_OP: {
      const again = modify(t, addr2, value3);
      return futexes.wake(key(addr), value) + (again ? futexes.wake(key(addr2), count2) : 0);
    }
    default:
      return -E.NOSYS;
  }
}

function absolute(t: GuestThread, timeout: number | null, realtime: boolean): number {
  if (timeout === null) return Infinity;
  const now = t.kernel.clock.monotonic();
  return realtime ? now + timeout - clockTime(t.process, t, ClockId.REALTIME) : timeout;
}

function wait(t: GuestThread, addr: number, isPrivate: boolean, value: number, deadline: number, bitset: number, timed: boolean): Result {
  if (get32(t.memory, addr) !== value) return -E.AGAIN;
  const { futexes } = t.kernel;
  const w = new FutexWaiter(futexKey(t, addr, isPrivate), bitset);
  futexes.add(w);
  const blocked: Blocked = {
    queues: [w.queue],
    deadline,
    retry: (timedOut) => futexes.settle(w, timedOut) ?? blocked,
    interrupted: () => {
      futexes.remove(w);
      return -E.INTR;
    },
    restartable: !timed,
  };
  return blocked;
}

function requeue(t: GuestThread, from: number, to: number, isPrivate: boolean, wake: number, move: number, countMoved: boolean): number {
  const { futexes } = t.kernel;
  get32(t.memory, to);
  const a = futexKey(t, from, isPrivate), b = futexKey(t, to, isPrivate);
  const woken = futexes.wake(a, wake);
  const moved = futexes.requeue(a, b, move);
  return countMoved ? woken + moved : woken;
}

/** FUTEX_WAKE_OP: *addr = old op arg; returns whether old cmp cmparg. */
function modify(t: GuestThread, addr: number, code: number): boolean {
  let arg = (code << 8) >> 20;
  const compareTo = (code << 20) >> 20;
  const op = (code >>> 28) & 7, compare = (code >>> 24) & 15;
  if (code < 0) arg = 1 << (arg & 31);
  const old = get32(t.memory, addr);
  const next = [arg, old + arg, old | arg, old & ~arg, old ^ arg][op];
  if (next === undefined) return fail(E.NOSYS);
  put32(t.memory, addr, next);
  const holds = [old === compareTo, old !== compareTo, old < compareTo, old <= compareTo, old > compareTo, old >= compareTo][compare];
  return holds ?? fail(E.NOSYS);
}

export function setRobustList(t: GuestThread, head: number, size: number): number {
  if (size !== 12) fail(E.INVAL);
  t.robustList = head;
  return 0;
}

export function getRobustList(t: GuestThread, tid: number, headAt: number, sizeAt: number): number {
  const other = tid === 0 ? t : t.kernel.threads.get(tid);
  if (!other) return fail(E.SRCH);
  put32(t.memory, headAt, other.robustList);
  put32(t.memory, sizeAt, 12);
  return 0;
}

export function setTidAddress(t: GuestThread, addr: number): number {
  t.clearChildTid = addr;
  return t.tid;
}
