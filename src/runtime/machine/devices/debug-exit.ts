import type { PortDevice } from "../bus.js";

/** The "isa-debug-exit" device of QEMU, as the kvm-unit-tests use it at port F4h: a write ends the run with exit status (value << 1) | 1. */
export class DebugExit implements PortDevice {
  constructor(private readonly exit: (status: number) => void) {}

  portIn(): number {
    return 0;
  }

  portOut(_port: number, _size: number, value: number): void {
    // An exit status has 8 bits.
    this.exit(((value << 1) | 1) & 0xff);
  }
}
