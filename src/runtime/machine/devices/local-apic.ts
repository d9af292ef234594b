import { RESULT } from "../../../ir/op.js";
import type { MmioDevice } from "../../../mmu/physical.js";
import type { Resettable } from "../bus.js";
import type { DeviceMsrs, InterruptController, MachineClock, VcpuControl } from "../contract.js";
import type { Events, Timer } from "../events.js";
import { type ApicBus, type ApicMessage, Delivery, type Shorthand } from "./apic-bus.js";

/**
 * The local APIC of one vCPU: as xAPIC through its memory window, as x2APIC through MSRs 800h to 8FFh. Timer: one-shot, periodic, TSC-deadline.
 * Source: SDM vol. 3, chapter 11 ("Advanced Programmable Interrupt Controller").
 */

/** Registers by their offset in the window / 16, which is also their x2APIC MSR - 800h. */
const enum Reg {
  id = 0x02, version = 0x03, tpr = 0x08, apr = 0x09, ppr = 0x0a, eoi = 0x0b, remoteRead = 0x0c, ldr = 0x0d, dfr = 0x0e, spurious = 0x0f,
  isr = 0x10, tmr = 0x18, irr = 0x20, esr = 0x28, lvtCmci = 0x2f, icr = 0x30, icrHigh = 0x31,
  lvtTimer = 0x32, lvtThermal = 0x33, lvtPerformance = 0x34, lvtLint0 = 0x35, lvtLint1 = 0x36, lvtError = 0x37,
  initialCount = 0x38, currentCount = 0x39, divide = 0x3e, selfIpi = 0x3f,
}

export const APIC_DEFAULT_BASE = 0xfee00000;
export const MSR_APIC_BASE = 0x1b, MSR_TSC_DEADLINE = 0x6e0, MSR_X2APIC = 0x800;
const BASE_BSP = 0x100, BASE_EXTD = 0x400, BASE_ENABLE = 0x800;
/** Version 14h, six LVT entries, EOI broadcasts can be suppressed. */
const VERSION = 0x01050014;
const SPIV_ENABLE = 0x100, SPIV_NO_BROADCAST = 0x1000;
const LVT_MASKED = 0x10000, LVT_PENDING = 0x1000, LVT_LEVEL = 0x8000;
const LVT_FIRST = Reg.lvtTimer, LVT_COUNT = 6;
/** Bits that can be written in each entry from the timer's on; delivery status and remote IRR cannot. */
const LVT_WRITABLE = [0x700ff, 0x107ff, 0x107ff, 0x1a7ff, 0x1a7ff, 0x100ff];
/** Timer modes; 0 is one-shot. */
const TIMER_PERIODIC = 1, TIMER_DEADLINE = 2;
const ESR_SEND_ILLEGAL = 0x20, ESR_RECEIVE_ILLEGAL = 0x40, ESR_REGISTER = 0x80;
/** Vectors below are errors to send or receive. */
const FIRST_VECTOR = 16;
const DELIVERY_PENDING = 0x1000;


/** The PC's older interrupt controller, whose INTR comes in at LINT0. */
export interface ExternalInterrupts {
  readonly asserted: boolean;
  acknowledge(): number;
}

export interface LocalApicOptions {
  readonly id: number;
  readonly bus: ApicBus;
  readonly clock: MachineClock;
  readonly events: Events;
  readonly external: ExternalInterrupts;
  /** The bits of a physical address that the base may have. */
  readonly physicalBits: number;
  /** There is a window at this address now. */
  readonly onBase?: (address: number) => void;
  /** An interrupt for another processor left. */
  readonly onIpi?: () => void;
}

export class LocalApic implements InterruptController, DeviceMsrs, Resettable, MmioDevice {
  readonly id: number;
  /** Its processor, attached once made. */
  vcpu: VcpuControl | null = null;
  private readonly bus: ApicBus;
  private readonly clock: MachineClock;
  private base = 0;
  private baseHigh = 0;
  private apicId = 0;
  private tpr = 0;
  private ldr = 0;
  private dfr = -1;
  private spurious = 0xff;
  private esr = 0;
  private esrNext = 0;
  private icr = 0;
  private icrHigh = 0;
  private readonly lvt = new Int32Array(LVT_COUNT);
  private readonly irr = new Int32Array(8);
  private readonly isr = new Int32Array(8);
  private readonly tmr = new Int32Array(8);
  private readonly timer: Timer;
  private initialCount = 0;
  private divide = 0;
  /** When the timer's count was loaded. */
  private started = 0;
  /** TSC-deadline as (low, high); 0: not armed. */
  private deadlineLow = 0;
  private deadlineHigh = 0;
  private ready = false;
  /** Vector to be taken now; -1: it is ExtINT's. */
  private vector = -1;

  constructor(private readonly options: LocalApicOptions) {
    this.id = options.id;
    this.bus = options.bus;
    this.clock = options.clock;
    this.timer = options.events.timer(() => this.timerFired());
    this.bus.locals.push(this);
    this.reset();
  }

  /** RESET. */
  reset(): void {
    this.base = APIC_DEFAULT_BASE | BASE_ENABLE | (this.id === 0 ? BASE_BSP : 0);
    this.baseHigh = 0;
    this.apicId = this.id;
    this.init();
    this.options.onBase?.(APIC_DEFAULT_BASE);
  }

  /** INIT: as RESET, but the ID and the base stay (11.4.7.3). */
  init(): void {
    this.tpr = this.ldr = this.esr = this.esrNext = this.icr = this.icrHigh = 0;
    this.dfr = -1;
    this.spurious = 0xff;
    this.lvt.fill(LVT_MASKED);
    this.irr.fill(0);
    this.isr.fill(0);
    this.tmr.fill(0);
    this.initialCount = this.divide = this.started = 0;
    this.deadlineLow = this.deadlineHigh = 0;
    this.timer.stop();
    this.update();
  }

  /** By IA32_APIC_BASE. */
  private get on(): boolean {
    return (this.base & BASE_ENABLE) !== 0;
  }

  /** Where its memory window is; null: there is none. */
  get window(): number | null {
    return this.on && !this.x2 && this.baseHigh === 0 ? (this.base & -4096) >>> 0 : null;
  }

  private get x2(): boolean {
    return (this.base & (BASE_ENABLE | BASE_EXTD)) === (BASE_ENABLE | BASE_EXTD);
  }

  /** By its own software enable bit, too. */
  get enabled(): boolean {
    return this.on && (this.spurious & SPIV_ENABLE) !== 0;
  }

  // Messages.

  matches(destination: number, logical: boolean, wide: boolean): boolean {
    if (!this.on) return false;
    if (!logical) {
      if (destination === (wide ? 0xffffffff : 0xff)) return true;
      return destination === (this.x2 ? this.id : this.apicId);
    }
    if (this.x2) {
      if (destination === (wide ? 0xffffffff : 0xff)) return true;
      const mine = this.x2Ldr();
      return destination >>> 16 === mine >>> 16 && (destination & mine & 0xffff) !== 0;
    }
    if (destination === 0xff || destination === 0xffffffff) return true;
    const mine = this.ldr >>> 24;
    if (this.dfr >>> 28 === 15) return (destination & mine) !== 0;
    return destination >>> 4 === mine >>> 4 && (destination & mine & 15) !== 0;
  }

  private x2Ldr(): number {
    return ((this.id >> 4) << 16) | (1 << (this.id & 15));
  }

  get arbitrationPriority(): number {
    return Math.max(this.tpr, highest(this.irr) & 0xf0, highest(this.isr) & 0xf0);
  }

  accept(m: ApicMessage): void {
    switch (m.mode) {
      case Delivery.fixed: case Delivery.lowestPriority:
        if (m.vector < FIRST_VECTOR) this.error(ESR_RECEIVE_ILLEGAL);
        else if (this.enabled) this.request(m.vector, m.levelTriggered);
        break;
      case Delivery.nmi: this.vcpu?.nmi(); break;
      case Delivery.init:
        this.init();
        this.vcpu?.init();
        break;
      case Delivery.startup: this.vcpu?.sipi(m.vector); break;
      // An ExtINT message from an I/O APIC: the 8259s have the vector.
      case Delivery.extInt: this.update(); break;
      case Delivery.smi: break;
    }
  }

  private request(vector: number, level: boolean): void {
    const word = vector >> 5, bit = 1 << (vector & 31);
    this.irr[word]! |= bit;
    if (level) this.tmr[word]! |= bit;
    else this.tmr[word]! &= ~bit;
    this.update();
  }

  private error(bit: number): void {
    this.esrNext |= bit;
    this.local(Reg.lvtError);
  }

  /** A local interrupt source fires. */
  private local(reg: Reg): void {
    const entry = this.lvt[reg - LVT_FIRST]!;
    if (entry & LVT_MASKED || !this.on) return;
    const mode: Delivery = reg === Reg.lvtTimer || reg === Reg.lvtError ? Delivery.fixed : (entry >> 8) & 7;
    this.accept({ mode, vector: entry & 0xff, levelTriggered: false, destination: 0, logical: false, wide: false });
  }

  /** INTR of the 8259s changed (LINT0), or LINT1 is pulsed. */
  externalChanged(): void {
    const entry = this.lvt[Reg.lvtLint0 - LVT_FIRST]!;
    if (this.on && ((entry >> 8) & 7) !== Delivery.extInt && this.options.external.asserted) this.local(Reg.lvtLint0);
    this.update();
  }

  lint1(): void {
    this.local(Reg.lvtLint1);
  }

  private takesExternal(): boolean {
    if (!this.options.external.asserted) return false;
    // With the APIC off, LINT0 is the processor's INTR pin; on all but the first it leads nowhere.
    if (!this.on) return this.id === 0;
    const entry = this.lvt[Reg.lvtLint0 - LVT_FIRST]!;
    return !(entry & LVT_MASKED) && ((entry >> 8) & 7) === Delivery.extInt;
  }

  // The processor's side.

  pending(): boolean {
    return this.ready;
  }

  acknowledge(): number {
    const { vector } = this;
    if (vector < 0) {
      const v = this.options.external.acknowledge();
      this.update();
      return v;
    }
    const word = vector >> 5, bit = 1 << (vector & 31);
    this.irr[word]! &= ~bit;
    this.isr[word]! |= bit;
    this.update();
    return vector;
  }

  private ppr(): number {
    const serving = highest(this.isr);
    return this.tpr >> 4 >= serving >> 4 ? this.tpr : serving & 0xf0;
  }

  private update(): void {
    let vector = -1, ready = false;
    if (this.enabled) {
      const v = highest(this.irr);
      if (v >> 4 > this.ppr() >> 4) {
        vector = v;
        ready = true;
      }
    }
    if (!ready && this.takesExternal()) ready = true;
    this.vector = vector;
    this.ready = ready;
    if (ready) this.vcpu?.attention();
  }

  private endOfInterrupt(): void {
    const v = highest(this.isr);
    if (v === 0) return;
    const word = v >> 5, bit = 1 << (v & 31);
    this.isr[word]! &= ~bit;
    if (this.tmr[word]! & bit && !(this.spurious & SPIV_NO_BROADCAST)) this.bus.endOfInterrupt(v);
    this.update();
  }

  // Timer.

  private get timerMode(): number {
    return (this.lvt[0]! >> 17) & 3;
  }

  /** Ticks of one count. */
  private get divisor(): number {
    const d = (this.divide & 3) | ((this.divide & 8) >> 1);
    return d === 7 ? 1 : 2 << d;
  }

  private count(): number {
    if (this.initialCount === 0 || this.timerMode === TIMER_DEADLINE) return 0;
    const passed = Math.floor((this.clock.ticks() - this.started) / this.divisor);
    if (this.timerMode === TIMER_PERIODIC) return this.initialCount - (passed % this.initialCount);
    return passed >= this.initialCount ? 0 : this.initialCount - passed;
  }

  private startTimer(): void {
    this.started = this.clock.ticks();
    this.timer.at = this.initialCount > 0 ? this.started + this.initialCount * this.divisor : Infinity;
  }

  private timerFired(): void {
    if (this.timerMode === TIMER_DEADLINE) {
      if (!this.deadlineReached()) {
        this.armDeadline();
        return;
      }
      this.deadlineLow = this.deadlineHigh = 0;
    } else if (this.timerMode === TIMER_PERIODIC) {
      const period = this.initialCount * this.divisor, now = this.clock.ticks();
      // Periods that nobody had time for are left out.
      this.started += Math.max(1, Math.floor((now - this.started) / period)) * period;
      this.timer.at = this.started + period;
    }
    this.local(Reg.lvtTimer);
  }

  private deadline(): number {
    return (this.deadlineHigh >>> 0) * 2 ** 32 + (this.deadlineLow >>> 0);
  }

  private deadlineReached(): boolean {
    return this.clock.ticks() + (this.vcpu?.tscOffset ?? 0) >= this.deadline();
  }

  private armDeadline(): void {
    this.timer.at = this.deadline() === 0 ? Infinity : Math.max(0, this.deadline() - (this.vcpu?.tscOffset ?? 0));
  }

  /** The processor's TSC was set: the deadline is another moment now. */
  tscChanged(): void {
    if (this.timerMode === TIMER_DEADLINE) this.armDeadline();
  }

  private writeLvt(reg: Reg, value: number): void {
    const i = reg - LVT_FIRST;
    let v = (value & LVT_WRITABLE[i]!) | (this.lvt[i]! & LVT_PENDING);
    if (!(this.spurious & SPIV_ENABLE)) v |= LVT_MASKED;
    const mode = this.timerMode;
    this.lvt[i] = v;
    if (reg === Reg.lvtTimer && this.timerMode !== mode) {
      if (this.timerMode === TIMER_DEADLINE || mode === TIMER_DEADLINE) {
        this.timer.stop();
        this.initialCount = 0;
        this.deadlineLow = this.deadlineHigh = 0;
      } else if (this.timerMode === TIMER_PERIODIC && this.timer.at === Infinity && this.initialCount > 0) {
        this.startTimer();
      }
    }
    if (reg === Reg.lvtLint0) this.externalChanged();
  }

  // Registers.

  private readRegister(reg: Reg): number {
    if (reg >= Reg.isr && reg < Reg.esr) {
      const set = reg < Reg.tmr ? this.isr : reg < Reg.irr ? this.tmr : this.irr;
      return set[reg & 7]!;
    }
    if (reg >= LVT_FIRST && reg < LVT_FIRST + LVT_COUNT) return this.lvt[reg - LVT_FIRST]!;
    switch (reg) {
      case Reg.id: return this.x2 ? this.id : this.apicId << 24;
      case Reg.version: return VERSION;
      case Reg.tpr: return this.tpr;
      case Reg.apr: return this.arbitrationPriority;
      case Reg.ppr: return this.ppr();
      case Reg.ldr: return this.x2 ? this.x2Ldr() : this.ldr;
      case Reg.dfr: return this.dfr;
      case Reg.spurious: return this.spurious;
      case Reg.esr: return this.esr;
      case Reg.icr: return this.icr;
      case Reg.icrHigh: return this.icrHigh;
      case Reg.initialCount: return this.initialCount | 0;
      case Reg.currentCount: return this.count() | 0;
      case Reg.divide: return this.divide;
      case Reg.eoi: case Reg.remoteRead: return 0;
      default:
        this.error(ESR_REGISTER);
        return 0;
    }
  }

  private writeRegister(reg: Reg, value: number): void {
    if (reg >= LVT_FIRST && reg < LVT_FIRST + LVT_COUNT) {
      this.writeLvt(reg, value);
      return;
    }
    switch (reg) {
      case Reg.id: if (!this.x2) this.apicId = value >>> 24; break;
      case Reg.tpr:
        this.tpr = value & 0xff;
        this.update();
        break;
      case Reg.eoi: this.endOfInterrupt(); break;
      case Reg.ldr: this.ldr = value & 0xff000000; break;
      case Reg.dfr: this.dfr = value | 0x0fffffff; break;
      case Reg.spurious:
        this.spurious = value & 0x13ff;
        if (!(value & SPIV_ENABLE)) for (let i = 0; i < LVT_COUNT; i++) this.lvt[i]! |= LVT_MASKED;
        this.update();
        break;
      case Reg.esr:
        this.esr = this.esrNext;
        this.esrNext = 0;
        break;
      case Reg.icr: this.command(value); break;
      case Reg.icrHigh: this.icrHigh = value & 0xff000000; break;
      case Reg.initialCount:
        if (this.timerMode === TIMER_DEADLINE) break;
        this.initialCount = value >>> 0;
        this.startTimer();
        break;
      case Reg.divide: {
        // The count so far stands; it goes on at the new rate.
        const left = this.count();
        this.divide = value & 11;
        if (this.timer.at !== Infinity && this.timerMode !== TIMER_DEADLINE) {
          this.started = this.clock.ticks() - (this.initialCount - left) * this.divisor;
          this.timer.at = this.started + this.initialCount * this.divisor;
        }
        break;
      }
      case Reg.version: case Reg.apr: case Reg.ppr: case Reg.currentCount: case Reg.remoteRead: break;
      default: this.error(ESR_REGISTER);
    }
  }

  private command(value: number): void {
    this.icr = value & 0xccfff & ~DELIVERY_PENDING;
    const mode: Delivery = (value >> 8) & 7, vector = value & 0xff, shorthand: Shorthand = (value >> 18) & 3;
    const level = (value & LVT_LEVEL) !== 0;
    // INIT level de-assert only ever synchronised arbitration IDs.
    if (mode === Delivery.init && level && !(value & 0x4000)) return;
    if ((mode === Delivery.fixed || mode === Delivery.lowestPriority) && vector < FIRST_VECTOR) {
      this.error(ESR_SEND_ILLEGAL);
      return;
    }
    const destination = this.x2 ? this.icrHigh >>> 0 : this.icrHigh >>> 24;
    this.bus.sendFrom(this, shorthand, { mode, vector, levelTriggered: false, destination, logical: (value & 0x800) !== 0, wide: this.x2 });
    if (shorthand !== 1) this.options.onIpi?.();
  }

  // The memory window: aligned 32-bit registers every 16 bytes.

  read(offset: number, size: number): number {
    if (offset >= 0x400) return 0;
    const value = this.readRegister(offset >> 4) >>> 0;
    return size === 4 ? value : value >>> (8 * (offset & 3));
  }

  write(offset: number, size: number, value: number): void {
    if (offset >= 0x400 || size !== 4 || offset & 15) return;
    this.writeRegister(offset >> 4, value | 0);
  }

  // MSRs.

  readMsr(index: number): boolean {
    if (index === MSR_APIC_BASE) return give(this.base, this.baseHigh);
    if (index === MSR_TSC_DEADLINE) {
      return this.timerMode === TIMER_DEADLINE ? give(this.deadlineLow, this.deadlineHigh) : give(0, 0);
    }
    const reg = index - MSR_X2APIC;
    if (reg < 0 || reg > 0xff || !this.x2) return false;
    if (!x2Readable(reg)) return false;
    return reg === Reg.icr ? give(this.icr, this.icrHigh) : give(this.readRegister(reg), 0);
  }

  writeMsr(index: number, low: number, high: number): boolean {
    if (index === MSR_APIC_BASE) return this.writeBase(low, high);
    if (index === MSR_TSC_DEADLINE) {
      if (this.timerMode !== TIMER_DEADLINE) return true;
      this.deadlineLow = low;
      this.deadlineHigh = high;
      this.armDeadline();
      return true;
    }
    const reg = index - MSR_X2APIC;
    if (reg < 0 || reg > 0xff || !this.x2 || !x2Writable(reg)) return false;
    switch (reg) {
      case Reg.icr:
        if (low & ~0xccfff) return false;
        this.icrHigh = high;
        this.command(low);
        return true;
      case Reg.selfIpi:
        if (high !== 0 || low & ~0xff) return false;
        this.command(0x40000 | low);
        return true;
      case Reg.eoi: case Reg.esr:
        if (low !== 0 || high !== 0) return false;
        this.writeRegister(reg, 0);
        return true;
    }
    if (high !== 0) return false;
    if (reg === Reg.tpr && low & ~0xff) return false;
    if (reg === Reg.spurious && low & ~0x13ff) return false;
    if (reg === Reg.divide && low & ~11) return false;
    if (reg >= LVT_FIRST && reg < LVT_FIRST + LVT_COUNT && low & ~(LVT_WRITABLE[reg - LVT_FIRST]! | 0x5000)) return false;
    this.writeRegister(reg, low);
    return true;
  }

  private writeBase(low: number, high: number): boolean {
    const reserved = 0x2ff, width = 2 ** (this.options.physicalBits - 32) - 1;
    if (low & reserved || high & ~width) return false;
    const mode = low & (BASE_ENABLE | BASE_EXTD), was = this.base & (BASE_ENABLE | BASE_EXTD);
    // EXTD needs EN; from x2APIC the way leads only to off, from off not to x2APIC (11.12.5).
    if (mode === BASE_EXTD) return false;
    if (was === (BASE_ENABLE | BASE_EXTD) && mode === BASE_ENABLE) return false;
    if (was === 0 && mode === (BASE_ENABLE | BASE_EXTD)) return false;
    this.base = low;
    this.baseHigh = high;
    if (mode === 0 && was !== 0) this.init();
    if (this.window !== null) this.options.onBase?.(this.window);
    this.update();
    return true;
  }
}

function give(low: number, high: number): true {
  RESULT[0] = low;
  RESULT[1] = high;
  return true;
}

/** Table 11-6: registers that exist as MSRs. */
function x2Readable(reg: number): boolean {
  if (reg >= Reg.isr && reg <= Reg.esr) return true;
  if (reg >= LVT_FIRST && reg <= Reg.currentCount) return true;
  return reg === Reg.id || reg === Reg.version || reg === Reg.tpr || reg === Reg.ppr || reg === Reg.ldr || reg === Reg.spurious || reg === Reg.icr || reg === Reg.divide;
}

function x2Writable(reg: number): boolean {
  if (reg >= LVT_FIRST && reg <= Reg.initialCount) return true;
  return reg === Reg.tpr || reg === Reg.eoi || reg === Reg.spurious || reg === Reg.esr || reg === Reg.icr || reg === Reg.divide || reg === Reg.selfIpi;
}

/** Highest vector of a set of 256; 0: none. */
function highest(set: Int32Array): number {
  for (let w = 7; w >= 0; w--) if (set[w] !== 0) return w * 32 + 31 - Math.clz32(set[w]!);
  return 0;
}
