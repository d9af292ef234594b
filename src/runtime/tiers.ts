import { HOT } from "./region-builder.js";

/** Which tiers may run code. */
export type Tier = "auto" | "interp" | "jit";

/** What hot code of programs becomes: WebAssembly, or functions of JavaScript. The former is made from the latter's statements (jit/wasm). */
export type Backend = "wasm" | "js";

export interface TierOptions {
  /** Both by default. */
  readonly tier?: Tier;
  /** Executions in tier 0 before a block's region is compiled (300 unless told). */
  readonly threshold?: number;
}

/** Executions in tier 0 before a block's region is compiled; Infinity: it never is. */
export function thresholdOf({ tier = "auto", threshold = HOT }: TierOptions): number {
  return tier === "interp" ? Infinity : tier === "jit" ? 0 : threshold;
}

/** What runs add up. */
export interface RunCounters {
  /** Instructions retired by each tier. */
  interp: number;
  jit: number;
  compileMs: number;
  /** Bytes of WebAssembly and JavaScript compiled, and of the guest's code they came from. */
  bytes: number;
  guestBytes: number;
}
