import { writeEflags } from "../../../ir/eflags.js";
import { GuestFault, Vector } from "../../../ir/memory.js";
import { GPR, PC, Seg, SEG_SEL } from "../../../ir/state.js";
import { A_CODE, A_CONFORMING, A_S, CR0_PG, CR0_TS, FL_NT, FL_VM, SysType, systemType } from "./bits.js";
import { type Descriptor, readDescriptor } from "./descriptor.js";
import { fault, type Processor } from "./processor.js";
import { loadCode, loadStack, loadTaskData, setSegment, V86_ATTR } from "./segment.js";

/** Task states and hardware task switches (Intel SDM vol. 3, 7). */

/** How a switch came about. */
export const enum Switch {
  /** JMP: the old task ends */
  jump,
  /** CALL, interrupts: the new task is nested in the old one */
  nested,
  /** IRET with NT: back to the task that this one is nested in */
  back,
}

const BUSY = 2;
/** Offsets in 32- and 16-bit task states: EIP, EFLAGS, eight general registers, segment selectors; LDT selector. */
const AT32 = { cr3: 0x1c, eip: 0x20, eflags: 0x24, gpr: 0x28, segments: 0x48, ldt: 0x60, trap: 0x64, limit: 0x67 };
const AT16 = { cr3: 0, eip: 0x0e, eflags: 0x10, gpr: 0x12, segments: 0x22, ldt: 0x2a, trap: 0, limit: 0x2b };
/** Segments in the order of the task state; the 16-bit one has the first four. */
const SEGMENTS = [Seg.ES, Seg.CS, Seg.SS, Seg.DS, Seg.FS, Seg.GS];

function is32(type: SysType): boolean {
  return type === SysType.tss32 || type === SysType.tss32Busy;
}

/** Stack pointer for a privilege level 0 to 2 out of the current task state. */
export function innerStack(p: Processor, cpl: number, ext: number): { selector: number; sp: number } {
  const { tr } = p;
  const wide = is32(systemType(tr.attr));
  const at = wide ? 4 + cpl * 8 : 2 + cpl * 4;
  if (at + (wide ? 5 : 3) > tr.limit >>> 0) fault(Vector.TS, (tr.selector & 0xfffc) | ext);
  const address = (tr.base + at) | 0;
  return wide
    ? { sp: p.implicit.load32(address), selector: p.implicit.load16((address + 4) | 0) }
    : { sp: p.implicit.load16(address), selector: p.implicit.load16((address + 2) | 0) };
}

/**
 * Switch to the task of a TSS descriptor whose type and presence were checked. `next`, `flags`: what the old task goes on with. A fault before
 * the switch throws with nothing changed; one after it belongs to the new task.
 */
export function taskSwitch(p: Processor, selector: number, tss: Descriptor, how: Switch, next: number, flags: number, ext: number): void {
  const { implicit: m, S, tr } = p;
  const wide = is32(systemType(tss.high));
  const layout = wide ? AT32 : AT16;
  const code = (selector & 0xfffc) | ext;
  if (tss.limit >>> 0 < layout.limit) fault(Vector.TS, code);
  const oldWide = is32(systemType(tr.attr));
  const oldLayout = oldWide ? AT32 : AT16;
  // What may fault is asked first: both task states, and the descriptor.
  m.probe(tr.base, oldLayout.limit + 1, true);
  m.probe(tss.base, layout.limit + 1, how === Switch.nested);
  const at = (offset: number): number => (tss.base + offset) | 0;
  const word = (offset: number, k: number): number => (wide ? m.load32(at(offset + k * 4)) : m.load16(at(offset + k * 2)));
  const cr3 = wide ? m.load32(at(AT32.cr3)) : 0;
  const eip = word(layout.eip, 0);
  let eflags = word(layout.eflags, 0);
  const gprs = [0, 1, 2, 3, 4, 5, 6, 7].map((k) => word(layout.gpr, k));
  const selectors = SEGMENTS.map((_, k) => (wide || k < 4 ? word(layout.segments, k) & 0xffff : 0));
  const ldt = m.load16(at(layout.ldt));
  const trap = wide && (m.load16(at(AT32.trap)) & 1) !== 0;

  // The old task.
  if (how !== Switch.nested) setBusy(p, tr.selector, false);
  if (how === Switch.back) flags &= ~FL_NT;
  const put = (offset: number, k: number, value: number): void => {
    if (oldWide) m.store32((tr.base + offset + k * 4) | 0, value);
    else m.store16((tr.base + offset + k * 2) | 0, value);
  };
  put(oldLayout.eip, 0, next);
  put(oldLayout.eflags, 0, flags);
  for (let k = 0; k < 8; k++) put(oldLayout.gpr, k, S[(GPR >> 2) + k * 2]!);
  for (let k = 0; k < (oldWide ? 6 : 4); k++) {
    const address = (tr.base + oldLayout.segments + k * (oldWide ? 4 : 2)) | 0;
    m.store16(address, S[(SEG_SEL >> 2) + SEGMENTS[k]!]!);
  }
  if (how === Switch.nested) {
    m.store16(tss.base, tr.selector);
    eflags |= FL_NT;
  }
  if (how !== Switch.back) setBusy(p, selector, true);

  // The new task.
  const { mmu } = p;
  tr.selector = selector;
  tr.base = tss.base;
  tr.limit = tss.limit;
  tr.attr = tss.attr | (BUSY << 8);
  mmu.writeCr0(mmu.cr0 | CR0_TS);
  if (wide && mmu.cr0 & CR0_PG) mmu.writeCr3(cr3);
  p.debug.leaveTask();
  if (trap) p.debug.taskTrap = true;
  S[PC >> 2] = eip;
  writeEflags(S, wide ? eflags & 0x3f7fd5 : eflags & 0x7fd5);
  for (let k = 0; k < 8; k++) {
    const i = (GPR >> 2) + k * 2;
    S[i] = wide ? gprs[k]! : gprs[k]! | 0xffff0000;
  }
  loadSelectors(p, selectors, ldt, ext);
}

function loadSelectors(p: Processor, selectors: readonly number[], ldt: number, ext: number): void {
  const v86 = (p.eflags & FL_VM) !== 0;
  // Selectors first: a fault finds them there, unusable until they were checked.
  for (let k = 0; k < 6; k++) setSegment(p, SEGMENTS[k]!, selectors[k]!, 0, 0, 0);
  p.cpl = v86 ? 3 : selectors[1]! & 3;
  loadLdt(p, ldt, ext);
  if (v86) {
    for (let k = 0; k < 6; k++) setSegment(p, SEGMENTS[k]!, selectors[k]!, selectors[k]! << 4, 0xffff, V86_ATTR);
    return;
  }
  const cs = selectors[1]!, code = (cs & 0xfffc) | ext;
  if ((cs & 0xfffc) === 0) fault(Vector.TS, ext);
  const d = readDescriptor(p, cs, Vector.TS, ext);
  const rpl = cs & 3;
  if ((d.attr & (A_S | A_CODE)) !== (A_S | A_CODE) || (d.attr & A_CONFORMING ? d.dpl > rpl : d.dpl !== rpl)) fault(Vector.TS, code);
  if (!d.present) fault(Vector.NP, code);
  loadCode(p, cs, d, rpl);
  loadStack(p, selectors[2]!, rpl, Vector.TS, ext);
  for (const k of [3, 0, 4, 5]) loadTaskData(p, SEGMENTS[k]!, selectors[k]!);
}

/** LDTR out of a task state. */
function loadLdt(p: Processor, selector: number, ext: number): void {
  p.ldt.selector = selector;
  p.ldt.attr = p.ldt.base = p.ldt.limit = 0;
  if ((selector & 0xfffc) === 0) return;
  const code = (selector & 0xfffc) | ext;
  if (selector & 4) fault(Vector.TS, code);
  const d = readDescriptor(p, selector, Vector.TS, ext);
  if (d.high & A_S || systemType(d.high) !== SysType.ldt || !d.present) fault(Vector.TS, code);
  p.ldt.base = d.base;
  p.ldt.limit = d.limit;
  p.ldt.attr = d.attr;
}

function setBusy(p: Processor, selector: number, busy: boolean): void {
  const at = (p.gdt.base + (selector & 0xfff8) + 5) | 0;
  const old = p.implicit.load8(at);
  p.implicit.store8(at, busy ? old | BUSY : old & ~BUSY);
}

/** JMP or CALL to a TSS or through a task gate, as seen from privilege level CPL. `d`: the descriptor that the selector names. */
export function switchByTransfer(p: Processor, selector: number, d: Descriptor, how: Switch, next: number): void {
  const code = selector & 0xfffc;
  if (d.dpl < p.cpl || d.dpl < (selector & 3)) throw new GuestFault(Vector.GP, code);
  if (!d.present) fault(Vector.NP, code);
  let target = selector, tss = d;
  if (systemType(d.high) === SysType.task) {
    target = d.selector;
    if (target & 4 || (target & 0xfffc) === 0) throw new GuestFault(Vector.GP, target & 0xfffc);
    tss = readDescriptor(p, target);
    const type = systemType(tss.high);
    if (tss.high & A_S || (type !== SysType.tss16 && type !== SysType.tss32)) throw new GuestFault(Vector.GP, target & 0xfffc);
    if (!tss.present) fault(Vector.NP, target & 0xfffc);
  }
  taskSwitch(p, target, tss, how, next, p.eflags, 0);
}

/** IRET with NT set. */
export function taskReturn(p: Processor, next: number): void {
  const selector = p.implicit.load16(p.tr.base), code = selector & 0xfffc;
  if (selector & 4 || code === 0) fault(Vector.TS, code);
  const tss = readDescriptor(p, selector, Vector.TS);
  const type = systemType(tss.high);
  if (tss.high & A_S || (type !== SysType.tss16Busy && type !== SysType.tss32Busy)) fault(Vector.TS, code);
  if (!tss.present) fault(Vector.NP, code);
  taskSwitch(p, selector, tss, Switch.back, next, p.eflags, 0);
}
