/**
 * Lists by key that weigh no more than so much together, and of which those go first that nobody has asked for in a while: there are two generations, a list that is asked for comes into the
 * young one, and when that weighs half of what it may, it becomes the old one, whose lists are no more.
 */
export class Generations<T> {
  private young = new Map<number, readonly T[]>();
  private old = new Map<number, readonly T[]>();
  /** Of the young ones. */
  private weight = 0;

  constructor(
    private readonly most: number,
    private readonly weigh: (entry: T) => number,
  ) {}

  get(key: number): readonly T[] | undefined {
    const list = this.young.get(key);
    if (list) return list;
    const again = this.old.get(key);
    if (again) this.set(key, again);
    return again;
  }

  set(key: number, list: readonly T[]): void {
    this.old.delete(key);
    const before = this.young.get(key);
    if (before) this.weight -= this.sum(before);
    const weight = this.sum(list);
    if (this.weight + weight > this.most / 2) {
      this.young.delete(key);
      this.old = this.young;
      this.young = new Map();
      this.weight = 0;
    }
    this.young.set(key, list);
    this.weight += weight;
  }

  /** Of keys. */
  get size(): number {
    return this.young.size + this.old.size;
  }

  *[Symbol.iterator](): Generator<[number, readonly T[]]> {
    yield* this.young;
    yield* this.old;
  }

  private sum(list: readonly T[]): number {
    let n = 0;
    for (const entry of list) n += this.weigh(entry);
    return n;
  }
}
