import { describe, expect, it } from "vitest";
import { ENCODINGS, entries, statesOf } from "./cases.js";
import type { Family } from "./codes.js";
import { replay, report } from "./replay.js";


/** Every recorded case of the families, on both tiers. */
export function replayTests(families: readonly Family[]): void {
  describe.each(families)("%s as the processor does it", (family) => {
    it.each(["interp", "jit"] as const)("on tier %s", (tier) => {
      const { cases, discrepancies } = replay(family, tier);
      const failing = discrepancies.map((d) => `${d.name} ${d.failed}`).join(", ");
      expect(failing && `${failing}\n\n${report(discrepancies.slice(0, 10))}`).toBe("");
      expect(cases).toBe(entries(family).length * ENCODINGS * statesOf(family));
    });
  });
}
