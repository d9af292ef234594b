import { DR6_BT, DR6_FIXED, DR7_FIXED } from "./bits.js";

/** Debug registers and what they watch (Intel SDM vol. 3, 17.2). */

const enum Watch { execute, write, io, access }

export class Breakpoints {
  readonly address = new Int32Array(4);
  dr6 = DR6_FIXED;
  private control = DR7_FIXED;
  /** Bits to be set in DR6 by the #DB that is due at the next instruction boundary; 0: none. */
  due = 0;
  /** A breakpoint on code, on data, or on ports is enabled. */
  code = false;
  data = false;
  io = false;

  get dr7(): number {
    return this.control;
  }

  set dr7(value: number) {
    this.control = (value & ~0xd800) | DR7_FIXED;
    this.code = this.data = this.io = false;
    for (let i = 0; i < 4; i++) {
      if (!this.enabled(i)) continue;
      const kind = this.kind(i);
      if (kind === Watch.execute) this.code = true;
      else if (kind === Watch.io) this.io = true;
      else this.data = true;
    }
  }

  setDr6(value: number): void {
    this.dr6 = (value & 0xe00f) | DR6_FIXED;
  }

  /** The trap at a task switch to a task whose T bit is set. */
  set taskTrap(on: boolean) {
    if (on) this.due |= DR6_BT;
  }

  /** A task switch: local breakpoints are disabled. */
  leaveTask(): void {
    this.dr7 = this.control & ~0x155;
  }

  reset(): void {
    this.address.fill(0);
    this.dr6 = DR6_FIXED;
    this.dr7 = DR7_FIXED;
    this.due = 0;
  }

  private enabled(i: number): boolean {
    return ((this.control >> (i * 2)) & 3) !== 0;
  }

  private kind(i: number): Watch {
    return (this.control >> (16 + i * 4)) & 3;
  }

  /** Length in bytes; the breakpoint's address is aligned to it. */
  private length(i: number): number {
    const code = (this.control >> (18 + i * 4)) & 3;
    return code === 2 ? 8 : code + 1;
  }

  /** Bits of DR6 for an instruction about to execute at a linear address. */
  atCode(linear: number): number {
    let hits = 0;
    for (let i = 0; i < 4; i++) if (this.enabled(i) && this.kind(i) === Watch.execute && this.address[i] === linear) hits |= 1 << i;
    return hits;
  }

  /** Note a data access; the trap comes after its instruction. */
  onData(linear: number, size: number, write: boolean): void {
    for (let i = 0; i < 4; i++) {
      const kind = this.kind(i);
      if (this.enabled(i) && (kind === Watch.access || (kind === Watch.write && write)) && this.overlaps(i, linear, size)) this.due |= 1 << i;
    }
  }

  onPort(port: number, size: number): void {
    for (let i = 0; i < 4; i++) if (this.enabled(i) && this.kind(i) === Watch.io && this.overlaps(i, port, size)) this.due |= 1 << i;
  }

  private overlaps(i: number, at: number, size: number): boolean {
    const length = this.length(i);
    const start = (this.address[i]! & -length) >>> 0, a = at >>> 0;
    return a < start + length && a + size > start;
  }
}
