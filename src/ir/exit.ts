/** Why the run loop was left; stored in the state at EXIT. */
export const enum Exit {
  /** Nothing special: look up the next PC and go on. */
  none,
  /** The instruction budget is used up. */
  budget,
  /** A guest exception is pending in the environment's `fault`; PC is the faulting instruction. */
  fault,
  /** int n, int3, int1: EXIT_ARG is the vector, with NOT_REFUSED for the last two; PC is the next instruction, EXIT_PC the instruction itself. */
  interrupt,
  /** syscall/sysenter; PC is the next instruction. */
  syscall,
  /** The next instruction must run in tier 0 (a store hit a page that holds translations). */
  single,
  /** HLT; PC is the next instruction. */
  halt,
  /** Execution mode changed (segment, control register, MXCSR, …): look up again under the new mode. PC is the next instruction. */
  mode,
  /**
   * A far jump, call or return (lib/far.ts): EXIT_ARG says which, FAR_SEL, FAR_OFF and FAR_NEXT in the state hold its operands. PC is the
   * instruction itself, so a fault that the transfer raises is precise.
   */
  far,
  /** For a debugger: a breakpoint is at PC, or the instruction before it accessed something watched. */
  debug,
  /** PAUSE in a machine: it waits for another processor, perhaps. PC is the next instruction. */
  pause,
  /** 64-bit code came to an instruction that is not lifted there (docs/ir.md). PC is that instruction. */
  unsupported,
}

/** In EXIT_ARG of Exit.interrupt: INT3 or INT1, which in user mode no gate refuses. */
export const NOT_REFUSED = 0x100;
