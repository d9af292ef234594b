import { E, fail } from "../errno.js";
import { ClockId, type Setting } from "../interval-timers.js";
import type { GuestThread } from "../thread.js";
import { get32, get64, put32, put64 } from "../user.js";
import type { Blocked, Result } from "../wait.js";
import { clockTime } from "./cpu-clocks.js";

/** Time and timers. A TimeFormat says how an ABI stores times; all else is common. */

export interface TimeFormat {
  /** Bytes of a timespec. */
  readonly size: number;
  get(t: GuestThread, at: number): number;
  put(t: GuestThread, at: number, ns: number): void;
}

function checked(sec: number, nsec: number): number {
  if (sec < 0 || nsec < 0 || nsec >= 1e9) fail(E.INVAL);
  // Beyond 2^53 ns (104 days) a double is inexact, which no sleeper notices.
  return sec * 1e9 + nsec;
}

/** struct old_timespec32: two words. */
export const TIME32: TimeFormat = {
  size: 8,
  get: (t, at) => checked(get32(t.memory, at), get32(t.memory, at + 4)),
  put: (t, at, ns) => {
    put32(t.memory, at, Math.floor(ns / 1e9));
    put32(t.memory, at + 4, Math.floor(ns % 1e9));
  },
};

/** struct __kernel_timespec: two 64-bit words; 32-bit programs need not clear the upper half of nsec. */
export const TIME64: TimeFormat = {
  size: 16,
  get: (t, at) => checked(get64(t.memory, at), get32(t.memory, at + 8)),
  put: (t, at, ns) => {
    put64(t.memory, at, Math.floor(ns / 1e9));
    put64(t.memory, at + 8, Math.floor(ns % 1e9));
  },
};

/** A timeout that may be absent (null). */
export function optionalTime(t: GuestThread, at: number, f: TimeFormat): number | null {
  return at === 0 ? null : f.get(t, at);
}

/** Real time as seconds and nanoseconds, exactly; other clocks in ns. */
function putClock(t: GuestThread, id: number, at: number, f: TimeFormat): void {
  if (id === ClockId.REALTIME || id === ClockId.REALTIME_COARSE || id === ClockId.TAI) {
    const { sec, nsec } = t.kernel.realtime();
    put32(t.memory, at, sec);
    if (f.size === 16) put64(t.memory, at, sec);
    put32(t.memory, at + f.size / 2, nsec);
    if (f.size === 16) put32(t.memory, at + 12, 0);
  } else {
    f.put(t, at, clockTime(t.process, t, id));
  }
}

export const clockGettime = (f: TimeFormat) => (t: GuestThread, id: number, at: number): number => {
  clockTime(t.process, t, id);
  putClock(t, id, at, f);
  return 0;
};

export const clockGetres = (f: TimeFormat) => (t: GuestThread, id: number, at: number): number => {
  clockTime(t.process, t, id);
  const coarse = id === ClockId.REALTIME_COARSE || id === ClockId.MONOTONIC_COARSE;
  if (at) f.put(t, at, coarse ? 4e6 : 1);
  return 0;
};

export const clockSettime = (f: TimeFormat) => (t: GuestThread, id: number, at: number): number => {
  f.get(t, at);
  if (id !== ClockId.REALTIME) clockTime(t.process, t, id);
  return id === ClockId.REALTIME ? -E.PERM : -E.INVAL;
};

function sleepUntil(t: GuestThread, deadline: number, remain: (ns: number) => void): Result {
  const { clock } = t.kernel;
  const b: Blocked = {
    queues: [],
    deadline,
    retry: (timedOut) => (timedOut || clock.monotonic() >= deadline ? 0 : b),
    interrupted: () => {
      remain(Math.max(0, deadline - clock.monotonic()));
      return -E.INTR;
    },
  };
  return b;
}

export const nanosleep = (f: TimeFormat) => (t: GuestThread, at: number, remainAt: number): Result => {
  const ns = f.get(t, at);
  return sleepUntil(t, t.kernel.clock.monotonic() + ns, (left) => {
    if (remainAt) f.put(t, remainAt, left);
  });
};

export const clockNanosleep = (f: TimeFormat) => (t: GuestThread, id: number, flags: number, at: number, remainAt: number): Result => {
  if (id === ClockId.THREAD || id === ClockId.MONOTONIC_RAW) fail(id === ClockId.THREAD ? E.INVAL : E.OPNOTSUPP);
  const now = clockTime(t.process, t, id);
  const ns = f.get(t, at);
  const absolute = (flags & 1) !== 0;
  const { clock } = t.kernel;
  const deadline = clock.monotonic() + (absolute ? Math.max(0, ns - now) : ns);
  return sleepUntil(t, deadline, (left) => {
    if (!absolute && remainAt) f.put(t, remainAt, left);
  });
};

export function gettimeofday(t: GuestThread, at: number, zoneAt: number): number {
  if (at) {
    const { sec, nsec } = t.kernel.realtime();
    put32(t.memory, at, sec);
    put32(t.memory, at + 4, Math.floor(nsec / 1000));
  }
  if (zoneAt) {
    put32(t.memory, zoneAt, 0);
    put32(t.memory, zoneAt + 4, 0);
  }
  return 0;
}

export function time(t: GuestThread, at: number): number {
  const { sec } = t.kernel.realtime();
  if (at) put32(t.memory, at, sec);
  return sec | 0;
}

export function notAllowed(): number {
  return -E.PERM;
}

// Interval timers: timeval pairs (interval, value).

function getTimeval(t: GuestThread, at: number): number {
  const sec = get32(t.memory, at), usec = get32(t.memory, at + 4);
  if (sec < 0 || usec < 0 || usec >= 1e6) fail(E.INVAL);
  return sec * 1e9 + usec * 1e3;
}

function putTimeval(t: GuestThread, at: number, ns: number): void {
  put32(t.memory, at, Math.floor(ns / 1e9));
  put32(t.memory, at + 4, Math.floor((ns % 1e9) / 1e3));
}

export function setitimer(t: GuestThread, which: number, newAt: number, oldAt: number): number {
  const next = newAt ? { interval: getTimeval(t, newAt), value: getTimeval(t, newAt + 8) } : { interval: 0, value: 0 };
  const old = t.process.timers.setitimer(which, next);
  if (oldAt) {
    putTimeval(t, oldAt, old.interval);
    putTimeval(t, oldAt + 8, old.value);
  }
  return 0;
}

export function getitimer(t: GuestThread, which: number, at: number): number {
  const s = t.process.timers.getitimer(which);
  putTimeval(t, at, s.interval);
  putTimeval(t, at + 8, s.value);
  return 0;
}

export function alarm(t: GuestThread, seconds: number): number {
  const old = t.process.timers.setitimer(0, { interval: 0, value: (seconds >>> 0) * 1e9 });
  return old.value === 0 ? 0 : Math.max(1, Math.round(old.value / 1e9));
}

// POSIX timers. struct sigevent: value, signo, notify, then a thread's id.

const SIGEV_NONE = 1, SIGEV_THREAD_ID = 4;

export function timerCreate(t: GuestThread, clock: number, eventAt: number, idAt: number): number {
  clockTime(t.process, t, clock);
  const m = t.memory;
  const notify = eventAt ? get32(m, eventAt + 8) : 0;
  const signo = eventAt ? get32(m, eventAt + 4) : 14;
  const tid = notify & SIGEV_THREAD_ID ? get32(m, eventAt + 12) : 0;
  if (notify & ~7 || (notify !== SIGEV_NONE && (signo < 1 || signo > 64))) fail(E.INVAL);
  if (tid && t.kernel.threads.get(tid)?.process !== t.process) fail(E.INVAL);
  const given = eventAt ? get32(m, eventAt) : null;
  const id = t.process.timers.create(clock, (n) => ({ signo: notify === SIGEV_NONE ? 0 : signo, value: given ?? n, tid }));
  put32(m, idAt, id);
  return 0;
}

function putSetting(t: GuestThread, at: number, f: TimeFormat, s: Setting): void {
  f.put(t, at, s.interval);
  f.put(t, at + f.size, s.value);
}

export const timerSettime = (f: TimeFormat) => (t: GuestThread, id: number, flags: number, newAt: number, oldAt: number): number => {
  if (!newAt) fail(E.INVAL);
  const next = { interval: f.get(t, newAt), value: f.get(t, newAt + f.size) };
  const old = t.process.timers.settime(id, (flags & 1) !== 0, next);
  if (oldAt) putSetting(t, oldAt, f, old);
  return 0;
};

export const timerGettime = (f: TimeFormat) => (t: GuestThread, id: number, at: number): number => {
  putSetting(t, at, f, t.process.timers.gettime(id));
  return 0;
};

export function timerGetoverrun(t: GuestThread, id: number): number {
  return t.process.timers.overrun(id);
}

export function timerDelete(t: GuestThread, id: number): number {
  t.process.timers.delete(id);
  return 0;
}
