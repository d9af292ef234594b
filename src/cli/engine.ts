import { setFlagsFromString } from "node:v8";

/** V8's flags from the start, those of runs that last, and how V8 has both unless told. */
export interface EngineFlags {
  readonly always: readonly string[];
  readonly lasting: readonly string[];
  readonly defaults: readonly string[];
}

const FEEDBACK = "--no-lazy-feedback-allocation", NO_FEEDBACK = "--lazy-feedback-allocation";
const NO_MAGLEV = "--maglev-filter=-r_*", MAGLEV = "--maglev-filter=*";
const NO_FLAGS: EngineFlags = { always: [], lasting: [], defaults: [] };

/** By V8's major version: those of Node 20, 22, 24 and 26. Others get none, as V8 complains of flags that it does not know. */
const BY_VERSION: Readonly<Record<number, EngineFlags>> = {
  11: { always: [FEEDBACK], lasting: ["--bytecode-size-allowance-per-tick=10000"], defaults: [NO_FEEDBACK, "--bytecode-size-allowance-per-tick=150"] },
  12: { always: [FEEDBACK], lasting: ["--invocation-count-for-turbofan=1000"], defaults: [NO_FEEDBACK, "--invocation-count-for-turbofan=3000"] },
  13: { always: [FEEDBACK, NO_MAGLEV], lasting: [], defaults: [NO_FEEDBACK, MAGLEV] },
  14: { always: [FEEDBACK, NO_MAGLEV], lasting: [], defaults: [NO_FEEDBACK, MAGLEV] },
};

const VERSION = Number.parseInt(process.versions.v8, 10);

/** The flags of this engine. */
export const FLAGS: EngineFlags = BY_VERSION[VERSION] ?? NO_FLAGS;

/** Length of the buffers of guests' address spaces. TurboFan compares no offset of 32 bits with the end of more than 2^32 bytes; later versions do as well with the length that the address space has. */
export const BUFFER_LENGTH = VERSION <= 13 && FLAGS !== NO_FLAGS ? 2 ** 32 + 64 : 0;

/** From this time on a run has more to gain from regions that V8 optimises soon than from what else it does. */
export const LASTING_MS = 1500;

/**
 * Set the JavaScript engine up for compiled guest code. To be called when the command's modules are loaded and before the guest starts.
 *
 * - V8 gives a function room for type feedback after some calls only. Regions come by the hundred, and most are entered again and again for short stays: those calls taught V8 nothing, so code was
 *   optimised later, and thrown away more often.
 * - The larger a function, the longer V8 waits before it optimises it: many times as long for a region as for a small function. A run that lasts is mostly the guest's code; in one that is short, V8
 *   would only optimise more of lift86 itself.
 * - Maglev, V8's compiler before TurboFan since Node 22, is for lift86 itself, not for regions: TurboFan is to have these as soon as it can.
 *
 * docs/performance.md has the gain of each.
 */
export function tuneEngine(): void {
  for (const flag of FLAGS.always) setFlagsFromString(flag);
  if (FLAGS.lasting.length > 0) setTimeout(() => FLAGS.lasting.forEach((flag) => setFlagsFromString(flag)), LASTING_MS).unref();
}
