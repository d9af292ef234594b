import { NOBODYS, ROOTS } from "./capabilities.js";
import { type CacheCounters, type CacheLimits } from "../../jit/cache.js";
import { POLICIES } from "../../mmu/policies/index.js";
import type { RolePolicy } from "../../mmu/policy.js";
import { CR0_PE } from "../../mmu/role.js";
import { LARGEST_MEMORY } from "../../mmu/user-memory.js";
import type { CodeMap } from "../inspect/images.js";
import { altersCode, type Inspection } from "../inspect/inspection.js";
import { type Trace, traceInspection } from "../trace.js";
import { BUILD } from "../build.js";
import { TranslationArchive } from "../translation-archive.js";
import { TranslationStore } from "../translation-store.js";
import type { Backend, RunCounters, Tier } from "../tiers.js";
import { UserCpu, type UserProcessor } from "../user-cpu.js";
import { I386_CORE } from "./abi/i386.js";
import { I386_IPC } from "./abi/i386-ipc.js";
import { makeTimers } from "./calls/cpu-clocks.js";
import { startProgram } from "./calls/process.js";
import { deterministicEntropy, VirtualClock } from "./clock.js";
import { LinuxCodeMap } from "./code-map.js";
import type { Clock, Credentials, FileSide } from "./contract.js";
import type { DebugTarget } from "../gdb/target.js";
import { LinuxDebugTarget } from "./debug-target.js";
import { ElfError } from "./elf.js";
import { E, Errno, errnoText } from "./errno.js";
import { type Limit, LinuxKernel } from "./kernel.js";
import { endProcess } from "./life.js";
import { findProgram, InterpreterError } from "./load.js";
import { type Ending, GuestProcess } from "./process.js";
import { SI_KERNEL, SignalActions, signalName } from "./signal.js";
import { Space } from "./space.js";
import { Strace } from "./strace.js";
import { GuestThread } from "./thread.js";
import { toGuest, toHost } from "./user.js";

export interface LinuxOptions {
  /** Path of the program in the guest's file system, and its arguments with argv[0]. */
  readonly program: string;
  /** What it is called where it cannot be started; its path unless told. */
  readonly shownAs?: string;
  readonly args: readonly string[];
  /** "KEY=value" */
  readonly env: readonly string[];
  readonly cwd: string;
  /**
   * What `translations` of an earlier run gave, for this one to begin with: then code that was hot runs compiled from the start, and no code is lifted or compiled twice. Bytes of
   * another build of lift86, and what is no such bytes, are ignored. **They contain code that is run, as JavaScript or WebAssembly: take them from nobody whom you would not let run code.** Empty: there
   * are none yet, but `translations` will be called. Not with `icount`, as what is compiled has a say in when threads take turns; without effect with an `inspection` that changes code.
   */
  readonly translations?: Uint8Array;
  /** Files, terminals, standard input and output. */
  readonly files: FileSide;
  /** Time; left out with `icount`. */
  readonly clock?: Clock;
  /** Random bytes; left out with `icount`. */
  readonly random?: (into: Uint8Array) => void;
  /** Time follows instructions, random bytes are always the same: two runs are alike. */
  readonly icount?: boolean;
  /** Bytes of each process' address space, a multiple of 4096 up to 2^31 (the default). */
  readonly addressSpace?: number;
  /** Least bytes of the buffer that such an address space lies in, for what an engine makes of accesses to buffers of this or that length (docs/performance.md). They are not used. */
  readonly bufferLength?: number;
  /** What hot code is compiled to (see Backend): "wasm" unless told, where the host has a WebAssembly with tail calls and nobody looks into code. */
  readonly backend?: Backend;
  /** Bytes that all processes together may map (default 4 GiB); then ENOMEM. */
  readonly memoryLimit?: number;
  /** Threads of all processes (default 512); then EAGAIN. */
  readonly maxThreads?: number;
  readonly maxInstructions?: number;
  /** Milliseconds of wall time, without those that a debugger holds the guest for. */
  readonly timeout?: number;
  readonly tier?: Tier;
  readonly threshold?: number;
  readonly cacheLimits?: CacheLimits;
  /** Lines of --strace, without newlines. */
  readonly strace?: (line: string) => void;
  /** A line the user should see: an unsupported instruction. */
  readonly notice?: (line: string) => void;
  readonly uid?: number;
  readonly gid?: number;
  /** Policy that gives the role translations are filed under; `fixed` by default. Without paging of the guest's own none makes a difference. */
  readonly policy?: RolePolicy;
  /** What those who look inside get to see. */
  readonly inspection?: Inspection;
  /** What happens, as it happens. */
  readonly trace?: Trace;
  /** The program is there and waits for a debugger, which this gives it (a GdbServer, say). */
  readonly debug?: (target: DebugTarget) => void;
}

/** How a run ended. */
export interface RunResult {
  /** Exit status; 128 + number for a signal; 124 for the time limit. */
  readonly status: number;
  /** The signal that ended the first process; 0: none. */
  readonly signal: number;
  readonly signalName: string;
  readonly fault: Ending["fault"];
  /** What limit ended it, if one did. */
  readonly limit: Limit | null;
}

export interface SystemStats {
  readonly instructions: number;
  readonly run: RunCounters;
  readonly cache: CacheCounters;
}

/** What `audit` found. */
export interface AuditResult {
  /** Processors looked at, and those whose translations are filed under another role than their state gives. */
  readonly processors: number;
  readonly mismatches: number;
}

/** Control registers of a user-mode processor: protected mode, no page tables of the guest's. */
export const USER_REGISTERS = { cr0: CR0_PE, cr4: 0, efer: 0 };

/** The program cannot be started: one line for the user. */
export class LaunchError extends Error {}

const DEFAULT_MEMORY = 2 ** 32, DEFAULT_THREADS = 512;

/** A Linux for i386 programs: one first process and all that come of it. */
export class LinuxSystem {
  readonly kernel: LinuxKernel;
  private readonly counters: RunCounters = { interp: 0, jit: 0, compileMs: 0, bytes: 0, guestBytes: 0 };
  private readonly store: TranslationStore;
  private readonly retired: CacheCounters[] = [];
  private codeMap: CodeMap | null = null;
  private readonly audited = { processors: 0, mismatches: 0 };

  constructor(private readonly options: LinuxOptions) {
    const o = options;
    if (o.icount && o.translations) throw new RangeError("translations: not with icount");
    const clock = o.icount ? new VirtualClock() : (o.clock ?? hostClock());
    const inspection = o.trace ? traceInspection(o.trace, o.inspection) : o.inspection;
    // Code that is looked into is compiled for that.
    const keeps = o.translations !== undefined && !altersCode(inspection);
    this.store = new TranslationStore(keeps ? TranslationArchive.read(o.translations!, this.build) : null, keeps);
    const random = o.icount ? deterministicEntropy() : (o.random ?? ((into) => void crypto.getRandomValues(into)));
    this.kernel = new LinuxKernel({
      clock,
      random: (into) => {
        // The Web's source gives at most 64 KiB a call, and not to shared memory, which a guest's may be.
        for (let i = 0; i < into.length; i += 65536) {
          const part = new Uint8Array(Math.min(into.length - i, 65536));
          random(part);
          into.set(part, i);
        }
      },
      makeProcessor: (memory, host) => new UserCpu(memory, host, {
        counters: this.counters,
        store: this.store,
        role: this.role,
        ...(o.tier ? { tier: o.tier } : {}),
        ...(o.threshold !== undefined ? { threshold: o.threshold } : {}),
        ...(o.cacheLimits ? { limits: o.cacheLimits } : {}),
        ...(inspection ? { inspection } : {}),
      }),
      calls: [...I386_CORE, ...I386_IPC, ...o.files.calls],
      addressSpace: o.addressSpace ?? LARGEST_MEMORY,
      bufferLength: o.bufferLength ?? 0,
      linear: (o.backend ?? "wasm") === "wasm" && !altersCode(inspection) && o.policy === undefined,
      memoryLimit: o.memoryLimit ?? DEFAULT_MEMORY,
      maxThreads: o.maxThreads ?? DEFAULT_THREADS,
      maxInstructions: o.maxInstructions ?? Infinity,
      timeout: o.timeout ?? Infinity,
      strace: o.strace || o.trace?.wants("syscalls") ? new Strace(o.strace ?? null, o.trace ? (c, text) => o.trace!.syscall(c.name, c.args, c.result, text) : null) : null,
      trace: o.trace ?? null,
      times: o.inspection?.times ?? null,
      where: o.inspection?.where ?? null,
      retired: (cpu) => this.addCounters(cpu),
      notice: (line, t) => o.notice?.(`${t.comm}: ${line}`),
    });
  }

  /** The role that the policy gives user-mode processors. */
  private get role(): number {
    return (this.options.policy ?? POLICIES.fixed).role(USER_REGISTERS);
  }

  /** What translations depend on besides guest code and mode. */
  private get build(): string {
    return `${BUILD} role ${this.role}`;
  }

  /** What was translated in this run and, as it was told, in earlier ones, for later ones; after `run`. Null: next to nothing is new. */
  translations(): Uint8Array | null {
    return this.store.toArchive(this.build);
  }

  private addCounters(cpu: UserProcessor): void {
    if (!(cpu instanceof UserCpu)) return;
    this.auditProcessor(cpu);
    const last = this.retired[0];
    this.retired[0] = last ? sum(last, cpu.cacheCounters) : { ...cpu.cacheCounters };
  }

  private auditProcessor(cpu: UserCpu): void {
    this.audited.processors++;
    if (cpu.cache.role !== this.role) this.audited.mismatches++;
  }

  /** Compare the role that each processor's translations are filed under with the role computed anew from its state; after `run`. */
  audit(): AuditResult {
    for (const cpu of this.kernel.processors) if (cpu instanceof UserCpu) this.auditProcessor(cpu);
    return { ...this.audited };
  }

  stats(): SystemStats {
    const live = [...this.kernel.processors].filter((c) => c instanceof UserCpu).map((c) => c.cacheCounters);
    const all = [...this.retired, ...live];
    const cache = all.length > 0 ? all.reduce((a, b) => sum(a, b)) : null;
    return { instructions: this.kernel.instructions, run: this.counters, cache: cache ?? ({} as CacheCounters) };
  }

  /** Run the program to its end. Throws LaunchError if it cannot be started. */
  async run(): Promise<RunResult> {
    const { kernel } = this;
    kernel.fileSystem = this.options.files.start(kernel);
    this.launch();
    this.options.debug?.(new LinuxDebugTarget(kernel));
    try {
      await kernel.run();
    } finally {
      this.options.trace?.flush();
      await kernel.fileSystem.flush();
    }
    const e = kernel.main!.ending!;
    const status = kernel.limit === "time" ? 124 : e.signal ? 128 + e.signal : e.status;
    return { status, signal: e.signal, signalName: e.signal ? signalName(e.signal) : "", fault: e.fault, limit: kernel.limit };
  }

  /** Names of the code that runs. */
  get code(): CodeMap {
    return (this.codeMap ??= new LinuxCodeMap(() => this.kernel.processes()));
  }

  /** A signal from outside, as Ctrl-C's SIGINT, to the first process' group. */
  signal(signo: number): void {
    const { main } = this.kernel;
    if (main) this.kernel.signalGroup(main.pgid, { signo, code: SI_KERNEL });
  }

  /** End everything: `signo` is what the first process seems to have died of. `run` then resolves. */
  terminate(signo: number): void {
    this.kernel.terminate(signo);
  }

  private launch(): void {
    const { kernel, options: o } = this;
    const { files, fs } = startFiles(kernel, o.cwd);
    const uid = o.uid ?? 1000, gid = o.gid ?? 1000;
    const cred: Credentials = { uid, euid: uid, suid: uid, fsuid: uid, gid, egid: gid, sgid: gid, fsgid: gid, groups: [gid], caps: uid === 0 ? ROOTS : NOBODYS };
    const pid = kernel.allocatePid();
    const space = Space.make(kernel, kernel.budget, kernel.options.makeProcessor);
    const p = new GuestProcess(kernel, pid, pid, pid, space, new SignalActions(), fs, cred, makeTimers);
    p.files = files;
    const t = new GuestThread(kernel, p, pid, space);
    kernel.table.set(pid, p);
    kernel.threads.set(pid, t);
    p.threads.add(t);
    kernel.main = kernel.current = p;
    kernel.fileSystem.started(p);
    try {
      const limit = kernel.options.addressSpace - 0x10000;
      const program = findProgram(kernel.fileSystem, p, -100, toGuest(o.program), 0, o.args.map(toGuest), limit);
      startProgram(t, program, o.env.map(toGuest));
    } catch (e) {
      endProcess(p, { status: 127, signal: 0, core: false, fault: null });
      kernel.table.clear();
      throw launchError(o.shownAs ?? o.program, e);
    }
    kernel.ready(t);
  }
}

function startFiles(kernel: LinuxKernel, cwd: string): ReturnType<LinuxKernel["fileSystem"]["start"]> {
  try {
    return kernel.fileSystem.start({ cwd: toGuest(cwd) });
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    throw new LaunchError(`working directory ${cwd}: ${errnoText(e.errno)}`);
  }
}

function launchError(program: string, e: unknown): unknown {
  if (e instanceof InterpreterError) return new LaunchError(`${program}: its program interpreter ${toHost(e.path)}: ${e.reason}`);
  if (e instanceof ElfError) {
    const what = e.notElf ? `${e.message}, and no script with a #! line either` : e.message;
    return new LaunchError(`${program}: cannot be run: ${what}`);
  }
  if (!(e instanceof Errno)) return e;
  if (e.errno === E.NOENT) return new LaunchError(`${program}: no such program in the guest's file system (or its interpreter is missing)`);
  if (e.errno === E.NOMEM) return new LaunchError(`${program}: does not fit into the guest's memory; give it more (--memory)`);
  return new LaunchError(`${program}: cannot be run: ${errnoText(e.errno)}`);
}

function sum(a: CacheCounters, b: CacheCounters): CacheCounters {
  const c = { ...a } as unknown as Record<string, number>;
  for (const [k, v] of Object.entries(b)) c[k] = (c[k] ?? 0) + (v as number);
  return c as unknown as CacheCounters;
}

function hostClock(): Clock {
  const start = performance.now();
  const wall = Date.now();
  return { monotonic: () => (performance.now() - start) * 1e6, boot: { sec: Math.floor(wall / 1000), nsec: (wall % 1000) * 1e6 } };
}
