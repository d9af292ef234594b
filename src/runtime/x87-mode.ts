import { Mode } from "../frontend/mode.js";
import { FCW, FPX_MISSES } from "../ir/state.js";

/**
 * How often regions may meet an x87 or numbers that they were not made for (lib/x87-fast.ts) before code runs without that; one is forgiven a slice.
 */
const PATIENCE = 1000;

/** What the x87's control word lets compiled code rely on, as bits of the mode. */
export function x87Mode(S: Int32Array, patience = PATIENCE): number {
  if (S[FPX_MISSES >> 2]! >= patience) return 0;
  switch (S[FCW >> 2]! & 0x33f) {
    case 0x23f: return Mode.X87_DOUBLE;
    case 0x33f: return Mode.X87_EXTENDED;
    default: return 0;
  }
}

/** At the begin of a slice. */
export function forgiveX87(S: Int32Array): void {
  if (S[FPX_MISSES >> 2]! > 0) S[FPX_MISSES >> 2]!--;
}
