import type { Line, PortDevice, Resettable } from "../bus.js";

/**
 * Two 8259A interrupt controllers as on a PC: master at 20h, slave at A0h on the master's input 2, edge/level registers (ELCR) at 4D0h and 4D1h.
 * Buffered mode and MCS-80 mode are left out. Source: Intel 8259A data sheet; ELCR: 82371AB (PIIX4).
 */

const CASCADE = 2;

class Pic {
  /** Requested, in service, masked. */
  irr = 0;
  isr = 0;
  imr = 0;
  /** Level of each input, and which inputs are level-triggered. */
  lines = 0;
  elcr = 0;
  private base = 0;
  /** Which initialisation word comes next; 0: none. */
  private expecting: 0 | 2 | 3 | 4 = 0;
  private wantsIcw4 = false;
  private single = false;
  private autoEoi = false;
  private rotateOnAutoEoi = false;
  private specialMask = false;
  private specialFullyNested = false;
  private poll = false;
  private readIsr = false;
  /** Input of lowest priority. */
  private lowest = 7;

  constructor(readonly master: boolean, private readonly changed: () => void) {}

  reset(): void {
    this.irr = this.isr = this.imr = this.base = this.expecting = 0;
    this.elcr = 0;
    this.wantsIcw4 = this.single = this.autoEoi = this.rotateOnAutoEoi = this.specialMask = this.specialFullyNested = this.poll = this.readIsr = false;
    this.lowest = 7;
  }

  set(input: number, level: boolean): void {
    const bit = 1 << input, was = this.lines & bit;
    if (level) {
      this.lines |= bit;
      if (!was || this.elcr & bit) this.irr |= bit;
    } else {
      this.lines &= ~bit;
      // An edge is latched, as chipsets do it; a level, and the other chip's request, must stay until acknowledged (else: a spurious interrupt).
      if (this.elcr & bit || (this.master && input === CASCADE)) this.irr &= ~bit;
    }
  }

  /** 0 is the highest priority, 8 none. */
  private priority(bits: number): number {
    for (let p = 0; p < 8; p++) if (bits & (1 << ((this.lowest + 1 + p) & 7))) return p;
    return 8;
  }

  /** Input that asks for service and may have it; -1: none. */
  request(): number {
    const asked = this.priority(this.irr & ~this.imr);
    if (asked === 8) return -1;
    let serving = this.isr;
    if (this.specialMask) serving &= ~this.imr;
    // In special fully nested mode, further requests of the slave that is in service are let through.
    if (this.specialFullyNested && this.master) serving &= ~(1 << CASCADE);
    return asked < this.priority(serving) ? (this.lowest + 1 + asked) & 7 : -1;
  }

  /** First INTA cycle: the input is now in service. */
  serve(input: number): void {
    const bit = 1 << input;
    if (this.autoEoi) {
      if (this.rotateOnAutoEoi) this.lowest = input;
    } else {
      this.isr |= bit;
    }
    if (!(this.elcr & this.lines & bit)) this.irr &= ~bit;
  }

  vector(input: number): number {
    return this.base | input;
  }

  read(data: boolean): number {
    if (this.poll) {
      this.poll = false;
      const input = this.request();
      if (input < 0) return 0;
      this.serve(input);
      this.changed();
      return 0x80 | input;
    }
    return data ? this.imr : this.readIsr ? this.isr : this.irr;
  }

  writeCommand(value: number): void {
    if (value & 0x10) {
      const { elcr, lines } = this;
      this.reset();
      this.elcr = elcr;
      this.irr = lines & elcr;
      this.single = (value & 2) !== 0;
      this.wantsIcw4 = (value & 1) !== 0;
      this.expecting = 2;
    } else if (value & 8) {
      // OCW3
      if (value & 0x40) this.specialMask = (value & 0x20) !== 0;
      if (value & 4) this.poll = true;
      if (value & 2) this.readIsr = (value & 1) !== 0;
    } else {
      this.operation(value >> 5, value & 7);
    }
  }

  private operation(command: number, input: number): void {
    const served = this.priority(this.isr);
    const highest = served === 8 ? -1 : (this.lowest + 1 + served) & 7;
    switch (command) {
      case 0: case 4:
        this.rotateOnAutoEoi = command === 4;
        break;
      case 1: case 5:
        if (highest < 0) break;
        this.isr &= ~(1 << highest);
        if (command === 5) this.lowest = highest;
        break;
      case 3: case 7:
        this.isr &= ~(1 << input);
        if (command === 7) this.lowest = input;
        break;
      case 6:
        this.lowest = input;
        break;
    }
  }

  writeData(value: number): void {
    switch (this.expecting) {
      case 0:
        this.imr = value;
        break;
      case 2:
        this.base = value & 0xf8;
        this.expecting = this.single ? (this.wantsIcw4 ? 4 : 0) : 3;
        break;
      case 3:
        this.expecting = this.wantsIcw4 ? 4 : 0;
        break;
      case 4:
        this.specialFullyNested = (value & 0x10) !== 0;
        this.autoEoi = (value & 2) !== 0;
        this.expecting = 0;
        break;
    }
  }
}

export class Pic8259 implements PortDevice, Resettable {
  private readonly master = new Pic(true, () => this.update());
  private readonly slave = new Pic(false, () => this.update());
  private out = false;

  /** `intr`: the line to the processor. */
  constructor(private readonly intr: Line) {}

  get asserted(): boolean {
    return this.out;
  }

  /** One of the 16 inputs; 2 is the slave's own and left alone. */
  set(irq: number, level: boolean): void {
    if (irq === CASCADE) return;
    if (irq < 8) this.master.set(irq, level);
    else this.slave.set(irq - 8, level);
    this.update();
  }

  /** The acknowledge cycle: a vector. Without a request, a spurious interrupt of input 7. */
  acknowledge(): number {
    const input = this.master.request();
    let vector: number;
    if (input < 0) {
      vector = this.master.vector(7);
    } else {
      this.master.serve(input);
      if (input === CASCADE) {
        const second = this.slave.request();
        if (second >= 0) this.slave.serve(second);
        vector = this.slave.vector(second < 0 ? 7 : second);
      } else {
        vector = this.master.vector(input);
      }
    }
    this.update();
    return vector;
  }

  portIn(port: number): number {
    switch (port) {
      case 0x20: case 0x21: return this.master.read(port === 0x21);
      case 0xa0: case 0xa1: return this.slave.read(port === 0xa1);
      case 0x4d0: return this.master.elcr;
      default: return this.slave.elcr;
    }
  }

  portOut(port: number, _size: number, value: number): void {
    switch (port) {
      case 0x20: this.master.writeCommand(value); break;
      case 0x21: this.master.writeData(value); break;
      case 0xa0: this.slave.writeCommand(value); break;
      case 0xa1: this.slave.writeData(value); break;
      // Timer, keyboard, cascade, RTC and coprocessor are always edge-triggered.
      case 0x4d0: this.master.elcr = value & 0xf8; break;
      case 0x4d1: this.slave.elcr = value & 0xde; break;
    }
    this.update();
  }

  reset(): void {
    this.master.reset();
    this.slave.reset();
    this.update();
  }

  private update(): void {
    const second = this.slave.request() >= 0;
    // The slave's output is a level that falls when it has nothing more to ask for; a new request makes a new edge.
    this.master.set(CASCADE, second);
    const out = this.master.request() >= 0;
    if (out === this.out) return;
    this.out = out;
    this.intr(out);
  }
}
