import fc from "../../support/random-inputs.js";
import { describe, expect, it } from "vitest";
import { PhysicalMemory } from "../../../src/mmu/physical.js";
import { ImageError, place } from "../../../src/runtime/machine/load/image.js";
import { type BootImage, layoutImage } from "../../../src/runtime/machine/load/index.js";
import { elf32, header, join } from "./images.js";

const RAM = 8 << 20;
const MACHINE = { ram: RAM, map: [{ start: 0, length: 0x9fc00, type: 1 }, { start: 0xf0000, length: 0x10000, type: 2 }, { start: 0x100000, length: RAM - 0x100000, type: 1 }] };
const image = (bytes: Uint8Array, more: Partial<BootImage> = {}): BootImage => ({ name: "image", bytes, ...more });
const layout = (bytes: Uint8Array, more: Partial<BootImage> = {}): ReturnType<typeof layoutImage> => layoutImage(image(bytes, more), MACHINE);
const failure = (bytes: Uint8Array, more: Partial<BootImage> = {}): string => {
  try {
    layout(bytes, more);
  } catch (e) {
    if (!(e instanceof ImageError)) throw e;
    expect(e.message).not.toContain("\n");
    return e.message;
  }
  return "";
};
/** Laid out and loaded, the memory. */
function loaded(bytes: Uint8Array, more: Partial<BootImage> = {}): { l: ReturnType<typeof layout>; D: DataView; text: (at: number) => string } {
  const l = layout(bytes, more), m = new PhysicalMemory(RAM);
  m.bytes.fill(0xaa);
  place(l.segments, m);
  const text = (at: number): string => {
    let s = "";
    for (let i = at; m.bytes[i] !== 0; i++) s += String.fromCharCode(m.bytes[i]!);
    return s;
  };
  return { l, D: m.D, text };
}

describe("multiboot", () => {
  it("an ELF file: segments by physical address, entry by virtual address, bss cleared", () => {
    const { l, D } = loaded(elf32([
      { address: 0x100000, virtual: 0xc0100000, bytes: join(header(), [0x90, 0xf4]), length: 0x40 }, { address: 0x9000, bytes: Uint8Array.of(1, 2, 3) },
    ], 0xc010000c));
    expect(l.entry).toMatchObject({ kind: "multiboot", address: 0x10000c });
    expect([D.getUint8(0x10000c), D.getUint8(0x10000e), D.getUint8(0x10003f), D.getUint8(0x100040), D.getUint8(0x9002)]).toEqual([0x90, 0, 0, 0xaa, 3]);
  });

  it("the information structure: memory, command line, modules, map", () => {
    const modules = [{ bytes: new Uint8Array(5000).fill(1), text: "one a=b" }, { bytes: new Uint8Array(3).fill(2), text: "two" }];
    const { l, D, text } = loaded(elf32([{ address: 0x100000, bytes: join(header(3), new Uint8Array(100)) }], 0x100000), { append: "x y", modules });
    const info = (l.entry as { info: number }).info, u32 = (o: number): number => D.getUint32(info + o, true);
    expect(u32(0) & 0x24d).toBe(0x24d);
    expect([u32(4), u32(8), text(u32(16)), u32(20), text(u32(64))]).toEqual([639, 7168, "image x y", 2, "lift86"]);
    const mods = [0, 1].map((i) => [0, 4, 8].map((o) => D.getUint32(u32(24) + 16 * i + o, true)));
    expect(mods.map((m) => m[1]! - m[0]!)).toEqual([5000, 3]);
    expect(mods.every((m) => m[0]! % 4096 === 0 && m[0]! > 0x100070)).toBe(true);
    expect(mods.map((m) => [text(m[2]!), D.getUint8(m[0]!), D.getUint8(m[1]! - 1)])).toEqual([["one a=b", 1, 1], ["two", 2, 2]]);
    expect(u32(44)).toBe(72);
    const map = [0, 1, 2].map((i) => [0, 4, 8, 12, 16, 20].map((o) => D.getUint32(u32(48) + 24 * i + o, true)));
    expect(map).toEqual([[20, 0, 0, 0x9fc00, 0, 1], [20, 0xf0000, 0, 0x10000, 0, 2], [20, 0x100000, 0, 0x700000, 0, 1]]);
  });

  it("the information goes behind the image where the image has its usual place", () => {
    const { l } = loaded(elf32([{ address: 0x8000, bytes: join(header(), new Uint8Array(0x8000)) }], 0x8000));
    expect((l.entry as { info: number }).info).toBeGreaterThanOrEqual(0x100000);
  });

  it("addresses in the header: load, end, bss, entry", () => {
    const kludge = header(0x10000, [0x100010, 0x100000, 0x100040, 0x100080, 0x100038]);
    const { l, D } = loaded(join(new Uint8Array(16).fill(7), kludge, [0xf4], new Uint8Array(64).fill(8)));
    expect(l.entry).toMatchObject({ kind: "multiboot", address: 0x100038 });
    expect([D.getUint8(0x100000), D.getUint8(0x10003f), D.getUint8(0x100040), D.getUint8(0x10007f), D.getUint8(0x100080)]).toEqual([7, 8, 0, 0, 0xaa]);
    const rest = loaded(join(header(0x10000, [0x200000, 0x200000, 0, 0, 0x200020]), new Uint8Array(32).fill(9)));
    expect([rest.D.getUint8(0x20003f), rest.D.getUint8(0x200040)]).toEqual([9, 0xaa]);
  });

  it("says in one line what is wrong", () => {
    const at1M = (bytes: Uint8Array, entry = 0x100000, length = bytes.length): Uint8Array => elf32([{ address: 0x100000, bytes, length }], entry);
    expect(failure(at1M(header(0, [], 5)))).toMatch(/checksum of its multiboot header at offset 0x54 is wrong/);
    expect(failure(at1M(header(4)))).toMatch(/video mode/);
    expect(failure(at1M(header(0x20)))).toMatch(/requires features.*0x20/);
    expect(failure(at1M(header(), 0x100800))).toMatch(/entry point 0x100800 is outside/);
    expect(failure(at1M(header(), 0x100000, RAM))).toMatch(/image: wants memory at 0x100000 to 0x900000, the machine has 0x800000 bytes; give it more with --memory/);
    expect(failure(elf32([{ address: 0x9f000, bytes: header(), length: 0x2000 }], 0x9f000))).toMatch(/device windows and ROM/);
    expect(failure(elf32([{ address: 0x100000, bytes: header(), length: 0x2000 }, { address: 0x101000, bytes: header() }], 0x100000))).toMatch(/segments overlap: 0x100000 to 0x102000 and 0x101000/);
    expect(failure(at1M(header()).subarray(0, 40))).toMatch(/without a multiboot header/);
    expect(failure(join(header(), new Uint8Array(20)))).toMatch(/no load addresses/);
    expect(failure(header(0x10000, [0, 0, 0]))).toMatch(/cut short/);
    expect(failure(header(0x10000, [0x100000, 0x100100, 0, 0, 0]))).toMatch(/below the load address/);
    expect(failure(header(0x10000, [0x100100, 0x100000, 0, 0, 0]))).toMatch(/before the file's begin/);
    expect(failure(header(0x10000, [0x100000, 0x100000, 0x200000, 0, 0x100000]))).toMatch(/0x100000 bytes to load, the file has 0x20/);
    expect(failure(header(0x10000, [0x100000, 0x100000, 0x100020, 0x100010, 0x100000]))).toMatch(/end of the bss/);
    const elf64 = at1M(header());
    elf64[4] = 2;
    expect(failure(elf64)).toMatch(/64-bit ELF/);
    expect(failure(at1M(header()), { modules: [{ bytes: new Uint8Array(RAM), text: "m" }] })).toMatch(/modules end at/);
    expect(failure(new Uint8Array(600))).toMatch(/neither a multiboot image nor a boot sector; raw bytes need --raw/);
  });

  it("no header at all is an error, never a crash (fuzz)", () => {
    const base = elf32([{ address: 0x100000, bytes: join(header(3), new Uint8Array(64)), length: 0x3000 }, { address: 0x8000, bytes: new Uint8Array(20) }], 0x100000);
    const kludge = join(header(0x10003, [0x100000, 0x100000, 0x100060, 0x100100, 0x100020]), new Uint8Array(64));
    const memory = new PhysicalMemory(RAM);
    fc.assert(fc.property(fc.boolean(), fc.array(fc.tuple(fc.nat(), fc.oneof(fc.constantFrom(0, 1, 0x7f, 0x80, 0xff), fc.nat(255))), { maxLength: 6 }), fc.nat(), (aout, edits, cut) => {
      const bytes = (aout ? kludge : base).slice();
      // Mostly where headers are: ELF header and program headers, or the multiboot header's addresses.
      for (const [at, v] of edits) bytes[at % Math.min(bytes.length, 116)] = v;
      const b = cut % 4 === 0 ? bytes.subarray(0, cut % bytes.length) : bytes;
      let l: ReturnType<typeof layout> | null = null;
      try {
        l = layout(b, { append: "x" });
      } catch (e) {
        if (!(e instanceof ImageError)) throw e;
      }
      if (l) place(l.segments, memory);
    }), { numRuns: 3000 });
  });
});

describe("raw bytes and boot sectors", () => {
  it("raw: address and entry, in as few of the segment as can be", () => {
    const l = layout(new Uint8Array(0x2000), { raw: { address: 0x20000, entry: 0x21000 } });
    expect([l.entry, l.segments[0]!.address]).toEqual([{ kind: "real", segment: 0x2000, offset: 0x1000, drive: 0x80 }, 0x20000]);
    expect(layout(new Uint8Array(16), { raw: { address: 0x7c00 } }).entry).toMatchObject({ segment: 0, offset: 0x7c00 });
    expect(layout(new Uint8Array(16), { raw: { address: 0x100010 } }).entry).toMatchObject({ segment: 0xffff, offset: 0x20 });
    expect(failure(new Uint8Array(16), { raw: { address: 0x200000 } })).toMatch(/out of real mode's reach/);
    expect(failure(new Uint8Array(16), { raw: { address: 0x1000, entry: 0x1010 } })).toMatch(/outside what is loaded, 0x1000 to 0x1010/);
    expect(failure(new Uint8Array(16), { raw: { address: 0xb8000 } })).toMatch(/device windows/);
    expect(failure(new Uint8Array(16), { raw: { address: 0xffffffff } })).toMatch(/the machine has/);
    expect(failure(new Uint8Array(0), { raw: { address: 0 } })).toMatch(/empty/);
    expect(failure(new Uint8Array(16), { raw: { address: 0 }, append: "x" })).toMatch(/command line goes only with multiboot/);
  });

  it("a boot sector: at 7C00h, its file the disk, by size a floppy or a hard disk", () => {
    const sector = new Uint8Array(512);
    sector.set([0x55, 0xaa], 510);
    const l = layout(sector);
    expect([l.entry, l.segments[0]!.address, l.disk!.length]).toEqual([{ kind: "real", segment: 0, offset: 0x7c00, drive: 0x80 }, 0x7c00, 512]);
    expect(layout(join(sector, new Uint8Array(1474560 - 512))).entry).toMatchObject({ drive: 0 });
    expect(failure(sector, { modules: [{ bytes: sector, text: "" }] })).toMatch(/module goes only with multiboot/);
  });
});
