import { describe, expect, it } from "vitest";
import { Serial16550 } from "../../../src/runtime/machine/devices/serial16550.js";
import { inb, out, Probe } from "./harness.js";

function uart(): { u: Serial16550; irq: Probe; sent: number[] } {
  const irq = new Probe(), sent: number[] = [];
  return { u: new Serial16550(0x3f8, irq.line, (b) => sent.push(b)), irq, sent };
}
const R = (n: number): number => 0x3f8 + n;

describe("16550 serial port", () => {
  it("sends bytes, divisor latch aside", () => {
    const { u, sent } = uart();
    out(u, R(3), 0x83);
    out(u, R(0), 1);
    out(u, R(1), 2);
    expect([inb(u, R(0)), inb(u, R(1))]).toEqual([1, 2]);
    out(u, R(3), 0x03);
    expect(inb(u, R(5)) & 0x60).toBe(0x60);
    out(u, R(0), 0x41, 0x42);
    expect(sent).toEqual([0x41, 0x42]);
  });

  it("receives one byte after another without a FIFO, loses none", () => {
    const { u } = uart();
    u.receive(Uint8Array.of(1, 2, 3));
    const got: number[] = [];
    while (inb(u, R(5)) & 1) got.push(inb(u, R(0)));
    expect(got).toEqual([1, 2, 3]);
  });

  it("keeps what comes in, says when all is taken", () => {
    const { u } = uart();
    let drained = 0;
    u.onDrained = () => drained++;
    u.receive(new Uint8Array(1000).map((_, i) => i));
    u.receive(Uint8Array.of(7, 8));
    expect(u.backlog).toBe(1001);
    const got: number[] = [];
    while (inb(u, R(5)) & 1) got.push(inb(u, R(0)));
    expect([got.length, got[999], got[1001], u.backlog, drained]).toEqual([1002, 999 & 0xff, 8, 0, 1]);
    u.receive(Uint8Array.of(1, 2, 3));
    expect([u.peek(false), u.peek(true), u.peek(true), u.peek(true), u.peek(true)]).toEqual([1, 1, 2, 3, -1]);
  });

  it("interrupts: received data by trigger level, transmitter empty, priority, OUT2", () => {
    const { u, irq } = uart();
    out(u, R(2), 0x81);
    out(u, R(1), 3);
    expect(irq.level).toBe(false);
    out(u, R(4), 8);
    // Transmitter empty as soon as it is enabled; reading IIR clears it.
    expect(irq.level).toBe(true);
    expect(inb(u, R(2))).toBe(0xc2);
    expect(irq.level).toBe(false);
    expect(inb(u, R(2))).toBe(0xc1);
    u.receive(new Uint8Array(7).fill(9));
    expect(inb(u, R(2))).toBe(0xcc);
    u.receive(Uint8Array.of(9));
    expect(inb(u, R(2))).toBe(0xc4);
    out(u, R(0), 0x55);
    expect(inb(u, R(2))).toBe(0xc4);
    for (let i = 0; i < 8; i++) inb(u, R(0));
    expect(inb(u, R(2))).toBe(0xc2);
    expect(inb(u, R(2))).toBe(0xc1);
  });

  it("loopback: data, overrun, modem lines", () => {
    const { u, sent } = uart();
    out(u, R(4), 0x1a);
    expect(inb(u, R(6)) & 0xf0).toBe(0x90);
    out(u, R(0), 0x77);
    expect(sent).toEqual([]);
    expect(inb(u, R(5)) & 3).toBe(1);
    out(u, R(0), 0x78);
    expect(inb(u, R(5)) & 3).toBe(3);
    expect(inb(u, R(5)) & 3).toBe(1);
    expect(inb(u, R(0))).toBe(0x78);
    expect(inb(u, R(6)) & 0xf0).toBe(0x90);
  });

  it("tells a FIFO by IIR, keeps the scratch register", () => {
    const { u } = uart();
    expect(inb(u, R(2)) & 0xc0).toBe(0);
    out(u, R(2), 1);
    expect(inb(u, R(2)) & 0xc0).toBe(0xc0);
    out(u, R(7), 0x5a);
    expect(inb(u, R(7))).toBe(0x5a);
  });
});
