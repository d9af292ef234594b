import { describe, expect, it } from "vitest";
import type { Family } from "./codes.js";
import type { AnyCase, AnyEncoding, AnyImage, AnyOutcome } from "./kind.js";
import type { CommonMask } from "./masks.js";
import { type Discrepancies, replay, type Replayer } from "./replaying.js";

/** The discrepancies as text for a test's failure. */
function report(list: readonly Discrepancies[]): string {
  return list.map((d) => `${d.name} on ${d.tier}: ${d.failed} of ${d.total} cases differ\n${d.examples.join("\n")}`).join("\n\n");
}

/** Every recorded case of the families, on each tier, and on the second by either backend. */
export function replayTests<F extends Family, E extends AnyEncoding, C extends AnyCase<I>, O extends AnyOutcome<I>, I extends AnyImage, M extends CommonMask>(
  how: Replayer<F, E, C, O, I, M>, families: readonly F[],
): void {
  const { entries, encodings, states } = how.cases;
  describe.each(families)(`%s of ${how.bits}-bit code as the processor does it`, (family) => {
    it.each(["interp", "jit", "wasm"] as const)("on tier %s", (tier) => {
      const { cases, discrepancies } = replay(how, family, tier);
      const failing = discrepancies.map((d) => `${d.name} ${d.failed}`).join(", ");
      expect(failing && `${failing}\n\n${report(discrepancies.slice(0, 10))}`).toBe("");
      expect(cases).toBe(entries(family).length * encodings(family) * states(family));
    });
  });
}
