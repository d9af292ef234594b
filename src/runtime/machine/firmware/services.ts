import type { PhysicalMemory } from "../../../mmu/physical.js";

/**
 * BIOS services for boot sectors, on the host's side: the ROM's interrupt handlers put the registers into a frame on the stack and give its address
 * to the firmware port. Video goes to the console (the serial line), keys come from it, the disk is the image.
 * Source: Ralf Brown's interrupt list; Phoenix Enhanced Disk Drive Specification 1.1 for int 13h, AH = 41h to 48h; ACPI 6.4, 15.1 for E820.
 */

/** The frame: registers as PUSHAL leaves them, ES, DS, number of the interrupt, IP, CS, FLAGS. */
const enum Frame { di = 0, si = 4, bp = 8, bx = 16, dx = 20, cx = 24, ax = 28, es = 32, ds = 34, number = 36, flags = 42 }

const CF = 1, ZF = 0x40;
const SECTOR = 512;
/** Geometry by which a disk that is no floppy is addressed: as many heads and sectors as int 13h can say. */
const HEADS = 255, SECTORS = 63;

/** Where characters go, and come from. */
export interface Console {
  write(byte: number): void;
  /** The next byte, without taking it unless `take`; -1: none. */
  read(take: boolean): number;
}

export interface MemoryRange {
  readonly start: number;
  readonly length: number;
  /** 1: RAM, 2: reserved. */
  readonly type: number;
}

interface Geometry {
  readonly cylinders: number;
  readonly heads: number;
  readonly sectors: number;
}

/** Floppies by their size; other sizes are hard disks. */
const FLOPPIES: ReadonlyMap<number, Geometry> = new Map([
  [163840, { cylinders: 40, heads: 1, sectors: 8 }], [184320, { cylinders: 40, heads: 1, sectors: 9 }],
  [327680, { cylinders: 40, heads: 2, sectors: 8 }], [368640, { cylinders: 40, heads: 2, sectors: 9 }],
  [737280, { cylinders: 80, heads: 2, sectors: 9 }], [1228800, { cylinders: 80, heads: 2, sectors: 15 }],
  [1474560, { cylinders: 80, heads: 2, sectors: 18 }], [2949120, { cylinders: 80, heads: 2, sectors: 36 }],
]);

/** Its BIOS drive number: 0 the first floppy, 80h the first hard disk. */
export const driveOf = (disk: Uint8Array): number => (FLOPPIES.has(disk.length) ? 0 : 0x80);

/** US keyboard: scan code of each character's key, from 1 on. */
const KEYS = "\x1b1234567890-=\b\tqwertyuiop[]\r\0asdfghjkl;'`\0\\zxcvbnm,./";
const SHIFTED = "\x1b!@#$%^&*()_+\b\tQWERTYUIOP{}\r\0ASDFGHJKL:\"~\0|ZXCVBNM<>?";

export function scanCode(character: number): number {
  if (character === 0x20) return 0x39;
  if (character === 0x0a) return 0x1c;
  const c = String.fromCharCode(character);
  if (character === 0) return 0;
  const at = Math.max(KEYS.indexOf(c), SHIFTED.indexOf(c));
  if (at >= 0) return at + 1;
  // A control character is that of its letter.
  return character < 27 ? KEYS.indexOf(String.fromCharCode(character + 96)) + 1 : 0;
}

export class BiosServices {
  private readonly geometry: Geometry;
  private diskStatus = 0;

  constructor(
    private readonly memory: PhysicalMemory,
    private readonly console: Console,
    private readonly disk: Uint8Array | null,
    private readonly map: readonly MemoryRange[],
    private readonly a20: { a20: boolean },
    private readonly notice: (line: string) => void,
  ) {
    const size = disk?.length ?? 0, perCylinder = HEADS * SECTORS * SECTOR;
    this.geometry = FLOPPIES.get(size) ?? { cylinders: Math.min(1024, Math.max(1, Math.ceil(size / perCylinder))), heads: HEADS, sectors: SECTORS };
  }

  /** Serve the interrupt of the frame at a linear (and physical) address; true: it has to wait, ask again. */
  serve(at: number): boolean {
    switch (this.get16(at + Frame.number)) {
      case 0x10: this.video(at); break;
      case 0x11: this.set16(at + Frame.ax, this.get16(0x410)); break;
      case 0x12: this.set16(at + Frame.ax, this.get16(0x413)); break;
      case 0x13: this.diskService(at); break;
      case 0x15: this.system(at); break;
      case 0x16: return this.keyboard(at);
      case 0x18: this.notice("the boot program found nothing to boot (int 18h)"); break;
      case 0x1a: this.time(at); break;
    }
    return false;
  }

  // The frame.

  private get16(a: number): number {
    return this.memory.read(a, 1) | (this.memory.read(a + 1, 1) << 8);
  }

  private get32(a: number): number {
    return (this.get16(a) | (this.get16(a + 2) << 16)) >>> 0;
  }

  private set8(a: number, v: number): void {
    this.memory.write(a, 1, v & 0xff);
  }

  private set16(a: number, v: number): void {
    this.set8(a, v);
    this.set8(a + 1, v >>> 8);
  }

  private set32(a: number, v: number): void {
    this.set16(a, v);
    this.set16(a + 2, v >>> 16);
  }

  private flag(at: number, bit: number, on: boolean): void {
    const flags = this.get16(at + Frame.flags);
    this.set16(at + Frame.flags, on ? flags | bit : flags & ~bit);
  }

  private al(at: number): number {
    return this.memory.read(at + Frame.ax, 1);
  }

  private ah(at: number): number {
    return this.memory.read(at + Frame.ax + 1, 1);
  }

  private far(segment: number, offset: number): number {
    return segment * 16 + offset;
  }

  // Int 10h: a teletype; what needs a screen has no effect.

  private video(at: number): void {
    const al = this.al(at);
    switch (this.ah(at)) {
      case 0x0e: this.console.write(al); break;
      case 0x09: case 0x0a:
        for (let n = this.get16(at + Frame.cx); n > 0; n--) this.console.write(al);
        break;
      case 0x03:
        this.set16(at + Frame.cx, 0x0607);
        this.set16(at + Frame.dx, 0);
        break;
      case 0x0f:
        this.set16(at + Frame.ax, (80 << 8) | 3);
        this.set8(at + Frame.bx + 1, 0);
        break;
      case 0x13: {
        const from = this.far(this.get16(at + Frame.es), this.get16(at + Frame.bp)), step = al & 2 ? 2 : 1;
        for (let i = 0, n = this.get16(at + Frame.cx); i < n; i++) this.console.write(this.memory.read(from + i * step, 1));
        break;
      }
    }
  }

  // Int 16h.

  private keyboard(at: number): boolean {
    const ah = this.ah(at) & ~0x10;
    if (ah === 2) {
      this.set8(at + Frame.ax, 0);
      return false;
    }
    if (ah > 1) return false;
    const byte = this.console.read(ah === 0);
    if (ah === 1) this.flag(at, ZF, byte < 0);
    else if (byte < 0) return true;
    if (byte >= 0) {
      const key = byte === 0x0a ? 0x0d : byte === 0x7f ? 8 : byte;
      this.set16(at + Frame.ax, (scanCode(key) << 8) | key);
    }
    return false;
  }

  // Int 13h.

  private diskDone(at: number, status: number): void {
    this.diskStatus = status;
    this.set8(at + Frame.ax + 1, status);
    this.flag(at, CF, status !== 0);
  }

  private diskService(at: number): void {
    const ah = this.ah(at), drive = this.memory.read(at + Frame.dx, 1), { geometry, disk } = this;
    if (ah === 1) {
      const was = this.diskStatus;
      this.diskDone(at, was);
      return;
    }
    if (!disk || drive !== driveOf(disk)) {
      this.diskDone(at, ah === 0x15 ? 0 : 1);
      return;
    }
    switch (ah) {
      case 0x00: case 0x0d: this.diskDone(at, 0); break;
      case 0x02: case 0x03: case 0x04: {
        const cx = this.get16(at + Frame.cx), head = this.memory.read(at + Frame.dx + 1, 1), count = this.al(at);
        const cylinder = (cx >> 8) | ((cx & 0xc0) << 2), sector = cx & 0x3f;
        const to = this.far(this.get16(at + Frame.es), this.get16(at + Frame.bx));
        if (sector === 0 || sector > geometry.sectors || head >= geometry.heads || cylinder >= geometry.cylinders || count === 0) {
          this.diskDone(at, 4);
          break;
        }
        const first = (cylinder * geometry.heads + head) * geometry.sectors + sector - 1;
        const done = this.transfer(ah - 2, first, count, to);
        this.set8(at + Frame.ax, done);
        this.diskDone(at, done === count ? 0 : 4);
        break;
      }
      case 0x08: {
        const last = geometry.cylinders - 1;
        this.set16(at + Frame.cx, ((last & 0xff) << 8) | ((last >> 2) & 0xc0) | geometry.sectors);
        this.set16(at + Frame.dx, ((geometry.heads - 1) << 8) | 1);
        if (drive < 0x80) this.set8(at + Frame.bx, 4);
        this.set8(at + Frame.ax, 0);
        this.diskDone(at, 0);
        break;
      }
      case 0x15:
        if (drive >= 0x80) {
          const sectors = Math.ceil(disk.length / SECTOR);
          this.set16(at + Frame.cx, sectors >>> 16);
          this.set16(at + Frame.dx, sectors);
        }
        this.diskDone(at, 0);
        this.set8(at + Frame.ax + 1, drive >= 0x80 ? 3 : 1);
        break;
      case 0x41:
        if (this.get16(at + Frame.bx) !== 0x55aa) {
          this.diskDone(at, 1);
          break;
        }
        this.set16(at + Frame.bx, 0xaa55);
        this.set16(at + Frame.cx, 1);
        this.diskDone(at, 0);
        this.set8(at + Frame.ax + 1, 0x21);
        break;
      case 0x42: case 0x43: case 0x44: {
        const packet = this.far(this.get16(at + Frame.ds), this.get16(at + Frame.si));
        const count = this.get16(packet + 2), first = this.get32(packet + 8), high = this.get32(packet + 12);
        const done = high !== 0 ? 0 : this.transfer(ah - 0x42, first, count, this.far(this.get16(packet + 6), this.get16(packet + 4)));
        this.set16(packet + 2, done);
        this.diskDone(at, done === count ? 0 : 4);
        break;
      }
      case 0x48: {
        const buffer = this.far(this.get16(at + Frame.ds), this.get16(at + Frame.si));
        const words = [geometry.cylinders, geometry.heads, geometry.sectors, Math.ceil(disk.length / SECTOR), 0];
        this.set16(buffer, 26);
        this.set16(buffer + 2, 2);
        words.forEach((w, i) => this.set32(buffer + 4 + 4 * i, w));
        this.set16(buffer + 24, SECTOR);
        this.diskDone(at, 0);
        break;
      }
      default: this.diskDone(at, 1);
    }
  }

  /** 0 read, 1 write, 2 verify; sectors done. */
  private transfer(what: number, first: number, count: number, address: number): number {
    const disk = this.disk!;
    const n = Math.max(0, Math.min(count, Math.ceil(disk.length / SECTOR) - first));
    for (let i = 0, from = first * SECTOR; i < n * SECTOR && what < 2; i++) {
      if (what === 0) this.memory.write(address + i, 1, disk[from + i] ?? 0);
      else if (from + i < disk.length) disk[from + i] = this.memory.read(address + i, 1);
    }
    return n;
  }

  // Int 15h.

  private system(at: number): void {
    const ax = this.get16(at + Frame.ax), above = this.above1M();
    const done = (): void => this.flag(at, CF, false);
    switch (ax) {
      case 0xe820: this.memoryMap(at); return;
      case 0xe801: {
        const low = Math.min(above, 15 << 20) >> 10, high = Math.max(0, above - (15 << 20)) >> 16;
        for (const r of [Frame.ax, Frame.cx]) this.set16(at + r, low);
        for (const r of [Frame.bx, Frame.dx]) this.set16(at + r, high);
        done();
        return;
      }
      case 0x2400: case 0x2401:
        this.a20.a20 = ax === 0x2401;
        this.set8(at + Frame.ax + 1, 0);
        done();
        return;
      case 0x2402:
        this.set16(at + Frame.ax, this.a20.a20 ? 1 : 0);
        done();
        return;
      case 0x2403:
        this.set16(at + Frame.bx, 3);
        this.set8(at + Frame.ax + 1, 0);
        done();
        return;
    }
    if (ax >> 8 === 0x88) {
      this.set16(at + Frame.ax, Math.min(above >> 10, 0xfc00));
      done();
    } else if (ax >> 8 === 0x87) {
      this.move(at);
    } else {
      this.set8(at + Frame.ax + 1, 0x86);
      this.flag(at, CF, true);
    }
  }

  private above1M(): number {
    for (const r of this.map) if (r.start === 1 << 20 && r.type === 1) return r.length;
    return 0;
  }

  private memoryMap(at: number): void {
    const index = this.get16(at + Frame.bx), range = this.map[index];
    if (this.get32(at + Frame.dx) !== 0x534d4150 || !range || this.get16(at + Frame.cx) < 20) {
      this.set8(at + Frame.ax + 1, 0x86);
      this.flag(at, CF, true);
      return;
    }
    const to = this.far(this.get16(at + Frame.es), this.get16(at + Frame.di));
    [range.start, 0, range.length, 0, range.type].forEach((w, i) => this.set32(to + 4 * i, w));
    this.set32(at + Frame.ax, 0x534d4150);
    this.set32(at + Frame.cx, 20);
    this.set32(at + Frame.bx, index + 1 < this.map.length ? index + 1 : 0);
    this.flag(at, CF, false);
  }

  /** AH = 87h: copy CX words by the two descriptors in the table at ES:SI. */
  private move(at: number): void {
    const table = this.far(this.get16(at + Frame.es), this.get16(at + Frame.si));
    const base = (d: number): number => ((this.get32(d + 2) & 0xffffff) | (this.memory.read(d + 7, 1) << 24)) >>> 0;
    const from = base(table + 0x10), to = base(table + 0x18);
    for (let i = 0, n = this.get16(at + Frame.cx) * 2; i < n; i++) this.memory.write(to + i, 1, this.memory.read(from + i, 1));
    this.set8(at + Frame.ax + 1, 0);
    this.flag(at, CF, false);
  }

  // Int 1Ah: the tick counter, kept by the ROM.

  private time(at: number): void {
    switch (this.ah(at)) {
      case 0:
        this.set8(at + Frame.ax, this.memory.read(0x470, 1));
        this.set16(at + Frame.dx, this.get16(0x46c));
        this.set16(at + Frame.cx, this.get16(0x46e));
        this.set8(0x470, 0);
        break;
      case 1:
        this.set16(0x46c, this.get16(at + Frame.dx));
        this.set16(0x46e, this.get16(at + Frame.cx));
        this.set8(0x470, 0);
        break;
      default:
        this.flag(at, CF, true);
        return;
    }
    this.flag(at, CF, false);
  }
}
