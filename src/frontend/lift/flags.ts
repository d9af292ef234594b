import { Exit } from "../../ir/exit.js";
import { AF, ARITH, CF, DF, PF, SF, ZF } from "../../ir/flags.js";
import type { Inst } from "../../ir/inst.js";
import { Vector } from "../../ir/memory.js";
import { CPL, EFL, Reg, SHADOW, SHADOW_STI } from "../../ir/state.js";
import { Insn, Mnemonic } from "../decode.js";
import { Mode } from "../mode.js";
import { type Lift, type LiftContext, type LiftTable, memInt } from "./context.js";

// CLC STC CMC CLD STD CLI STI LAHF SAHF PUSHF POPF SALC (Intel SDM vol. 2)

const TF = 0x100, IF = 0x200, IOPL = 0x3000, NT = 0x4000, RF = 0x10000, VM = 0x20000, AC = 0x40000, VIF = 0x80000, VIP = 0x100000, ID = 0x200000;
const LOW = CF | PF | AF | ZF | SF;

/** The flags outside the arithmetic ones. */
function system(c: LiftContext): Inst {
  return c.b.get("i32", EFL);
}

/** Change bits of EFLAGS outside the arithmetic flags. */
function change(c: LiftContext, mask: number, value: Inst): void {
  c.b.set(EFL, c.b.or(c.b.and(system(c), c.b.i32(~mask)), c.b.and(value, c.b.i32(mask))));
}

/** IOPL < CPL, at CPL 1 and 2 */
function belowCpl(c: LiftContext, efl: Inst): Inst {
  const b = c.b;
  return b.ltu(b.and(b.shr(efl, b.i32(12)), b.i32(3)), b.get("i32", CPL));
}

/** #GP(0) unless CPL <= IOPL (in virtual-8086 mode, whose CPL is 3, too). */
function requireIopl(c: LiftContext): void {
  const b = c.b;
  if (c.mode & (Mode.CPL3 | Mode.V86)) b.trapif(b.ne(b.and(system(c), b.i32(IOPL)), b.i32(IOPL)), Vector.GP);
  else if (c.mode & Mode.CPL12) b.trapif(belowCpl(c, system(c)), Vector.GP);
}

function setDirection(value: number): Lift {
  return (c) => change(c, DF, c.b.i32(value));
}

function cmc(c: LiftContext): void {
  c.b.fmod(CF, c.b.xor(c.b.fget(CF), c.b.i32(CF)));
}

function cli(c: LiftContext): void {
  requireIopl(c);
  change(c, IF, c.b.i32(0));
}

/** The run loop gets control, to see whether an interrupt waited. */
function sti(c: LiftContext): void {
  requireIopl(c);
  // No interrupt before the next instruction, unless they were allowed before too.
  const b = c.b;
  b.set(SHADOW, b.or(b.get("i32", SHADOW), b.and(b.shr(b.xor(system(c), b.i32(IF)), b.i32(9)), b.i32(SHADOW_STI))));
  change(c, IF, b.i32(IF));
  c.exit(Exit.mode);
}

function lahf(c: LiftContext): void {
  c.writeReg(Reg.EAX, 1, c.b.or(c.b.fget(LOW), c.b.i32(2)), true);
}

function sahf(c: LiftContext): void {
  c.b.fmod(LOW, c.b.and(c.readReg(Reg.EAX, 1, true), c.b.i32(LOW)));
}

/** VM and RF are pushed as 0. */
function pushf(c: LiftContext, insn: Insn): void {
  const b = c.b;
  if (c.mode & Mode.V86) requireIopl(c);
  c.push(b.or(b.and(system(c), b.i32(~(VM | RF))), b.fget(ARITH)), -insn.stackDelta);
}

/** What the privilege level may not change stays; the block ends because TF, AC or IF may have changed. */
function popf(c: LiftContext, insn: Insn): void {
  const b = c.b;
  const size = insn.stackDelta;
  if (c.mode & Mode.V86) requireIopl(c);
  const value = c.low(b.load(memInt(size), c.stackAddr(0)));
  const efl = system(c);
  const user = (TF | DF | NT | RF | AC | ID) & (size === 2 ? 0xffff : -1);
  let mask: Inst;
  if (c.mode & Mode.V86) mask = b.i32(user | IF);
  // CPL 3 may change IF only when IOPL is 3
  else if (c.mode & Mode.CPL3) mask = b.select(b.eq(b.and(efl, b.i32(IOPL)), b.i32(IOPL)), b.i32(user | IF), b.i32(user));
  else if (c.mode & Mode.CPL12) mask = b.select(belowCpl(c, efl), b.i32(user), b.i32(user | IF));
  else mask = b.i32(user | IF | IOPL | (size === 2 ? 0 : VIF | VIP));
  const cleared = b.and(value, b.i32(~(RF | VIF | VIP)));
  c.moveStack(size);
  b.set(EFL, b.or(b.and(efl, b.xor(mask, b.i32(-1))), b.and(cleared, mask)));
  b.fmod(ARITH, b.and(value, b.i32(ARITH)));
  c.exit(Exit.mode);
}

/** SALC: AL = CF ? FFh : 0. */
function salc(c: LiftContext): void {
  c.writeReg(Reg.EAX, 1, c.b.sub(c.b.i32(0), c.b.fget(CF)));
}

/** CLAC STAC: supervisors only. */
function setAc(value: number): Lift {
  return (c) => {
    if (!(c.mode & Mode.SYSTEM) || c.mode & (Mode.CPL3 | Mode.CPL12 | Mode.V86)) return c.undefined();
    change(c, AC, c.b.i32(value));
    c.exit(Exit.mode);
  };
}

export const FLAG_LIFTS: LiftTable = [
  [Mnemonic.Clc, (c) => c.b.fmod(CF, c.b.i32(0))],
  [Mnemonic.Stc, (c) => c.b.fmod(CF, c.b.i32(CF))],
  [Mnemonic.Cmc, cmc],
  [Mnemonic.Cld, setDirection(0)],
  [Mnemonic.Std, setDirection(DF)],
  [Mnemonic.Cli, cli],
  [Mnemonic.Sti, sti],
  [Mnemonic.Lahf, lahf],
  [Mnemonic.Sahf, sahf],
  [Mnemonic.Pushf, pushf],
  [Mnemonic.Pushfd, pushf],
  [Mnemonic.Pushfq, pushf],
  [Mnemonic.Popf, popf],
  [Mnemonic.Popfd, popf],
  [Mnemonic.Popfq, popf],
  [Mnemonic.Salc, salc],
  [Mnemonic.Clac, setAc(0)],
  [Mnemonic.Stac, setAc(AC)],
];
