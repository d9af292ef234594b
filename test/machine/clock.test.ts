import { describe, expect, it } from "vitest";
import { countsIn, ticksOf } from "../../src/runtime/machine/clock.js";
import { PM_TIMER_HZ } from "../../src/runtime/machine/devices/acpi-pm.js";
import { Pit8254, PIT_HZ } from "../../src/runtime/machine/devices/pit8254.js";
import { HandClock, out, Probe } from "./devices/harness.js";

describe.each([PIT_HZ, PM_TIMER_HZ])("input clocks at %i Hz", (hertz) => {
  it("are what exact arithmetic gives, for months", () => {
    for (let n = 1; n < 1e13; n += 1 + Math.floor(n / 999)) {
      const ticks = ticksOf(n, hertz);
      expect(BigInt(ticks), `ticks of ${n}`).toBe((BigInt(n) * 1000000000n + BigInt(hertz) - 1n) / BigInt(hertz));
      expect(countsIn(ticks, hertz), `counts in ${ticks}`).toBe(n);
      expect(countsIn(ticks - 1, hertz), `counts in ${ticks - 1}`).toBe(n - 1);
    }
  });

  it.each([65536, 65535, 11932, 2 ** 23])("periods of %i", (period) => {
    for (let n = period; n < period * 100_000; n += period) if (countsIn(ticksOf(n, hertz), hertz) !== n) expect.fail(`${n / period} periods`);
  });
});

it("the 8254 ticks on after an hour, as it did not when its clocks were counted in doubles", () => {
  const clock = new HandClock(), irq = new Probe();
  const pit = new Pit8254(clock, clock.events, irq.line);
  clock.now = 1234;
  out(pit, 0x43, 0x34);
  out(pit, 0x40, 0, 0);
  const before = irq.rises;
  for (let k = 1; k <= 70_000; k++) {
    const due = clock.events.next;
    expect(due).toBeGreaterThan(clock.now);
    clock.now = due;
    clock.events.run(due);
  }
  expect(irq.rises - before).toBe(70_000);
});
