import type { Line, PortDevice, Resettable } from "../bus.js";

/**
 * A 16550A serial port. Bytes are sent at once and received as soon as there is room, whatever the baud rate; FIFOs, interrupts and loopback are
 * as in the data sheet (National Semiconductor PC16550D). Other lines of the modem: CTS, DSR and DCD are on.
 */

const enum Reg { data = 0, ier = 1, iir = 2, lcr = 3, mcr = 4, lsr = 5, msr = 6, scratch = 7 }

const LCR_DLAB = 0x80;
const MCR_OUT2 = 8, MCR_LOOP = 0x10;
const LSR_DATA = 1, LSR_OVERRUN = 2, LSR_SENT = 0x60;
const IER_DATA = 1, IER_SENT = 2, IER_LINE = 4, IER_MODEM = 8;
const FIFO = 16;
/** DCD, DSR, CTS. */
const MODEM_ON = 0xb0;
const TRIGGER = [1, 4, 8, 14];

export class Serial16550 implements PortDevice, Resettable {
  private divisor = 12;
  private ier = 0;
  private lcr = 0;
  private mcr = 0;
  private scratch = 0;
  private fifoOn = false;
  private trigger = 1;
  private overrun = false;
  /** The transmitter became empty and nobody has been told. */
  private sent = false;
  private modem = MODEM_ON;
  private modemDelta = 0;
  private readonly received: number[] = [];
  /** What has arrived and waits for room: chunks, and how much of the first is gone. */
  private readonly waiting: Uint8Array[] = [];
  private taken = 0;
  private waitingBytes = 0;
  /** Called when nothing waits any more. */
  onDrained: (() => void) | null = null;

  /** `base`: first port; `irq`: its interrupt line; `transmit` takes each byte sent. */
  constructor(private readonly base: number, private readonly irq: Line, private readonly transmit: (byte: number) => void) {}

  reset(): void {
    this.divisor = 12;
    this.ier = this.lcr = this.mcr = this.scratch = 0;
    this.fifoOn = this.overrun = this.sent = false;
    this.trigger = 1;
    this.modem = MODEM_ON;
    this.modemDelta = 0;
    this.received.length = 0;
    this.update();
  }

  /** Bytes from outside; kept until the guest has read what came before. */
  receive(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.waiting.push(bytes.slice());
    this.waitingBytes += bytes.length;
    this.refill();
  }

  /** Bytes that wait for room. */
  get backlog(): number {
    return this.waitingBytes;
  }

  /** The next of them. */
  private takeWaiting(): number {
    const first = this.waiting[0]!, byte = first[this.taken++]!;
    if (this.taken === first.length) {
      this.waiting.shift();
      this.taken = 0;
    }
    if (--this.waitingBytes === 0) this.onDrained?.();
    return byte;
  }

  /** The next received byte for someone who does not go through the registers (BIOS services), taken or only looked at; -1: none. */
  peek(take: boolean): number {
    if (this.received.length === 0) {
      if (this.waitingBytes === 0) return -1;
      return take ? this.takeWaiting() : this.waiting[0]![this.taken]!;
    }
    const byte = this.received[0]!;
    if (take) {
      this.received.shift();
      this.refill();
    }
    return byte;
  }

  private refill(): void {
    if (!(this.mcr & MCR_LOOP)) {
      const room = this.fifoOn ? FIFO : 1;
      while (this.waitingBytes > 0 && this.received.length < room) this.received.push(this.takeWaiting());
    }
    this.update();
  }

  portIn(port: number): number {
    switch ((port - this.base) as Reg) {
      case Reg.data: {
        if (this.lcr & LCR_DLAB) return this.divisor & 0xff;
        const byte = this.received.shift() ?? 0;
        this.refill();
        return byte;
      }
      case Reg.ier: return this.lcr & LCR_DLAB ? this.divisor >> 8 : this.ier;
      case Reg.iir: {
        const cause = this.cause();
        if (cause === 2) {
          this.sent = false;
          this.update();
        }
        return cause | (this.fifoOn ? 0xc0 : 0);
      }
      case Reg.lcr: return this.lcr;
      case Reg.mcr: return this.mcr;
      case Reg.lsr: {
        const v = LSR_SENT | (this.received.length > 0 ? LSR_DATA : 0) | (this.overrun ? LSR_OVERRUN : 0);
        this.overrun = false;
        this.update();
        return v;
      }
      case Reg.msr: {
        const v = this.modem | this.modemDelta;
        this.modemDelta = 0;
        this.update();
        return v;
      }
      case Reg.scratch: return this.scratch;
    }
  }

  portOut(port: number, _size: number, value: number): void {
    switch ((port - this.base) as Reg) {
      case Reg.data:
        if (this.lcr & LCR_DLAB) {
          this.divisor = (this.divisor & 0xff00) | value;
        } else {
          this.send(value);
          this.sent = true;
        }
        break;
      case Reg.ier:
        if (this.lcr & LCR_DLAB) {
          this.divisor = (this.divisor & 0xff) | (value << 8);
        } else {
          // Enabling the interrupt while the transmitter is empty asks for it at once.
          if (value & IER_SENT && !(this.ier & IER_SENT)) this.sent = true;
          this.ier = value & 0x0f;
        }
        break;
      case Reg.iir: {
        const on = (value & 1) !== 0;
        if (on !== this.fifoOn || value & 2) this.received.length = 0;
        this.fifoOn = on;
        this.trigger = on ? TRIGGER[value >> 6]! : 1;
        this.refill();
        return;
      }
      case Reg.lcr: this.lcr = value; break;
      case Reg.mcr: {
        const looped = this.mcr & MCR_LOOP;
        this.mcr = value & 0x1f;
        // In loopback DTR, RTS, OUT1 and OUT2 are DSR, CTS, RI and DCD.
        const m = this.mcr & MCR_LOOP ? ((value & 1) << 5) | ((value & 2) << 3) | ((value & 4) << 4) | ((value & 8) << 4) : MODEM_ON;
        this.modemDelta |= ((m ^ this.modem) & MODEM_ON) >> 4 | (this.modem & ~m & 0x40) >> 4;
        this.modem = m;
        if (looped) this.refill();
        break;
      }
      case Reg.scratch: this.scratch = value; break;
      case Reg.lsr: case Reg.msr: break;
    }
    this.update();
  }

  private send(byte: number): void {
    if (!(this.mcr & MCR_LOOP)) {
      this.transmit(byte);
    } else if (this.received.length < (this.fifoOn ? FIFO : 1)) {
      this.received.push(byte);
    } else {
      this.overrun = true;
      if (!this.fifoOn) this.received[0] = byte;
    }
  }

  /** Identification of the most urgent interrupt; 1: none. */
  private cause(): number {
    const { ier } = this;
    if (ier & IER_LINE && this.overrun) return 6;
    // Below the trigger level the character time-out tells; here at once.
    if (ier & IER_DATA && this.received.length > 0) return this.received.length >= this.trigger ? 4 : 12;
    if (ier & IER_SENT && this.sent) return 2;
    if (ier & IER_MODEM && this.modemDelta) return 0;
    return 1;
  }

  private update(): void {
    // On a PC, OUT2 connects the interrupt; in loopback it is cut off.
    this.irq(this.cause() !== 1 && (this.mcr & (MCR_OUT2 | MCR_LOOP)) === MCR_OUT2);
  }
}
