import { liftBlock } from "../frontend/block.js";
import { Mode } from "../frontend/mode.js";
import type { LibEnv } from "../ir/env.js";
import { Exit } from "../ir/exit.js";
import type { Block } from "../ir/inst.js";
import { GuestFault, type GuestMemory } from "../ir/memory.js";
import { OP } from "../ir/ops.js";
import { DIRTY, EXIT } from "../ir/state.js";
import { CachedRegion, type CacheLimits, frequentTargets, TranslationCache, type Translation } from "../jit/cache.js";
import { bindRegion, type Binding, type CompiledRegion, compileEmitted, emitRegion, freshLinks, type RegionFunction } from "../jit/compile.js";
import { USER_STRATEGY, WATCHED_STRATEGY } from "../jit/emit-memory.js";
import { primeRegion } from "../jit/prime.js";
import type { Region } from "../jit/region.js";
import { type Reliance, Reliants, remembered } from "../jit/settled-pages.js";
import { type AssembledRegion, assembleRegion } from "../jit/wasm/assembled-region.js";
import { strategyValues, type UserAccess, userAccess } from "../jit/user-access.js";
import { blankWindows } from "../jit/windows.js";
import { USER_ROLE } from "../mmu/role.js";
import type { UserMemory } from "../mmu/user-memory.js";
import { AssembledRegions } from "./assembled-regions.js";
import type { WatchedMemory } from "./breakpoints.js";
import type { DebugStops } from "./debug-stops.js";
import { altersCode, type Inspection } from "./inspect/inspection.js";
import { timed } from "./inspect/time-split.js";
import { Doing, during } from "./inspect/whereabouts.js";
import { FIRST_GROWTH, GROWTH, growRegion, type GrowthLimits, regionRanges, shapeOf, usesX87 } from "./region-builder.js";
import { mayGrow, type Regrowth } from "./regrowth.js";
import type { RunCounters } from "./tiers.js";
import { bytesOf, holds, inheritedCount, type StoredRegion, type TranslationStore } from "./translation-store.js";

export interface UserTranslationOptions {
  readonly limits?: CacheLimits;
  /** Role that translations are filed under; USER_ROLE by default. */
  readonly role?: number;
  /** Translations shared with other processors. */
  readonly store?: TranslationStore;
  /** Regions that are compiled together at least, where they are WebAssembly. */
  readonly batch?: number;
  readonly inspection?: Inspection;
}

/** The memory in it is another one while something in the program's is watched. */
export type UserEnv = Omit<LibEnv, "memory"> & { memory: GuestMemory };

/** After this many of `Translation.singles` a region checks accesses to the stack where they are made (frame-checks.ts). */
const FRAME_PATIENCE = 200;
/** After this many instructions that regions left to tier 0 they ask about accesses that the tables of limits refuse, which costs less than to leave. */
const SILENT_PATIENCE = 4_000;
/** After this many of `Translation.losses` a region relies on nothing any more. */
const MOST_LOSSES = 2;
/** What a check writes to whose window is not to be known. */
const NO_WINDOW = new Int32Array(2);

/**
 * What a program's processor runs: blocks lifted from its memory and regions compiled from them, in its cache, bound to it, and shared with other processes' by
 * way of the store. The run loop (user-cpu.ts) says what is hot; what changes of the memory make wrong is dropped here. As Blocks and Regions do for machines
 * (machine/cpu), where a PC does not say which code there is.
 */
export class UserTranslations {
  readonly cache: TranslationCache;
  /** Returned by regions to stop. */
  readonly stop: RegionFunction;
  private access: UserAccess;
  private binding: Binding;
  /** Regions as WebAssembly, where memory and whoever looks at them allow for that. */
  private assembled: AssembledRegions | null;
  /** Regions ask about accesses that the tables of limits refuse. */
  private asks = false;
  private singles = 0;
  private readonly inspection: Inspection;
  private readonly reliants = new Reliants<Translation>();
  private readonly grants = (first: number, end: number, write: boolean): boolean => this.memory.grants(first, end, write);

  constructor(
    private readonly memory: UserMemory,
    private readonly env: UserEnv,
    private readonly stops: DebugStops,
    private readonly counters: RunCounters,
    private readonly options: UserTranslationOptions,
  ) {
    const { inspection = {}, role = USER_ROLE } = options;
    this.inspection = inspection;
    const stop: RegionFunction = () => stop;
    this.stop = stop;
    this.cache = new TranslationCache(role, memory, stop, options.limits, inspection.observe?.(memory, role));
    this.access = userAccess(env, memory);
    this.binding = { env, ...this.access, go: this.cache.go, link: this.cache.link, stop };
    this.assembled = this.startAssembling();
    memory.observer = {
      rightsChanged: (first, end) => {
        this.access.rightsChanged(first, end);
        for (const t of this.reliants.disappointed(first, end, this.grants)) this.cache.loseRegion(t);
      },
      codeWritten: (addr, size) => {
        if (this.cache.invalidate(addr, size) > 0) env.S[DIRTY >> 2] = 1;
      },
      codeUnmapped: (first, pages) => this.cache.invalidatePages(first, pages),
    };
  }

  // Regions as WebAssembly.

  /** Whether that is how to run a region as WebAssembly. */
  readonly isAssembled = (fn: RegionFunction): boolean => this.assembled?.runs(fn) ?? false;

  private startAssembling(): AssembledRegions | null {
    const { linear } = this.memory, { inspection, batch } = this.options;
    // Who is told of regions wants to know when their code got hot.
    const least = inspection?.observe ? 1 : batch;
    const assembled = linear && this.stops.memory === null && !altersCode(inspection) ? new AssembledRegions(linear, this.binding, least) : null;
    this.cache.front = assembled;
    return assembled;
  }

  /** To be called at the beginning of each slice, with the number of instructions retired. */
  calm(retired: number): void {
    this.assembled?.calm(retired);
  }

  /** Tier 0 runs a block. */
  ranBlock(): void {
    if (this.assembled?.waitedFor()) this.timeCompiling(() => this.assembled!.flush());
  }

  private timeCompiling(work: () => void): void {
    const started = performance.now();
    during(this.inspection.where, Doing.compiling, work);
    this.took(started);
  }

  /** Use an assembled region for a translation, as soon as it is compiled; false: there is no room for it. */
  private adopt(t: Translation, region: AssembledRegion, known: boolean, { ranges, bytes, truncated }: Pick<StoredRegion, "ranges" | "bytes" | "truncated">): boolean {
    t.pending = { truncated };
    const added = this.assembled!.add(region, known, (placed) => {
      t.pending = null;
      if (!placed) return;
      const cached = new CachedRegion(placed.fn, [this.stop], region.bytes.length, ranges, truncated, () => {
        placed.discard();
        this.reliants.remove(region.reliances, t);
      }, placed.slot);
      this.reliants.add(region.reliances, t);
      this.cache.addRegion(t, cached);
      if (t.region !== cached) cached.discard!();
      else if (!this.mayRely(region.reliances)) this.cache.loseRegion(t);
    }, () => t.valid && holds(this.memory, ranges, bytes));
    if (!added) t.pending = null;
    return added;
  }

  // Blocks.

  /** A block of at most so many instructions (0: as many as it has), not kept; null: fetching the first one faults. */
  lift(pc: number, mode: number, maxInstructions: number): Block | null {
    try {
      return liftBlock(this.memory, pc, mode, maxInstructions > 0 ? { maxInstructions, stops: this.stops.code } : { stops: this.stops.code });
    } catch (e) {
      if (!(e instanceof GuestFault)) throw e;
      this.env.fault = e;
      return null;
    }
  }

  /** The translation of the block at a PC that the cache does not have, as another process lifted it or lifted now; null: a fault. */
  make(pc: number, mode: number): Translation | null {
    if (mode & Mode.TRAP) {
      const block = this.lift(pc, mode, 1);
      return block && this.cache.add(block);
    }
    const store = this.sharedStore;
    let stored = store?.block(this.memory, pc, mode) ?? null;
    let block = stored?.block ?? null;
    if (!block) {
      const { times, where } = this.inspection;
      block = timed(times, "lifting", () => during(where, Doing.lifting, () => this.lift(pc, mode, 0)));
      if (!block) return null;
      stored = store?.addBlock(this.memory, mode, block) ?? null;
    }
    const t = this.cache.add(block);
    if (stored) {
      // What many short processes run is as hot as what one runs for long.
      t.history = stored;
      t.count = t.inherited = inheritedCount(stored);
    }
    return t;
  }

  /** Translations of other processes, unless a debugger's breakpoints cut blocks differently here. */
  private get sharedStore(): TranslationStore | undefined {
    return this.stops.code === null ? this.options.store : undefined;
  }

  // Regions.

  /** Use the region that another process compiled for this code, if there is one. */
  takeRegion(t: Translation, mode: number): boolean {
    const known = this.sharedStore?.region(this.memory, t.pc, mode);
    // A process whose pages have other rights has to have its own.
    if (!known || !this.mayRely(known.reliances)) return false;
    const { assembled } = known;
    if (assembled) {
      if (this.assembled === null || assembled.asks !== this.asks || !this.adopt(t, assembled, true, known)) return false;
      t.shape = known.shape;
      return true;
    }
    t.shape = known.shape;
    this.install(t, known.compiled, known.ranges, known.truncated);
    return true;
  }

  /** Give a translation a region, another process' or compiled now; it is `cold` afterwards if that cannot be. */
  compile(t: Translation, mode: number): void {
    if (mode & Mode.TRAP || this.stops.code?.has(t.pc | 0)) {
      t.cold = true;
      return;
    }
    if (this.takeRegion(t, mode)) return;
    const started = performance.now();
    during(this.inspection.where, Doing.compiling, () => this.compileRegion(t, mode, this.grow(t, mode, FIRST_GROWTH), started));
  }

  /** Compile the regions again from which code hopped too often, with what has been learned since. */
  regrow(regrowth: Regrowth, mode: number): void {
    during(this.inspection.where, Doing.compiling, () => regrowth.grow((pc) => {
      const t = this.cache.peek(pc);
      if (!t?.region || !mayGrow(t)) return false;
      const started = performance.now();
      const region = this.grow(t, mode, GROWTH);
      const shape = shapeOf(region);
      // Of the code around one of another process' less is known here than was there.
      if (shape === t.shape || (t.grown === 0 && shape < t.shape)) return false;
      this.compileRegion(t, mode, region, started);
      return true;
    }));
  }

  /** A region that begins at this PC, if there is one, left its first instruction to tier 0. */
  left(pc: number, mode: number): void {
    if (++this.singles === SILENT_PATIENCE && this.assembled && !this.asks) {
      this.asks = true;
      this.cache.clear();
      return;
    }
    const t = this.cache.peek(pc);
    if (t?.region && ++t.singles === FRAME_PATIENCE) this.compileRegion(t, mode, this.grow(t, mode, GROWTH), performance.now());
  }

  private grow(t: Translation, mode: number, limits: GrowthLimits): Region {
    const { growth } = this.inspection;
    return growRegion(this.memory, t.pc, mode, {
      count: (pc) => {
        const other = this.cache.peek(pc);
        if (!other) return growth ? 1 : 0;
        const made = other.region ?? other.pending;
        if (!made) return other.count;
        // Code that fills a region by itself is linked to: copies of it that start elsewhere would never meet their own start again in a long loop.
        return made.truncated && !growth ? 0 : 1;
      },
      targets: (pc) => frequentTargets(this.cache.peek(pc)),
      lifted: (pc) => this.cache.peek(pc)?.block ?? null,
    }, growth ?? limits, this.stops.code);
  }

  private compileRegion(t: Translation, mode: number, region: Region, started: number): void {
    const { compile } = this.inspection;
    this.prepare(t, region);
    t.grown++;
    t.shape = shapeOf(region);
    // x87 code that computes with doubles V8 compiles better from what it has learned of it: nbody-x87 takes 1.0 s as JavaScript, 1.6 as WebAssembly.
    if (this.assembled && !(region.x87 === 53 && usesX87(region))) {
      const assembled = assembleRegion(region, this.memory.limits.tables, this.asks);
      if (assembled) {
        const ranges = regionRanges(region), origin = { ranges, bytes: bytesOf(this.memory, ranges), truncated: region.truncated ?? false, shape: t.shape };
        this.countAnew(region);
        this.sharedStore?.addRegion(this.memory, t.pc, mode, origin, { assembled });
        this.counted(assembled.bytes.length, ranges);
        if (this.adopt(t, assembled, false, origin)) return this.took(started);
      }
      // What was emitted is used up.
      region = this.grow(t, mode, GROWTH);
      this.prepare(t, region);
    }
    const strategy = this.stops.memory === null ? USER_STRATEGY : WATCHED_STRATEGY;
    const emitted = compile ? null : emitRegion(region, undefined, strategy);
    const compiled = emitted ? compileEmitted(emitted) : compile!(region, this.memory, USER_ROLE, strategy);
    const ranges = regionRanges(region);
    this.install(t, compiled, ranges, region.truncated ?? false);
    this.countAnew(region);
    this.sharedStore?.addRegion(this.memory, t.pc, mode, { ranges, bytes: bytesOf(this.memory, ranges), truncated: region.truncated ?? false, shape: t.shape }, { compiled, emitted });
    this.counted(compiled.size, ranges);
    this.took(started);
  }

  /** What a region is to be like in this process. */
  private prepare(t: Translation, region: Region): void {
    region.entries = this.inspection.entries?.includes;
    if (t.singles >= FRAME_PATIENCE) region.frameless = true;
    if (this.stops.memory === null && t.losses < MOST_LOSSES) region.rights = remembered(this.memory);
  }

  private counted(bytes: number, ranges: readonly number[]): void {
    this.counters.bytes += bytes;
    for (let i = 0; i < ranges.length; i += 2) this.counters.guestBytes += (ranges[i + 1]! - ranges[i]!) | 0;
  }

  private took(started: number): void {
    const took = performance.now() - started, { times } = this.inspection;
    this.counters.compileMs += took;
    if (times) times.compiling += took;
  }

  private install(t: Translation, compiled: CompiledRegion, ranges: readonly number[], truncated: boolean): void {
    const links = freshLinks(compiled, this.stop);
    const { windows } = this.binding, part = windows.take(compiled.windows);
    const fn = bindRegion(compiled, this.binding, links, part);
    if (!compiled.primed) {
      // V8's feedback is the same for all functions that a factory makes.
      compiled.primed = true;
      const { lookups, hits } = this.cache.counters;
      primeRegion(fn, links, this.env.state);
      this.cache.counters.lookups = lookups;
      this.cache.counters.hits = hits;
    }
    this.reliants.add(compiled.reliances, t);
    this.cache.addRegion(t, new CachedRegion(fn, links, compiled.size, ranges, truncated, () => {
      windows.give(part);
      this.reliants.remove(compiled.reliances, t);
    }));
    // What it was made of is marked now, and stores to that are seen.
    if (!this.mayRely(compiled.reliances)) this.cache.loseRegion(t);
  }

  /** Whether the pages that a region relies on are such here. */
  private mayRely(reliances: readonly Reliance[]): boolean {
    return reliances.every(({ first, end, write }) => this.memory.grants(first, end, write));
  }

  /** Blocks that a region covers get one of their own only if tier 0 meets them often from now on, that is from outside of the region. */
  private countAnew(region: Region): void {
    for (const { block } of region.nodes) {
      // Straight code is one block of what are several to tier 0.
      for (const { op, imm } of block.insts) {
        if (op !== OP.insn) continue;
        const t = this.cache.peek(imm);
        if (t && !t.region && t.count > 0) t.count = 1;
      }
    }
  }

  // For a debugger.

  /** Memory is watched from now on, or not any more (null). `met`: compiled code met a watched page; tier 0 makes the access. */
  watch(watched: WatchedMemory | null, met: () => void): void {
    // Compiled code is bound to its way of checking accesses.
    this.cache.clear();
    this.env.memory = watched ?? this.memory;
    this.access = userAccess(this.env, this.memory);
    this.assembled?.retire();
    this.binding = { ...this.binding, ...this.access, ...(watched ? this.watchedAccess(watched, this.access, met) : {}) };
    this.assembled = this.startAssembling();
  }

  private watchedAccess(watched: WatchedMemory, plain: UserAccess, met: () => void): Pick<Binding, "rd" | "wr" | "strategy" | "windows"> {
    const { S } = this.env;
    const single = (): number => {
      S[EXIT >> 2] = Exit.single;
      met();
      return 1;
    };
    // No window shows more than one access: watched pages may be near.
    const rd: Binding["rd"] = (addr, size) => (watched.watchesPage(addr, size) ? single() : plain.rd(addr, size, NO_WINDOW, 0));
    const wr: Binding["wr"] = (addr, size) => (watched.watchesPage(addr, size) ? single() : plain.wr(addr, size, NO_WINDOW, 0));
    return { rd, wr, strategy: strategyValues({ rd, wr }, S, this.memory), windows: { take: ({ length }) => blankWindows(this.memory.home | 0, length), give() {} } };
  }

  /** It runs no more: nothing need be dropped one by one. */
  retire(): void {
    this.memory.observer = null;
    this.cache.retire();
    this.assembled?.retire();
  }
}
