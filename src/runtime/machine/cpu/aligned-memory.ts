import { GuestFault, type GuestMemory, Vector } from "../../../ir/memory.js";

/**
 * Memory as a program at privilege level 3 meets it with CR0.AM and EFLAGS.AC: #AC(0) for operands of 2 and 4 bytes, and for wider ones by their
 * halves and quarters, that are not aligned (Intel SDM vol. 3, 6.15, interrupt 17). Code under alignment checks runs in tier 0.
 */
export class AlignedMemory implements GuestMemory {
  readonly bytes: Uint8Array;

  constructor(private readonly memory: GuestMemory) {
    this.bytes = memory.bytes;
  }

  private check(addr: number, size: number): void {
    if (addr & (size - 1)) throw new GuestFault(Vector.AC);
  }

  load8(addr: number): number {
    return this.memory.load8(addr);
  }

  load16(addr: number): number {
    this.check(addr, 2);
    return this.memory.load16(addr);
  }

  load32(addr: number): number {
    this.check(addr, 4);
    return this.memory.load32(addr);
  }

  store8(addr: number, value: number): void {
    this.memory.store8(addr, value);
  }

  store16(addr: number, value: number): void {
    this.check(addr, 2);
    this.memory.store16(addr, value);
  }

  store32(addr: number, value: number): void {
    this.check(addr, 4);
    this.memory.store32(addr, value);
  }

  probe(addr: number, size: number, write: boolean): void {
    if (size === 2 || size === 4 || size === 8) this.check(addr, size);
    this.memory.probe(addr, size, write);
  }

  /** Never: repeated instructions are checked element by element. */
  flatRun(): number {
    return 0;
  }

  flatOffset(addr: number): number {
    return this.memory.flatOffset(addr);
  }
}
