import { readFileSync } from "node:fs";
import { MachineTranslations } from "../../src/runtime/machine/translations.js";
import type { SliceEnd, VcpuEnvironment } from "../../src/runtime/machine/contract.js";
import { Vcpu, type VcpuOptions } from "../../src/runtime/machine/cpu/vcpu.js";
import { writeCr0 } from "../../src/runtime/machine/cpu/control.js";
import { setParagraph } from "../../src/runtime/machine/cpu/segment.js";
import { PC, Seg } from "../../src/ir/state.js";
import { PhysicalMemory } from "../../src/mmu/physical.js";

const START = 0x8000;

/** One vCPU with memory, and ports by which a guest (guests/*.S) logs values and ends. */
export class GuestMachine {
  readonly memory = new PhysicalMemory(4 << 20);
  private readonly bytes: number[] = [];
  readonly vcpu: Vcpu;
  finished = false;
  /** Vectors that wait to be acknowledged. */
  readonly pending: number[] = [];
  /** Called for writes to ports other than those two. */
  onPort: ((port: number, value: number) => void) | null = null;

  constructor(guest: string | Uint8Array, options: VcpuOptions = {}) {
    const environment: VcpuEnvironment = {
      ports: {
        portIn: () => 0xff,
        portOut: (port, _size, value) => {
          if (port === 0xe9) this.bytes.push(value);
          else if (port === 0xf4) {
            this.finished = true;
            this.vcpu.stop();
          } else this.onPort?.(port, value);
        },
      },
      interrupts: { pending: () => this.pending.length > 0, acknowledge: () => this.pending.shift()! },
      msrs: { readMsr: () => false, writeMsr: () => false, tscChanged() {} },
      clock: { ticks: () => this.vcpu.instructions },
    };
    this.vcpu = new Vcpu(0, this.memory, environment, { translations: new MachineTranslations(this.memory), ...options });
    const image = typeof guest === "string" ? readFileSync(new URL(`guests/${guest}.bin`, import.meta.url)) : guest;
    this.memory.load(START, image);
    // As a BIOS leaves it: caches on.
    writeCr0(this.vcpu.p, 0);
    setParagraph(this.vcpu.p, Seg.CS, 0);
    this.vcpu.p.S[PC >> 2] = START;
  }

  run(budget = 1_000_000, exact = false): SliceEnd {
    return this.vcpu.run(budget, exact);
  }

  /** What the guest logged: 32-bit words. */
  get log(): number[] {
    const { bytes } = this;
    return Array.from({ length: bytes.length >> 2 }, (_, k) => (bytes[4 * k]! | (bytes[4 * k + 1]! << 8) | (bytes[4 * k + 2]! << 16) | (bytes[4 * k + 3]! << 24)) >>> 0);
  }

  /** The same in hexadecimal. */
  get words(): string {
    return this.log.map((v) => v.toString(16)).join(" ");
  }
}
