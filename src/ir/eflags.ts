import { ARITH, FlagFamily, FlagSize, flagKind, flagsOf, flagsOfWide, isWideKind } from "./flags.js";
import { EFL, FLAG_A, FLAG_KIND, FLAG_R } from "./state.js";

/** The six arithmetic flags, from the lazy triple. */
export function arithmeticFlags(S: Int32Array): number {
  const kind = S[FLAG_KIND >> 2]!;
  if (isWideKind(kind)) return flagsOfWide(kind, S[FLAG_A >> 2]!, S[(FLAG_A >> 2) + 1]!, S[FLAG_R >> 2]!, S[(FLAG_R >> 2) + 1]!);
  return flagsOf(kind, S[FLAG_A >> 2]!, S[FLAG_R >> 2]!);
}

/** The whole EFLAGS register: the lazy triple's six flags and the stored rest. */
export function readEflags(S: Int32Array): number {
  return (S[EFL >> 2]! & ~ARITH) | arithmeticFlags(S) | 2;
}

/** Set the whole EFLAGS register. */
export function writeEflags(S: Int32Array, value: number): void {
  S[EFL >> 2] = (value & ~ARITH) | 2;
  S[FLAG_KIND >> 2] = flagKind(FlagFamily.RAW, FlagSize.B8);
  S[FLAG_A >> 2] = value & ARITH;
  S[FLAG_R >> 2] = 0;
}
