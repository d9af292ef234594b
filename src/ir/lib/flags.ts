import { condOf, flagsOf, flagsOfWide, parity } from "../flags.js";
import { pure } from "../op.js";

// Flags computed from a lazy triple (flags.ts) where no cheaper form is known.

/** All six flags of (kind, a, r), masked by the immediate. */
export const FLAGS_GET = pure("flags.get", ["i32", "i32", "i32"], "i32", (kind: number, a: number, r: number, mask: number) => flagsOf(kind, a, r) & mask, true);
/** Whether the condition code (immediate) holds for (kind, a, r). */
export const FLAGS_COND = pure("flags.cond", ["i32", "i32", "i32"], "i1", (kind: number, a: number, r: number, cc: number) => condOf(cc, flagsOf(kind, a, r)), true);
/** The same in 64-bit code, where the kind may be that of an operation on 64 bits. */
export const FLAGS_GET_WIDE = pure("flags.get64", ["i32", "i64", "i64"], "i32",
  (kind: number, a: number, aHigh: number, r: number, rHigh: number, mask: number) => flagsOfWide(kind, a, aHigh, r, rHigh) & mask, true);
export const FLAGS_COND_WIDE = pure("flags.cond64", ["i32", "i64", "i64"], "i1",
  (kind: number, a: number, aHigh: number, r: number, rHigh: number, cc: number) => condOf(cc, flagsOfWide(kind, a, aHigh, r, rHigh)), true);
/** PF of a result: 0 or 1. */
export const FLAGS_PARITY = pure("flags.parity", ["i32"], "i32", (r: number) => parity(r & 0xff));
