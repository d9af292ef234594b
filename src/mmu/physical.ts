import { PAGE_SHIFT, PAGE_SIZE, Perm } from "./perm.js";
import type { CodeObserver } from "./user-memory.js";

/**
 * Guest physical memory of a machine: one flat buffer, and for each page of the first 4 GiB what is there. RAM at physical address `a` is at
 * offset `a` of the buffer; ROM lies behind the RAM in the same buffer, so that compiled code reads both the same way; device windows and
 * holes have no bytes at all. Nothing is at 2^32 and above.
 *
 * `perms` holds the bits of Perm as for user-mode memory: READ and EXEC for RAM and ROM, WRITE for RAM, FAST for RAM without translations,
 * CODE for pages with translations. A device window is only MAPPED; a hole is 0: reads give all ones, writes are lost, as on a PC's bus.
 */

/** A device's window on physical memory. Offsets are from the window's start; values are unsigned; size is 1, 2 or 4 bytes. */
export interface MmioDevice {
  read(offset: number, size: number): number;
  write(offset: number, size: number, value: number): void;
}

/** One region other than RAM. */
interface Window {
  readonly start: number;
  readonly end: number;
  readonly device: MmioDevice;
}

const PAGES = 1 << 20;
/** Bit 20 of an address as a page number. */
const A20_PAGE = 1 << 8;
const A20 = 1 << 20;

export class PhysicalMemory {
  readonly buffer: ArrayBuffer;
  readonly bytes: Uint8Array;
  readonly D: DataView;
  /** Permission byte of each physical page. */
  readonly perms = new Uint8Array(PAGES);
  /** Page of the buffer for each physical page with READ. */
  readonly frames = new Int32Array(PAGES);
  private readonly codeLines = new Int32Array(2 * PAGES);
  private readonly windows: Window[] = [];
  private romUsed = 0;
  private a20On = true;
  /** Caches of translations; all are told. */
  readonly observers = new Set<CodeObserver>();
  /** Called when what is at some physical address changed (A20, a region added): whoever keeps translations of addresses drops them. */
  readonly remapped = new Set<() => void>();

  /** `ram`: bytes of RAM from address 0 on; `rom`: bytes kept for addRom. Multiples of 4096, together up to 2^32. */
  constructor(readonly ram: number, private readonly rom = 0) {
    if (!(ram > 0 && rom >= 0 && ram % PAGE_SIZE === 0 && rom % PAGE_SIZE === 0 && ram + rom <= 2 ** 32)) {
      throw new RangeError(`physical memory of ${ram} bytes and ${rom} of ROM: not multiples of 4096 up to 2^32 together`);
    }
    this.buffer = new ArrayBuffer(ram + rom);
    this.bytes = new Uint8Array(this.buffer);
    this.D = new DataView(this.buffer);
    this.mapRam(0, ram);
  }

  // Regions. Starts and lengths are multiples of 4096 within the first 4 GiB; later regions hide earlier ones.

  /** RAM again where something else was put. */
  mapRam(start: number, length: number): void {
    const [first, end] = this.span(start, length);
    if (start + length > this.ram) throw new RangeError("RAM beyond the memory's size");
    this.dropCode(first, end);
    for (let p = first; p < end; p++) this.frames[p] = p;
    this.perms.fill(Perm.MAPPED | Perm.READ | Perm.WRITE | Perm.FAST | Perm.EXEC, first, end);
    this.cut(start, length);
    this.changed();
  }

  /** Read-only memory with this content (copied, zero-filled to whole pages). Its bytes come out of the `rom` of the constructor. */
  addRom(start: number, content: Uint8Array): void {
    const length = Math.ceil(content.length / PAGE_SIZE) * PAGE_SIZE;
    if (this.romUsed + length > this.rom) throw new RangeError(`${length} bytes of ROM, ${this.rom - this.romUsed} left`);
    const at = this.ram + this.romUsed;
    this.romUsed += length;
    this.bytes.set(content, at);
    this.mapFrames(start, length, at);
  }

  /** The same ROM once more, at another address (a BIOS is at the end of the first MiB and of the fourth GiB). */
  aliasRom(start: number, length: number, of: number): void {
    const page = of / PAGE_SIZE;
    if ((this.perms[page]! & (Perm.READ | Perm.WRITE)) !== Perm.READ) throw new RangeError("no ROM to alias");
    this.mapFrames(start, length, this.frames[page]! * PAGE_SIZE);
  }

  private mapFrames(start: number, length: number, at: number): void {
    const [first, end] = this.span(start, length);
    this.dropCode(first, end);
    for (let p = first; p < end; p++) this.frames[p] = at / PAGE_SIZE + (p - first);
    this.perms.fill(Perm.MAPPED | Perm.READ | Perm.EXEC, first, end);
    this.cut(start, length);
    this.changed();
  }

  addMmio(start: number, length: number, device: MmioDevice): void {
    this.addHole(start, length);
    this.perms.fill(Perm.MAPPED, start / PAGE_SIZE, (start + length) / PAGE_SIZE);
    this.windows.push({ start, end: start + length, device });
    this.changed();
  }

  addHole(start: number, length: number): void {
    const [first, end] = this.span(start, length);
    this.dropCode(first, end);
    this.perms.fill(0, first, end);
    this.cut(start, length);
    this.changed();
  }

  private span(start: number, length: number): [number, number] {
    if (!(start >= 0 && length > 0 && start % PAGE_SIZE === 0 && length % PAGE_SIZE === 0 && start + length <= 2 ** 32)) {
      throw new RangeError(`physical region ${start.toString(16)}h, ${length.toString(16)}h bytes: not whole pages below 2^32`);
    }
    return [start / PAGE_SIZE, (start + length) / PAGE_SIZE];
  }

  /** Take a range out of the device windows; what is left of a window keeps its offsets. */
  private cut(start: number, length: number): void {
    const end = start + length;
    for (let i = this.windows.length - 1; i >= 0; i--) {
      const w = this.windows[i]!;
      if (w.end <= start || w.start >= end) continue;
      this.windows.splice(i, 1);
      if (w.start < start) this.windows.push({ start: w.start, end: start, device: w.device });
      if (w.end > end) this.windows.push({ start: end, end: w.end, device: shifted(w.device, end - w.start) });
    }
  }

  private changed(): void {
    for (const f of this.remapped) f();
  }

  /** The A20 gate: while off, address bit 20 reads as 0 on the bus. */
  get a20(): boolean {
    return this.a20On;
  }

  set a20(on: boolean) {
    if (on === this.a20On) return;
    this.a20On = on;
    this.changed();
  }

  /** The page that is accessed when the processor puts this page (below 2^20) on the bus. */
  busPage(page: number): number {
    return this.a20On ? page : page & ~A20_PAGE;
  }

  // Translations; addresses are physical (on the bus).

  /** [addr, end), within one page, was translated: stores to it leave the fast path. ROM never changes and needs no mark. */
  markCode(addr: number, end: number): void {
    const page = addr >>> PAGE_SHIFT;
    if (!(this.perms[page]! & Perm.WRITE)) return;
    this.perms[page] = (this.perms[page]! | Perm.CODE) & ~Perm.FAST;
    for (let line = (addr & 0xfff) >> 6, last = ((end - 1) & 0xfff) >> 6; line <= last; line++) this.codeLines[page * 2 + (line >> 5)]! |= 1 << line;
  }

  /** Whether a line of [addr, addr + size), within one page, holds translated code. */
  holdsCode(addr: number, size: number): boolean {
    const page = addr >>> PAGE_SHIFT;
    for (let line = (addr & 0xfff) >> 6, last = ((addr & 0xfff) + size - 1) >> 6; line <= last; line++) {
      if (this.codeLines[page * 2 + (line >> 5)]! & (1 << line)) return true;
    }
    return false;
  }

  unmarkCode(page: number): void {
    this.codeLines[page * 2] = this.codeLines[page * 2 + 1] = 0;
    const p = this.perms[page]! & ~Perm.CODE;
    this.perms[page] = p & Perm.WRITE ? p | Perm.FAST : p;
  }

  private dropCode(first: number, end: number): void {
    for (let p = first; p < end; p++) {
      if (!(this.perms[p]! & Perm.CODE)) continue;
      this.unmarkCode(p);
      for (const o of this.observers) o.codeUnmapped(p, 1);
    }
  }

  /** Tell whoever translated [addr, addr + size), within one page of RAM, that it changes. */
  noteWrite(addr: number, size: number): void {
    if (this.perms[addr >>> PAGE_SHIFT]! & Perm.CODE && this.holdsCode(addr, size)) for (const o of this.observers) o.codeWritten(addr | 0, size);
  }

  // Accesses by physical address (0 to 2^52, before A20), for page walks, devices and slow paths. Those of 2 and 4 bytes are within a page.

  read8(addr: number): number {
    return this.read(addr, 1);
  }

  /** int32 */
  read32(addr: number): number {
    if (addr >= 2 ** 32) return -1;
    const page = this.busPage(addr >>> PAGE_SHIFT);
    if (this.perms[page]! & Perm.READ) return this.D.getInt32(this.frames[page]! * PAGE_SIZE + (addr & 0xfff), true);
    return this.read(addr, 4) | 0;
  }

  write32(addr: number, value: number): void {
    this.write(addr, 4, value);
  }

  /** Unsigned. */
  read(addr: number, size: number): number {
    const ones = size === 4 ? 0xffffffff : (1 << (size * 8)) - 1;
    if (addr >= 2 ** 32) return ones;
    const page = this.busPage(addr >>> PAGE_SHIFT);
    if (this.perms[page]! & Perm.READ) {
      const at = this.frames[page]! * PAGE_SIZE + (addr & 0xfff);
      return size === 1 ? this.bytes[at]! : size === 2 ? this.D.getUint16(at, true) : this.D.getUint32(at, true);
    }
    const bus = this.a20On ? addr >>> 0 : (addr & ~A20) >>> 0;
    const w = this.windowAt(bus);
    return w ? (w.device.read(bus - w.start, size) & ones) >>> 0 : ones;
  }

  write(addr: number, size: number, value: number): void {
    if (addr >= 2 ** 32) return;
    const page = this.busPage(addr >>> PAGE_SHIFT);
    const perm = this.perms[page]!;
    if (perm & Perm.WRITE) {
      const at = page * PAGE_SIZE + (addr & 0xfff);
      if (perm & Perm.CODE) this.noteWrite(at, size);
      if (size === 1) this.bytes[at] = value;
      else if (size === 2) this.D.setInt16(at, value, true);
      else this.D.setInt32(at, value, true);
    } else if (!(perm & Perm.READ)) {
      const bus = this.a20On ? addr >>> 0 : (addr & ~A20) >>> 0;
      const w = this.windowAt(bus);
      w?.device.write(bus - w.start, size, size === 4 ? value >>> 0 : value & ((1 << (size * 8)) - 1));
    }
  }

  private windowAt(addr: number): Window | undefined {
    for (const w of this.windows) if (addr >= w.start && addr < w.end) return w;
    return undefined;
  }

  /** Copy bytes into RAM or ROM, as a loader does: read-only memory is written too. Ranges outside RAM and ROM are an error. */
  load(addr: number, content: Uint8Array): void {
    for (let i = 0; i < content.length; ) {
      const a = addr + i, page = Math.floor(a / PAGE_SIZE), n = Math.min(content.length - i, PAGE_SIZE - (a % PAGE_SIZE));
      const perm = a < 2 ** 32 ? this.perms[page]! : 0;
      if (!(perm & Perm.READ)) throw new RangeError(`no memory at physical address ${a.toString(16)}h`);
      if (perm & Perm.CODE) this.noteWrite(a, n);
      this.bytes.set(content.subarray(i, i + n), this.frames[page]! * PAGE_SIZE + (a % PAGE_SIZE));
      i += n;
    }
  }
}

function shifted(device: MmioDevice, by: number): MmioDevice {
  return { read: (offset, size) => device.read(offset + by, size), write: (offset, size, value) => device.write(offset + by, size, value) };
}
