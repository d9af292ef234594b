import type { TimeSplit } from "../inspect/time-split.js";
import { Doing, type Whereabouts } from "../inspect/whereabouts.js";
import { type Clock, TICKS_PER_INSTRUCTION } from "./clock.js";
import { type MachineTracer, SliceEnd, type VcpuControl } from "./contract.js";
import type { Trace } from "../trace.js";
import type { Events } from "./events.js";

/** What a step came to. */
export const enum Step {
  /** Something ran, or may run now. */
  ran,
  /** All vCPUs wait; time goes on to the next event, or input comes. */
  idle,
  /** All vCPUs have halted with interrupts off or were never started: nothing the machine does by itself changes that. */
  dead,
  /** A vCPU stopped with a triple fault: `faulted`. */
  shutdown,
  /** The limit of instructions is reached. */
  limit,
  /** A vCPU met what a debugger waits for, or has run the one instruction that it should. */
  debug,
  stepped,
}

/** Instructions that a vCPU runs before it is the next one's turn; and alone, before the host may have a look. */
const TURN = 20_000, ALONE = 100_000;

/** Runs the vCPUs in turn on one thread, and the events of devices between their slices, at their times. */
export class Scheduler {
  private turn = 0;
  private left: number;
  private readonly quantum: number;
  private active: VcpuControl | null = null;
  private sliceEnd = 0;
  private yieldAsked = false;
  /** Polls in a row in which nothing ran, and how many of those were of vCPUs that nothing can wake. */
  private idle = 0;
  private stuck = 0;
  private total = 0;
  faulted: VcpuControl | null = null;
  tracer: MachineTracer | null = null;
  trace: Trace | null = null;
  /** Where the time goes, if somebody asks. */
  times: TimeSplit | null = null;
  /** Told where the run is, at each change. */
  where: Whereabouts | null = null;

  constructor(
    private readonly vcpus: readonly VcpuControl[], private readonly clock: Clock, private readonly events: Events,
    private readonly exact: boolean, private readonly maxInstructions: number,
  ) {
    this.quantum = vcpus.length > 1 ? TURN : ALONE;
    this.left = this.quantum;
    events.onEarlier = (time) => {
      if (this.active && time < this.sliceEnd) this.active.stop();
    };
  }

  /** Instructions retired by all. */
  get instructions(): number {
    return this.total;
  }

  /** Number of the vCPU that runs now, or ran last: whose local APIC answers on the memory bus. */
  get current(): number {
    return this.vcpus[this.turn]!.id;
  }

  /** End the running slice: something has to be looked at. */
  interrupt(): void {
    this.active?.stop();
  }

  /** The running vCPU's turn ends: it asked something of another. */
  yieldTurn(): void {
    if (this.vcpus.length === 1) return;
    this.yieldAsked = true;
    this.active?.stop();
  }

  /** Something outside changed: vCPUs may have been woken. */
  wake(): void {
    this.idle = this.stuck = 0;
  }

  private next(): void {
    this.turn = (this.turn + 1) % this.vcpus.length;
    this.left = this.quantum;
    this.yieldAsked = false;
  }

  /** No vCPU runs: only what devices do. */
  sleep(): Step {
    return this.events.run(this.clock.ticks()) > 0 ? Step.ran : Step.idle;
  }

  /** One slice of the vCPU whose turn it is. */
  step(): Step {
    const { clock, events, tracer } = this;
    if (tracer) for (let i = 0; i < this.vcpus.length && tracer.holds(this.current); i++) this.next();
    const { times, where } = this;
    const began = times === null ? 0 : performance.now();
    if (where !== null) where.now[0] = Doing.devices;
    if (events.run(clock.ticks()) > 0) this.wake();
    if (times !== null) times.devices += performance.now() - began;
    if (where !== null) where.now[0] = Doing.rest;
    const now = clock.ticks(), vcpu = this.vcpus[this.turn]!;
    let budget = Math.min(this.left, this.maxInstructions - this.total);
    if (budget <= 0) return Step.limit;
    const stepping = tracer !== null && tracer.steps(vcpu.id);
    if (stepping) budget = 1;
    if (events.next < Infinity) budget = Math.min(budget, clock.instructionsUntil(events.next));
    const before = vcpu.instructions;
    clock.running(vcpu);
    this.active = vcpu;
    this.trace?.vcpu(vcpu.id);
    this.sliceEnd = now + budget * TICKS_PER_INSTRUCTION;
    const end = vcpu.run(budget, this.exact || stepping);
    if (times !== null) times.running += performance.now() - began;
    if (where !== null) where.now[0] = Doing.rest;
    this.active = null;
    clock.running(null);
    const retired = vcpu.instructions - before;
    this.total += retired;
    this.left -= retired;
    if (retired > 0) this.wake();
    if (end === SliceEnd.debug) return Step.debug;
    if (stepping && retired > 0) return Step.stepped;
    switch (end) {
      case SliceEnd.budget:
        if (this.left <= 0) this.next();
        return Step.ran;
      case SliceEnd.stopped:
        if (this.yieldAsked || this.left <= 0) this.next();
        // A stopped slice is no sign of idleness, even with nothing retired.
        this.wake();
        return Step.ran;
      case SliceEnd.paused:
        this.next();
        return Step.ran;
      case SliceEnd.shutdown:
        this.faulted = vcpu;
        return Step.shutdown;
      case SliceEnd.stuck: case SliceEnd.waitForSipi:
        this.stuck++;
        break;
      case SliceEnd.halted: break;
    }
    this.next();
    if (++this.idle < this.vcpus.length) return Step.ran;
    const dead = this.stuck >= this.vcpus.length;
    this.wake();
    return dead ? Step.dead : Step.idle;
  }
}
