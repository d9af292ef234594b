import type { UserMemory } from "../../mmu/user-memory.js";
import type { Credentials, FileTable, FsContext, Process, ProcText } from "./contract.js";
import type { IntervalTimers } from "./interval-timers.js";
import type { LinuxKernel } from "./kernel.js";
import { mapsText } from "./proc-maps.js";
import { PROC_TEXTS } from "./proc-text.js";
import { Rlimits } from "./rlimit.js";
import { PendingSignals, type SignalActions } from "./signal.js";
import { Roster } from "./roster.js";
import type { Space } from "./space.js";
import type { GuestThread } from "./thread.js";
import { WaitQueue } from "./wait.js";

/** How a process ended: exit status, or the signal that killed it. */
export interface Ending {
  readonly status: number;
  readonly signal: number;
  readonly core: boolean;
  /** For faults: where. */
  readonly fault: { readonly address: number; readonly pc: number; readonly bytes: Uint8Array } | null;
}

/** The word that wait4 stores. */
export function waitStatus(e: Ending): number {
  return e.signal ? e.signal | (e.core ? 0x80 : 0) : (e.status & 0xff) << 8;
}

/** One guest process. */
export class GuestProcess implements Process {
  parent: GuestProcess | null = null;
  readonly children = new Roster<GuestProcess>();
  /** Woken when a child changes state. */
  readonly childQueue = new WaitQueue();
  readonly endQueue = new WaitQueue();
  readonly threads = new Roster<GuestThread>();
  readonly pending = new PendingSignals();
  readonly timers: IntervalTimers;
  files: FileTable | null = null;
  comm = "";
  exe = "";
  cred: Credentials;
  rlimits = new Rlimits();
  personality = 0;
  dumpable = 1;
  noNewPrivs = 0;
  deathSignal = 0;
  subreaper = false;
  nice = 0;
  /** oom_score_adj and coredump_filter, that only have to be remembered. */
  oomAdjustment = 0;
  dumpFilter = 0x33;
  /** Bytes read and written by read(2), write(2) and their kin, and the number of these calls: /proc/PID/io. */
  readonly io = { read: 0, written: 0, reads: 0, writes: 0 };
  /** The signal its parent gets at its end; 0: none. */
  exitSignal = 17;
  ending: Ending | null = null;
  /** A group exit is under way: threads end as soon as they are looked at. */
  dying: Ending | null = null;
  /** Stopped by this signal; 0: not. */
  stopSignal = 0;
  /** State changes that waits have not seen: a stop, a continuation. */
  stopUnseen = false;
  contUnseen = false;
  /** Time of children that were waited for. */
  childUserTime = 0;
  childSystemTime = 0;
  /** Time of threads that ended. */
  deadUserTime = 0;
  deadSystemTime = 0;
  readonly startTime: number;
  /** Set by vfork: the parent waits on it until execve or the end. */
  vforkQueue: WaitQueue | null = null;
  /** Has called execve since its fork (setpgid asks). */
  execed = false;

  constructor(
    readonly kernel: LinuxKernel,
    readonly pid: number,
    public pgid: number,
    public sid: number,
    public space: Space,
    public actions: SignalActions,
    public fs: FsContext,
    cred: Credentials,
    timers: (p: GuestProcess) => IntervalTimers,
  ) {
    this.cred = cred;
    this.timers = timers(this);
    this.startTime = kernel.clock.monotonic();
  }

  get ppid(): number {
    return this.parent ? this.parent.pid : this.kernel.initPid;
  }

  get memory(): UserMemory {
    return this.space.memory;
  }

  /** The thread that stands for the process: the first one alive. */
  get leader(): GuestThread | undefined {
    return this.threads.first;
  }

  get state(): "running" | "sleeping" | "stopped" | "zombie" {
    if (this.ending) return "zombie";
    if (this.stopSignal) return "stopped";
    for (const t of this.threads) if (!t.blocked) return "running";
    return "sleeping";
  }

  get userTime(): number {
    let n = this.deadUserTime;
    for (const t of this.threads) n += t.userTime;
    return n;
  }

  get systemTime(): number {
    let n = this.deadSystemTime;
    for (const t of this.threads) n += t.systemTime;
    return n;
  }

  rlimit(resource: number): { soft: number; hard: number } {
    return this.rlimits.get(resource);
  }

  get texts(): ReadonlyMap<string, ProcText> {
    return PROC_TEXTS;
  }

  auxv(): Uint8Array {
    return this.space.map.auxv;
  }

  mapsText(): string {
    return this.ending ? "" : mapsText(this.space.map);
  }
}
