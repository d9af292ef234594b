import { Mode, USER32 } from "../frontend/mode.js";
import type { HostServices } from "../ir/env.js";
import { Exit, NOT_REFUSED } from "../ir/exit.js";
import type { Block } from "../ir/inst.js";
import { interpret } from "../ir/interp.js";
import { userFarTransfer } from "../ir/lib/far.js";
import { GuestFault, Vector } from "../ir/memory.js";
import { CpuState, DIRTY, EFL, EXIT, EXIT_ARG, EXIT_PC, LEFT, MXCSR, PC } from "../ir/state.js";
import { type CacheCounters, noteTarget, type TranslationCache } from "../jit/cache.js";
import type { RegionFunction } from "../jit/compile.js";
import { STATE_AT } from "../mmu/linear-memory.js";
import { USER_ROLE } from "../mmu/role.js";
import type { UserMemory } from "../mmu/user-memory.js";
import { type StopPoints, WATCHED, WatchedMemory, type WatchHit } from "./breakpoints.js";
import { DebugStops } from "./debug-stops.js";
import type { BlockEntries } from "./inspect/inspection.js";
import { inBlock, type Whereabouts } from "./inspect/whereabouts.js";
import { RegionRunner } from "./region-runner.js";
import type { Regrowth } from "./regrowth.js";
import { type RunCounters, thresholdOf, type TierOptions } from "./tiers.js";
import { type UserEnv, type UserTranslationOptions, UserTranslations } from "./user-translations.js";
import { forgiveX87, x87Mode } from "./x87-mode.js";

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

export interface UserCpuOptions extends TierOptions, UserTranslationOptions {
  /** Mode of its code: USER32 unless told. Programs of USER64 have no personality yet. */
  readonly mode?: number;
  /** How often compiled code may meet an x87 or numbers that x87 registers in locals are not made for before they are given up. */
  readonly x87Patience?: number;
  /** Count into these (several processors may share them). */
  readonly counters?: RunCounters;
}

/** A region may overrun its budget by at most this many instructions, so exact runs stop compiled code this much earlier. */
const SLACK = 4096;
const FLAGS_TF = 0x100;
/** Blocks that tier 0 runs after compiled code met a watched page: where one access is, more are near. */
const WATCH_COOLING = 64;
const NO_STOPS: ReadonlySet<number> = new Set();
/** Interrupt gates that privilege level 3 may use, as Linux sets them up. */
const OPEN_GATES: ReadonlySet<number> = new Set([Vector.BP, Vector.OF, 0x80]);

/** A processor that runs user-mode code. */
export class UserCpu implements UserProcessor {
  readonly state: CpuState;
  readonly counters: RunCounters;
  readonly cache: TranslationCache;
  private readonly translations: UserTranslations;
  private readonly env: UserEnv;
  private readonly threshold: number;
  private readonly where: Whereabouts | null;
  private readonly entries: BlockEntries | null;
  private readonly runner: RegionRunner;
  private readonly regrowth: Regrowth;
  private retired = 0;
  // For a debugger.
  private readonly stops = new DebugStops();
  /** Blocks that tier 0 runs at least before compiled code may go on. */
  private cooling = 0;

  constructor(
    readonly memory: UserMemory,
    host: HostServices,
    private readonly options: UserCpuOptions = {},
  ) {
    this.threshold = thresholdOf(options);
    this.counters = options.counters ?? { interp: 0, jit: 0, compileMs: 0, bytes: 0, guestBytes: 0 };
    this.state = memory.linear ? new CpuState(memory.buffer, STATE_AT) : new CpuState();
    const { state } = this, { inspection } = options;
    this.where = inspection?.where ?? null;
    this.entries = inspection?.entries ?? null;
    this.env = { state, S: state.S, memory, fault: null, host, hits: inspection?.hits, where: inspection?.where?.now, entered: inspection?.entries?.enter };
    this.translations = new UserTranslations(memory, this.env, this.stops, this.counters, this.threshold === 0 ? { ...options, batch: 1 } : options);
    this.cache = this.translations.cache;
    this.runner = new RegionRunner(state, this.translations.stop, inspection?.times ?? null, this.translations.isAssembled);
    this.regrowth = this.runner.regrowth;
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
    this.translations.calm(this.retired);
    let left = budget;
    while (left > 0) {
      const bias = exact ? Math.min(left, SLACK) : 0;
      // With a bias the part before it runs at full speed; the rest goes block by block.
      const exit = bias < left ? this.runPart(left - bias, false) : this.runPart(left, true);
      left = S[LEFT >> 2]! + (bias < left ? bias : 0);
      if (exit !== Exit.budget) return exit;
    }
    return Exit.budget;
  }

  /** Run until the budget is used up: `exact`, by tier 0, or a little more. */
  private runPart(budget: number, exact: boolean): Exit {
    const { S } = this.state;
    S[LEFT >> 2] = budget;
    if (!exact) forgiveX87(S);
    const start = S[LEFT >> 2]!;
    try {
      while (S[LEFT >> 2]! > 0) {
        if (this.stops.code !== null && this.stops.isStop(S[PC >> 2]!)) return Exit.debug;
        const exit = this.settle(this.step(exact ? S[LEFT >> 2]! : 0));
        if (exit !== Exit.none && exit !== Exit.mode) return exit;
        if (this.stops.memory !== null && this.stops.takeHit()) return Exit.debug;
      }
      return Exit.budget;
    } finally {
      this.retired += start - S[LEFT >> 2]!;
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
    this.translations.watch(watched, () => {
      this.cooling = WATCH_COOLING;
    });
  }

  get watchHit(): WatchHit | null {
    return this.stops.hit;
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
      const made = this.translations.make(pc, mode);
      if (!made) return Exit.fault;
      t = made;
      if (this.threshold !== Infinity && !(mode & Mode.TRAP)) this.translations.takeRegion(t, mode);
    }
    if (mode & Mode.TRAP) {
      const exit = this.settle(this.interpretBlock(t.block));
      if (exit !== Exit.none && exit !== Exit.mode) return exit;
      this.env.fault = new GuestFault(Vector.DB);
      return Exit.fault;
    }
    if (limit === 0 && this.threshold !== Infinity && !this.regrowth.profiling && (this.stops.memory === null || --this.cooling < 0)) {
      if (!t.region && !t.cold && !t.pending && t.count >= this.threshold) this.translations.compile(t, mode);
      if (t.region) return this.runRegion(t.region.fn);
    }
    this.translations.ranBlock();
    t.count++;
    if (this.entries !== null && this.entries.includes(pc)) this.entries.enter(pc);
    if (limit > 0 && t.block.count > limit) {
      const block = this.translations.lift(pc, mode, limit);
      return block ? this.interpretBlock(block) : Exit.fault;
    }
    const exit = this.interpretBlock(t.block);
    if (exit === Exit.none) noteTarget(t, S[PC >> 2]!);
    if (this.regrowth.profiling && this.regrowth.block()) this.translations.regrow(this.regrowth, mode);
    return exit;
  }

  private runRegion(f: RegionFunction): Exit {
    const { S } = this.state;
    const watched = this.stops.memory;
    if (watched !== null) watched.precise = false;
    this.counters.jit += this.runner.run(f);
    if (watched !== null) watched.precise = true;
    let exit = S[EXIT >> 2]! as Exit;
    if (exit === Exit.fault && this.env.fault === WATCHED) exit = Exit.single;
    if (exit !== Exit.single) return exit;
    const pc = S[PC >> 2]!, mode = this.currentMode();
    this.translations.left(pc, mode);
    const block = this.translations.lift(pc, mode, 1);
    return block ? this.interpretBlock(block) : Exit.fault;
  }

  private interpretBlock(block: Block): Exit {
    const { S } = this.state;
    const before = S[LEFT >> 2]!;
    if (this.where !== null) inBlock(this.where, block, this.memory, this.cache.currentMode, USER_ROLE);
    const exit = interpret(block, this.env);
    // The instruction will run again.
    if (exit === Exit.fault && this.stops.memory !== null) this.stops.memory.hit = null;
    this.counters.interp += before - S[LEFT >> 2]!;
    return exit;
  }

  fork(memory: UserMemory, host: HostServices): UserCpu {
    const child = new UserCpu(memory, host, { ...this.options, counters: this.counters });
    child.state.bytes.set(this.state.bytes);
    return child;
  }

  retire(): void {
    this.translations.retire();
  }

  reset(): void {
    this.cache.clear();
    this.state.bytes.fill(0);
    this.state.bytes.set(new CpuState().bytes);
  }
}
