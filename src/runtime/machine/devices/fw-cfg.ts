import type { PhysicalMemory } from "../../../mmu/physical.js";
import { PAGE_SIZE, Perm } from "../../../mmu/perm.js";
import type { PortDevice, Resettable } from "../bus.js";

/**
 * QEMU's firmware configuration device: a selector at port 510h, data byte by byte at 511h, and DMA at 514h to 51Bh.
 * Source: QEMU, docs/specs/fw_cfg.
 */
export const enum FwCfgKey {
  signature = 0, id = 1, uuid = 2, ramSize = 3, noGraphic = 4, cpus = 5, machineId = 6, kernelAddress = 7, kernelSize = 8, kernelCommandLine = 9,
  initrdAddress = 0x0a, initrdSize = 0x0b, bootDevice = 0x0c, numa = 0x0d, bootMenu = 0x0e, maxCpus = 0x0f, kernelEntry = 0x10,
  kernelData = 0x11, initrdData = 0x12, commandLineAddress = 0x13, commandLineSize = 0x14, commandLineData = 0x15, fileDirectory = 0x19,
  firstFile = 0x20, acpiTables = 0x8000, irq0Override = 0x8002, e820Table = 0x8003,
}

const DMA_ERROR = 1, DMA_READ = 2, DMA_SKIP = 4, DMA_SELECT = 8, DMA_WRITE = 16;
/** What reading the DMA address register gives: "QEMU CFG". */
const DMA_SIGNATURE = [0x51, 0x45, 0x4d, 0x55, 0x20, 0x43, 0x46, 0x47];
const NAME_LENGTH = 56;

export const le16 = (n: number): Uint8Array => Uint8Array.of(n, n >>> 8);
export const le32 = (n: number): Uint8Array => Uint8Array.of(n, n >>> 8, n >>> 16, n >>> 24);
export const le64 = (n: number): Uint8Array => Uint8Array.of(...le32(n >>> 0), ...le32(Math.floor(n / 2 ** 32)));

export class FwCfg implements PortDevice, Resettable {
  private readonly items = new Map<number, Uint8Array>();
  private readonly files: { name: string; key: number; size: number }[] = [];
  private key = 0;
  private offset = 0;
  private dmaHigh = 0;

  constructor(private readonly memory: PhysicalMemory) {
    this.set(FwCfgKey.signature, Uint8Array.of(0x51, 0x45, 0x4d, 0x55));
    // Traditional interface and DMA.
    this.set(FwCfgKey.id, le32(3));
    this.directory();
  }

  set(key: number, value: Uint8Array): void {
    this.items.set(key, value);
  }

  /** A named file. */
  addFile(name: string, content: Uint8Array): void {
    const key = FwCfgKey.firstFile + this.files.length;
    this.files.push({ name, key, size: content.length });
    this.set(key, content);
    this.directory();
  }

  private directory(): void {
    const out = new Uint8Array(4 + 64 * this.files.length), d = new DataView(out.buffer);
    d.setUint32(0, this.files.length);
    [...this.files].sort((a, b) => (a.name < b.name ? -1 : 1)).forEach((f, i) => {
      const at = 4 + 64 * i;
      d.setUint32(at, f.size);
      d.setUint16(at + 4, f.key);
      for (let k = 0; k < f.name.length && k < NAME_LENGTH - 1; k++) out[at + 8 + k] = f.name.charCodeAt(k);
    });
    this.set(FwCfgKey.fileDirectory, out);
  }

  reset(): void {
    this.key = this.offset = this.dmaHigh = 0;
  }

  private next(): number {
    return this.items.get(this.key)?.[this.offset++] ?? 0;
  }

  portIn(port: number, size: number): number {
    if (port === 0x511) return this.next();
    if (port >= 0x514) {
      let v = 0;
      for (let i = 0; i < size; i++) v |= DMA_SIGNATURE[port - 0x514 + i]! << (8 * i);
      return v;
    }
    return 0;
  }

  portOut(port: number, size: number, value: number): void {
    if (port === 0x510 && size === 2) {
      this.key = value;
      this.offset = 0;
    } else if (port === 0x514 && size === 4) {
      this.dmaHigh = swap(value);
    } else if (port === 0x518 && size === 4) {
      const high = this.dmaHigh;
      this.dmaHigh = 0;
      if (high === 0) this.dma(swap(value));
    }
  }

  /** The structure { control, length, address (64 bits) }, big-endian, says what to do; control is 0 afterwards. */
  private dma(at: number): void {
    const { memory } = this;
    const word = (offset: number): number => swap(memory.read32(at + offset));
    const control = word(0), length = word(4), high = word(8), target = word(12);
    if (control & DMA_SELECT) {
      this.key = control >>> 16;
      this.offset = 0;
    }
    let error = high !== 0 && (control & DMA_READ) !== 0;
    if (control & DMA_READ && !error) {
      this.copy(target, length);
    } else if (control & DMA_WRITE) {
      error = true;
    } else if (control & DMA_SKIP) {
      this.offset += length;
    }
    memory.write32(at, swap(error ? DMA_ERROR : 0));
  }

  /** The next `length` bytes of the item, 0 beyond its end, into memory; what is no RAM is passed over. */
  private copy(target: number, length: number): void {
    const { memory } = this, item = this.items.get(this.key) ?? new Uint8Array(0), end = Math.min(target + length, memory.ram);
    for (let at = target; at < end; ) {
      const n = Math.min(end - at, PAGE_SIZE - (at % PAGE_SIZE)), page = new Uint8Array(n), from = this.offset + (at - target);
      if (from < item.length) page.set(item.subarray(from, from + n));
      if (memory.perms[Math.floor(at / PAGE_SIZE)]! & Perm.WRITE) memory.load(at, page);
      at += n;
    }
    this.offset += length;
  }
}

const swap = (x: number): number => ((x << 24) | ((x & 0xff00) << 8) | ((x >>> 8) & 0xff00) | (x >>> 24)) >>> 0;
