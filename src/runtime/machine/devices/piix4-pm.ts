import { PciFunction } from "./pci.js";

const PM_BASE_REGISTER = 0x40, DEVICE_ACTIVITY_B = 0x58, PM_MISC = 0x80;
const IO_SPACE = 1, PM_IO_ENABLE = 1;
/** Writes of the APM control port give an SMI. Set from the start, it tells firmware that SMM is set up, and none of it has to be there. */
const APMC_EN = 1 << 25;

/** The PIIX4's power management function (82371AB data sheet): where the PM registers are. */
export class PowerManagement extends PciFunction {
  private current: number;

  /** `moved`: the registers have another first port. */
  constructor(irq: number, base: number, private readonly moved: (base: number) => void) {
    super(0x8086, 0x7113, 0x068000, 3);
    this.current = base;
    const d = new DataView(this.config.buffer);
    d.setUint32(PM_BASE_REGISTER, base | IO_SPACE, true);
    d.setUint32(DEVICE_ACTIVITY_B, APMC_EN, true);
    this.config[PM_MISC] = PM_IO_ENABLE;
    this.config[0x3c] = irq;
    this.config[0x3d] = 1;
    this.writable[PM_BASE_REGISTER] = 0xc0;
    this.writable[PM_BASE_REGISTER + 1] = 0xff;
    this.writable[PM_MISC] = PM_IO_ENABLE;
    this.settle();
  }

  protected override put(offset: number, value: number): void {
    super.put(offset, value);
    const base = (this.config[PM_BASE_REGISTER]! & 0xc0) | (this.config[PM_BASE_REGISTER + 1]! << 8);
    // Written byte by byte: what is not yet a place for 64 ports is left alone.
    if (!(this.config[PM_MISC]! & PM_IO_ENABLE) || base === this.current || base < 0x100) return;
    this.current = base;
    this.moved(base);
  }
}
