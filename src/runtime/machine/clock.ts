import type { MachineClock } from "./contract.js";

/**
 * The machine's time. A tick is a nanosecond: the time-stamp counter, the local APICs' bus clock and all device timers count the same ticks.
 */
export const TICKS_PER_SECOND = 1e9;
export const TICKS_PER_MS = 1e6;

/** Ticks that an instruction takes with --icount: 250 million a second, near what translated code does in real time. */
export const TICKS_PER_INSTRUCTION = 4;

/**
 * Input clocks of a device at this many hertz (below 2^22) in a number of ticks. Exact: whole seconds are taken apart first, as the product of ticks and
 * hertz is beyond 2^53 within seconds. A timer that was set for `ticksOf` its count then surely finds the count done.
 */
export function countsIn(ticks: number, hertz: number): number {
  const rest = ticks % TICKS_PER_SECOND;
  return ((ticks - rest) / TICKS_PER_SECOND) * hertz + Math.floor((rest * hertz) / TICKS_PER_SECOND);
}

/** The least number of ticks in which so many input clocks have passed: countsIn(ticksOf(n)) is n, and one tick earlier it is less. */
export function ticksOf(counts: number, hertz: number): number {
  const rest = counts % hertz;
  return ((counts - rest) / hertz) * TICKS_PER_SECOND + Math.ceil((rest * TICKS_PER_SECOND) / hertz);
}

/** How a clock learns of the running slice. */
export interface Clock extends MachineClock {
  /** The vCPU whose instructions count from now on; null between slices. */
  running(vcpu: { readonly instructions: number } | null): void;
  /** Nothing runs until `time`: go there if time does not pass by itself. */
  skipTo(time: number): void;
  /** Instructions until `time` comes, about: the budget of a slice. At least 1. */
  instructionsUntil(time: number): number;
}

/** Time follows retired instructions, of all vCPUs together: every run is alike. */
export class InstructionClock implements Clock {
  private elapsed = 0;
  private vcpu: { readonly instructions: number } | null = null;
  private start = 0;

  ticks(): number {
    return this.vcpu ? this.elapsed + (this.vcpu.instructions - this.start) * TICKS_PER_INSTRUCTION : this.elapsed;
  }

  running(vcpu: { readonly instructions: number } | null): void {
    this.elapsed = this.ticks();
    this.vcpu = vcpu;
    this.start = vcpu ? vcpu.instructions : 0;
  }

  skipTo(time: number): void {
    if (time > this.elapsed) this.elapsed = time;
  }

  instructionsUntil(time: number): number {
    return Math.max(1, Math.ceil((time - this.ticks()) / TICKS_PER_INSTRUCTION));
  }
}

/** Instructions a tick, at most, that real time is reckoned with. */
const REAL_RATE = 0.1;
const SHORTEST = 1000;

/** Real time since the machine was switched on. */
export class RealClock implements Clock {
  private readonly origin = performance.now();

  ticks(): number {
    return Math.floor((performance.now() - this.origin) * TICKS_PER_MS);
  }

  running(): void {
    // Real time passes by itself.
  }

  skipTo(): void {
    // The same.
  }

  instructionsUntil(time: number): number {
    return Math.max(SHORTEST, Math.ceil((time - this.ticks()) * REAL_RATE));
  }
}
