import type { RateSample } from "./report.js";

/** Most samples kept: enough for a chart. */
const MOST = 400;

/** Samples of a run of unknown length, evenly spread: when there are too many, every other one goes and they are taken half as often. */
export class Sampler {
  private kept: RateSample[] = [];
  private interval = 1000;
  private next = 0;

  /** Whether one is due. */
  due(instructions: number): boolean {
    return instructions >= this.next;
  }

  add(sample: RateSample): void {
    this.next = sample.instructions + this.interval;
    this.kept.push(sample);
    if (this.kept.length < MOST) return;
    this.kept = this.kept.filter((_, i) => i % 2 === 1);
    this.interval *= 2;
  }

  /** With the run's last one. */
  finish(last: RateSample): readonly RateSample[] {
    if (this.kept.at(-1)?.instructions === last.instructions) this.kept.pop();
    return [...this.kept, last];
  }
}
