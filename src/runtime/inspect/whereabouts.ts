import type { CodeSource } from "../../frontend/block.js";
import type { Block } from "../../ir/inst.js";

/** What a run does while it is not in guest code. */
export const enum Doing { rest, lifting, compiling, systemCalls, devices, idle, /** Numbers from here on are of code. */ code }

/** Where a run is, for a sampler in another thread to read at any time. */
export interface Whereabouts {
  /** Element 0: a `Doing`, or the number of a piece of code. It stays as it is until something else is written. In shared memory, if another thread reads it. */
  readonly now: Int32Array;
  /** Give a block that tier 0 runs its number (Block.number). */
  name(block: Block, source: CodeSource, mode: number, role: number): void;
}

/** Tier 0 is about to run a block. */
export function inBlock(where: Whereabouts, block: Block, source: CodeSource, mode: number, role: number): void {
  if (block.number === 0) where.name(block, source, mode, role);
  where.now[0] = block.number;
}

/** Do something that is not the guest's own code, in the middle of whatever is done now. */
export function during<T>(where: Whereabouts | null | undefined, doing: Doing, work: () => T): T {
  if (!where) return work();
  const { now } = where, before = now[0]!;
  now[0] = doing;
  try {
    return work();
  } finally {
    now[0] = before;
  }
}
