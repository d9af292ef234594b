import type { CodeSource } from "../../frontend/block.js";
import { Mode } from "../../frontend/mode.js";
import { elfSymbols, SymbolTable } from "../inspect/symbols.js";
import { bytesAsCode } from "../translate.js";
import { type BootImage, layoutImage } from "./load/index.js";
import { isElf, virtualSegments } from "./load/elf32.js";
import { HIGH_START, LOW_END } from "./load/image.js";
import { findMultibootHeader } from "./load/multiboot.js";
import { isBootSector } from "./load/raw.js";

/** The code of an image as it is before it runs. */
export interface ImageCode {
  readonly source: CodeSource;
  /** Mode that it begins in; there PCs are offsets in CS. */
  readonly mode: number;
  readonly entry: number;
  /** Where there are bytes of it, [start, end): a loader knows no more about what is code. */
  readonly extents: readonly { readonly start: number; readonly end: number }[];
  readonly symbols: SymbolTable;
}

/** As large as machines can be: where an image wants to go is its own affair. */
const RAM = 3 * 2 ** 30;
const BEGIN: number = Mode.SYSTEM | Mode.NO_SSE;
const REAL = BEGIN | Mode.REAL, PROTECTED = BEGIN | Mode.CODE32 | Mode.STACK32 | Mode.FLAT;

/** Whether a file is an image of a machine's (without --raw): multiboot, or a boot sector. */
export function isMachineImage(bytes: Uint8Array): boolean {
  return findMultibootHeader(bytes) >= 0 || (isBootSector(bytes) && !isElf(bytes));
}

/** Lay an image out as for a machine, to look at its code. Throws ImageError. */
export function imageCode(image: BootImage): ImageCode {
  const { bytes, name } = image;
  const map = [{ start: 0, length: LOW_END, type: 1 }, { start: HIGH_START, length: RAM - HIGH_START, type: 1 }];
  const { segments, entry } = layoutImage({ name, bytes, ...(image.raw ? { raw: image.raw } : {}) }, { ram: RAM, map });
  // Kernels are linked where they map themselves to, and begin where they were loaded.
  const placed = segments.filter((s) => s.bytes.buffer === bytes.buffer || entry.kind === "real").map((s) => ({ start: s.address, bytes: s.bytes }));
  const all = isElf(bytes) ? [...placed, ...virtualSegments(bytes).filter((v) => !placed.some((p) => p.start === v.start))] : placed;
  const base = entry.kind === "real" ? entry.segment * 16 : 0;
  const sources = all.map(({ start, bytes: content }) => ({ start: start - base, end: start - base + content.length, code: bytesAsCode(content, start - base) }));
  const nowhere = bytesAsCode(new Uint8Array(0), 0);
  const at = (addr: number): CodeSource => sources.find((s) => addr >>> 0 >= s.start && addr >>> 0 < s.end)?.code ?? nowhere;
  return {
    source: { fetch: (addr, into, max) => at(addr).fetch(addr, into, max), fetchFault: (addr) => nowhere.fetchFault(addr) },
    mode: entry.kind === "real" ? REAL : PROTECTED,
    entry: entry.kind === "real" ? entry.offset : entry.address,
    extents: sources.filter((s) => s.end > s.start).map(({ start, end }) => ({ start, end })),
    symbols: new SymbolTable(elfSymbols({ size: bytes.length, read: (p, n) => bytes.subarray(Math.min(p, bytes.length), Math.min(p + n, bytes.length)) })),
  };
}
