/**
 * Things that happen at a time: the timers of devices. Times are ticks of the machine's clock (nanoseconds since power-on), doubles; Infinity is
 * never. Timers that are due together run in the order they were made in, so a run with --icount always goes the same way.
 */
export class Timer {
  private when = Infinity;

  constructor(private readonly queue: Events, readonly fire: () => void) {}

  get at(): number {
    return this.when;
  }

  /** Fires once when the clock has reached this time, which may be past. */
  set at(time: number) {
    const before = this.queue.next;
    this.when = time;
    this.queue.moved(time, before);
  }

  stop(): void {
    this.at = Infinity;
  }

  /** For the queue: the time has come. */
  take(): void {
    this.when = Infinity;
    this.fire();
  }
}

export class Events {
  private readonly timers: Timer[] = [];
  private soonest = Infinity;
  private known = true;
  /** Called when a timer is set to an earlier time than any before: a slice that runs past it must be cut. */
  onEarlier: ((time: number) => void) | null = null;

  timer(fire: () => void): Timer {
    const t = new Timer(this, fire);
    this.timers.push(t);
    return t;
  }

  /** A timer was set to `time`, when `before` was the next event. */
  moved(time: number, before: number): void {
    if (time < before) {
      this.soonest = time;
      this.onEarlier?.(time);
    } else {
      this.known = false;
    }
  }

  /** Time of the next event. */
  get next(): number {
    if (!this.known) {
      this.soonest = Infinity;
      for (const t of this.timers) if (t.at < this.soonest) this.soonest = t.at;
      this.known = true;
    }
    return this.soonest;
  }

  /** Let happen all that is due at `now`; what that arms for `now` or before happens, too. How many there were. */
  run(now: number): number {
    let happened = 0;
    for (; this.next <= now; happened++) {
      const time = this.next;
      const due = this.timers.find((t) => t.at === time)!;
      this.known = false;
      due.take();
      // A timer that its own handler has set anew is found by looking again.
      this.known = false;
    }
    return happened;
  }
}
