import type { Timer } from "./contract.js";

interface Entry extends Timer {
  readonly fire: () => void;
  /** Order of creation decides between equal deadlines. */
  readonly order: number;
  index: number;
}

/** Timers by deadline: a binary heap. */
export class TimerHeap {
  private readonly heap: Entry[] = [];
  private order = 0;

  get next(): number {
    return this.heap[0]?.deadline ?? Infinity;
  }

  add(deadline: number, fire: () => void): Timer {
    const e: Entry = { deadline, fire, order: this.order++, index: this.heap.length };
    this.heap.push(e);
    this.up(e.index);
    return e;
  }

  remove(t: Timer): void {
    const e = t as Entry;
    if (e.index < 0) return;
    const last = this.heap.pop()!;
    if (last !== e) {
      this.put(last, e.index);
      this.up(last.index);
      this.down(last.index);
    }
    e.index = -1;
  }

  /** Fire all that are due. */
  run(now: number): void {
    while (this.next <= now) {
      const e = this.heap[0]!;
      this.remove(e);
      e.fire();
    }
  }

  private put(e: Entry, i: number): void {
    this.heap[i] = e;
    e.index = i;
  }

  private static before(a: Entry, b: Entry): boolean {
    return a.deadline < b.deadline || (a.deadline === b.deadline && a.order < b.order);
  }

  private up(i: number): void {
    const e = this.heap[i]!;
    for (; i > 0; ) {
      const parent = (i - 1) >> 1;
      if (!TimerHeap.before(e, this.heap[parent]!)) break;
      this.put(this.heap[parent]!, i);
      i = parent;
    }
    this.put(e, i);
  }

  private down(i: number): void {
    const e = this.heap[i]!;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= this.heap.length) break;
      if (child + 1 < this.heap.length && TimerHeap.before(this.heap[child + 1]!, this.heap[child]!)) child++;
      if (!TimerHeap.before(this.heap[child]!, e)) break;
      this.put(this.heap[child]!, i);
      i = child;
    }
    this.put(e, i);
  }
}
