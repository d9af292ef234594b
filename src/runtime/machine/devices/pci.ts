import type { PortDevice, Resettable } from "../bus.js";

/** PCI configuration mechanism 1 at ports CF8h and CFCh. Source: PCI Local Bus Specification 2.2, 3.2.2.3. */

const ENABLE = 0x80000000;

/** A device's configuration space. */
export class PciFunction {
  readonly config = new Uint8Array(256);
  /** 1 bits can be written. */
  readonly writable = new Uint8Array(256);
  private readonly initial = new Uint8Array(256);

  constructor(vendor: number, device: number, classCode: number, revision: number, multifunction = false) {
    const d = new DataView(this.config.buffer);
    d.setUint16(0, vendor, true);
    d.setUint16(2, device, true);
    d.setUint32(8, (classCode << 8) | revision, true);
    this.config[0x0e] = multifunction ? 0x80 : 0;
    // Interrupt line: firmware and system write it for each other.
    this.writable[0x3c] = 0xff;
  }

  /** What is now in the registers is what a reset gives. */
  settle(): this {
    this.initial.set(this.config);
    return this;
  }

  reset(): void {
    for (let i = 0; i < 256; i++) this.put(i, this.initial[i]!);
  }

  /** A byte; overridden where a write has effects. */
  protected put(offset: number, value: number): void {
    this.config[offset] = value;
  }

  write(offset: number, value: number): void {
    const mask = this.writable[offset]!;
    if (mask) this.put(offset, (this.config[offset]! & ~mask) | (value & mask));
  }
}

export class PciBus implements PortDevice, Resettable {
  private address = 0;
  private readonly functions = new Map<number, PciFunction>();

  add(device: number, fn: number, f: PciFunction): void {
    this.functions.set((device << 3) | fn, f);
  }

  reset(): void {
    this.address = 0;
    for (const f of this.functions.values()) f.reset();
  }

  private target(): PciFunction | undefined {
    if (!(this.address & ENABLE) || this.address & 0xff0000) return undefined;
    return this.functions.get((this.address >> 8) & 0xff);
  }

  portIn(port: number, size: number): number {
    if (port < 0xcfc) return port === 0xcf8 && size === 4 ? this.address : 0xffffffff;
    const f = this.target(), at = (this.address & 0xfc) + (port - 0xcfc);
    let v = 0;
    for (let i = 0; i < size; i++) v |= (f ? f.config[at + i]! : 0xff) << (8 * i);
    return v >>> 0;
  }

  portOut(port: number, size: number, value: number): void {
    if (port < 0xcfc) {
      if (port === 0xcf8 && size === 4) this.address = value & ~3;
      return;
    }
    const f = this.target(), at = (this.address & 0xfc) + (port - 0xcfc);
    if (f) for (let i = 0; i < size; i++) f.write(at + i, (value >>> (8 * i)) & 0xff);
  }
}
