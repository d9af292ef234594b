import { describe, expect, it } from "vitest";
import { PhysicalMemory } from "../../src/mmu/physical.js";
import { acpiTables } from "../../src/runtime/machine/firmware/acpi-tables.js";
import { BiosServices, driveOf, scanCode } from "../../src/runtime/machine/firmware/services.js";

const FRAME = 0x7000;
type Registers = Partial<Record<"ax" | "bx" | "cx" | "dx" | "si" | "di" | "bp" | "es" | "ds", number>>;
const AT = { di: 0, si: 4, bp: 8, bx: 16, dx: 20, cx: 24, ax: 28, es: 32, ds: 34 };

function bios(disk: Uint8Array | null = null): { memory: PhysicalMemory; shown: () => string; type: (s: string) => void; call: (n: number, r: Registers) => Record<keyof typeof AT, number> & { cf: boolean; zf: boolean; wait: boolean } } {
  const memory = new PhysicalMemory(16 << 20), out: number[] = [], keys: number[] = [];
  const map = [{ start: 0, length: 0x9fc00, type: 1 }, { start: 0xe0000, length: 0x20000, type: 2 }, { start: 0x100000, length: 15 << 20, type: 1 }];
  const s = new BiosServices(memory, { write: (b) => out.push(b), read: (take) => (take ? keys.shift() : keys[0]) ?? -1 }, disk, map, memory, () => undefined);
  return {
    memory,
    shown: () => String.fromCharCode(...out.splice(0)),
    type: (text) => keys.push(...Buffer.from(text)),
    call: (n, r) => {
      memory.bytes.fill(0, FRAME, FRAME + 48);
      for (const [name, v] of Object.entries(r)) memory.D.setUint32(FRAME + AT[name as keyof typeof AT], name === "es" ? v | (r.ds ?? 0) << 16 : v, true);
      if (r.ds !== undefined) memory.D.setUint16(FRAME + AT.ds, r.ds, true);
      memory.D.setUint16(FRAME + 36, n, true);
      memory.D.setUint16(FRAME + 42, 0x202, true);
      const wait = s.serve(FRAME), flags = memory.D.getUint16(FRAME + 42, true);
      const regs = Object.fromEntries(Object.entries(AT).map(([name, at]) => [name, memory.D.getUint16(FRAME + at, true)])) as Record<keyof typeof AT, number>;
      return { ...regs, cf: (flags & 1) !== 0, zf: (flags & 0x40) !== 0, wait };
    },
  };
}

describe("BIOS services", () => {
  it("int 10h writes to the console", () => {
    const b = bios();
    b.call(0x10, { ax: 0x0e41 });
    b.call(0x10, { ax: 0x0a2a, cx: 3 });
    b.memory.bytes.set(Buffer.from("text"), 0x20010);
    b.call(0x10, { ax: 0x1300, cx: 4, es: 0x2000, bp: 0x10 });
    expect(b.shown()).toBe("A***text");
    expect(b.call(0x10, { ax: 0x0f00 }).ax).toBe(0x5003);
  });

  it("int 16h waits for a key, looks, and takes it", () => {
    const b = bios();
    expect(b.call(0x16, { ax: 0 }).wait).toBe(true);
    expect(b.call(0x16, { ax: 0x0100 }).zf).toBe(true);
    b.type("a\n");
    expect(b.call(0x16, { ax: 0x0100 })).toMatchObject({ zf: false, ax: 0x1e61 });
    expect(b.call(0x16, { ax: 0 })).toMatchObject({ wait: false, ax: 0x1e61 });
    expect(b.call(0x16, { ax: 0x1000 }).ax).toBe(0x1c0d);
    expect([scanCode(0x1b), scanCode(0x20), scanCode(3), scanCode(0x41), scanCode(0x31)]).toEqual([1, 0x39, 0x2e, 0x1e, 2]);
  });

  it("int 13h: geometry, reads and writes by CHS and by LBA, errors", () => {
    const disk = new Uint8Array(1474560).map((_, i) => (i >> 9) & 0xff), b = bios(disk);
    expect(driveOf(disk)).toBe(0);
    expect(b.call(0x13, { ax: 0x0800, dx: 0 })).toMatchObject({ cf: false, cx: (79 << 8) | 18, dx: 0x0101, bx: 4 });
    // Cylinder 1, head 1, sector 2: (1 * 2 + 1) * 18 + 1.
    expect(b.call(0x13, { ax: 0x0202, cx: 0x0102, dx: 0x0100, bx: 0x8000 })).toMatchObject({ cf: false, ax: 2 });
    expect([b.memory.bytes[0x8000], b.memory.bytes[0x8200]]).toEqual([55, 56]);
    b.memory.bytes.fill(0xee, 0x9000, 0x9200);
    expect(b.call(0x13, { ax: 0x0301, cx: 0x0001, dx: 0, es: 0x900, bx: 0 })).toMatchObject({ cf: false });
    expect(disk[511]).toBe(0xee);
    expect(b.call(0x13, { ax: 0x0201, cx: 0x0013, dx: 0 })).toMatchObject({ cf: true });
    expect(b.call(0x13, { ax: 0x0100 })).toMatchObject({ cf: true, ax: 0x0400 });
    expect(b.call(0x13, { ax: 0x0201, cx: 1, dx: 0x80 })).toMatchObject({ cf: true });

    const hard = bios(new Uint8Array(4 << 20).map((_, i) => (i >> 9) & 0xff));
    expect(hard.call(0x13, { ax: 0x4100, bx: 0x55aa, dx: 0x80 })).toMatchObject({ cf: false, bx: 0xaa55, cx: 1 });
    hard.memory.bytes.set([16, 0, 3, 0, 0x00, 0x10, 0x00, 0x30, 100, 0, 0, 0, 0, 0, 0, 0], 0x6000);
    expect(hard.call(0x13, { ax: 0x4200, dx: 0x80, si: 0x6000 })).toMatchObject({ cf: false });
    expect([hard.memory.bytes[0x31000], hard.memory.bytes[0x31400]]).toEqual([100, 102]);
    hard.memory.D.setUint32(0x6008, 8191, true);
    expect(hard.call(0x13, { ax: 0x4200, dx: 0x80, si: 0x6000 })).toMatchObject({ cf: true });
    expect(hard.memory.D.getUint16(0x6002, true)).toBe(1);
    expect(hard.call(0x13, { ax: 0x1500, dx: 0x80 })).toMatchObject({ cf: false, cx: 0, dx: 8192, ax: 0x0300 });
    hard.call(0x13, { ax: 0x4800, dx: 0x80, si: 0x6100 });
    expect([hard.memory.D.getUint32(0x6110, true), hard.memory.D.getUint16(0x6118, true)]).toEqual([8192, 512]);
  });

  it("int 15h: E820, E801, 88h, A20, block move; int 12h, 1Ah", () => {
    const b = bios();
    const entries: number[][] = [];
    for (let bx = 0, first = true; first || bx !== 0; first = false) {
      const r = b.call(0x15, { ax: 0xe820, dx: 0x534d4150, cx: 24, es: 0x600, di: 0, bx });
      expect([r.cf, b.memory.D.getUint32(FRAME + AT.ax, true)]).toEqual([false, 0x534d4150]);
      entries.push([0, 8, 16].map((o) => b.memory.D.getUint32(0x6000 + o, true)));
      bx = r.bx;
    }
    expect(entries).toEqual([[0, 0x9fc00, 1], [0xe0000, 0x20000, 2], [0x100000, 15 << 20, 1]]);
    expect(b.call(0x15, { ax: 0xe820, dx: 0, cx: 24 }).cf).toBe(true);
    expect(b.call(0x15, { ax: 0xe801 })).toMatchObject({ cf: false, ax: 15360, bx: 0, cx: 15360 });
    expect(b.call(0x15, { ax: 0x8800 })).toMatchObject({ cf: false, ax: 15360 });
    b.call(0x15, { ax: 0x2400 });
    expect([b.memory.a20, b.call(0x15, { ax: 0x2402 }).ax]).toEqual([false, 0]);
    b.call(0x15, { ax: 0x2401 });
    b.memory.bytes.set([1, 2, 3, 4], 0x200000);
    b.memory.bytes.set([0xff, 0xff, 0, 0, 0x20, 0x93, 0, 0], 0x5010);
    b.memory.bytes.set([0xff, 0xff, 0, 0x50, 0, 0x93, 0, 0], 0x5018);
    b.memory.D.setUint16(0x501a, 0x5800, true);
    expect(b.call(0x15, { ax: 0x8700, cx: 2, es: 0x500, si: 0 }).cf).toBe(false);
    expect([...b.memory.bytes.subarray(0x5800, 0x5804)]).toEqual([1, 2, 3, 4]);
    expect(b.call(0x15, { ax: 0x9900 })).toMatchObject({ cf: true, ax: 0x8600 });
    b.memory.D.setUint32(0x46c, 0x123456, true);
    expect(b.call(0x1a, { ax: 0 })).toMatchObject({ cx: 0x12, dx: 0x3456 });
  });
});

describe("ACPI tables", () => {
  it("are linked and add up", () => {
    const base = 0xe0000, { bytes, facs } = acpiTables(base, 3), d = new DataView(bytes.buffer);
    const sum = (at: number, n: number): number => bytes.subarray(at, at + n).reduce((a, b) => (a + b) & 0xff, 0);
    const name = (at: number): string => String.fromCharCode(...bytes.subarray(at, at + 4));
    expect([name(0) + name(4), sum(0, 20)]).toEqual(["RSD PTR ", 0]);
    const rsdt = d.getUint32(16, true) - base;
    const tables = [rsdt, d.getUint32(rsdt + 36, true) - base, d.getUint32(rsdt + 40, true) - base];
    const dsdt = d.getUint32(tables[1]! + 40, true) - base;
    expect([...tables, dsdt].map((t) => [name(t), sum(t, d.getUint32(t + 4, true))])).toEqual([["RSDT", 0], ["FACP", 0], ["APIC", 0], ["DSDT", 0]]);
    expect([name(facs - base), d.getUint32(tables[1]! + 36, true), facs % 64]).toEqual(["FACS", facs, 0]);
    expect([d.getUint32(tables[1]! + 76, true), d.getUint16(tables[1]! + 46, true)]).toEqual([0x608, 9]);
    const types: number[] = [];
    for (let at = tables[2]! + 44, end = tables[2]! + d.getUint32(tables[2]! + 4, true); at < end; at += bytes[at + 1]!) types.push(bytes[at]!);
    expect(types).toEqual([0, 0, 0, 1, 2, 2, 4]);
  });
});
