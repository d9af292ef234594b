import { Vector } from "../../../ir/memory.js";
import { A_CODE, A_CONFORMING, A_RW, A_S, SysType, systemType } from "./bits.js";
import { type Descriptor, findDescriptor, markDescriptor, readDescriptor } from "./descriptor.js";
import { fault, gp, type Processor } from "./processor.js";

/** Instructions about descriptors: LLDT LTR LAR LSL VERR VERW (Intel SDM vol. 2). */

export function loadLdt(p: Processor, selector: number): void {
  const { ldt } = p, code = selector & 0xfffc;
  if (code === 0) {
    ldt.selector = selector;
    ldt.attr = 0;
    return;
  }
  if (selector & 4) gp(code);
  const d = readDescriptor(p, selector);
  if (d.high & A_S || systemType(d.high) !== SysType.ldt) gp(code);
  if (!d.present) fault(Vector.NP, code);
  ldt.selector = selector;
  ldt.base = d.base;
  ldt.limit = d.limit;
  ldt.attr = d.attr;
}

export function loadTask(p: Processor, selector: number): void {
  const { tr } = p, code = selector & 0xfffc;
  if (code === 0) gp();
  if (selector & 4) gp(code);
  const d = readDescriptor(p, selector);
  const type = systemType(d.high);
  if (d.high & A_S || (type !== SysType.tss16 && type !== SysType.tss32)) gp(code);
  if (!d.present) fault(Vector.NP, code);
  markDescriptor(p, d, 0x200);
  tr.selector = selector;
  tr.base = d.base;
  tr.limit = d.limit;
  tr.attr = d.attr | 0x200;
}

/** A descriptor that the program may look at, or null. Conforming code always may be. */
function visible(p: Processor, selector: number): Descriptor | null {
  if ((selector & 0xfffc) === 0) return null;
  const d = findDescriptor(p, selector);
  if (!d) return null;
  if ((d.attr & (A_S | A_CODE | A_CONFORMING)) === (A_S | A_CODE | A_CONFORMING)) return d;
  return d.dpl < p.cpl || d.dpl < (selector & 3) ? null : d;
}

const LAR_TYPES = new Set([SysType.tss16, SysType.ldt, SysType.tss16Busy, SysType.call16, SysType.task, SysType.tss32, SysType.tss32Busy, SysType.call32]);
const LSL_TYPES = new Set([SysType.tss16, SysType.ldt, SysType.tss16Busy, SysType.tss32, SysType.tss32Busy]);

/** Access rights for LAR, or -1. */
export function accessRights(p: Processor, selector: number): number {
  const d = visible(p, selector);
  return d && (d.attr & A_S || LAR_TYPES.has(systemType(d.high))) ? d.high & 0x00ffff00 : -1;
}

/** The descriptor whose limit LSL tells, or null. */
export function limited(p: Processor, selector: number): Descriptor | null {
  const d = visible(p, selector);
  return d && (d.attr & A_S || LSL_TYPES.has(systemType(d.high))) ? d : null;
}

/** VERR, or VERW with `write`. */
export function verify(p: Processor, selector: number, write: boolean): boolean {
  const d = visible(p, selector);
  if (!d || !(d.attr & A_S)) return false;
  const code = (d.attr & A_CODE) !== 0, rw = (d.attr & A_RW) !== 0;
  return write ? !code && rw : !code || rw;
}
