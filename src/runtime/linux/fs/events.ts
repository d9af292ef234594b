import { get32, put32 as store32, put64 as store64 } from "../user.js";
import { wallAtBoot } from "../clock.js";
import type { Kernel, SignalInfo, SigSet, Thread, Timer } from "../contract.js";
import { E, fail } from "../errno.js";
import { readTimeout } from "./calls-poll.js";
import { AnonymousFile } from "./anonymous-file.js";
import { O, Poll } from "./file.js";
import { filesOf } from "./vfs.js";

/** eventfd, timerfd, signalfd; epoll has its own file. */

function putNumber(into: Uint8Array, value: bigint): number {
  if (into.length < 8) return -E.INVAL;
  new DataView(into.buffer, into.byteOffset, 8).setBigUint64(0, value, true);
  return 8;
}

const MAX_EVENT = 0xfffffffffffffffen;

class EventFd extends AnonymousFile {
  private static next = 1;
  private readonly id = EventFd.next++;

  constructor(private value: bigint, private readonly semaphore: boolean, flags: number) {
    super("eventfd", flags);
  }

  protected override details(): string {
    return `eventfd-count: ${this.value.toString(16).padStart(16)}\neventfd-id: ${this.id}\neventfd-semaphore: ${this.semaphore ? 1 : 0}\n`;
  }

  override read(into: Uint8Array): number {
    if (into.length < 8) return -E.INVAL;
    if (this.value === 0n) return -E.AGAIN;
    const r = this.semaphore ? 1n : this.value;
    this.value -= r;
    this.queue.wake();
    return putNumber(into, r);
  }

  override write(from: Uint8Array): number {
    if (from.length < 8) return -E.INVAL;
    const add = new DataView(from.buffer, from.byteOffset, 8).getBigUint64(0, true);
    if (add > MAX_EVENT) return -E.INVAL;
    if (this.value + add > MAX_EVENT) return -E.AGAIN;
    this.value += add;
    this.queue.wake();
    return 8;
  }

  override poll(): number {
    return (this.value > 0n ? Poll.IN | Poll.RDNORM : 0) | (this.value < MAX_EVENT ? Poll.OUT | Poll.WRNORM : 0);
  }
}

export const eventfd = (withFlags: boolean) => (t: Thread, value: number, flags: number): number => {
  const f = withFlags ? flags : 0;
  if (f & ~(O.CLOEXEC | O.NONBLOCK | 1)) fail(E.INVAL);
  return filesOf(t).add(new EventFd(BigInt(value >>> 0), (f & 1) !== 0, f & O.NONBLOCK), (f & O.CLOEXEC) !== 0);
};

class TimerFd extends AnonymousFile {
  private timer: Timer | null = null;
  private deadline = 0;
  private interval = 0;
  private expirations = 0;

  /** Flags of the last timerfd_settime. */
  private settings = 0;

  constructor(private readonly kernel: Kernel, private readonly clock: number, flags: number) {
    super("timerfd", flags);
  }

  get realtime(): boolean {
    return this.clock === 0 || this.clock === 8;
  }

  /** Value and interval in ns; 0: disarmed. */
  get(): [number, number] {
    return [this.timer ? Math.max(1, this.deadline - this.kernel.clock.monotonic()) : 0, this.interval];
  }

  set(deadline: number, interval: number, settings: number): void {
    this.stop();
    this.settings = settings;
    this.expirations = 0;
    this.interval = interval;
    if (deadline > 0) this.arm(deadline);
  }

  private arm(deadline: number): void {
    this.deadline = deadline;
    this.timer = this.kernel.setTimer(deadline, () => {
      this.timer = null;
      this.expirations++;
      if (this.interval > 0) {
        const missed = Math.max(0, Math.floor((this.kernel.clock.monotonic() - this.deadline) / this.interval));
        this.expirations += missed;
        this.arm(this.deadline + (missed + 1) * this.interval);
      }
      this.queue.wake();
    });
  }

  private stop(): void {
    if (this.timer) this.kernel.cancelTimer(this.timer);
    this.timer = null;
  }

  override read(into: Uint8Array): number {
    if (into.length < 8) return -E.INVAL;
    if (this.expirations === 0) return -E.AGAIN;
    const n = this.expirations;
    this.expirations = 0;
    return putNumber(into, BigInt(n));
  }

  override poll(): number {
    return this.expirations > 0 ? Poll.IN | Poll.RDNORM : 0;
  }

  protected override details(): string {
    const [value, interval] = this.get(), pair = (ns: number): string => `(${Math.floor(ns / 1e9)}, ${Math.floor(ns % 1e9)})`;
    return `clockid: ${this.clock}\nticks: ${this.expirations}\nsettime flags: 0${this.settings.toString(8)}\nit_value: ${pair(value)}\nit_interval: ${pair(interval)}\n`;
  }

  protected override closed(): void {
    this.stop();
  }
}

export function timerfdCreate(t: Thread, clock: number, flags: number): number {
  if (![0, 1, 7, 8, 9].includes(clock) || flags & ~(O.CLOEXEC | O.NONBLOCK)) fail(E.INVAL);
  return filesOf(t).add(new TimerFd(t.kernel, clock, flags & O.NONBLOCK), (flags & O.CLOEXEC) !== 0);
}

function timerFd(t: Thread, fd: number): TimerFd {
  const f = filesOf(t).get(fd);
  return f instanceof TimerFd ? f : fail(E.INVAL);
}

function putTime(t: Thread, at: number, ns: number, wide: boolean): void {
  if (wide) {
    store64(t.memory, at, Math.floor(ns / 1e9));
    store64(t.memory, at + 8, Math.floor(ns % 1e9));
  } else {
    store32(t.memory, at, Math.floor(ns / 1e9));
    store32(t.memory, at + 4, Math.floor(ns % 1e9));
  }
}

export const timerfdGettime = (wide: boolean) => (t: Thread, fd: number, at: number): number => {
  const [value, interval] = timerFd(t, fd).get();
  putTime(t, at, interval, wide);
  putTime(t, at + (wide ? 16 : 8), value, wide);
  return 0;
};

export const timerfdSettime = (wide: boolean) => (t: Thread, fd: number, flags: number, newAt: number, oldAt: number): number => {
  const f = timerFd(t, fd);
  const interval = readTimeout(t, newAt, wide)!, value = readTimeout(t, newAt + (wide ? 16 : 8), wide)!;
  const old = f.get();
  const now = t.kernel.clock.monotonic();
  const absolute = f.realtime ? value - wallAtBoot(t.kernel.clock) : value;
  f.set(value === 0 ? 0 : flags & 1 ? Math.max(1, absolute) : now + value, interval, flags);
  if (oldAt) {
    putTime(t, oldAt, old[1], wide);
    putTime(t, oldAt + (wide ? 16 : 8), old[0], wide);
  }
  return 0;
};

/** struct signalfd_siginfo, 128 bytes. */
function putSignal(into: Uint8Array, i: SignalInfo): void {
  into.fill(0);
  const v = new DataView(into.buffer, into.byteOffset, 128);
  [i.signo, i.errno ?? 0, i.code, i.pid ?? 0, i.uid ?? 0, i.fd ?? 0, i.timerId ?? 0, i.band ?? 0, i.overrun ?? 0, 0, i.status ?? 0, i.value ?? 0]
    .forEach((w, k) => v.setInt32(k * 4, w, true));
  v.setUint32(48, i.value ?? 0, true);
  v.setUint32(72, (i.address ?? 0) >>> 0, true);
}

class SignalFd extends AnonymousFile {
  /** Signals that come wake whoever waits for this file: it shows each process that has it, by fork or sent, signals of its own. */
  private readonly waiter = { woken: () => void this.queue.wake() };

  constructor(private readonly kernel: Kernel, public mask: SigSet, flags: number) {
    super("signalfd", flags);
    kernel.signalQueue.add(this.waiter);
  }

  protected override details(): string {
    const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, "0");
    return `sigmask:\t${hex(this.mask.hi)}${hex(this.mask.lo)}\n`;
  }

  protected override closed(): void {
    this.kernel.signalQueue.remove(this.waiter);
  }

  override read(into: Uint8Array, t: Thread): number {
    if (into.length < 128) return -E.INVAL;
    let done = 0;
    while (done + 128 <= into.length) {
      const info = t.dequeue(this.mask);
      if (!info) break;
      putSignal(into.subarray(done, done + 128), info);
      done += 128;
    }
    return done || -E.AGAIN;
  }

  override poll(t: Thread): number {
    return t.hasPending(this.mask) ? Poll.IN | Poll.RDNORM : 0;
  }
}

export const signalfd = (withFlags: boolean) => (t: Thread, fd: number, maskAt: number, size: number, flags: number): number => {
  const fl = withFlags ? flags : 0;
  if (size !== 8 || fl & ~(O.CLOEXEC | O.NONBLOCK)) fail(E.INVAL);
  const KILL_STOP = (1 << 8) | (1 << 18);
  const mask = { lo: get32(t.memory, maskAt) & ~KILL_STOP, hi: get32(t.memory, maskAt + 4) };
  if (fd === -1) return filesOf(t).add(new SignalFd(t.kernel, mask, fl & O.NONBLOCK), (fl & O.CLOEXEC) !== 0);
  const f = filesOf(t).get(fd);
  if (!(f instanceof SignalFd)) return fail(E.INVAL);
  f.mask = mask;
  return fd;
};
