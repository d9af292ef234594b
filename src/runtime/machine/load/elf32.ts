import { hex, ImageError, type Segment } from "./image.js";

/** The loadable segments of an ELF32 executable for the 386, by physical address. Source: System V ABI, chapter 5; Intel386 supplement. */
export interface Elf32 {
  readonly segments: readonly Segment[];
  /** Physical address of the entry point. */
  readonly entry: number;
}

const HEADER = 52, PROGRAM_HEADER = 32, PT_LOAD = 1, EM_386 = 3;

export const isElf = (b: Uint8Array): boolean => b.length >= 4 && b[0] === 0x7f && b[1] === 0x45 && b[2] === 0x4c && b[3] === 0x46;

export function parseElf32(bytes: Uint8Array, name: string): Elf32 {
  const d = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const bad = (what: string): ImageError => new ImageError(`${name}: ${what}`);
  if (bytes.length < HEADER) throw bad("an ELF file cut short");
  if (bytes[4] === 2) throw bad("a 64-bit ELF file; convert it with objcopy -O elf32-i386");
  if (bytes[4] !== 1 || bytes[5] !== 1 || d.getUint16(18, true) !== EM_386) throw bad("an ELF file, but not for the i386");
  const at = d.getUint32(28, true), size = d.getUint16(42, true), count = d.getUint16(44, true);
  if (count > 0 && (size < PROGRAM_HEADER || at + size * count > bytes.length)) throw bad("its ELF program headers are cut short");
  const segments: Segment[] = [];
  let entry = d.getUint32(24, true), virtual = false;
  for (let i = 0; i < count; i++) {
    const p = at + i * size;
    if (d.getUint32(p, true) !== PT_LOAD) continue;
    const offset = d.getUint32(p + 4, true), vaddr = d.getUint32(p + 8, true), address = d.getUint32(p + 12, true);
    const inFile = d.getUint32(p + 16, true), length = d.getUint32(p + 20, true);
    if (inFile > length) throw bad(`its ELF segment at ${hex(address)} has more bytes in the file than in memory`);
    if (offset + inFile > bytes.length) throw bad(`its ELF segment at ${hex(address)} is cut short`);
    // The entry point is a virtual address.
    const e = d.getUint32(24, true);
    if (!virtual && e >= vaddr && e < vaddr + length) {
      entry = e - vaddr + address;
      virtual = true;
    }
    if (length > 0) segments.push({ address, bytes: bytes.subarray(offset, offset + inFile), length });
  }
  if (segments.length === 0) throw bad("an ELF file with nothing to load");
  return { segments, entry };
}

/** What such a file has at the addresses that it is linked for. Only for one that `parseElf32` takes. */
export function virtualSegments(bytes: Uint8Array): { start: number; bytes: Uint8Array }[] {
  const d = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const at = d.getUint32(28, true), size = d.getUint16(42, true), count = d.getUint16(44, true);
  return Array.from({ length: count }, (_, i) => at + i * size).filter((p) => d.getUint32(p, true) === PT_LOAD)
    .map((p) => ({ start: d.getUint32(p + 8, true), bytes: bytes.subarray(d.getUint32(p + 4, true), d.getUint32(p + 4, true) + d.getUint32(p + 16, true)) }));
}
