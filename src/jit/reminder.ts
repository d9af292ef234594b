import { type CpuState, LEFT } from "../ir/state.js";
import type { RegionFunction } from "./compile.js";
import { LEAST_BUDGET } from "./prime.js";

/** Slices that end in one region until V8 is reminded of it; again after twice as many each time. */
const FIRST = 16;
/** Enough for V8 to look at a function again, which it does by bytes of bytecode that were run. */
const CALLS = 200;

/**
 * A region whose loop runs until the slice ends may be left with the code that V8 made for entering the loop in its middle (OSR), where locals are tagged:
 * half as fast. Entries come in through baseline code, whose first back edge jumps there before anything is counted, so V8 never compiles the function as a whole.
 * Calls that leave at once are counted.
 */
export class Reminder {
  private readonly slices = new WeakMap<RegionFunction, number>();

  constructor(private readonly state: CpuState) {}

  /** A slice ended in a region. */
  ended(region: RegionFunction): void {
    const slices = (this.slices.get(region) ?? 0) + 1;
    this.slices.set(region, slices);
    if (slices >= FIRST && (slices & (slices - 1)) === 0) this.remind(region);
  }

  private remind(region: RegionFunction): void {
    const { state } = this, saved = state.bytes.slice();
    for (let k = 0; k < CALLS; k++) {
      state.S[LEFT >> 2] = LEAST_BUDGET + 1;
      region();
    }
    state.bytes.set(saved);
  }
}
