import type { Kernel, SignalInfo, Timer } from "./contract.js";
import { E, fail } from "./errno.js";
import { SI_KERNEL, SI_TIMER, Sig } from "./signal.js";

/** alarm, setitimer and timer_create of one process. Times in nanoseconds. */

/** Clocks of processor time; see calls/time.ts. */
export const enum ClockId { REALTIME, MONOTONIC, PROCESS, THREAD, MONOTONIC_RAW, REALTIME_COARSE, MONOTONIC_COARSE, BOOTTIME, REALTIME_ALARM, BOOTTIME_ALARM, TAI = 11 }

export interface Setting {
  readonly interval: number;
  readonly value: number;
}

/** What a POSIX timer does when it expires. */
export interface TimerEvent {
  /** 0: nothing, else a signal. */
  readonly signo: number;
  readonly value: number;
  /** To this thread only (SIGEV_THREAD_ID); 0: to the process. */
  readonly tid: number;
}

interface TimerOwner {
  readonly userTime: number;
  readonly systemTime: number;
}

export interface TimerHost {
  readonly kernel: Kernel;
  readonly owner: TimerOwner;
  /** Nanoseconds of a clock. */
  clock(id: number): number;
  deliver(info: SignalInfo, tid: number): void;
}

/** One timer of any kind. Those of real time sit in the kernel's heap; those of processor time are looked at after each slice. */
class IntervalTimer {
  interval = 0;
  /** In its own clock's time; Infinity: disarmed. */
  deadline = Infinity;
  private timer: Timer | null = null;
  overrun = 0;
  pendingOverrun = 0;

  constructor(
    private readonly host: TimerHost,
    readonly clock: number,
    private readonly fire: (t: IntervalTimer) => void,
  ) {}

  get cpuTime(): boolean {
    return this.clock === ClockId.PROCESS || this.clock === ClockId.THREAD || this.clock < 0;
  }

  setting(): Setting {
    if (this.deadline === Infinity) return { interval: this.interval, value: 0 };
    return { interval: this.interval, value: Math.max(1, this.deadline - this.host.clock(this.clock)) };
  }

  arm(deadline: number, interval: number): void {
    this.disarm();
    this.interval = interval;
    this.deadline = deadline;
    this.schedule();
  }

  private schedule(): void {
    if (this.deadline === Infinity || this.cpuTime) return;
    const { kernel } = this.host;
    const wait = this.deadline - this.host.clock(this.clock);
    this.timer = kernel.setTimer(kernel.clock.monotonic() + Math.max(0, wait), () => {
      this.timer = null;
      this.expire();
    });
  }

  /** Its time has come. */
  expire(): void {
    const now = this.host.clock(this.clock);
    this.overrun = 0;
    if (this.interval > 0) {
      const missed = Math.max(0, Math.floor((now - this.deadline) / this.interval));
      this.overrun = missed;
      this.deadline += (missed + 1) * this.interval;
      this.schedule();
    } else {
      this.deadline = Infinity;
    }
    this.fire(this);
  }

  disarm(): void {
    if (this.timer) this.host.kernel.cancelTimer(this.timer);
    this.timer = null;
    this.deadline = Infinity;
  }
}

const MAX_TIMERS = 1024;

/** ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF */
const ITIMER_SIGNALS = [Sig.ALRM, Sig.VTALRM, Sig.PROF];
/** The user time of the process only, as a clock; of no guest's. */
const USER_TIME = -100;

export class IntervalTimers {
  private readonly itimers: IntervalTimer[];
  private readonly posix = new Map<number, { timer: IntervalTimer; event: TimerEvent }>();
  private nextId = 0;

  constructor(private readonly host: TimerHost) {
    this.itimers = ITIMER_SIGNALS.map((signo, i) => new IntervalTimer(
      { ...host, clock: (id) => (id === USER_TIME ? host.owner.userTime : host.clock(id)) },
      [ClockId.MONOTONIC, USER_TIME, ClockId.PROCESS][i]!,
      () => host.deliver({ signo, code: SI_KERNEL }, 0),
    ));
  }

  getitimer(which: number): Setting {
    return (this.itimers[which] ?? fail(E.INVAL)).setting();
  }

  setitimer(which: number, s: Setting): Setting {
    const t = this.itimers[which] ?? fail(E.INVAL);
    const old = t.setting();
    const now = which === 1 ? this.host.owner.userTime : this.host.clock(t.clock);
    t.arm(s.value > 0 ? now + s.value : Infinity, s.value > 0 ? s.interval : 0);
    return old;
  }

  create(clock: number, event: (id: number) => TimerEvent): number {
    if (this.posix.size >= MAX_TIMERS) fail(E.AGAIN);
    const id = this.nextId++;
    const e = event(id);
    const timer = new IntervalTimer(this.host, clock, (t) => {
      t.pendingOverrun = t.overrun;
      if (e.signo) this.host.deliver({ signo: e.signo, code: SI_TIMER, value: e.value, timerId: id, overrun: t.overrun }, e.tid);
    });
    this.posix.set(id, { timer, event: e });
    return id;
  }

  private timer(id: number): IntervalTimer {
    return (this.posix.get(id) ?? fail(E.INVAL)).timer;
  }

  settime(id: number, absolute: boolean, s: Setting): Setting {
    const t = this.timer(id);
    const old = t.setting();
    const deadline = s.value === 0 ? Infinity : absolute ? s.value : this.host.clock(t.clock) + s.value;
    t.arm(deadline, s.interval);
    return old;
  }

  gettime(id: number): Setting {
    return this.timer(id).setting();
  }

  overrun(id: number): number {
    return this.timer(id).pendingOverrun;
  }

  delete(id: number): void {
    this.timer(id).disarm();
    this.posix.delete(id);
  }

  /** Look at the timers of processor time. */
  checkCpuTime(): void {
    for (const t of this.itimers) if (t.deadline !== Infinity && t.cpuTime) this.check(t, t.clock === USER_TIME ? this.host.owner.userTime : this.host.clock(t.clock));
    for (const { timer } of this.posix.values()) if (timer.deadline !== Infinity && timer.cpuTime) this.check(timer, this.host.clock(timer.clock));
  }

  private check(t: IntervalTimer, now: number): void {
    if (now >= t.deadline) t.expire();
  }

  /** For execve: POSIX timers go, the others stay. */
  dropPosix(): void {
    for (const { timer } of this.posix.values()) timer.disarm();
    this.posix.clear();
  }

  dropAll(): void {
    this.dropPosix();
    for (const t of this.itimers) t.disarm();
  }
}
