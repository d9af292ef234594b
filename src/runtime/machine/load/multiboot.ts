import { isElf, parseElf32 } from "./elf32.js";
import { type BootMachine, checkSegments, hex, HIGH_START, ImageError, inRam, type Layout, LOW_END, type Module, type Segment } from "./image.js";

/** Multiboot images, version 1. Source: Multiboot Specification 0.6.96. */

const MAGIC = 0x1badb002;
/** The header is within these first bytes. */
const SEARCH = 8192;
const ALIGN_MODULES = 1, MEMORY_INFO = 2, VIDEO_MODE = 4, ADDRESSES = 0x10000;
/** Flags that a loader must know, or refuse. */
const REQUIRED = 0xffff;
const PAGE = 4096;
const LOADER_NAME = "lift86";
/** Where the information structure goes if the image leaves room. */
const INFO_AT = 0x9000;
const MBI = 116;
const MBI_MEMORY = 1, MBI_COMMAND_LINE = 4, MBI_MODULES = 8, MBI_MAP = 0x40, MBI_LOADER = 0x200;

/** Offset of the header, or -1. A header with a wrong checksum is none. */
export function findMultibootHeader(bytes: Uint8Array): number {
  const d = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + 12 <= Math.min(bytes.length, SEARCH); at += 4) {
    if (d.getUint32(at, true) === MAGIC && ((MAGIC + d.getUint32(at + 4, true) + d.getUint32(at + 8, true)) | 0) === 0) return at;
  }
  return -1;
}

/** A magic number whose checksum is wrong: what a bad header looks like. */
function brokenHeader(bytes: Uint8Array): number {
  const d = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + 4 <= Math.min(bytes.length, SEARCH); at += 4) if (d.getUint32(at, true) === MAGIC) return at;
  return -1;
}

export function checkHeader(bytes: Uint8Array, name: string): void {
  const at = brokenHeader(bytes);
  if (at >= 0 && findMultibootHeader(bytes) < 0) throw new ImageError(`${name}: the checksum of its multiboot header at offset ${hex(at)} is wrong`);
}

interface Kernel {
  readonly segments: readonly Segment[];
  readonly entry: number;
}

/** By the addresses in the header (the "a.out kludge"). */
function byAddresses(bytes: Uint8Array, header: number, name: string): Kernel {
  const d = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (header + 32 > bytes.length) throw new ImageError(`${name}: its multiboot header is cut short`);
  const [headerAt, load, loadEnd, bssEnd, entry] = [12, 16, 20, 24, 28].map((o) => d.getUint32(header + o, true)) as [number, number, number, number, number];
  const bad = (what: string): ImageError => new ImageError(`${name}: bad addresses in its multiboot header: ${what}`);
  if (headerAt < load) throw bad(`the header at ${hex(headerAt)} is below the load address ${hex(load)}`);
  const offset = header - (headerAt - load);
  if (offset < 0) throw bad(`the load address ${hex(load)} lies before the file's begin`);
  const size = loadEnd === 0 ? bytes.length - offset : loadEnd - load;
  if (size < 0) throw bad(`the end ${hex(loadEnd)} is below the load address ${hex(load)}`);
  if (offset + size > bytes.length) throw bad(`${hex(size)} bytes to load, the file has ${hex(bytes.length - offset)}`);
  if (bssEnd !== 0 && bssEnd < load + size) throw bad(`the end of the bss ${hex(bssEnd)} is below that of the data, ${hex(load + size)}`);
  return { segments: [{ address: load, bytes: bytes.subarray(offset, offset + size), length: bssEnd === 0 ? size : bssEnd - load }], entry };
}

/** A block of memory that is filled from its begin on. */
class Writer {
  readonly bytes: Uint8Array;
  private readonly d: DataView;
  private used: number;

  constructor(readonly address: number, fixed: number, size: number) {
    this.bytes = new Uint8Array(size);
    this.d = new DataView(this.bytes.buffer);
    this.used = fixed;
  }

  u32(at: number, v: number): void {
    this.d.setUint32(at, v, true);
  }

  /** Room of this many bytes; its offset. */
  take(size: number): number {
    const at = (this.used + 3) & ~3;
    this.used = at + size;
    return at;
  }

  /** A string with its final 0; its address. */
  string(s: Uint8Array): number {
    const at = this.take(s.length + 1);
    this.bytes.set(s, at);
    return this.address + at;
  }
}

const utf8 = (s: string): Uint8Array => new TextEncoder().encode(s);
const pageUp = (n: number): number => Math.ceil(n / PAGE) * PAGE;

/** Lay out an image that has a multiboot header. */
export function layoutMultiboot(bytes: Uint8Array, machine: BootMachine, name: string, commandLine: string, modules: readonly Module[]): Layout {
  const header = findMultibootHeader(bytes);
  if (header < 0) throw new ImageError(`${name}: no multiboot header in its first 8 KiB`);
  const flags = new DataView(bytes.buffer, bytes.byteOffset).getUint32(header + 4, true);
  const unknown = flags & REQUIRED & ~(ALIGN_MODULES | MEMORY_INFO | VIDEO_MODE);
  if (unknown) throw new ImageError(`${name}: its multiboot header requires features that are not there (flags ${hex(unknown)})`);
  if (flags & VIDEO_MODE) throw new ImageError(`${name}: its multiboot header requires a video mode; there is no screen`);
  const kernel = flags & ADDRESSES ? byAddresses(bytes, header, name) : isElf(bytes) ? parseElf32(bytes, name) : null;
  if (!kernel) throw new ImageError(`${name}: its multiboot header gives no load addresses, and the file is no ELF file`);
  const { ram } = machine;
  checkSegments(kernel.segments, ram, name);
  const inside = kernel.segments.some((s) => kernel.entry >= s.address && kernel.entry < s.address + s.length);
  if (!inside) throw new ImageError(`${name}: its entry point ${hex(kernel.entry)} is outside what it loads`);

  // Modules follow the image, each on a page of its own.
  let free = pageUp(Math.max(HIGH_START, ...kernel.segments.map((s) => s.address + s.length)));
  const placed = modules.map((m) => {
    const segment: Segment = { address: free, bytes: m.bytes, length: m.bytes.length };
    free = pageUp(free + m.bytes.length);
    return segment;
  });
  if (free > ram) throw new ImageError(`${name}: image and modules end at ${hex(free)}, the machine has ${hex(ram)} bytes of memory; give it more with --memory`);
  const info = information(machine, kernel.segments, free, utf8(commandLine), modules.map((m, i) => ({ at: placed[i]!, text: utf8(m.text) })));
  if (!inRam(info.address, info.bytes.length, ram)) {
    throw new ImageError(`${name}: no room for the boot information behind image and modules; give the machine more memory with --memory`);
  }
  const segments = [...kernel.segments, ...placed, { address: info.address, bytes: info.bytes, length: info.bytes.length }];
  return { segments, entry: { kind: "multiboot", address: kernel.entry, info: info.address }, disk: null };
}

function information(
  machine: BootMachine, kernel: readonly Segment[], free: number, commandLine: Uint8Array, modules: readonly { at: Segment; text: Uint8Array }[],
): Writer {
  const strings = [commandLine, utf8(LOADER_NAME), ...modules.map((m) => m.text)];
  const size = strings.reduce((n, s) => n + s.length + 4, MBI + 16 * modules.length + 24 * machine.map.length + 16);
  const low = INFO_AT + size <= LOW_END && kernel.every((s) => s.address >= INFO_AT + size || s.address + s.length <= INFO_AT);
  const w = new Writer(low ? INFO_AT : free, MBI, size);
  w.u32(0, MBI_MEMORY | MBI_COMMAND_LINE | MBI_MODULES | MBI_MAP | MBI_LOADER);
  const lower = machine.map[0]!, upper = machine.map.find((r) => r.start === HIGH_START && r.type === 1);
  w.u32(4, lower.length >> 10);
  w.u32(8, (upper?.length ?? 0) / 1024);
  w.u32(16, w.string(commandLine));
  w.u32(20, modules.length);
  const list = w.take(16 * modules.length);
  w.u32(24, w.address + list);
  modules.forEach((m, i) => {
    w.u32(list + 16 * i, m.at.address);
    w.u32(list + 16 * i + 4, m.at.address + m.at.length);
    w.u32(list + 16 * i + 8, w.string(m.text));
  });
  const map = w.take(24 * machine.map.length);
  w.u32(44, 24 * machine.map.length);
  w.u32(48, w.address + map);
  machine.map.forEach((r, i) => [20, r.start, 0, r.length, 0, r.type].forEach((v, k) => w.u32(map + 24 * i + 4 * k, v)));
  w.u32(64, w.string(utf8(LOADER_NAME)));
  return w;
}
