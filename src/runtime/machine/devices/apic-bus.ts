import type { LocalApic } from "./local-apic.js";

/** Delivery modes of messages between APICs and of local vector table entries (SDM vol. 3, 11.6.1). */
export const enum Delivery { fixed = 0, lowestPriority = 1, smi = 2, nmi = 4, init = 5, startup = 6, extInt = 7 }

/** Destination shorthands of the interrupt command register. */
export const enum Shorthand { none = 0, self = 1, all = 2, others = 3 }

export interface ApicMessage {
  readonly mode: Delivery;
  readonly vector: number;
  /** Level-triggered; the EOI is broadcast to the I/O APICs. */
  readonly levelTriggered: boolean;
  /** Destination as 8 bits (xAPIC) or 32 (x2APIC, unsigned). */
  readonly destination: number;
  readonly logical: boolean;
  /** The destination has 32 bits. */
  readonly wide: boolean;
}

/** What takes an end of interrupt that a local APIC broadcasts. */
export interface EoiReceiver {
  endOfInterrupt(vector: number): void;
}

/** Carries messages between the local APICs and from I/O APICs to them. */
export class ApicBus {
  readonly locals: LocalApic[] = [];
  readonly receivers: EoiReceiver[] = [];
  private nextLowest = 0;

  /** From I/O APICs and MSI writers. */
  send(m: ApicMessage): void {
    this.deliver(this.locals.filter((a) => a.matches(m.destination, m.logical, m.wide)), m);
  }

  /** Inter-processor interrupt. */
  sendFrom(source: LocalApic, shorthand: Shorthand, m: ApicMessage): void {
    switch (shorthand) {
      case Shorthand.none: this.send(m); break;
      case Shorthand.self: this.deliver([source], m); break;
      case Shorthand.all: this.deliver(this.locals, m); break;
      case Shorthand.others: this.deliver(this.locals.filter((a) => a !== source), m); break;
    }
  }

  private deliver(targets: readonly LocalApic[], m: ApicMessage): void {
    if (m.mode === Delivery.lowestPriority) {
      const target = this.lowest(targets.filter((a) => a.enabled));
      target?.accept({ ...m, mode: Delivery.fixed });
      return;
    }
    for (const a of targets) a.accept(m);
  }

  /** Of the lowest processor priority; those alike take turns. */
  private lowest(targets: readonly LocalApic[]): LocalApic | undefined {
    let best: LocalApic | undefined;
    const n = targets.length;
    for (let i = 0; i < n; i++) {
      const a = targets[(this.nextLowest + i) % n]!;
      if (!best || a.arbitrationPriority < best.arbitrationPriority) best = a;
    }
    this.nextLowest++;
    return best;
  }

  endOfInterrupt(vector: number): void {
    for (const r of this.receivers) r.endOfInterrupt(vector);
  }
}
