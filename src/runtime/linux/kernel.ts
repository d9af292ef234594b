import { Exit } from "../../ir/exit.js";
import { GuestFault } from "../../ir/memory.js";
import { EXIT_ARG, PC } from "../../ir/state.js";
import { timed, type TimeSplit } from "../inspect/time-split.js";
import { Doing, type Whereabouts } from "../inspect/whereabouts.js";
import { TimeLimit } from "../time-limit.js";
import type { UserProcessor } from "../user-cpu.js";
import { VirtualClock } from "./clock.js";
import type { Clock, FileSystem, Kernel, Process, SignalInfo, SyscallEntry, TimeSpec, Timer } from "./contract.js";
import { E, Errno } from "./errno.js";
import { raiseFault, raiseInterrupt } from "./faults.js";
import { Futexes } from "./futex.js";
import { IpcNamespace } from "./ipc/index.js";
import { endProcess, endThread } from "./life.js";
import { MemoryBudget, MemoryPool } from "./memory-pool.js";
import type { Ending, GuestProcess } from "./process.js";
import { groupMembers, isOrphaned } from "./session.js";
import { NumberedRoster, Roster } from "./roster.js";
import { Rlimit } from "./rlimit.js";
import { SI_KERNEL, Sig } from "./signal.js";
import { Signals } from "./signals.js";
import type { ProcessorFactory, Space, SpaceHost } from "./space.js";
import type { Trace } from "../trace.js";
import type { Strace } from "./strace.js";
import { SystemCalls } from "./system-calls.js";
import type { GuestThread } from "./thread.js";
import { TimerHeap } from "./timers.js";
import type { Tracer } from "./tracer.js";
import { WaitQueue } from "./wait.js";

export interface KernelOptions {
  readonly clock: Clock;
  readonly random: (into: Uint8Array) => void;
  readonly makeProcessor: ProcessorFactory;
  readonly calls: readonly SyscallEntry[];
  /** Bytes of each address space. */
  readonly addressSpace: number;
  /** Least bytes of the buffer that it lies in. */
  readonly bufferLength: number;
  readonly linear: boolean;
  /** Bytes that all guests may map together. */
  readonly memoryLimit: number;
  readonly maxThreads: number;
  readonly maxInstructions: number;
  /** Milliseconds of wall time, not counting what a debugger holds it for; Infinity: no limit. */
  readonly timeout: number;
  readonly strace: Strace | null;
  readonly trace: Trace | null;
  /** Where the time goes, if somebody asks. */
  readonly times: TimeSplit | null;
  /** Told where the run is, at each change. */
  readonly where: Whereabouts | null;
  /** A processor ends. */
  readonly retired: (cpu: UserProcessor) => void;
  /** One line about something the user should know (an unsupported instruction). */
  readonly notice: (line: string, t: GuestThread) => void;
}

/** Why a run is over. */
export type Limit = "time" | "instructions";

/** Instructions a thread may run before others have their turn, and what a system call counts for. */
const SLICE = 200_000;
const CALL_COST = 200;
/** Milliseconds after which the host's event loop gets its turn. */
const HOST_TURN = 8;
/** How long other processes may outlive the first, in guest nanoseconds. */
const GRACE = 1e9;

const hostNow = (): number => performance.now();

/** The kernel's middle: processes, the scheduler, time. */
export class LinuxKernel implements Kernel, SpaceHost {
  readonly clock: Clock;
  readonly signals = new Signals(this);
  readonly futexes = new Futexes();
  readonly budget: MemoryBudget;
  readonly pool: MemoryPool;
  readonly ipc: IpcNamespace;
  readonly table = new NumberedRoster<GuestProcess>();
  readonly threads = new NumberedRoster<GuestThread>();
  fileSystem!: FileSystem;
  readonly uts = { sysname: "Linux", nodename: "lift86", release: "6.1.0-lift86", version: "#1 SMP lift86", machine: "i686", domainname: "(none)" };
  /** Pid that orphans have as parent; no process of the guest's. */
  readonly initPid = 1;
  /** Instructions of all threads. */
  instructions = 0;
  main: GuestProcess | null = null;
  limit: Limit | null = null;
  readonly timeLimit: TimeLimit;
  /** A debugger, if one is there. */
  tracer: Tracer | null = null;
  private readonly systemCalls: SystemCalls;
  private readonly heap = new TimerHeap();
  private queue: GuestThread[] = [];
  currentThread: GuestThread | null = null;
  current: GuestProcess | null = null;
  readonly signalQueue = new WaitQueue();
  private lastSpace: Space | null = null;
  private nextPid = 1000;
  private wake: (() => void) | null = null;
  private killed: number | null = null;
  private graceEnd = Infinity;
  private readonly virtual: VirtualClock | null;

  constructor(readonly options: KernelOptions) {
    this.clock = options.clock;
    this.virtual = options.clock instanceof VirtualClock ? options.clock : null;
    this.budget = new MemoryBudget(options.memoryLimit);
    this.pool = new MemoryPool(options.addressSpace, options.bufferLength, options.linear);
    this.ipc = new IpcNamespace(this.budget);
    this.timeLimit = new TimeLimit(options.timeout);
    this.systemCalls = new SystemCalls(this);
  }

  /** Processors in use. */
  readonly processors = new Roster<UserProcessor>();

  now(): number {
    return this.clock.monotonic();
  }

  born(cpu: UserProcessor): void {
    this.processors.add(cpu);
  }

  retired(cpu: UserProcessor): void {
    this.processors.delete(cpu);
    this.options.retired(cpu);
  }

  // Kernel.

  random(into: Uint8Array): void {
    this.options.random(into);
  }

  mapsWritably(inode: object): boolean {
    for (const p of this.table.values()) {
      if (!p.ending && p.space.map.vmas.list.some((v) => v.shared !== null && v.mayWrite && v.file?.inode === inode)) return true;
    }
    return false;
  }

  realtime(): TimeSpec {
    const t = this.clock.monotonic();
    const { boot } = this.clock;
    const nsec = boot.nsec + (t % 1e9);
    return { sec: boot.sec + Math.floor(t / 1e9) + (nsec >= 1e9 ? 1 : 0), nsec: Math.floor(nsec % 1e9) };
  }

  setTimer(deadline: number, fire: () => void): Timer {
    const t = this.heap.add(deadline, fire);
    this.wake?.();
    return t;
  }

  cancelTimer(timer: Timer): void {
    this.heap.remove(timer);
  }

  process(pid: number): GuestProcess | undefined {
    return this.table.get(pid);
  }

  processes(): Iterable<GuestProcess> {
    return this.table.values();
  }

  signalProcess(p: Process, info: SignalInfo): void {
    this.signals.toProcess(p as GuestProcess, info);
  }

  signalGroup(pgid: number, info: SignalInfo): number {
    let n = 0;
    for (const p of [...groupMembers(this, pgid)]) {
      this.signals.toProcess(p, info);
      n++;
    }
    return n;
  }

  isOrphanedGroup(pgid: number): boolean {
    return isOrphaned(this, pgid);
  }

  get memoryTotal(): number {
    return this.options.memoryLimit;
  }

  memoryUsed(): number {
    return this.budget.used;
  }

  /** A free pid; EAGAIN when there are too many threads. */
  allocatePid(): number {
    if (this.threads.size >= this.options.maxThreads) throw new Errno(E.AGAIN);
    while (this.table.has(this.nextPid) || this.threads.has(this.nextPid) || this.namesGroup(this.nextPid)) this.bumpPid();
    const pid = this.nextPid;
    this.bumpPid();
    return pid;
  }

  /** Whether a process group or session is still called that, perhaps after its leader. */
  private namesGroup(id: number): boolean {
    return this.table.some((p) => p.pgid === id || p.sid === id);
  }

  private bumpPid(): void {
    this.nextPid = this.nextPid >= 32767 ? 1000 : this.nextPid + 1;
  }

  // Scheduler.

  /** Let a thread have a turn: it can run, or has to look at what it waits for. */
  ready(t: GuestThread): void {
    if (t.queued || t.dead) return;
    t.queued = true;
    this.queue.push(t);
    this.wake?.();
  }

  /** End the whole run with this signal for the first process, as a signal to lift86 itself does. */
  terminate(signal: number): void {
    this.killed = signal;
    this.wake?.();
  }

  /** Run until the first process has ended and the others have, too, or had their grace. */
  async run(): Promise<void> {
    this.timeLimit.start();
    let turn = hostNow();
    for (;;) {
      this.checkLimits();
      if (this.table.size === 0) break;
      if (this.main!.ending) this.endGrace();
      this.heap.run(this.clock.monotonic());
      const t = this.queue.shift();
      if (!t) {
        const { where } = this.options;
        if (where) where.now[0] = Doing.idle;
        if (this.table.size > 0) await this.idle();
        if (where) where.now[0] = Doing.rest;
        turn = hostNow();
        continue;
      }
      t.queued = false;
      if (!t.dead) this.turn(t);
      if (hostNow() - turn > HOST_TURN) {
        this.options.trace?.flush();
        await hostTurn();
        turn = hostNow();
      }
    }
  }

  private checkLimits(): void {
    if (this.limit === null && this.timeLimit.left <= 0) this.limit = "time";
    if (this.limit === null && this.instructions >= this.options.maxInstructions) this.limit = "instructions";
    if (this.limit === null && this.killed === null) return;
    this.killAll(this.killed ?? Sig.KILL);
  }

  private endGrace(): void {
    if (this.graceEnd === Infinity) {
      this.graceEnd = this.clock.monotonic() + GRACE;
      this.setTimer(this.graceEnd, () => this.killAll(Sig.KILL));
    }
    // Zombies whose parents never ask are no reason to stay.
    for (const p of this.table.values()) if (!p.ending) return;
    this.table.clear();
  }

  private killAll(signal: number): void {
    for (const p of this.table.values()) {
      if (!p.ending) endProcess(p, { status: 0, signal, core: false, fault: null });
    }
    this.table.clear();
  }

  private async idle(): Promise<void> {
    this.options.trace?.flush();
    const next = this.heap.next;
    if (this.virtual && next < Infinity && !this.tracer?.halted) {
      this.virtual.skipTo(next);
      await hostTurn();
      return;
    }
    const wait = Math.min(this.virtual ? Infinity : (next - this.clock.monotonic()) / 1e6, this.timeLimit.left, 60_000);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, Math.max(0, wait));
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.wake = null;
    // What else has come to the host meanwhile is seen together with what woke the run: data for both ends of a connection, say, as Linux delivers it.
    await hostTurn();
  }

  private enter(t: GuestThread): void {
    const { space } = t;
    if (this.lastSpace !== space) {
      if (this.lastSpace && this.lastSpace.users > 0 && this.lastSpace.map.sharing) this.lastSpace.map.push();
      if (space.map.sharing) space.map.pull();
      this.lastSpace = space;
    }
    space.enter(t);
    this.options.trace?.thread(t.tid);
  }

  /** One turn of a thread: finish what it waits for, deliver signals, run it for a slice. */
  private turn(t: GuestThread): void {
    const p = t.process;
    if (p.dying) return endThread(t);
    if (p.stopSignal) return;
    const { tracer } = this;
    if (tracer?.holds(t)) return;
    this.current = p;
    this.currentThread = t;
    this.enter(t);
    if (t.blocked) {
      if (!this.systemCalls.resume(t, t.blocked)) return;
      if (tracer?.steps(t)) tracer.stepped(t);
    } else {
      const restart = tracer?.takeRestart(t) ?? false;
      if (restart || t.hasSignals) this.signals.deliver(t, restart);
    }
    if (this.mayRun(t)) this.slice(t);
    if (p.dying) {
      for (const other of [...p.threads]) endThread(other);
      return;
    }
    if (this.mayRun(t)) this.ready(t);
  }

  private mayRun(t: GuestThread): boolean {
    return !t.dead && !t.blocked && !t.process.dying && !t.process.stopSignal && !this.tracer?.holds(t);
  }

  /** What processor time is counted by, in nanoseconds. */
  cpuClock(): number {
    return this.clock.monotonic();
  }

  private slice(t: GuestThread): void {
    const p = t.process;
    const { times, where } = this.options;
    const stepping = this.tracer?.steps(t) ?? false;
    const exact = stepping || this.virtual !== null || this.options.maxInstructions - this.instructions < 2 * SLICE;
    let budget = stepping ? 1 : Math.min(SLICE, this.options.maxInstructions - this.instructions);
    while (budget > 0 && this.mayRun(t)) {
      const { cpu } = t.space;
      const before = cpu.instructions;
      const started = this.cpuClock();
      const exit = times ? timed(times, "running", () => cpu.run(budget, exact)) : cpu.run(budget, exact);
      if (where) where.now[0] = Doing.rest;
      const n = cpu.instructions - before;
      this.instructions += n;
      if (this.virtual) this.virtual.instructions += n;
      t.userTime += this.cpuClock() - started;
      budget -= n;
      if (exit === Exit.budget) {
        t.preemptions++;
        break;
      }
      if (exit === Exit.debug) {
        if (this.tracer?.trapped(t)) return;
        continue;
      }
      if (exit === Exit.interrupt && t.S[EXIT_ARG >> 2] === 0x80) {
        if (where) where.now[0] = Doing.systemCalls;
        if (times) timed(times, "systemCalls", () => this.systemCalls.enter(t));
        else this.systemCalls.enter(t);
        if (where) where.now[0] = Doing.rest;
        budget -= CALL_COST;
      } else {
        if (exit === Exit.fault) {
          if (!raiseFault(t, cpu.fault!)) continue;
        } else if (exit === Exit.interrupt) {
          raiseInterrupt(t, t.S[EXIT_ARG >> 2]!);
        } else {
          // HLT and SYSENTER are not for user mode here.
          raiseFault(t, new GuestFault(13));
        }
        this.signals.deliver(t, false);
      }
    }
    if (stepping && this.mayRun(t)) this.tracer?.stepped(t);
    p.timers.checkCpuTime();
    this.checkCpuLimit(p);
  }

  /** RLIMIT_CPU: SIGXCPU at the soft limit and each second from then on, SIGKILL at the hard one. */
  private checkCpuLimit(p: GuestProcess): void {
    const { soft, hard } = p.rlimits.get(Rlimit.CPU);
    if (soft === Infinity || p.dying || p.ending) return;
    const seconds = (p.userTime + p.systemTime) / 1e9;
    if (seconds >= Math.max(hard, 1)) {
      this.signals.toProcess(p, { signo: Sig.KILL, code: SI_KERNEL });
    } else if (seconds >= Math.max(soft, 1)) {
      p.rlimits.set(Rlimit.CPU, { soft: Math.max(soft, 1) + 1, hard });
      this.signals.toProcess(p, { signo: Sig.XCPU, code: SI_KERNEL });
    }
  }

  // Ends.

  /** All threads of a process are to end; they do when they are next looked at, the caller's after its turn. */
  exitGroup(p: GuestProcess, ending: Ending): void {
    if (p.dying || p.ending) return;
    p.dying = ending;
    p.stopSignal = 0;
    for (const t of p.threads) this.ready(t);
  }

  private readonly illegal = new Set<string>();

  /** An instruction that is not supported, or is none: said once for each address. */
  noteIllegal(t: GuestThread): void {
    const pc = t.S[PC >> 2]! >>> 0;
    const bytes = new Uint8Array(15);
    const n = t.memory.fetch(pc | 0, bytes, 15);
    // UD0, UD1 and UD2 are meant to fault.
    if (bytes[0] === 0x0f && (bytes[1] === 0x0b || bytes[1] === 0xb9 || bytes[1] === 0xff)) return;
    const text = Array.from(bytes.subarray(0, n), (b) => b.toString(16).padStart(2, "0")).join(" ");
    const key = `${pc} ${text}`;
    if (this.illegal.has(key) || this.illegal.size > 16) return;
    this.illegal.add(key);
    this.options.notice(`unsupported or invalid instruction at 0x${pc.toString(16)}: ${text}`, t);
  }
}

/** Let the host's timers and events run. */
function hostTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === "function") setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
}
