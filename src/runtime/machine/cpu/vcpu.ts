import { Mode } from "../../../frontend/mode.js";
import type { LibEnv } from "../../../ir/env.js";
import { Exit, NOT_REFUSED } from "../../../ir/exit.js";
import type { Block } from "../../../ir/inst.js";
import { interpret, retiredInBlock } from "../../../ir/interp.js";
import { Far } from "../../../ir/lib/far.js";
import { GuestFault, Vector } from "../../../ir/memory.js";
import { RESULT } from "../../../ir/op.js";
import { type CpuState, DIRTY, EFL, EXIT, EXIT_ARG, LEFT, PC, SHADOW, SHADOW_SS } from "../../../ir/state.js";
import { noteTarget } from "../../../jit/cache.js";
import type { RegionFunction } from "../../../jit/compile.js";
import { Mmu, type MmuOptions } from "../../../mmu/mmu.js";
import type { PhysicalMemory } from "../../../mmu/physical.js";
import { fixed } from "../../../mmu/policies/fixed.js";
import type { RolePolicy } from "../../../mmu/policy.js";
import { type StopPoints, WatchedMemory as DebuggerMemory, type WatchHit } from "../../breakpoints.js";
import type { BlockEntries, Inspection } from "../../inspect/inspection.js";
import { inBlock, type Whereabouts } from "../../inspect/whereabouts.js";
import { DebugStops } from "../../debug-stops.js";
import { forgiveX87 } from "../../x87-mode.js";
import { RegionRunner } from "../../region-runner.js";
import type { Regrowth } from "../../regrowth.js";
import { thresholdOf, type TierOptions } from "../../tiers.js";
import { SliceEnd, type VcpuControl, type VcpuEnvironment } from "../contract.js";
import { MachineTranslations, type RoleIndex, type Translation } from "../translations.js";
import { AlignedMemory } from "./aligned-memory.js";
import { CR0_AM, DR6_BS, FL_AC, FL_IF, FL_RF, FL_TF } from "./bits.js";
import { Blocks } from "./blocks.js";
import { FetchUnit } from "./code.js";
import type { Topology } from "./cpuid.js";
import { Delivery } from "./delivery.js";
import { dumpProcessor } from "./dump.js";
import { farTransfer, sysenter } from "./far.js";
import { Origin } from "./interrupt.js";
import { executionMode } from "./mode.js";
import { Processor } from "./processor.js";
import { RegionCompiler } from "./region-compiler.js";
import { Regions } from "./regions.js";
import { init, reset, startUp } from "./reset.js";
import { ProcessorServices } from "./services.js";
import { WatchedMemory } from "./watched-memory.js";

export interface VcpuOptions extends TierOptions {
  /** Shared by all vCPUs of a machine. */
  readonly translations?: MachineTranslations;
  readonly policy?: RolePolicy;
  readonly mmu?: MmuOptions;
  /** Processors of the machine, for CPUID. */
  readonly processors?: number;
  /** Whether it starts by itself (the bootstrap processor) or waits for SIPI; vCPU 0 does by default. */
  readonly bootstrap?: boolean;
  /** Told of blocks as they are entered; PCs are offsets in CS. */
  readonly entries?: BlockEntries;
  /** For those who look inside: `compile` and `times`. */
  readonly inspection?: Inspection;
}

/** Events delivered without an instruction in between before a slice ends early: a guest that faults forever must not hang its host. */
const MOST_EVENTS = 10_000;
const MAX_BUDGET = 0x3fffffff;
/** Compiled code may overrun its budget by at most this many instructions, so exact runs leave it this much earlier. */
const SLACK = 384;

/** One virtual processor of a machine. */
export class Vcpu implements VcpuControl {
  readonly p: Processor;
  readonly mmu: Mmu<RoleIndex>;
  readonly translations: MachineTranslations;
  private readonly S: Int32Array;
  private readonly code: FetchUnit;
  private readonly env: LibEnv;
  /** The same with memory that data breakpoints watch. */
  private readonly watchedEnv: LibEnv;
  /** The same under alignment checks. */
  private readonly alignedEnv: LibEnv;
  private readonly bootstrap: boolean;
  /** Others run on this thread, too: PAUSE lets them. */
  private readonly sharing: boolean;
  private readonly threshold: number;
  private readonly entries: BlockEntries | null;
  private readonly compiler: RegionCompiler;
  private readonly regions: Regions;
  private readonly runner: RegionRunner;
  private readonly regrowth: Regrowth;
  private readonly services: ProcessorServices;
  readonly delivery: Delivery;

  private retired = 0;
  private running = false;
  private budget = 0;
  /** With an exact budget: the part kept for tier 0, at its end. */
  private reserve = 0;
  private exact = false;
  private halted = false;
  private waiting = false;
  // Requests from outside, looked at between instructions.
  private requests = 0;
  private nmiPending = false;
  private nmiBlocked = false;
  private readonly blocks: Blocks;
  /** Instructions retired in compiled code. */
  compiled = 0;
  private readonly where: Whereabouts | null;
  // For a debugger.
  private readonly stops = new DebugStops();
  private debuggerEnv: LibEnv | null = null;
  /** Interrupts wait: single steps are not to end in their handlers. */
  quiet = false;

  constructor(readonly id: number, memory: PhysicalMemory, private readonly environment: VcpuEnvironment, options: VcpuOptions = {}) {
    this.translations = options.translations ?? new MachineTranslations(memory);
    this.mmu = new Mmu<RoleIndex>(memory, options.policy ?? fixed, this.translations, options.mmu);
    const p = (this.p = new Processor(this.mmu, id));
    this.S = p.S;
    this.code = new FetchUnit(p);
    this.delivery = new Delivery(p, environment);
    const msrs = environment.msrs;
    const topology: Topology = {
      processors: options.processors ?? 1,
      get apicEnabled(): boolean {
        return msrs.readMsr(0x1b) && (RESULT[0]! & 0x800) !== 0;
      },
    };
    this.services = new ProcessorServices(p, environment, topology);
    const host = this.services;
    this.entries = options.entries ?? null;
    this.env = { state: p.state, S: p.S, memory: p.memory, fault: null, host, hits: options.inspection?.hits, where: options.inspection?.where?.now, entered: options.entries?.enter };
    this.watchedEnv = { state: p.state, S: p.S, memory: new WatchedMemory(p.memory, p.debug), fault: null, host };
    this.alignedEnv = { state: p.state, S: p.S, memory: new AlignedMemory(p.memory), fault: null, host };
    this.threshold = thresholdOf(options);
    this.where = options.inspection?.where ?? null;
    this.compiler = new RegionCompiler(this.code, this.translations, options.inspection ?? null, options.entries?.includes);
    this.regions = new Regions(p, this.code, this.translations, this.compiler, this.env, this.where);
    this.runner = new RegionRunner(p.state, this.regions.stop, options.inspection?.times ?? null);
    this.regrowth = this.runner.regrowth;
    this.bootstrap = options.bootstrap ?? id === 0;
    this.sharing = topology.processors > 1;
    this.translations.changed.add(() => {
      this.S[DIRTY >> 2] = 1;
    });
    this.blocks = new Blocks(p, this.code, this.translations, this.stops, options.inspection ?? null, this.mmu.context.slot);
    this.doReset();
  }

  get state(): CpuState {
    return this.p.state;
  }

  get instructions(): number {
    return this.running ? this.retired + this.budget - this.reserve - this.S[LEFT >> 2]! + retiredInBlock() : this.retired;
  }

  get tscOffset(): number {
    const { tscOffset } = this.p.msrs;
    return tscOffset[1]! * 4294967296 + (tscOffset[0]! >>> 0);
  }

  // What a debugger asks.

  /** Linear address of the next instruction. */
  get linearPc(): number {
    return this.code.linear(this.S[PC >> 2]!);
  }

  /** What it does, in a word or two. */
  get activity(): string {
    return this.delivery.dead ? "shut down" : this.waiting ? "waits for SIPI" : this.halted ? "halted" : "running";
  }

  /** Stop at these, by linear address, with SliceEnd.debug from now on. All vCPUs of a machine alike: they share translations (Machine.stopAt). */
  stopAt(points: StopPoints | null): void {
    const code = points && points.code.size + points.data.length > 0 ? points.code : null;
    const memory = points && points.data.length > 0 ? new DebuggerMemory(this.watchedEnv.memory, points.data, this.S) : null;
    this.compiler.stops = code;
    this.stops.set(code, memory);
    this.debuggerEnv = memory && { ...this.env, memory };
  }

  get watchHit(): WatchHit | null {
    return this.stops.hit;
  }

  /** Go past a breakpoint at this linear address if the next run begins there. */
  pass(linear: number): void {
    this.stops.pass(linear);
  }

  dump(): string {
    return dumpProcessor(this.p);
  }

  // Requests. From within the running slice they are taken before the next instruction.

  /** Make whatever runs return at the next instruction boundary. */
  attention(): void {
    this.S[DIRTY >> 2] = 1;
  }

  stop(): void {
    this.request(Request.stop);
  }

  nmi(): void {
    this.nmiPending = true;
    this.attention();
  }

  reset(): void {
    if (this.running) this.request(Request.reset);
    else this.doReset();
  }

  init(): void {
    if (this.running) this.request(Request.init);
    else this.doInit();
  }

  sipi(vector: number): void {
    if (!this.waiting) return;
    this.waiting = false;
    startUp(this.p, vector & 0xff);
  }

  private request(r: Request): void {
    this.requests |= r;
    this.attention();
  }

  private doReset(): void {
    reset(this.p);
    this.startOver();
    this.requests = 0;
  }

  private doInit(): void {
    init(this.p);
    this.startOver();
    this.requests &= ~Request.init;
  }

  private startOver(): void {
    this.waiting = !this.bootstrap;
    this.halted = this.delivery.dead = this.nmiPending = this.nmiBlocked = false;
  }

  // Running.

  run(budget: number, exact: boolean): SliceEnd {
    const { S } = this;
    this.budget = Math.min(budget, MAX_BUDGET);
    this.reserve = exact && this.threshold !== Infinity && this.budget > SLACK ? SLACK : 0;
    S[LEFT >> 2] = this.budget - this.reserve;
    // With a reserve the part before it runs at full speed; the rest goes block by block.
    this.exact = exact && this.reserve === 0;
    this.running = true;
    forgiveX87(S);
    this.delivery.events = 0;
    try {
      return this.loop();
    } finally {
      this.retired += this.budget - this.reserve - S[LEFT >> 2]!;
      this.reserve = 0;
      this.running = false;
    }
  }

  private loop(): SliceEnd {
    const { S, stops } = this;
    for (;;) {
      S[DIRTY >> 2] = 0;
      if (this.requests !== 0) {
        if (this.requests & Request.reset) this.doReset();
        if (this.requests & Request.init) this.doInit();
        if (this.requests & Request.stop) {
          this.requests &= ~(Request.stop | Request.pause);
          return SliceEnd.stopped;
        }
        if (this.requests & Request.pause) {
          this.requests &= ~Request.pause;
          return SliceEnd.paused;
        }
      }
      if (this.delivery.dead) return SliceEnd.shutdown;
      if (this.waiting) return SliceEnd.waitForSipi;
      if (this.takeEvent()) continue;
      if (this.halted) return S[EFL >> 2]! & FL_IF ? SliceEnd.halted : SliceEnd.stuck;
      if (S[LEFT >> 2]! <= 0) {
        if (this.reserve === 0) return SliceEnd.budget;
        S[LEFT >> 2]! += this.reserve;
        this.reserve = 0;
        this.exact = true;
        continue;
      }
      if (this.delivery.events > MOST_EVENTS) return SliceEnd.budget;
      if (stops.code !== null && stops.isStop(this.linearPc)) return SliceEnd.debug;
      this.step();
      if (stops.memory !== null && stops.takeHit()) return SliceEnd.debug;
    }
  }

  /** Deliver what waits at an instruction boundary, in order of priority (SDM vol. 3, 6.9). */
  private takeEvent(): boolean {
    const { p, S } = this;
    const shadow = S[SHADOW >> 2]!;
    if (p.debug.due !== 0 && !(shadow & SHADOW_SS)) {
      p.debug.dr6 |= p.debug.due;
      p.debug.due = 0;
      this.halted = false;
      this.delivery.raise(new GuestFault(Vector.DB), Origin.fault, S[PC >> 2]!, false);
      return true;
    }
    if (this.quiet && !this.halted) return false;
    if (this.nmiPending && !this.nmiBlocked && !(shadow & SHADOW_SS)) {
      this.nmiPending = false;
      this.nmiBlocked = true;
      this.halted = false;
      this.delivery.raise(new GuestFault(Vector.NMI), Origin.external, S[PC >> 2]!, false);
      return true;
    }
    if (shadow === 0 && S[EFL >> 2]! & FL_IF && this.environment.interrupts.pending()) {
      this.halted = false;
      this.delivery.raise(new GuestFault(this.environment.interrupts.acknowledge()), Origin.external, S[PC >> 2]!, false);
      return true;
    }
    return false;
  }

  /** Run one block. */
  private step(): void {
    const { p, S } = this;
    const { debug } = p;
    const mode = executionMode(p);
    p.selectTable(); // POPF, STAC and CLAC change EFLAGS.AC
    if (S[EFL >> 2]! & (FL_TF | FL_RF) || debug.code || debug.data || debug.io) return this.stepOne(mode | Mode.TRAP);
    if (S[SHADOW >> 2] !== 0) {
      if (this.mayInterrupt()) return this.stepOne(mode | Mode.TRAP);
      S[SHADOW >> 2] = 0;
    }
    const before = S[LEFT >> 2]!;
    let block = this.blockAt(mode);
    if (!block) return;
    const t = this.blocks.found;
    const aligned = (S[EFL >> 2]! & FL_AC) !== 0 && p.cpl === 3 && (p.mmu.cr0 & CR0_AM) !== 0;
    if (t) {
      if (!this.exact && !aligned && t.count >= this.threshold && !this.regrowth.profiling && this.mayCompile() && this.runCompiled(t, mode)) {
        if (S[LEFT >> 2] !== before) this.delivery.events = 0;
        return;
      }
      t.count++;
    }
    this.tellEntry();
    if ((this.exact && block.count > S[LEFT >> 2]!) || (this.stops.code !== null && this.blocks.crossesStop(block))) {
      block = this.lift(mode, this.exact ? S[LEFT >> 2]! : block.count);
      if (!block) return;
    }
    const env = this.debuggerEnv ?? (aligned ? this.alignedEnv : this.env);
    const exit = this.interpret(block, env);
    if (t && exit === Exit.none && block === t.block) noteTarget(t, S[PC >> 2]!);
    if (this.regrowth.profiling && this.regrowth.block()) this.regrow();
    // The instruction will run again.
    if (exit === Exit.fault && this.stops.memory !== null) this.stops.memory.hit = null;
    this.finish(exit, env);
    if (S[LEFT >> 2] !== before) this.delivery.events = 0;
  }

  /** Whether something waits that an interrupt shadow keeps from coming now. */
  private mayInterrupt(): boolean {
    return this.p.debug.due !== 0 || this.nmiPending || this.quiet || this.stops.code !== null || ((this.S[EFL >> 2]! & FL_IF) !== 0 && this.environment.interrupts.pending());
  }

  private tellEntry(): void {
    const { entries, S } = this;
    if (entries !== null && entries.includes(S[PC >> 2]!)) entries.enter(S[PC >> 2]!);
  }

  /** Not at breakpoints, nor where blocks are not cut at them by offset, nor while memory is watched. */
  private mayCompile(): boolean {
    const { code, memory } = this.stops;
    return code === null || (memory === null && this.code.linear(0) === 0 && !code.has(this.S[PC >> 2]!));
  }

  /** Run the region at a translation, compiled now if need be, and what it links to; false: it cannot be entered. */
  private runCompiled(t: Translation, mode: number): boolean {
    const { S, regions } = this;
    if (t.cold) return false;
    regions.enter(this.blocks.current);
    if (!regions.home()) return false;
    regions.show();
    if (regions.wanting(t)) regions.compile(t);
    let f = regions.entry(t);
    if (!f) return false;
    let exit = this.chain(f);
    // One instruction that compiled code leaves to tier 0, as stores beside code; after it the chain goes on, if all is as it was.
    while (exit === Exit.single) {
      regions.left();
      const block = this.blockAt(mode | Mode.TRAP);
      if (!block) return true;
      const asked = S[DIRTY >> 2]!;
      exit = this.interpret(block, this.env);
      if (exit !== Exit.none || (asked | S[DIRTY >> 2]!) !== 0 || S[LEFT >> 2]! <= 0 || this.stops.code !== null || this.regrowth.profiling) break;
      f = regions.resume(S[PC >> 2]!);
      if (f === regions.stop) return true;
      exit = this.chain(f);
    }
    this.finish(exit, this.env);
    return true;
  }

  private interpret(block: Block, env: LibEnv): Exit {
    if (this.where !== null) inBlock(this.where, block, this.code, this.blocks.current.mode, this.blocks.current.index.role);
    return interpret(block, env);
  }

  /** Run a region and what it links to, until something else has to be done. */
  private chain(f: RegionFunction): Exit {
    this.compiled += this.runner.run(f);
    this.regions.settle();
    return this.S[EXIT >> 2]! as Exit;
  }

  /** Compile the regions again from which code hopped too often, with what has been learned since. */
  private regrow(): void {
    this.regions.enter(this.blocks.current);
    this.regions.regrow(this.regrowth);
  }

  /** Run one instruction, under TF, RF, an interrupt shadow or breakpoints. */
  private stepOne(mode: number): void {
    const { p, S } = this;
    const { debug } = p;
    const shadow = S[SHADOW >> 2]!, flags = S[EFL >> 2]!;
    const pc = S[PC >> 2]!, before = S[LEFT >> 2]!;
    if (debug.code && !(flags & FL_RF) && !(shadow & SHADOW_SS)) {
      const hits = debug.atCode(this.code.linear(pc));
      if (hits !== 0) {
        S[SHADOW >> 2] = 0;
        debug.dr6 |= hits;
        return this.delivery.raise(new GuestFault(Vector.DB), Origin.fault, pc, false);
      }
    }
    this.tellEntry();
    const block = this.blockAt(mode);
    S[SHADOW >> 2] = 0;
    S[EFL >> 2]! &= ~FL_RF;
    if (!block) return;
    const env = this.debuggerEnv ?? (debug.data ? this.watchedEnv : this.env);
    const exit = this.interpret(block, env);
    if (exit === Exit.fault && this.stops.memory !== null) this.stops.memory.hit = null;
    this.finish(exit, env);
    if (S[LEFT >> 2] === before) return; // it did not complete
    this.delivery.events = 0;
    if (flags & FL_TF && exit !== Exit.interrupt) debug.due |= DR6_BS;
    // Between the rounds of a repeated instruction RF stays.
    if (flags & FL_RF && S[PC >> 2] === pc && exit === Exit.none) S[EFL >> 2]! |= FL_RF;
  }

  /** The block at PC in a mode, found or made; null if fetching it faults, which was delivered then. */
  private blockAt(mode: number): Block | null {
    try {
      return this.blocks.at(this.mmu.context.slot, mode);
    } catch (e) {
      return this.failed(e);
    }
  }

  /** A block of at most so many instructions, not kept; null as above. */
  private lift(mode: number, maxInstructions: number): Block | null {
    try {
      return this.blocks.lift(mode, maxInstructions);
    } catch (e) {
      return this.failed(e);
    }
  }

  /** Deliver the fault of a fetch. */
  private failed(e: unknown): null {
    if (!(e instanceof GuestFault)) throw e;
    this.delivery.raise(e, Origin.fault, this.S[PC >> 2]!, true);
    return null;
  }

  /** What a block's end asks for. */
  private finish(exit: Exit, env: LibEnv): void {
    const { p, S } = this;
    switch (exit) {
      case Exit.fault: return this.delivery.fault(env.fault!);
      case Exit.interrupt: return this.delivery.software(S[EXIT_ARG >> 2]! & 0xff, (S[EXIT_ARG >> 2]! & NOT_REFUSED) === 0);
      case Exit.far: {
        const kind: Far = S[EXIT_ARG >> 2]! & 0xff;
        this.delivery.attempt(() => farTransfer(p));
        if (kind === Far.iret) this.nmiBlocked = false;
        return;
      }
      case Exit.syscall: {
        const next = S[PC >> 2]!;
        // Its exit leaves PC behind it; SYSENTER has two bytes.
        S[PC >> 2] = next - 2;
        return this.delivery.attempt(() => sysenter(p));
      }
      case Exit.halt:
        this.halted = true;
        return;
      case Exit.pause:
        if (this.sharing) this.requests |= Request.pause;
        return;
      default:
    }
  }
}

const enum Request { stop = 1, reset = 2, init = 4, pause = 8 }
