import { type Exit } from "../ir/exit.js";
import type { HostServices } from "../ir/env.js";
import type { GuestFault } from "../ir/memory.js";
import type { CpuState } from "../ir/state.js";
import type { UserMemory } from "../mmu/user-memory.js";

/** Which tiers may run code. */
export type Tier = "auto" | "interp" | "jit";

/** What the personality needs of a processor: one per process; threads swap their state in and out of `state`. */
export interface UserProcessor {
  readonly state: CpuState;
  readonly memory: UserMemory;
  /** The fault that ended the last run with Exit.fault. */
  readonly fault: GuestFault | null;
  /** Instructions retired in all runs (a double, exact to 2^53). */
  readonly instructions: number;
  /**
   * Run at most about `budget` instructions (exactly so with `exact`). Returns Exit.budget, Exit.fault (PC at the faulting instruction, `fault` says what),
   * Exit.interrupt (software interrupt, vector in state EXIT_ARG, PC after it), Exit.syscall or Exit.halt.
   */
  run(budget: number, exact?: boolean): Exit;
  /** A processor for a copy of this one's memory (fork), sharing translations where it can. State is copied too. */
  fork(memory: UserMemory, host: HostServices): UserProcessor;
  /** Forget everything about the current program (execve). */
  reset(): void;
}
