/** Where a run's time goes, in milliseconds of wall time. */
export class TimeSplit {
  /** All of the processors' runs: tiers 0 and 1, lifting, compiling, and what devices do meanwhile. */
  running = 0;
  /** Tier 1. */
  compiled = 0;
  /** Decoding and lifting blocks. */
  lifting = 0;
  /** Growing, optimising, emitting and compiling regions. */
  compiling = 0;
  systemCalls = 0;
  /** Accesses to I/O ports, and events such as timers. */
  devices = 0;

  /** Tier 0, and finding what runs next: what is left of the running time. */
  get interpreting(): number {
    return Math.max(0, this.running - this.compiled - this.lifting - this.compiling - this.devices);
  }
}

/** Do something on an account, if there are any. */
export function timed<T>(times: TimeSplit | null | undefined, account: "running" | "lifting" | "systemCalls", work: () => T): T {
  if (!times) return work();
  const started = performance.now();
  try {
    return work();
  } finally {
    times[account] += performance.now() - started;
  }
}
