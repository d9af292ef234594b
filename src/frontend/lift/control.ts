import { Exit, NOT_REFUSED } from "../../ir/exit.js";
import { Cond, OF } from "../../ir/flags.js";
import type { Inst } from "../../ir/inst.js";
import { Far } from "../../ir/lib/far.js";
import { PfCode, Vector } from "../../ir/memory.js";
import { EXIT_PC, FAR_NEXT, FAR_OFF, FAR_SEL, Reg, Seg, SEG_LIMIT } from "../../ir/state.js";
import { Code, Insn, Kind, Mnemonic, type Operand } from "../decode.js";
import { Mode } from "../mode.js";
import { type Lift, type LiftContext, type LiftTable, memInt } from "./context.js";

// JMP Jcc CALL RET LOOP JCXZ, their far forms, INT INTO BOUND UD (Intel SDM vol. 2)

/** Error code of a fetch where no memory is. */
const FETCH = PfCode.I | PfCode.U;

const FAR_MEMORY: ReadonlySet<Code> = new Set([Code.Jmp_m1616, Code.Jmp_m1632, Code.Call_m1616, Code.Call_m1632]);

/** Operands of a far transfer into the state; the run loop does it (Exit.far). */
export function farTransfer(c: LiftContext, insn: Insn, kind: Far, size: number, selector: Inst, offset: Inst): void {
  const b = c.b;
  b.set(FAR_SEL, selector);
  b.set(FAR_OFF, offset);
  b.set(FAR_NEXT, b.i32(insn.next));
  c.done = true;
  b.end({ kind: "exit", reason: Exit.far, arg: kind | (size << 8), next: insn.pc });
}

/** Far JMP and CALL, or false if the operand is a near one. */
function farOperand(c: LiftContext, insn: Insn, kind: Far): boolean {
  const b = c.b;
  const op = insn.ops[0]!;
  if (op.kind === Kind.far) farTransfer(c, insn, kind, op.size, b.i32(op.index), b.i32(op.value));
  else if (FAR_MEMORY.has(insn.code)) {
    const size = op.size - 2;
    const addr = c.addr(op);
    const offset = b.load(memInt(size), addr);
    farTransfer(c, insn, kind, size, b.load("i16", b.add(addr, b.i32(size))), offset);
  } else return false;
  return true;
}

/** In a whole processor a near transfer beyond the limit of CS faults itself, #GP(0), not at its target. `taken`: it is conditional. */
function checkTarget(c: LiftContext, to: Inst | number, taken?: Inst): void {
  if (!(c.mode & Mode.SYSTEM) || c.mode & Mode.FLAT) return;
  const target = typeof to === "number" ? c.b.i32(to) : to;
  // 16-bit offsets are within 64 KB, which real and virtual-8086 mode have.
  if (target.isConst && target.imm >>> 0 <= 0xffff && c.mode & (Mode.REAL | Mode.V86)) return;
  const b = c.b;
  const beyond = b.ltu(b.get("i32", SEG_LIMIT + Seg.CS * 4), target);
  b.trapif(taken ? b.and(taken, beyond) : beyond, Vector.GP);
}

/** A jump in 64-bit code to where there is no memory: it faults itself, before anything changes. */
function beyond(c: LiftContext, op: Operand): boolean {
  return c.wide && op.valueHi !== 0;
}

/** The low word of a computed target. */
function computed(c: LiftContext, target: Inst): Inst {
  return c.wide ? c.codeAddress(target) : target;
}

function jmp(c: LiftContext, insn: Insn): void {
  const op = insn.ops[0]!;
  if (op.kind === Kind.branch) {
    if (beyond(c, op)) return c.trap(Vector.PF, FETCH);
    checkTarget(c, op.value);
    return c.jump(op.value);
  }
  if (c.wide && op.size !== 8) return c.unsupported();
  if (farOperand(c, insn, Far.jump)) return;
  const target = computed(c, c.read(op));
  checkTarget(c, target);
  c.indirect(target, "jump");
}

function call(c: LiftContext, insn: Insn): void {
  const op = insn.ops[0]!;
  const size = -insn.stackDelta;
  if (c.wide && (op.size !== 8 || size !== 8)) return c.unsupported();
  if (op.kind !== Kind.branch && farOperand(c, insn, Far.call)) return;
  if (op.kind === Kind.branch && beyond(c, op)) return c.trap(Vector.PF, FETCH);
  let target = op.kind === Kind.branch ? null : c.read(op);
  if (target && c.wide) {
    // what is wrong with the stack comes before what is wrong with the target
    c.b.probe(c.stackAddr(-size), size, true);
    target = c.codeAddress(target);
  }
  checkTarget(c, target ?? op.value);
  c.push(c.b.i32(size === 2 ? insn.next & 0xffff : insn.next), size);
  if (target) c.indirect(target, "call");
  else c.jump(op.value, true);
}

function released(op: Operand | undefined): number {
  return op ? op.value & 0xffff : 0;
}

function ret(c: LiftContext, insn: Insn): void {
  const extra = released(insn.ops[0]);
  const size = insn.stackDelta - extra;
  if (c.wide && size !== 8) return c.unsupported();
  const target = computed(c, c.b.load(memInt(size), c.stackAddr(0)));
  checkTarget(c, target);
  c.moveStack(size + extra);
  c.indirect(target, "ret");
}

function retf(c: LiftContext, insn: Insn): void {
  const extra = released(insn.ops[0]);
  farTransfer(c, insn, Far.ret, (insn.stackDelta - extra) / 2, c.b.i32(0), c.b.i32(extra));
}

function iret(size: number): Lift {
  return (c, insn) => farTransfer(c, insn, Far.iret, size, c.b.i32(0), c.b.i32(0));
}

function jcc(cc: number): Lift {
  return (c, insn) => {
    conditional(c, insn, c.b.fcond(cc));
  };
}

function conditional(c: LiftContext, insn: Insn, taken: Inst): void {
  const op = insn.ops[0]!;
  checkTarget(c, op.value, taken);
  if (beyond(c, op)) c.b.trapif(taken, Vector.PF, FETCH);
  c.branch(taken, op.value);
}

const COUNT_CX: ReadonlySet<Code> = new Set([
  Code.Loop_rel8_16_CX, Code.Loop_rel8_32_CX, Code.Loope_rel8_16_CX, Code.Loope_rel8_32_CX, Code.Loopne_rel8_16_CX, Code.Loopne_rel8_32_CX,
]);

const COUNT_RCX: ReadonlySet<Code> = new Set([
  Code.Loop_rel8_64_RCX, Code.Loope_rel8_64_RCX, Code.Loopne_rel8_64_RCX, Code.Loop_rel8_16_RCX, Code.Loope_rel8_16_RCX, Code.Loopne_rel8_16_RCX,
]);

/** LOOP LOOPE LOOPNE: the count register has the address size. */
function loop(cc: number): Lift {
  return (c, insn) => {
    const b = c.b;
    const size = COUNT_CX.has(insn.code) ? 2 : COUNT_RCX.has(insn.code) ? 8 : 4;
    const count = c.truncate(b.sub(c.readReg(Reg.ECX, size), c.constant(1, size)), size);
    const more = b.ne(count, c.constant(0, size));
    const cond = cc < 0 ? more : b.and(more, b.fcond(cc));
    const op = insn.ops[0]!;
    checkTarget(c, op.value, cond);
    if (beyond(c, op)) b.trapif(cond, Vector.PF, FETCH);
    c.writeReg(Reg.ECX, size, count);
    c.branch(cond, op.value);
  };
}

function jcxz(size: number): Lift {
  return (c, insn) => {
    conditional(c, insn, c.b.eq(c.readReg(Reg.ECX, size), c.constant(0, size)));
  };
}

/** INT n is subject to its gate's privilege level, INT3 and INT1 are not. */
function interrupt(c: LiftContext, insn: Insn): void {
  c.b.set(EXIT_PC, c.b.i32(insn.pc));
  c.exit(Exit.interrupt, insn.ops[0]!.value & 0xff);
}

function breakpoint(vector: Vector): Lift {
  return (c, insn) => {
    c.b.set(EXIT_PC, c.b.i32(insn.pc));
    c.exit(Exit.interrupt, vector | NOT_REFUSED);
  };
}

/**
 * INTO. The exception is a trap, whose return address is the next instruction, but blocks leave in their middle with faults only: the
 * GuestFault carries the instruction's length in its error code (#OF has none), and whoever delivers it moves PC on by that.
 */
function into(c: LiftContext, insn: Insn): void {
  c.b.trapif(c.b.nonzero(c.b.fget(OF)), Vector.OF, insn.length);
}

/** #BR unless the signed index lies within the two bounds in memory. */
function bound(c: LiftContext, insn: Insn): void {
  const b = c.b;
  const [index, bounds] = insn.ops as [Operand, Operand];
  const size = index.size;
  const addr = c.addr(bounds);
  const value = c.signExtend(c.read(index), size);
  const low = c.signExtend(b.load(memInt(size), addr), size);
  const high = c.signExtend(b.load(memInt(size), b.add(addr, b.i32(size))), size);
  b.trapif(b.or(b.lts(value, low), b.lts(high, value)), Vector.BR);
}

function undefinedOpcode(c: LiftContext): void {
  c.undefined();
}

const JCC = [
  Mnemonic.Jo, Mnemonic.Jno, Mnemonic.Jb, Mnemonic.Jae, Mnemonic.Je, Mnemonic.Jne, Mnemonic.Jbe, Mnemonic.Ja,
  Mnemonic.Js, Mnemonic.Jns, Mnemonic.Jp, Mnemonic.Jnp, Mnemonic.Jl, Mnemonic.Jge, Mnemonic.Jle, Mnemonic.Jg,
];

export const CONTROL_LIFTS: LiftTable = [
  [Mnemonic.Jmp, jmp],
  [Mnemonic.Call, call],
  [Mnemonic.Ret, ret],
  [Mnemonic.Retf, retf],
  [Mnemonic.Iret, iret(2)],
  [Mnemonic.Iretd, iret(4)],
  ...JCC.map((m, cc) => [m, jcc(cc)] as const),
  [Mnemonic.Loop, loop(-1)],
  [Mnemonic.Loope, loop(Cond.E)],
  [Mnemonic.Loopne, loop(Cond.NE)],
  [Mnemonic.Jcxz, jcxz(2)],
  [Mnemonic.Jecxz, jcxz(4)],
  [Mnemonic.Jrcxz, jcxz(8)],
  [Mnemonic.Int, interrupt],
  [Mnemonic.Int3, breakpoint(Vector.BP)],
  [Mnemonic.Int1, breakpoint(Vector.DB)],
  [Mnemonic.Into, into],
  [Mnemonic.Bound, bound],
  [Mnemonic.Ud0, undefinedOpcode],
  [Mnemonic.Ud1, undefinedOpcode],
  [Mnemonic.Ud2, undefinedOpcode],
];
