import { get32, put32 as store32, put64 as store64, writableView } from "../user.js";
import { wallAtBoot } from "../clock.js";
import type { Kernel, SignalInfo, SigSet, Thread, Timer } from "../contract.js";
import { E, fail } from "../errno.js";
import type { Blocked, Result } from "../wait.js";
import { readTimeout, temporaryMask } from "./calls-poll.js";
import { AnonymousFile } from "./anonymous-file.js";
import { File, O, Poll } from "./file.js";
import { filesOf } from "./vfs.js";

/** eventfd, timerfd, signalfd, epoll. */

function putNumber(into: Uint8Array, value: bigint): number {
  if (into.length < 8) return -E.INVAL;
  new DataView(into.buffer, into.byteOffset, 8).setBigUint64(0, value, true);
  return 8;
}

const MAX_EVENT = 0xfffffffffffffffen;

class EventFd extends AnonymousFile {
  constructor(private value: bigint, private readonly semaphore: boolean, flags: number) {
    super("eventfd", flags);
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

  constructor(private readonly kernel: Kernel, readonly realtime: boolean, flags: number) {
    super("timerfd", flags);
  }

  /** Value and interval in ns; 0: disarmed. */
  get(): [number, number] {
    return [this.timer ? Math.max(1, this.deadline - this.kernel.clock.monotonic()) : 0, this.interval];
  }

  set(deadline: number, interval: number): void {
    this.stop();
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

  protected override closed(): void {
    this.stop();
  }
}

export function timerfdCreate(t: Thread, clock: number, flags: number): number {
  if (![0, 1, 7, 8, 9].includes(clock) || flags & ~(O.CLOEXEC | O.NONBLOCK)) fail(E.INVAL);
  return filesOf(t).add(new TimerFd(t.kernel, clock === 0 || clock === 8, flags & O.NONBLOCK), (flags & O.CLOEXEC) !== 0);
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
  f.set(value === 0 ? 0 : flags & 1 ? Math.max(1, absolute) : now + value, interval);
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
  /** Signals that come wake whoever waits for this file. */
  private readonly waiter = { woken: () => void this.queue.wake() };

  constructor(private readonly t: Thread, public mask: SigSet, flags: number) {
    super("signalfd", flags);
    t.signalQueue.add(this.waiter);
  }

  protected override closed(): void {
    this.t.signalQueue.remove(this.waiter);
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

  override poll(): number {
    return this.t.hasPending(this.mask) ? Poll.IN | Poll.RDNORM : 0;
  }
}

export const signalfd = (withFlags: boolean) => (t: Thread, fd: number, maskAt: number, size: number, flags: number): number => {
  const fl = withFlags ? flags : 0;
  if (size !== 8 || fl & ~(O.CLOEXEC | O.NONBLOCK)) fail(E.INVAL);
  const KILL_STOP = (1 << 8) | (1 << 18);
  const mask = { lo: get32(t.memory, maskAt) & ~KILL_STOP, hi: get32(t.memory, maskAt + 4) };
  if (fd === -1) return filesOf(t).add(new SignalFd(t, mask, fl & O.NONBLOCK), (fl & O.CLOEXEC) !== 0);
  const f = filesOf(t).get(fd);
  if (!(f instanceof SignalFd)) return fail(E.INVAL);
  f.mask = mask;
  return fd;
};

// epoll

const EPOLLET = 0x80000000 | 0, EPOLLONESHOT = 0x40000000;

interface Watch {
  readonly file: File;
  events: number;
  data: [number, number];
  /** Edge-triggered: something has happened since it was reported. */
  fresh: boolean;
  armed: boolean;
  readonly waiter: { woken(): void };
}

class Epoll extends AnonymousFile {
  readonly watches = new Map<string, Watch>();
  private readonly numbers = new WeakMap<File, number>();
  private next = 1;

  constructor(flags: number) {
    super("eventpoll", flags);
  }

  /** A descriptor and the open file behind it are one entry. */
  private key(fd: number, f: File): string {
    let n = this.numbers.get(f);
    if (!n) this.numbers.set(f, (n = this.next++));
    return `${fd}:${n}`;
  }

  control(op: number, fd: number, f: File, events: number, data: [number, number]): void {
    const key = this.key(fd, f);
    const w = this.watches.get(key);
    switch (op) {
      case 1: {
        if (w) fail(E.EXIST);
        const watch: Watch = { file: f, events, data, fresh: true, armed: true, waiter: { woken: () => {
          watch.fresh = true;
          this.queue.wake();
        } } };
        f.queue.add(watch.waiter);
        this.watches.set(key, watch);
        break;
      }
      case 2:
        if (!w) fail(E.NOENT);
        f.queue.remove(w!.waiter);
        this.watches.delete(key);
        break;
      case 3:
        if (!w) fail(E.NOENT);
        Object.assign(w!, { events, data, fresh: true, armed: true });
        break;
      default:
        fail(E.INVAL);
    }
    this.queue.wake();
  }

  /** Files that were closed leave by themselves. */
  forget(open: (f: File) => boolean): void {
    for (const [key, w] of this.watches) {
      if (open(w.file)) continue;
      w.file.queue.remove(w.waiter);
      this.watches.delete(key);
    }
  }

  private ready(w: Watch): number {
    if (!w.armed || (w.events & EPOLLET && !w.fresh)) return 0;
    return w.file.poll() & (w.events | Poll.ERR | Poll.HUP) & 0xffff;
  }

  /** Take up to `max` events. */
  take(max: number): { events: number; data: [number, number] }[] {
    const out: { events: number; data: [number, number] }[] = [];
    for (const w of this.watches.values()) {
      if (out.length >= max) break;
      const events = this.ready(w);
      if (!events) continue;
      out.push({ events, data: w.data });
      w.fresh = false;
      if (w.events & EPOLLONESHOT) w.armed = false;
    }
    return out;
  }

  override poll(): number {
    for (const w of this.watches.values()) if (this.ready(w)) return Poll.IN | Poll.RDNORM;
    return 0;
  }

  protected override closed(): void {
    for (const w of this.watches.values()) w.file.queue.remove(w.waiter);
    this.watches.clear();
  }
}

export const epollCreate = (withFlags: boolean) => (t: Thread, arg: number): number => {
  if (withFlags ? arg & ~O.CLOEXEC : arg <= 0) fail(E.INVAL);
  return filesOf(t).add(new Epoll(0), withFlags && (arg & O.CLOEXEC) !== 0);
};

function epollOf(t: Thread, fd: number): Epoll {
  const f = filesOf(t).get(fd);
  return f instanceof Epoll ? f : fail(E.INVAL);
}

/** struct epoll_event on x86: events, data (8 bytes), packed. */
export function epollCtl(t: Thread, epfd: number, op: number, fd: number, at: number): number {
  const ep = epollOf(t, epfd);
  const f = filesOf(t).get(fd);
  if (f === ep) fail(E.INVAL);
  if (!f.pollable) fail(E.PERM);
  const events = op === 2 ? 0 : get32(t.memory, at);
  const data: [number, number] = op === 2 ? [0, 0] : [get32(t.memory, at + 4), get32(t.memory, at + 8)];
  ep.control(op, fd, f, events, data);
  return 0;
}

function epollWaitFor(t: Thread, epfd: number, at: number, max: number, timeout: number | null): Result {
  const ep = epollOf(t, epfd);
  if (max <= 0) fail(E.INVAL);
  if (writableView(t.memory, at, Math.min(max, 4096) * 12).length === 0) fail(E.FAULT);
  const open = new Set([...filesOf(t).descriptors()].map(([, f]) => f));
  const attempt = (last: boolean): Result => {
    ep.forget((f) => open.has(f) || [...filesOf(t).descriptors()].some(([, g]) => g === f));
    const events = ep.take(max);
    if (events.length === 0 && !last) return b;
    events.forEach((e, i) => {
      store32(t.memory, at + i * 12, e.events);
      store32(t.memory, at + i * 12 + 4, e.data[0]);
      store32(t.memory, at + i * 12 + 8, e.data[1]);
    });
    return events.length;
  };
  const b: Blocked = {
    queues: [ep.queue],
    retry: attempt,
    ...(timeout === null ? {} : { deadline: t.kernel.clock.monotonic() + timeout }),
  };
  return attempt(timeout === 0);
}

export function epollWait(t: Thread, epfd: number, at: number, max: number, ms: number): Result {
  return epollWaitFor(t, epfd, at, max, ms < 0 ? null : ms * 1e6);
}

export function epollPwait(t: Thread, epfd: number, at: number, max: number, ms: number, maskAt: number, size: number): Result {
  temporaryMask(t, maskAt, size);
  return epollWait(t, epfd, at, max, ms);
}

export function epollPwait2(t: Thread, epfd: number, at: number, max: number, timeAt: number, maskAt: number, size: number): Result {
  const timeout = readTimeout(t, timeAt, true);
  temporaryMask(t, maskAt, size);
  return epollWaitFor(t, epfd, at, max, timeout);
}

