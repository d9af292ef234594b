import type { WatchedMemory, WatchHit } from "./breakpoints.js";

/** What a processor stops at for a debugger, as its run loop asks for it between steps. Addresses are linear. */
export class DebugStops {
  /** Breakpoints; null: nothing is asked for. */
  code: ReadonlySet<number> | null = null;
  /** Memory with watched data; null: none is watched. */
  memory: WatchedMemory | null = null;
  /** The access that ended the last run. */
  hit: WatchHit | null = null;
  /** Address whose breakpoint does not count at the next step; -1 (no instruction begins there that fits): none. */
  private passing = -1;

  set(code: ReadonlySet<number> | null, memory: WatchedMemory | null): void {
    this.code = code;
    this.memory = memory;
    this.passing = -1;
  }

  /** Go past a breakpoint at this address if the next run begins there. */
  pass(address: number): void {
    this.passing = address | 0;
  }

  /** Whether to stop before the instruction at an address. Only while there are breakpoints. */
  isStop(address: number): boolean {
    const pass = this.passing === address;
    this.passing = -1;
    this.hit = null;
    return !pass && this.code!.has(address);
  }

  /** Whether the last step accessed something watched. Only while something is. */
  takeHit(): boolean {
    const { hit } = this.memory!;
    this.memory!.hit = null;
    this.hit = hit;
    return hit !== null;
  }
}
