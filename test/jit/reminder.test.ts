import { describe, expect, it } from "vitest";
import { readEflags } from "../../src/ir/eflags.js";
import { CpuState, GPR, LEFT, PC } from "../../src/ir/state.js";
import { compileRegion, type RegionFunction } from "../../src/jit/compile.js";
import { LEAST_BUDGET } from "../../src/jit/prime.js";
import { Reminder } from "../../src/jit/reminder.js";
import type { Inspection } from "../../src/runtime/inspect/inspection.js";
import { UserCpu } from "../../src/runtime/user-cpu.js";
import { CODE, hex, makeGuest, NO_HOST } from "../support/guest.js";

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

  it("happens to programs, too, and they do not notice", () => {
    let priming = 0;
    const inspection: Inspection = {
      compile: (region, _source, _role, strategy) => {
        const compiled = compileRegion(region, strategy);
        return {
          ...compiled,
          factory: (...args: unknown[]) => {
            const fn = compiled.factory(...args), S = args[0] as Int32Array;
            return () => {
              if (S[LEFT >> 2]! < LEAST_BUDGET + 4) priming++;
              return fn();
            };
          },
        };
      },
    };
    // L: inc eax; add ebx, eax; dec ecx; jne L
    const code = hex("40 01c3 49 75fa");
    const states = (["auto", "interp"] as const).map((tier) => {
      const { memory } = makeGuest(code, tier);
      const cpu = new UserCpu(memory, NO_HOST, { tier, threshold: 3, inspection });
      cpu.state.S[PC >> 2] = CODE;
      const reminded: number[] = [];
      for (let slice = 1; slice <= 40; slice++) {
        const before = priming;
        cpu.run(1000);
        if (priming - before > 100) reminded.push(slice);
      }
      if (tier === "auto") expect(reminded).toEqual([16, 32]);
      // to a point that both come to, whatever slices end at
      cpu.run(60_000 - cpu.instructions, true);
      expect(cpu.instructions).toBe(60_000);
      return [cpu.state.S[PC >> 2], readEflags(cpu.state.S), ...Array.from({ length: 8 }, (_, r) => cpu.state.S[(GPR >> 2) + 2 * r])];
    });
    expect(states[0]).toEqual(states[1]);
  });
});
