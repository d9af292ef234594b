import { GuestFault, Vector } from "../../../ir/memory.js";
import { Seg, SEG_ATTR, SEG_BASE, SEG_LIMIT, SEG_READ, SEG_SEL, SEG_WRITE } from "../../../ir/state.js";
import { A_ACCESSED, A_CODE, A_CONFORMING, A_DB, A_DOWN, A_G, A_P, A_RW, A_S, dplOf, FL_VM } from "./bits.js";
import { type Descriptor, markDescriptor, readDescriptor } from "./descriptor.js";
import { gp, type Processor } from "./processor.js";

/** Segment registers: loading them, and what their limits and types let through (Intel SDM vol. 3, 3.4, 5.2 to 5.8). */

/** Attributes of segments in real-address and virtual-8086 mode: present, read/write data, accessed. */
export const REAL_ATTR = 0x9300, V86_ATTR = 0xf300;

export function setSegment(p: Processor, seg: number, selector: number, base: number, limit: number, attr: number): void {
  const { S } = p;
  S[(SEG_SEL >> 2) + seg] = selector;
  S[(SEG_BASE >> 2) + seg * 2] = base;
  S[(SEG_LIMIT >> 2) + seg] = limit;
  S[(SEG_ATTR >> 2) + seg] = attr;
  setBounds(p, seg);
}

/** What the quick limit check of translated code goes by (SEG_READ, SEG_WRITE). */
function setBounds(p: Processor, seg: number): void {
  const { S } = p;
  const attr = S[(SEG_ATTR >> 2) + seg]!, limit = S[(SEG_LIMIT >> 2) + seg]! >>> 0;
  const bound = limit >= 15 ? limit - 14 : 0;
  S[(SEG_READ >> 2) + seg] = readable(p, attr) && !(isDown(attr)) ? bound : 0;
  S[(SEG_WRITE >> 2) + seg] = writable(p, attr) && !(isDown(attr)) ? bound : 0;
}

/** After a change of CR0.PE, which decides whether types count. */
export function refreshBounds(p: Processor): void {
  for (let seg = 0; seg < 6; seg++) setBounds(p, seg);
}

function isDown(attr: number): boolean {
  return (attr & (A_CODE | A_DOWN)) === A_DOWN;
}

function readable(p: Processor, attr: number): boolean {
  return p.realMode || ((attr & A_P) !== 0 && ((attr & A_CODE) === 0 || (attr & A_RW) !== 0));
}

function writable(p: Processor, attr: number): boolean {
  return p.realMode || (attr & (A_P | A_CODE | A_RW)) === (A_P | A_RW);
}

/** Throws #SS(0) for SS, else #GP(0), if an access is beyond the limit or of the wrong kind. */
export function checkSegment(p: Processor, seg: number, offset: number, size: number, write: boolean): void {
  const attr = p.S[(SEG_ATTR >> 2) + seg]!;
  const ok = (write ? writable(p, attr) : readable(p, attr)) && inLimit(attr, p.S[(SEG_LIMIT >> 2) + seg]!, offset, size);
  if (!ok) throw new GuestFault(seg === Seg.SS ? Vector.SS : Vector.GP);
}

/** Whether `size` bytes at an offset lie within a limit. */
export function inLimit(attr: number, limit: number, offset: number, size: number): boolean {
  const first = offset >>> 0, last = first + size - 1;
  if (!isDown(attr)) return last <= limit >>> 0;
  return first > limit >>> 0 && last <= (attr & A_DB ? 0xffffffff : 0xffff);
}

function setNull(p: Processor, seg: number, selector: number): void {
  setSegment(p, seg, selector, 0, 0, 0);
}

/** In real-address and virtual-8086 mode a selector is a paragraph number; in the first, limit and attributes stay what they are. */
export function setParagraph(p: Processor, seg: number, selector: number): void {
  if (p.eflags & FL_VM) return setSegment(p, seg, selector, selector << 4, 0xffff, V86_ATTR);
  const attr = p.S[(SEG_ATTR >> 2) + seg]!;
  // CS becomes writable: its type is that of data. A register left unusable by a null selector is as after reset.
  if (seg === Seg.CS) setSegment(p, seg, selector, selector << 4, p.S[(SEG_LIMIT >> 2) + seg]!, (attr & (A_G | A_DB)) | REAL_ATTR);
  else if (!(attr & A_P)) setSegment(p, seg, selector, selector << 4, 0xffff, REAL_ATTR);
  else setSegment(p, seg, selector, selector << 4, p.S[(SEG_LIMIT >> 2) + seg]!, attr);
}

/** Load ES, SS, DS, FS or GS (vol. 2, MOV). CS is the far transfers'. */
export function loadSegment(p: Processor, seg: number, selector: number): void {
  if (p.realMode || p.eflags & FL_VM) return setParagraph(p, seg, selector);
  if (seg === Seg.SS) return loadStack(p, selector, p.cpl, Vector.GP, 0);
  loadData(p, seg, selector, Vector.GP);
}

function loadData(p: Processor, seg: number, selector: number, vector: Vector): void {
  if ((selector & 0xfffc) === 0) return setNull(p, seg, selector);
  const d = readDescriptor(p, selector, vector);
  const { attr } = d, code = selector & 0xfffc;
  if (!(attr & A_S) || (attr & (A_CODE | A_RW)) === A_CODE) throw new GuestFault(vector, code);
  // Data and nonconforming code: both RPL and CPL at most DPL.
  if ((attr & (A_CODE | A_CONFORMING)) !== (A_CODE | A_CONFORMING) && (d.dpl < p.cpl || d.dpl < (selector & 3))) throw new GuestFault(vector, code);
  if (!d.present) throw new GuestFault(Vector.NP, code);
  load(p, seg, selector, d);
}

/** In a task switch: what is wrong with the selectors is #TS. */
export function loadTaskData(p: Processor, seg: number, selector: number): void {
  loadData(p, seg, selector, Vector.TS);
}

/** The descriptor of a stack segment for a privilege level, or the fault: `vector` #GP or #TS, or #SS if it is not present. */
export function stackDescriptor(p: Processor, selector: number, cpl: number, vector: Vector, ext: number): Descriptor {
  const code = (selector & 0xfffc) | ext;
  if ((selector & 0xfffc) === 0) throw new GuestFault(vector, ext);
  const d = readDescriptor(p, selector, vector, ext);
  if ((selector & 3) !== cpl || d.dpl !== cpl || (d.attr & (A_S | A_CODE | A_RW)) !== (A_S | A_RW)) throw new GuestFault(vector, code);
  if (!d.present) throw new GuestFault(Vector.SS, code);
  return d;
}

export function loadStack(p: Processor, selector: number, cpl: number, vector: Vector, ext: number): void {
  load(p, Seg.SS, selector, stackDescriptor(p, selector, cpl, vector, ext));
}

/** Put a checked descriptor into a segment register. */
export function load(p: Processor, seg: number, selector: number, d: Descriptor): void {
  markDescriptor(p, d, A_ACCESSED);
  setSegment(p, seg, selector, d.base, d.limit, d.attr | A_ACCESSED);
}

/** CS with a new privilege level in the selector's RPL. */
export function loadCode(p: Processor, selector: number, d: Descriptor, cpl: number): void {
  load(p, Seg.CS, (selector & 0xfffc) | cpl, d);
  p.cpl = cpl;
}

/** After a return to an outer level: data segments that it may not use become null. */
export function dropInner(p: Processor): void {
  for (const seg of [Seg.ES, Seg.DS, Seg.FS, Seg.GS]) {
    const attr = p.S[(SEG_ATTR >> 2) + seg]!;
    if (attr & A_P && (attr & (A_CODE | A_CONFORMING)) !== (A_CODE | A_CONFORMING) && dplOf(attr) < p.cpl) setNull(p, seg, 0);
  }
}

/** #GP(0) if an instruction pointer is beyond a code segment's limit. */
export function checkEip(limit: number, eip: number): void {
  if (eip >>> 0 > limit >>> 0) gp();
}
