import { describe, expect, it } from "vitest";
import { PhysicalMemory } from "../../../src/mmu/physical.js";
import { type PortDevice, Ports } from "../../../src/runtime/machine/bus.js";
import { AcpiPm, PM_BASE, PM_TIMER_HZ } from "../../../src/runtime/machine/devices/acpi-pm.js";
import { DebugExit } from "../../../src/runtime/machine/devices/debug-exit.js";
import { FwCfg, FwCfgKey, le16, le64 } from "../../../src/runtime/machine/devices/fw-cfg.js";
import { HostBridge } from "../../../src/runtime/machine/devices/host-bridge.js";
import { I8042 } from "../../../src/runtime/machine/devices/i8042.js";
import { PciBus } from "../../../src/runtime/machine/devices/pci.js";
import { PowerManagement } from "../../../src/runtime/machine/devices/piix4-pm.js";
import { Port92 } from "../../../src/runtime/machine/devices/port92.js";
import { ResetControl } from "../../../src/runtime/machine/devices/reset-control.js";
import { TestDevice } from "../../../src/runtime/machine/devices/testdev.js";
import { Events } from "../../../src/runtime/machine/events.js";
import { HandClock, inb, out, Probe } from "./harness.js";

describe("port bus", () => {
  it("splits what is wider than the device or runs over its end; unclaimed ports read ones; traces the whole access", () => {
    const log: string[] = [], ports = new Ports();
    const d: PortDevice = { portIn: (port, size) => (log.push(`r${size} ${port.toString(16)}`), port & 0xff), portOut: (port, size, v) => void log.push(`w${size} ${port.toString(16)} ${v.toString(16)}`) };
    ports.add(0x100, 4, d);
    ports.add(0x200, 4, d, 4);
    const seen: string[] = [];
    ports.trace = (write, port, size, value) => seen.push(`${write ? "w" : "r"}${size} ${port.toString(16)} ${value.toString(16)}`);
    expect([ports.portIn(0x100, 4), ports.portIn(0x200, 4), ports.portIn(0x103, 2), ports.portIn(0x300, 4)]).toEqual([0x03020100, 0, 0xff03, 0xffffffff]);
    ports.portOut(0x102, 4, -2);
    ports.portOut(0x200, 2, 0x12345);
    expect(log).toEqual(["r1 100", "r1 101", "r1 102", "r1 103", "r4 200", "r1 103", "w1 102 fe", "w1 103 ff", "w2 200 2345"]);
    expect(seen.slice(-2)).toEqual(["w4 102 fffffffe", "w2 200 12345"]);
    ports.remove(0x200, 4);
    expect(ports.portIn(0x200, 1)).toBe(0xff);
    // Places are used again.
    for (let i = 0; i < 1000; i++) {
      ports.add(0x400, 8, d);
      ports.remove(0x400, 8);
    }
  });
});

describe("events", () => {
  it("happen in order of time, then of making; an earlier one is announced", () => {
    const events = new Events(), log: string[] = [], earlier: number[] = [];
    events.onEarlier = (t) => earlier.push(t);
    const a = events.timer(() => log.push("a")), b = events.timer(() => {
      log.push("b");
      if (log.length < 6) b.at = 10;
    });
    b.at = 10;
    a.at = 10;
    expect(events.next).toBe(10);
    expect(events.run(9)).toBe(0);
    events.run(10);
    expect(log).toEqual(["a", "b", "b", "b", "b", "b"]);
    expect(events.next).toBe(Infinity);
    a.at = 7;
    a.at = 9;
    expect(events.next).toBe(9);
    a.stop();
    expect(events.next).toBe(Infinity);
    expect(earlier).toEqual([10, 10, 10, 10, 10, 7]);
    a.at = 20;
    b.at = 30;
    a.stop();
    b.at = 25;
    expect(earlier.slice(-2)).toEqual([20, 25]);
  });
});

/** A20 and INIT. */
const lines = (): { a20: boolean; inits: number; init(): void } => ({ a20: true, inits: 0, init() { this.inits++; } });

describe("i8042", () => {
  const make = (): { l: ReturnType<typeof lines>; k: I8042; irq1: Probe } => {
    const l = lines(), irq1 = new Probe();
    return { l, irq1, k: new I8042(l, irq1.line, new Probe().line) };
  };

  it("self-tests, its command byte, the keyboard behind it", () => {
    const { k, irq1 } = make();
    out(k, 0x64, 0xaa);
    expect([inb(k, 0x64) & 1, inb(k, 0x60), inb(k, 0x64) & 1]).toEqual([1, 0x55, 0]);
    out(k, 0x64, 0x60);
    out(k, 0x60, 0x44);
    out(k, 0x64, 0x20);
    expect([irq1.level, inb(k, 0x60)]).toEqual([false, 0x44]);
    out(k, 0x64, 0x60);
    out(k, 0x60, 0x45);
    out(k, 0x60, 0xff);
    expect(irq1.level).toBe(true);
    expect([inb(k, 0x60), inb(k, 0x60)]).toEqual([0xfa, 0xaa]);
    expect(irq1.level).toBe(false);
    out(k, 0x60, 0xf2);
    expect([inb(k, 0x60), inb(k, 0x60), inb(k, 0x60)]).toEqual([0xfa, 0xab, 0x83]);
  });

  it("A20 and INIT by the output port and by pulses", () => {
    const { k, l } = make();
    out(k, 0x64, 0xd0);
    const port = inb(k, 0x60);
    expect(port & 3).toBe(3);
    out(k, 0x64, 0xd1);
    out(k, 0x60, port & ~2);
    expect([l.a20, l.inits]).toEqual([false, 0]);
    out(k, 0x64, 0xdf);
    expect(l.a20).toBe(true);
    out(k, 0x64, 0xfe);
    expect(l.inits).toBe(1);
    out(k, 0x64, 0xff);
    expect(l.inits).toBe(1);
    out(k, 0x64, 0xd1);
    out(k, 0x60, port & ~1);
    expect(l.inits).toBe(2);
  });
});

describe("resets", () => {
  it("port 92h: INIT on a rise of bit 0, which stays until the board is reset; A20", () => {
    const l = lines(), p = new Port92(l);
    out(p, 0x92, 2, 3, 3);
    expect([l.inits, inb(p, 0x92), l.a20]).toEqual([1, 3, true]);
    out(p, 0x92, 0);
    expect([l.a20, inb(p, 0x92)]).toEqual([false, 0]);
    out(p, 0x92, 3);
    p.reset();
    expect([l.inits, inb(p, 0x92)]).toEqual([2, 2]);
  });

  it("port CF9h: INIT, or the whole board with bit 1", () => {
    let boards = 0;
    const l = { ...lines(), boardReset: () => void boards++ }, p = new ResetControl(l);
    out(p, 0xcf9, 0, 4);
    expect([l.inits, boards]).toEqual([1, 0]);
    out(p, 0xcf9, 2, 6);
    expect([l.inits, boards]).toEqual([1, 1]);
  });

  it("debug exit", () => {
    const got: number[] = [], d = new DebugExit((s) => got.push(s));
    d.portOut(0xf4, 4, 0);
    d.portOut(0xf4, 4, 1);
    d.portOut(0xf4, 1, 0x31);
    d.portOut(0xf4, 4, 0xffffffff);
    expect(got).toEqual([1, 3, 0x63, 0xff]);
  });
});

describe("fw_cfg", () => {
  it("items byte by byte, zero behind their end; the file directory", () => {
    const f = new FwCfg(new PhysicalMemory(0x10000));
    f.set(FwCfgKey.cpus, le16(3));
    f.set(FwCfgKey.ramSize, le64(0x123456789));
    f.addFile("zz", Uint8Array.of(1, 2, 3));
    f.addFile("aa", Uint8Array.of(9));
    const read = (key: number, n: number): number[] => (f.portOut(0x510, 2, key), Array.from({ length: n }, () => inb(f, 0x511)));
    expect(String.fromCharCode(...read(0, 4))).toBe("QEMU");
    expect(read(FwCfgKey.cpus, 4)).toEqual([3, 0, 0, 0]);
    expect(read(FwCfgKey.ramSize, 8)).toEqual([0x89, 0x67, 0x45, 0x23, 1, 0, 0, 0]);
    const dir = read(FwCfgKey.fileDirectory, 4 + 128);
    expect(dir.slice(0, 12)).toEqual([0, 0, 0, 2, 0, 0, 0, 1, 0, 0x21, 0, 0]);
    expect(String.fromCharCode(...dir.slice(12, 14))).toBe("aa");
    expect(read(0x20, 4)).toEqual([1, 2, 3, 0]);
    expect(read(0x7777, 1)).toEqual([0]);
  });

  it("DMA: select, read, skip, error", () => {
    const m = new PhysicalMemory(0x10000), f = new FwCfg(m);
    f.addFile("f", Uint8Array.of(1, 2, 3, 4, 5, 6));
    const be = (at: number, v: number): void => void new DataView(m.buffer).setUint32(at, v);
    const dma = (control: number, length: number, to: number): number => {
      [control, length, 0, to].forEach((v, i) => be(0x1000 + 4 * i, v));
      f.portOut(0x514, 4, 0);
      f.portOut(0x518, 4, 0x00100000);
      return new DataView(m.buffer).getUint32(0x1000);
    };
    expect(String.fromCharCode(...[0, 1, 2, 3].map((i) => f.portIn(0x514 + i, 1)))).toBe("QEMU");
    expect(dma((0x20 << 16) | 8 | 2, 2, 0x2000)).toBe(0);
    expect(dma(4, 2, 0)).toBe(0);
    expect(dma(2, 4, 0x2010)).toBe(0);
    expect([...m.bytes.subarray(0x2000, 0x2003), ...m.bytes.subarray(0x2010, 0x2015)]).toEqual([1, 2, 0, 5, 6, 0, 0, 0]);
    expect(dma(16, 4, 0)).toBe(1);
  });
});

describe("ACPI power management", () => {
  it("24-bit timer at 3.58 MHz; its carry; SCI only while enabled", () => {
    const clock = new HandClock(), sci = new Probe(), log: string[] = [];
    const pm = new AcpiPm(clock, clock.events, sci.line, { off: () => log.push("off"), sleep: () => log.push("sleep"), wake: () => log.push("wake") });
    clock.pass(1e9);
    expect(pm.portIn(PM_BASE + 8, 4)).toBe(PM_TIMER_HZ);
    expect(pm.portIn(PM_BASE + 9, 1)).toBe((PM_TIMER_HZ >> 8) & 0xff);
    clock.pass(10e9);
    expect(pm.portIn(PM_BASE + 8, 4)).toBe((11 * PM_TIMER_HZ) & 0xffffff);
    expect(pm.portIn(PM_BASE, 2)).toBe(1);
    pm.portOut(PM_BASE, 2, 1);
    expect(pm.portIn(PM_BASE, 2)).toBe(0);
    pm.portOut(PM_BASE + 2, 2, 1);
    clock.pass(3e9);
    expect(sci.level).toBe(false);
    pm.portOut(0xb2, 1, 0xf1);
    expect([sci.level, pm.portIn(PM_BASE + 4, 2)]).toEqual([true, 1]);
    pm.portOut(PM_BASE, 2, 1);
    expect(sci.level).toBe(false);
    clock.pass(3e9);
    expect(sci.level).toBe(true);
    pm.portOut(PM_BASE + 2, 2, 0);
    pm.portOut(PM_BASE, 2, 0xffff);
    pm.portOut(PM_BASE + 4, 2, 0x2000);
    pm.portOut(PM_BASE + 4, 2, 0x2400);
    expect([log, pm.portIn(PM_BASE + 4, 2)]).toEqual([["off", "sleep"], 0x401]);
    pm.rtcAlarm();
    expect(log.at(-1)).toBe("sleep");
    pm.portOut(PM_BASE + 2, 2, 0x400);
    expect(log.at(-1)).toBe("wake");
    pm.reset();
    expect([pm.portIn(PM_BASE, 2) & 0x8400, pm.portIn(PM_BASE + 2, 2)]).toEqual([0x8400, 0]);
  });
});

describe("PCI configuration space", () => {
  it("identifies the host bridge; nobody elsewhere; only writable bits change", () => {
    const m = new PhysicalMemory(0x100000, 0x20000), bus = new PciBus(), log: number[] = [];
    m.addRom(0xfffe0000, new Uint8Array(0x20000).fill(7));
    bus.add(0, 0, new HostBridge(m, { start: 0xfffe0000, length: 0x20000 }));
    bus.add(1, 3, new PowerManagement(9, 0x600, (base) => log.push(base)));
    const read = (address: number): number => (bus.portOut(0xcf8, 4, address), bus.portIn(0xcfc, 4) >>> 0);
    expect([read(0x80000000), read(0x80000008), read(0x80001000), read(0), read(0x80010000)]).toEqual([0x12378086, 0x06000002, 0xffffffff, 0xffffffff, 0xffffffff]);
    bus.portOut(0xcf8, 4, 0x80000000);
    bus.portOut(0xcfc, 4, 0);
    expect(bus.portIn(0xcfc, 4)).toBe(0x12378086);
    expect(bus.portIn(0xcfe, 2)).toBe(0x1237);
    bus.portOut(0xcf8, 4, 0x80000b40);
    bus.portOut(0xcfc, 4, 0xb001);
    expect([log.at(-1), bus.portIn(0xcfc, 4)]).toEqual([0xb000, 0xb001]);
  });

  it("PAM registers put RAM in the ROM's place and back", () => {
    const m = new PhysicalMemory(0x100000, 0x20000), bus = new PciBus();
    m.addRom(0xfffe0000, new Uint8Array(0x20000).fill(7));
    m.addHole(0xe0000, 0x20000);
    m.aliasRom(0xe0000, 0x20000, 0xfffe0000);
    bus.add(0, 0, new HostBridge(m, { start: 0xfffe0000, length: 0x20000 }));
    const pam = (at: number, v: number): void => {
      bus.portOut(0xcf8, 4, 0x80000000 | (at & 0xfc));
      bus.portOut(0xcfc + (at & 3), 1, v);
    };
    m.write(0xf0000, 1, 9);
    expect(m.read(0xf0000, 1)).toBe(7);
    // Reads from ROM, writes to RAM: a copy onto itself.
    pam(0x59, 0x20);
    m.write(0xf0000, 1, m.read(0xf0000, 1));
    m.write(0xf0001, 1, 5);
    pam(0x59, 0x30);
    expect([m.read(0xf0000, 1), m.read(0xf0001, 1), m.read(0xfffff, 1)]).toEqual([7, 5, 7]);
    pam(0x59, 0x00);
    expect(m.read(0xf0001, 1)).toBe(7);
    pam(0x5d, 0x33);
    m.write(0xdfff0, 1, 3);
    expect(m.read(0xdfff0, 1)).toBe(3);
    pam(0x5d, 0x03);
    expect(m.read(0xdfff0, 1)).toBe(0xff);
    bus.reset();
    expect(m.read(0xf0000, 1)).toBe(7);
  });
});

describe("testdev of the kvm-unit-tests", () => {
  it("reads back what was written, in all sizes; drives interrupt lines; has memory", () => {
    const log: string[] = [], d = new TestDevice((irq, level) => log.push(`${irq} ${level}`));
    d.portOut(0xe0, 4, 0x12345678);
    expect([d.portIn(0xe0, 4), d.portIn(0xe0, 2), d.portIn(0xe0, 1), d.portIn(0xe2, 2)]).toEqual([0x12345678, 0x5678, 0x78, 0x1234]);
    d.portOut(0xe0, 1, 0xff);
    expect(d.portIn(0xe0, 4)).toBe(0x123456ff);
    d.portOut(0xe4, 4, 0x400000);
    d.portOut(0x200b, 4, 1);
    d.portOut(0x200b, 4, 0);
    expect(log).toEqual(["11 true", "11 false"]);
    d.write(0x10, 4, 0xdeadbeef);
    d.write(0x12, 1, 1);
    expect([d.read(0x10, 4), d.read(0x11, 2)]).toEqual([0xde01beef, 0x01be]);
  });
});
