import { writeEflags } from "../../../ir/eflags.js";
import { Far } from "../../../ir/lib/far.js";
import { GuestFault, Vector } from "../../../ir/memory.js";
import { EXIT_ARG, FAR_NEXT, FAR_OFF, FAR_SEL, GPR, PC, Reg, Seg, SEG_LIMIT, SEG_SEL } from "../../../ir/state.js";
import { tableOf } from "../../../mmu/pte.js";
import {
  A_CODE, A_CONFORMING, A_S, FL_AC, FL_IF, FL_IOPL, FL_NT, FL_RF, FL_VIF, FL_VIP, FL_VM, SysType, systemType,
} from "./bits.js";
import { type Descriptor, readDescriptor } from "./descriptor.js";
import { fault, gp, type Processor } from "./processor.js";
import { checkEip, dropInner, load, loadCode, setParagraph, setSegment, stackDescriptor, V86_ATTR } from "./segment.js";
import { Stack } from "./stack.js";
import { innerStack, Switch, switchByTransfer, taskReturn } from "./task.js";

/** Far JMP, CALL, RET and IRET (Intel SDM vol. 2; vol. 3, 5.8), SYSENTER and SYSEXIT. */

/** What Exit.far asks for. Throws GuestFault with nothing changed (but by a task switch that had begun); else PC is the target. */
export function farTransfer(p: Processor): void {
  const { S } = p;
  const kind: Far = S[EXIT_ARG >> 2]! & 0xff, size = S[EXIT_ARG >> 2]! >> 8;
  const selector = S[FAR_SEL >> 2]! & 0xffff, offset = S[FAR_OFF >> 2]!, next = S[FAR_NEXT >> 2]!;
  const paragraphs = p.realMode || (p.eflags & FL_VM) !== 0;
  try {
    switch (kind) {
      case Far.jump:
        return paragraphs ? goTo(p, selector, truncate(offset, size)) : jump(p, selector, truncate(offset, size), next);
      case Far.call:
        return paragraphs ? callParagraph(p, size, selector, offset, next) : call(p, size, selector, offset, next);
      case Far.ret:
        return paragraphs ? returnParagraph(p, size, offset) : returnFar(p, size, offset);
      case Far.iret:
        return paragraphs ? iretParagraph(p, size) : iret(p, size, next);
      case Far.sysexit:
        return sysexit(p);
    }
  } catch (e) {
    p.selectTable();
    throw e;
  }
}

function truncate(offset: number, size: number): number {
  return size === 2 ? offset & 0xffff : offset;
}

// Real-address and virtual-8086 mode.

function goTo(p: Processor, selector: number, offset: number): void {
  checkEip(p.S[(SEG_LIMIT >> 2) + Seg.CS]!, offset);
  setParagraph(p, Seg.CS, selector);
  p.S[PC >> 2] = offset;
}

function callParagraph(p: Processor, size: number, selector: number, offset: number, next: number): void {
  offset = truncate(offset, size);
  checkEip(p.S[(SEG_LIMIT >> 2) + Seg.CS]!, offset);
  const stack = Stack.current(p);
  stack.push(size, p.S[(SEG_SEL >> 2) + Seg.CS]!);
  stack.push(size, next);
  stack.commit();
  goTo(p, selector, offset);
}

function returnParagraph(p: Processor, size: number, release: number): void {
  const stack = Stack.current(p);
  const offset = stack.pop(size), selector = stack.pop(size) & 0xffff;
  stack.skip(release);
  goTo(p, selector, offset);
  stack.commit();
}

function iretParagraph(p: Processor, size: number): void {
  const v86 = (p.eflags & FL_VM) !== 0;
  if (v86 && (p.eflags & FL_IOPL) !== FL_IOPL) gp();
  const stack = Stack.current(p);
  const offset = stack.pop(size), selector = stack.pop(size) & 0xffff, flags = stack.pop(size);
  goTo(p, selector, offset);
  stack.commit();
  // In virtual-8086 mode IOPL stays; VM, VIF and VIP always do.
  let keep = FL_VM | FL_VIF | FL_VIP | (v86 ? FL_IOPL : 0);
  if (size === 2) keep |= 0xffff0000 | 0;
  writeEflags(p.S, (p.eflags & keep) | (flags & ~keep & FLAGS));
  p.selectTable();
}

/** All bits of EFLAGS that exist. */
const FLAGS = 0x3f7fd5;

// Protected mode.

/** Whether code may be entered by a transfer that does not change the privilege level. */
function checkSameLevel(p: Processor, selector: number, cs: Descriptor): void {
  const code = selector & 0xfffc;
  if (cs.attr & A_CONFORMING ? cs.dpl > p.cpl : (selector & 3) > p.cpl || cs.dpl !== p.cpl) gp(code);
  if (!cs.present) fault(Vector.NP, code);
}

function isCode(d: Descriptor): boolean {
  return (d.attr & (A_S | A_CODE)) === (A_S | A_CODE);
}

function jump(p: Processor, selector: number, offset: number, next: number): void {
  if ((selector & 0xfffc) === 0) gp();
  const d = readDescriptor(p, selector);
  if (isCode(d)) {
    checkSameLevel(p, selector, d);
    checkEip(d.limit, offset);
    loadCode(p, selector, d, p.cpl);
    p.S[PC >> 2] = offset;
    return;
  }
  if (switchedTask(p, selector, d, Switch.jump, next)) return;
  const gate = openCallGate(p, selector, d);
  const { cs } = gate;
  if (cs.attr & A_CONFORMING ? cs.dpl > p.cpl : cs.dpl !== p.cpl) gp(d.selector & 0xfffc);
  if (!cs.present) fault(Vector.NP, d.selector & 0xfffc);
  checkEip(cs.limit, gate.offset);
  loadCode(p, d.selector, cs, p.cpl);
  p.S[PC >> 2] = gate.offset;
}

/** A transfer to what is no code: switch to the task that it is, or leads to. False: it is a call gate. */
function switchedTask(p: Processor, selector: number, d: Descriptor, how: Switch, next: number): boolean {
  if (!(d.attr & A_S)) {
    switch (systemType(d.high)) {
      case SysType.tss16:
      case SysType.tss32:
      case SysType.task:
        switchByTransfer(p, selector, d, how, next);
        return true;
      case SysType.call16:
      case SysType.call32:
        return false;
    }
  }
  return gp(selector & 0xfffc);
}

/** Check a call gate, and find the code behind it (whose privilege level is not checked yet). */
function openCallGate(p: Processor, selector: number, gate: Descriptor): { cs: Descriptor; offset: number; size: number } {
  const code = selector & 0xfffc;
  if (gate.dpl < p.cpl || gate.dpl < (selector & 3)) gp(code);
  if (!gate.present) fault(Vector.NP, code);
  if ((gate.selector & 0xfffc) === 0) gp();
  const cs = readDescriptor(p, gate.selector);
  if (!isCode(cs) || cs.dpl > p.cpl) gp(gate.selector & 0xfffc);
  const wide = systemType(gate.high) === SysType.call32;
  return { cs, offset: wide ? gate.offset32 : gate.low & 0xffff, size: wide ? 4 : 2 };
}

function call(p: Processor, size: number, selector: number, offset: number, next: number): void {
  if ((selector & 0xfffc) === 0) gp();
  const d = readDescriptor(p, selector);
  if (isCode(d)) {
    checkSameLevel(p, selector, d);
    enter(p, size, selector, d, truncate(offset, size), next);
    return;
  }
  if (!switchedTask(p, selector, d, Switch.nested, next)) callThroughGate(p, selector, d, next);
}

/** Push CS and EIP on the current stack and go on at this privilege level. */
function enter(p: Processor, size: number, selector: number, cs: Descriptor, offset: number, next: number): void {
  const stack = Stack.current(p);
  stack.push(size, p.S[(SEG_SEL >> 2) + Seg.CS]!);
  stack.push(size, next);
  checkEip(cs.limit, offset);
  stack.commit();
  loadCode(p, selector, cs, p.cpl);
  p.S[PC >> 2] = offset;
}

function callThroughGate(p: Processor, selector: number, d: Descriptor, next: number): void {
  const { cs, offset, size } = openCallGate(p, selector, d);
  if (!cs.present) fault(Vector.NP, d.selector & 0xfffc);
  if (cs.attr & A_CONFORMING || cs.dpl === p.cpl) return enter(p, size, d.selector, cs, offset, next);
  const { S } = p;
  const cpl = cs.dpl;
  const inner = innerStack(p, cpl, 0);
  const ss = stackDescriptor(p, inner.selector, cpl, Vector.TS, 0);
  // Parameters come from the old stack, at the old privilege level.
  const count = d.high & 31;
  const old = Stack.current(p);
  const parameters = Array.from({ length: count }, () => old.pop(size));
  const stack = new Stack(p, ss.base, ss.limit, ss.attr, inner.sp, inner.selector & 0xfffc);
  p.memory.table = tableOf(cpl, (p.eflags & FL_AC) !== 0);
  stack.push(size, S[(SEG_SEL >> 2) + Seg.SS]!);
  stack.push(size, p.esp);
  for (let k = count - 1; k >= 0; k--) stack.push(size, parameters[k]!);
  stack.push(size, S[(SEG_SEL >> 2) + Seg.CS]!);
  stack.push(size, next);
  checkEip(cs.limit, offset);
  load(p, Seg.SS, inner.selector, ss);
  stack.commit();
  loadCode(p, d.selector, cs, cpl);
  S[PC >> 2] = offset;
}

/** The code segment that a return goes to. */
function returnTarget(p: Processor, selector: number): Descriptor {
  const code = selector & 0xfffc, rpl = selector & 3;
  if (code === 0) gp();
  const cs = readDescriptor(p, selector);
  if (!isCode(cs) || rpl < p.cpl || (cs.attr & A_CONFORMING ? cs.dpl > rpl : cs.dpl !== rpl)) gp(code);
  if (!cs.present) fault(Vector.NP, code);
  return cs;
}

function returnFar(p: Processor, size: number, release: number): void {
  const stack = Stack.current(p);
  const offset = stack.pop(size), selector = stack.pop(size) & 0xffff;
  const cs = returnTarget(p, selector);
  stack.skip(release);
  if ((selector & 3) === p.cpl) {
    checkEip(cs.limit, offset);
    stack.commit();
    loadCode(p, selector, cs, p.cpl);
  } else returnOuter(p, stack, size, selector, cs, offset, release);
  p.S[PC >> 2] = offset;
}

/** To an outer level: its stack pointer and stack segment come next on the stack. */
function returnOuter(p: Processor, stack: Stack, size: number, selector: number, cs: Descriptor, offset: number, release: number): void {
  const rpl = selector & 3;
  const sp = stack.pop(size), ssSelector = stack.pop(size) & 0xffff;
  const ss = stackDescriptor(p, ssSelector, rpl, Vector.GP, 0);
  checkEip(cs.limit, offset);
  load(p, Seg.SS, ssSelector, ss);
  const outer = new Stack(p, ss.base, ss.limit, ss.attr, sp);
  outer.skip(release);
  outer.commit();
  loadCode(p, selector, cs, rpl);
  dropInner(p);
}

function iret(p: Processor, size: number, next: number): void {
  if (p.eflags & FL_NT) return taskReturn(p, next);
  const { S } = p;
  const stack = Stack.current(p);
  const offset = stack.pop(size), selector = stack.pop(size) & 0xffff, flags = stack.pop(size);
  if (size === 4 && flags & FL_VM && p.cpl === 0) return enterV86(p, stack, selector, offset, flags);
  const cs = returnTarget(p, selector);
  const old = p.eflags;
  // What the old privilege level may change.
  let mask = FLAGS & ~(FL_IF | FL_IOPL | FL_VM | FL_VIF | FL_VIP);
  if (p.cpl <= (old & FL_IOPL) >> 12) mask |= FL_IF;
  if (p.cpl === 0) mask |= FL_IOPL | FL_VIF | FL_VIP;
  if (size === 2) mask &= 0xffff;
  if ((selector & 3) === p.cpl) {
    checkEip(cs.limit, offset);
    stack.commit();
    loadCode(p, selector, cs, p.cpl);
  } else returnOuter(p, stack, size, selector, cs, offset, 0);
  writeEflags(S, (old & ~mask) | (flags & mask));
  S[PC >> 2] = offset;
  p.selectTable();
}

function enterV86(p: Processor, stack: Stack, selector: number, offset: number, flags: number): void {
  const { S } = p;
  const sp = stack.pop(4);
  const [ss, es, ds, fs, gs] = [0, 0, 0, 0, 0].map(() => stack.pop(4) & 0xffff) as [number, number, number, number, number];
  checkEip(0xffff, offset);
  writeEflags(S, flags & (FLAGS | FL_RF));
  const put = (seg: number, value: number): void => setSegment(p, seg, value, value << 4, 0xffff, V86_ATTR);
  put(Seg.CS, selector);
  put(Seg.SS, ss);
  put(Seg.ES, es);
  put(Seg.DS, ds);
  put(Seg.FS, fs);
  put(Seg.GS, gs);
  p.esp = sp;
  p.cpl = 3;
  S[PC >> 2] = offset;
}

// SYSENTER and SYSEXIT.

const FLAT_CODE = 0xc09b00, FLAT_DATA = 0xc09300;

export function sysenter(p: Processor): void {
  const { sysenterCs, sysenterEsp, sysenterEip } = p.msrs;
  if (p.realMode || (sysenterCs & 0xfffc) === 0) throw new GuestFault(Vector.GP);
  writeEflags(p.S, p.eflags & ~(FL_VM | FL_IF | FL_RF));
  setSegment(p, Seg.CS, sysenterCs & 0xfffc, 0, -1, FLAT_CODE);
  setSegment(p, Seg.SS, (sysenterCs & 0xfffc) + 8, 0, -1, FLAT_DATA);
  p.esp = sysenterEsp;
  p.cpl = 0;
  p.S[PC >> 2] = sysenterEip;
}

function sysexit(p: Processor): void {
  const { sysenterCs } = p.msrs;
  if (p.realMode || (sysenterCs & 0xfffc) === 0) throw new GuestFault(Vector.GP);
  const user = 0x6000;
  setSegment(p, Seg.CS, ((sysenterCs & 0xfffc) + 16) | 3, 0, -1, FLAT_CODE | user);
  setSegment(p, Seg.SS, ((sysenterCs & 0xfffc) + 24) | 3, 0, -1, FLAT_DATA | user);
  p.S[PC >> 2] = p.S[(GPR >> 2) + Reg.EDX * 2]!;
  p.esp = p.S[(GPR >> 2) + Reg.ECX * 2]!;
  p.cpl = 3;
}
