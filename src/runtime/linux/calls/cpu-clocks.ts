import { wallAtBoot } from "../clock.js";
import { E, fail } from "../errno.js";
import { ClockId, IntervalTimers } from "../interval-timers.js";
import type { GuestProcess } from "../process.js";
import type { GuestThread } from "../thread.js";

/** Clocks by number, in nanoseconds (a double). Negative numbers are processor-time clocks: ~pid << 3 | thread? 4 | 0 PROF, 1 VIRT, 2 SCHED. */

/** What a clock says, for a thread or (timers) a process; EINVAL for one that is not there. */
export function clockTime(p: GuestProcess, t: GuestThread | null, id: number): number {
  const { kernel } = p;
  switch (id) {
    case ClockId.MONOTONIC:
    case ClockId.MONOTONIC_RAW:
    case ClockId.MONOTONIC_COARSE:
    case ClockId.BOOTTIME:
    case ClockId.BOOTTIME_ALARM:
      return kernel.clock.monotonic();
    case ClockId.REALTIME:
    case ClockId.REALTIME_COARSE:
    case ClockId.REALTIME_ALARM:
    case ClockId.TAI:
      return wallAtBoot(kernel.clock) + kernel.clock.monotonic();
    case ClockId.PROCESS:
      return p.userTime + p.systemTime;
    case ClockId.THREAD: {
      const one = t ?? p.leader;
      return one ? one.userTime + one.systemTime : 0;
    }
  }
  return id < 0 ? cpuClock(p, t, id) : fail(E.INVAL);
}

function cpuClock(p: GuestProcess, t: GuestThread | null, id: number): number {
  const pid = ~(id >> 3), kind = id & 3;
  if (kind === 3) fail(E.INVAL);
  let user: number, system: number;
  if (id & 4) {
    const one = pid === 0 ? (t ?? p.leader) : p.kernel.threads.get(pid);
    if (!one || one.process !== p) return fail(E.INVAL);
    [user, system] = [one.userTime, one.systemTime];
  } else {
    const one = pid === 0 ? p : p.kernel.table.get(pid);
    if (!one) return fail(E.INVAL);
    [user, system] = [one.userTime, one.systemTime];
  }
  return kind === 1 ? user : user + system;
}

/** The timers of a process. */
export function makeTimers(p: GuestProcess): IntervalTimers {
  return new IntervalTimers({
    kernel: p.kernel,
    owner: p,
    clock: (id) => clockTime(p, null, id),
    deliver: (info, tid) => {
      const t = tid ? p.kernel.threads.get(tid) : undefined;
      if (t && t.process === p) p.kernel.signals.toThread(t, info);
      else if (!tid) p.kernel.signals.toProcess(p, info);
    },
  });
}
