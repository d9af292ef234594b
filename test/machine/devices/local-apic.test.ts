import { describe, expect, it } from "vitest";
import { RESULT } from "../../../src/ir/op.js";
import { SliceEnd, type VcpuControl } from "../../../src/runtime/machine/contract.js";
import { ApicBus } from "../../../src/runtime/machine/devices/apic-bus.js";
import { IoApic } from "../../../src/runtime/machine/devices/io-apic.js";
import { LocalApic, MSR_APIC_BASE, MSR_TSC_DEADLINE, MSR_X2APIC } from "../../../src/runtime/machine/devices/local-apic.js";
import { HandClock } from "./harness.js";

/** A vCPU that notes what is done to it. */
class Recorder implements VcpuControl {
  readonly log: string[] = [];
  readonly instructions = 0;
  tscOffset = 0;

  constructor(readonly id: number) {}

  run(): SliceEnd { return SliceEnd.budget; }
  attention(): void { this.log.push("attention"); }
  stop(): void { this.log.push("stop"); }
  nmi(): void { this.log.push("nmi"); }
  reset(): void { this.log.push("reset"); }
  init(): void { this.log.push("init"); }
  sipi(vector: number): void { this.log.push(`sipi ${vector.toString(16)}`); }
  dump(): string { return ""; }

  take(): string[] {
    return this.log.splice(0).filter((x) => x !== "attention");
  }
}

interface Rig {
  clock: HandClock;
  bus: ApicBus;
  apics: LocalApic[];
  cpus: Recorder[];
  pic: { asserted: boolean; acknowledge(): number };
}

/** `n` local APICs, software-enabled as firmware leaves them. */
function rig(n = 1): Rig {
  const clock = new HandClock(), bus = new ApicBus(), pic = { asserted: false, acknowledge: () => 0x68 };
  const cpus = Array.from({ length: n }, (_, id) => new Recorder(id));
  const apics = cpus.map((vcpu) => {
    const a = new LocalApic({ id: vcpu.id, bus, clock, events: clock.events, external: pic, physicalBits: 40 });
    a.vcpu = vcpu;
    a.write(0xf0, 4, 0x1ff);
    return a;
  });
  return { clock, bus, apics, cpus, pic };
}
const one = (): Rig & { a: LocalApic; cpu: Recorder } => {
  const r = rig();
  return { ...r, a: r.apics[0]!, cpu: r.cpus[0]! };
};
/** Registers by offset in the window. */
const ID = 0x20, TPR = 0x80, PPR = 0xa0, EOI = 0xb0, LDR = 0xd0, DFR = 0xe0, SPIV = 0xf0, ISR = 0x100, TMR = 0x180, IRR = 0x200, ESR = 0x280, ICR = 0x300, ICR_HIGH = 0x310;
const TIMER = 0x320, LINT0 = 0x350, INITIAL = 0x380, CURRENT = 0x390, DIVIDE = 0x3e0;
const rd = (a: LocalApic, r: number): number => a.read(r, 4) >>> 0;
const wr = (a: LocalApic, r: number, v: number): void => a.write(r, 4, v);
const send = (a: LocalApic, low: number, destination = 0): void => {
  wr(a, ICR_HIGH, destination << 24);
  wr(a, ICR, low);
};
/** Take the pending interrupt. */
const take = (a: LocalApic): number => (a.pending() ? a.acknowledge() : -1);
const x2 = (a: LocalApic): boolean => a.writeMsr(MSR_APIC_BASE, 0xfee00c00 | (a.id === 0 ? 0x100 : 0), 0);

describe("local APIC: priorities", () => {
  it("self IPIs come by priority; IRR, ISR, PPR, EOI", () => {
    const { a } = one();
    send(a, 0x40000 | 0x31);
    send(a, 0x40000 | 0x55);
    send(a, 0x40000 | 0x52);
    expect([rd(a, IRR + 0x10), rd(a, IRR + 0x20)]).toEqual([1 << 17, (1 << 21) | (1 << 18)]);
    expect(take(a)).toBe(0x55);
    expect(rd(a, ISR + 0x20)).toBe(1 << 21);
    expect(rd(a, PPR)).toBe(0x50);
    // The same class waits, a higher one does not.
    expect(a.pending()).toBe(false);
    send(a, 0x40000 | 0x61);
    expect(take(a)).toBe(0x61);
    wr(a, EOI, 0);
    wr(a, EOI, 0);
    expect([take(a), rd(a, PPR)]).toEqual([0x52, 0x50]);
    wr(a, EOI, 0);
    expect(take(a)).toBe(0x31);
    wr(a, EOI, 0);
    expect([a.pending(), rd(a, PPR)]).toEqual([false, 0]);
  });

  it("TPR holds back", () => {
    const { a } = one();
    wr(a, TPR, 0x60);
    send(a, 0x40000 | 0x65);
    expect(a.pending()).toBe(false);
    wr(a, TPR, 0x5f);
    expect(take(a)).toBe(0x65);
  });

  it("software disable: nothing is accepted, the LVT is masked", () => {
    const { a } = one();
    wr(a, TIMER, 0x40);
    wr(a, SPIV, 0xff);
    expect(rd(a, TIMER)).toBe(0x10040);
    wr(a, TIMER, 0x40);
    expect(rd(a, TIMER)).toBe(0x10040);
    send(a, 0x40000 | 0x40);
    expect(a.pending()).toBe(false);
  });

  it("illegal vectors set ESR after a write to it", () => {
    const { a } = one();
    send(a, 0x40000 | 5);
    expect(rd(a, ESR)).toBe(0);
    wr(a, ESR, 0);
    expect(rd(a, ESR)).toBe(0x20);
    wr(a, ESR, 0);
    expect(rd(a, ESR)).toBe(0);
  });
});

describe("local APIC: messages", () => {
  it("physical destinations, broadcast, shorthands", () => {
    const { apics, cpus } = rig(4);
    const got = (): number[] => apics.map((a) => {
      const v = take(a);
      if (v >= 0) wr(a, EOI, 0);
      return v;
    });
    send(apics[0]!, 0x40, 2);
    expect(got()).toEqual([-1, -1, 0x40, -1]);
    send(apics[0]!, 0x40, 0xff);
    expect(got()).toEqual([0x40, 0x40, 0x40, 0x40]);
    send(apics[1]!, 0xc0041);
    expect(got()).toEqual([0x41, -1, 0x41, 0x41]);
    send(apics[1]!, 0x80042);
    expect(got()).toEqual([0x42, 0x42, 0x42, 0x42]);
    send(apics[0]!, 0x400, 3);
    expect(cpus.map((c) => c.take())).toEqual([[], [], [], ["nmi"]]);
  });

  it("INIT resets the target's APIC but for its ID; SIPI brings the vector; level de-assert does nothing", () => {
    const { apics, cpus } = rig(2);
    wr(apics[1]!, ID, 5 << 24);
    wr(apics[1]!, TPR, 0x20);
    send(apics[0]!, 0xc4500);
    expect(cpus.map((c) => c.take())).toEqual([[], ["init"]]);
    expect([rd(apics[1]!, ID), rd(apics[1]!, TPR), rd(apics[1]!, SPIV)]).toEqual([5 << 24, 0, 0xff]);
    send(apics[0]!, 0xc8500);
    expect(cpus[1]!.take()).toEqual([]);
    send(apics[0]!, 0x4609, 5);
    expect(cpus[1]!.take()).toEqual(["sipi 9"]);
  });

  it("logical destinations: flat, cluster, and x2APIC's own", () => {
    const { apics } = rig(3);
    const all = apics;
    all.forEach((a, i) => wr(a, LDR, (1 << i) << 24));
    send(all[0]!, 0x840, 0x05);
    expect(all.map(take)).toEqual([0x40, -1, 0x40]);
    all.forEach((a) => wr(a, EOI, 0));
    all.forEach((a, i) => {
      wr(a, DFR, 0x0fffffff);
      wr(a, LDR, (i === 2 ? 0x11 : 0x21 << i) << 24);
    });
    send(all[0]!, 0x841, 0x21);
    expect(all.map(take)).toEqual([0x41, -1, -1]);
    send(all[0]!, 0x842, 0x11);
    expect(all.map(take)).toEqual([-1, -1, 0x42]);
    const wide = rig(3);
    for (const a of wide.apics) expect(x2(a)).toBe(true);
    expect(wide.apics[0]!.writeMsr(MSR_X2APIC + 0x30, 0x850, 0b110)).toBe(true);
    expect(wide.apics.map(take)).toEqual([-1, 0x50, 0x50]);
    expect(wide.apics[2]!.readMsr(MSR_X2APIC + 0x0d) && RESULT[0]).toBe(4);
  });

  it("lowest priority goes to one of those that match", () => {
    const { apics } = rig(3);
    apics.forEach((a) => wr(a, LDR, 0x01 << 24));
    wr(apics[0]!, TPR, 0x30);
    wr(apics[2]!, TPR, 0x20);
    send(apics[0]!, 0x940, 0x01);
    expect(apics.map(take)).toEqual([-1, 0x40, -1]);
  });
});

describe("local APIC: the 8259s", () => {
  it("ExtINT at LINT0 passes INTR on and takes the 8259's vector", () => {
    const { a, pic } = one();
    pic.asserted = true;
    a.externalChanged();
    expect(a.pending()).toBe(false);
    wr(a, LINT0, 0x700);
    expect(a.pending()).toBe(true);
    pic.acknowledge = () => {
      pic.asserted = false;
      return 0x0b;
    };
    expect(a.acknowledge()).toBe(0x0b);
    expect(a.pending()).toBe(false);
    // Not in service: no EOI.
    expect(rd(a, ISR)).toBe(0);
  });

  it("with the APIC disabled by its base, INTR goes straight to the first processor", () => {
    const { apics, pic } = rig(2);
    expect(apics.every((a) => a.writeMsr(MSR_APIC_BASE, 0xfee00000 | (a.id === 0 ? 0x100 : 0), 0))).toBe(true);
    pic.asserted = true;
    for (const a of apics) a.externalChanged();
    expect(apics.map((a) => a.pending())).toEqual([true, false]);
  });
});

describe("local APIC: timer", () => {
  it("one-shot, with divider and current count", () => {
    const { a, clock } = one();
    wr(a, TIMER, 0x41);
    wr(a, DIVIDE, 0x3);
    wr(a, INITIAL, 1000);
    clock.pass(16 * 400);
    expect(rd(a, CURRENT)).toBe(600);
    clock.pass(16 * 600 - 1);
    expect(a.pending()).toBe(false);
    clock.pass(1);
    expect([take(a), rd(a, CURRENT)]).toEqual([0x41, 0]);
    clock.pass(1e6);
    wr(a, EOI, 0);
    expect(a.pending()).toBe(false);
  });

  it("periodic; a mask keeps it counting", () => {
    const { a, clock } = one();
    wr(a, DIVIDE, 0xb);
    wr(a, TIMER, 0x20042);
    wr(a, INITIAL, 500);
    let n = 0;
    for (let i = 0; i < 100; i++) {
      clock.pass(50);
      if (take(a) === 0x42) n++;
      wr(a, EOI, 0);
    }
    expect(n).toBe(10);
    wr(a, TIMER, 0x30042);
    clock.pass(5000);
    expect(a.pending()).toBe(false);
    expect(rd(a, CURRENT)).toBeGreaterThan(0);
    wr(a, INITIAL, 0);
    clock.pass(5000);
    expect(rd(a, CURRENT)).toBe(0);
  });

  it("TSC deadline: by the processor's own TSC, disarmed by 0 and by firing, moved when the TSC is set", () => {
    const { a, clock, cpu } = one();
    expect(a.writeMsr(MSR_TSC_DEADLINE, 100, 0)).toBe(true);
    expect(a.readMsr(MSR_TSC_DEADLINE) && RESULT[0]).toBe(0);
    wr(a, TIMER, 0x40043);
    a.writeMsr(MSR_TSC_DEADLINE, 1000, 0);
    wr(a, INITIAL, 5);
    clock.pass(999);
    expect(a.pending()).toBe(false);
    clock.pass(1);
    expect(take(a)).toBe(0x43);
    wr(a, EOI, 0);
    expect(a.readMsr(MSR_TSC_DEADLINE) && RESULT[0]).toBe(0);
    a.writeMsr(MSR_TSC_DEADLINE, 2000, 0);
    a.writeMsr(MSR_TSC_DEADLINE, 0, 0);
    clock.pass(5000);
    expect(a.pending()).toBe(false);
    a.writeMsr(MSR_TSC_DEADLINE, 0, 1);
    expect(a.readMsr(MSR_TSC_DEADLINE) && [RESULT[0], RESULT[1]]).toEqual([0, 1]);
    cpu.tscOffset = 2 ** 32 - clock.now - 10;
    a.tscChanged();
    clock.pass(10);
    expect(take(a)).toBe(0x43);
    wr(a, EOI, 0);
    // In the past: at once.
    a.writeMsr(MSR_TSC_DEADLINE, 1, 0);
    clock.pass(0);
    expect(take(a)).toBe(0x43);
  });
});

describe("x2APIC", () => {
  it("goes through its states as the manual's figure 11-27 says", () => {
    const { a } = one();
    const base = (bits: number): boolean => a.writeMsr(MSR_APIC_BASE, 0xfee00100 | bits, 0);
    expect(base(0x400)).toBe(false);
    expect(base(0xc00)).toBe(true);
    expect(base(0x800)).toBe(false);
    expect(base(0)).toBe(true);
    expect(base(0xc00)).toBe(false);
    expect(base(0x800)).toBe(true);
    expect(a.writeMsr(MSR_APIC_BASE, 0xfee00801, 0)).toBe(false);
    expect(a.writeMsr(MSR_APIC_BASE, 0xfee00800, 0x100)).toBe(false);
  });

  it("has MSRs instead of the window; read-only, write-only and reserved ones fault", () => {
    const { a } = one();
    expect(a.readMsr(MSR_X2APIC + 2)).toBe(false);
    x2(a);
    expect(a.window).toBe(null);
    for (const r of [0x02, 0x03, 0x08, 0x0a, 0x0d, 0x0f, 0x10, 0x27, 0x28, 0x30, 0x32, 0x37, 0x38, 0x39, 0x3e]) expect([r, a.readMsr(MSR_X2APIC + r)]).toEqual([r, true]);
    for (const r of [0x00, 0x09, 0x0b, 0x0c, 0x0e, 0x2f, 0x31, 0x3a, 0x3f, 0x40, 0xff]) expect([r, a.readMsr(MSR_X2APIC + r)]).toEqual([r, false]);
    for (const r of [0x02, 0x03, 0x0a, 0x0d, 0x0e, 0x10, 0x31, 0x39]) expect([r, a.writeMsr(MSR_X2APIC + r, 0, 0)]).toEqual([r, false]);
    expect([a.writeMsr(MSR_X2APIC + 0x08, 0x10, 0), a.writeMsr(MSR_X2APIC + 0x08, 0x100, 0), a.writeMsr(MSR_X2APIC + 0x08, 0, 1)]).toEqual([true, false, false]);
    expect([a.writeMsr(MSR_X2APIC + 0x0b, 1, 0), a.writeMsr(MSR_X2APIC + 0x3f, 0x100, 0)]).toEqual([false, false]);
    a.writeMsr(MSR_X2APIC + 0x08, 0, 0);
    expect(a.writeMsr(MSR_X2APIC + 0x3f, 0x77, 0)).toBe(true);
    expect(take(a)).toBe(0x77);
  });
});

describe("I/O APIC", () => {
  const IO_SELECT = 0, IO_WINDOW = 0x10, IO_EOI = 0x40;
  function io(n = 1): Rig & { a: LocalApic; cpu: Recorder; io: IoApic; set: (r: number, v: number) => void; get: (r: number) => number } {
    const r = rig(n), d = new IoApic(r.bus);
    return {
      ...r, a: r.apics[0]!, cpu: r.cpus[0]!, io: d,
      set: (reg, v) => {
        d.write(IO_SELECT, 4, reg);
        d.write(IO_WINDOW, 4, v);
      },
      get: (reg) => {
        d.write(IO_SELECT, 4, reg);
        return d.read(IO_WINDOW) >>> 0;
      },
    };
  }

  it("has 24 masked inputs and version 20h; routes edges", () => {
    const { io: d, set, get, apics } = io(2);
    expect([get(1), get(0x10), get(0x3e)]).toEqual([0x170020, 0x10000, 0x10000]);
    set(0x10 + 2 * 4 + 1, 1 << 24);
    set(0x10 + 2 * 4, 0x34);
    d.set(4, true);
    expect(apics.map(take)).toEqual([-1, 0x34]);
    wr(apics[1]!, EOI, 0);
    expect(apics[1]!.pending()).toBe(false);
    d.set(4, false);
    d.set(4, true);
    expect(take(apics[1]!)).toBe(0x34);
  });

  it("a level asks until it falls; EOI broadcast, or its own EOI register when the broadcast is suppressed", () => {
    const { io: d, set, get, a } = io();
    set(0x10 + 2 * 9, 0x8039);
    d.set(9, true);
    expect(take(a)).toBe(0x39);
    expect(rd(a, TMR + 0x10)).toBe(1 << 25);
    expect(get(0x10 + 18)).toBe(0xc039);
    expect(a.pending()).toBe(false);
    wr(a, EOI, 0);
    expect(take(a)).toBe(0x39);
    d.set(9, false);
    wr(a, EOI, 0);
    expect([a.pending(), get(0x10 + 18)]).toEqual([false, 0x8039]);
    wr(a, SPIV, 0x11ff);
    d.set(9, true);
    take(a);
    wr(a, EOI, 0);
    expect(a.pending()).toBe(false);
    d.write(IO_EOI, 4, 0x39);
    expect(take(a)).toBe(0x39);
  });

  it("delivers NMI and keeps a masked level for later", () => {
    const { io: d, set, a, cpu } = io();
    set(0x10, 0x400);
    d.set(0, true);
    expect(cpu.take()).toEqual(["nmi"]);
    set(0x10 + 2 * 5, 0x18045);
    d.set(5, true);
    expect(a.pending()).toBe(false);
    set(0x10 + 2 * 5, 0x8045);
    expect(take(a)).toBe(0x45);
  });
});
