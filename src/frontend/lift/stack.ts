import type { Inst } from "../../ir/inst.js";
import { Reg, Seg } from "../../ir/state.js";
import { Code, Insn, Mnemonic, Operand, RegClass } from "../decode.js";
import { isClass, type LiftContext, type LiftTable, memInt } from "./context.js";
import { afterSegment, loadSegment, selector } from "./move.js";

// PUSH POP PUSHA POPA ENTER LEAVE (Intel SDM vol. 2). The stack pointer moves only when nothing can fault any more.

/** Pushed: the operand's value before the stack pointer moves; a selector is zero-extended. */
function push(c: LiftContext, insn: Insn): void {
  const op = insn.ops[0]!;
  const value = isClass(op, RegClass.segment) ? selector(c, op.index) : c.read(op);
  c.push(value, -insn.stackDelta);
}

function pop(c: LiftContext, insn: Insn): void {
  const op = insn.ops[0]!;
  const size = insn.stackDelta;
  if (c.wide && op.isReg && op.cls === RegClass.segment) c.unsupported();
  else if (op.isMem) {
    const value = c.b.load(memInt(size), c.stackAddr(0));
    c.b.store(memInt(size), c.addr(op.base === Reg.ESP && !op.ripRelative ? displaced(op, size) : op), value);
    c.moveStack(size);
  } else if (op.cls === RegClass.segment) {
    loadSegment(c, op.index, c.b.load(memInt(size), c.stackAddr(0)));
    c.moveStack(size);
    afterSegment(c, op.index);
  } else {
    c.writeReg(op.index, size, c.pop(size));
  }
}

/** POP computes an address that contains ESP with the value after the pop. */
function displaced(op: Operand, delta: number): Operand {
  const moved = new Operand(op.kind, op.size);
  Object.assign(moved, op);
  moved.disp = (op.disp + delta) | 0;
  return moved;
}

/** All stores are checked first, from the top down, as the stack is written. */
function pusha(size: number) {
  return (c: LiftContext): void => {
    for (let k = 1; k <= 8; k++) c.b.probe(c.stackAddr(-size * k), size, true);
    for (let k = 0; k < 8; k++) c.b.store(memInt(size), c.stackAddr(-size * (k + 1)), c.gpr(k));
    c.moveStack(-8 * size);
  };
}

/** The place of ESP is skipped. */
function popa(size: number) {
  return (c: LiftContext): void => {
    const values: [number, Inst][] = [];
    for (let k = 7; k >= 0; k--) if (k !== Reg.ESP) values.push([k, c.b.load(memInt(size), c.stackAddr(size * (7 - k)))]);
    for (const [k, v] of values) c.writeReg(k, size, v);
    c.moveStack(8 * size);
  };
}

/**
 * ENTER: the old frame pointer, then for nesting levels above 0 the enclosing frames' pointers and the new one. The final stack pointer must
 * be writable too. Copies may overlap what is being pushed, so they go in order, after everything was checked.
 */
function enter(c: LiftContext, insn: Insn): void {
  const b = c.b;
  const size = insn.code === Code.Enterw_imm16_imm8 ? 2 : 4;
  const mem = memInt(size);
  const bytes = insn.ops[0]!.value & 0xffff;
  const level = insn.ops[1]!.value & 31;
  const ebp = c.gpr(Reg.EBP);
  const frame = b.add(c.gpr(Reg.ESP), b.i32(-size));
  const outer = (k: number): Inst => c.linear(Seg.SS, c.wrapStack(b.add(ebp, b.i32(-size * k))));
  const pushes = level === 0 ? 1 : level + 1;
  const final = -size * pushes - bytes;

  b.probe(c.stackAddr(-size), size, true);
  for (let k = 1; k < level; k++) {
    b.probe(outer(k), size, false);
    b.probe(c.stackAddr(-size * (k + 1)), size, true);
  }
  if (level > 0) b.probe(c.stackAddr(-size * pushes), size, true);
  b.probe(c.stackAddr(final), size, true);

  b.store(mem, c.stackAddr(-size), ebp);
  for (let k = 1; k < level; k++) b.store(mem, c.stackAddr(-size * (k + 1)), b.load(mem, outer(k)));
  if (level > 0) b.store(mem, c.stackAddr(-size * pushes), frame);
  c.writeReg(Reg.EBP, size, frame);
  c.moveStack(final);
}

function leave(c: LiftContext, insn: Insn): void {
  const size = insn.code === Code.Leavew ? 2 : insn.code === Code.Leaveq ? 8 : 4;
  const ebp = c.wide ? c.readReg(Reg.EBP, 8) : c.gpr(Reg.EBP);
  const value = c.b.load(memInt(size), c.linear(Seg.SS, c.wrapStack(ebp)));
  c.setStack(c.b.add(ebp, c.constant(size, c.wide ? 8 : 4)));
  c.writeReg(Reg.EBP, size, value);
}

export const STACK_LIFTS: LiftTable = [
  [Mnemonic.Push, push],
  [Mnemonic.Pop, pop],
  [Mnemonic.Pusha, pusha(2)],
  [Mnemonic.Pushad, pusha(4)],
  [Mnemonic.Popa, popa(2)],
  [Mnemonic.Popad, popa(4)],
  [Mnemonic.Enter, enter],
  [Mnemonic.Leave, leave],
];
