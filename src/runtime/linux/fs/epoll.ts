import type { Thread } from "../contract.js";
import { E, fail } from "../errno.js";
import { get32, put32, writableView } from "../user.js";
import type { Blocked, Result } from "../wait.js";
import { AnonymousFile } from "./anonymous-file.js";
import { readTimeout, temporaryMask } from "./calls-poll.js";
import { type File, O, Poll } from "./file.js";
import { filesOf } from "./vfs.js";

/** epoll(7). */

const EPOLLET = 0x80000000 | 0, EPOLLONESHOT = 0x40000000;
/** Most epolls that may watch each other in a row (EP_MAX_NESTS). */
const MOST_NESTED = 4;
type Ready = { readonly events: number; readonly data: [number, number] };

interface Watch {
  readonly fd: number;
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
  /** Epolls that watch this one. */
  private readonly watchers: Epoll[] = [];
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
        if (f instanceof Epoll) {
          if (f.reaches(this) || f.depthBelow() + 1 + this.depthAbove() > MOST_NESTED) fail(E.LOOP);
          f.watchers.push(this);
        }
        const watch: Watch = { fd, file: f, events, data, fresh: true, armed: true, waiter: { woken: () => {
          watch.fresh = true;
          this.queue.wake();
        } } };
        f.queue.add(watch.waiter);
        this.watches.set(key, watch);
        break;
      }
      case 2:
        if (!w) fail(E.NOENT);
        this.drop(key, w!);
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

  private drop(key: string, w: Watch): void {
    const { file } = w;
    file.queue.remove(w.waiter);
    this.watches.delete(key);
    if (file instanceof Epoll) file.watchers.splice(file.watchers.indexOf(this), 1);
  }

  private watched(): Epoll[] {
    return [...this.watches.values()].flatMap(({ file }) => (file instanceof Epoll ? [file] : []));
  }

  private reaches(other: Epoll): boolean {
    return this.watched().some((e) => e === other || e.reaches(other));
  }

  private depthBelow(): number {
    return Math.max(0, ...this.watched().map((e) => 1 + e.depthBelow()));
  }

  private depthAbove(): number {
    return Math.max(0, ...this.watchers.map((e) => 1 + e.depthAbove()));
  }

  /** Files leave when nobody has them open any more, in whatever process. */
  forgetClosed(): void {
    for (const [key, w] of this.watches) if (!w.file.isOpen) this.drop(key, w);
  }

  private ready(w: Watch, t: Thread): number {
    if (!w.armed || !w.file.isOpen || (w.events & EPOLLET && !w.fresh)) return 0;
    return w.file.poll(t) & (w.events | Poll.ERR | Poll.HUP) & 0xffff;
  }

  /** Take up to `max` events. */
  take(max: number, t: Thread): Ready[] {
    const out: Ready[] = [], seen: [string, Watch][] = [];
    for (const [key, w] of this.watches) {
      if (out.length >= max) {
        // There may be more: those that had their turn go behind them.
        for (const [k, v] of seen) {
          this.watches.delete(k);
          this.watches.set(k, v);
        }
        break;
      }
      const events = this.ready(w, t);
      if (!events) continue;
      out.push({ events, data: w.data });
      seen.push([key, w]);
      w.fresh = false;
      if (w.events & EPOLLONESHOT) w.armed = false;
    }
    return out;
  }

  override poll(t: Thread): number {
    for (const w of this.watches.values()) if (this.ready(w, t)) return Poll.IN | Poll.RDNORM;
    return 0;
  }

  protected override details(): string {
    const hex = (n: number): string => (n >>> 0).toString(16);
    return [...this.watches.values()].map(({ fd, file, events, data: [low, high] }) => {
      const data = high === 0 ? hex(low) : hex(high) + hex(low).padStart(8, "0");
      return `tfd: ${String(fd).padStart(8)} events: ${hex(events | Poll.ERR | Poll.HUP).padStart(8)} data: ${data.padStart(16)}  pos:${file.position} ino:${hex(file.ino)} sdev:${hex(file.dev)}\n`;
    }).join("");
  }

  protected override closed(): void {
    for (const [key, w] of this.watches) this.drop(key, w);
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
  const attempt = (last: boolean): Result => {
    ep.forgetClosed();
    const events = ep.take(max, t);
    if (events.length === 0 && !last) return b;
    events.forEach((e, i) => {
      put32(t.memory, at + i * 12, e.events);
      put32(t.memory, at + i * 12 + 4, e.data[0]);
      put32(t.memory, at + i * 12 + 8, e.data[1]);
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
