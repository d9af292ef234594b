import type { GuestMemory } from "../../../ir/memory.js";
import type { Breakpoints } from "./debug.js";

/** Memory through which data breakpoints see accesses, for single instructions while any is enabled. */
export class WatchedMemory implements GuestMemory {
  readonly bytes: Uint8Array;

  constructor(private readonly memory: GuestMemory, private readonly watch: Breakpoints) {
    this.bytes = memory.bytes;
  }

  load8(addr: number): number {
    const v = this.memory.load8(addr);
    this.watch.onData(addr, 1, false);
    return v;
  }

  load16(addr: number): number {
    const v = this.memory.load16(addr);
    this.watch.onData(addr, 2, false);
    return v;
  }

  load32(addr: number): number {
    const v = this.memory.load32(addr);
    this.watch.onData(addr, 4, false);
    return v;
  }

  store8(addr: number, value: number): void {
    this.memory.store8(addr, value);
    this.watch.onData(addr, 1, true);
  }

  store16(addr: number, value: number): void {
    this.memory.store16(addr, value);
    this.watch.onData(addr, 2, true);
  }

  store32(addr: number, value: number): void {
    this.memory.store32(addr, value);
    this.watch.onData(addr, 4, true);
  }

  probe(addr: number, size: number, write: boolean): void {
    this.memory.probe(addr, size, write);
  }

  /** Never: every access is to be seen. */
  flatRun(): number {
    return 0;
  }

  flatOffset(addr: number): number {
    return this.memory.flatOffset(addr);
  }
}
