import type { Inst } from "../../ir/inst.js";
import { ARITH, Cond } from "../../ir/flags.js";
import type { Op } from "../../ir/op.js";
import {
  OP_FADD, OP_FCOM, OP_FCOM_F32, OP_FCOM_F64, OP_FCOM_I32, OP_FCOMI, OP_FDIV, OP_FDIVR, OP_FMUL, OP_FPREM, OP_FPREM1, OP_FRNDINT, OP_FSCALE, OP_FSQRT, OP_FSUB,
  OP_FSUBR, OP_FTST, OP_FXTRACT,
} from "../../ir/lib/x87-arith.js";
import { OP_F2XM1, OP_FCOS, OP_FPATAN, OP_FPTAN, OP_FSIN, OP_FSINCOS, OP_FYL2X, OP_FYL2XP1 } from "../../ir/lib/x87-trans.js";
import {
  OP_FABS, OP_FBLD, OP_FBSTP, OP_FCHS, OP_FCMOV, OP_FFREE, OP_FILD_I32, OP_FILD_I64, OP_FIST_I32, OP_FISTP_I64, OP_FLD, OP_FLD_F32, OP_FLD_F64, OP_FLD_F80,
  OP_FLDCONST, OP_FMOVSTP, OP_FST, OP_FST_F32, OP_FST_F64, OP_FSTP_F80, OP_FSTPNCE, OP_FXAM, OP_FXCH,
} from "../../ir/lib/x87-move.js";
import { Vector } from "../../ir/memory.js";
import { FCS, FDP, FDS, FIP, FIP_KNOWN, FOP, FSW, Seg, SEG_SEL } from "../../ir/state.js";
import { type Insn, Kind, Mnemonic, type Operand } from "../decode.js";
import { Mode } from "../mode.js";
import type { Lift, LiftContext, LiftTable } from "./context.js";

// x87 data movement, arithmetic and comparison (Intel SDM vol. 1, 8; vol. 2). Control and state images are in x87-control.ts.

/** ES in the status word: an unmasked exception is pending. */
export const ES = 0x80;

/** Begin an x87 or MMX instruction: #NM where the mode says so (then nothing more is to be lifted), #MF if an exception is pending. */
export function enterX87(c: LiftContext, waiting = true): boolean {
  if (c.mode & Mode.NO_FPU) {
    c.trap(Vector.NM);
    return false;
  }
  if (waiting) c.b.trapif(c.b.nonzero(c.b.and(c.b.get("i32", FSW), c.b.i32(ES))), Vector.MF);
  return true;
}

/** Remember the instruction and its memory operand, as every non-control instruction does that does not fault. */
function track(c: LiftContext, insn: Insn, mem?: Operand, offset?: Inst): void {
  const b = c.b;
  b.set(FIP, b.i32(insn.pc));
  if (mem) b.set(FDP, c.low(offset!));
  if (c.mode & Mode.FLAT) return; // the rest follows from FIP (lib/x87-env.ts)
  b.set(FIP_KNOWN, b.i32(insn.pc));
  b.set(FOP, b.i32(insn.fop));
  b.set(FCS, b.get("i32", SEG_SEL + Seg.CS * 4));
  if (mem) b.set(FDS, b.get("i32", SEG_SEL + mem.segment * 4));
}

/** An instruction that only works on registers. */
function simple(op: Op, imm = 0): Lift {
  return (c, insn) => {
    if (!enterX87(c)) return;
    c.b.lib(op, [], imm);
    track(c, insn);
  };
}

/** An instruction whose first operand is ST(i), which goes into the immediate. */
function onRegister(op: Op, imm = 0): Lift {
  return (c, insn) => {
    if (!enterX87(c)) return;
    c.b.lib(op, [], imm | source(insn));
    track(c, insn);
  };
}

/** The register operand that is not the implied ST(0), or 1 if there is none. */
function source(insn: Insn): number {
  const { ops } = insn;
  const st0 = ops.length > 1 && ops[0]!.index === 0 ? 1 : 0;
  return ops.length > 0 ? ops[st0]!.index : 1;
}

/** Load a memory operand and give it to fn. */
function withMemory(c: LiftContext, insn: Insn, fn: (b: LiftContext["b"], addr: Inst, size: number) => void): void {
  const mem = insn.ops[0]!;
  const offset = c.offset(mem);
  fn(c.b, c.linear(mem.segment, offset), mem.size);
  track(c, insn, mem, offset);
}

/** FADD … FDIVR with registers or a float in memory; `pop` for FADDP and so on. */
function arith(ops: typeof OP_FADD, pop = false): Lift {
  return (c, insn) => {
    if (!enterX87(c)) return;
    const [x, y] = insn.ops;
    if (x!.kind === Kind.mem) {
      withMemory(c, insn, (b, addr, size) => {
        if (size === 4) b.lib(ops.f32, [b.load("i32", addr)]);
        else b.lib(ops.f64, [b.load("i64", addr)]);
      });
    } else {
      c.b.lib(ops.reg, [], x!.index | (y!.index << 3) | (pop ? 64 : 0));
      track(c, insn);
    }
  };
}

/** A 16- or 32-bit integer in memory. */
function loadInt(b: LiftContext["b"], addr: Inst, size: number): Inst {
  return size === 2 ? b.ext16s(b.load("i16", addr)) : b.load("i32", addr);
}

function arithInt(ops: typeof OP_FADD): Lift {
  return (c, insn) => {
    if (enterX87(c)) withMemory(c, insn, (b, addr, size) => b.lib(ops.i32, [loadInt(b, addr, size)]));
  };
}

function compare(pops: number, quiet = false): Lift {
  return (c, insn) => {
    if (!enterX87(c)) return;
    if (insn.ops[0]?.kind === Kind.mem) {
      withMemory(c, insn, (b, addr, size) => {
        if (size === 4) b.lib(OP_FCOM_F32, [b.load("i32", addr)], pops);
        else b.lib(OP_FCOM_F64, [b.load("i64", addr)], pops);
      });
    } else {
      c.b.lib(OP_FCOM, [], source(insn) | (pops << 3) | (quiet ? 32 : 0));
      track(c, insn);
    }
  };
}

function compareInt(pops: number): Lift {
  return (c, insn) => {
    if (enterX87(c)) withMemory(c, insn, (b, addr, size) => b.lib(OP_FCOM_I32, [loadInt(b, addr, size)], pops));
  };
}

function compareFlags(pops: number, quiet: boolean): Lift {
  return (c, insn) => {
    if (!enterX87(c)) return;
    const b = c.b;
    const mask = ARITH; // OF SF AF become 0
    b.fmod(mask, b.lib(OP_FCOMI, [], source(insn) | (pops << 3) | (quiet ? 32 : 0)));
    track(c, insn);
  };
}

function fld(c: LiftContext, insn: Insn): void {
  if (!enterX87(c)) return;
  if (insn.ops[0]!.kind !== Kind.mem) {
    c.b.lib(OP_FLD, [], insn.ops[insn.ops.length - 1]!.index);
    return track(c, insn);
  }
  withMemory(c, insn, (b, addr, size) => {
    if (size === 4) b.lib(OP_FLD_F32, [b.load("i32", addr)]);
    else if (size === 8) b.lib(OP_FLD_F64, [b.load("i64", addr)]);
    else b.lib(OP_FLD_F80, [b.load("f80", addr)]);
  });
}

function fild(c: LiftContext, insn: Insn): void {
  if (!enterX87(c)) return;
  withMemory(c, insn, (b, addr, size) => {
    if (size === 8) b.lib(OP_FILD_I64, [b.load("i64", addr)]);
    else b.lib(OP_FILD_I32, [loadInt(b, addr, size)]);
  });
}

/** Stores first check for writing, and write the old value back where an unmasked exception forbids the store. */
function store80(op: Op): Lift {
  return (c, insn) => {
    if (!enterX87(c)) return;
    withMemory(c, insn, (b, addr) => {
      b.probe(addr, 10, true);
      b.store("f80", addr, b.lib(op, [b.load("f80", addr)]));
    });
  };
}

function fst(pop: number): Lift {
  return (c, insn) => {
    const op = insn.ops[0]!;
    if (op.kind === Kind.mem && op.size === 10) return store80(OP_FSTP_F80)(c, insn);
    if (!enterX87(c)) return;
    if (op.kind !== Kind.mem) {
      c.b.lib(OP_FST, [], op.index | (pop << 3));
      return track(c, insn);
    }
    withMemory(c, insn, (b, addr, size) => {
      if (size === 4) b.store("i32", addr, b.lib(OP_FST_F32, [b.load("i32", addr, true)], pop), true);
      else b.store("i64", addr, b.lib(OP_FST_F64, [b.load("i64", addr, true)], pop), true);
    });
  };
}

function fist(pop: number, truncate: number): Lift {
  return (c, insn) => {
    if (!enterX87(c)) return;
    withMemory(c, insn, (b, addr, size) => {
      if (size === 8) b.store("i64", addr, b.lib(OP_FISTP_I64, [b.load("i64", addr, true)], truncate), true);
      else {
        const mem = size === 2 ? "i16" : "i32";
        b.store(mem, addr, b.lib(OP_FIST_I32, [b.load(mem, addr, true)], (size * 8) | pop | truncate), true);
      }
    });
  };
}

function fcmov(cc: number): Lift {
  return (c, insn) => {
    if (!enterX87(c)) return;
    c.b.lib(OP_FCMOV, [c.b.fcond(cc)], source(insn));
    track(c, insn);
  };
}

function fbld(c: LiftContext, insn: Insn): void {
  if (enterX87(c)) withMemory(c, insn, (b, addr) => b.lib(OP_FBLD, [b.load("f80", addr)]));
}

export const X87_LIFTS: LiftTable = [
  [Mnemonic.Fadd, arith(OP_FADD)], [Mnemonic.Faddp, arith(OP_FADD, true)], [Mnemonic.Fiadd, arithInt(OP_FADD)],
  [Mnemonic.Fmul, arith(OP_FMUL)], [Mnemonic.Fmulp, arith(OP_FMUL, true)], [Mnemonic.Fimul, arithInt(OP_FMUL)],
  [Mnemonic.Fsub, arith(OP_FSUB)], [Mnemonic.Fsubp, arith(OP_FSUB, true)], [Mnemonic.Fisub, arithInt(OP_FSUB)],
  [Mnemonic.Fsubr, arith(OP_FSUBR)], [Mnemonic.Fsubrp, arith(OP_FSUBR, true)], [Mnemonic.Fisubr, arithInt(OP_FSUBR)],
  [Mnemonic.Fdiv, arith(OP_FDIV)], [Mnemonic.Fdivp, arith(OP_FDIV, true)], [Mnemonic.Fidiv, arithInt(OP_FDIV)],
  [Mnemonic.Fdivr, arith(OP_FDIVR)], [Mnemonic.Fdivrp, arith(OP_FDIVR, true)], [Mnemonic.Fidivr, arithInt(OP_FDIVR)],
  [Mnemonic.Fcom, compare(0)], [Mnemonic.Fcomp, compare(1)], [Mnemonic.Fcompp, compare(2)],
  [Mnemonic.Fucom, compare(0, true)], [Mnemonic.Fucomp, compare(1, true)], [Mnemonic.Fucompp, compare(2, true)],
  [Mnemonic.Ficom, compareInt(0)], [Mnemonic.Ficomp, compareInt(1)],
  [Mnemonic.Fcomi, compareFlags(0, false)], [Mnemonic.Fcomip, compareFlags(1, false)],
  [Mnemonic.Fucomi, compareFlags(0, true)], [Mnemonic.Fucomip, compareFlags(1, true)],
  [Mnemonic.Fld, fld], [Mnemonic.Fild, fild], [Mnemonic.Fbld, fbld],
  [Mnemonic.Fst, fst(0)], [Mnemonic.Fstp, fst(1)], [Mnemonic.Fstpnce, onRegister(OP_FSTPNCE)], [Mnemonic.Fbstp, store80(OP_FBSTP)],
  [Mnemonic.Fist, fist(0, 0)], [Mnemonic.Fistp, fist(1, 0)], [Mnemonic.Fisttp, fist(1, 2)],
  [Mnemonic.Fld1, simple(OP_FLDCONST, 0)], [Mnemonic.Fldl2t, simple(OP_FLDCONST, 1)], [Mnemonic.Fldl2e, simple(OP_FLDCONST, 2)],
  [Mnemonic.Fldpi, simple(OP_FLDCONST, 3)], [Mnemonic.Fldlg2, simple(OP_FLDCONST, 4)], [Mnemonic.Fldln2, simple(OP_FLDCONST, 5)],
  [Mnemonic.Fldz, simple(OP_FLDCONST, 6)],
  [Mnemonic.Fcmovb, fcmov(Cond.B)], [Mnemonic.Fcmovnb, fcmov(Cond.AE)], [Mnemonic.Fcmove, fcmov(Cond.E)], [Mnemonic.Fcmovne, fcmov(Cond.NE)],
  [Mnemonic.Fcmovbe, fcmov(Cond.BE)], [Mnemonic.Fcmovnbe, fcmov(Cond.A)], [Mnemonic.Fcmovu, fcmov(Cond.P)], [Mnemonic.Fcmovnu, fcmov(Cond.NP)],
  [Mnemonic.Fxch, onRegister(OP_FXCH)], [Mnemonic.Ffree, onRegister(OP_FFREE)], [Mnemonic.Ffreep, onRegister(OP_FFREE, 8)],
  [Mnemonic.Fincstp, simple(OP_FMOVSTP, 1)], [Mnemonic.Fdecstp, simple(OP_FMOVSTP, -1)],
  [Mnemonic.Fchs, simple(OP_FCHS)], [Mnemonic.Fabs, simple(OP_FABS)], [Mnemonic.Ftst, simple(OP_FTST)], [Mnemonic.Fxam, simple(OP_FXAM)],
  [Mnemonic.Fsqrt, simple(OP_FSQRT)], [Mnemonic.Frndint, simple(OP_FRNDINT)], [Mnemonic.Fscale, simple(OP_FSCALE)],
  [Mnemonic.Fprem, simple(OP_FPREM)], [Mnemonic.Fprem1, simple(OP_FPREM1)], [Mnemonic.Fxtract, simple(OP_FXTRACT)],
  [Mnemonic.F2xm1, simple(OP_F2XM1)], [Mnemonic.Fyl2x, simple(OP_FYL2X)], [Mnemonic.Fyl2xp1, simple(OP_FYL2XP1)],
  [Mnemonic.Fpatan, simple(OP_FPATAN)], [Mnemonic.Fptan, simple(OP_FPTAN)], [Mnemonic.Fsin, simple(OP_FSIN)], [Mnemonic.Fcos, simple(OP_FCOS)],
  [Mnemonic.Fsincos, simple(OP_FSINCOS)],
];
