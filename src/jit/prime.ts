import type { CpuState } from "../ir/state.js";
import { LEFT } from "../ir/state.js";
import * as js from "./ast.js";
import type { Links, RegionFunction } from "./compile.js";

/**
 * The way out of a region runs rarely, but V8 optimises a loop as soon as it is hot, and what has no type feedback by then becomes a deoptimisation.
 * Code that V8 entered in the middle of a loop (OSR) is kept when that happens outside of the loop: then every exit deoptimises, for good. So each new
 * region is entered a few times with a budget that no run has, which takes it to its way out at once.
 */
export const LEAST_BUDGET = -0x80000000;
/** What to prime, by how much the budget is above the least: `go`, `stop`, `link`, the end of the budget. */
const VARIANTS = 4;
/** V8 collects feedback from the ninth call or so on. */
const ROUNDS = 5;

/** A condition in JavaScript that holds while a region is entered to be primed, for the start of its function: by the factory's parameter, as its locals are not set yet. */
export const PRIMING = `$S[${LEFT >> 2}] < ${LEAST_BUDGET + VARIANTS}`;

/** First statement within the region's label X; `n` is the budget, `k` the exit. */
export function primingGuard(): js.Stmt {
  const n = js.id("n"), k = js.id("k");
  return js.ifThen(js.bin("<", n, js.num(LEAST_BUDGET + VARIANTS)), [
    js.set("k", js.toInt(js.bin("-", js.bin("&", n, js.num(VARIANTS - 1)), js.num(1)))),
    js.ifThen(js.bin("<", k, js.num(VARIANTS - 2)), [js.set("n", js.num(0))]),
    js.breakTo("X"),
  ]);
}

/** Prime a region that was just bound; the processor's state is as before afterwards. */
export function primeRegion(fn: RegionFunction, links: Links, state: CpuState): void {
  const saved = state.bytes.slice();
  for (let round = 0; round < ROUNDS; round++) {
    for (let v = 0; v < VARIANTS; v++) {
      // without exits that are links there is nothing to look up
      if (v === 2 && links.length < 2) continue;
      state.S[LEFT >> 2] = LEAST_BUDGET + v;
      fn();
      state.bytes.set(saved);
    }
  }
  links.fill(null, 1);
}
