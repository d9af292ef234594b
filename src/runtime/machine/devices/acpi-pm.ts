import type { Line, PortDevice, Resettable } from "../bus.js";
import { countsIn, ticksOf } from "../clock.js";
import type { MachineClock } from "../contract.js";
import type { Events, Timer } from "../events.js";

/**
 * ACPI fixed hardware: PM1 event and control registers, the 24-bit PM timer, the SMI command port that turns ACPI on.
 * Source: ACPI specification 6.4, 4.8.3; addresses as QEMU's PIIX4 has them.
 */
export const PM_BASE = 0x600, PM_TIMER = PM_BASE + 8, PM_PORTS = 12, SMI_COMMAND = 0xb2;
export const ACPI_ENABLE = 0xf1, ACPI_DISABLE = 0xf0;
/** SLP_TYP of soft-off and suspend to RAM, as the DSDT says. */
export const SLEEP_S5 = 0, SLEEP_S3 = 1;
export const PM_TIMER_HZ = 3579545;

const PM1_TIMER = 1, PM1_GLOBAL = 0x20, PM1_POWER_BUTTON = 0x100, PM1_RTC = 0x400, PM1_WAKE = 0x8000;
const PM1_STATUS = PM1_TIMER | PM1_GLOBAL | PM1_POWER_BUTTON | PM1_RTC | PM1_WAKE;
const SCI_EN = 1, SLP_EN = 0x2000;
/** The timer's status is set when its top bit changes. */
const HALF = 2 ** 23;

/** What happens on the guest's wish. */
export interface PowerLines {
  /** Soft-off. */
  off(): void;
  /** Suspend to RAM, */
  sleep(): void;
  /** and the end of it. */
  wake(): void;
}

export class AcpiPm implements PortDevice, Resettable {
  /** First port of the PM registers; whoever moves it tells the bus. */
  base = PM_BASE;
  private status = 0;
  private enable = 0;
  /** Asleep until something that is enabled happens. */
  private asleep = false;
  private control = 0;
  private smi = 0;
  private smiStatus = 0;
  private readonly timer: Timer;
  private halves = 0;

  constructor(private readonly clock: MachineClock, events: Events, private readonly sci: Line, private readonly power: PowerLines) {
    this.timer = events.timer(() => this.update());
  }

  reset(): void {
    // What woke the board is told to who wakes.
    if (!this.asleep) this.status = 0;
    this.asleep = false;
    this.enable = this.control = this.smi = this.smiStatus = 0;
    this.update();
  }

  private count(): number {
    return countsIn(this.clock.ticks(), PM_TIMER_HZ);
  }

  /** The real-time clock's interrupt: a status bit, and what wakes from sleep. */
  rtcAlarm(): void {
    this.status |= PM1_RTC;
    this.update();
  }

  portIn(port: number, size: number): number {
    if (port === SMI_COMMAND) return this.smi;
    if (port === SMI_COMMAND + 1) return this.smiStatus;
    const at = (port - this.base) & ~3;
    let v: number;
    if (at === 8) {
      v = this.count() & 0xffffff;
    } else if (at === 0) {
      this.collect();
      v = this.status | (this.enable << 16);
    } else {
      v = this.control;
    }
    v >>>= 8 * (port & 3);
    return size === 4 ? v : v & ((1 << (8 * size)) - 1);
  }

  portOut(port: number, size: number, value: number): void {
    if (port === SMI_COMMAND) {
      this.smi = value;
      if (value === ACPI_ENABLE) this.control |= SCI_EN;
      else if (value === ACPI_DISABLE) this.control &= ~SCI_EN;
    } else if (port === SMI_COMMAND + 1) {
      this.smiStatus = value;
    } else {
      // In bytes: status bits are cleared by ones.
      for (let i = 0; i < size; i++) this.writeByte(port - this.base + i, (value >>> (8 * i)) & 0xff);
      if (port - this.base <= 5 && port - this.base + size > 5 && this.control & SLP_EN) {
        this.control &= ~SLP_EN;
        this.enter((this.control >> 10) & 7);
      }
    }
    this.update();
  }

  private enter(type: number): void {
    if (type === SLEEP_S5) this.power.off();
    if (type !== SLEEP_S3) return;
    this.asleep = true;
    this.power.sleep();
  }

  private writeByte(at: number, value: number): void {
    const shift = 8 * (at & 1);
    if (at < 2) {
      this.collect();
      this.status &= ~((value << shift) & PM1_STATUS);
    } else if (at < 4) {
      this.enable = (this.enable & ~(0xff << shift)) | (value << shift);
    } else if (at < 6) {
      // SCI_EN is the firmware's, by the SMI command.
      const next = (this.control & ~(0xff << shift)) | (value << shift);
      this.control = (next & ~SCI_EN) | (this.control & SCI_EN);
    }
  }

  private collect(): void {
    const halves = Math.floor(this.count() / HALF);
    if (halves !== this.halves) this.status |= PM1_TIMER;
    this.halves = halves;
  }

  private update(): void {
    this.collect();
    if (this.asleep && this.status & this.enable) {
      this.status |= PM1_WAKE;
      this.power.wake();
    }
    this.sci((this.control & SCI_EN) !== 0 && (this.status & this.enable & (PM1_TIMER | PM1_GLOBAL | PM1_POWER_BUTTON | PM1_RTC)) !== 0);
    this.timer.at = this.enable & PM1_TIMER ? ticksOf((this.halves + 1) * HALF, PM_TIMER_HZ) : Infinity;
  }
}
