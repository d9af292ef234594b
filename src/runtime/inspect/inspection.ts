import type { CodeSource } from "../../frontend/block.js";
import type { TranslationObserver } from "../../jit/cache.js";
import type { CompiledRegion } from "../../jit/compile.js";
import type { MemoryStrategy } from "../../jit/emit-memory.js";
import type { Region } from "../../jit/region.js";
import type { GrowthLimits } from "../region-builder.js";
import type { TimeSplit } from "./time-split.js";
import type { Whereabouts } from "./whereabouts.js";

/** What a processor does for those who look at it. All of it is optional, and what is left out costs nothing. */
export interface Inspection {
  /** Asked for each processor, with its memory and the role its translations are filed under: who is to be told of translations as they come and go. */
  readonly observe?: (source: CodeSource, role: number) => TranslationObserver;
  /** Compiles regions in place of the JIT's `compileRegion`: to name them, to count in them, to keep all stages. `source`: the guest's memory; `strategy`: how it is accessed; `role`: what the translation is filed under. */
  readonly compile?: (region: Region, source: CodeSource, role: number, strategy?: MemoryStrategy) => CompiledRegion;
  /** Regions are grown through code that has not run yet, too, within these limits. */
  readonly growth?: GrowthLimits;
  /** Executions of blocks in regions that count (RegionView.hits): an array a region. */
  readonly hits?: readonly Float64Array[];
  /** Told of blocks as they are entered, in either tier. */
  readonly entries?: BlockEntries;
  /** Adds up where the time goes. */
  readonly times?: TimeSplit;
  /** Told where the run is, at each change. */
  readonly where?: Whereabouts;
}

/** Whether code is compiled differently with it. */
export function altersCode(inspection: Inspection | undefined): boolean {
  return inspection !== undefined && [inspection.compile, inspection.growth, inspection.hits, inspection.entries, inspection.where].some((x) => x !== undefined);
}

/** Whoever follows the blocks that run. */
export interface BlockEntries {
  /** A block is entered. */
  readonly enter: (pc: number) => void;
  /** Whether blocks at this PC matter; asked once where code is compiled. */
  readonly includes: (pc: number) => boolean;
}
