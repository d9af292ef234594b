import { Exit } from "../ir/exit.js";
import { type CpuState, EXIT, LEFT, PC } from "../ir/state.js";
import type { RegionFunction } from "../jit/compile.js";
import { Reminder } from "../jit/reminder.js";
import type { TimeSplit } from "./inspect/time-split.js";
import { Regrowth } from "./regrowth.js";

/**
 * Compiled code as the run loops of programs and machines run it: a region, the one that it hands over to, and so on until one stops. What that tells of the
 * regions (`regrowth`, Reminder) is noted here, outside of the loop or while a sample is taken.
 */
export class RegionRunner {
  readonly regrowth = new Regrowth();
  private readonly S: Int32Array;
  private readonly reminder: Reminder;

  constructor(
    state: CpuState,
    /** Returned by regions to stop. */
    private readonly stop: RegionFunction,
    private readonly times: TimeSplit | null,
    /** Whether a function is not the JavaScript of a region, which V8 may have to be reminded of. */
    private readonly isAssembled: (f: RegionFunction) => boolean = () => false,
  ) {
    this.S = state.S;
    this.reminder = new Reminder(state);
  }

  /** Run a region and what follows it. Returns how many instructions retired; the state's EXIT says why it stopped. */
  run(f: RegionFunction): number {
    const { S, stop, regrowth, times } = this;
    S[EXIT >> 2] = Exit.none;
    const before = S[LEFT >> 2]!;
    const started = times === null ? 0 : performance.now(), devices = times === null ? 0 : times.devices;
    let hops = 0;
    if (regrowth.sampling) {
      while (f !== stop) {
        const from = S[PC >> 2]!;
        f = f();
        regrowth.hop(from);
      }
    } else {
      let last = f;
      for (; f !== stop; hops++) f = (last = f)();
      if (S[LEFT >> 2]! < 0 && S[EXIT >> 2] === Exit.none && !this.isAssembled(last)) this.reminder.ended(last);
    }
    // What devices did meanwhile is on their account.
    if (times !== null) times.compiled += performance.now() - started - (times.devices - devices);
    const ran = before - S[LEFT >> 2]!;
    regrowth.ran(hops, ran);
    return ran;
  }
}
