import type { Block } from "../../../ir/inst.js";
import { GuestFault } from "../../../ir/memory.js";
import { frequentTargets } from "../../../jit/cache.js";
import { compileRegion } from "../../../jit/compile.js";
import { PAGED_STRATEGY, uniformStrategy } from "../../../jit/emit-paged.js";
import type { Region } from "../../../jit/region.js";
import type { Inspection } from "../../inspect/inspection.js";
import { type GrowthLimits, growRegion, shapeOf } from "../../region-builder.js";
import type { MachineTranslations, ModeIndex, SharedRegion, Translation } from "../translations.js";
import type { FetchUnit } from "./code.js";

/** Most pages of a region: each is checked when the mapping may have changed. */
const MOST_PAGES = 8;

/** Makes regions from code as one vCPU's mapping shows it now, for all vCPUs of the machine (Regions binds and enters them). */
export class RegionCompiler {
  /** A debugger's breakpoints, that regions keep clear of; offsets in CS, which begins at 0 then. */
  stops: ReadonlySet<number> | null = null;

  constructor(
    private readonly code: FetchUnit,
    private readonly translations: MachineTranslations,
    private readonly inspection: Inspection | null,
    /** Blocks whose entries are told (env.entered). */
    private readonly entries: ((pc: number) => boolean) | undefined,
  ) {}

  /**
   * Compile the region that begins at a translation, one of `modes`, for memory at one difference (SharedRegion.distance) or any (null). False: it cannot be, or it
   * would be made of the same as the one that the translation has and is not to be made `anew`.
   */
  compile(t: Translation, modes: ModeIndex, distance: number | null, limits: GrowthLimits, anew: boolean): boolean {
    const started = performance.now();
    const { translations, inspection } = this;
    const region = this.grow(t, modes, limits);
    const shape = shapeOf(region);
    if (!anew && shape === t.shape) return false;
    t.shape = shape;
    t.grown++;
    const origin = this.originOf(region);
    if (!origin) {
      t.cold = true;
      return false;
    }
    region.entries = this.entries;
    const strategy = distance === null ? PAGED_STRATEGY : uniformStrategy(distance);
    const compiled = inspection?.compile ? inspection.compile(region, this.code, t.index.role, strategy) : compileRegion(region, strategy);
    translations.addRegion(t, { compiled, distance, ...origin });
    const took = performance.now() - started;
    translations.compilation.compileMs += took;
    if (inspection?.times) inspection.times.compiling += took;
    return true;
  }

  private grow(t: Translation, modes: ModeIndex, limits: GrowthLimits): Region {
    const { code } = this;
    const growth = this.inspection?.growth;
    const entryPage = code.linear(t.pc) >>> 12;
    const pages = new Set<number>();
    return growRegion(code, t.pc, t.mode, {
      count: (pc) => {
        const page = code.linear(pc) >>> 12;
        if (!pages.has(page) && pages.size >= MOST_PAGES) return 0;
        const other = this.translationAt(modes, pc);
        // Code that has not run yet only in pages that code has run in: to look at others would set A bits of the guest's.
        const n = other ? other.count + (other.region ? 1 : 0) : growth && (pages.has(page) || page === entryPage) ? 1 : 0;
        if (n > 0) pages.add(page);
        return n;
      },
      targets: (pc) => frequentTargets(this.translationAt(modes, pc)),
      lifted: (pc): Block | null => {
        const other = this.translationAt(modes, pc);
        // What of it lies in the next page may be another page's now.
        return other && other.nextPage < 0 ? other.block : null;
      },
    }, growth ?? limits, this.stops);
  }

  /** Where the bytes that a region was grown from are; null: not all in RAM or ROM, or not to be fetched. */
  private originOf(region: Region): Pick<SharedRegion, "pages" | "ranges"> | null {
    const { code, translations } = this;
    const entryPage = code.linear(region.pc) >>> 12;
    const ranges: number[] = [], pages: number[] = [];
    const seen = new Set<number>();
    try {
      for (const node of region.nodes) {
        const { pc, end } = node.block;
        for (let at = pc; at - end < 0; ) {
          const linear = code.linear(at);
          const length = Math.min(end - at, 4096 - (linear & 0xfff));
          const physical = code.physicalOf(linear);
          if (!translations.isMemory(physical)) return null;
          if (!seen.has(linear >>> 12)) {
            seen.add(linear >>> 12);
            pages.push((linear >>> 12) - entryPage, physical - (physical & 0xfff));
          }
          ranges.push(physical, physical + length);
          at += length;
        }
      }
    } catch (e) {
      if (!(e instanceof GuestFault)) throw e;
      return null;
    }
    return { pages, ranges };
  }

  /** The translation of an index and mode at a PC, as the code is mapped now. */
  translationAt(modes: ModeIndex, pc: number): Translation | null {
    try {
      const physical = this.code.physical(pc);
      for (let t = modes.blocks.get(pc) ?? null; t; t = t.next) if (t.physical === physical) return t;
    } catch (e) {
      if (!(e instanceof GuestFault)) throw e;
    }
    return null;
  }
}
