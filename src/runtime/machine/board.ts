import { PhysicalMemory } from "../../mmu/physical.js";
import { type Line, Ports, type Resettable } from "./bus.js";
import { type Clock, InstructionClock, RealClock } from "./clock.js";
import { AcpiPm, PM_BASE, PM_PORTS, SMI_COMMAND } from "./devices/acpi-pm.js";
import { ApicBus } from "./devices/apic-bus.js";
import { DebugExit } from "./devices/debug-exit.js";
import { type Firmware, FIRMWARE_PORT, FIRMWARE_PORTS, FirmwarePort } from "./devices/firmware-port.js";
import { FwCfg, FwCfgKey, le16, le32, le64 } from "./devices/fw-cfg.js";
import { HostBridge } from "./devices/host-bridge.js";
import { I8042 } from "./devices/i8042.js";
import { IO_APIC_BASE, IoApic } from "./devices/io-apic.js";
import { APIC_DEFAULT_BASE, LocalApic } from "./devices/local-apic.js";
import { PciBus, PciFunction } from "./devices/pci.js";
import { Pic8259 } from "./devices/pic8259.js";
import { PowerManagement } from "./devices/piix4-pm.js";
import { Pit8254 } from "./devices/pit8254.js";
import { Port92 } from "./devices/port92.js";
import { ResetControl } from "./devices/reset-control.js";
import { Cmos, Rtc } from "./devices/rtc.js";
import { Serial16550 } from "./devices/serial16550.js";
import { TESTDEV_IRQS, TESTDEV_LINES, TESTDEV_MEMORY, TESTDEV_SIZE, TestDevice } from "./devices/testdev.js";
import { Events } from "./events.js";
import { acpiTables, SCI_IRQ } from "./firmware/acpi-tables.js";
import { OPTION_ROM, ROM } from "./firmware/rom-image.js";
import type { MemoryRange } from "./firmware/services.js";

/** What the board asks of whoever runs it. */
export interface BoardLines {
  /** Transmitted by the serial port. */
  serial(byte: number): void;
  /** The debug-exit port was written. */
  exit(status: number): void;
  /** Soft-off. */
  powerOff(): void;
  /** Suspend to RAM, and the end of it: RESET of all but memory. */
  sleep(): void;
  wake(): void;
  /** INIT of all processors; the board's local APICs have had theirs. */
  init(): void;
  /** RESET of the whole board. */
  boardReset(): void;
  /** An interrupt went from one processor to others. */
  ipi(): void;
  /** Number of the vCPU that accesses memory now. */
  current(): number;
}

export interface BoardOptions {
  /** Bytes of RAM. */
  readonly memory: number;
  readonly cpus: number;
  /** Time follows instructions. */
  readonly icount: boolean;
  /** Milliseconds since 1970 at power-on. */
  readonly date: number;
  readonly physicalBits: number;
  /** A BIOS of others' instead of the machine's own ROM: a multiple of 64 KiB, at most 16 MiB. */
  readonly bios: Uint8Array | null;
  readonly firmware: Firmware;
}

const COM1 = 0x3f8;
const PAGE = 4096;
const TOP = 2 ** 32;
/** The machine's own ROM: a segment at the end of the first MiB. Tables are in the segment before it, which is RAM then. */
const ROM_SEGMENT = 0xf0000, TABLES = 0xe0000, SEGMENT = 0x10000;
const VIDEO = 0xa0000, CARDS = 0xc0000, EXTENDED = 0x100000;
/** RAM below: a PC's extended BIOS data area begins here. */
const BASE_MEMORY = 0x9fc00;

const decode = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));

/** A PC's board: memory, buses and devices, everything but the processors. */
export class Board {
  readonly memory: PhysicalMemory;
  readonly ports = new Ports();
  readonly events = new Events();
  readonly clock: Clock;
  readonly locals: readonly LocalApic[];
  readonly serial: Serial16550;
  readonly rtc: Rtc;
  readonly fwCfg: FwCfg;
  /** What firmware tells systems of memory. */
  readonly map: readonly MemoryRange[];
  private readonly pic: Pic8259;
  private readonly ioApic: IoApic;
  private readonly devices: Resettable[] = [];
  private readonly windows = new Set<number>();

  constructor(private readonly options: BoardOptions, private readonly lines: BoardLines) {
    const { cpus, memory: ram, bios, icount } = options;
    this.memory = new PhysicalMemory(ram, bios ? bios.length : SEGMENT);
    this.clock = icount ? new InstructionClock() : new RealClock();
    const { ports, events, clock, memory } = this;

    this.pic = new Pic8259(() => this.locals[0]?.externalChanged());
    const bus = new ApicBus();
    this.ioApic = new IoApic(bus);
    this.locals = Array.from({ length: cpus }, (_, id) => new LocalApic({
      id, bus, clock, events, external: this.pic, physicalBits: options.physicalBits,
      onBase: (address) => this.moveApic(address),
      onIpi: () => lines.ipi(),
    }));
    const irq = (n: number): Line => (level) => this.interrupt(n, level);
    const gate = this.gate();

    const pm = new AcpiPm(clock, events, irq(SCI_IRQ), { off: () => lines.powerOff(), sleep: () => lines.sleep(), wake: () => lines.wake() });
    const pit = new Pit8254(clock, events, irq(0));
    this.serial = new Serial16550(COM1, irq(4), (byte) => lines.serial(byte));
    this.rtc = new Rtc(clock, events, (level) => {
      this.interrupt(8, level);
      if (level) pm.rtcAlarm();
    }, options.date);
    const i8042 = new I8042(gate, irq(1), irq(12));
    const port92 = new Port92(gate);
    this.fwCfg = new FwCfg(memory);
    const test = new TestDevice((n, level) => this.interrupt(n, level));
    const rom = this.installRom(bios);
    const pci = new PciBus();
    pci.add(0, 0, new HostBridge(memory, rom));
    pci.add(1, 0, new PciFunction(0x8086, 0x7000, 0x060100, 0, true).settle());
    pci.add(1, 3, new PowerManagement(SCI_IRQ, PM_BASE, (base) => this.movePm(pm, base)));
    const resetControl = new ResetControl({ init: gate.init, boardReset: () => lines.boardReset() });

    ports.add(0x20, 2, this.pic);
    ports.add(0xa0, 2, this.pic);
    ports.add(0x4d0, 2, this.pic);
    ports.add(0x40, 4, pit);
    ports.add(0x61, 1, pit);
    ports.add(0x60, 1, i8042);
    ports.add(0x64, 1, i8042);
    ports.add(0x70, 2, this.rtc);
    ports.add(0x92, 1, port92);
    // A write to F0h clears the coprocessor's error interrupt.
    ports.add(0xf0, 1, { portIn: () => 0xff, portOut: () => this.interrupt(13, false) });
    ports.add(0xb2, 2, pm);
    ports.add(0xe0, 8, test, 4);
    ports.add(TESTDEV_IRQS, TESTDEV_LINES, test);
    ports.add(0xf4, 4, new DebugExit((status) => lines.exit(status)), 4);
    ports.add(COM1, 8, this.serial);
    ports.add(0x510, 2, this.fwCfg, 2);
    ports.add(0x514, 8, this.fwCfg, 4);
    this.movePm(pm, PM_BASE);
    ports.add(SMI_COMMAND, 2, pm);
    ports.add(0xcf8, 8, pci, 4);
    ports.add(0xcf9, 1, resetControl);
    ports.add(FIRMWARE_PORT, FIRMWARE_PORTS, new FirmwarePort(options.firmware), 4);

    memory.addMmio(IO_APIC_BASE, PAGE, this.ioApic);
    memory.addMmio(TESTDEV_MEMORY, TESTDEV_SIZE, test);
    this.moveApic(APIC_DEFAULT_BASE);

    const low = Math.min(ram, BASE_MEMORY), ranges: MemoryRange[] = [{ start: 0, length: low, type: 1 }];
    ranges.push({ start: BASE_MEMORY, length: VIDEO - BASE_MEMORY, type: 2 }, { start: TABLES, length: EXTENDED - TABLES, type: 2 });
    if (ram > EXTENDED) ranges.push({ start: EXTENDED, length: ram - EXTENDED, type: 1 });
    this.map = ranges;
    this.describe(bios !== null);
    this.devices.push(this.pic, this.ioApic, ...this.locals, pit, this.serial, this.rtc, i8042, port92, pm, this.fwCfg, test, pci, resetControl);
  }

  /** A20 and INIT as the two devices with such lines see them. */
  private gate(): { a20: boolean; init(): void } {
    const { memory } = this;
    return {
      get a20() { return memory.a20; },
      set a20(on) { memory.a20 = on; },
      init: () => {
        for (const a of this.locals) a.init();
        this.lines.init();
      },
    };
  }

  private interrupt(irq: number, level: boolean): void {
    if (irq < 16) this.pic.set(irq, level);
    // The 8254 comes in at input 2, where the 8259s' cascade would be.
    if (irq === 0) this.ioApic.set(2, level);
    else if (irq !== 2) this.ioApic.set(irq, level);
  }

  /** FERR# of a processor with CR0.NE = 0. */
  coprocessorError(): void {
    this.interrupt(13, true);
  }

  /** The window of the local APICs: whose it is depends on who asks. */
  private moveApic(address: number): void {
    if (this.windows.has(address)) return;
    this.windows.add(address);
    const mine = (): LocalApic | null => {
      const a = this.locals[this.lines.current()]!;
      return a.window === address ? a : null;
    };
    this.memory.addMmio(address, PAGE, {
      read: (offset, size) => mine()?.read(offset, size) ?? 0xffffffff,
      write: (offset, size, value) => mine()?.write(offset, size, value),
    });
  }

  private movePm(pm: AcpiPm, base: number): void {
    this.ports.remove(pm.base, PM_PORTS);
    pm.base = base;
    this.ports.add(base, PM_PORTS, pm, 4);
  }

  private installRom(bios: Uint8Array | null): { start: number; length: number } {
    const { memory } = this;
    memory.addHole(VIDEO, CARDS - VIDEO);
    if (this.options.memory > VIDEO) memory.addHole(CARDS, TABLES - CARDS);
    if (bios) {
      const start = TOP - bios.length, seen = Math.min(bios.length, EXTENDED - TABLES);
      memory.addRom(start, bios);
      memory.addHole(TABLES, EXTENDED - TABLES);
      memory.aliasRom(EXTENDED - seen, seen, TOP - seen);
      return { start, length: bios.length };
    }
    const rom = new Uint8Array(SEGMENT), code = decode(ROM);
    rom.set(code, SEGMENT - code.length);
    memory.addRom(ROM_SEGMENT, rom);
    memory.aliasRom(TOP - SEGMENT, SEGMENT, ROM_SEGMENT);
    return { start: TOP - SEGMENT, length: SEGMENT };
  }

  /** CMOS and fw_cfg: what firmware wants to know of the machine. */
  private describe(foreignBios: boolean): void {
    const { fwCfg, rtc: { ram: cmos }, options: { memory: ram, cpus } } = this;
    const word = (at: Cmos, n: number): void => {
      cmos[at] = n;
      cmos[at + 1] = n >> 8;
    };
    cmos[Cmos.equipment] = 2;
    word(Cmos.baseMemory, 640);
    const kib = Math.min(0xffff, Math.max(0, ram - EXTENDED) >> 10);
    word(Cmos.extendedMemory, kib);
    word(Cmos.extendedMemory2, kib);
    word(Cmos.highMemory, Math.floor(Math.max(0, ram - 16 * EXTENDED) / 65536));
    cmos[Cmos.cpus] = cpus - 1;
    fwCfg.set(FwCfgKey.ramSize, le64(ram));
    fwCfg.set(FwCfgKey.cpus, le16(cpus));
    fwCfg.set(FwCfgKey.maxCpus, le16(cpus));
    fwCfg.set(FwCfgKey.noGraphic, le16(1));
    fwCfg.set(FwCfgKey.irq0Override, le32(1));
    if (!foreignBios) return;
    fwCfg.addFile("genroms/lift86.rom", decode(OPTION_ROM));
    fwCfg.addFile("etc/sercon-port", le16(COM1));
    // Ours first among the boot devices, and no waiting for a key.
    fwCfg.addFile("bootorder", new TextEncoder().encode("/rom@genroms/lift86.rom\n\0"));
    fwCfg.addFile("etc/show-boot-menu", le16(0));
  }

  /** What the machine's own firmware leaves in memory before it enters an image. The address of the FACS. */
  placeTables(): number {
    const { bytes, facs } = acpiTables(TABLES, this.options.cpus);
    this.memory.load(TABLES, bytes);
    return facs;
  }

  /** RESET, of everything but memory and processors. */
  reset(): void {
    this.memory.a20 = true;
    for (const d of this.devices) d.reset();
  }
}
