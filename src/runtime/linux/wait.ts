import { Roster } from "./roster.js";

/**
 * How system calls block without blocking the host: a call that cannot finish now returns a `Blocked`, its thread is parked on
 * the wait queues named there, and each wake-up calls `retry`, which finishes or blocks again. No promise is involved, so runs stay
 * deterministic; host events (a key, a socket, a timer) just wake a queue.
 */

/** Someone parked on queues. */
export interface Waiter {
  /** Called when a queue it is on wakes; must only mark the thread runnable. */
  woken(): void;
}

/** A place to wait for one kind of event: a pipe's readers, a child's exit, a futex word. */
export class WaitQueue {
  private readonly waiters = new Roster<Waiter>();

  add(w: Waiter): void {
    this.waiters.add(w);
  }

  remove(w: Waiter): void {
    this.waiters.delete(w);
  }

  get empty(): boolean {
    return this.waiters.size === 0;
  }

  /** Wake all (or the first `count`, in order of arrival); they stay on the queue until they remove themselves. Returns how many. */
  wake(count = Infinity): number {
    let n = 0;
    for (const w of this.waiters) {
      if (n >= count) break;
      w.woken();
      n++;
    }
    return n;
  }
}

/** A system call that waits. */
export interface Blocked {
  /** Any of these may wake it; none: only the deadline or a signal does. */
  readonly queues: readonly WaitQueue[];
  /** Try again; called when woken or when the deadline has passed (`timedOut`). */
  readonly retry: (timedOut: boolean) => Result;
  /** Guest monotonic time in nanoseconds (a double) at which to give up waiting. */
  readonly deadline?: number;
  /** What the call returns when a signal handler interrupts it: -EINTR by default. "restart": by SA_RESTART rules. */
  readonly interrupted?: () => number;
  readonly restartable?: boolean;
}

/** Result of a system call: a value, -errno (-4095…-1), or not yet. */
export type Result = number | Blocked;

export function isBlocked(r: Result): r is Blocked {
  return typeof r === "object";
}
