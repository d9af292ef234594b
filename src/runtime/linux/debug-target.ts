import { GPR, PC, Reg } from "../../ir/state.js";
import { modeName } from "../../frontend/mode.js";
import { PAGE_SHIFT, PAGE_SIZE, Perm } from "../../mmu/perm.js";
import { samePoints, sameWatches } from "../breakpoints.js";
import type { DebugFile, DebugTarget, DebugThread, DebugWatch, MemoryRegion, ResumeAction, Stop } from "../gdb/target.js";
import { registerLayout } from "../gdb/registers.js";
import { UserCpu } from "../user-cpu.js";
import type { SignalInfo } from "./contract.js";
import { Errno } from "./errno.js";
import type { LinuxKernel } from "./kernel.js";
import type { GuestProcess } from "./process.js";
import { Sig, signalName } from "./signal.js";
import type { GuestThread } from "./thread.js";
import type { Tracer } from "./tracer.js";
import { toHost } from "./user.js";
import { Prot } from "./vma.js";

/** What a debugged thread's registers show while a call is to be started again, as on Linux. */
const ERESTARTSYS = 512;
const ESP = (GPR >> 2) + Reg.ESP * 2, EAX = (GPR >> 2) + Reg.EAX * 2;

/** A thread's part in a debugging session. */
interface Traced {
  /** How it goes on; null: it is stopped. */
  action: ResumeAction | null;
  /** The call that the stop interrupted, or -1. */
  origEax: number;
  /** Where a waiting thread stood when everything stopped: if it was moved since, its wait is over. */
  parkedPc: number;
  parkedSp: number;
  /** The signal that it is stopped at. */
  signal: SignalInfo | null;
  /** The breakpoint that it stopped at. */
  breakpoint: number | null;
}

/** The first process of a LinuxSystem as a debugger sees it; its children run free. */
export class LinuxDebugTarget implements DebugTarget, Tracer {
  readonly layout = registerLayout({ bits: 32, system: "linux" });
  readonly points = { code: new Set<number>(), data: [] as readonly DebugWatch[] };
  onStop: (stop: Stop) => void = () => undefined;
  lastStop: Stop;
  passSignals: ReadonlySet<number> = new Set();
  reportExec = false;
  attached = false;
  halted = true;
  private readonly traced = new Map<GuestThread, Traced>();
  private process: GuestProcess;
  /** Somebody is connected: the guest's time limit does not count what they take to look. Nobody coming at all is what a limit is for. */
  private client = false;
  /** What the processor stops at now. */
  private applied = { code: new Set<number>(), data: [] as readonly DebugWatch[] };

  /** The first process must be there and not have run yet: it waits for a debugger. */
  constructor(private readonly kernel: LinuxKernel) {
    this.process = kernel.main!;
    kernel.tracer = this;
    this.lastStop = { kind: "signal", thread: this.process.pid, signal: Sig.TRAP };
  }

  get pid(): number {
    return this.process.pid;
  }

  private of(t: GuestThread): Traced {
    let x = this.traced.get(t);
    if (!x) {
      // A new thread goes on as the one that made it, unless that steps.
      const action: ResumeAction | null = this.halted || this.solo ? null : { kind: "continue", signal: 0 };
      this.traced.set(t, (x = { action, origEax: -1, parkedPc: 0, parkedSp: 0, signal: null, breakpoint: null }));
    }
    return x;
  }

  /** Only the threads that were named run. */
  private solo = false;

  private thread(id: number): GuestThread | null {
    const t = this.kernel.threads.get(id);
    return t?.process === this.process ? t : null;
  }

  // Tracer.

  private concerns(t: GuestThread): boolean {
    return t.process === this.process && this.kernel.tracer === this;
  }

  holds(t: GuestThread): boolean {
    return this.concerns(t) && (this.halted || this.of(t).action === null);
  }

  steps(t: GuestThread): boolean {
    if (!this.concerns(t)) return false;
    const { action } = this.of(t);
    return action !== null && action.kind !== "continue";
  }

  stepped(t: GuestThread): void {
    const { action } = this.of(t);
    const pc = t.S[PC >> 2]! >>> 0;
    if (action?.kind === "range" && pc >= action.start! && pc < action.end!) return;
    this.stop({ kind: "signal", thread: t.tid, signal: Sig.TRAP, reason: "step" });
  }

  trapped(t: GuestThread): boolean {
    const pc = t.S[PC >> 2]!;
    const { cpu } = t.space;
    if (!this.concerns(t)) {
      // A vfork's child in the same memory.
      cpu.pass(pc);
      return false;
    }
    const hit = cpu.watchHit;
    if (hit) {
      this.stop({ kind: "signal", thread: t.tid, signal: Sig.TRAP, reason: { watch: hit.watch, address: hit.address } });
    } else {
      this.of(t).breakpoint = pc;
      this.stop({ kind: "signal", thread: t.tid, signal: Sig.TRAP, reason: "breakpoint" });
    }
    return true;
  }

  signalled(t: GuestThread, info: SignalInfo, restart: boolean): boolean {
    if (!this.concerns(t) || this.passSignals.has(info.signo) || info.signo === Sig.KILL) return false;
    const x = this.of(t);
    x.signal = info;
    if (restart) this.showRestart(t, x);
    this.stop({ kind: "signal", thread: t.tid, signal: info.signo });
    return true;
  }

  private showRestart(t: GuestThread, x: Traced): void {
    x.origEax = t.callNumber;
    this.words(t)[EAX] = -ERESTARTSYS;
  }

  takeRestart(t: GuestThread): boolean {
    const x = this.traced.get(t);
    if (!x || x.origEax < 0) return false;
    const restart = t.S[EAX] === -ERESTARTSYS;
    if (restart) t.callNumber = x.origEax;
    x.origEax = -1;
    return restart;
  }

  execed(t: GuestThread): void {
    if (!this.concerns(t)) return;
    // Nothing of the old program's is left in the new address space.
    this.points.code.clear();
    this.points.data = this.applied.data = [];
    this.applied.code.clear();
    this.traced.clear();
    if (this.halted) return;
    this.stop({ kind: "signal", thread: t.tid, signal: Sig.TRAP, ...(this.reportExec ? { reason: { exec: toHost(this.process.exe) } } : {}) });
  }

  ended(p: GuestProcess): void {
    if (p !== this.process) return;
    this.kernel.tracer = null;
    this.halted = true;
    this.kernel.timeLimit.hold(false);
    const e = p.ending!;
    this.lastStop = e.signal ? { kind: "killed", signal: e.signal } : { kind: "exited", status: e.status };
    this.onStop(this.lastStop);
  }

  private stop(stop: Stop): void {
    if (this.halted) return;
    this.halted = true;
    this.kernel.timeLimit.hold(this.client);
    for (const t of this.traced.keys()) if (t.dead) this.traced.delete(t);
    for (const t of this.process.threads) {
      const x = this.of(t);
      x.action = null;
      if (t.blocked && !t.uninterruptible) this.park(t, x);
    }
    this.lastStop = stop;
    // The thread's turn ends before the client can ask for anything.
    queueMicrotask(() => this.onStop(stop));
  }

  /** A thread that waits looks as if its call had been interrupted and were to be started again. */
  private park(t: GuestThread, x: Traced): void {
    this.showRestart(t, x);
    const S = this.words(t);
    x.parkedPc = S[PC >> 2]!;
    x.parkedSp = S[ESP]!;
  }

  // DebugTarget: going on.

  resume(actions: ReadonlyMap<number, ResumeAction>): void {
    // Clients take breakpoints away for a step and put them back after it: that is not worth dropping translations.
    const onlySteps = [...actions.values()].every((a) => a.kind === "step") && sameWatches(this.points.data, this.applied.data);
    if (!onlySteps) this.applyPoints();
    const { process, kernel } = this;
    this.solo = [...process.threads].some((t) => !actions.has(t.tid));
    this.halted = false;
    kernel.timeLimit.hold(false);
    for (const t of process.threads) {
      const x = this.of(t);
      const action = actions.get(t.tid) ?? null;
      x.action = action;
      if (!action) continue;
      this.release(t, x, action);
      kernel.ready(t);
    }
  }

  private release(t: GuestThread, x: Traced, action: ResumeAction): void {
    const S = this.words(t);
    const pc = S[PC >> 2]!;
    if (t.blocked && !t.uninterruptible) {
      if (S[EAX] === -ERESTARTSYS && x.origEax >= 0 && pc === x.parkedPc && S[ESP] === x.parkedSp) x.origEax = -1;
      else this.endWait(t);
    }
    if (action.signal) t.injected = x.signal?.signo === action.signal ? x.signal : { signo: action.signal, code: 0, pid: 0, uid: 0 };
    x.signal = null;
    // Only one can be about to begin: the processor is at its thread's PC.
    if (x.breakpoint === pc || action.kind === "step") t.space.cpu.pass(pc);
    x.breakpoint = null;
  }

  /** The client moved a thread that waits in a call: the wait is over, as by a signal. */
  private endWait(t: GuestThread): void {
    const { blocked } = t;
    t.unpark();
    try {
      blocked?.interrupted?.();
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
    }
  }

  private applyPoints(): void {
    const { points } = this;
    if (samePoints(points, this.applied)) return;
    this.applied = { code: new Set(points.code), data: points.data };
    const { cpu } = this.process.space;
    cpu.stopAt(points.code.size + points.data.length > 0 ? this.applied : null);
  }

  interrupt(): void {
    if (this.halted) return;
    // The one that ran last is the most interesting.
    const { current } = this.process.space;
    const t = [...this.process.threads].find((x) => x === current) ?? this.process.leader;
    if (t) this.stop({ kind: "signal", thread: t.tid, signal: Sig.INT });
  }

  attach(): void {
    this.attached = !this.halted;
    this.client = true;
    // A guest that has ended stands still, too, but its children may go on.
    this.kernel.timeLimit.hold(this.halted && !this.process.ending);
    if (this.halted || this.kernel.tracer) return;
    this.kernel.tracer = this;
    const t = this.process.leader;
    if (t) this.stop({ kind: "signal", thread: t.tid, signal: Sig.TRAP });
  }

  kill(): void {
    this.kernel.terminate(Sig.KILL);
  }

  detach(): void {
    this.client = false;
    if (this.kernel.tracer !== this) return;
    this.points.code.clear();
    this.points.data = [];
    const actions = new Map<number, ResumeAction>();
    for (const t of this.process.threads) actions.set(t.tid, { kind: "continue", signal: 0 });
    this.resume(actions);
    this.kernel.tracer = null;
  }

  // DebugTarget: looking.

  threads(): readonly DebugThread[] {
    return [...this.process.threads].map((t) => ({ id: t.tid, name: toHost(t.comm), text:  t.blocked ? `in system call ${t.callNumber}` : "in its own code" }));
  }

  /** A thread's registers, wherever they are. */
  private words(t: GuestThread): Int32Array {
    const { buffer, byteOffset, byteLength } = t.space.current === t ? t.space.cpu.state.bytes : t.saved;
    return new Int32Array(buffer, byteOffset, byteLength >> 2);
  }

  state(id: number): Int32Array | null {
    const t = this.thread(id);
    return t ? this.words(t) : null;
  }

  readExtra(id: number, name: string): number {
    const t = this.thread(id);
    return t && name === "orig_eax" ? this.of(t).origEax : 0;
  }

  writeExtra(id: number, name: string, value: number): void {
    const t = this.thread(id);
    if (t && name === "orig_eax") this.of(t).origEax = value;
  }

  registersChanged(id: number): void {
    const t = this.thread(id);
    if (t) this.of(t).breakpoint = this.of(t).breakpoint === this.words(t)[PC >> 2] ? this.of(t).breakpoint : null;
  }

  readMemory(_thread: number, address: number, into: Uint8Array): number {
    const { memory } = this.process;
    const n = mapped(memory, address, into.length);
    into.set(memory.bytes.subarray(address, address + n));
    return n;
  }

  writeMemory(_thread: number, address: number, bytes: Uint8Array): boolean {
    const { memory, space } = this.process;
    if (mapped(memory, address, bytes.length) < bytes.length) return false;
    for (let at = address; at < address + bytes.length; ) {
      const next = Math.min(at - (at % PAGE_SIZE) + PAGE_SIZE, address + bytes.length);
      if (memory.perms[at >>> PAGE_SHIFT]! & Perm.CODE && memory.holdsCode(at | 0, next - at)) memory.observer?.codeWritten(at | 0, next - at);
      at = next;
    }
    memory.noteStore(address, bytes.length);
    memory.hold(address, bytes.length);
    memory.bytes.set(bytes, address);
    if (space.map.sharing) space.map.push();
    return true;
  }

  memoryRegion(address: number): MemoryRegion {
    const { vmas } = this.process.space.map;
    const end = 2 ** 32;
    const v = vmas.find(address);
    if (v) {
      const permissions = (v.prot & Prot.READ ? "r" : "") + (v.prot & Prot.WRITE ? "w" : "") + (v.prot & Prot.EXEC ? "x" : "");
      return { start: v.start, size: v.end - v.start, permissions, name: v.file ? v.file.path : v.name };
    }
    let start = 0, next = end;
    for (const other of vmas.list) {
      if (other.end <= address) start = Math.max(start, other.end);
      else if (other.start > address) next = Math.min(next, other.start);
    }
    return { start, size: next - start };
  }

  execFile(): string {
    return toHost(this.process.exe);
  }

  auxv(): Uint8Array {
    return this.process.auxv();
  }

  openFile(path: string): DebugFile | number {
    try {
      const file = this.kernel.fileSystem.openToRead(this.process, path);
      return { size: file.size(), read: (position, into) => file.readAt(position, into), close: () => file.release() };
    } catch (e) {
      if (e instanceof Errno) return e.errno;
      throw e;
    }
  }

  // Monitor commands.

  readonly monitorHelp = [
    ["roles", "the MMU role and the modes that translations are filed under"],
    ["tlb", "how addresses are translated"],
    ["blocks [N]", "the N blocks that ran most in tier 0, and which are compiled (default 20)"],
    ["stats", "instructions by tier, cache, compiling"],
    ["maps", "the process' memory map"],
    ["signals", "pending and blocked signals of each thread"],
  ] as const;

  monitor(command: string): string | null {
    const [name, argument] = command.split(/\s+/);
    const { cpu } = this.process.space;
    if (!(cpu instanceof UserCpu)) return null;
    switch (name) {
      case "roles": {
        const all = [...cpu.cache.translations()];
        const rows = [...new Set(all.map((t) => t.mode))].map((mode) => {
          const list = all.filter((t) => t.mode === mode);
          return `  mode ${modeName(mode)}: ${list.length} blocks, ${list.filter((t) => t.region).length} regions\n`;
        });
        return `role ${cpu.cache.role}: direct (user mode: linear addresses are offsets in one buffer)\n${rows.join("")}`;
      }
      case "tlb": return "user mode has no TLB: a permission byte for each page decides (monitor maps)\n";
      case "blocks": return blocksText(cpu, Number(argument ?? 20) || 20);
      case "stats": return statsText(cpu);
      case "maps": return this.process.mapsText();
      case "signals": {
        const names = (set: { lo: number; hi: number }): string =>
          Array.from({ length: 64 }, (_, i) => i + 1).filter((n) => ((n <= 32 ? set.lo : set.hi) >>> ((n - 1) & 31)) & 1).map(signalName).join(" ") || "none";
        return [...this.process.threads].map((t) => `thread ${t.tid}: pending ${names(t.pending.set)}; blocked ${names(t.sigmask)}\n`).join("") +
          `process: pending ${names(this.process.pending.set)}\n`;
      }
      default: return null;
    }
  }
}

/** Bytes from `address` on, at most `max`, that are mapped. */
function mapped(memory: { perms: Uint8Array; limit: number }, address: number, max: number): number {
  const end = Math.min(address + max, memory.limit);
  let at = address;
  while (at < end && memory.perms[at >>> PAGE_SHIFT]! & Perm.MAPPED) at = at - (at % PAGE_SIZE) + PAGE_SIZE;
  return Math.max(0, Math.min(at, end) - address);
}

function blocksText(cpu: UserCpu, count: number): string {
  const all = [...cpu.cache.translations()];
  const top = all.sort((a, b) => b.count - a.count).slice(0, count);
  const rows = top.map((t) => `  0x${(t.pc >>> 0).toString(16).padStart(8, "0")} ${String((t.block.end - t.pc) >>> 0).padStart(4)} bytes ${String(t.count).padStart(8)} times in tier 0` +
    `${t.region ? `, compiled (${t.region.size} bytes of JavaScript)` : ""}\n`);
  return `${all.length} blocks\n${rows.join("")}`;
}

function statsText(cpu: UserCpu): string {
  const { counters: run, cacheCounters: c } = cpu;
  const n = (x: number): string => Math.round(x).toLocaleString("en-US");
  return `instructions   ${n(cpu.instructions)} in this process; of all processes ${n(run.interp)} in tier 0, ${n(run.jit)} compiled\n` +
    `translations   ${n(c.blocks)} blocks, ${n(c.regions)} regions (${n(run.bytes)} bytes of JavaScript in ${run.compileMs.toFixed(1)} ms)\n` +
    `cache          ${n(c.lookups)} lookups, ${n(c.hits)} hits, ${n(c.misses)} misses, ${n(c.invalidations)} invalidated, ${n(c.evictions)} evicted\n`;
}
