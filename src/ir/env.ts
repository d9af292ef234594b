import type { CpuState } from "./state.js";
import { GuestFault, type GuestMemory } from "./memory.js";

/** What the library ops and both tiers run on: one vCPU's state and the memory it sees. */
export interface LibEnv {
  readonly state: CpuState;
  readonly S: Int32Array;
  readonly memory: GuestMemory;
  /**
   * The fault that made a library op or a memory access stop. Library functions of context "memory" never throw: they store the
   * GuestFault here and say so in their result (a status that the lifter tests with `trapif` on vector PENDING).
   */
  fault: GuestFault | null;
  /** Host services that instructions need. */
  readonly host: HostServices;
}

export interface HostServices {
  /** Time-stamp counter as (low, high) in RESULT[0..1]. */
  rdtsc(): void;
  /** CPUID leaf and subleaf; eax ebx ecx edx into RESULT[0..3]. */
  cpuid(leaf: number, subleaf: number): void;
}

/** Pseudo-vector of `trapif`: the fault is the one stored in `env.fault`. */
export const PENDING = -1;
