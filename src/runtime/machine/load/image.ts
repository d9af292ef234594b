import type { PhysicalMemory } from "../../../mmu/physical.js";
import type { Entry } from "../devices/firmware-port.js";

/** The image cannot be booted: one line for the user. */
export class ImageError extends Error {}

/** A range of memory with what belongs there. */
export interface Segment {
  readonly address: number;
  readonly bytes: Uint8Array;
  /** Bytes in memory, the rest beyond `bytes` zero. */
  readonly length: number;
}

/** What is known of the machine when an image is laid out. */
export interface BootMachine {
  /** Bytes of RAM from address 0. */
  readonly ram: number;
  readonly map: readonly { readonly start: number; readonly length: number; readonly type: number }[];
}

export interface Module {
  readonly bytes: Uint8Array;
  /** Its string: as a rule the file's name and arguments. */
  readonly text: string;
}

/** An image laid out for a machine: what goes where, how it is entered, and the disk it boots from if it is one. */
export interface Layout {
  readonly segments: readonly Segment[];
  readonly entry: Entry;
  readonly disk: Uint8Array | null;
}

export const hex = (n: number): string => `0x${n.toString(16)}`;

/** Conventional memory ends here; up to 1 MiB there are device windows and ROM. */
export const LOW_END = 0xa0000, HIGH_START = 0x100000;

/** Whether all of a range is RAM that an image may use. */
export function inRam(start: number, length: number, ram: number): boolean {
  const end = start + length;
  return start >= 0 && (end <= Math.min(LOW_END, ram) || (start >= HIGH_START && end <= ram));
}

/** Throws where a segment lies outside RAM or two overlap. */
export function checkSegments(segments: readonly Segment[], ram: number, name: string): void {
  for (const s of segments) {
    if (inRam(s.address, s.length, ram)) continue;
    const where = `${hex(s.address)} to ${hex(s.address + s.length)}`;
    if (s.address + s.length > ram) throw new ImageError(`${name}: wants memory at ${where}, the machine has ${hex(ram)} bytes; give it more with --memory`);
    throw new ImageError(`${name}: wants memory at ${where}, where a PC has device windows and ROM (${hex(LOW_END)} to ${hex(HIGH_START)})`);
  }
  const sorted = [...segments].filter((s) => s.length > 0).sort((a, b) => a.address - b.address);
  for (let i = 1; i < sorted.length; i++) {
    const a = sorted[i - 1]!, b = sorted[i]!;
    if (a.address + a.length > b.address) {
      throw new ImageError(`${name}: segments overlap: ${hex(a.address)} to ${hex(a.address + a.length)} and ${hex(b.address)} to ${hex(b.address + b.length)}`);
    }
  }
}

export function place(segments: readonly Segment[], memory: PhysicalMemory): void {
  for (const s of segments) {
    memory.load(s.address, s.bytes);
    if (s.length > s.bytes.length) memory.load(s.address + s.bytes.length, new Uint8Array(s.length - s.bytes.length));
  }
}
