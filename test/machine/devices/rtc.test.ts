import { describe, expect, it } from "vitest";
import { Cmos, Rtc } from "../../../src/runtime/machine/devices/rtc.js";
import { HandClock, inb, out, Probe } from "./harness.js";

function rtc(date = Date.UTC(1999, 11, 31, 23, 59, 57)): { clock: HandClock; irq: Probe; read: (i: number) => number; write: (i: number, v: number) => void } {
  const clock = new HandClock(), irq = new Probe(), d = new Rtc(clock, clock.events, irq.line, date);
  return {
    clock, irq,
    read: (i) => (out(d, 0x70, i), inb(d, 0x71)),
    write: (i, v) => {
      out(d, 0x70, i);
      out(d, 0x71, v);
    },
  };
}
const SECOND = 1e9;
const fields = [Cmos.century, Cmos.year, Cmos.month, Cmos.day, Cmos.weekday, Cmos.hours, Cmos.minutes, Cmos.seconds];

describe("real-time clock", () => {
  it("tells the date in BCD and goes on over the turn of the century", () => {
    const { clock, read } = rtc();
    expect(fields.map(read)).toEqual([0x19, 0x99, 0x12, 0x31, 6, 0x23, 0x59, 0x57]);
    clock.pass(4 * SECOND);
    expect(fields.map(read)).toEqual([0x20, 0x00, 0x01, 0x01, 7, 0x00, 0x00, 0x01]);
  });

  it("binary and 12-hour formats", () => {
    const { read, write } = rtc();
    write(Cmos.b, 4);
    expect(fields.map(read)).toEqual([19, 99, 12, 31, 6, 0x80 | 11, 59, 57]);
  });

  it("is set while SET holds it", () => {
    const { clock, read, write } = rtc();
    write(Cmos.b, 0x82);
    for (const [i, v] of [[Cmos.hours, 0x12], [Cmos.minutes, 0x34], [Cmos.seconds, 0x50], [Cmos.day, 0x28], [Cmos.month, 0x02], [Cmos.year, 0x24], [Cmos.century, 0x20]] as const) write(i, v);
    clock.pass(5 * SECOND);
    expect(read(Cmos.seconds)).toBe(0x50);
    write(Cmos.b, 0x02);
    clock.pass(12 * SECOND);
    expect(fields.map(read).slice(0, 4)).toEqual([0x20, 0x24, 0x02, 0x28]);
    expect([read(Cmos.hours), read(Cmos.minutes), read(Cmos.seconds)]).toEqual([0x12, 0x35, 0x02]);
  });

  it("periodic, update-ended and alarm interrupts; reading C clears them", () => {
    const { clock, irq, read, write } = rtc();
    write(Cmos.b, 0x42);
    clock.pass(SECOND / 1024 + 10);
    expect(irq.level).toBe(true);
    expect(read(Cmos.c) & 0xc0).toBe(0xc0);
    expect(irq.level).toBe(false);
    let n = 0;
    for (let i = 0; i < 2000; i++) {
      clock.pass(SECOND / 2000);
      if (read(Cmos.c) & 0x40) n++;
    }
    expect(Math.abs(n - 1024)).toBeLessThan(3);
    write(Cmos.b, 0x12);
    read(Cmos.c);
    const before = irq.rises;
    clock.pass(SECOND);
    expect(irq.rises).toBe(before + 1);
    expect(read(Cmos.c) & 0x10).toBe(0x10);
    const alarm = rtc();
    for (const [i, v] of [[Cmos.hoursAlarm, 0xff], [Cmos.minutesAlarm, 0xff], [Cmos.secondsAlarm, 0x59]] as const) alarm.write(i, v);
    alarm.write(Cmos.b, 0x22);
    alarm.read(Cmos.c);
    alarm.clock.pass(SECOND * 1.5);
    expect(alarm.irq.rises).toBe(0);
    alarm.clock.pass(SECOND);
    expect(alarm.irq.rises).toBe(1);
    expect(alarm.read(Cmos.c) & 0xa0).toBe(0xa0);
  });

  it("update in progress for the last 2.2 ms of a second", () => {
    const { clock, read } = rtc();
    expect(read(Cmos.a) & 0x80).toBe(0);
    clock.pass(SECOND - 1e6);
    expect(read(Cmos.a) & 0x80).toBe(0x80);
    clock.pass(2e6);
    expect(read(Cmos.a) & 0x80).toBe(0);
  });

  it("keeps its RAM", () => {
    const { read, write } = rtc();
    write(Cmos.shutdown, 0x0a);
    write(0x7f, 0x99);
    expect([read(Cmos.shutdown), read(0x7f), read(Cmos.d)]).toEqual([0x0a, 0x99, 0x80]);
  });
});
