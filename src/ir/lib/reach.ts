import type { LibEnv } from "../env.js";
import { GuestFault, PfCode, Vector } from "../memory.js";
import { memorial } from "../op.js";

// Addresses of 64 bits in a guest that has 4 GiB: whatever lies beyond is not mapped, or not an address at all (Intel SDM vol. 1, 3.3.7.1).

/** Immediate of core op `reach`: what the address is for. */
export const enum Reach {
  read = 0,
  write = 1,
  /** Of an instruction, by a jump. */
  fetch = 2,
  /** Through SS. */
  stack = 4,
}

/**
 * The fault of an access beyond 4 GiB. An address that is not canonical is #GP(0), or #SS(0) through SS; others are not mapped: #PF. To a program the upper half
 * is the kernel's, which Linux reports as protected, mapped or not.
 */
export function beyondReach(low: number, high: number, access: number): GuestFault {
  const top = high >> 15;
  if (top !== 0 && top !== -1) return new GuestFault(access & Reach.stack ? Vector.SS : Vector.GP);
  const code = PfCode.U | (high < 0 ? PfCode.P : 0) | (access & Reach.write ? PfCode.W : 0) | (access & Reach.fetch ? PfCode.I : 0);
  return new GuestFault(Vector.PF, code, low, high);
}

/** `reach` in compiled code, where the high word is not 0: env.fault is what there is to raise. */
export const BEYOND_REACH = memorial("mem.beyond", ["i64"], "void", (env: LibEnv, low: number, high: number, access: number) => {
  env.fault = beyondReach(low, high, access);
}, true);
