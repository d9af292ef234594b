import { writeEflags } from "../../../ir/eflags.js";
import { GuestFault, Vector } from "../../../ir/memory.js";
import { PC, Seg, SEG_SEL } from "../../../ir/state.js";
import { tableOf } from "../../../mmu/pte.js";
import { A_CODE, A_CONFORMING, A_S, FL_AC, FL_IF, FL_IOPL, FL_NT, FL_RF, FL_TF, FL_VM, SysType, systemType } from "./bits.js";
import { Descriptor, readDescriptor } from "./descriptor.js";
import { fault, gp, type Processor } from "./processor.js";
import { load, loadCode, setParagraph, setSegment, stackDescriptor } from "./segment.js";
import { Stack } from "./stack.js";
import { innerStack, Switch, taskSwitch } from "./task.js";

/** Interrupts and exceptions on their way to their handlers (Intel SDM vol. 3, 6.10 to 6.13, 20.1.4, 20.3). */

/** Where an event comes from. */
export const enum Origin {
  /** an exception */
  fault,
  /** an external interrupt, NMI, or INT1: faults on the way have EXT set in their error codes */
  external,
  /** INT n, INT3, INTO: subject to the gate's privilege level */
  software,
}

/** No error code is pushed. */
export const NO_CODE = -1;

/** What a handler begins with; `next`: where it returns to. */
interface Event {
  readonly vector: number;
  readonly origin: Origin;
  readonly code: number;
  readonly next: number;
  readonly flags: number;
  readonly ext: 0 | 1;
}

/**
 * Transfer control to the handler of a vector. Throws GuestFault if something on the way refuses; then no register has changed, except by a
 * task switch that had begun.
 */
export function interrupt(p: Processor, vector: number, origin: Origin, code: number, next: number, resume: boolean): void {
  // Faults push RF, so that a breakpoint on the instruction does not fire again.
  const flags = resume ? p.eflags | FL_RF : p.eflags;
  const e: Event = { vector, origin, code, next, flags, ext: origin === Origin.software ? 0 : 1 };
  try {
    if (p.realMode) throughVectorTable(p, e);
    else throughGate(p, e);
  } catch (x) {
    p.selectTable();
    throw x;
  }
}

function throughVectorTable(p: Processor, e: Event): void {
  if (e.vector * 4 + 3 > p.idt.limit) gp();
  const entry = p.implicit.load32((p.idt.base + e.vector * 4) | 0);
  const stack = Stack.current(p);
  stack.push(2, e.flags);
  stack.push(2, p.S[(SEG_SEL >> 2) + Seg.CS]!);
  stack.push(2, e.next);
  stack.commit();
  setParagraph(p, Seg.CS, entry >>> 16);
  p.S[PC >> 2] = entry & 0xffff;
  writeEflags(p.S, p.eflags & ~(FL_IF | FL_TF | FL_AC | FL_RF));
  p.selectTable();
}

function throughGate(p: Processor, e: Event): void {
  const index = (e.vector << 3) | 2 | e.ext;
  if (e.vector * 8 + 7 > p.idt.limit) gp(index);
  const at = (p.idt.base + e.vector * 8) | 0;
  const gate = new Descriptor(p.implicit.load32(at), p.implicit.load32((at + 4) | 0), at);
  const type = systemType(gate.high);
  if (gate.high & A_S || (type !== SysType.task && (type & 6) !== 6)) gp(index);
  if (e.origin === Origin.software && gate.dpl < p.cpl) gp(index);
  if (!gate.present) fault(Vector.NP, index);
  if (type === SysType.task) return throughTaskGate(p, e, gate.selector);

  const size = type >= SysType.int32 ? 4 : 2;
  const { selector } = gate;
  if ((selector & 0xfffc) === 0) gp(e.ext);
  const cs = readDescriptor(p, selector, Vector.GP, e.ext);
  const csCode = (selector & 0xfffc) | e.ext;
  if ((cs.attr & (A_S | A_CODE)) !== (A_S | A_CODE) || cs.dpl > p.cpl) gp(csCode);
  if (!cs.present) fault(Vector.NP, csCode);
  const offset = size === 4 ? gate.offset32 : gate.low & 0xffff;
  const conforming = (cs.attr & A_CONFORMING) !== 0;
  const { S } = p;
  const old = S.slice(SEG_SEL >> 2, (SEG_SEL >> 2) + 6);
  const v86 = (p.eflags & FL_VM) !== 0;
  const frame = (stack: Stack): void => {
    stack.push(size, e.flags);
    stack.push(size, old[Seg.CS]!);
    stack.push(size, e.next);
    if (e.code !== NO_CODE) stack.push(size, e.code);
  };
  let cpl = p.cpl;
  if (!conforming && cs.dpl < cpl) {
    cpl = cs.dpl;
    if (v86 && cpl !== 0) gp(csCode);
    const inner = innerStack(p, cpl, e.ext);
    const ss = stackDescriptor(p, inner.selector, cpl, Vector.TS, e.ext);
    checkTarget(cs, offset, e.ext);
    const stack = new Stack(p, ss.base, ss.limit, ss.attr, inner.sp, (inner.selector & 0xfffc) | e.ext);
    p.memory.table = tableOf(cpl, (p.eflags & FL_AC) !== 0);
    if (v86) for (const seg of [Seg.GS, Seg.FS, Seg.DS, Seg.ES]) stack.push(size, old[seg]!);
    stack.push(size, old[Seg.SS]!);
    stack.push(size, p.esp);
    frame(stack);
    if (v86) for (const seg of [Seg.GS, Seg.FS, Seg.DS, Seg.ES]) setSegment(p, seg, 0, 0, 0, 0);
    load(p, Seg.SS, inner.selector, ss);
    stack.commit();
  } else {
    if (v86) gp(csCode);
    checkTarget(cs, offset, e.ext);
    const stack = Stack.current(p, e.ext);
    frame(stack);
    stack.commit();
  }
  const clear = FL_TF | FL_VM | FL_RF | FL_NT | ((type & 1) === 0 ? FL_IF : 0);
  writeEflags(S, p.eflags & ~clear);
  loadCode(p, selector, cs, cpl);
  S[PC >> 2] = offset;
}

function checkTarget(cs: Descriptor, offset: number, ext: number): void {
  if (offset >>> 0 > cs.limit >>> 0) gp(ext);
}

function throughTaskGate(p: Processor, e: Event, selector: number): void {
  const code = (selector & 0xfffc) | e.ext;
  if (selector & 4) gp(code);
  const tss = readDescriptor(p, selector, Vector.GP, e.ext);
  const type = systemType(tss.high);
  if (tss.high & A_S || (type !== SysType.tss16 && type !== SysType.tss32)) gp(code);
  if (!tss.present) fault(Vector.NP, code);
  taskSwitch(p, selector, tss, Switch.nested, e.next, e.flags, e.ext);
  if (e.code === NO_CODE) return;
  const stack = Stack.current(p, e.ext);
  stack.push(type === SysType.tss32 ? 4 : 2, e.code);
  stack.commit();
}

/** INT n in virtual-8086 mode without its extensions needs IOPL 3. */
export function checkV86Interrupt(p: Processor): void {
  if (p.eflags & FL_VM && (p.eflags & FL_IOPL) !== FL_IOPL) gp();
}

const CONTRIBUTORY: ReadonlySet<number> = new Set([Vector.DE, Vector.TS, Vector.NP, Vector.SS, Vector.GP]);
const CODED: ReadonlySet<number> = new Set([Vector.DF, Vector.TS, Vector.NP, Vector.SS, Vector.GP, Vector.PF, Vector.AC]);

/** The error code that goes with an exception, in protected mode. */
export function codeOf(p: Processor, f: GuestFault): number {
  return !p.realMode && CODED.has(f.vector) ? f.errorCode : NO_CODE;
}

/** What comes of a second exception while the first is delivered (vol. 3, table 6-5); null: shutdown. */
export function combine(first: number, second: GuestFault): GuestFault | null {
  if (first === Vector.DF) return CONTRIBUTORY.has(second.vector) || second.vector === Vector.PF ? null : second;
  const twice = (CONTRIBUTORY.has(first) && CONTRIBUTORY.has(second.vector))
    || (first === Vector.PF && (CONTRIBUTORY.has(second.vector) || second.vector === Vector.PF));
  return twice ? new GuestFault(Vector.DF, 0) : second;
}

