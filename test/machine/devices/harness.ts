import type { PortDevice } from "../../../src/runtime/machine/bus.js";
import { Events } from "../../../src/runtime/machine/events.js";

/** A clock that tests turn by hand; events happen on the way. */
export class HandClock {
  now = 0;
  readonly events = new Events();

  ticks(): number {
    return this.now;
  }

  /** Go on by so many ticks. */
  pass(ticks: number): void {
    const end = this.now + ticks;
    while (this.events.next <= end) {
      this.now = Math.max(this.now, this.events.next);
      this.events.run(this.now);
    }
    this.now = end;
  }
}

/** Levels of a line, one after another. */
export class Probe {
  level = false;
  rises = 0;

  readonly line = (level: boolean): void => {
    if (level && !this.level) this.rises++;
    this.level = level;
  };
}

export const out = (d: PortDevice, port: number, ...values: number[]): void => {
  for (const v of values) d.portOut(port, 1, v);
};
export const inb = (d: PortDevice, port: number): number => d.portIn(port, 1);
