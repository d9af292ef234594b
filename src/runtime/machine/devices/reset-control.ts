import type { PortDevice, Resettable } from "../bus.js";

/** Reset control register at CF9h: bit 2 from 0 to 1 resets, the whole board with bit 1, otherwise only the processors (INIT). Source: 82371AB (PIIX4). */
export class ResetControl implements PortDevice, Resettable {
  private value = 0;

  constructor(private readonly lines: { init(): void; boardReset(): void }) {}

  reset(): void {
    this.value = 0;
  }

  portIn(): number {
    return this.value;
  }

  portOut(_port: number, _size: number, value: number): void {
    const rise = value & ~this.value & 4;
    this.value = value & 0xe;
    if (!rise) return;
    if (value & 2) this.lines.boardReset();
    else this.lines.init();
  }
}
