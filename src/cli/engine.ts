import { setFlagsFromString } from "node:v8";

/** V8's flags from the start, and those of runs that last. */
export const FLAGS = { always: "--no-lazy-feedback-allocation", lasting: "--bytecode-size-allowance-per-tick=10000" } as const;

/** The same as V8 has them unless told. */
export const DEFAULT_FLAGS: readonly string[] = ["--lazy-feedback-allocation", "--bytecode-size-allowance-per-tick=150"];

/** From this time on a run has more to gain from regions that V8 optimises soon than from what else it does. */
export const LASTING_MS = 1500;

/**
 * Set the JavaScript engine up for compiled guest code. To be called when the command's modules are loaded and before the guest starts.
 *
 * - V8 gives a function room for type feedback after some calls only. Regions come by the hundred, and most are entered again and again for short stays: those calls taught V8 nothing, so code was
 *   optimised later, and thrown away more often.
 * - The larger a function, the longer V8 waits before it optimises it: many times as long for a region as for a small function. A run that lasts is mostly the guest's code; in one that is short, V8
 *   would only optimise more of lift86 itself.
 *
 * docs/performance.md has the gain of both.
 */
export function tuneEngine(): void {
  setFlagsFromString(FLAGS.always);
  setTimeout(() => setFlagsFromString(FLAGS.lasting), LASTING_MS).unref();
}
