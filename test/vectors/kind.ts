import type { CodeSpec, Family } from "./codes.js";
import type { Patch, Run } from "./layout.js";

/**
 * What recording, storing and replaying 32-bit vectors (here) and 64-bit ones (../vectors64) know of either. What there is in both kinds of code has the same names in
 * both; the rest is in the kind's own types.
 */

/** One Code in one family. */
export interface Entry<F extends Family = Family> {
  readonly spec: CodeSpec;
  readonly family: F;
}

/** A machine instruction, or several. */
export interface AnyEncoding {
  readonly bytes: Uint8Array;
  readonly pc: number;
  readonly count: number;
}

/** Processor state before or after a case (struct image in recorder.c). ST is in stack order (ST(0) first), as FXSAVE has it; FSW includes TOP; FTW is abridged, by physical register. */
export interface AnyImage {
  readonly bytes: Uint8Array;
  mxcsr: number;
  fcw: number;
  fsw: number;
  ftw: number;
  gpr(i: number): number | bigint;
  /** The 10 bytes of ST(i). */
  st(i: number): Uint8Array;
  xmm(i: number): Uint8Array;
}

/** Everything a case starts from. */
export interface AnyCase<I extends AnyImage = AnyImage> {
  readonly code: Uint8Array;
  readonly before: I;
  readonly patches: readonly Patch[];
  /** Linear address of the (first) memory operand; 0 if there is none (in 64-bit code: or it is above 4 GiB). Stored addresses are relative to it. */
  readonly at: number;
}

/** A fault as recorded. */
export interface AnyFault {
  readonly vector: number;
  readonly errorCode: number;
  /** Linear address for #PF, else 0. */
  readonly address: number | bigint;
}

/** What the processor did with a case. */
export interface AnyOutcome<I extends AnyImage = AnyImage> {
  readonly after: I;
  readonly fault: AnyFault | null;
  /** Changed memory, ascending, disjoint. A run may contain a few unchanged bytes. */
  readonly writes: readonly Run[];
}

/** The cases of one kind of code, as its generator makes them. */
export interface Cases<F extends Family, E extends AnyEncoding, C extends AnyCase> {
  /** The Codes of a family, in order. */
  readonly entries: (family: F) => readonly Entry<F>[];
  /** Machine instructions of each Code, and states that each starts from. */
  readonly encodings: (family: F) => number;
  readonly states: (family: F) => number;
  readonly encodingOf: (entry: Entry<F>, n: number) => E;
  readonly caseOf: (entry: Entry<F>, encoding: E, n: number, state: number) => C;
  /** Digest of a case's inputs, chained: recordings hold it, so a generator that drifted from them is noticed. */
  readonly digest: (hash: number, c: C) => number;
}
