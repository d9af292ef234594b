import { ACPI_DISABLE, ACPI_ENABLE, PM_BASE, PM_TIMER, SMI_COMMAND } from "../devices/acpi-pm.js";
import { IO_APIC_BASE } from "../devices/io-apic.js";
import { APIC_DEFAULT_BASE } from "../devices/local-apic.js";

/**
 * The ACPI tables of the board, as its firmware leaves them in memory: RSDP, RSDT, FADT, MADT, FACS and a DSDT with the sleep states.
 * Source: ACPI specification 6.4, chapter 5.
 */

export const SCI_IRQ = 9;
const HEADER = 36;
/** Of the FACS: where the system wants to be woken. */
export const FACS_WAKING_VECTOR = 12;

export interface AcpiTables {
  readonly bytes: Uint8Array;
  /** Address of the FACS. */
  readonly facs: number;
}

/** AML: Name (_S3, Package () {1, 1, 0, 0}), Name (_S5, Package () {0, 0, 0, 0}). */
const DSDT_AML = [0x08, 0x5f, 0x53, 0x33, 0x5f, 0x12, 0x06, 0x04, 0x01, 0x01, 0x00, 0x00, 0x08, 0x5f, 0x53, 0x35, 0x5f, 0x12, 0x06, 0x04, 0x00, 0x00, 0x00, 0x00];

class Table {
  readonly bytes: Uint8Array;
  private readonly d: DataView;

  constructor(signature: string, revision: number, length: number) {
    this.bytes = new Uint8Array(length);
    this.d = new DataView(this.bytes.buffer);
    this.text(0, signature);
    this.u32(4, length);
    this.u8(8, revision);
    this.text(10, "LIFT86");
    this.text(16, "LIFT86PC");
    this.u32(24, 1);
    this.text(28, "L86 ");
    this.u32(32, 1);
  }

  u8(at: number, v: number): void {
    this.bytes[at] = v;
  }

  u16(at: number, v: number): void {
    this.d.setUint16(at, v, true);
  }

  u32(at: number, v: number): void {
    this.d.setUint32(at, v, true);
  }

  text(at: number, s: string): void {
    for (let i = 0; i < s.length; i++) this.bytes[at + i] = s.charCodeAt(i);
  }

  /** Generic address structure in I/O space. */
  io(at: number, bits: number, access: number, port: number): void {
    this.u8(at, 1);
    this.u8(at + 1, bits);
    this.u8(at + 3, access);
    this.u32(at + 4, port);
  }

  seal(): Uint8Array {
    this.bytes[9] = checksum(this.bytes, 9);
    return this.bytes;
  }
}

/** What makes all bytes add up to 0, the byte at `except` left out. */
function checksum(bytes: Uint8Array, except: number): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i++) if (i !== except) sum += bytes[i]!;
  return -sum & 0xff;
}

function madt(cpus: number): Uint8Array {
  const overrides: [number, number, number][] = [[0, 2, 0], [SCI_IRQ, SCI_IRQ, 0x0d]];
  const t = new Table("APIC", 3, HEADER + 8 + 8 * cpus + 12 + 10 * overrides.length + 6);
  t.u32(36, APIC_DEFAULT_BASE);
  // A PC with two 8259s.
  t.u32(40, 1);
  let at = 44;
  for (let i = 0; i < cpus; i++, at += 8) {
    t.u8(at, 0);
    t.u8(at + 1, 8);
    t.u8(at + 2, i);
    t.u8(at + 3, i);
    t.u32(at + 4, 1);
  }
  t.u8(at, 1);
  t.u8(at + 1, 12);
  t.u8(at + 2, 0);
  t.u32(at + 4, IO_APIC_BASE);
  at += 12;
  for (const [irq, input, flags] of overrides) {
    t.u8(at, 2);
    t.u8(at + 1, 10);
    t.u8(at + 3, irq);
    t.u32(at + 4, input);
    t.u16(at + 8, flags);
    at += 10;
  }
  // LINT1 of all is NMI.
  t.u8(at, 4);
  t.u8(at + 1, 6);
  t.u8(at + 2, 0xff);
  t.u8(at + 5, 1);
  return t.seal();
}

function fadt(facs: number, dsdt: number): Uint8Array {
  const t = new Table("FACP", 3, 244);
  t.u32(36, facs);
  t.u32(40, dsdt);
  t.u16(46, SCI_IRQ);
  t.u32(48, SMI_COMMAND);
  t.u8(52, ACPI_ENABLE);
  t.u8(53, ACPI_DISABLE);
  t.u32(56, PM_BASE);
  t.u32(64, PM_BASE + 4);
  t.u32(76, PM_TIMER);
  t.u8(88, 4);
  t.u8(89, 2);
  t.u8(91, 4);
  // No C2, no C3.
  t.u16(96, 0xfff);
  t.u16(98, 0xfff);
  t.u8(108, 0x32);
  // Legacy devices, 8042.
  t.u16(109, 3);
  // WBINVD works, C1 works, sleep button as control method, RTC wakes from fixed registers, reset register.
  t.u32(112, 1 | 4 | 0x20 | 0x400);
  t.io(116, 8, 1, 0xcf9);
  t.u8(128, 6);
  t.u32(132, facs);
  t.u32(140, dsdt);
  t.io(148, 32, 2, PM_BASE);
  t.io(172, 16, 2, PM_BASE + 4);
  t.io(208, 32, 3, PM_TIMER);
  return t.seal();
}

/** Tables for memory at `base`, which must be a multiple of 64. */
export function acpiTables(base: number, cpus: number): AcpiTables {
  const align = (n: number): number => (n + 63) & ~63;
  const apic = madt(cpus), dsdtLength = HEADER + DSDT_AML.length;
  const facsAt = 64, dsdtAt = facsAt + 64, fadtAt = align(dsdtAt + dsdtLength), madtAt = align(fadtAt + 244), rsdtAt = align(madtAt + apic.length);
  const out = new Uint8Array(align(rsdtAt + HEADER + 8));
  const d = new DataView(out.buffer);
  // RSDP of ACPI 1.0.
  const rsdp = out.subarray(0, 20);
  for (const [at, s] of [[0, "RSD PTR "], [9, "LIFT86"]] as const) for (let i = 0; i < s.length; i++) rsdp[at + i] = s.charCodeAt(i);
  d.setUint32(16, base + rsdtAt, true);
  rsdp[8] = checksum(rsdp, 8);
  for (let i = 0; i < 4; i++) out[facsAt + i] = "FACS".charCodeAt(i);
  d.setUint32(facsAt + 4, 64, true);
  out[facsAt + 32] = 1;
  const dsdt = new Table("DSDT", 1, dsdtLength);
  dsdt.bytes.set(DSDT_AML, HEADER);
  out.set(dsdt.seal(), dsdtAt);
  out.set(fadt(base + facsAt, base + dsdtAt), fadtAt);
  out.set(apic, madtAt);
  const rsdt = new Table("RSDT", 1, HEADER + 8);
  rsdt.u32(HEADER, base + fadtAt);
  rsdt.u32(HEADER + 4, base + madtAt);
  out.set(rsdt.seal(), rsdtAt);
  return { bytes: out, facs: base + facsAt };
}
