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
  /** Executions of blocks, for regions that count them (jit/positions.ts, RegionView.hits). */
  readonly hits?: readonly Float64Array[] | undefined;
  /** Element 0 is which piece of code runs, where regions are compiled to say so (jit/pieces.ts). */
  readonly where?: Int32Array | undefined;
  /** Told of each entry into the blocks of regions that were compiled so (jit/region.ts, Region.entries). */
  readonly entered?: ((pc: number) => void) | undefined;
}

export interface HostServices {
  /** Time-stamp counter as (low, high) in RESULT[0..1]. */
  rdtsc(): void;
  /** CPUID leaf and subleaf; eax ebx ecx edx into RESULT[0..3]. */
  cpuid(leaf: number, subleaf: number): void;
  /**
   * Load a segment register (Seg; selector of 16 bits): checks, then selector, base, limit and attributes in the state. Throws GuestFault
   * and changes nothing where the processor would refuse it.
   */
  loadSegment(seg: number, selector: number): void;
  /** Throws the fault of an access to `size` bytes at an offset of a segment (Seg) that its limit or type does not allow. */
  checkSegment(seg: number, offset: number, size: number, write: boolean): void;
  /** A system instruction (lib/system.ts `System`) with up to three operands; results into RESULT[0..1]. Throws GuestFault where it is refused. */
  system(op: number, a: number, b: number, c: number): void;
  /** Throws GuestFault if the guest may not use these ports; so do the next two. */
  portCheck(port: number, size: number): void;
  /** Read 1, 2 or 4 bytes (zero-extended) from an I/O port. */
  portIn(port: number, size: number): number;
  portOut(port: number, size: number, value: number): void;
}

/** Pseudo-vector of `trapif`: the fault is the one stored in `env.fault`. */
export const PENDING = -1;
