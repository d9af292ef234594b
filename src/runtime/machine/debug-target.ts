import { modeName } from "../../frontend/mode.js";
import { PC, SEG_BASE } from "../../ir/state.js";
import { isMemory, lookUp } from "../../mmu/look.js";
import { roleName } from "../../mmu/role.js";
import { sameWatches } from "../breakpoints.js";
import type { DebugTarget, DebugThread, DebugWatch, ResumeAction, Stop } from "../gdb/target.js";
import { registerLayout } from "../gdb/registers.js";
import type { Vcpu } from "./cpu/vcpu.js";
import type { MachineTracer } from "./contract.js";
import type { Machine } from "./machine.js";

const SIGINT = 2, SIGTRAP = 5, SIGSEGV = 11;
const FS = 4, GS = 5;

/** A machine as a debugger sees it: its vCPUs are the threads of process 1, numbered from 1. */
export class MachineDebugTarget implements DebugTarget, MachineTracer {
  readonly layout = registerLayout({ bits: 32, system: "machine" });
  readonly pid = 1;
  readonly points = { code: new Set<number>(), data: [] as readonly DebugWatch[] };
  onStop: (stop: Stop) => void = () => undefined;
  lastStop: Stop = { kind: "signal", thread: 1, signal: SIGTRAP };
  passSignals: ReadonlySet<number> = new Set();
  halted = true;
  attached = false;
  private actions: ReadonlyMap<number, ResumeAction> = new Map();
  private breakpoints: (number | null)[];
  private connected = true;
  private crashed = false;
  private watched: readonly DebugWatch[] = [];

  constructor(private readonly machine: Machine, private readonly vcpus: readonly Vcpu[], private readonly wake: () => void) {
    this.breakpoints = vcpus.map(() => null);
  }

  // MachineTracer.

  holds(id: number): boolean {
    return this.halted || (this.connected && !this.actions.has(id + 1));
  }

  steps(id: number): boolean {
    const action = this.actions.get(id + 1);
    return this.connected && action !== undefined && action.kind !== "continue";
  }

  stepped(id: number): void {
    const action = this.actions.get(id + 1);
    const pc = this.vcpus[id]!.state.S[PC >> 2]! >>> 0;
    if (action?.kind === "range" && pc >= action.start! && pc < action.end!) return;
    this.stop({ kind: "signal", thread: id + 1, signal: SIGTRAP, reason: "step" });
  }

  trapped(id: number): void {
    const vcpu = this.vcpus[id]!;
    const hit = vcpu.watchHit;
    if (hit) return this.stop({ kind: "signal", thread: id + 1, signal: SIGTRAP, reason: { watch: hit.watch, address: hit.address } });
    this.breakpoints[id] = vcpu.linearPc;
    this.stop({ kind: "signal", thread: id + 1, signal: SIGTRAP, reason: "breakpoint" });
  }

  shutdown(id: number): boolean {
    if (this.crashed || !this.connected) return false;
    this.crashed = true;
    this.stop({ kind: "signal", thread: id + 1, signal: SIGSEGV });
    return true;
  }

  ended(status: number): void {
    this.connected = false;
    this.halted = true;
    this.lastStop = { kind: "exited", status };
    this.onStop(this.lastStop);
  }

  private stop(stop: Stop): void {
    if (this.halted) return;
    this.halted = true;
    this.machine.timeLimit.hold(this.connected);
    this.lastStop = stop;
    queueMicrotask(() => this.onStop(stop));
  }

  // DebugTarget.

  resume(actions: ReadonlyMap<number, ResumeAction>): void {
    // Clients take breakpoints away for a step and put them back after it: that is not worth making all translations anew.
    const onlySteps = actions.size > 0 && [...actions.values()].every((a) => a.kind === "step") && sameWatches(this.points.data, this.watched);
    if (!onlySteps) {
      this.machine.stopAt(this.points.code.size + this.points.data.length > 0 ? { code: new Set(this.points.code), data: this.points.data } : null);
      this.watched = this.points.data;
    }
    this.actions = actions;
    this.vcpus.forEach((v, id) => {
      const stepping = this.steps(id);
      v.quiet = stepping;
      const pc = v.linearPc;
      if (stepping || this.breakpoints[id] === pc) v.pass(pc);
      this.breakpoints[id] = null;
    });
    this.halted = false;
    this.machine.timeLimit.hold(false);
    this.wake();
  }

  interrupt(): void {
    this.stop({ kind: "signal", thread: this.busy + 1, signal: SIGINT });
  }

  /** The vCPU to look at first: the one that ran last, unless that has nothing to do. */
  private get busy(): number {
    const { current } = this.machine;
    if (this.vcpus[current]?.activity === "running") return current;
    const other = this.vcpus.findIndex((v) => v.activity === "running");
    return other < 0 ? current : other;
  }

  attach(): void {
    this.attached = !this.halted;
    this.connected = true;
    this.machine.timeLimit.hold(this.halted);
    if (!this.halted) this.stop({ kind: "signal", thread: this.busy + 1, signal: SIGTRAP });
  }

  kill(): void {
    this.machine.stop();
    this.wake();
  }

  detach(): void {
    this.points.code.clear();
    this.points.data = [];
    this.connected = false;
    this.resume(new Map());
  }

  threads(): readonly DebugThread[] {
    return this.vcpus.map((v, id) => ({ id: id + 1, name: `vCPU ${id}`, text: v.activity }));
  }

  state(thread: number): Int32Array | null {
    return this.vcpus[thread - 1]?.state.S ?? null;
  }

  readExtra(thread: number, name: string): number {
    const p = this.vcpus[thread - 1]?.p;
    if (!p) return 0;
    switch (name) {
      case "cr0": return p.mmu.cr0;
      case "cr2": return p.cr2;
      case "cr3": return p.mmu.cr3;
      case "cr4": return p.mmu.cr4;
      case "efer": return p.mmu.efer;
      case "fs_base": return p.S[(SEG_BASE >> 2) + FS * 2]!;
      case "gs_base": return p.S[(SEG_BASE >> 2) + GS * 2]!;
      default: return 0;
    }
  }

  /** Control registers are the guest's: what they change is more than a number. */
  writeExtra(): void {}

  registersChanged(thread: number): void {
    const id = thread - 1;
    if (this.breakpoints[id] !== this.vcpus[id]?.linearPc) this.breakpoints[id] = null;
  }

  private physical(thread: number, linear: number): number {
    const v = this.vcpus[thread - 1] ?? this.vcpus[0]!;
    return lookUp(this.machine.memory, v.mmu, linear);
  }

  readMemory(thread: number, address: number, into: Uint8Array): number {
    const { memory } = this.machine;
    for (let i = 0; i < into.length; i++) {
      const at = address + i < 2 ** 32 ? this.physical(thread, address + i) : -1;
      if (!isMemory(memory, at)) return i;
      into[i] = memory.read8(at);
    }
    return into.length;
  }

  writeMemory(thread: number, address: number, bytes: Uint8Array): boolean {
    const { memory } = this.machine;
    const places: number[] = [];
    for (let i = 0; i < bytes.length; i++) {
      const at = address + i < 2 ** 32 ? this.physical(thread, address + i) : -1;
      if (!isMemory(memory, at)) return false;
      places.push(at);
    }
    places.forEach((at, i) => memory.load(at, bytes.subarray(i, i + 1)));
    return true;
  }

  // Monitor commands.

  readonly monitorHelp = [
    ["roles", "each vCPU's MMU role, and the roles that translations were made under"],
    ["tlb [ADDRESS]", "fills and flushes of the TLBs; what an address is translated to"],
    ["blocks [N]", "the N blocks that ran most in tier 0, and which are compiled (default 20)"],
    ["stats", "instructions, translations, MMU"],
    ["registers", "all registers of each vCPU, segments and tables too"],
  ] as const;

  monitor(command: string): string | null {
    const [name, argument] = command.split(/\s+/);
    const { machine } = this;
    const n = (x: number): string => Math.round(x).toLocaleString("en-US");
    switch (name) {
      case "roles": {
        const live = this.vcpus.map((v) => `vCPU ${v.id}: ${roleName(v.mmu.context.role)}\n`);
        const all = machine.translations.roles.map((r) => `  "${roleName(r.role)}": ${n(r.blocks)} blocks made, ${n(r.lookups)} lookups, ${n(r.hits)} hits\n`);
        return `${live.join("")}translations under\n${all.join("")}`;
      }
      case "tlb": return this.tlbText(argument);
      case "blocks": return this.blocksText(Number(argument ?? 20) || 20);
      case "stats": {
        const { cache, mmu } = machine.stats();
        return `instructions   ${n(machine.instructions)}\n` +
          `translations   ${n(cache.blocks)} blocks, ${n(cache.regions)} regions; ${n(cache.lookups)} lookups, ${n(cache.hits)} hits; ${n(cache.invalidations)} invalidated, ${n(cache.evictions)} evicted\n` +
          `MMU            ${n(mmu.resetsRequested)} resets asked for, ${n(mmu.rekeyed)} re-keyed, ${n(mmu.avoided)} avoided; ${n(mmu.tlbFills)} TLB fills, ${n(mmu.tlbFlushes)} flushes\n`;
      }
      case "registers": return this.vcpus.map((v) => `${v.dump()}\n`).join("");
      default: return null;
    }
  }

  private tlbText(argument: string | undefined): string {
    if (argument === undefined) {
      return this.vcpus.map((v) => `vCPU ${v.id}: ${v.mmu.counters.tlbFills} fills, ${v.mmu.counters.tlbFlushes} flushes, ${v.mmu.counters.contexts} contexts\n`).join("");
    }
    const address = /^(0x[0-9a-f]+|\d+)$/i.test(argument) ? Number(argument) : NaN;
    if (!(address <= 0xffffffff)) return `${argument}: no address\n`;
    return this.vcpus.map((v) => {
      const at = lookUp(this.machine.memory, v.mmu, address);
      return `vCPU ${v.id}: 0x${address.toString(16)} is ${at < 0 ? "not mapped" : `physical 0x${at.toString(16)}${isMemory(this.machine.memory, at) ? "" : " (no memory: a device or nothing)"}`}\n`;
    }).join("");
  }

  private blocksText(count: number): string {
    const all = [...this.machine.translations.all()];
    const top = all.sort((a, b) => b.count - a.count).slice(0, count);
    const rows = top.map((t) => `  0x${(t.pc >>> 0).toString(16).padStart(8, "0")} physical 0x${t.physical.toString(16)}, ${(t.block.end - t.pc) >>> 0} bytes, ` +
      `${t.count} times in tier 0${t.region ? ", compiled" : ""}; role "${roleName(t.index.role)}", mode ${modeName(t.mode)}\n`);
    return `${all.length} blocks\n${rows.join("")}`;
  }
}
