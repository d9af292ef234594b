import { describe, expect, it } from "vitest";
import { Pit8254, PIT_HZ } from "../../../src/runtime/machine/devices/pit8254.js";
import { HandClock, inb, out, Probe } from "./harness.js";

function pit(): { clock: HandClock; irq: Probe; pit: Pit8254 } {
  const clock = new HandClock(), irq = new Probe();
  return { clock, irq, pit: new Pit8254(clock, clock.events, irq.line) };
}
/** Ticks of n input clocks, and a little. */
const counts = (n: number): number => Math.ceil((n * 1e9) / PIT_HZ);
const latched = (p: Pit8254, channel = 0): number => (out(p, 0x43, channel << 6), inb(p, 0x40 + channel) | (inb(p, 0x40 + channel) << 8));

describe("8254", () => {
  it("mode 0: output low, then high once when the count is through", () => {
    const { clock, irq, pit: p } = pit();
    out(p, 0x43, 0x30);
    out(p, 0x40, 0xe8, 0x03);
    expect(irq.level).toBe(false);
    clock.pass(counts(999));
    expect(irq.level).toBe(false);
    clock.pass(counts(2));
    expect([irq.level, irq.rises]).toEqual([true, 1]);
    clock.pass(counts(100000));
    expect(irq.rises).toBe(1);
    // The counter goes on below zero.
    expect(latched(p)).toBe((1000 - Math.floor((clock.now * PIT_HZ) / 1e9)) & 0xffff);
  });

  it("mode 2 rises once a period, mode 3 as well with half of it low", () => {
    for (const [mode, control] of [[2, 0x34], [3, 0x36]] as const) {
      const { clock, irq, pit: p } = pit();
      out(p, 0x43, control);
      out(p, 0x40, 0xa9, 0x04);
      const before = irq.rises;
      clock.pass(1e8);
      // 0x4a9 = 1193 clocks: about a thousand a second.
      expect(Math.abs(irq.rises - before - 100)).toBeLessThanOrEqual(1);
      // Someone who looks late still sees that there was an edge.
      const late = irq.rises;
      clock.now += 2e6;
      out(p, 0x43, 0xe2);
      inb(p, 0x40);
      clock.events.run(clock.now);
      expect(irq.rises).toBe(late + 1);
      let low = 0;
      for (let i = 0; i < 1193; i++) {
        clock.pass(counts(1));
        out(p, 0x43, 0xe2);
        low += inb(p, 0x40) & 0x80 ? 0 : 1;
      }
      if (mode === 2) expect(low).toBeLessThan(4);
      else expect(Math.abs(low - 596)).toBeLessThan(8);
    }
  });

  it("counts down in mode 2 from n to 1, in mode 3 in steps of two", () => {
    const { clock, pit: p } = pit();
    out(p, 0x43, 0x34);
    out(p, 0x40, 0x64, 0x00);
    expect(latched(p)).toBe(100);
    clock.pass(counts(99));
    expect(latched(p)).toBe(1);
    clock.pass(counts(1));
    expect(latched(p)).toBeGreaterThan(98);
    out(p, 0x43, 0x36);
    out(p, 0x40, 0x64, 0x00);
    clock.pass(counts(10) + 10);
    expect(latched(p)).toBe(80);
    clock.pass(counts(50));
    expect(latched(p)).toBe(80);
  });

  it("latches hold until read; read-back gives status before count", () => {
    const { clock, pit: p } = pit();
    out(p, 0x43, 0xb6);
    out(p, 0x42, 0x00, 0x10);
    out(p, 0x61, 1);
    out(p, 0x43, 0x80);
    const first = latchedNow(p);
    clock.pass(counts(500));
    expect(first).toBe(0x1000);
    out(p, 0x43, 0xc8);
    const status = inb(p, 0x42);
    expect(status & 0x3f).toBe(0x36);
    expect(inb(p, 0x42) | (inb(p, 0x42) << 8)).toBe(0x1000 - 1000);
  });
  const latchedNow = (p: Pit8254): number => inb(p, 0x42) | (inb(p, 0x42) << 8);

  it("binary-coded decimal counts, byte access", () => {
    const { clock, pit: p } = pit();
    out(p, 0x43, 0x35);
    out(p, 0x40, 0x00, 0x10);
    clock.pass(counts(1));
    expect(latched(p)).toBe(0x0999);
    out(p, 0x43, 0x14);
    out(p, 0x40, 50);
    clock.pass(counts(10));
    expect(inb(p, 0x40)).toBe(40);
  });

  it("port 61h: gate of channel 2, its output, the refresh toggle", () => {
    const { clock, pit: p } = pit();
    out(p, 0x61, 0);
    out(p, 0x43, 0xb0);
    out(p, 0x42, 0x64, 0x00);
    clock.pass(counts(1000));
    // Gate low: mode 0 stands still.
    expect(inb(p, 0x61) & 0x20).toBe(0);
    out(p, 0x61, 1);
    clock.pass(counts(99));
    expect(inb(p, 0x61) & 0x20).toBe(0);
    clock.pass(counts(2));
    expect(inb(p, 0x61) & 0x21).toBe(0x21);
    const bits = new Set(Array.from({ length: 8 }, () => (clock.pass(15085), inb(p, 0x61) & 0x10)));
    expect(bits.size).toBe(2);
  });

  it("mode 1 is triggered by the gate", () => {
    const { clock, pit: p } = pit();
    out(p, 0x61, 0);
    out(p, 0x43, 0xb2);
    out(p, 0x42, 0x0a, 0x00);
    expect(inb(p, 0x61) & 0x20).toBe(0x20);
    out(p, 0x61, 1);
    expect(inb(p, 0x61) & 0x20).toBe(0);
    clock.pass(counts(11));
    expect(inb(p, 0x61) & 0x20).toBe(0x20);
  });
});
