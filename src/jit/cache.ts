import type { Block } from "../ir/inst.js";
import type { Links, RegionFunction } from "./compile.js";
import type { DropCause } from "./history.js";

/** A compiled region as the cache holds it. */
export class CachedRegion {
  constructor(
    readonly fn: RegionFunction,
    readonly links: Links,
    /** Bytes of JavaScript. */
    readonly size: number,
    /** Guest bytes it was made from: [start, end) pairs. */
    readonly ranges: readonly number[],
    /** Hot code goes on where this region ends: growth stopped at a limit. */
    readonly truncated: boolean,
    /** It is no more. */
    readonly discard: (() => void) | null = null,
    /** Its place in the table of functions, if it is WebAssembly; else -1. */
    readonly slot = -1,
  ) {}
}

/** What is known about the code at one PC in one mode. */
export class Translation {
  /** Times the block ran in tier 0, and how many of these before room was made the last time. */
  count = 0;
  settled = 0;
  /** Where runs are added up when this cache is no more; `count` began with `inherited` of them. */
  history: { count: number; lives: number } | null = null;
  inherited = 0;
  region: CachedRegion | null = null;
  /** Times its region was compiled, and what it was made of (see `shapeOf` in the region builder). */
  grown = 0;
  shape = 0;
  /** Times that a region left at this PC for tier 0 to execute one instruction: its check of the stack refused, or a value that locals do not hold (x87, NaNs) came up. */
  singles = 0;
  /** Times that its region had to go because pages that it relied on (settled-pages.ts) lost their rights. */
  losses = 0;
  /** Where its computed jump or call went in tier 0, with counts. */
  targets: Map<number, number> | null = null;
  /** Compiling it failed or does not pay: stay in tier 0. */
  cold = false;
  /** Of a region that is to be compiled together with others. */
  pending: Pick<CachedRegion, "truncated"> | null = null;
  valid = true;
  /** Links of other regions that lead here: links array, index, … */
  incoming: Array<Links | number> | null = null;

  constructor(
    readonly pc: number,
    readonly mode: number,
    readonly block: Block,
  ) {}
}

/** Targets that are remembered of one computed jump. */
const MOST_TARGETS = 24;

interface WithTargets {
  readonly block: Block;
  /** Of a block that ends in a computed jump or call: targets seen, with their counts. */
  targets: Map<number, number> | null;
}

/** A block ran in tier 0: count where it went, if that was by a computed jump or call. */
export function noteTarget(t: WithTargets, pc: number): void {
  const { term } = t.block;
  if (term.kind === "indirect" && term.hint !== "ret") countTarget((t.targets ??= new Map()), pc);
}

function countTarget(targets: Map<number, number>, pc: number): void {
  const n = targets.get(pc);
  if (n !== undefined || targets.size < MOST_TARGETS) targets.set(pc, (n ?? 0) + 1);
}

/** Targets of a computed jump or call, the most frequent first. */
export function frequentTargets(t: Pick<WithTargets, "targets"> | null | undefined): number[] {
  return t?.targets ? [...t.targets].sort((a, b) => b[1] - a[1]).map(([pc]) => pc) : [];
}

/** Counters of a cache (all since it was made). */
export interface CacheCounters {
  lookups: number;
  hits: number;
  misses: number;
  invalidations: number;
  evictions: number;
  /** Blocks lifted and regions compiled. */
  blocks: number;
  regions: number;
}

/** Whoever wants to know of translations that come and go. None of this happens while compiled code runs. */
export interface TranslationObserver {
  /** A block was lifted: tier 0 can run it. */
  translated?(t: Translation): void;
  /** A region that begins there was compiled, or taken over from another process (`t.region`). */
  compiled?(t: Translation): void;
  /** Code runs in another mode from now on. */
  modeChanged?(mode: number): void;
  /** A translation is gone: its bytes changed, room was needed, or its program ended. */
  dropped?(t: Translation, why: DropReason): void;
}

/** How a translation went; cleared: its program ended. */
export type DropReason = DropCause | "cleared";

/** Where compiled code finds other code by itself. */
export interface CodeFront {
  /** At a PC there is the region of this slot. */
  found(pc: number, slot: number): void;
  /** Nothing of it holds any more. */
  forget(): void;
}

/** Whoever marks pages that hold translations. */
export interface CodePages {
  markCode(addr: number, end: number): void;
  unmarkCode(page: number): void;
}

export interface CacheLimits {
  /** Most blocks, and most bytes of JavaScript in regions. */
  readonly blocks: number;
  readonly bytes: number;
  /** Most IR instructions in blocks, at some 150 bytes each. */
  readonly insts?: number;
}

const MOST_INSTS = 2_000_000;
/** What runs no more than so often from one eviction to the next goes first, then what runs no more than four times as often, and so on. */
const COLD_RUNS = [2, 8, 32, Infinity];

const DIRECT_SIZE = 4096;
/** Calls until V8 collects feedback, and some more. */
const PRIMING_ROUNDS = 20;

/**
 * Translations of one context (MMU role), by execution mode and PC. Bounded: when full, half goes, first what has no region and has hardly run since the
 * last time. A direct-mapped front serves indirect jumps of the current mode.
 */
export class TranslationCache {
  private readonly modes = new Map<number, Map<number, Translation>>();
  private current: Map<number, Translation>;
  private mode = -1;
  private readonly byPage = new Map<number, Set<Translation>>();
  private keys = new Int32Array(DIRECT_SIZE);
  private functions: RegionFunction[];
  private total = 0;
  private insts = 0;
  private bytes = 0;
  /** Of regions that have slots. */
  front: CodeFront | null = null;
  readonly counters: CacheCounters = { lookups: 0, hits: 0, misses: 0, invalidations: 0, evictions: 0, blocks: 0, regions: 0 };

  constructor(
    /** The context's MMU role (src/mmu/role.ts), part of every key. */
    readonly role: number,
    private readonly pages: CodePages,
    private readonly stop: RegionFunction,
    private readonly limits: CacheLimits = { blocks: 200_000, bytes: 256 << 20 },
    private readonly observer: TranslationObserver | null = null,
  ) {
    this.functions = new Array<RegionFunction>(DIRECT_SIZE).fill(stop);
    this.current = new Map();
    this.setMode(0);
    if (!TranslationCache.primed) this.primeLookups();
  }

  private static primed = false;

  /**
   * Let V8 see all that lookups can find, before it takes `go` and `link` into regions: code entered in the middle of a loop would leave by way of a
   * deoptimisation for good (see prime.ts).
   */
  private primeLookups(): void {
    TranslationCache.primed = true;
    const block = null as unknown as Block;
    for (let round = 0; round < PRIMING_ROUNDS; round++) {
      // As regions have them when they are new: the arrays' kinds count, too.
      const links: Links = new Array<RegionFunction | null>(2).fill(null), compiled = new Translation(2, 0, block);
      compiled.region = new CachedRegion(this.stop, links, 0, [], false);
      this.current.set(1, new Translation(1, 0, block)).set(2, compiled);
      this.keys.fill(0);
      for (const pc of [3, 1, 2, 2]) {
        this.go(pc);
        this.link(links, 1, pc);
      }
    }
    this.current.clear();
    this.functions.fill(this.stop);
    this.counters.lookups = this.counters.hits = 0;
  }

  /** Look up in this mode from now on. */
  setMode(mode: number): void {
    if (mode === this.mode) return;
    // The first mode is no change: nothing has run in it.
    if (this.mode >= 0) this.observer?.modeChanged?.(mode);
    this.mode = mode;
    let m = this.modes.get(mode);
    if (!m) this.modes.set(mode, (m = new Map()));
    this.current = m;
    this.keys.fill(0);
    this.functions.fill(this.stop);
    this.front?.forget();
  }

  get currentMode(): number {
    return this.mode;
  }

  /** The translation at a PC in the current mode, counted as a lookup. */
  lookup(pc: number): Translation | undefined {
    this.counters.lookups++;
    const t = this.current.get(pc);
    if (t) this.counters.hits++;
    else this.counters.misses++;
    return t;
  }

  /** The same without counting. */
  peek(pc: number): Translation | undefined {
    return this.current.get(pc);
  }

  /** The region at a PC in the current mode; `stop` if there is none (compiled code then returns to the run loop). */
  readonly go = (pc: number): RegionFunction => {
    const i = (pc ^ (pc >>> 12)) & (DIRECT_SIZE - 1);
    if (this.keys[i] === pc) {
      this.counters.lookups++;
      this.counters.hits++;
      return this.functions[i]!;
    }
    return this.goSlow(pc, i);
  };

  private goSlow(pc: number, i: number): RegionFunction {
    const t = this.current.get(pc);
    // Not found, or tier 0 only: the run loop looks it up (and counts that).
    if (!t?.region) return this.stop;
    this.counters.lookups++;
    this.counters.hits++;
    if (t.region.slot >= 0) this.front!.found(pc, t.region.slot);
    else {
      this.keys[i] = pc;
      this.functions[i] = t.region.fn;
    }
    return t.region.fn;
  }

  /** Resolve exit k of a region for good, if there is a region at its PC. */
  readonly link = (links: Links, k: number, pc: number): RegionFunction => {
    const t = this.current.get(pc);
    if (!t?.region) return this.stop;
    this.counters.lookups++;
    this.counters.hits++;
    links[k] = t.region.fn;
    (t.incoming ??= []).push(links, k);
    return t.region.fn;
  };

  /** Add a block's translation in the current mode. */
  add(block: Block): Translation {
    if (this.total >= this.limits.blocks || this.insts >= (this.limits.insts ?? MOST_INSTS)) this.evictBlocks();
    const t = new Translation(block.pc, this.mode, block);
    this.current.set(block.pc, t);
    this.total++;
    this.insts += block.insts.length;
    this.counters.blocks++;
    this.cover(t, block.pc, block.end);
    this.observer?.translated?.(t);
    return t;
  }

  /**
   * The end of this cache: its counts are kept, and it holds nothing any more. V8 would not find out by itself before it collects in full: one dead
   * process that lived long enough to be among the old objects keeps the next alive, and so on.
   */
  retire(): void {
    for (const m of this.modes.values()) {
      for (const { history, count, inherited } of m.values()) {
        if (!history) continue;
        history.lives++;
        if (count > inherited) history.count += count - inherited;
      }
    }
    this.modes.clear();
    this.current = new Map();
    this.byPage.clear();
    this.keys = new Int32Array(0);
    this.functions = [];
  }

  addRegion(t: Translation, region: CachedRegion): void {
    if (this.bytes + region.size > this.limits.bytes) this.evictRegions();
    // It may be among those that had to go; then it stays in tier 0 and is found anew.
    if (!t.valid) return;
    if (t.region) this.takeRegionFrom(t);
    t.region = region;
    this.bytes += region.size;
    this.counters.regions++;
    for (let i = 0; i < region.ranges.length; i += 2) this.cover(t, region.ranges[i]!, region.ranges[i + 1]!);
    this.observer?.compiled?.(t);
  }

  /** Note that a translation depends on the bytes [start, end). */
  private cover(t: Translation, start: number, end: number): void {
    for (let at = start; at - end < 0; ) {
      const page = at >>> 12;
      const stop = Math.min(end - at, 4096 - (at & 0xfff)) + at;
      let set = this.byPage.get(page);
      if (!set) this.byPage.set(page, (set = new Set()));
      set.add(t);
      this.pages.markCode(at, stop | 0);
      at = stop | 0;
    }
  }

  /** The bytes [addr, addr + size) change: drop what was translated from them. Returns how many translations that were. */
  invalidate(addr: number, size: number): number {
    let n = 0;
    const first = addr >>> 12, last = ((addr + size - 1) | 0) >>> 12;
    for (let page = first; ; page = (page + 1) & 0xfffff) {
      const set = this.byPage.get(page);
      if (set) {
        for (const t of [...set]) {
          if (!overlaps(t, addr, size)) continue;
          this.drop(t, "invalidated");
          this.counters.invalidations++;
          n++;
        }
        this.remark(page);
      }
      if (page === last) break;
    }
    return n;
  }

  /** Drop everything translated from whole pages. */
  invalidatePages(first: number, pages: number): void {
    for (let page = first; page < first + pages; page++) {
      for (const t of [...(this.byPage.get(page) ?? [])]) {
        this.drop(t, "invalidated");
        this.counters.invalidations++;
      }
      this.remark(page);
    }
  }

  /** Blocks and bytes of JavaScript that it holds now. */
  get size(): { blocks: number; bytes: number } {
    return { blocks: this.total, bytes: this.bytes };
  }

  clear(): void {
    for (const m of this.modes.values()) for (const t of [...m.values()]) this.drop(t, "cleared");
    for (const page of [...this.byPage.keys()]) this.remark(page);
  }

  private remark(page: number): void {
    this.pages.unmarkCode(page);
    const set = this.byPage.get(page);
    if (!set) return;
    if (set.size === 0) {
      this.byPage.delete(page);
      return;
    }
    const mark = (start: number, end: number): void => {
      const base = (page << 12) | 0;
      const a = Math.max(start - base, 0), b = Math.min(end - base, 4096);
      if (a < b) this.pages.markCode((base + a) | 0, (base + b) | 0);
    };
    for (const t of set) {
      mark(t.block.pc, t.block.end);
      if (t.region) for (let i = 0; i < t.region.ranges.length; i += 2) mark(t.region.ranges[i]!, t.region.ranges[i + 1]!);
    }
  }

  /** Everything it holds. */
  *translations(): Generator<Translation> {
    for (const m of this.modes.values()) yield* m.values();
  }

  private drop(t: Translation, why: DropReason): void {
    t.valid = false;
    this.modes.get(t.mode)!.delete(t.pc);
    this.total--;
    this.insts -= t.block.insts.length;
    for (const range of pagesOf(t)) this.byPage.get(range)?.delete(t);
    if (t.region) this.unlink(t, t.region);
    this.observer?.dropped?.(t, why);
  }

  /** Nothing leads to a translation's region any more. */
  private unlink(t: Translation, region: CachedRegion): void {
    this.bytes -= region.size;
    const i = (t.pc ^ (t.pc >>> 12)) & (DIRECT_SIZE - 1);
    if (this.functions[i] === region.fn) {
      this.functions[i] = this.stop;
      this.keys[i] = 0;
    }
    const { incoming } = t;
    if (incoming) for (let k = 0; k < incoming.length; k += 2) (incoming[k] as Links)[incoming[k + 1] as number] = null;
    t.incoming = null;
    // Its own links keep nothing alive that should go.
    region.links.fill(null, 1);
    region.discard?.();
  }

  /** Take a translation's region away, to give it another. */
  private takeRegionFrom(t: Translation): void {
    this.unlink(t, t.region!);
    const pages = pagesOf(t);
    for (const page of pages) this.byPage.get(page)?.delete(t);
    t.region = null;
    this.cover(t, t.block.pc, t.block.end);
    for (const page of pages) this.remark(page);
  }

  /** A translation's region must not run any more; tier 0 goes on, as before it was compiled. */
  loseRegion(t: Translation): void {
    if (!t.valid || !t.region) return;
    t.losses++;
    this.takeRegionFrom(t);
  }

  /**
   * Room for blocks: half of each mode's go, counted in instructions. Code that starts a large program runs once or twice and fills the cache; what runs all the time is compiled, and older.
   */
  private evictBlocks(): void {
    for (const m of this.modes.values()) {
      let more = 0;
      for (const t of m.values()) more += weightOf(t);
      more /= 2;
      for (const most of COLD_RUNS) more = this.evictFrom(m, more, (t) => !t.region && t.count - t.settled <= most, weightOf);
      this.evictFrom(m, more, () => true, weightOf);
      for (const t of m.values()) t.settled = t.count;
    }
    for (const page of [...this.byPage.keys()]) this.remark(page);
  }

  /** Room for regions: the older half of each mode's go, counted in bytes. */
  private evictRegions(): void {
    const sizeOf = (t: Translation): number => t.region?.size ?? 0;
    for (const m of this.modes.values()) {
      let more = 0;
      for (const t of m.values()) more += sizeOf(t);
      this.evictFrom(m, more / 2, (t) => t.region !== null, sizeOf);
    }
    for (const page of [...this.byPage.keys()]) this.remark(page);
  }

  /** Drop what `may` go, the oldest first, until it weighs as much as `more`; returns what is lacking. */
  private evictFrom(m: Map<number, Translation>, more: number, may: (t: Translation) => boolean, weigh: (t: Translation) => number): number {
    if (more <= 0) return 0;
    for (const t of m.values()) {
      if (!may(t)) continue;
      more -= weigh(t);
      this.drop(t, "evicted");
      this.counters.evictions++;
      if (more <= 0) break;
    }
    return more;
  }
}

/** One that has no instructions takes room, too. */
function weightOf(t: Translation): number {
  return t.block.insts.length + 1;
}

function overlaps(t: Translation, addr: number, size: number): boolean {
  const hit = (start: number, end: number): boolean => ((addr - start) | 0) < ((end - start) | 0) && ((addr + size - start) | 0) > 0;
  if (hit(t.block.pc, t.block.end)) return true;
  const r = t.region?.ranges;
  if (r) for (let i = 0; i < r.length; i += 2) if (hit(r[i]!, r[i + 1]!)) return true;
  return false;
}

function pagesOf(t: Translation): Set<number> {
  const pages = new Set<number>();
  const add = (start: number, end: number): void => {
    for (let p = start >>> 12; ; p = (p + 1) & 0xfffff) {
      pages.add(p);
      if (p === ((end - 1) | 0) >>> 12) break;
    }
  };
  add(t.block.pc, t.block.end);
  if (t.region) for (let i = 0; i < t.region.ranges.length; i += 2) add(t.region.ranges[i]!, t.region.ranges[i + 1]!);
  return pages;
}
