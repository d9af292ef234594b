/** A limit of wall time for a run; the time that a debugger holds the guest does not count. Milliseconds. */
export class TimeLimit {
  private end = Infinity;
  private heldSince: number | null = null;

  constructor(private readonly length: number) {}

  /** The run begins. */
  start(): void {
    const now = performance.now();
    this.end = now + this.length;
    if (this.heldSince !== null) this.heldSince = now;
  }

  /** A debugger that is there stops the guest, or lets it go. */
  hold(on: boolean): void {
    if (on === (this.heldSince !== null)) return;
    const now = performance.now();
    if (!on) this.end += now - this.heldSince!;
    this.heldSince = on ? now : null;
  }

  /** What is left of it; Infinity while it does not count. */
  get left(): number {
    return this.heldSince !== null ? Infinity : this.end - performance.now();
  }
}
