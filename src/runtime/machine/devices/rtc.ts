import type { Line, PortDevice, Resettable } from "../bus.js";
import { TICKS_PER_SECOND } from "../clock.js";
import type { MachineClock } from "../contract.js";
import type { Events, Timer } from "../events.js";

/**
 * MC146818 real-time clock and its CMOS RAM at ports 70h and 71h. The date is the machine's clock plus an offset that the guest's writes move.
 * The RAM keeps its content over a reset of the board. Source: Motorola MC146818A data sheet; RAM layout as PC BIOSes use it.
 */

export const enum Cmos {
  seconds = 0, secondsAlarm = 1, minutes = 2, minutesAlarm = 3, hours = 4, hoursAlarm = 5, weekday = 6, day = 7, month = 8, year = 9,
  a = 0x0a, b = 0x0b, c = 0x0c, d = 0x0d,
  /** What a BIOS does after the processor came to the reset vector. */
  shutdown = 0x0f,
  floppies = 0x10, equipment = 0x14,
  /** KiB below 1 MiB and above, 64 KiB above 16 MiB; each low, high. */
  baseMemory = 0x15, extendedMemory = 0x17, extendedMemory2 = 0x30, century = 0x32, highMemory = 0x34,
  /** As QEMU and its BIOS use them: boot order, number of vCPUs less one. */
  bootOrder2 = 0x38, bootOrder = 0x3d, cpus = 0x5f,
}

const A_UIP = 0x80;
const B_SET = 0x80, B_PIE = 0x40, B_AIE = 0x20, B_UIE = 0x10, B_BINARY = 4, B_24H = 2;
const C_IRQ = 0x80, C_PF = 0x40, C_AF = 0x20, C_UF = 0x10;
/** How long before the update UIP is set, and an update takes. */
const UIP_TICKS = 244_000 + 1_984_000;

export class Rtc implements PortDevice, Resettable {
  readonly ram = new Uint8Array(128);
  private index = 0;
  /** Milliseconds of the date (UTC) when the machine's clock was 0. */
  private origin: number;
  /** Date fields as written while the clock is set or stopped; null: it runs. */
  private held: Uint8Array | null = null;
  private readonly periodic: Timer;
  private readonly second: Timer;
  /** Until when flags are up to date. */
  private seen = 0;
  private lastPeriod = 0;

  /** `date`: milliseconds since 1970 at power-on. */
  constructor(private readonly clock: MachineClock, events: Events, private readonly irq: Line, date: number) {
    this.origin = this.seen = date;
    this.ram[Cmos.a] = 0x26;
    this.ram[Cmos.b] = B_24H;
    this.ram[Cmos.d] = 0x80;
    this.periodic = events.timer(() => this.arm());
    this.second = events.timer(() => this.arm());
  }

  reset(): void {
    this.ram[Cmos.b]! &= ~(B_PIE | B_AIE | B_UIE | 8);
    this.ram[Cmos.c] = 0;
    this.arm();
  }

  portIn(port: number): number {
    if (port === 0x70) return 0xff;
    const i = this.index;
    if (i <= Cmos.year || i === Cmos.century) return this.field(i);
    if (i === Cmos.a) return this.ram[i]! | (this.updating() ? A_UIP : 0);
    if (i === Cmos.c) {
      this.collect();
      const v = this.ram[Cmos.c]!;
      this.ram[Cmos.c] = 0;
      this.arm();
      return v;
    }
    return this.ram[i]!;
  }

  portOut(port: number, _size: number, value: number): void {
    if (port === 0x70) {
      // Bit 7 masks NMI on a PC; no source of NMIs is behind it here.
      this.index = value & 0x7f;
      return;
    }
    const i = this.index;
    if (i <= Cmos.year || i === Cmos.century) {
      this.write(i, value);
    } else if (i === Cmos.a) {
      this.collect();
      this.ram[i] = value & 0x7f;
    } else if (i === Cmos.b) {
      this.collect();
      this.ram[i] = value;
      if (value & B_SET) this.hold();
      else this.release();
    } else if (i !== Cmos.c && i !== Cmos.d) {
      this.ram[i] = value;
      return;
    }
    this.arm();
  }

  // The date.

  private milliseconds(): number {
    return this.origin + (this.clock.ticks() / TICKS_PER_SECOND) * 1000;
  }

  private updating(): boolean {
    if (this.held) return false;
    const intoSecond = (this.milliseconds() % 1000) * (TICKS_PER_SECOND / 1000);
    return intoSecond >= TICKS_PER_SECOND - UIP_TICKS;
  }

  private encode(n: number): number {
    return this.ram[Cmos.b]! & B_BINARY ? n : (Math.floor(n / 10) << 4) | n % 10;
  }

  private decode(n: number): number {
    return this.ram[Cmos.b]! & B_BINARY ? n : (n >> 4) * 10 + (n & 15);
  }

  private field(i: number): number {
    if (i === Cmos.secondsAlarm || i === Cmos.minutesAlarm || i === Cmos.hoursAlarm) return this.ram[i]!;
    if (this.held) return this.held[i]!;
    return this.fieldAt(i, new Date(this.milliseconds()));
  }

  private fieldAt(i: number, d: Date): number {
    switch (i) {
      case Cmos.seconds: return this.encode(d.getUTCSeconds());
      case Cmos.minutes: return this.encode(d.getUTCMinutes());
      case Cmos.hours: {
        const h = d.getUTCHours();
        if (this.ram[Cmos.b]! & B_24H) return this.encode(h);
        return this.encode(h % 12 === 0 ? 12 : h % 12) | (h >= 12 ? 0x80 : 0);
      }
      case Cmos.weekday: return this.encode(d.getUTCDay() + 1);
      case Cmos.day: return this.encode(d.getUTCDate());
      case Cmos.month: return this.encode(d.getUTCMonth() + 1);
      case Cmos.year: return this.encode(d.getUTCFullYear() % 100);
      default: return this.encode(Math.floor(d.getUTCFullYear() / 100));
    }
  }

  private hold(): void {
    if (this.held) return;
    const d = new Date(this.milliseconds());
    const held = new Uint8Array(128);
    for (let i = 0; i <= Cmos.year; i++) held[i] = this.fieldAt(i, d);
    held[Cmos.century] = this.fieldAt(Cmos.century, d);
    this.held = held;
  }

  /** The clock goes on from the fields as they are now. */
  private release(): void {
    const h = this.held;
    if (!h) return;
    this.held = null;
    const hours = h[Cmos.hours]!;
    const twelve = this.decode(hours & 0x7f) % 12;
    const hour = this.ram[Cmos.b]! & B_24H ? this.decode(hours) : twelve + (hours & 0x80 ? 12 : 0);
    const year = this.decode(h[Cmos.century]!) * 100 + this.decode(h[Cmos.year]!);
    const date = Date.UTC(year, this.decode(h[Cmos.month]!) - 1, this.decode(h[Cmos.day]!), hour, this.decode(h[Cmos.minutes]!), this.decode(h[Cmos.seconds]!));
    this.origin = date - (this.clock.ticks() / TICKS_PER_SECOND) * 1000;
    this.seen = this.milliseconds();
  }

  private write(i: number, value: number): void {
    if (i === Cmos.secondsAlarm || i === Cmos.minutesAlarm || i === Cmos.hoursAlarm) {
      this.ram[i] = value;
      return;
    }
    const running = !this.held;
    this.hold();
    this.held![i] = value;
    if (running) this.release();
  }

  // Flags and interrupts.

  /** Ticks of the periodic interrupt; 0: off. */
  private period(): number {
    const rate = this.ram[Cmos.a]! & 15;
    if (rate === 0) return 0;
    const shift = rate <= 2 ? rate + 7 : rate;
    return (TICKS_PER_SECOND * 2 ** (shift - 1)) / 32768;
  }

  private alarmAt(d: Date): boolean {
    const matches = (alarm: number, field: number): boolean => (this.ram[alarm]! & 0xc0) === 0xc0 || this.ram[alarm]! === this.fieldAt(field, d);
    return matches(Cmos.secondsAlarm, Cmos.seconds) && matches(Cmos.minutesAlarm, Cmos.minutes) && matches(Cmos.hoursAlarm, Cmos.hours);
  }

  /** Set the flags of what has happened since last time. */
  private collect(): void {
    const now = this.milliseconds(), ticks = this.clock.ticks();
    let c = this.ram[Cmos.c]!;
    if (!this.held && Math.floor(now / 1000) > Math.floor(this.seen / 1000)) {
      c |= C_UF;
      // Alarms of the seconds that went by; a day at most, then all have been.
      const last = Math.floor(now / 1000), first = Math.max(Math.floor(this.seen / 1000) + 1, last - 86400);
      for (let s = last; s >= first && !(c & C_AF); s--) if (this.alarmAt(new Date(s * 1000))) c |= C_AF;
    }
    this.seen = now;
    const period = this.period();
    if (period > 0) {
      const n = Math.floor(ticks / period);
      if (n !== this.lastPeriod) c |= C_PF;
      this.lastPeriod = n;
    }
    if (c & this.ram[Cmos.b]! & (C_PF | C_AF | C_UF)) c |= C_IRQ;
    this.ram[Cmos.c] = c;
  }

  private arm(): void {
    this.collect();
    const b = this.ram[Cmos.b]!, period = this.period();
    this.irq((this.ram[Cmos.c]! & C_IRQ) !== 0);
    // Enabled sources only: the flags of the others are worked out when they are read.
    this.periodic.at = b & B_PIE && period > 0 ? Math.ceil((this.lastPeriod + 1) * period) : Infinity;
    const toNext = 1000 - (this.milliseconds() % 1000);
    this.second.at = b & (B_AIE | B_UIE) && !this.held ? Math.ceil(this.clock.ticks() + toNext * (TICKS_PER_SECOND / 1000)) : Infinity;
  }
}
