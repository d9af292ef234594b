import type { SingleBar } from "cli-progress";

/** A bar on stderr for long work, if that is a terminal; otherwise nothing at all. It appears when the work turns out to be long. */
export class Progress {
  private bar: SingleBar | null = null;
  private readonly started = performance.now();
  private last = 0;

  private constructor(private readonly make: (() => SingleBar) | null) {}

  static async start(what: string): Promise<Progress> {
    if (!process.stderr.isTTY) return new Progress(null);
    const { default: progress } = await import("cli-progress");
    return new Progress(() => new progress.SingleBar({
      format: `${what} {bar} {percentage}% {value}/{total}`, stream: process.stderr, hideCursor: true, clearOnComplete: true, barsize: 30,
    }, progress.Presets.shades_classic));
  }

  /** `total` may grow. */
  update(done: number, total: number): void {
    if (!this.make) return;
    const now = performance.now();
    if (now - this.started < 300 || now - this.last < 100) return;
    this.last = now;
    if (!this.bar) {
      this.bar = this.make();
      this.bar.start(total, done);
    }
    this.bar.setTotal(total);
    this.bar.update(done);
  }

  end(): void {
    this.bar?.stop();
  }
}
