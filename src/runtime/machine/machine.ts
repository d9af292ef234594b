import type { PhysicalMemory } from "../../mmu/physical.js";
import { POLICIES } from "../../mmu/policies/index.js";
import type { MmuCounters, RoleChange, RolePolicy } from "../../mmu/policy.js";
import { samePoints, type StopPoints } from "../breakpoints.js";
import type { DebugTarget } from "../gdb/target.js";
import { TimeLimit } from "../time-limit.js";
import type { RunCounters, Tier } from "../tiers.js";
import { Board } from "./board.js";
import type { PortTrace } from "./bus.js";
import { TICKS_PER_MS } from "./clock.js";
import type { PortBus, VcpuControl, VcpuEnvironment } from "./contract.js";
import { FetchUnit } from "./cpu/code.js";
import type { DeliveredEvent } from "./cpu/delivery.js";
import { Vcpu } from "./cpu/vcpu.js";
import { MachineDebugTarget } from "./debug-target.js";
import type { Entry } from "./devices/firmware-port.js";
import { FACS_WAKING_VECTOR } from "./firmware/acpi-tables.js";
import { BiosServices } from "./firmware/services.js";
import { type BootImage, layoutImage } from "./load/index.js";
import { ImageError, type Layout, place } from "./load/image.js";
import type { CodeImage, CodeMap } from "../inspect/images.js";
import type { Inspection } from "../inspect/inspection.js";
import { elfSymbols, SymbolTable } from "../inspect/symbols.js";
import { Doing, during } from "../inspect/whereabouts.js";
import { exceptionName, type Trace } from "../trace.js";
import { Scheduler, Step } from "./scheduler.js";
import { MachineTranslations } from "./translations.js";

/** Bytes of RAM: a multiple of 4096 in these bounds; the rest of the first 4 GiB is for devices. */
export const LEAST_MEMORY = 2 ** 20, MOST_MEMORY = 3 * 2 ** 30, MOST_CPUS = 8;
const DEFAULT_MEMORY = 128 * 2 ** 20;
const BIOS_UNIT = 65536, BIOS_MOST = 2 ** 24;
/** Where firmware is: below 1 MiB and at the end of the first 4 GiB. */
const ROM_START = 0xe0000, ROM_END = 0x100000, HIGH_ROM = 0xff000000;
/** Bits of a physical address. */
const PHYSICAL_BITS = 40;
/** Date at power-on of a run with icount: 1 January 2000, 0:00 UTC. */
const FIXED_DATE = 946684800000;
/** Milliseconds after which the host's event loop gets its turn. */
const SLICE_MS = 10;
/** Real waits longer than a timer of the host's can be. */
const LONGEST_WAIT = 2 ** 31 - 1;
const SERIAL_BATCH = 4096;
const SERIAL_BACKLOG = 65536;

/** Makes the processors of a machine, where others than lift86's own are wanted. */
export type VcpuFactory = (id: number, memory: PhysicalMemory, environment: VcpuEnvironment) => VcpuControl;

export interface MachineOptions {
  /** What to boot: a multiboot image, a boot sector with its disk, raw bytes. */
  readonly image: BootImage;
  /** Bytes of RAM, a multiple of 4096 from 1 MiB to 3 GiB; 128 MiB by default. */
  readonly memory?: number;
  /** vCPUs, 1 to 8; 1 by default. */
  readonly cpus?: number;
  /** A PC BIOS (such as SeaBIOS) that runs instead of the machine's own ROM: a multiple of 64 KiB, at most 16 MiB. */
  readonly bios?: Uint8Array;
  /** Bytes that the guest sends over its serial port, as they come. */
  readonly serial?: (bytes: Uint8Array) => void;
  /** All that was given to `receive` has been taken. */
  readonly onDrained?: () => void;
  /** Time follows instructions, and starts at a fixed date: every run is alike. Otherwise real time. */
  readonly icount?: boolean;
  /** Ends the run after this many instructions of all vCPUs. */
  readonly maxInstructions?: number;
  /** Ends the run after this many milliseconds of wall time, without those that a debugger holds it for. */
  readonly timeout?: number;
  /** What is done about MMU roles when control registers change; `fixed` by default. */
  readonly policy?: RolePolicy;
  /** Compare each vCPU's role in use with its registers after every change: `stats().mmu.roleMismatches`. */
  readonly audit?: boolean;
  /** MMU contexts that each vCPU keeps; 8 by default. */
  readonly contexts?: number;
  readonly tier?: Tier;
  /** Every access to an I/O port. */
  readonly onPort?: PortTrace;
  /** Every exception and interrupt, before it is delivered. */
  readonly onEvent?: (cpu: number, event: DeliveredEvent) => void;
  /** Every change of control registers that asked for a reset of the MMU's context, and what came of it. */
  readonly onRoleChange?: (cpu: number, change: RoleChange) => void;
  /** What happens, as it happens. */
  readonly trace?: Trace;
  /** What those who look inside get to see: `compile`, `growth`, `hits`, `times` and `where`. */
  readonly inspection?: Inspection;
  /** Called after every slice, with the instructions retired so far. */
  readonly onSlice?: (instructions: number) => void;
  /** The machine waits at its first instruction for a debugger, which this gives it (a GdbServer, say). */
  readonly debug?: (target: DebugTarget) => void;
  /** A line the user should see. */
  readonly notice?: (line: string) => void;
}

/**
 * Why a machine stopped. `exit`: the debug-exit port; `poweroff`: ACPI; `halted`: all vCPUs with interrupts off, for good; `shutdown`: a triple fault;
 * `instructions`, `time`: a limit; `stopped`: by stop().
 */
export type MachineEnd = "exit" | "poweroff" | "halted" | "shutdown" | "instructions" | "time" | "stopped";

export interface MachineResult {
  readonly end: MachineEnd;
  /** Exit status: what was written to debug-exit, (value << 1) | 1; 0 for power-off and halt; 1 for a triple fault; 124 for the time limit, 137 for that of instructions; 130 for stop(). */
  readonly status: number;
  /** Retired by all vCPUs. */
  readonly instructions: number;
  /** After a triple fault: the registers, a few lines. */
  readonly dump: string | null;
}

/** Counters of a machine. */
export interface MachineStats {
  readonly instructions: number;
  readonly run: RunCounters;
  readonly cache: { readonly lookups: number; readonly hits: number; readonly misses: number; readonly invalidations: number; readonly evictions: number; readonly blocks: number; readonly regions: number };
  /** Of all vCPUs together. */
  readonly mmu: MmuCounters;
}

const STATUS: Readonly<Record<MachineEnd, number>> = { exit: 0, poweroff: 0, halted: 0, shutdown: 1, instructions: 137, time: 124, stopped: 130 };

/** A PC: up to eight vCPUs, memory and devices, on one thread. */
export class Machine {
  readonly board: Board;
  readonly vcpus: readonly VcpuControl[];
  /** Translations of all vCPUs. */
  readonly translations: MachineTranslations;
  private readonly scheduler: Scheduler;
  private readonly layout: Layout;
  private readonly services: BiosServices;
  private readonly sent = new Uint8Array(SERIAL_BATCH);
  private sentLength = 0;
  /** Address of the FACS that the machine's own firmware made. */
  private facs = 0;
  /** More may come over the serial line. */
  private inputOpen = false;
  private ended: { end: MachineEnd; status: number } | null = null;
  private resetAsked = false;
  /** Suspend to RAM; the firmware asks whether it wakes from that. */
  private power: "on" | "asleep" | "waking" = "on";
  private wakeUp: (() => void) | null = null;
  private tracer: MachineDebugTarget | null = null;
  readonly timeLimit: TimeLimit;

  /** Throws ImageError if the image cannot be booted, RangeError for impossible options. */
  constructor(private readonly options: MachineOptions, makeVcpu?: VcpuFactory) {
    const { memory = DEFAULT_MEMORY, cpus = 1, bios = null, icount = false } = options;
    if (!(Number.isInteger(memory / 4096) && memory >= LEAST_MEMORY && memory <= MOST_MEMORY)) throw new RangeError(`${memory} bytes of memory: from 1 MiB to 3 GiB, whole pages`);
    if (!(Number.isInteger(cpus) && cpus >= 1 && cpus <= MOST_CPUS)) throw new RangeError(`${cpus} vCPUs: from 1 to ${MOST_CPUS}`);
    if (bios && (bios.length === 0 || bios.length % BIOS_UNIT !== 0 || bios.length > BIOS_MOST)) {
      throw new ImageError(`a BIOS of ${bios.length} bytes: it has to be a multiple of 64 KiB, at most 16 MiB`);
    }
    this.board = new Board({
      memory, cpus, icount, bios, physicalBits: PHYSICAL_BITS, date: icount ? FIXED_DATE : Date.now(),
      firmware: { load: () => this.load(), resume: () => this.resume(), serve: (frame) => this.services.serve(frame) },
    }, {
      serial: (byte) => this.transmit(byte),
      exit: (status) => this.finish("exit", status),
      powerOff: () => this.finish("poweroff"),
      sleep: () => {
        this.power = "asleep";
        this.scheduler.interrupt();
      },
      wake: () => {
        this.power = "waking";
        this.resetAsked = true;
      },
      init: () => {
        for (const v of this.vcpus) v.init();
      },
      boardReset: () => {
        this.resetAsked = true;
        this.scheduler.interrupt();
      },
      ipi: () => this.scheduler.yieldTurn(),
      current: () => this.scheduler.current,
    });
    this.timeLimit = new TimeLimit(options.timeout ?? Infinity);
    const { board } = this;
    this.layout = layoutImage(options.image, { ram: memory, map: board.map });
    this.services = new BiosServices(
      board.memory, { write: (b) => this.transmit(b), read: (take) => board.serial.peek(take) }, this.layout.disk, board.map, board.memory,
      (line) => options.notice?.(line),
    );
    board.serial.onDrained = () => options.onDrained?.();
    const { trace } = options;
    if (trace?.wants("io")) {
      board.ports.trace = (write, port, size, value) => {
        trace.io(write, port, size, value);
        options.onPort?.(write, port, size, value);
      };
    } else if (options.onPort) board.ports.trace = options.onPort;
    this.translations = new MachineTranslations(board.memory);
    if (trace?.wants("invalidations")) {
      this.translations.observer = {
        missed: () => undefined,
        made: () => undefined,
        dropped: (t, why) => trace.invalidation(t.pc, (t.block.end - t.pc) >>> 0, t.region !== null, why),
      };
    }
    this.vcpus = board.locals.map((local, id) => {
      const environment = { ports: watchedPorts(board.ports, options.inspection), interrupts: local, msrs: local, clock: board.clock, ferr: () => board.coprocessorError() };
      const vcpu = makeVcpu ? makeVcpu(id, board.memory, environment) : this.makeVcpu(id, environment);
      local.vcpu = vcpu;
      return vcpu;
    });
    this.scheduler = new Scheduler(this.vcpus, board.clock, board.events, icount, options.maxInstructions ?? Infinity);
    this.scheduler.trace = trace ?? null;
    this.scheduler.times = options.inspection?.times ?? null;
    this.scheduler.where = options.inspection?.where ?? null;
  }

  private makeVcpu(id: number, environment: VcpuEnvironment): Vcpu {
    const { policy = POLICIES.fixed, audit = false, contexts, cpus = 1, trace, tier, inspection } = this.options;
    const { onRoleChange, onEvent } = withTrace(this.options);
    const vcpu = new Vcpu(id, this.board.memory, environment, {
      translations: this.translations, policy, processors: cpus, ...(tier ? { tier } : {}), ...(inspection ? { inspection } : {}),
      ...(trace?.wants("blocks") ? { entries: { enter: trace.enter, includes: trace.includes } } : {}),
      mmu: {
        physicalBits: PHYSICAL_BITS, audit, ...(contexts !== undefined ? { contexts } : {}),
        ...(onRoleChange ? { onRoleChange: (change: RoleChange) => onRoleChange(id, change) } : {}),
      },
    });
    if (onEvent) vcpu.delivery.onEvent = (event) => onEvent(id, event);
    return vcpu;
  }

  /** Names of the code that runs: the symbols of the image; the ROM has none. */
  get code(): CodeMap {
    const { name, bytes } = this.options.image;
    const symbols = new SymbolTable(elfSymbols({ size: bytes.length, read: (at, n) => bytes.subarray(Math.min(at, bytes.length), Math.min(at + n, bytes.length)) }));
    const image: CodeImage = { name, symbols }, rom: CodeImage = { name: "ROM", symbols: new SymbolTable([]), firmware: true };
    return { imageAt: (source, pc) => (source instanceof FetchUnit && isRom(source.physical(pc)) ? rom : image) };
  }

  get memory(): PhysicalMemory {
    return this.board.memory;
  }

  /** Retired by all vCPUs so far. */
  get instructions(): number {
    return this.scheduler.instructions;
  }

  /** Number of the vCPU that runs now, or ran last. */
  get current(): number {
    return this.scheduler.current;
  }

  /** Make all vCPUs stop at these (MachineDebugTarget). Not while they run. */
  stopAt(points: StopPoints | null): void {
    if (samePoints(points, this.points)) return;
    this.points = points;
    this.translations.clear();
    for (const v of this.vcpus) if (v instanceof Vcpu) v.stopAt(points);
  }

  private points: StopPoints | null = null;

  private startDebugger(attach: (target: DebugTarget) => void): void {
    const vcpus = this.vcpus.filter((v) => v instanceof Vcpu);
    this.tracer = this.scheduler.tracer = new MachineDebugTarget(this, vcpus, () => this.poke());
    attach(this.tracer);
  }

  stats(): MachineStats {
    const { counters } = this.translations;
    const { lookups, hits, compileMs, bytes, guestBytes } = { ...this.translations.lookups, ...this.translations.compilation };
    const cache = { lookups, hits, misses: lookups - hits, ...counters };
    const { instructions } = this;
    let jit = 0;
    for (const v of this.vcpus) if (v instanceof Vcpu) jit += v.compiled;
    return { instructions, run: { interp: instructions - jit, jit, compileMs, bytes, guestBytes }, cache, mmu: this.mmuCounters() };
  }

  private mmuCounters(): MmuCounters {
    const mmu: MmuCounters = {
      resetsRequested: 0, rekeyed: 0, avoided: 0, dropped: 0, skipped: 0, tlbFills: 0, tlbFlushes: 0, contexts: 0, contextsEvicted: 0, audits: 0, roleMismatches: 0,
    };
    for (const v of this.vcpus) if (v instanceof Vcpu) for (const [name, n] of Object.entries(v.mmu.counters)) mmu[name as keyof MmuCounters] += n as number;
    return mmu;
  }

  /** The ROM asks for the image, at power-on and after resets. */
  private load(): Entry {
    const { board, layout } = this;
    if (!this.options.bios) this.facs = board.placeTables();
    place(layout.segments, board.memory);
    return layout.entry;
  }

  /** The waking vector of the FACS, which the system wrote (ACPI 6.4, 5.2.10): a real-mode address. */
  private resume(): Entry | null {
    if (this.power !== "waking") return null;
    this.power = "on";
    const vector = this.memory.read(this.facs + FACS_WAKING_VECTOR, 4);
    return { kind: "real", segment: (vector >>> 4) & 0xffff, offset: vector & 15, drive: 0 };
  }

  // The serial line.

  private transmit(byte: number): void {
    this.sent[this.sentLength++] = byte;
    if (this.sentLength === SERIAL_BATCH || byte === 0x0a) this.flushSerial();
  }

  private flushSerial(): void {
    if (this.sentLength === 0) return;
    const bytes = this.sent.slice(0, this.sentLength);
    this.sentLength = 0;
    this.options.serial?.(bytes);
  }

  /** Bytes for the guest's serial port; kept until it reads them. False: many wait, better wait for `onDrained` before giving more. */
  receive(bytes: Uint8Array): boolean {
    this.inputOpen = true;
    this.board.serial.receive(bytes);
    this.poke();
    return this.board.serial.backlog < SERIAL_BACKLOG;
  }

  /** Whether more may come by `receive`: a guest that waits for it is not at its end. */
  set inputExpected(on: boolean) {
    this.inputOpen = on;
    this.poke();
  }

  private poke(): void {
    this.scheduler.wake();
    this.wakeUp?.();
  }

  // Running.

  private finish(end: MachineEnd, status = STATUS[end]): void {
    this.ended ??= { end, status };
    this.scheduler.interrupt();
    this.wakeUp?.();
  }

  /** End the run, as a power switch does. */
  stop(): void {
    this.finish("stopped");
  }

  /** Run until the machine stops. The host's event loop gets its turn every few milliseconds. */
  async run(): Promise<MachineResult> {
    if (this.options.debug) this.startDebugger(this.options.debug);
    this.timeLimit.start();
    while (!this.ended) {
      if (this.timeLimit.left <= 0) {
        this.finish("time");
        break;
      }
      const wait = this.slices(performance.now() + SLICE_MS);
      this.flushSerial();
      this.options.trace?.flush();
      if (this.ended) break;
      const where = this.options.inspection?.where;
      if (where && wait > 0) where.now[0] = Doing.idle;
      await this.pause(Math.min(wait, this.timeLimit.left));
      if (where) where.now[0] = Doing.rest;
    }
    this.flushSerial();
    const { end, status } = this.ended ?? { end: "stopped" as const, status: STATUS.stopped };
    this.tracer?.ended(status);
    return { end, status, instructions: this.instructions, dump: end === "shutdown" ? (this.scheduler.faulted?.dump() ?? null) : null };
  }

  /** Run until a time of the host's; how long there is nothing to do, in milliseconds: 0 when there is. */
  private slices(until: number): number {
    const { scheduler, tracer, board: { clock, events } } = this;
    for (;;) {
      if (tracer?.halted) return Infinity;
      const step = this.power === "asleep" ? scheduler.sleep() : scheduler.step();
      this.options.onSlice?.(scheduler.instructions);
      if (this.resetAsked) this.reset();
      if (this.ended) return 0;
      switch (step) {
        case Step.ran: break;
        case Step.idle: {
          if (events.next === Infinity) {
            if (this.inputOpen) return Infinity;
            this.finish("halted");
            return 0;
          }
          if (this.options.icount) {
            clock.skipTo(events.next);
            break;
          }
          const wait = (events.next - clock.ticks()) / TICKS_PER_MS;
          if (wait > 0) return wait;
          break;
        }
        case Step.debug:
          tracer!.trapped(scheduler.current);
          break;
        case Step.stepped:
          tracer!.stepped(scheduler.current);
          break;
        case Step.dead:
          this.finish("halted");
          return 0;
        case Step.shutdown:
          if (tracer?.shutdown(scheduler.current)) break;
          this.finish("shutdown");
          return 0;
        case Step.limit:
          this.finish("instructions");
          return 0;
      }
      if (performance.now() >= until) return 0;
    }
  }

  /** Let the host's event loop go on; `wait` milliseconds at most, less if input or a stop comes. */
  private pause(wait: number): Promise<void> {
    return new Promise((resolve) => {
      if (wait < 1) {
        if (typeof setImmediate === "function") setImmediate(resolve);
        else setTimeout(resolve, 0);
        return;
      }
      const timer = wait === Infinity ? null : setTimeout(() => this.wakeUp?.(), Math.min(wait, LONGEST_WAIT));
      this.wakeUp = () => {
        if (timer !== null) clearTimeout(timer);
        this.wakeUp = null;
        resolve();
      };
    });
  }

  /** RESET of the whole board. */
  private reset(): void {
    this.resetAsked = false;
    this.board.reset();
    for (const v of this.vcpus) v.reset();
    this.scheduler.wake();
  }
}

/** Whether a PC has its firmware at a physical address. */
function isRom(physical: number): boolean {
  return (physical >= ROM_START && physical < ROM_END) || physical >= HIGH_ROM;
}

/** Ports whose accesses are counted as time of devices, if somebody wants to know. */
function watchedPorts(ports: PortBus, { times, where }: Inspection = {}): PortBus {
  if (!times && !where) return ports;
  const timed = <T>(access: () => T): T => {
    const started = performance.now();
    const value = during(where, Doing.devices, access);
    if (times) times.devices += performance.now() - started;
    return value;
  };
  return {
    portIn: (port, size) => timed(() => ports.portIn(port, size)),
    portOut: (port, size, value) => timed(() => ports.portOut(port, size, value)),
  };
}

/** Listeners of a machine's events, the trace among them. */
function withTrace({ trace, onEvent, onRoleChange }: MachineOptions): Pick<MachineOptions, "onEvent" | "onRoleChange"> {
  return {
    ...(onEvent || trace?.wants("exceptions") ? {
      onEvent: (cpu, e) => {
        trace?.exception(e.vector, e.code < 0 ? null : e.code, null, e.pc, eventName(e));
        onEvent?.(cpu, e);
      },
    } : {}),
    ...(trace?.wants("roles") ? {
      onRoleChange: (cpu, c) => {
        const changed = (["cr0", "cr4", "efer"] as const).filter((r) => c.old[r] !== c.new[r]).map((r) => `${r} 0x${(c.old[r] >>> 0).toString(16)} to 0x${(c.new[r] >>> 0).toString(16)}`);
        trace.role(c.register, changed, c.oldRole, c.newRole, c.action);
        onRoleChange?.(cpu, c);
      },
    } : onRoleChange ? { onRoleChange } : {}),
  };
}

/** Origins of events: 0 an exception, 1 from outside, 2 INT n. */
function eventName(e: DeliveredEvent): string {
  const hex = `0x${e.vector.toString(16)}`;
  return e.origin === 2 ? `int ${hex}` : e.origin === 1 && e.vector !== 2 ? `interrupt ${hex}` : exceptionName(e.vector);
}
