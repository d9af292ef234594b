import { GPR, Reg } from "../../ir/state.js";
import type { UserMemory } from "../../mmu/user-memory.js";
import type { Credentials, SignalInfo, SigSet, Thread, Timer } from "./contract.js";
import type { LinuxKernel } from "./kernel.js";
import type { GuestProcess } from "./process.js";
import type { TlsEntries } from "./segments.js";
import { emptySet, PendingSignals } from "./signal.js";
import { newStateBytes, type Space, type StateHolder } from "./space.js";
import { type Blocked, type Waiter, WaitQueue } from "./wait.js";

/** One guest thread: registers, signal state, and what it waits for. */
export class GuestThread implements Thread, Waiter, StateHolder {
  readonly saved = newStateBytes();
  tls: TlsEntries = [null, null, null];
  sigmask: SigSet = emptySet();
  /** The mask to go back to when the call that changed it has finished. */
  savedMask: SigSet | null = null;
  readonly pending = new PendingSignals();
  /** A signal that a debugger lets the thread have, before any other. */
  injected: SignalInfo | null = null;
  /** Woken whenever a signal becomes pending (also a blocked one). */
  readonly signalQueue = new WaitQueue();
  readonly altStack = { sp: 0, size: 0, flags: 0 };
  /** Last fault: vector, error code, address, as signal frames show it. */
  readonly trap = { number: 0, error: 0, address: 0 };
  /** Where to store 0 and wake a futex at the thread's end. */
  clearChildTid = 0;
  robustList = 0;
  /** In the call numbered so, for restarts; -1: in none. */
  callNumber = -1;
  blocked: Blocked | null = null;
  timer: Timer | null = null;
  timedOut = false;
  /** Waits for a vfork's child: only SIGKILL ends that. */
  uninterruptible = false;
  /** In the scheduler's queue. */
  queued = false;
  dead = false;
  comm: string;
  /** The signal of the last fault. */
  faultInfo: SignalInfo | null = null;
  /** Nanoseconds of processor time: in the guest's code and in calls. */
  userTime = 0;
  systemTime = 0;
  /** PR_SET_TIMERSLACK and the like that only have to be remembered. */
  timerSlack = 50000;
  policy = 0;
  /** How often it waited, and how often its time was up. */
  waits = 0;
  preemptions = 0;
  /** As ioprio_set(2) has it; 0: none given. */
  ioPriority = 0;

  constructor(
    readonly kernel: LinuxKernel,
    readonly process: GuestProcess,
    readonly tid: number,
    public space: Space,
  ) {
    this.comm = process.comm;
  }

  get memory(): UserMemory {
    return this.space.memory;
  }

  get cred(): Credentials {
    return this.process.cred;
  }

  /** Registers; valid while this thread is in its space's processor. */
  get S(): Int32Array {
    return this.space.S;
  }

  woken(): void {
    if (!this.dead) this.kernel.ready(this);
  }

  setResult(value: number): void {
    this.S[(GPR >> 2) + Reg.EAX * 2] = value;
  }

  setTemporaryMask(mask: SigSet): void {
    this.savedMask ??= this.sigmask;
    this.sigmask = mask;
  }

  // Signals.

  /** Whether an unblocked signal is pending. */
  get hasSignals(): boolean {
    return this.injected !== null || this.pending.anyOutside(this.sigmask) || this.process.pending.anyOutside(this.sigmask);
  }

  hasPending(set: SigSet): boolean {
    return this.pending.anyWithin(set) || this.process.pending.anyWithin(set);
  }

  dequeue(set: Readonly<SigSet>): SignalInfo | null {
    const own = this.pending.next(set);
    if (own) return this.pending.take(own);
    const shared = this.process.pending.next(set);
    return shared ? this.process.pending.take(shared) : null;
  }

  signal(info: SignalInfo): void {
    this.kernel.signals.toThread(this, info);
  }

  /** Whether a signal is that of this thread's last fault. */
  faultOf(info: SignalInfo): boolean {
    return this.faultInfo === info;
  }

  // Waiting.

  park(b: Blocked): void {
    this.blocked = b;
    this.waits++;
    this.timedOut = false;
    for (const q of b.queues) q.add(this);
    if (b.deadline !== undefined && b.deadline !== Infinity) {
      this.timer = this.kernel.setTimer(b.deadline, () => {
        this.timer = null;
        this.timedOut = true;
        this.woken();
      });
    }
  }

  unpark(): void {
    if (!this.blocked) return;
    for (const q of this.blocked.queues) q.remove(this);
    if (this.timer) this.kernel.cancelTimer(this.timer);
    this.timer = null;
    this.blocked = null;
  }
}
