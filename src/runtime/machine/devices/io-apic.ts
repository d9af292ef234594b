import type { MmioDevice } from "../../../mmu/physical.js";
import type { Resettable } from "../bus.js";
import { type ApicBus, Delivery, type EoiReceiver } from "./apic-bus.js";

/**
 * An I/O APIC with 24 inputs and an EOI register (version 20h). Source: Intel 82093AA data sheet; version 20h: ICH datasheets.
 */

export const IO_APIC_BASE = 0xfec00000;
const INPUTS = 24;
const VERSION = 0x20 | ((INPUTS - 1) << 16);
const MASKED = 0x10000, LEVEL = 0x8000, REMOTE_IRR = 0x4000, LOGICAL = 0x800;
const WRITABLE = 0x1afff;

export class IoApic implements MmioDevice, Resettable, EoiReceiver {
  private id = 0;
  private select = 0;
  private readonly low = new Int32Array(INPUTS);
  private readonly high = new Int32Array(INPUTS);
  private lines = 0;
  /** Edges that came while their input was masked are lost; so only levels are kept here. */
  constructor(private readonly bus: ApicBus) {
    bus.receivers.push(this);
    this.reset();
  }

  reset(): void {
    this.id = this.select = 0;
    this.low.fill(MASKED);
    this.high.fill(0);
  }

  set(input: number, level: boolean): void {
    const bit = 1 << input, was = this.lines & bit;
    if (level) this.lines |= bit;
    else this.lines &= ~bit;
    if (level && (this.low[input]! & LEVEL || !was)) this.service(input);
  }

  private service(input: number): void {
    const low = this.low[input]!;
    if (low & MASKED) return;
    const level = (low & LEVEL) !== 0;
    if (level) {
      if (low & REMOTE_IRR) return;
      this.low[input] = low | REMOTE_IRR;
    }
    const mode: Delivery = (low >> 8) & 7;
    this.bus.send({ mode, vector: low & 0xff, levelTriggered: level, destination: this.high[input]! >>> 24, logical: (low & LOGICAL) !== 0, wide: false });
  }

  endOfInterrupt(vector: number): void {
    for (let i = 0; i < INPUTS; i++) {
      const low = this.low[i]!;
      if ((low & 0xff) !== vector || !(low & REMOTE_IRR)) continue;
      this.low[i] = low & ~REMOTE_IRR;
      if (this.lines & (1 << i)) this.service(i);
    }
  }

  private readRegister(): number {
    const r = this.select;
    if (r === 0 || r === 2) return this.id << 24;
    if (r === 1) return VERSION;
    const i = (r - 0x10) >> 1;
    if (r < 0x10 || i >= INPUTS) return 0;
    return r & 1 ? this.high[i]! : this.low[i]!;
  }

  private writeRegister(value: number): void {
    const r = this.select;
    if (r === 0) this.id = (value >>> 24) & 15;
    const i = (r - 0x10) >> 1;
    if (r < 0x10 || i >= INPUTS) return;
    if (r & 1) {
      this.high[i] = value;
      return;
    }
    const old = this.low[i]!;
    let low = (value & WRITABLE) | (old & REMOTE_IRR);
    // Edge-triggered inputs have no remote IRR.
    if (!(low & LEVEL)) low &= ~REMOTE_IRR;
    this.low[i] = low;
    if (low & LEVEL && this.lines & (1 << i)) this.service(i);
  }

  read(offset: number): number {
    switch (offset & ~3) {
      case 0: return this.select;
      case 0x10: return this.readRegister() >>> (8 * (offset & 3));
      default: return 0;
    }
  }

  write(offset: number, size: number, value: number): void {
    switch (offset) {
      case 0: this.select = value & 0xff; break;
      case 0x10: if (size === 4) this.writeRegister(value | 0); break;
      case 0x40: this.endOfInterrupt(value & 0xff); break;
    }
  }
}
