/** One block in so many is timed in tier 0, whose blocks take less than reading the clock does. A prime, so that loops do not fall in step with it. */
const STRIDE = 61;

/** Where a run's time goes, in milliseconds of wall time. */
export class TimeSplit {
  /** All of the processors' runs: tiers 0 and 1, lifting, compiling. */
  running = 0;
  /** Tier 0; an estimate from a sample of blocks. */
  interpreting = 0;
  /** Decoding and lifting blocks. */
  lifting = 0;
  /** Growing, optimising, emitting and compiling regions. */
  compiling = 0;
  systemCalls = 0;
  devices = 0;
  private countdown = 1;

  /** Tier 1: what is left of the running time. */
  get compiled(): number {
    return Math.max(0, this.running - this.interpreting - this.lifting - this.compiling);
  }

  /** Whether to time the next block of tier 0. */
  due(): boolean {
    if (--this.countdown > 0) return false;
    this.countdown = STRIDE;
    return true;
  }

  /** A block that was due took so long. */
  interpreted(ms: number): void {
    this.interpreting += ms * STRIDE;
  }
}
