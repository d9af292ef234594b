/** A small deterministic generator (sfc32), seeded by a string. */
export class Random {
  private a = 0x9e3779b9;
  private b = 0x243f6a88;
  private c = 0xb7e15162;
  private d = 1;

  constructor(seed: string) {
    let h = 0x811c9dc5;
    for (let i = 0; i < seed.length; i++) h = Math.imul(h ^ seed.charCodeAt(i), 0x01000193);
    this.a ^= h;
    this.b ^= Math.imul(h, 0x85ebca6b);
    for (let i = 0; i < 12; i++) this.next();
  }

  /** 32 bits, signed. */
  next(): number {
    const t = (((this.a + this.b) | 0) + this.d) | 0;
    this.d = (this.d + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + t) | 0;
    return t;
  }

  /** An integer of [0, n). */
  below(n: number): number {
    return Math.floor((this.next() >>> 0) * n / 2 ** 32);
  }

  /** An integer of [from, to]. */
  range(from: number, to: number): number {
    return from + this.below(to - from + 1);
  }

  /** True in `percent` of all calls. */
  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  pick<T>(list: ArrayLike<T>): T {
    return list[this.below(list.length)]!;
  }
}
