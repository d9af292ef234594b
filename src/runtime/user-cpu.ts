import { liftBlock } from "../frontend/block.js";
import { Mode, USER32 } from "../frontend/mode.js";
import type { HostServices, LibEnv } from "../ir/env.js";
import { Exit, NOT_REFUSED } from "../ir/exit.js";
import type { Block } from "../ir/inst.js";
import { interpret } from "../ir/interp.js";
import { userFarTransfer } from "../ir/lib/far.js";
import { GuestFault, type GuestMemory, Vector } from "../ir/memory.js";
import { CpuState, DIRTY, EFL, EXIT, EXIT_ARG, EXIT_PC, LEFT, MXCSR, PC } from "../ir/state.js";
import { type CacheCounters, CachedRegion, type CacheLimits, frequentTargets, noteTarget, TranslationCache, type Translation } from "../jit/cache.js";
import { bindRegion, type Binding, type CompiledRegion, compileEmitted, emitRegion, type Links, type RegionFunction } from "../jit/compile.js";
import { USER_STRATEGY, WATCHED_STRATEGY } from "../jit/emit-memory.js";
import { primeRegion } from "../jit/prime.js";
import { Reminder } from "../jit/reminder.js";
import type { Region } from "../jit/region.js";
import { type Reliance, Reliants, remembered } from "../jit/settled-pages.js";
import { blankWindows } from "../jit/windows.js";
import { strategyValues, type UserAccess, userAccess } from "../jit/user-access.js";
import { USER_ROLE } from "../mmu/role.js";
import type { UserMemory } from "../mmu/user-memory.js";
import { DebugStops } from "./debug-stops.js";
import { type StopPoints, WATCHED, WatchedMemory, type WatchHit } from "./breakpoints.js";
import type { BlockEntries, Inspection } from "./inspect/inspection.js";
import type { TimeSplit } from "./inspect/time-split.js";
import { Doing, during, type Whereabouts } from "./inspect/whereabouts.js";
import { FIRST_GROWTH, GROWTH, growRegion, type GrowthLimits, HOT, regionRanges, shapeOf } from "./region-builder.js";
import { Regrowth } from "./regrowth.js";
import { inheritedCount, type TranslationStore } from "./translation-store.js";
import { forgiveX87, x87Mode } from "./x87-mode.js";

/** Which tiers may run code. */
export type Tier = "auto" | "interp" | "jit";

/** What the personality needs of a processor: one per process; threads swap their state in and out of `state`. */
export interface UserProcessor {
  readonly state: CpuState;
  readonly memory: UserMemory;
  /** The fault that ended the last run with Exit.fault. */
  readonly fault: GuestFault | null;
  /** Instructions retired in all runs (a double, exact to 2^53). */
  readonly instructions: number;
  /**
   * Run at most about `budget` instructions (exactly so with `exact`). Returns Exit.budget, Exit.fault (PC at the faulting instruction, `fault` says what),
   * Exit.interrupt (software interrupt, vector in state EXIT_ARG, PC after it), Exit.syscall or Exit.halt.
   */
  run(budget: number, exact?: boolean): Exit;
  /** A processor for a copy of this one's memory (fork), sharing translations where it can. State is copied too. */
  fork(memory: UserMemory, host: HostServices): UserProcessor;
  /** Forget everything about the current program (execve). */
  reset(): void;
  /** It runs no more: its memory may be cleared without telling it. */
  retire(): void;
  /**
   * Stop at these with Exit.debug from now on; null: at nothing. A breakpoint at the PC that `run` begins with counts, unless it is `passing`. Not
   * while it runs. Copies made by `fork` stop at nothing.
   */
  stopAt(points: StopPoints | null): void;
  /** Go past a breakpoint at this PC when `run` begins there next. */
  pass(pc: number): void;
  /** What was accessed, if that is why the last run ended with Exit.debug. */
  readonly watchHit: WatchHit | null;
}

export interface UserCpuOptions {
  /** Mode of its code: USER32 unless told. Programs of USER64 have no personality yet. */
  readonly mode?: number;
  /** How often compiled code may meet an x87 or numbers that x87 registers in locals are not made for before they are given up. */
  readonly x87Patience?: number;
  readonly tier?: Tier;
  /** Executions in tier 0 before a block's region is compiled (300 unless told). */
  readonly threshold?: number;
  readonly limits?: CacheLimits;
  /** Role that translations are filed under; USER_ROLE by default. */
  readonly role?: number;
  /** Translations shared with other processors. */
  readonly store?: TranslationStore;
  /** Count into these (several processors may share them). */
  readonly counters?: RunCounters;
  readonly inspection?: Inspection;
}

/** What runs add up. */
export interface RunCounters {
  /** Instructions retired by each tier. */
  interp: number;
  jit: number;
  compileMs: number;
  /** Bytes of JavaScript compiled, and of the guest's code it came from. */
  bytes: number;
  guestBytes: number;
}

/** A region may overrun its budget by at most this many instructions, so exact runs stop compiled code this much earlier. */
const SLACK = 4096;
/** Times that a region is compiled. */
const MOST_GROWN = 4;
const FLAGS_TF = 0x100;
/** After this many of `Translation.singles` a region checks accesses to the stack where they are made (frame-checks.ts). */
const FRAME_PATIENCE = 200;
/** After this many of `Translation.losses` a region relies on nothing any more. */
const MOST_LOSSES = 2;
/** Blocks that tier 0 runs after compiled code met a watched page: where one access is, more are near. */
const WATCH_COOLING = 64;
/** What a check writes to whose window is not to be known. */
const NO_WINDOW = new Int32Array(2);
const NO_STOPS: ReadonlySet<number> = new Set();
/** Interrupt gates that privilege level 3 may use, as Linux sets them up. */
const OPEN_GATES: ReadonlySet<number> = new Set([Vector.BP, Vector.OF, 0x80]);

/** A processor that runs user-mode code. */
export class UserCpu implements UserProcessor {
  readonly state = new CpuState();
  readonly counters: RunCounters;
  readonly cache: TranslationCache;
  private readonly env: Omit<LibEnv, "memory"> & { memory: GuestMemory };
  private access: UserAccess;
  private binding: Binding;
  private readonly threshold: number;
  private readonly times: TimeSplit | null;
  private readonly where: Whereabouts | null;
  private readonly entries: BlockEntries | null;
  private readonly regrowth = new Regrowth();
  private readonly reminder = new Reminder(this.state);
  private readonly reliants = new Reliants<Translation>();
  private readonly grants = (first: number, end: number, write: boolean): boolean => this.memory.grants(first, end, write);
  private retired = 0;
  // For a debugger.
  private readonly stops = new DebugStops();
  private cooling = 0;

  constructor(
    readonly memory: UserMemory,
    host: HostServices,
    private readonly options: UserCpuOptions = {},
  ) {
    const { tier = "auto", threshold = HOT } = options;
    this.threshold = tier === "interp" ? Infinity : tier === "jit" ? 0 : threshold;
    this.counters = options.counters ?? { interp: 0, jit: 0, compileMs: 0, bytes: 0, guestBytes: 0 };
    const state = this.state;
    const { inspection } = options;
    this.times = inspection?.times ?? null;
    this.where = inspection?.where ?? null;
    this.entries = inspection?.entries ?? null;
    this.env = { state, S: state.S, memory, fault: null, host, hits: inspection?.hits, where: inspection?.where?.now, entered: inspection?.entries?.enter };
    const stop: RegionFunction = () => stop;
    const role = options.role ?? USER_ROLE;
    this.cache = new TranslationCache(role, memory, stop, options.limits, inspection?.observe?.(memory, role));
    this.access = userAccess(this.env, memory);
    this.binding = { env: this.env, ...this.access, go: this.cache.go, link: this.cache.link, stop };
    memory.observer = {
      rightsChanged: (first, end) => {
        this.access.rightsChanged(first, end);
        for (const t of this.reliants.disappointed(first, end, this.grants)) this.cache.loseRegion(t);
      },
      codeWritten: (addr, size) => {
        if (this.cache.invalidate(addr, size) > 0) state.S[DIRTY >> 2] = 1;
      },
      codeUnmapped: (first, pages) => this.cache.invalidatePages(first, pages),
    };
  }

  get fault(): GuestFault | null {
    return this.env.fault;
  }

  get instructions(): number {
    return this.retired;
  }

  get cacheCounters(): CacheCounters {
    return this.cache.counters;
  }

  run(budget: number, exact = false): Exit {
    const { S } = this.state;
    let left = budget;
    while (left > 0) {
      const bias = exact ? Math.min(left, SLACK) : 0;
      // With a bias the part before it runs at full speed; the rest goes block by block.
      const exit = bias < left ? this.runFast(left - bias) : this.runExact(left);
      left = S[LEFT >> 2]! + (bias < left ? bias : 0);
      if (exit !== Exit.budget) return exit;
    }
    return Exit.budget;
  }

  /** Run until LEFT is used up (or a little more). */
  private runFast(budget: number): Exit {
    const { S } = this.state;
    S[LEFT >> 2] = budget;
    forgiveX87(S);
    const start = S[LEFT >> 2]!;
    try {
      while (S[LEFT >> 2]! > 0) {
        S[EXIT >> 2] = Exit.none;
        if (this.stops.code !== null && this.stops.isStop(S[PC >> 2]!)) return Exit.debug;
        const exit = this.settle(this.step(0));
        if (exit !== Exit.none && exit !== Exit.mode) return exit;
        if (this.stops.memory !== null && this.stops.takeHit()) return Exit.debug;
      }
      return Exit.budget;
    } finally {
      this.retired += start - S[LEFT >> 2]!;
    }
  }

  /** Run exactly `left` instructions in tier 0. */
  private runExact(budget: number): Exit {
    const { S } = this.state;
    S[LEFT >> 2] = budget;
    try {
      while (S[LEFT >> 2]! > 0) {
        if (this.stops.code !== null && this.stops.isStop(S[PC >> 2]!)) return Exit.debug;
        const exit = this.settle(this.step(S[LEFT >> 2]!));
        if (exit !== Exit.none && exit !== Exit.mode) return exit;
        if (this.stops.memory !== null && this.stops.takeHit()) return Exit.debug;
      }
      return Exit.budget;
    } finally {
      this.retired += budget - S[LEFT >> 2]!;
    }
  }

  // What a debugger stops at.

  stopAt(points: StopPoints | null): void {
    const code = points && points.code.size > 0 ? new Set(points.code) : null;
    const old = this.stops.code ?? NO_STOPS;
    for (const pc of old) if (!code?.has(pc)) this.cache.invalidate(pc, 1);
    for (const pc of code ?? NO_STOPS) if (!old.has(pc)) this.cache.invalidate(pc, 1);
    // Not null as long as blocks end at addresses of their own, so that the store of shared translations is left alone.
    const data = points?.data ?? [];
    const had = this.stops.memory !== null;
    const watched = data.length > 0 ? new WatchedMemory(this.memory, data, this.state.S) : null;
    this.stops.set(points ? (code ?? NO_STOPS) : null, watched);
    if (watched === null && !had) return;
    // Compiled code is bound to its way of checking accesses.
    this.cache.clear();
    this.env.memory = watched ?? this.memory;
    this.access = userAccess(this.env, this.memory);
    this.binding = { ...this.binding, ...this.access, ...(watched ? this.watchedAccess(watched, this.access) : {}) };
  }

  get watchHit(): WatchHit | null {
    return this.stops.hit;
  }

  /** Accesses to watched pages leave compiled code; tier 0 makes them. */
  private watchedAccess(watched: WatchedMemory, plain: UserAccess): Pick<Binding, "rd" | "wr" | "strategy" | "windows"> {
    const { S } = this.state;
    const single = (): number => {
      S[EXIT >> 2] = Exit.single;
      this.cooling = WATCH_COOLING;
      return 1;
    };
    // No window shows more than one access: watched pages may be near.
    const rd: Binding["rd"] = (addr, size) => (watched.watchesPage(addr, size) ? single() : plain.rd(addr, size, NO_WINDOW, 0));
    const wr: Binding["wr"] = (addr, size) => (watched.watchesPage(addr, size) ? single() : plain.wr(addr, size, NO_WINDOW, 0));
    return { rd, wr, strategy: strategyValues({ rd, wr }, S, this.memory), windows: { take: ({ length }) => blankWindows(this.memory.home | 0, length), give() {} } };
  }

  pass(pc: number): void {
    this.stops.pass(pc);
  }

  /** Finish what a step left to the run loop: far transfers, gates that refuse an INT n, and #OF, which is a trap (lift/control.ts, `into`). */
  private settle(exit: Exit): Exit {
    if (exit === Exit.none) return exit;
    const { S } = this.state;
    if (exit === Exit.far) {
      try {
        userFarTransfer(this.env);
        return Exit.mode;
      } catch (e) {
        if (!(e instanceof GuestFault)) throw e;
        this.env.fault = e;
        return Exit.fault;
      }
    }
    if (exit === Exit.interrupt) {
      const vector = S[EXIT_ARG >> 2]! & 0xff;
      if (!(S[EXIT_ARG >> 2]! & NOT_REFUSED) && !OPEN_GATES.has(vector)) {
        S[PC >> 2] = S[EXIT_PC >> 2]!;
        this.env.fault = new GuestFault(Vector.GP, (vector << 3) | 2);
        return Exit.fault;
      }
      S[EXIT_ARG >> 2] = vector;
    }
    const fault = this.env.fault;
    if (exit === Exit.fault && fault!.vector === Vector.OF) {
      S[PC >> 2]! += fault!.errorCode;
      this.env.fault = new GuestFault(Vector.OF);
    }
    return exit;
  }

  private currentMode(): number {
    const { S } = this.state;
    let mode = this.options.mode ?? USER32;
    if ((S[MXCSR >> 2]! & 0xffc0) !== 0x1f80) mode |= Mode.SOFT_FLOAT;
    if (S[EFL >> 2]! & FLAGS_TF) mode |= Mode.TRAP;
    return mode & Mode.CODE64 ? mode : mode | x87Mode(S, this.options.x87Patience);
  }

  /** Run one block or chain of regions; `limit`: tier 0 only, and at most that many instructions (0: no limit). */
  private step(limit: number): Exit {
    const { S } = this.state;
    const mode = this.currentMode();
    this.cache.setMode(mode);
    const pc = S[PC >> 2]!;
    S[DIRTY >> 2] = 0;
    let t = this.cache.lookup(pc);
    if (!t) {
      const block = mode & Mode.TRAP ? this.lift(pc, mode, 1) : null;
      const made = block ? this.cache.add(block) : mode & Mode.TRAP ? null : this.translationAt(pc, mode);
      if (!made) return Exit.fault;
      t = made;
      if (this.threshold !== Infinity && !(mode & Mode.TRAP)) this.takeRegion(t, mode);
    }
    if (mode & Mode.TRAP) {
      const exit = this.settle(this.interpretBlock(t.block));
      if (exit !== Exit.none && exit !== Exit.mode) return exit;
      this.env.fault = new GuestFault(Vector.DB);
      return Exit.fault;
    }
    if (limit === 0 && this.threshold !== Infinity && !this.regrowth.profiling && (this.stops.memory === null || --this.cooling < 0)) {
      if (!t.region && !t.cold && t.count >= this.threshold) this.compile(t, mode);
      if (t.region) return this.runRegion(t.region.fn);
    }
    t.count++;
    if (this.entries !== null && this.entries.includes(pc)) this.entries.enter(pc);
    if (limit > 0 && t.block.count > limit) {
      const block = this.lift(pc, mode, limit);
      return block ? this.interpretBlock(block) : Exit.fault;
    }
    const exit = this.interpretBlock(t.block);
    const { term } = t.block;
    if (term.kind === "indirect" && term.hint !== "ret" && exit === Exit.none) noteTarget(t, S[PC >> 2]!);
    if (this.regrowth.profiling && this.regrowth.block()) during(this.where, Doing.compiling, () => this.regrow(mode));
    return exit;
  }

  private runRegion(f: RegionFunction): Exit {
    const { S } = this.state;
    const { stop } = this.binding;
    const before = S[LEFT >> 2]!;
    if (this.stops.memory !== null) this.stops.memory.precise = false;
    const { regrowth, times } = this;
    const started = times === null ? 0 : performance.now();
    let hops = 0;
    if (regrowth.sampling) {
      while (f !== stop) {
        const from = S[PC >> 2]!;
        f = f();
        regrowth.hop(from);
      }
    } else {
      let last = f;
      for (; f !== stop; hops++) f = (last = f)();
      if (S[LEFT >> 2]! < 0 && S[EXIT >> 2] === Exit.none) this.reminder.ended(last);
    }
    if (this.stops.memory !== null) this.stops.memory.precise = true;
    const ran = before - S[LEFT >> 2]!;
    if (times !== null) times.compiled += performance.now() - started;
    regrowth.ran(hops, ran);
    this.counters.jit += ran;
    let exit = S[EXIT >> 2]! as Exit;
    if (exit === Exit.fault && this.env.fault === WATCHED) exit = Exit.single;
    if (exit !== Exit.single) return exit;
    S[EXIT >> 2] = Exit.none;
    const pc = S[PC >> 2]!, mode = this.currentMode();
    const left = this.cache.peek(pc);
    if (left?.region && ++left.singles === FRAME_PATIENCE) this.compileRegion(left, mode, this.grow(left, mode, GROWTH), performance.now());
    const block = this.lift(pc, mode, 1);
    return block ? this.interpretBlock(block) : Exit.fault;
  }

  private interpretBlock(block: Block): Exit {
    const { S } = this.state;
    const before = S[LEFT >> 2]!;
    const { where } = this;
    if (where !== null) {
      if (block.number === 0) where.name(block, this.memory, this.cache.currentMode, USER_ROLE);
      where.now[0] = block.number;
    }
    const exit = interpret(block, this.env);
    // The instruction will run again.
    if (exit === Exit.fault && this.stops.memory !== null) this.stops.memory.hit = null;
    this.counters.interp += before - S[LEFT >> 2]!;
    return exit;
  }

  /** Null: fetching the first instruction faults. */
  private lift(pc: number, mode: number, maxInstructions: number): Block | null {
    try {
      return liftBlock(this.memory, pc, mode, maxInstructions > 0 ? { maxInstructions, stops: this.stops.code } : { stops: this.stops.code });
    } catch (e) {
      if (!(e instanceof GuestFault)) throw e;
      this.env.fault = e;
      return null;
    }
  }

  /** The translation of the block at a PC, as another process lifted it or lifted now; null: a fault. */
  private translationAt(pc: number, mode: number): Translation | null {
    const store = this.sharedStore;
    let stored = store?.block(this.memory, pc, mode) ?? null;
    let block = stored?.block ?? null;
    if (!block) {
      const started = this.times ? performance.now() : 0;
      block = during(this.where, Doing.lifting, () => this.lift(pc, mode, 0));
      if (this.times) this.times.lifting += performance.now() - started;
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

  /** Use the region that another process compiled for this code, if there is one. */
  private takeRegion(t: Translation, mode: number): boolean {
    const known = this.sharedStore?.region(this.memory, t.pc, mode);
    // A process whose pages have other rights has to have its own.
    if (!known || !this.mayRely(known.reliances)) return false;
    t.shape = known.shape;
    this.install(t, known.compiled, known.ranges, known.truncated);
    return true;
  }

  private install(t: Translation, compiled: CompiledRegion, ranges: readonly number[], truncated: boolean): void {
    const links: Links = new Array<RegionFunction | null>(compiled.exits.length).fill(null);
    links[0] = this.binding.stop;
    const { windows } = this.binding, part = windows.take(compiled.windows);
    const fn = bindRegion(compiled, this.binding, links, part);
    if (!compiled.primed) {
      // V8's feedback is the same for all functions that a factory makes.
      compiled.primed = true;
      const { lookups, hits } = this.cache.counters;
      primeRegion(fn, links, this.state);
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

  private compile(t: Translation, mode: number): void {
    if (mode & Mode.TRAP || this.stops.code?.has(t.pc | 0)) {
      t.cold = true;
      return;
    }
    if (this.takeRegion(t, mode)) return;
    const started = performance.now();
    during(this.where, Doing.compiling, () => this.compileRegion(t, mode, this.grow(t, mode, FIRST_GROWTH), started));
  }

  private grow(t: Translation, mode: number, limits: GrowthLimits): Region {
    const { growth } = this.options.inspection ?? {};
    return growRegion(this.memory, t.pc, mode, {
      count: (pc) => {
        const other = this.cache.peek(pc);
        if (!other) return growth ? 1 : 0;
        if (!other.region) return other.count;
        // Code that fills a region by itself is linked to: copies of it that start elsewhere would never meet their own start again in a long loop.
        return other.region.truncated && !growth ? 0 : 1;
      },
      targets: (pc) => frequentTargets(this.cache.peek(pc)),
      lifted: (pc) => this.cache.peek(pc)?.block ?? null,
    }, growth ?? limits, this.stops.code);
  }

  /** Compile the regions again from which code hopped too often, with what has been learned since. */
  private regrow(mode: number): void {
    let changed = false;
    for (const pc of this.regrowth.candidates()) {
      const t = this.cache.peek(pc);
      if (!t?.region || t.grown > MOST_GROWN) continue;
      const started = performance.now();
      const region = this.grow(t, mode, GROWTH);
      const shape = shapeOf(region);
      // Of the code around one of another process' less is known here than was there.
      if (shape === t.shape || (t.grown === 0 && shape < t.shape)) continue;
      this.compileRegion(t, mode, region, started);
      changed = true;
    }
    this.regrowth.done(changed);
  }

  private compileRegion(t: Translation, mode: number, region: Region, started: number): void {
    const { compile } = this.options.inspection ?? {};
    region.entries = this.entries?.includes;
    if (t.singles >= FRAME_PATIENCE) region.frameless = true;
    if (this.stops.memory === null && t.losses < MOST_LOSSES) region.rights = remembered(this.memory);
    t.grown++;
    t.shape = shapeOf(region);
    const strategy = this.stops.memory === null ? USER_STRATEGY : WATCHED_STRATEGY;
    const emitted = compile ? null : emitRegion(region, undefined, strategy);
    const compiled = emitted ? compileEmitted(emitted) : compile!(region, this.memory, USER_ROLE, strategy);
    const ranges = regionRanges(region);
    this.install(t, compiled, ranges, region.truncated ?? false);
    this.countAnew(region);
    this.sharedStore?.addRegion(this.memory, t.pc, mode, { ranges, truncated: region.truncated ?? false, shape: t.shape }, compiled, emitted);
    this.counters.bytes += compiled.size;
    for (let i = 0; i < ranges.length; i += 2) this.counters.guestBytes += (ranges[i + 1]! - ranges[i]!) | 0;
    const took = performance.now() - started;
    this.counters.compileMs += took;
    if (this.times) this.times.compiling += took;
  }

  /** Blocks that a region covers get one of their own only if tier 0 meets them often from now on, that is from outside of the region. */
  private countAnew(region: Region): void {
    for (const { pc } of region.nodes) {
      const t = this.cache.peek(pc);
      if (t && !t.region && t.count > 0) t.count = 1;
    }
  }

  fork(memory: UserMemory, host: HostServices): UserCpu {
    const child = new UserCpu(memory, host, { ...this.options, counters: this.counters });
    child.state.bytes.set(this.state.bytes);
    return child;
  }

  retire(): void {
    // Nothing need be dropped one by one.
    this.memory.observer = null;
    this.cache.retire();
  }

  reset(): void {
    this.cache.clear();
    this.state.bytes.fill(0);
    this.state.bytes.set(new CpuState().bytes);
  }
}
