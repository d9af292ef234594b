import type { Clock, TimeSpec } from "./contract.js";

/** Wall-clock time of a clock's monotonic() = 0, in nanoseconds (a double). */
export function wallAtBoot({ boot }: Clock): number {
  return boot.sec * 1e9 + boot.nsec;
}

/** Guest time that follows instructions (--icount): one a nanosecond, plus what was skipped while everything slept. */
export class VirtualClock implements Clock {
  /** 2020-01-01 00:00:00 UTC, so that runs are the same on any day. */
  readonly boot: TimeSpec = { sec: 1577836800, nsec: 0 };
  instructions = 0;
  private skipped = 0;

  monotonic(): number {
    return this.instructions + this.skipped;
  }

  /** Go forward to a time. */
  skipTo(time: number): void {
    this.skipped += Math.max(0, time - this.monotonic());
  }
}

/** Random bytes that are the same in each run (--icount): xorshift128. */
export function deterministicEntropy(seed = 0x6c696674): (into: Uint8Array) => void {
  let a = seed | 0, b = 0x38360001, c = 0x1234567, d = 0x5bd1e995;
  return (into) => {
    for (let i = 0; i < into.length; i++) {
      let t = a ^ (a << 11);
      t ^= t >>> 8;
      [a, b, c] = [b, c, d];
      d = d ^ (d >>> 19) ^ t;
      into[i] = d >>> 7;
    }
  };
}
