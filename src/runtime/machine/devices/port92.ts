import type { PortDevice, Resettable } from "../bus.js";

/** System control port A at 92h: the fast A20 gate, and a processor INIT on each rise of bit 0, which only a reset of the board clears by itself. */
export class Port92 implements PortDevice, Resettable {
  private value = 0;

  constructor(private readonly lines: { a20: boolean; init(): void }) {}

  reset(): void {
    this.value = 0;
  }

  portIn(): number {
    return (this.value & ~2) | (this.lines.a20 ? 2 : 0);
  }

  portOut(_port: number, _size: number, value: number): void {
    const rise = value & ~this.value & 1;
    this.value = value;
    this.lines.a20 = (value & 2) !== 0;
    if (rise) this.lines.init();
  }
}
