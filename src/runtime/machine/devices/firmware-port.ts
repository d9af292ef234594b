import type { PortDevice } from "../bus.js";

/** What the machine's ROM enters. */
export type Entry =
  | { readonly kind: "multiboot"; readonly address: number; readonly info: number }
  | { readonly kind: "real"; readonly segment: number; readonly offset: number; readonly drive: number };

/** The host's side of the machine's ROM. */
export interface Firmware {
  /** Put the image (again) where it belongs. null: nothing to boot. */
  load(): Entry | null;
  /** Where a system that wakes from sleep goes on; null: it does not, this is a boot. */
  resume(): Entry | null;
  /** Serve a BIOS interrupt by its frame; true: come again after an interrupt. */
  serve(frame: number): boolean;
}

const COMMAND = 0xe00, ENTRY = 0xe04, VALUE = 0xe08, SERVICE = 0xe0c;
export const FIRMWARE_PORTS = 16;

/** The port between the machine's ROM (firmware/rom.S has the protocol) and the host. */
export class FirmwarePort implements PortDevice {
  private entry: Entry | null = null;
  private again = false;

  constructor(private readonly firmware: Firmware) {}

  portIn(port: number): number {
    const { entry } = this;
    switch (port & ~3) {
      case COMMAND: return entry === null ? 0 : entry.kind === "multiboot" ? 1 : 2;
      case ENTRY: return entry === null ? 0 : entry.kind === "multiboot" ? entry.address : ((entry.segment << 16) | entry.offset) >>> 0;
      case VALUE: return entry === null ? 0 : entry.kind === "multiboot" ? entry.info : entry.drive;
      default: return this.again ? 1 : 0;
    }
  }

  portOut(port: number, _size: number, value: number): void {
    if (port === COMMAND) this.entry = value === 1 ? this.firmware.resume() : this.firmware.load();
    else if (port === SERVICE) this.again = this.firmware.serve(value);
  }
}

export const FIRMWARE_PORT = COMMAND;
