import { driveOf } from "../firmware/services.js";
import { checkSegments, hex, ImageError, type Layout } from "./image.js";

/** Raw bytes at an address, and boot sectors. Both begin in real mode, data segments 0, the stack below 7C00h. */

const SECTOR = 512, BOOT_AT = 0x7c00;
/** Real mode reaches up to FFFF:FFFF. */
const REACH = 0x10fff0;

export function layoutRaw(bytes: Uint8Array, ram: number, name: string, address: number, entry: number): Layout {
  if (bytes.length === 0) throw new ImageError(`${name}: an empty file`);
  const segments = [{ address, bytes, length: bytes.length }];
  checkSegments(segments, ram, name);
  if (entry < address || entry >= address + bytes.length) throw new ImageError(`${name}: the entry point ${hex(entry)} is outside what is loaded, ${hex(address)} to ${hex(address + bytes.length)}`);
  if (entry >= REACH) throw new ImageError(`${name}: the entry point ${hex(entry)} is out of real mode's reach`);
  // As few in the segment as can be: 0000:7C00, 2000:0000, FFFF:0010.
  const segment = entry > 0xfffff ? 0xffff : (entry & 0xf0000) >> 4;
  return { segments, entry: { kind: "real", segment, offset: entry - segment * 16, drive: 0x80 }, disk: null };
}

/** A file whose first sector has the boot signature. */
export const isBootSector = (b: Uint8Array): boolean => b.length >= SECTOR && b[SECTOR - 2] === 0x55 && b[SECTOR - 1] === 0xaa;

/** The first sector at 7C00h; the whole file is the disk it comes from. The guest's writes stay in a copy. */
export function layoutBootSector(bytes: Uint8Array): Layout {
  const disk = bytes.slice();
  return {
    segments: [{ address: BOOT_AT, bytes: disk.subarray(0, SECTOR), length: SECTOR }],
    entry: { kind: "real", segment: 0, offset: BOOT_AT, drive: driveOf(disk) },
    disk,
  };
}
