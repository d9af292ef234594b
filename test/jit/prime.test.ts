import { describe, expect, it } from "vitest";
import { GPR, LEFT } from "../../src/ir/state.js";
import { CODE, hex, makeGuest, runGuest } from "../support/guest.js";

// New regions are entered with budgets that no run has, to give V8 type feedback of the way out: the guest, its counters and links do not notice.

describe("priming of regions", () => {
  it("leaves the processor's state and the cache's counters alone", () => {
    // L: inc eax; dec ecx; jnz L; M: inc edx; dec ebx; jnz M
    const code = hex("40 49 75fc 42 4b 75fc");
    const run = (tier: "jit" | "interp"): unknown => {
      const g = makeGuest(code, tier);
      for (let r = 0; r < 4; r++) g.S[(GPR >> 2) + r * 2] = 1000 + r;
      runGuest(g, 5000);
      const { lookups, hits, misses } = g.cpu.cacheCounters;
      expect(hits + misses).toBe(lookups);
      expect(lookups).toBeLessThan(tier === "jit" ? 20 : 5000);
      return { regs: Array.from(g.S.subarray(GPR >> 2, (GPR >> 2) + 16)), left: g.S[LEFT >> 2], n: g.cpu.instructions };
    };
    expect(run("jit")).toEqual(run("interp"));
  });

  it("links nothing to what is at address 0", () => {
    const g = makeGuest(hex("40 49 75fc eb00 42 4b 75fc"), "jit");
    g.S[(GPR >> 2) + 2] = g.S[(GPR >> 2) + 6] = 50;
    runGuest(g, 1000);
    expect(g.cpu.cache.peek(0)).toBeUndefined();
    expect(g.cpu.cache.peek(CODE)?.region?.links.slice(1).every((l) => l === null || typeof l === "function")).toBe(true);
  });
});
