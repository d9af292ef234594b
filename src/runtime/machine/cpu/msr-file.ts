/** Model-specific registers of a processor that are plain storage. */
export class Msrs {
  sysenterCs = 0;
  sysenterEsp = 0;
  sysenterEip = 0;
  tscAux = 0;
  /** What the time-stamp counter is ahead of the machine's clock, and IA32_TSC_ADJUST; (low, high). */
  readonly tscOffset = new Int32Array(2);
  readonly tscAdjust = new Int32Array(2);
  readonly pat = new Int32Array([0x00070406, 0x00070406]);
  /** IA32_MISC_ENABLE: fast strings, no BTS and PEBS. */
  readonly miscEnable = new Int32Array([0x1801, 0]);
  readonly debugControl = new Int32Array(2);
  mtrrDefault = 0;
  /** Base and mask of the variable ranges, (low, high) each; the fixed ranges. */
  readonly mtrrVariable = new Int32Array(8 * 4);
  readonly mtrrFixed = new Int32Array(11 * 2);

  reset(): void {
    this.sysenterCs = this.sysenterEsp = this.sysenterEip = this.tscAux = 0;
    this.tscOffset.fill(0);
    this.tscAdjust.fill(0);
    this.pat.fill(0x00070406);
    this.miscEnable.set([0x1801, 0]);
    this.debugControl.fill(0);
    this.mtrrDefault = 0;
    this.mtrrVariable.fill(0);
    this.mtrrFixed.fill(0);
  }
}
