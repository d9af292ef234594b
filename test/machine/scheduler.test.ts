import { describe, expect, it } from "vitest";
import { InstructionClock, TICKS_PER_INSTRUCTION } from "../../src/runtime/machine/clock.js";
import { SliceEnd, type VcpuControl } from "../../src/runtime/machine/contract.js";
import { Events } from "../../src/runtime/machine/events.js";
import { Scheduler, Step } from "../../src/runtime/machine/scheduler.js";

/** A vCPU that counts, and does what it is told at some of its instructions. */
class Counter implements VcpuControl {
  instructions = 0;
  readonly tscOffset = 0;
  /** Slices: [first instruction, how many]. */
  readonly slices: [number, number][] = [];
  readonly actions = new Map<number, () => void>();
  /** What it comes to now instead of running. */
  end: SliceEnd | null = null;
  private stopAsked = false;

  constructor(readonly id: number) {}

  run(budget: number): SliceEnd {
    const first = this.instructions;
    if (this.end !== null) return this.end;
    for (let n = 0; n < budget; n++) {
      this.actions.get(this.instructions++)?.();
      if (this.stopAsked || this.end !== null) {
        const stopped = this.stopAsked;
        this.stopAsked = false;
        this.slices.push([first, n + 1]);
        return stopped ? SliceEnd.stopped : this.end!;
      }
    }
    this.slices.push([first, budget]);
    return SliceEnd.budget;
  }

  attention(): void { /* looks each time */ }
  stop(): void { this.stopAsked = true; }
  nmi(): void { /* none here */ }
  reset(): void { /* none here */ }
  init(): void { /* none here */ }
  sipi(): void { this.end = null; }
  dump(): string { return ""; }
}

function rig(n: number, max = Infinity): { cpus: Counter[]; clock: InstructionClock; events: Events; s: Scheduler } {
  const cpus = Array.from({ length: n }, (_, id) => new Counter(id)), clock = new InstructionClock(), events = new Events();
  return { cpus, clock, events, s: new Scheduler(cpus, clock, events, true, max) };
}
const T = TICKS_PER_INSTRUCTION;

describe("scheduler", () => {
  it("gives each vCPU its turn; time is that of all together", () => {
    const { cpus, clock, s } = rig(3);
    const order = Array.from({ length: 6 }, () => (s.step(), s.current));
    expect(order).toEqual([1, 2, 0, 1, 2, 0]);
    expect(cpus.map((c) => c.instructions)).toEqual([40_000, 40_000, 40_000]);
    expect([s.instructions, clock.ticks()]).toEqual([120_000, 120_000 * T]);
  });

  it("events come at their instruction, in the middle of a turn", () => {
    const { cpus: [cpu], clock, events, s } = rig(1) as ReturnType<typeof rig> & { cpus: [Counter] };
    const seen: number[] = [];
    const timer = events.timer(() => {
      seen.push(cpu.instructions);
      if (seen.length < 3) timer.at = clock.ticks() + 1000 * T;
    });
    timer.at = 5000 * T;
    while (cpu.instructions < 20_000) s.step();
    expect(seen).toEqual([5000, 6000, 7000]);
  });

  it("a timer armed for earlier than the slice's end cuts it", () => {
    const { cpus: [cpu], clock, events, s } = rig(1) as ReturnType<typeof rig> & { cpus: [Counter] };
    const seen: number[] = [];
    const timer = events.timer(() => seen.push(cpu.instructions));
    cpu.actions.set(99, () => (timer.at = clock.ticks() + 50 * T));
    while (cpu.instructions < 1000) s.step();
    // Armed when 100 instructions were counted, due 50 later.
    expect(seen).toEqual([150]);
    expect(cpu.slices.slice(0, 2)).toEqual([[0, 100], [100, 50]]);
  });

  it("a halted vCPU gives its turn away; when all wait, it says so", () => {
    const { cpus, s } = rig(2);
    cpus[0]!.end = SliceEnd.halted;
    cpus[1]!.end = SliceEnd.waitForSipi;
    expect([s.step(), s.step()]).toEqual([Step.ran, Step.idle]);
    cpus[1]!.sipi();
    expect([s.step(), s.step()]).toEqual([Step.ran, Step.ran]);
    expect(cpus[1]!.instructions).toBe(20_000);
    cpus[0]!.end = SliceEnd.stuck;
    cpus[1]!.end = SliceEnd.waitForSipi;
    const steps: Step[] = [];
    while (steps.at(-1) !== Step.dead && steps.length < 5) steps.push(s.step());
    expect(steps.at(-1)).toBe(Step.dead);
  });

  it("an interrupt for another vCPU ends the sender's turn; alone it does not", () => {
    const { cpus, s } = rig(2);
    cpus[0]!.actions.set(10, () => s.yieldTurn());
    s.step();
    expect([cpus[0]!.instructions, s.current]).toEqual([11, 1]);
    const one = rig(1);
    one.cpus[0]!.actions.set(10, () => one.s.yieldTurn());
    one.s.step();
    expect(one.cpus[0]!.instructions).toBe(100_000);
  });

  it("PAUSE ends a turn", () => {
    const { cpus, s } = rig(2);
    cpus[0]!.end = SliceEnd.paused;
    s.step();
    expect(s.current).toBe(1);
    expect([s.step(), s.current]).toEqual([Step.ran, 0]);
  });

  it("stops exactly at the limit of instructions, and at a triple fault", () => {
    const { cpus, s } = rig(2, 30_000);
    const steps: Step[] = [];
    while (steps.at(-1) !== Step.limit && steps.length < 9) steps.push(s.step());
    expect([steps.at(-1), s.instructions, cpus[1]!.instructions]).toEqual([Step.limit, 30_000, 10_000]);
    const fault = rig(2);
    fault.cpus[0]!.end = SliceEnd.shutdown;
    expect([fault.s.step(), fault.s.faulted]).toEqual([Step.shutdown, fault.cpus[0]]);
  });
});
