import { E, fail } from "../errno.js";
import type { GuestProcess } from "../process.js";
import type { GuestThread } from "../thread.js";
import { copyFrom, copyTo, put32 } from "../user.js";
import type { Blocked, Result } from "../wait.js";
import { Ipc, IPC_NOWAIT, type IpcLayout, IpcObject, IpcTable, MAY_CHANGE, MAY_READ, MOST_OBJECTS } from "./ids.js";

/** System V semaphores (Linux ipc/sem.c). */

const MOST_IN_SET = 32000, MOST_OPERATIONS = 500, HIGHEST = 32767;
/** Semaphores of all sets; each takes some bytes of the host's. */
const MOST_SEMAPHORES = 1 << 20;
const UNDO = 0x1000;

interface Operation {
  readonly number: number;
  readonly change: number;
  readonly flags: number;
}

export class SemaphoreSet extends IpcObject {
  readonly values: Uint16Array;
  /** Who changed each last. */
  readonly pids: Int32Array;
  /** Seconds of the last semop. */
  used = 0;
  /** Operations that others wait with. */
  readonly waiting = new Set<Operation>();

  constructor(key: number, mode: number, t: GuestThread, readonly size: number) {
    super(key, mode, t);
    this.values = new Uint16Array(size);
    this.pids = new Int32Array(size);
  }
}

export class Semaphores {
  readonly table = new IpcTable<SemaphoreSet>();
  private total = 0;
  /** What is added to semaphores at the end of processes (SEM_UNDO). */
  private readonly undo = new Map<GuestProcess, Map<SemaphoreSet, Map<number, number>>>();

  semget(t: GuestThread, key: number, n: number, flags: number): number {
    if (n < 0 || n > MOST_IN_SET) fail(E.INVAL);
    return this.table.get(t, key, flags, (s) => n <= s.size, (k, mode) => {
      if (n === 0) fail(E.INVAL);
      if (this.total + n > MOST_SEMAPHORES) fail(E.NOSPC);
      this.total += n;
      return new SemaphoreSet(k, mode, t, n);
    });
  }

  /** `timeout` in nanoseconds; null: none. */
  semop(t: GuestThread, id: number, at: number, count: number, timeout: number | null): Result {
    const n = count >>> 0;
    if (n < 1 || id < 0) fail(E.INVAL);
    if (n > MOST_OPERATIONS) fail(E["2BIG"]);
    const words = new DataView(copyFrom(t.memory, at, n * 6).buffer);
    const list: Operation[] = [];
    for (let i = 0; i < n; i++) list.push({ number: words.getUint16(i * 6, true), change: words.getInt16(i * 6 + 2, true), flags: words.getInt16(i * 6 + 4, true) });
    const set = this.table.find(id);
    if (list.some((o) => o.number >= set.size)) fail(E.FBIG);
    set.check(t.cred, list.some((o) => o.change !== 0) ? MAY_CHANGE : MAY_READ);
    let held: Operation | null = null;
    const leave = (): void => {
      if (held) set.waiting.delete(held);
      held = null;
    };
    const attempt = (timedOut: boolean): Result => {
      leave();
      if (set.removed) return -E.IDRM;
      const obstacle = this.perform(t, set, list);
      if (obstacle === null) return 0;
      if (obstacle.flags & IPC_NOWAIT || timedOut) return -E.AGAIN;
      set.waiting.add((held = obstacle));
      return blocked;
    };
    const blocked: Blocked = {
      queues: [set.queue],
      retry: attempt,
      interrupted: () => {
        leave();
        return -E.INTR;
      },
      ...(timeout === null ? {} : { deadline: t.kernel.clock.monotonic() + timeout }),
    };
    return attempt(false);
  }

  /** Do all operations or none; returns the one that has to wait. */
  private perform(t: GuestThread, set: SemaphoreSet, list: readonly Operation[]): Operation | null {
    const next = new Map<number, number>();
    const adjust = list.some((o) => o.flags & UNDO) ? new Map(this.adjustments(t.process, set)) : null;
    for (const o of list) {
      const value = next.get(o.number) ?? set.values[o.number]!;
      if (o.change === 0 ? value !== 0 : value + o.change < 0) return o;
      if (value + o.change > HIGHEST) fail(E.RANGE);
      if (o.flags & UNDO) {
        const undo = (adjust!.get(o.number) ?? 0) - o.change;
        if (undo < -HIGHEST - 1 || undo > HIGHEST) fail(E.RANGE);
        adjust!.set(o.number, undo);
      }
      next.set(o.number, value + o.change);
    }
    for (const [number, value] of next) {
      set.values[number] = value;
      set.pids[number] = t.process.pid;
    }
    if (adjust) this.undo.get(t.process)!.set(set, adjust);
    set.used = t.kernel.realtime().sec;
    if (list.some((o) => o.change !== 0)) set.queue.wake();
    return null;
  }

  private adjustments(p: GuestProcess, set: SemaphoreSet): Map<number, number> {
    let sets = this.undo.get(p);
    if (!sets) this.undo.set(p, (sets = new Map()));
    let a = sets.get(set);
    if (!a) sets.set(set, (a = new Map()));
    return a;
  }

  /** Take back what a process did with SEM_UNDO. */
  ended(p: GuestProcess): void {
    const sets = this.undo.get(p);
    if (!sets) return;
    this.undo.delete(p);
    for (const [set, adjust] of sets) {
      if (set.removed) continue;
      adjust.forEach((a, i) => {
        set.values[i] = Math.min(Math.max(set.values[i]! + a, 0), HIGHEST);
        set.pids[i] = p.pid;
      });
      set.used = p.kernel.realtime().sec;
      set.queue.wake();
    }
  }

  /** A value was set: no process' past counts for it any more. */
  private forget(set: SemaphoreSet, number?: number): void {
    for (const sets of this.undo.values()) {
      const a = sets.get(set);
      if (number === undefined) a?.clear();
      else a?.delete(number);
    }
  }

  semctl(t: GuestThread, layout: IpcLayout<SemaphoreSet>, id: number, number: number, command: number, arg: number): number {
    const GETPID = 11, GETVAL = 12, GETALL = 13, GETNCNT = 14, GETZCNT = 15, SETVAL = 16, SETALL = 17, SEM_STAT = 18, SEM_INFO = 19, STAT_ANY = 20;
    if (id < 0) fail(E.INVAL);
    if (command === Ipc.INFO || command === SEM_INFO) return this.info(t, arg, command === SEM_INFO);
    if (command === SEM_STAT || command === STAT_ANY) return this.table.statAt(t, id, command === STAT_ANY, layout, arg);
    const set = this.table.find(id);
    const one = (): number => (number >= 0 && number < set.size ? number : fail(E.INVAL));
    switch (command) {
      case Ipc.STAT:
        return this.table.stat(t, set, layout, arg);
      case Ipc.SET:
        set.setOwner(t, layout.owner(t.memory, arg));
        return 0;
      case Ipc.RMID:
        set.checkOwner(t.cred);
        this.total -= set.size;
        for (const sets of this.undo.values()) sets.delete(set);
        this.table.remove(set);
        return 0;
      case SETVAL: {
        if (arg < 0 || arg > HIGHEST) fail(E.RANGE);
        set.check(t.cred, MAY_CHANGE);
        set.values[one()] = arg;
        set.pids[number] = t.process.pid;
        this.forget(set, number);
        set.changed = t.kernel.realtime().sec;
        set.queue.wake();
        return 0;
      }
      case SETALL: {
        set.check(t.cred, MAY_CHANGE);
        const values = new Uint16Array(copyFrom(t.memory, arg, set.size * 2).buffer);
        if (values.some((v) => v > HIGHEST)) fail(E.RANGE);
        set.values.set(values);
        set.pids.fill(t.process.pid);
        this.forget(set);
        set.changed = t.kernel.realtime().sec;
        set.queue.wake();
        return 0;
      }
    }
    if (command < GETPID || command > GETZCNT) fail(E.INVAL);
    set.check(t.cred, MAY_READ);
    switch (command) {
      case GETALL:
        copyTo(t.memory, arg, new Uint8Array(set.values.slice().buffer));
        return 0;
      case GETVAL:
        return set.values[one()]!;
      case GETPID:
        return set.pids[one()]!;
      default: {
        const asked = one(), forZero = command !== GETNCNT;
        return [...set.waiting].filter((o) => o.number === asked && (o.change === 0) === forZero).length;
      }
    }
  }

  /** struct seminfo. */
  private info(t: GuestThread, at: number, usage: boolean): number {
    const sets = [...this.table.all()];
    const words = [MOST_OBJECTS, MOST_OBJECTS, MOST_OBJECTS * MOST_IN_SET, MOST_OBJECTS * MOST_IN_SET, MOST_IN_SET, MOST_OPERATIONS, MOST_OPERATIONS,
      usage ? sets.length : 20, HIGHEST, usage ? this.total : HIGHEST];
    words.forEach((w, i) => put32(t.memory, at + i * 4, w));
    return this.table.highest;
  }
}
