import type { UserMemory } from "../../../mmu/user-memory.js";
import { E, fail } from "../errno.js";
import type { GuestThread } from "../thread.js";
import { put32, writableView } from "../user.js";

/** Processor time and what is accounted with it. */

/** struct rusage: utime, stime as (seconds, microseconds), then 14 counters. */
export function putRusage(m: UserMemory, at: number, user: number, system: number, maxRss = 0): void {
  if (writableView(m, at, 72).fill(0).length < 72) fail(E.FAULT);
  [user, system].forEach((ns, i) => {
    put32(m, at + i * 8, Math.floor(ns / 1e9));
    put32(m, at + i * 8 + 4, Math.floor((ns % 1e9) / 1000));
  });
  put32(m, at + 16, Math.floor(maxRss / 1024));
}

export function getrusage(t: GuestThread, who: number, at: number): number {
  const p = t.process;
  if (who === 0) putRusage(t.memory, at, p.userTime, p.systemTime, p.space.map.peak);
  else if (who === -1) putRusage(t.memory, at, p.childUserTime, p.childSystemTime);
  else if (who === 1) putRusage(t.memory, at, t.userTime, t.systemTime, p.space.map.peak);
  else fail(E.INVAL);
  return 0;
}

const TICK = 1e7;

/** struct tms: user, system, children's user and system time in ticks of 1/100 s; returns the time since boot in ticks. */
export function times(t: GuestThread, at: number): number {
  const p = t.process;
  if (at) [p.userTime, p.systemTime, p.childUserTime, p.childSystemTime].forEach((ns, i) => put32(t.memory, at + i * 4, Math.floor(ns / TICK)));
  return Math.floor(t.kernel.clock.monotonic() / TICK) | 0;
}
