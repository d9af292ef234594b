import { describe, expect, it } from "vitest";
import { CpuState, GPR, LEFT } from "../../src/ir/state.js";
import type { RegionFunction } from "../../src/jit/compile.js";
import { LEAST_BUDGET } from "../../src/jit/prime.js";
import { Reminder } from "../../src/jit/reminder.js";

/** Regions in which slices end are called now and then to leave at once, which the guest does not notice. */
describe("reminding V8 of regions", () => {
  it("happens after 16, 32, 64 … slices, by region, and leaves the state alone", () => {
    const state = new CpuState(), reminder = new Reminder(state);
    let calls = 0;
    const region = (): RegionFunction => {
      const f: RegionFunction = () => {
        // A budget at which regions leave before their first instruction (primingGuard).
        expect(state.S[LEFT >> 2]).toBe(LEAST_BUDGET + 1);
        calls++;
        state.S[LEFT >> 2] = 0;
        state.S[GPR >> 2] = 99;
        return f;
      };
      return f;
    };
    state.S[GPR >> 2] = 7;
    state.S[LEFT >> 2] = -3;
    const one = region(), other = region(), reminded: number[] = [];
    for (let slice = 1; slice <= 100; slice++) {
      const before = calls;
      reminder.ended(one);
      if (calls > before) reminded.push(slice);
      expect([state.S[GPR >> 2], state.S[LEFT >> 2]]).toEqual([7, -3]);
      if (slice % 10 === 0) reminder.ended(other);
    }
    expect(reminded).toEqual([16, 32, 64]);
  });
});
