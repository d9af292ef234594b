import type { MmioDevice } from "../../../mmu/physical.js";
import type { PortDevice, Resettable } from "../bus.js";

/**
 * The "pc-testdev" of QEMU, which the kvm-unit-tests drive: a port whose value reads back at E0h, one at E4h that has the page of an address
 * forgotten (nothing to do: no translation of ours goes by that), 24 interrupt lines at 2000h, 64 KiB of memory behind a device window.
 */
export const TESTDEV_MEMORY = 0xff000000, TESTDEV_SIZE = 0x10000;
export const TESTDEV_IRQS = 0x2000, TESTDEV_LINES = 24;

export class TestDevice implements PortDevice, MmioDevice, Resettable {
  private value = 0;
  private readonly memory = new Uint8Array(TESTDEV_SIZE);

  constructor(private readonly line: (irq: number, level: boolean) => void) {}

  reset(): void {
    this.value = 0;
  }

  portIn(port: number, size: number): number {
    if (port < 0xe0 || port > 0xe3) return 0;
    const v = this.value >>> (8 * (port - 0xe0));
    return size === 4 ? v : v & ((1 << (8 * size)) - 1);
  }

  portOut(port: number, size: number, value: number): void {
    if (port >= TESTDEV_IRQS) {
      this.line(port - TESTDEV_IRQS, value !== 0);
    } else if (port < 0xe4) {
      const shift = 8 * (port - 0xe0), mask = size === 4 ? -1 : ((1 << (8 * size)) - 1) << shift;
      this.value = (this.value & ~mask) | ((value << shift) & mask);
    }
  }

  read(offset: number, size: number): number {
    let v = 0;
    for (let i = 0; i < size; i++) v |= this.memory[(offset + i) % TESTDEV_SIZE]! << (8 * i);
    return v >>> 0;
  }

  write(offset: number, size: number, value: number): void {
    for (let i = 0; i < size; i++) this.memory[(offset + i) % TESTDEV_SIZE] = value >>> (8 * i);
  }
}
