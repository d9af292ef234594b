import type { Line, PortDevice, Resettable } from "../bus.js";

/**
 * The 8042 keyboard controller at ports 60h and 64h: commands, the output port with A20 and the processor's INIT, and a keyboard that answers its
 * self-test and identification. No keys are pressed. Source: IBM PC/AT Technical Reference, 8042 command set.
 */

const STATUS_OUTPUT = 1, STATUS_SYSTEM = 4, STATUS_COMMAND = 8, STATUS_UNLOCKED = 0x10, STATUS_AUX = 0x20;
const CONFIG_IRQ1 = 1, CONFIG_IRQ12 = 2, CONFIG_SYSTEM = 4, CONFIG_NO_KEYBOARD = 0x10, CONFIG_NO_AUX = 0x20;
/** Output port: not INIT, A20, output buffer full of keyboard / mouse. */
const OUT_NO_RESET = 1, OUT_A20 = 2, OUT_KEYBOARD_FULL = 0x10, OUT_AUX_FULL = 0x20;
const ACK = 0xfa;

export interface I8042Lines {
  a20: boolean;
  /** The controller pulls the processors' INIT. */
  init(): void;
}

export class I8042 implements PortDevice, Resettable {
  private config = CONFIG_IRQ1 | CONFIG_SYSTEM;
  private command = 0;
  private toSystem: { byte: number; aux: boolean }[] = [];
  /** Keyboard command whose parameter comes next; 0: none. The same for the mouse. */
  private keyboardCommand = 0;
  private scanning = true;
  private lastCommand = false;

  constructor(private readonly lines: I8042Lines, private readonly irq1: Line, private readonly irq12: Line) {}

  reset(): void {
    this.config = CONFIG_IRQ1 | CONFIG_SYSTEM;
    this.command = this.keyboardCommand = 0;
    this.toSystem = [];
    this.lastCommand = false;
    this.update();
  }

  portIn(port: number): number {
    if (port === 0x64) {
      const first = this.toSystem[0];
      return STATUS_UNLOCKED | (this.config & CONFIG_SYSTEM ? STATUS_SYSTEM : 0) | (this.lastCommand ? STATUS_COMMAND : 0) |
        (first ? STATUS_OUTPUT | (first.aux ? STATUS_AUX : 0) : 0);
    }
    const next = this.toSystem.shift();
    this.update();
    return next?.byte ?? 0;
  }

  portOut(port: number, _size: number, value: number): void {
    if (port === 0x64) {
      this.lastCommand = true;
      this.controller(value);
    } else {
      this.lastCommand = false;
      this.data(value);
    }
    this.update();
  }

  private answer(byte: number, aux = false): void {
    this.toSystem.push({ byte, aux });
  }

  private outputPort(): number {
    const first = this.toSystem[0];
    return 0xc0 | OUT_NO_RESET | (this.lines.a20 ? OUT_A20 : 0) | (first ? (first.aux ? OUT_AUX_FULL : OUT_KEYBOARD_FULL) : 0);
  }

  private controller(command: number): void {
    this.command = 0;
    switch (command) {
      case 0x20: this.answer(this.config); break;
      case 0x60: case 0xd1: case 0xd2: case 0xd3: case 0xd4: this.command = command; break;
      case 0xa7: this.config |= CONFIG_NO_AUX; break;
      case 0xa8: this.config &= ~CONFIG_NO_AUX; break;
      // No mouse is connected: its clock line is stuck.
      case 0xa9: this.answer(1); break;
      case 0xaa:
        this.config |= CONFIG_SYSTEM;
        this.answer(0x55);
        break;
      case 0xab: this.answer(0); break;
      case 0xad: this.config |= CONFIG_NO_KEYBOARD; break;
      case 0xae: this.config &= ~CONFIG_NO_KEYBOARD; break;
      case 0xc0: this.answer(0x80); break;
      case 0xd0: this.answer(this.outputPort()); break;
      case 0xdd: this.lines.a20 = false; break;
      case 0xdf: this.lines.a20 = true; break;
      default:
        // F0h to FFh pulse output lines low whose bits are 0; line 0 is INIT.
        if (command >= 0xf0 && !(command & 1)) this.lines.init();
    }
  }

  private data(value: number): void {
    const { command } = this;
    this.command = 0;
    switch (command) {
      case 0x60: this.config = value; break;
      case 0xd1:
        this.lines.a20 = (value & OUT_A20) !== 0;
        if (!(value & OUT_NO_RESET)) this.lines.init();
        break;
      case 0xd2: this.answer(value); break;
      case 0xd3: this.answer(value, true); break;
      // To the mouse: nobody answers.
      case 0xd4: break;
      default: this.keyboard(value);
    }
  }

  private keyboard(value: number): void {
    const parameterOf = this.keyboardCommand;
    this.keyboardCommand = 0;
    if (parameterOf !== 0) {
      this.answer(ACK);
      // Scan code set 0 asks which it is: set 2.
      if (parameterOf === 0xf0 && value === 0) this.answer(2);
      return;
    }
    switch (value) {
      case 0xed: case 0xf0: case 0xf3:
        this.keyboardCommand = value;
        this.answer(ACK);
        break;
      case 0xee: this.answer(0xee); break;
      case 0xf2:
        this.answer(ACK);
        this.answer(0xab);
        this.answer(0x83);
        break;
      case 0xf4: case 0xf5: case 0xf6:
        this.scanning = value === 0xf4 || (value === 0xf6 && this.scanning);
        this.answer(ACK);
        break;
      case 0xff:
        this.answer(ACK);
        this.answer(0xaa);
        break;
      default: this.answer(0xfe);
    }
  }

  private update(): void {
    const first = this.toSystem[0];
    this.irq1(first !== undefined && !first.aux && (this.config & CONFIG_IRQ1) !== 0);
    this.irq12(first !== undefined && first.aux && (this.config & CONFIG_IRQ12) !== 0);
  }
}
