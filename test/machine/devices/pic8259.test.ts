import { describe, expect, it } from "vitest";
import { Pic8259 } from "../../../src/runtime/machine/devices/pic8259.js";
import { inb, out, Probe } from "./harness.js";

/** As a PC's BIOS sets it up: vectors 08h and 70h, all inputs open. */
function pc(icw4 = 1): { pic: Pic8259; intr: Probe } {
  const intr = new Probe(), pic = new Pic8259(intr.line);
  out(pic, 0x20, 0x11);
  out(pic, 0x21, 0x08, 0x04, icw4, 0);
  out(pic, 0xa0, 0x11);
  out(pic, 0xa1, 0x70, 0x02, icw4, 0);
  return { pic, intr };
}
const isr = (pic: Pic8259, at = 0x20): number => (out(pic, at, 0x0b), inb(pic, at));
const irr = (pic: Pic8259, at = 0x20): number => (out(pic, at, 0x0a), inb(pic, at));

describe("8259 pair", () => {
  it("delivers an edge, holds lower priorities until EOI, lets higher through", () => {
    const { pic, intr } = pc();
    pic.set(3, true);
    expect(intr.level).toBe(true);
    expect(pic.acknowledge()).toBe(0x0b);
    expect(isr(pic)).toBe(8);
    expect(intr.level).toBe(false);
    pic.set(5, true);
    expect(intr.level).toBe(false);
    pic.set(1, true);
    expect(intr.level).toBe(true);
    expect(pic.acknowledge()).toBe(0x09);
    out(pic, 0x20, 0x20);
    expect(isr(pic)).toBe(8);
    expect(intr.level).toBe(false);
    out(pic, 0x20, 0x20);
    expect(pic.acknowledge()).toBe(0x0d);
    // An edge counts once: the line is still high.
    out(pic, 0x20, 0x20);
    expect(intr.level).toBe(false);
  });

  it("cascades the slave, with two EOIs", () => {
    const { pic, intr } = pc();
    pic.set(8, true);
    expect(irr(pic)).toBe(4);
    expect(pic.acknowledge()).toBe(0x70);
    expect([isr(pic), isr(pic, 0xa0)]).toEqual([4, 1]);
    pic.set(12, true);
    expect(intr.level).toBe(false);
    out(pic, 0xa0, 0x20);
    expect(intr.level).toBe(false);
    out(pic, 0x20, 0x20);
    expect(pic.acknowledge()).toBe(0x74);
  });

  it("masks, and remembers the edge meanwhile", () => {
    const { pic, intr } = pc();
    out(pic, 0x21, 0x10);
    pic.set(4, true);
    expect(intr.level).toBe(false);
    expect(irr(pic)).toBe(0x10);
    expect(inb(pic, 0x21)).toBe(0x10);
    out(pic, 0x21, 0);
    expect(pic.acknowledge()).toBe(0x0c);
  });

  it("latches an edge; a level that went away gives a spurious vector 7, of the slave with the master's input 2 in service", () => {
    const { pic, intr } = pc();
    pic.set(11, true);
    pic.set(11, false);
    expect(pic.acknowledge()).toBe(0x73);
    out(pic, 0xa0, 0x20);
    out(pic, 0x20, 0x20);
    out(pic, 0x4d0, 0x08);
    pic.set(3, true);
    expect(intr.level).toBe(true);
    pic.set(3, false);
    expect(intr.level).toBe(false);
    expect(pic.acknowledge()).toBe(0x0f);
    expect(isr(pic)).toBe(0);
  });

  it("level-triggered inputs ask again after EOI while they are high; some inputs stay edge-triggered", () => {
    const { pic, intr } = pc();
    out(pic, 0x4d1, 0xff);
    out(pic, 0x4d0, 0xff);
    expect([inb(pic, 0x4d0), inb(pic, 0x4d1)]).toEqual([0xf8, 0xde]);
    pic.set(10, true);
    expect(pic.acknowledge()).toBe(0x72);
    out(pic, 0xa0, 0x20);
    out(pic, 0x20, 0x20);
    expect(intr.level).toBe(true);
    expect(pic.acknowledge()).toBe(0x72);
    pic.set(10, false);
    out(pic, 0xa0, 0x20);
    out(pic, 0x20, 0x20);
    expect(intr.level).toBe(false);
  });

  it("automatic EOI, specific EOI, rotation, special mask, poll", () => {
    const auto = pc(3);
    auto.pic.set(2 + 1, true);
    auto.pic.acknowledge();
    expect(isr(auto.pic)).toBe(0);

    const { pic, intr } = pc();
    pic.set(3, true);
    pic.set(6, true);
    pic.acknowledge();
    out(pic, 0x20, 0x63);
    expect(pic.acknowledge()).toBe(0x0e);
    // Rotate on specific EOI: input 6 now has the lowest priority, 7 the highest.
    out(pic, 0x20, 0xe6);
    pic.set(3, false);
    pic.set(3, true);
    pic.set(7, true);
    expect(pic.acknowledge()).toBe(0x0f);
    expect(intr.level).toBe(false);
    // Special mask: with the serviced input masked, lower ones get through.
    out(pic, 0x20, 0x68);
    out(pic, 0x21, 0x80);
    expect(intr.level).toBe(true);
    // Poll acknowledges by a read.
    out(pic, 0x20, 0x0c);
    expect(inb(pic, 0x20)).toBe(0x83);
    out(pic, 0x20, 0x0c);
    expect(inb(pic, 0x20)).toBe(0);
  });
});
