/**
 * Collections for what comes and goes for as long as the system runs: threads, processes, processors. V8's Set and Map take a new table each time theirs
 * is full of what was deleted, and the old one leads to the new one (for iterators that may stand in it). Once a table has become an old object, all that
 * follow it are taken for alive until the next full collection, with whatever each held at its end: every process that ever was. Arrays changed in place
 * lead nowhere.
 */

/** A set, in the order of arrival. It may change while it is iterated: that goes over what was there at the beginning. */
export class Roster<T> implements Iterable<T> {
  private readonly list: T[] = [];

  get size(): number {
    return this.list.length;
  }

  get first(): T | undefined {
    return this.list[0];
  }

  has(member: T): boolean {
    return this.list.includes(member);
  }

  add(member: T): void {
    if (!this.list.includes(member)) this.list.push(member);
  }

  delete(member: T): void {
    removeAt(this.list, this.list.indexOf(member));
  }

  [Symbol.iterator](): Iterator<T> {
    return this.list.slice().values();
  }
}

/** A map from numbers such as pids, in their order, which is that of iteration, too; like a Roster otherwise. */
export class NumberedRoster<T> {
  private readonly numbers: number[] = [];
  private readonly list: T[] = [];

  get size(): number {
    return this.list.length;
  }

  get(n: number): T | undefined {
    const i = this.place(n);
    return this.numbers[i] === n ? this.list[i] : undefined;
  }

  has(n: number): boolean {
    return this.numbers[this.place(n)] === n;
  }

  set(n: number, member: T): void {
    const i = this.place(n);
    if (this.numbers[i] === n) {
      this.list[i] = member;
      return;
    }
    this.numbers.push(n);
    this.list.push(member);
    this.numbers.copyWithin(i + 1, i);
    this.list.copyWithin(i + 1, i);
    this.numbers[i] = n;
    this.list[i] = member;
  }

  delete(n: number): void {
    const i = this.place(n);
    if (this.numbers[i] !== n) return;
    removeAt(this.numbers, i);
    removeAt(this.list, i);
  }

  clear(): void {
    this.numbers.length = this.list.length = 0;
  }

  values(): Iterable<T> {
    return this.list.slice();
  }

  /** Whether a member is like that; `like` changes nothing here. */
  some(like: (member: T) => boolean): boolean {
    return this.list.some(like);
  }

  /** Where a number is, or belongs. */
  private place(n: number): number {
    const { numbers } = this;
    let low = 0, high = numbers.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (numbers[middle]! < n) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** In place; `splice` would make an array of what it takes out. */
function removeAt(list: unknown[], i: number): void {
  if (i < 0) return;
  list.copyWithin(i, i + 1);
  list.pop();
}
