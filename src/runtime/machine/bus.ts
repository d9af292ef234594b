import type { PortBus } from "./contract.js";

/** A device's side of its I/O ports. Port numbers are absolute; values are unsigned, of `size` bytes. */
export interface PortDevice {
  portIn(port: number, size: number): number;
  portOut(port: number, size: number, value: number): void;
}

/** A signal that a device drives: an interrupt line, a gate. */
export type Line = (level: boolean) => void;

/** What has a state to put back when the board is reset. */
export interface Resettable {
  reset(): void;
}

/** An access to ports, for traces. */
export type PortTrace = (write: boolean, port: number, size: number, value: number) => void;

const PORTS = 0x10000;

interface Claim {
  readonly device: PortDevice;
  /** Widest access that the device takes at once; wider ones, and those across its end, come as several. */
  readonly width: number;
  readonly end: number;
}

/** The I/O ports of the board: who has which. Ports that nobody has read all ones. */
export class Ports implements PortBus {
  /** 0: nobody; else an index into `claims`. */
  private readonly owner = new Uint8Array(PORTS);
  private readonly claims: (Claim | null)[] = [null];
  /** Told of every access. */
  trace: PortTrace | null = null;

  /** Give `count` ports from `first` on to a device whose registers are `width` bytes wide at most. Later claims hide earlier ones. */
  add(first: number, count: number, device: PortDevice, width: 1 | 2 | 4 = 1): void {
    if (!(first >= 0 && count > 0 && first + count <= PORTS)) throw new RangeError(`ports ${first} to ${first + count}`);
    let place = 1;
    while (place < this.claims.length && this.owner.includes(place)) place++;
    if (place > 255) throw new RangeError("more port ranges than the bus has places for");
    this.claims[place] = { device, width, end: first + count };
    this.owner.fill(place, first, first + count);
  }

  remove(first: number, count: number): void {
    this.owner.fill(0, first, first + count);
  }

  portIn(port: number, size: number): number {
    const value = this.read(port, size);
    this.trace?.(false, port, size, value);
    return value;
  }

  portOut(port: number, size: number, value: number): void {
    this.trace?.(true, port, size, value >>> 0);
    this.write(port, size, value);
  }

  private read(port: number, size: number): number {
    const claim = this.claims[this.owner[port]!];
    if (claim && size <= claim.width && port + size <= claim.end) return claim.device.portIn(port, size) >>> 0;
    if (size === 1) return 0xff;
    const half = size >> 1;
    return (this.read(port, half) | (this.read((port + half) & 0xffff, half) << (8 * half))) >>> 0;
  }

  private write(port: number, size: number, value: number): void {
    const claim = this.claims[this.owner[port]!];
    if (claim && size <= claim.width && port + size <= claim.end) {
      claim.device.portOut(port, size, size === 4 ? value >>> 0 : value & ((1 << (8 * size)) - 1));
    } else if (size > 1) {
      const half = size >> 1;
      this.write(port, half, value);
      this.write((port + half) & 0xffff, half, value >>> (8 * half));
    }
  }
}
