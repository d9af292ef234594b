import type { PhysicalMemory } from "../../../mmu/physical.js";
import { PciFunction } from "./pci.js";

/** PAM registers: what is at C0000h to FFFFFh. Bit 0 of each half byte: reads come from RAM; bit 1: writes go there. */
const PAM0 = 0x59, PAM6 = 0x5f;
const SEGMENT = 0x4000;

/** Where the ROM's image is in full, below 4 GiB. */
export interface BiosRom {
  readonly start: number;
  readonly length: number;
}

/**
 * The host bridge of an Intel 440FX (82441FX data sheet): identification, and the PAM registers by which a BIOS copies itself into RAM. RAM that is
 * write-protected (read from RAM, writes to PCI) can be written all the same.
 */
export class HostBridge extends PciFunction {
  constructor(private readonly memory: PhysicalMemory, private readonly rom: BiosRom) {
    super(0x8086, 0x1237, 0x060000, 2);
    this.writable[PAM0] = 0x30;
    this.writable.fill(0x33, PAM0 + 1, PAM6 + 1);
    // SMRAM control: kept, without effect.
    this.writable[0x72] = 0x7f;
    this.config[0x72] = 2;
    this.settle();
  }

  protected override put(offset: number, value: number): void {
    const old = this.config[offset]!;
    super.put(offset, value);
    if (offset < PAM0 || offset > PAM6 || old === value) return;
    if (offset === PAM0) {
      for (let i = 0; i < 4; i++) this.place(0xf0000 + i * SEGMENT, old >> 4, value >> 4);
      return;
    }
    const first = 0xc0000 + (offset - PAM0 - 1) * 2 * SEGMENT;
    this.place(first, old & 15, value & 15);
    this.place(first + SEGMENT, old >> 4, value >> 4);
  }

  private place(start: number, old: number, value: number): void {
    if ((old & 3) === (value & 3)) return;
    const { memory, rom } = this;
    if (value & 1) {
      memory.mapRam(start, SEGMENT);
      return;
    }
    const inRom = 2 ** 32 - 2 ** 20 + start;
    // Writes to RAM while reads give ROM (a copy onto itself) need both at once: RAM, filled with what the ROM has.
    if (value & 2) {
      memory.mapRam(start, SEGMENT);
      const bytes = Uint8Array.from({ length: SEGMENT }, (_, i) => (inRom >= rom.start ? memory.read8(inRom + i) : 0xff));
      memory.load(start, bytes);
    } else if (inRom >= rom.start) {
      memory.aliasRom(start, SEGMENT, inRom);
    } else {
      memory.addHole(start, SEGMENT);
    }
  }
}
