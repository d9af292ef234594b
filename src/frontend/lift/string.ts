import { PENDING } from "../../ir/env.js";
import { DF, FlagFamily } from "../../ir/flags.js";
import type { Inst } from "../../ir/inst.js";
import {
  REP_ADDR16, REP_CHECK_DESTINATION, REP_CHECK_SOURCE, REP_CMPS, REP_INS, REP_LODS, REP_MOVS, REP_ONE, REP_OUTS, REP_SCAS, REP_SOURCE_SHIFT, REP_STOS, REP_WHILE_NOT, RepStatus,
} from "../../ir/lib/string.js";
import type { Op } from "../../ir/op.js";
import { EFL, GPR, Reg, Seg } from "../../ir/state.js";
import { Code, Insn, Mnemonic, type Operand } from "../decode.js";
import { Mode } from "../mode.js";
import { repCmps64, repLods64, repMovs64, repScas64, repStos64 } from "./string64.js";
import { flagSize, type Lift, type LiftContext, type LiftTable, memInt } from "./context.js";

// MOVS STOS LODS CMPS SCAS INS OUTS, alone and repeated (Intel SDM vol. 2). Alone they are ordinary IR; repeated a helper does a bounded number
// of elements, and the block ends with a branch back to the instruction if there is more to do.

function direction(c: LiftContext): Inst {
  return c.b.and(c.b.get("i32", EFL), c.b.i32(DF));
}

/** Move an address register on by one element: size, or -size if DF (bit 10) is set. */
function advance(c: LiftContext, reg: number, addressSize: number, size: number): void {
  const b = c.b;
  const step = b.sub(b.i32(size), b.shr(direction(c), b.i32(9 - (31 - Math.clz32(size)))));
  if (addressSize === 8) c.writeReg(reg, 8, b.add(c.readReg(reg, 8), b.sext64(step)));
  else c.writeReg(reg, addressSize, b.add(c.gpr(reg), step));
}

function base(c: LiftContext, segment: number): Inst {
  return c.segmentBase(segment) ?? c.b.i32(0);
}

/** `source`: the segment that is read, -1 if none is; `destination`: ES is accessed. */
function repFlags(c: LiftContext, insn: Insn, op: Operand, source: number, destination: boolean): number {
  let checks = 0;
  if (c.mode & Mode.SYSTEM) {
    if (source >= 0 && c.segmentBase(source)) checks |= REP_CHECK_SOURCE | (source << REP_SOURCE_SHIFT);
    if (destination && c.segmentBase(Seg.ES)) checks |= REP_CHECK_DESTINATION;
  }
  return checks | op.size | (op.addressSize === 2 ? REP_ADDR16 : 0) | (insn.repne ? REP_WHILE_NOT : 0) | (c.mode & Mode.TRAP ? REP_ONE : 0);
}

/** Raise the fault that stopped a helper, or go round again; the registers are up to date. */
function finish(c: LiftContext, insn: Insn, result: Inst): void {
  const b = c.b;
  const status = b.lane(result, 0);
  b.trapif(b.eq(status, b.i32(RepStatus.fault)), PENDING);
  c.branch(b.eq(status, b.i32(RepStatus.more)), insn.pc);
}

function setRegisters(c: LiftContext, result: Inst, ...registers: number[]): void {
  registers.forEach((reg, k) => {
    if (reg >= 0) c.b.set(GPR + reg * 8, c.b.lane(result, k + 1));
  });
}

/** Choose between the single and the repeated form. */
function string(single: Lift, repeated: Lift, repeated64: Lift): Lift {
  return (c, insn) => (insn.rep || insn.repne ? (c.wide ? repeated64 : repeated) : single)(c, insn);
}

function movs(c: LiftContext, insn: Insn): void {
  const [dst, src] = insn.ops as [Operand, Operand];
  const mem = memInt(dst.size);
  const to = c.addr(dst);
  c.b.store(mem, to, c.b.load(mem, c.addr(src)));
  advance(c, Reg.ESI, src.addressSize, src.size);
  advance(c, Reg.EDI, dst.addressSize, dst.size);
}

function repMovs(c: LiftContext, insn: Insn): void {
  const [dst, src] = insn.ops as [Operand, Operand];
  const args = [c.gpr(Reg.ECX), c.gpr(Reg.ESI), c.gpr(Reg.EDI), base(c, src.segment), base(c, Seg.ES), direction(c)];
  const result = c.b.lib(REP_MOVS, args, repFlags(c, insn, dst, src.segment, true));
  setRegisters(c, result, Reg.ECX, Reg.ESI, Reg.EDI);
  finish(c, insn, result);
}

function stos(c: LiftContext, insn: Insn): void {
  const dst = insn.ops[0]!;
  c.b.store(memInt(dst.size), c.addr(dst), c.readReg(Reg.EAX, dst.size));
  advance(c, Reg.EDI, dst.addressSize, dst.size);
}

function repStos(c: LiftContext, insn: Insn): void {
  const dst = insn.ops[0]!;
  const args = [c.gpr(Reg.ECX), c.gpr(Reg.EDI), c.gpr(Reg.EAX), base(c, Seg.ES), direction(c)];
  const result = c.b.lib(REP_STOS, args, repFlags(c, insn, dst, -1, true));
  setRegisters(c, result, Reg.ECX, Reg.EDI);
  finish(c, insn, result);
}

function lods(c: LiftContext, insn: Insn): void {
  const src = insn.ops[1]!;
  const value = c.b.load(memInt(src.size), c.addr(src));
  c.writeReg(Reg.EAX, src.size, value);
  advance(c, Reg.ESI, src.addressSize, src.size);
}

function repLods(c: LiftContext, insn: Insn): void {
  const src = insn.ops[1]!;
  const args = [c.gpr(Reg.ECX), c.gpr(Reg.ESI), c.readReg(Reg.EAX, src.size), base(c, src.segment), direction(c)];
  const result = c.b.lib(REP_LODS, args, repFlags(c, insn, src, src.segment, false));
  setRegisters(c, result, Reg.ECX, Reg.ESI);
  c.writeReg(Reg.EAX, src.size, c.b.lane(result, 3));
  finish(c, insn, result);
}

function cmps(c: LiftContext, insn: Insn): void {
  const b = c.b;
  const [src, dst] = insn.ops as [Operand, Operand];
  const mem = memInt(src.size);
  const x = b.load(mem, c.addr(src));
  const y = b.load(mem, c.addr(dst));
  advance(c, Reg.ESI, src.addressSize, src.size);
  advance(c, Reg.EDI, dst.addressSize, dst.size);
  b.fset(FlagFamily.SUB, flagSize(src.size), x, c.truncate(b.sub(x, y), src.size));
}

/** Flags of the last comparison; none if the count was 0. */
function comparedFlags(c: LiftContext, result: Inst, size: number): void {
  const b = c.b;
  const x = b.lane(result, 4);
  b.fsetif(b.nonzero(b.lane(result, 6)), FlagFamily.SUB, flagSize(size), x, c.truncate(b.sub(x, b.lane(result, 5)), size));
}

function repCmps(c: LiftContext, insn: Insn): void {
  const [src] = insn.ops as [Operand];
  const args = [c.gpr(Reg.ECX), c.gpr(Reg.ESI), c.gpr(Reg.EDI), base(c, src.segment), base(c, Seg.ES), direction(c)];
  const result = c.b.lib(REP_CMPS, args, repFlags(c, insn, src, src.segment, true));
  setRegisters(c, result, Reg.ECX, Reg.ESI, Reg.EDI);
  comparedFlags(c, result, src.size);
  finish(c, insn, result);
}

function scas(c: LiftContext, insn: Insn): void {
  const b = c.b;
  const dst = insn.ops[1]!;
  const y = b.load(memInt(dst.size), c.addr(dst));
  const x = c.readReg(Reg.EAX, dst.size);
  advance(c, Reg.EDI, dst.addressSize, dst.size);
  b.fset(FlagFamily.SUB, flagSize(dst.size), x, c.truncate(b.sub(x, y), dst.size));
}

function repScas(c: LiftContext, insn: Insn): void {
  const dst = insn.ops[1]!;
  const args = [c.gpr(Reg.ECX), c.gpr(Reg.EDI), c.readReg(Reg.EAX, dst.size), base(c, Seg.ES), direction(c)];
  const result = c.b.lib(REP_SCAS, args, repFlags(c, insn, dst, -1, true));
  setRegisters(c, result, Reg.ECX, -1, Reg.EDI);
  comparedFlags(c, result, dst.size);
  finish(c, insn, result);
}

/** INS and OUTS: the single form is a repetition of 1 that leaves the count alone. */
function ports(op: Op, reg: number, repeated: boolean): Lift {
  return (c, insn) => {
    const b = c.b;
    const mem = insn.ops.find((o) => o.isMem)!;
    const count = repeated ? c.gpr(Reg.ECX) : b.i32(1);
    const segment = base(c, reg === Reg.EDI ? Seg.ES : mem.segment);
    const result = b.lib(op, [count, c.gpr(reg), c.readReg(Reg.EDX, 2), segment, direction(c)], repFlags(c, insn, mem, reg === Reg.EDI ? -1 : mem.segment, reg === Reg.EDI));
    setRegisters(c, result, repeated ? Reg.ECX : -1, reg);
    if (repeated) finish(c, insn, result);
    else b.trapif(b.nonzero(b.lane(result, 0)), PENDING);
  };
}

const MOVS = string(movs, repMovs, repMovs64), STOS = string(stos, repStos, repStos64), LODS = string(lods, repLods, repLods64);
const CMPS = string(cmps, repCmps, repCmps64), SCAS = string(scas, repScas, repScas64);
const notLifted: Lift = (c) => c.unsupported();
const ins = ports(REP_INS, Reg.EDI, false), outs = ports(REP_OUTS, Reg.ESI, false);
const INS = string((c, insn) => (c.wide ? notLifted : ins)(c, insn), ports(REP_INS, Reg.EDI, true), notLifted);
const OUTS = string((c, insn) => (c.wide ? notLifted : outs)(c, insn), ports(REP_OUTS, Reg.ESI, true), notLifted);

export const STRING_LIFTS: LiftTable = [
  [Mnemonic.Movsb, MOVS],
  [Mnemonic.Movsw, MOVS],
  [Mnemonic.Stosb, STOS],
  [Mnemonic.Stosw, STOS],
  [Mnemonic.Stosd, STOS],
  [Mnemonic.Lodsb, LODS],
  [Mnemonic.Lodsw, LODS],
  [Mnemonic.Lodsd, LODS],
  [Mnemonic.Movsq, MOVS],
  [Mnemonic.Stosq, STOS],
  [Mnemonic.Lodsq, LODS],
  [Mnemonic.Cmpsq, CMPS],
  [Mnemonic.Scasq, SCAS],
  [Mnemonic.Cmpsb, CMPS],
  [Mnemonic.Cmpsw, CMPS],
  [Mnemonic.Scasb, SCAS],
  [Mnemonic.Scasw, SCAS],
  [Mnemonic.Scasd, SCAS],
  [Mnemonic.Insb, INS],
  [Mnemonic.Insw, INS],
  [Mnemonic.Insd, INS],
  [Mnemonic.Outsb, OUTS],
  [Mnemonic.Outsw, OUTS],
  [Mnemonic.Outsd, OUTS],
];

/** By code, because SSE instructions have the same mnemonics. */
export const STRING_CODES: ReadonlyArray<readonly [Code, Lift]> = [
  [Code.Movsd_m32_m32, MOVS],
  [Code.Cmpsd_m32_m32, CMPS],
];
