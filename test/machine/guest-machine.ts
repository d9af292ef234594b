import { readFileSync } from "node:fs";
import { MachineTranslations } from "../../src/runtime/machine/translations.js";
import type { SliceEnd, VcpuEnvironment } from "../../src/runtime/machine/contract.js";
import { Vcpu, type VcpuOptions } from "../../src/runtime/machine/cpu/vcpu.js";
import { setParagraph } from "../../src/runtime/machine/cpu/segment.js";
import { PC, Seg } from "../../src/ir/state.js";
import { PhysicalMemory } from "../../src/mmu/physical.js";

const START = 0x8000;

/** One vCPU with memory, and ports by which a guest (guests/*.S) logs values and ends. */
export class GuestMachine {
  readonly memory = new PhysicalMemory(4 << 20);
  readonly log: number[] = [];
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
          if (port === 0x80) this.log.push(value);
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
    setParagraph(this.vcpu.p, Seg.CS, 0);
    this.vcpu.p.S[PC >> 2] = START;
  }

  run(budget = 1_000_000, exact = false): SliceEnd {
    return this.vcpu.run(budget, exact);
  }

  /** The log as hexadecimal words. */
  get words(): string {
    return this.log.map((v) => (v >>> 0).toString(16)).join(" ");
  }
}
