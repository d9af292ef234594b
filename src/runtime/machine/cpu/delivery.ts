import { EFL, EXIT_PC, LEFT, PC, SHADOW } from "../../../ir/state.js";
import { GuestFault, Vector } from "../../../ir/memory.js";
import type { VcpuEnvironment } from "../contract.js";
import { CR0_NE, CR4_OSXMMEXCPT, DR7_GD, FL_IF } from "./bits.js";
import { checkV86Interrupt, codeOf, combine, interrupt, NO_CODE, Origin } from "./interrupt.js";
import type { Processor } from "./processor.js";

/** An exception or interrupt that is about to be delivered, for traces. */
export interface DeliveredEvent {
  readonly vector: number;
  readonly origin: Origin;
  /** Error code, or -1. */
  readonly code: number;
  readonly pc: number;
}

/** Delivers exceptions and interrupts: what goes wrong with that is a double fault, or the processor's shutdown (SDM vol. 3, 6.15). */
export class Delivery {
  /** Events since the last instruction that completed; the run loop sets it back. */
  events = 0;
  /** Shut down, by a triple fault. */
  dead = false;
  /** Told of every event before it is delivered. */
  onEvent: ((e: DeliveredEvent) => void) | null = null;

  constructor(
    private readonly p: Processor,
    private readonly environment: Pick<VcpuEnvironment, "ferr">,
  ) {}

  /** Something that either moves PC or faults at it. */
  attempt(fn: () => void): void {
    try {
      fn();
    } catch (e) {
      this.refused(e);
    }
  }

  /** An instruction faults that was counted as retired. */
  private refused(e: unknown): void {
    if (!(e instanceof GuestFault)) throw e;
    const { S } = this.p;
    S[LEFT >> 2]!++;
    this.raise(e, Origin.fault, S[PC >> 2]!, true);
  }

  /** INT n, INT3, INT1: PC is behind it. */
  software(vector: number, counted: boolean): void {
    const { p } = this;
    const { S } = p;
    const next = S[PC >> 2]!;
    S[PC >> 2] = S[EXIT_PC >> 2]!;
    if (counted) {
      try {
        checkV86Interrupt(p);
      } catch (e) {
        return this.refused(e);
      }
    }
    // INT1 is no subject of its gate's privilege level.
    this.raise(new GuestFault(vector), vector === Vector.DB && !counted ? Origin.external : Origin.software, next, false);
  }

  /** The fault of the instruction at PC. */
  fault(f: GuestFault): void {
    const { p } = this;
    const { S } = p;
    const pc = S[PC >> 2]!;
    switch (f.vector) {
      case Vector.OF: // INTO: its length is in the error code
        S[LEFT >> 2]!--;
        return this.raise(new GuestFault(Vector.OF), Origin.software, pc + f.errorCode, false);
      case Vector.XM:
        if (!(p.mmu.cr4 & CR4_OSXMMEXCPT)) return this.raise(new GuestFault(Vector.UD), Origin.fault, pc, true);
        break;
      case Vector.MF:
        if (!(p.mmu.cr0 & CR0_NE)) return this.tellBoard();
    }
    this.raise(f, Origin.fault, pc, true);
  }

  /** CR0.NE = 0: the board is told by FERR#, which brings IRQ 13; the instruction waits for that. */
  private tellBoard(): void {
    const { S } = this.p;
    this.events++;
    this.environment.ferr?.();
    // Without interrupts nothing would ever end the wait.
    if (!(S[EFL >> 2]! & FL_IF)) S[LEFT >> 2]!--;
  }

  /** Deliver an event; `next`: PC to return to, `resume`: RF is set in the flags that are pushed. */
  raise(f: GuestFault, origin: Origin, next: number, resume: boolean): void {
    const { p } = this;
    const { S } = p;
    this.events++;
    let first = origin === Origin.fault ? f.vector : -1;
    let code = origin === Origin.fault ? codeOf(p, f) : NO_CODE;
    let { vector } = f;
    if (vector === Vector.PF && origin === Origin.fault) p.cr2 = f.address;
    for (;;) {
      if (vector === Vector.DB) p.debug.dr7 &= ~DR7_GD;
      this.onEvent?.({ vector, origin, code, pc: S[PC >> 2]! });
      try {
        interrupt(p, vector, origin, code, next, resume);
        S[SHADOW >> 2] = 0;
        return;
      } catch (e) {
        if (!(e instanceof GuestFault)) throw e;
        if (e.vector === Vector.PF) p.cr2 = e.address;
        const second = combine(first, e);
        if (!second) {
          this.dead = true;
          return;
        }
        first = vector = second.vector;
        code = codeOf(p, second);
        origin = Origin.fault;
        next = S[PC >> 2]!;
        resume = true;
      }
    }
  }
}
