import { type BootMachine, ImageError, type Layout, type Module } from "./image.js";
import { isElf } from "./elf32.js";
import { checkHeader, findMultibootHeader, layoutMultiboot } from "./multiboot.js";
import { isBootSector, layoutBootSector, layoutRaw } from "./raw.js";

/** An image to boot, and what goes with it. */
export interface BootImage {
  /** For messages, and the first word of a multiboot command line. */
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Of a multiboot image: what follows the name on its command line. */
  readonly append?: string;
  readonly modules?: readonly Module[];
  /** Bytes without a format: where they go, and where in them to begin (default: at the begin). */
  readonly raw?: { readonly address: number; readonly entry?: number };
}

/** Find out what an image is and where it goes. Throws ImageError. */
export function layoutImage(image: BootImage, machine: BootMachine): Layout {
  const { bytes, name, modules = [] } = image;
  const only = (what: string, given: boolean): void => {
    if (given) throw new ImageError(`${name}: ${what} goes only with multiboot images`);
  };
  if (image.raw) {
    only("a command line", image.append !== undefined);
    only("a module", modules.length > 0);
    return layoutRaw(bytes, machine.ram, name, image.raw.address, image.raw.entry ?? image.raw.address);
  }
  if (findMultibootHeader(bytes) >= 0) {
    return layoutMultiboot(bytes, machine, name, image.append === undefined ? name : `${name} ${image.append}`, modules);
  }
  checkHeader(bytes, name);
  if (isBootSector(bytes) && !isElf(bytes)) {
    only("a command line", image.append !== undefined);
    only("a module", modules.length > 0);
    return layoutBootSector(bytes);
  }
  if (isElf(bytes)) throw new ImageError(`${name}: an ELF file without a multiboot header in its first 8 KiB`);
  throw new ImageError(`${name}: neither a multiboot image nor a boot sector; raw bytes need --raw ADDRESS`);
}
