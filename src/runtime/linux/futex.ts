import { WaitQueue } from "./wait.js";
import { E } from "./errno.js";

/** Wait queues on words of memory (futex(2)). A key names the word: an address space and address, or what is shared and the offset in it. */

export interface FutexKey {
  readonly space: object;
  readonly offset: number;
}

/** Someone who waits; each has a queue of its own so that a wake takes exactly one. */
export class FutexWaiter {
  readonly queue = new WaitQueue();
  woken = false;

  constructor(
    public key: FutexKey,
    readonly bitset: number,
  ) {}
}

export class Futexes {
  private readonly lists = new WeakMap<object, Map<number, FutexWaiter[]>>();

  private list(key: FutexKey): FutexWaiter[] | undefined {
    return this.lists.get(key.space)?.get(key.offset);
  }

  add(w: FutexWaiter): void {
    let byOffset = this.lists.get(w.key.space);
    if (!byOffset) this.lists.set(w.key.space, (byOffset = new Map()));
    const list = byOffset.get(w.key.offset);
    if (list) list.push(w);
    else byOffset.set(w.key.offset, [w]);
  }

  remove(w: FutexWaiter): void {
    const list = this.list(w.key);
    if (!list) return;
    const i = list.indexOf(w);
    if (i >= 0) list.splice(i, 1);
    if (list.length === 0) this.lists.get(w.key.space)!.delete(w.key.offset);
  }

  /** Wake up to `count` waiters that share a bit with `bitset`; returns how many. */
  wake(key: FutexKey, count: number, bitset = -1): number {
    let n = 0;
    for (const w of [...(this.list(key) ?? [])]) {
      if (n >= count) break;
      if (!(w.bitset & bitset)) continue;
      this.remove(w);
      w.woken = true;
      w.queue.wake();
      n++;
    }
    return n;
  }

  /** Move up to `count` waiters to another word. */
  requeue(from: FutexKey, to: FutexKey, count: number): number {
    let n = 0;
    for (const w of [...(this.list(from) ?? [])]) {
      if (n >= count) break;
      this.remove(w);
      w.key = to;
      this.add(w);
      n++;
    }
    return n;
  }

  /** Retry of a waiting call. */
  settle(w: FutexWaiter, timedOut: boolean): number | null {
    if (w.woken) return 0;
    if (!timedOut) return null;
    this.remove(w);
    return -E.TIMEDOUT;
  }
}
