/**
 * What a vCPU and the rest of the machine know of each other. The vCPU knows nothing of devices; devices know nothing of translation.
 */

/** Why a vCPU's slice ended. */
export const enum SliceEnd {
  /** The budget is used up. */
  budget,
  /** HLT, waiting for an interrupt; */
  halted,
  /** or an AP waiting for SIPI. */
  waitForSipi,
  /** Triple fault: the processor stopped, a PC's board would reset. */
  shutdown,
  /** A device asked for the slice to end (machine reset, debug exit, a timer armed for earlier than the slice's end). */
  stopped,
  /** HLT with IF = 0: only NMI, INIT or RESET go on from here. */
  stuck,
  /** PAUSE in a machine of several processors: it may wait for another. */
  paused,
  /** For a debugger: a breakpoint is at PC, or something watched was accessed. */
  debug,
}

/** What a debugger has of the machine's scheduler; vCPUs by number. */
export interface MachineTracer {
  /** Nothing runs. */
  readonly halted: boolean;
  /** This vCPU is not to run. */
  holds(id: number): boolean;
  /** It is to stop after an instruction; `stepped` says that it has run it. */
  steps(id: number): boolean;
  stepped(id: number): void;
  /** Its slice ended with SliceEnd.debug. */
  trapped(id: number): void;
  /** Triple fault. True: the debugger looks at it first. */
  shutdown(id: number): boolean;
  /** The machine is at its end. */
  ended(status: number): void;
}

/** The interrupt controller as its processor sees it (the local APIC, which passes on the 8259's INTR as ExtINT). */
export interface InterruptController {
  /** Whether a maskable interrupt waits that the processor would take now with IF = 1. Asked between blocks, so cheap. */
  pending(): boolean;
  /** The interrupt acknowledge cycle: the vector, which is now in service. Only while `pending()`. */
  acknowledge(): number;
}

/** Port I/O of the machine. Values are unsigned; sizes 1, 2 or 4. Unclaimed ports read all ones. */
export interface PortBus {
  portIn(port: number, size: number): number;
  portOut(port: number, size: number, value: number): void;
}

/** Model-specific registers that belong to a device of this processor (the APIC base and x2APIC range). Values are (low, high) int32. */
export interface DeviceMsrs {
  /** Value into RESULT[0..1]; false: not one of its own (or refused: #GP). */
  readMsr(index: number): boolean;
  writeMsr(index: number, low: number, high: number): boolean;
  /** The guest set this processor's TSC (or IA32_TSC_ADJUST): a TSC deadline is another moment now. */
  tscChanged(): void;
}

/** Time as this machine's processors see it. */
export interface MachineClock {
  /** Time-stamp counter ticks since power-on at this moment of the running slice, before a processor's own offset (a double, exact to 2^53). */
  ticks(): number;
}

/** What a vCPU gets of its machine. */
export interface VcpuEnvironment {
  readonly ports: PortBus;
  readonly interrupts: InterruptController;
  readonly msrs: DeviceMsrs;
  readonly clock: MachineClock;
  /** FERR#: an x87 exception with CR0.NE = 0, which on a PC brings IRQ 13. */
  ferr?(): void;
}

/** A vCPU as machine, scheduler and local APICs see it. */
export interface VcpuControl {
  /** Number of the vCPU, its initial APIC ID. */
  readonly id: number;
  /** Instructions retired so far, also within a slice (a double, exact to 2^53). */
  readonly instructions: number;
  /** This processor's TSC less the clock's ticks. */
  readonly tscOffset: number;
  /**
   * Run at most about `budget` instructions (exactly so with `exact`); a pending interrupt that may be taken is taken first. A halted vCPU returns at
   * once unless an interrupt wakes it.
   */
  run(budget: number, exact: boolean): SliceEnd;
  /** The state of the interrupt controller changed: look at it before the next instruction (also in the middle of a slice). */
  attention(): void;
  /** End the running slice before the next instruction with SliceEnd.stopped. */
  stop(): void;
  nmi(): void;
  /** Power-on or the board's RESET line. */
  reset(): void;
  /** INIT: latched, taken at the next instruction boundary. */
  init(): void;
  /** Start-up IPI; ignored unless the vCPU waits for one. */
  sipi(vector: number): void;
  /** Registers for people, a few lines: what a triple fault leaves. */
  dump(): string;
}
