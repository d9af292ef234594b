import { PENDING } from "../../ir/env.js";
import { ARITH, DF } from "../../ir/flags.js";
import type { Inst } from "../../ir/inst.js";
import { REP_ONE, REP_WHILE_NOT, RepStatus } from "../../ir/lib/string.js";
import { REP64_ADDR32, REP64_CMPS, REP64_LODS, REP64_MOVS, REP64_SCAS, REP64_STOS } from "../../ir/lib/string64.js";
import { EFL, Reg, Seg, SEG_BASE } from "../../ir/state.js";
import { type Insn, type Operand } from "../decode.js";
import { Mode } from "../mode.js";
import type { LiftContext } from "./context.js";

// The repeated forms of string.ts in 64-bit code.

const direction = (c: LiftContext): Inst => c.b.and(c.b.get("i32", EFL), c.b.i32(DF));
const register = (c: LiftContext, reg: Reg): Inst => c.readReg(reg, 8);

/** Base of the source's segment. */
function base(c: LiftContext, op: Operand): Inst {
  return op.segment >= Seg.FS ? c.b.get("i64", SEG_BASE + op.segment * 8) : c.b.i64(0, 0);
}

function flags(c: LiftContext, insn: Insn, op: Operand): number {
  return op.size | (op.addressSize === 4 ? REP64_ADDR32 : 0) | (insn.repne ? REP_WHILE_NOT : 0) | (c.mode & Mode.TRAP ? REP_ONE : 0);
}

/** Write registers back from pairs of lanes, then raise the fault that stopped the helper or go round again. */
function finish(c: LiftContext, insn: Insn, result: Inst, registers: readonly (readonly [reg: Reg, lane: number])[]): void {
  const b = c.b;
  for (const [reg, lane] of registers) c.writeReg(reg, 8, b.pack("i64", [b.lane(result, lane), b.lane(result, lane + 1)]));
  const status = b.lane(result, 0);
  b.trapif(b.eq(status, b.i32(RepStatus.fault)), PENDING);
  c.branch(b.eq(status, b.i32(RepStatus.more)), insn.pc);
}

/** Flags of the last comparison; none if there was none. */
function comparedFlags(c: LiftContext, result: Inst): void {
  const b = c.b;
  const eflags = b.lane(result, 7);
  b.fmod(ARITH, b.select(b.lts(eflags, b.i32(0)), b.fget(ARITH), eflags));
}

const RCX = [Reg.ECX, 1] as const, RSI = [Reg.ESI, 3] as const, RDI = [Reg.EDI, 5] as const;

export function repMovs64(c: LiftContext, insn: Insn): void {
  const [dst, src] = insn.ops as [Operand, Operand];
  const args = [register(c, Reg.ECX), register(c, Reg.ESI), register(c, Reg.EDI), base(c, src), direction(c)];
  finish(c, insn, c.b.lib(REP64_MOVS, args, flags(c, insn, dst)), [RCX, RSI, RDI]);
}

export function repStos64(c: LiftContext, insn: Insn): void {
  const dst = insn.ops[0]!;
  const args = [register(c, Reg.ECX), register(c, Reg.EDI), register(c, Reg.EAX), direction(c)];
  finish(c, insn, c.b.lib(REP64_STOS, args, flags(c, insn, dst)), [RCX, RDI]);
}

export function repLods64(c: LiftContext, insn: Insn): void {
  const b = c.b;
  const src = insn.ops[1]!;
  const args = [register(c, Reg.ECX), register(c, Reg.ESI), register(c, Reg.EAX), base(c, src), direction(c)];
  const result = b.lib(REP64_LODS, args, flags(c, insn, src));
  c.writeReg(Reg.EAX, 8, b.pack("i64", [b.lane(result, 5), b.lane(result, 6)]));
  finish(c, insn, result, [RCX, RSI]);
}

export function repCmps64(c: LiftContext, insn: Insn): void {
  const src = insn.ops[0]!;
  const args = [register(c, Reg.ECX), register(c, Reg.ESI), register(c, Reg.EDI), base(c, src), direction(c)];
  const result = c.b.lib(REP64_CMPS, args, flags(c, insn, src));
  comparedFlags(c, result);
  finish(c, insn, result, [RCX, RSI, RDI]);
}

export function repScas64(c: LiftContext, insn: Insn): void {
  const dst = insn.ops[1]!;
  const args = [register(c, Reg.ECX), register(c, Reg.EDI), c.resize(c.readReg(Reg.EAX, dst.size), 8), direction(c)];
  const result = c.b.lib(REP64_SCAS, args, flags(c, insn, dst));
  comparedFlags(c, result);
  finish(c, insn, result, [RCX, RDI]);
}
