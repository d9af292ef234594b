import type { DeviceMsrs, MachineClock } from "../contract.js";
import { writeEfer } from "./control.js";
import { gp, type Processor } from "./processor.js";

/** RDMSR, WRMSR and the time-stamp counter (Intel SDM vol. 4). What is not here is #GP(0), as an absent feature's registers are. */

export const enum Msr {
  platformId = 0x17, tsc = 0x10, apicBase = 0x1b, eblCrPoweron = 0x2a, tscAdjust = 0x3b, biosUpdate = 0x79, biosSignature = 0x8b, mtrrCap = 0xfe,
  sysenterCs = 0x174, sysenterEsp = 0x175, sysenterEip = 0x176, miscEnable = 0x1a0, debugControl = 0x1d9, lastBranchFrom = 0x1db, lastInterruptTo = 0x1de,
  mcgCap = 0x179, mcgStatus = 0x17a, mtrrBase0 = 0x200, mtrrFix64 = 0x250, mtrrFix16a = 0x258, mtrrFix16b = 0x259, mtrrFix4 = 0x268, pat = 0x277, mtrrDefault = 0x2ff,
  efer = 0xc0000080, tscAux = 0xc0000103,
}

/** Value read by the last readMsr: (low, high). */
export const VALUE = new Int32Array(2);

/** The TSC of this processor into (low, high) of `out`. */
export function readTsc(p: Processor, clock: MachineClock, out: Int32Array): void {
  const ticks = Math.floor(clock.ticks());
  add(ticks | 0, Math.floor(ticks / 4294967296) | 0, p.msrs.tscOffset[0]!, p.msrs.tscOffset[1]!, out);
}

function add(aLow: number, aHigh: number, bLow: number, bHigh: number, out: Int32Array): void {
  const low = (aLow + bLow) | 0;
  out[1] = aHigh + bHigh + (low >>> 0 < aLow >>> 0 ? 1 : 0);
  out[0] = low;
}

/** Move the TSC, and IA32_TSC_ADJUST with it, by a difference. */
function adjustTsc(p: Processor, low: number, high: number): void {
  const { tscOffset, tscAdjust } = p.msrs;
  add(tscOffset[0]!, tscOffset[1]!, low, high, tscOffset);
  add(tscAdjust[0]!, tscAdjust[1]!, low, high, tscAdjust);
}

function difference(p: Processor, low: number, high: number, from: Int32Array): void {
  const d = new Int32Array(2);
  add(~from[0]!, ~from[1]!, 1, 0, d);
  add(low, high, d[0]!, d[1]!, d);
  adjustTsc(p, d[0]!, d[1]!);
}

const NOW = new Int32Array(2);

function set(low: number, high = 0): void {
  VALUE[0] = low;
  VALUE[1] = high;
}

/** Index of a fixed-range MTRR, or -1. */
function fixedIndex(index: number): number {
  if (index === Msr.mtrrFix64) return 0;
  if (index === Msr.mtrrFix16a || index === Msr.mtrrFix16b) return 1 + index - Msr.mtrrFix16a;
  return index >= Msr.mtrrFix4 && index < Msr.mtrrFix4 + 8 ? 3 + index - Msr.mtrrFix4 : -1;
}

/** Into VALUE; `device`: the result array that DeviceMsrs fills. */
export function readMsr(p: Processor, clock: MachineClock, device: DeviceMsrs, result: Int32Array, index: number): void {
  const m = p.msrs;
  index >>>= 0;
  switch (index) {
    case Msr.tsc: return readTsc(p, clock, VALUE);
    case Msr.tscAdjust: return set(m.tscAdjust[0]!, m.tscAdjust[1]!);
    case Msr.platformId:
    case Msr.eblCrPoweron:
    case Msr.biosSignature:
    case Msr.lastBranchFrom:
    case Msr.lastBranchFrom + 1:
    case Msr.lastInterruptTo - 1:
    case Msr.lastInterruptTo:
      return set(0);
    case Msr.mtrrCap: return set(0x508);
    // Machine checks never happen: there is no bank.
    case Msr.mcgCap:
    case Msr.mcgStatus:
      return set(0);
    case Msr.sysenterCs: return set(m.sysenterCs);
    case Msr.sysenterEsp: return set(m.sysenterEsp);
    case Msr.sysenterEip: return set(m.sysenterEip);
    case Msr.miscEnable: return set(m.miscEnable[0]!, m.miscEnable[1]!);
    case Msr.debugControl: return set(m.debugControl[0]!, m.debugControl[1]!);
    case Msr.pat: return set(m.pat[0]!, m.pat[1]!);
    case Msr.mtrrDefault: return set(m.mtrrDefault);
    case Msr.efer: return set(p.mmu.efer);
    case Msr.tscAux: return set(m.tscAux);
  }
  if (index >= Msr.mtrrBase0 && index < Msr.mtrrBase0 + 16) {
    const at = (index - Msr.mtrrBase0) * 2;
    return set(m.mtrrVariable[at]!, m.mtrrVariable[at + 1]!);
  }
  const fixed = fixedIndex(index);
  if (fixed >= 0) return set(m.mtrrFixed[fixed * 2]!, m.mtrrFixed[fixed * 2 + 1]!);
  if (!device.readMsr(index)) gp();
  set(result[0]!, result[1]!);
}

export function writeMsr(p: Processor, clock: MachineClock, device: DeviceMsrs, index: number, low: number, high: number): void {
  const m = p.msrs;
  index >>>= 0;
  switch (index) {
    case Msr.tsc:
      readTsc(p, clock, NOW);
      difference(p, low, high, NOW);
      return device.tscChanged();
    case Msr.tscAdjust:
      difference(p, low, high, m.tscAdjust);
      return device.tscChanged();
    case Msr.biosUpdate:
    case Msr.biosSignature:
    case Msr.eblCrPoweron:
      return;
    case Msr.mcgStatus:
      if (low | high) gp();
      return;
    case Msr.sysenterCs:
      m.sysenterCs = low;
      return;
    case Msr.sysenterEsp:
      m.sysenterEsp = low;
      return;
    case Msr.sysenterEip:
      m.sysenterEip = low;
      return;
    case Msr.miscEnable:
      m.miscEnable.set([low, high]);
      return;
    case Msr.debugControl:
      if (low & ~3 || high) gp();
      m.debugControl.set([low, high]);
      return;
    case Msr.pat:
      if (!memoryTypes(low, true) || !memoryTypes(high, true)) gp();
      m.pat.set([low, high]);
      return;
    case Msr.mtrrDefault:
      if (high || low & ~0xcff || !memoryType(low & 0xff, false)) gp();
      m.mtrrDefault = low;
      return;
    case Msr.efer: return writeEfer(p, low, high);
    case Msr.tscAux:
      if (high) gp();
      m.tscAux = low;
      return;
  }
  if (index >= Msr.mtrrBase0 && index < Msr.mtrrBase0 + 16) {
    const reservedHigh = -1 << (p.mmu.physicalBits - 32);
    const isMask = index & 1;
    if (high & reservedHigh || (isMask ? low & 0x7ff : low & 0xf00 || !memoryType(low & 0xff, false))) gp();
    m.mtrrVariable.set([low, high], (index - Msr.mtrrBase0) * 2);
    return;
  }
  const fixed = fixedIndex(index);
  if (fixed >= 0) {
    if (!memoryTypes(low, false) || !memoryTypes(high, false)) gp();
    m.mtrrFixed.set([low, high], fixed * 2);
    return;
  }
  if (!device.writeMsr(index, low, high)) gp();
}

/** UC, WC, WT, WP, WB, and in the PAT UC- (7). */
function memoryType(t: number, pat: boolean): boolean {
  return t === 0 || t === 1 || (t >= 4 && t <= 6) || (pat && t === 7);
}

function memoryTypes(word: number, pat: boolean): boolean {
  for (let k = 0; k < 32; k += 8) if (!memoryType((word >>> k) & 0xff, pat)) return false;
  return true;
}
