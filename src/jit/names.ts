import { EFL, FLAG_A, FLAG_KIND, FLAG_R, GPR, GPR_NAMES } from "../ir/state.js";

/**
 * Names in generated code. Parameters of the factory (one letter or a helper's name); around a region they are NAME$, within it NAME (local-constants.ts):
 *   S F G   vCPU state as Int32Array, Float64Array, Float32Array
 *   D       DataView over guest memory
 *   E       the LibEnv
 *   R       RESULT lanes of library functions
 *   N       this region's links: N[0] is `stop`, N[k] the region that exit k leads to, or null
 *   W       this region's windows, where its strategy keeps them (USER_STRATEGY)
 *   RL WL   where the tables of limits of loads and stores begin in D (mmu/access-limits.ts), in user mode
 *   B       env.entered, in regions that tell of their blocks' entries
 *   P       env.where, in regions that say which piece of them runs (pieces.ts)
 *   rd wr   permission checks, which return 1 to leave; paged: the difference of a window's page
 *   go      look up the region of a PC; link: look up and remember in N
 * Locals: registers by name (in 64-bit code their high words as eax_h …), fk fa fr the lazy flags, n instructions left, pc the next PC, k the exit taken, s… the x87's registers and top its TOP on entry, t… values, r… w… with q… windows.
 */
export const PARAMETERS: readonly string[] = ["S", "F", "G", "D", "E", "R", "N", "W", "rd", "wr", "go", "link", "stop", "trap", "nanfix", "imul", "clz32", "fround", "sqrt", "abs"];

/** State offset of the stack pointer. */
export const STACK_POINTER = GPR + 4 * 8;

/** Name of the local that holds a state location inside a region, or null if it stays in the state. */
export function localName(offset: number): string | null {
  if (offset < 128) return offset & 7 ? `${GPR_NAMES[offset >> 3]}_h` : GPR_NAMES[offset >> 3]!;
  if (offset >= EFL) return null;
  switch (offset) {
    case FLAG_KIND: return "fk";
    case FLAG_A: return "fa";
    case FLAG_A + 4: return "fa_h";
    case FLAG_R: return "fr";
    case FLAG_R + 4: return "fr_h";
    default: return null;
  }
}
