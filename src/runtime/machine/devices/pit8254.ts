import type { Line, PortDevice, Resettable } from "../bus.js";
import { countsIn, ticksOf } from "../clock.js";
import type { MachineClock } from "../contract.js";
import type { Events, Timer } from "../events.js";

/**
 * An 8254 interval timer at ports 40h to 43h and the control port 61h of its channel 2 (speaker). Counters are computed from the time when their
 * count was loaded, so nothing runs while nobody looks; only channel 0, whose output is interrupt line 0, has events.
 * Source: Intel 82C54 data sheet.
 */

export const PIT_HZ = 1193182;
/** Ticks between toggles of port 61h's refresh bit, 15 us. */
const REFRESH = 15085;

const enum Latched { none = 0, low = 1, high = 2 }

class Channel {
  mode = 0;
  bcd = false;
  /** 1: low byte, 2: high byte, 3: low, then high. */
  access = 3;
  /** 1 to 65536 (BCD: 10000). */
  reload = 65536;
  /** Tick of the machine's clock at which the count was loaded. */
  start = 0;
  gate = true;
  /** Mode written, count not yet: the counter stands. */
  idle = true;
  /** Counts done when the gate stopped the counter (modes 0, 4); -1: it counts. */
  private stopped = -1;
  /** Modes 1 and 5: the gate has triggered. */
  private triggered = false;
  private writeLow = -1;
  private readHigh = false;
  private latched = Latched.none;
  private latchedCount = 0;
  private latchedStatus = -1;

  constructor(private readonly clock: MachineClock) {}

  reset(): void {
    this.mode = 0;
    this.bcd = false;
    this.access = 3;
    this.reload = 65536;
    this.idle = true;
    this.stopped = -1;
    this.triggered = false;
    this.writeLow = -1;
    this.readHigh = false;
    this.latched = Latched.none;
    this.latchedStatus = -1;
  }

  setMode(control: number): void {
    this.access = (control >> 4) & 3;
    this.mode = (control >> 1) & 7;
    if (this.mode > 5) this.mode -= 4;
    this.bcd = (control & 1) !== 0;
    this.idle = true;
    this.triggered = false;
    this.stopped = -1;
    this.writeLow = -1;
    this.readHigh = false;
    this.latched = Latched.none;
    this.latchedStatus = -1;
  }

  /** Input clocks since the count was loaded. */
  private counts(now: number): number {
    return this.stopped >= 0 ? this.stopped : countsIn(now - this.start, PIT_HZ);
  }

  /** The time when that many input clocks have passed. */
  private timeOf(counts: number): number {
    return this.start + ticksOf(counts, PIT_HZ);
  }

  write(value: number): void {
    if (this.access === 3 && this.writeLow < 0) {
      this.writeLow = value;
      // Mode 0: the first byte stops the count.
      if (this.mode === 0) this.idle = true;
      return;
    }
    let count = this.access === 1 ? value : this.access === 2 ? value << 8 : this.writeLow | (value << 8);
    this.writeLow = -1;
    if (this.bcd) count = fromBcd(count);
    this.reload = count === 0 ? (this.bcd ? 10000 : 65536) : count;
    // Modes 1, 5 wait for the gate; 2 and 3 take a new count up at the end of their period, which is simplified to now if none runs.
    const periodic = (this.mode === 2 || this.mode === 3) && !this.idle;
    this.idle = false;
    if (this.mode === 1 || this.mode === 5) return;
    if (!periodic || this.counts(this.clock.ticks()) >= this.reload) this.start = this.clock.ticks();
    this.stopped = this.gate || this.mode === 2 || this.mode === 3 ? -1 : 0;
  }

  setGate(level: boolean): void {
    const now = this.clock.ticks();
    if (level === this.gate) return;
    this.gate = level;
    if (this.idle) return;
    if (this.mode === 0 || this.mode === 4) {
      if (!level) {
        this.stopped = this.counts(now);
      } else {
        this.start = now - ticksOf(this.stopped, PIT_HZ);
        this.stopped = -1;
      }
    } else if (level) {
      this.start = now;
      this.triggered = true;
    }
  }

  out(now: number): boolean {
    if (this.idle) return this.mode !== 0;
    const n = this.reload;
    const d = this.counts(now);
    switch (this.mode) {
      case 0: return d >= n;
      case 1: return !this.triggered || d >= n;
      case 2: return !this.gate || d % n !== n - 1;
      case 3: return !this.gate || d % n < (n + 1) >> 1;
      case 4: return d !== n;
      default: return !this.triggered || d !== n;
    }
  }

  /** When the output rose last, by itself: a clock pulse later than it fell (modes 2, 4, 5) or half a period (3), maybe long ago. 0: it has not. */
  lastRise(now: number): number {
    if (this.idle || this.stopped >= 0) return 0;
    const n = this.reload, d = this.counts(now);
    switch (this.mode) {
      case 2: case 3: return this.gate && d >= n ? this.timeOf(d - (d % n)) : 0;
      case 4: case 5: return d > n ? this.timeOf(n + 1) : 0;
      default: return 0;
    }
  }

  /** When the output rises next. */
  nextRise(now: number): number {
    if (this.idle || this.stopped >= 0) return Infinity;
    const n = this.reload, d = this.counts(now);
    switch (this.mode) {
      case 0: case 1: return d < n ? this.timeOf(n) : Infinity;
      case 2: case 3: return this.gate ? this.timeOf(d - (d % n) + n) : Infinity;
      default: return d <= n ? this.timeOf(n + 1) : Infinity;
    }
  }

  private count(): number {
    const n = this.reload, d = this.counts(this.clock.ticks());
    let c: number;
    if (this.idle) c = n;
    else if (this.mode === 2) c = n - (d % n);
    else if (this.mode === 3) c = n - ((2 * d) % n & ~1);
    else if ((this.mode === 1 || this.mode === 5) && !this.triggered) c = n;
    else c = this.bcd ? (((n - d) % 10000) + 10000) % 10000 : (n - d) & 0xffff;
    return this.bcd ? toBcd(c % 10000) : c & 0xffff;
  }

  latchCount(): void {
    if (this.latched !== Latched.none) return;
    this.latchedCount = this.count();
    this.latched = this.access as Latched;
  }

  latchStatus(): void {
    if (this.latchedStatus >= 0) return;
    this.latchedStatus = (this.out(this.clock.ticks()) ? 0x80 : 0) | (this.idle ? 0x40 : 0) | (this.access << 4) | (this.mode << 1) | (this.bcd ? 1 : 0);
  }

  read(): number {
    if (this.latchedStatus >= 0) {
      const s = this.latchedStatus;
      this.latchedStatus = -1;
      return s;
    }
    if (this.latched !== Latched.none) {
      const low = (this.latched & Latched.low) !== 0;
      this.latched &= low ? ~Latched.low : ~Latched.high;
      return low ? this.latchedCount & 0xff : this.latchedCount >> 8;
    }
    const c = this.count();
    if (this.access === 3) {
      this.readHigh = !this.readHigh;
      return this.readHigh ? c & 0xff : c >> 8;
    }
    return this.access === 2 ? c >> 8 : c & 0xff;
  }
}

const fromBcd = (x: number): number => (x >> 12) * 1000 + ((x >> 8) & 15) * 100 + ((x >> 4) & 15) * 10 + (x & 15);
const toBcd = (x: number): number => (Math.floor(x / 1000) << 12) | (Math.floor((x / 100) % 10) << 8) | (Math.floor((x / 10) % 10) << 4) | x % 10;

export class Pit8254 implements PortDevice, Resettable {
  private readonly channels: readonly Channel[];
  private readonly timer: Timer;
  private speaker = 0;
  /** When channel 0's output rose last, of what the interrupt line has been told. */
  private risen = 0;

  /** `irq`: output of channel 0. */
  constructor(private readonly clock: MachineClock, events: Events, private readonly irq: Line) {
    this.channels = [0, 1, 2].map(() => new Channel(clock));
    this.timer = events.timer(() => this.update());
    this.channels[2]!.setGate(false);
  }

  reset(): void {
    for (const c of this.channels) c.reset();
    this.speaker = 0;
    this.channels[2]!.setGate(false);
    this.update();
  }

  portIn(port: number): number {
    const now = this.clock.ticks();
    if (port === 0x61) {
      return this.speaker | (Math.floor(now / REFRESH) & 1 ? 0x10 : 0) | (this.channels[2]!.out(now) ? 0x20 : 0);
    }
    return port === 0x43 ? 0xff : this.channels[port & 3]!.read();
  }

  portOut(port: number, _size: number, value: number): void {
    if (port === 0x61) {
      this.speaker = value & 0x0f;
      this.channels[2]!.setGate((value & 1) !== 0);
      return;
    }
    if (port !== 0x43) {
      this.channels[port & 3]!.write(value);
    } else if (value >> 6 === 3) {
      // Read back: of each channel asked for, count and status unless their bits say no.
      for (let i = 0; i < 3; i++) {
        if (!(value & (2 << i))) continue;
        if (!(value & 0x20)) this.channels[i]!.latchCount();
        if (!(value & 0x10)) this.channels[i]!.latchStatus();
      }
    } else if (value & 0x30) {
      this.channels[value >> 6]!.setMode(value);
    } else {
      this.channels[value >> 6]!.latchCount();
    }
    if (port === 0x40 || port === 0x43) this.update();
  }

  /** Only rising edges matter to interrupt controllers: a fall is made up for when the rise is due. */
  private update(): void {
    const now = this.clock.ticks(), c = this.channels[0]!;
    const rise = c.lastRise(now);
    if (rise > this.risen) {
      this.risen = rise;
      this.irq(false);
    }
    this.irq(c.out(now));
    this.timer.at = c.nextRise(now);
  }
}
