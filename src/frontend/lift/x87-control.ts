import { Exit } from "../../ir/exit.js";
import {
  EnvFormat, envSize, FX_WIDE, MXCSR_MASK, OP_FLDENV, OP_FNSAVE, OP_FNSTENV, OP_FRSTOR, OP_FXRSTOR, OP_FXSAVE,
} from "../../ir/lib/x87-env.js";
import { OP_FLDCW, OP_FNCLEX, OP_FNINIT, OP_FNSTSW } from "../../ir/lib/x87-move.js";
import { System } from "../../ir/lib/system.js";
import { OP_EMMS } from "../../ir/lib/x87.js";
import { OP_XRSTOR, OP_XRSTOR_REFUSES, OP_XSAVE } from "../../ir/lib/xsave.js";
import type { Inst } from "../../ir/inst.js";
import { Vector } from "../../ir/memory.js";
import type { Op } from "../../ir/op.js";
import { FCW, FSW, Reg } from "../../ir/state.js";
import { type Insn, Kind, Mnemonic } from "../decode.js";
import { Mode } from "../mode.js";
import type { Lift, LiftContext, LiftTable } from "./context.js";
import { system } from "./move.js";
import { enterX87, ES } from "./x87.js";

// x87 control instructions and the images of its state (Intel SDM vol. 2). Forms with and without FWAIT differ in whether they wait.

function control(op: Op | null, waiting: boolean): Lift {
  return (c) => {
    if (enterX87(c, waiting) && op) c.b.lib(op, []);
  };
}

/** FWAIT traps with CR0.TS only if MP is set too, and not for EM. */
function wait(c: LiftContext): void {
  if (c.mode & Mode.WAIT_NM) return c.trap(Vector.NM);
  c.b.trapif(c.b.nonzero(c.b.and(c.b.get("i32", FSW), c.b.i32(ES))), Vector.MF);
}

function fstsw(waiting: boolean): Lift {
  return (c, insn) => {
    if (!enterX87(c, waiting)) return;
    const value = c.b.lib(OP_FNSTSW, []);
    const op = insn.ops[0]!;
    if (op.kind === Kind.mem) c.b.store("i16", c.addr(op), value);
    else c.writeReg(Reg.EAX, 2, value);
  };
}

function fstcw(waiting: boolean): Lift {
  return (c, insn) => {
    if (enterX87(c, waiting)) c.b.store("i16", c.addr(insn.ops[0]!), c.b.get("i32", FCW));
  };
}

function fldcw(c: LiftContext, insn: Insn): void {
  if (enterX87(c)) c.b.lib(OP_FLDCW, [c.b.load("i16", c.addr(insn.ops[0]!))]);
}

/** The environment's layout follows the operand size; in virtual-8086 mode it holds linear addresses. */
function format(c: LiftContext, size: number): number {
  return (size === 28 || size === 108 ? EnvFormat.BITS32 : 0) | (c.mode & Mode.V86 ? EnvFormat.REAL : 0);
}

/** FSTENV FLDENV FSAVE FRSTOR. */
function image(op: Op, write: boolean, waiting: boolean): Lift {
  return (c, insn) => {
    if (!enterX87(c, waiting)) return;
    const mem = insn.ops[0]!;
    const f = format(c, mem.size);
    const addr = c.addr(mem);
    c.b.probe(addr, op === OP_FNSTENV || op === OP_FLDENV ? envSize(f) : envSize(f) + 80, write);
    c.b.lib(op, [addr], f);
  };
}

function vectors(c: LiftContext): number {
  return c.mode & Mode.CODE64 ? 16 : 8;
}

/** Of FXSAVE and FXRSTOR: the vector registers, and whether the pointers have 64 bits. */
function fxFormat(c: LiftContext, insn: Insn): number {
  return vectors(c) | (insn.mnemonic === Mnemonic.Fxsave64 || insn.mnemonic === Mnemonic.Fxrstor64 ? FX_WIDE : 0);
}

function fxsave(c: LiftContext, insn: Insn): void {
  if (!enterX87(c, false)) return;
  const addr = c.addr(insn.ops[0]!);
  c.requireAligned(addr, 16);
  c.b.probe(addr, 512, true);
  c.b.lib(OP_FXSAVE, [addr], fxFormat(c, insn));
}

function fxrstor(c: LiftContext, insn: Insn): void {
  if (!enterX87(c, false)) return;
  const b = c.b;
  const addr = c.addr(insn.ops[0]!);
  c.requireAligned(addr, 16);
  b.probe(addr, 512, false);
  b.trapif(b.nonzero(b.and(b.load("i32", b.add(addr, b.i32(24))), b.i32(~MXCSR_MASK))), Vector.GP);
  b.lib(OP_FXRSTOR, [addr], fxFormat(c, insn));
  c.exit(Exit.mode); // MXCSR decides how SSE is translated
}

/** Components that XSAVE and XRSTOR work on: XCR0 and EDX:EAX; #UD without CR4.OSXSAVE, #NM with CR0.TS. */
function stateComponents(c: LiftContext, addr: Inst): { xcr0: Inst; components: Inst } | null {
  const b = c.b;
  const xcr0 = b.lane(system(c, System.xcr0), 1);
  if (c.mode & Mode.NO_FPU && !(c.mode & Mode.EM)) {
    c.trap(Vector.NM);
    return null;
  }
  c.requireAligned(addr, 64);
  return { xcr0, components: b.and(xcr0, c.gpr(Reg.EAX)) };
}

const XSAVE_SIZE = 576;

function xsave(c: LiftContext, insn: Insn): void {
  if (!(c.mode & Mode.SYSTEM)) return c.undefined();
  const addr = c.addr(insn.ops[0]!);
  const which = stateComponents(c, addr);
  if (!which) return;
  c.b.probe(addr, XSAVE_SIZE, true);
  c.b.lib(OP_XSAVE, [addr, which.components], vectors(c));
}

function xrstor(c: LiftContext, insn: Insn): void {
  if (!(c.mode & Mode.SYSTEM)) return c.undefined();
  const b = c.b;
  const addr = c.addr(insn.ops[0]!);
  const which = stateComponents(c, addr);
  if (!which) return;
  b.probe(addr, XSAVE_SIZE, false);
  b.trapif(b.nonzero(b.lib(OP_XRSTOR_REFUSES, [addr, which.xcr0, which.components])), Vector.GP);
  b.lib(OP_XRSTOR, [addr, which.components], vectors(c));
  c.exit(Exit.mode); // MXCSR decides how SSE is translated
}

export const X87_CONTROL_LIFTS: LiftTable = [
  [Mnemonic.Wait, wait], [Mnemonic.Fnop, control(null, true)],
  [Mnemonic.Fninit, control(OP_FNINIT, false)], [Mnemonic.Finit, control(OP_FNINIT, true)],
  [Mnemonic.Fnclex, control(OP_FNCLEX, false)], [Mnemonic.Fclex, control(OP_FNCLEX, true)],
  // instructions of the 8087 and 80287 that later ones ignore
  [Mnemonic.Fneni, control(null, false)], [Mnemonic.Feni, control(null, true)],
  [Mnemonic.Fndisi, control(null, false)], [Mnemonic.Fdisi, control(null, true)],
  [Mnemonic.Fnsetpm, control(null, false)], [Mnemonic.Fsetpm, control(null, true)],
  [Mnemonic.Fnstsw, fstsw(false)], [Mnemonic.Fstsw, fstsw(true)],
  [Mnemonic.Fnstcw, fstcw(false)], [Mnemonic.Fstcw, fstcw(true)], [Mnemonic.Fldcw, fldcw],
  [Mnemonic.Fnstenv, image(OP_FNSTENV, true, false)], [Mnemonic.Fstenv, image(OP_FNSTENV, true, true)], [Mnemonic.Fldenv, image(OP_FLDENV, false, true)],
  [Mnemonic.Fnsave, image(OP_FNSAVE, true, false)], [Mnemonic.Fsave, image(OP_FNSAVE, true, true)], [Mnemonic.Frstor, image(OP_FRSTOR, false, true)],
  [Mnemonic.Xsave, xsave], [Mnemonic.Xrstor, xrstor], [Mnemonic.Fxsave, fxsave], [Mnemonic.Fxrstor, fxrstor],
  [Mnemonic.Fxsave64, fxsave], [Mnemonic.Fxrstor64, fxrstor], [Mnemonic.Emms, control(OP_EMMS, true)],
];
