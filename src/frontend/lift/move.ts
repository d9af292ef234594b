import { Exit } from "../../ir/exit.js";
import { FlagFamily, ZF } from "../../ir/flags.js";
import type { Inst } from "../../ir/inst.js";
import { LOADSEG, SYSTEM, System } from "../../ir/lib/system.js";
import { PENDING } from "../../ir/env.js";
import { Vector } from "../../ir/memory.js";
import { Reg, Seg, SEG_SEL, SHADOW, SHADOW_SS } from "../../ir/state.js";
import { Insn, Kind, Mnemonic, type Operand, RegClass } from "../decode.js";
import { Mode } from "../mode.js";
import { flagSize, isClass, type Lift, type LiftContext, type LiftTable, memInt } from "./context.js";

// Data movement: MOV MOVZX MOVSX MOVSXD LEA XCHG XLAT BSWAP CMOVcc SETcc CBW…CQO LDS…LSS CMPXCHG CMPXCHG8B/16B XADD NOP (Intel SDM vol. 2)

/** Load a segment register or raise the fault that says why not. */
export function loadSegment(c: LiftContext, segment: number, selector: Inst): void {
  c.b.trapif(c.b.nonzero(c.b.lib(LOADSEG, [c.b.i32(segment), selector])), PENDING);
}

/**
 * A segment may change the mode: end the block. Not so FS and GS, whose base is always looked up, nor DS and ES in code of 16 bits that is not taken for flat:
 * it is right for flat segments, too.
 */
export function afterSegment(c: LiftContext, segment: number): void {
  if (segment === Seg.SS) c.b.set(SHADOW, c.b.i32(SHADOW_SS));
  const looked = (c.mode & (Mode.FLAT | Mode.CODE32)) === 0 && segment !== Seg.SS && segment !== Seg.CS;
  // Loads often come in a row: the last of them ends the block. Behind SS interrupts wait, which tier 0 sees to.
  if (segment < Seg.FS && !looked && !(c.segmentFollows && segment !== Seg.SS)) c.exit(Exit.mode);
}

/** A segment register's selector. */
export function selector(c: LiftContext, segment: number): Inst {
  return c.b.get("i32", SEG_SEL + segment * 4);
}

function mov(c: LiftContext, insn: Insn): void {
  const [dst, src] = insn.ops as [Operand, Operand];
  if (c.wide && isClass(dst, RegClass.segment)) c.unsupported();
  else if (isClass(dst, RegClass.segment)) {
    const value = src.isMem ? c.b.load("i16", c.addr(src)) : c.readReg(src.index, 2);
    loadSegment(c, dst.index, value);
    afterSegment(c, dst.index);
  } else if (isClass(src, RegClass.segment)) {
    const value = selector(c, src.index);
    if (dst.isMem) c.b.store("i16", c.addr(dst), value);
    else c.writeReg(dst.index, dst.size, value);
  } else if (dst.isReg && dst.cls !== RegClass.gpr) {
    writeControl(c, dst, src);
  } else if (src.isReg && src.cls !== RegClass.gpr) {
    readControl(c, dst, src);
  } else {
    c.write(dst, c.read(src));
  }
}

function writeControl(c: LiftContext, dst: Operand, src: Operand): void {
  if (!c.supervisor) return c.trap(Vector.GP);
  const op = dst.cls === RegClass.control ? System.writeCr : System.writeDr;
  system(c, op, c.b.i32(dst.index), c.gpr(src.index));
  c.exit(Exit.mode);
}

function readControl(c: LiftContext, dst: Operand, src: Operand): void {
  if (!c.supervisor) return c.trap(Vector.GP);
  const op = src.cls === RegClass.control ? System.readCr : System.readDr;
  c.setGpr(dst.index, c.b.lane(system(c, op, c.b.i32(src.index)), 1));
}

/** Ask the host for a system instruction, raising its fault; lanes 1 and 2 of the value are the results. */
export function system(c: LiftContext, op: System, x?: Inst, y?: Inst, z?: Inst): Inst {
  const b = c.b;
  const zero = b.i32(0);
  const result = b.lib(SYSTEM, [x ?? zero, y ?? zero, z ?? zero], op);
  b.trapif(b.nonzero(b.lane(result, 0)), PENDING);
  return result;
}

function movzx(c: LiftContext, insn: Insn): void {
  c.write(insn.ops[0]!, c.read(insn.ops[1]!));
}

function movsx(c: LiftContext, insn: Insn): void {
  const src = insn.ops[1]!;
  const dst = insn.ops[0]!;
  c.write(dst, c.extend(c.read(src), src.size, dst.size));
}

function lea(c: LiftContext, insn: Insn): void {
  const [dst, src] = insn.ops as [Operand, Operand];
  c.write(dst, c.resize(c.offset(src), dst.size));
}

/** Swap with a register; a memory operand is accessed as one atomic read-modify-write. */
function xchg(c: LiftContext, insn: Insn): void {
  const [x, y] = insn.ops as [Operand, Operand];
  const [other, r] = y.isMem ? [y, x] : [x, y];
  const value = c.read(r);
  let old!: Inst;
  c.modify(other, (v) => {
    old = v;
    return value;
  });
  c.write(r, old);
}

function xlat(c: LiftContext, insn: Insn): void {
  const b = c.b;
  const op = insn.ops[0]!;
  const offset = b.add(c.offset(op), c.resize(c.readReg(Reg.EAX, 1), op.addressSize === 8 ? 8 : 4));
  c.writeReg(Reg.EAX, 1, b.load("i8", c.linear(op.segment, c.truncate(offset, op.addressSize))));
}

/** The 16-bit form is undefined; the oracle's processor clears the register's low half. */
function bswap(c: LiftContext, insn: Insn): void {
  const b = c.b;
  const op = insn.ops[0]!;
  if (op.size === 2) return c.writeReg(op.index, 2, b.i32(0));
  const swapped = (v: Inst): Inst => {
    const odd = b.and(v, b.i32(0xff00ff)), even = b.and(v, b.i32(~0xff00ff));
    return b.or(b.rotr(odd, b.i32(8)), b.rotl(even, b.i32(8)));
  };
  if (op.size === 4) return c.setGpr(op.index, swapped(c.gpr(op.index)));
  const v = c.readReg(op.index, 8);
  c.writeReg(op.index, 8, b.pack("i64", [swapped(b.lane(v, 1)), swapped(b.lane(v, 0))]));
}

function cmov(cc: number): Lift {
  return (c, insn) => {
    const [dst, src] = insn.ops as [Operand, Operand];
    const value = c.read(src);
    c.write(dst, c.b.select(c.b.fcond(cc), value, c.read(dst)));
  };
}

function setcc(cc: number): Lift {
  return (c, insn) => c.write(insn.ops[0]!, c.b.zext(c.b.fcond(cc)));
}

/** The accumulator (or RDX) gets what was found, of 64 bits or less; with 32 bits in 64-bit code only if that differs, because writing it clears the rest. */
function writeFound(c: LiftContext, reg: number, size: number, same: Inst, old: Inst): void {
  if (c.wide && size === 4) c.writeReg(reg, 8, c.b.select(same, c.readReg(reg, 8), c.b.zext64(old)));
  else c.writeReg(reg, size, old);
}

/** CMPXCHG: the destination is written in any case (with its old value if the comparison fails). */
function cmpxchg(c: LiftContext, insn: Insn): void {
  const b = c.b;
  const [dst, src] = insn.ops as [Operand, Operand];
  const accumulator = c.readReg(Reg.EAX, dst.size);
  const value = c.read(src);
  let same!: Inst;
  const exchange = (old: Inst): Inst => b.select((same = b.eq(old, accumulator)), value, old);
  let old!: Inst;
  if (dst.isMem) {
    c.modify(dst, (v) => exchange((old = v)));
    writeFound(c, Reg.EAX, dst.size, same, old);
  } else {
    // the accumulator first: it may be the destination too, which then takes the new value
    old = c.read(dst);
    const next = exchange(old);
    // (a destination of 32 bits that is not exchanged keeps its high half, too)
    const kept = c.wide && dst.size === 4 ? c.readReg(dst.index, 8) : null;
    writeFound(c, Reg.EAX, dst.size, same, old);
    if (kept) c.writeReg(dst.index, 8, b.select(same, b.zext64(next), kept));
    else c.write(dst, next);
  }
  b.fset(FlagFamily.SUB, flagSize(dst.size), accumulator, c.truncate(b.sub(accumulator, old), dst.size));
}

function cmpxchg8b(c: LiftContext, insn: Insn): void {
  const b = c.b;
  const addr = c.addr(insn.ops[0]!);
  const old = b.load("i64", addr, true);
  const lo = b.lane(old, 0), hi = b.lane(old, 1);
  const same = b.and(b.eq(lo, c.gpr(Reg.EAX)), b.eq(hi, c.gpr(Reg.EDX)));
  b.store("i64", addr, b.pack("i64", [b.select(same, c.gpr(Reg.EBX), lo), b.select(same, c.gpr(Reg.ECX), hi)]), true);
  writeFound(c, Reg.EAX, 4, same, lo);
  writeFound(c, Reg.EDX, 4, same, hi);
  b.fmod(ZF, b.shl(b.zext(same), b.i32(6)));
}

function cmpxchg16b(c: LiftContext, insn: Insn): void {
  const b = c.b;
  const addr = c.addr(insn.ops[0]!);
  c.requireAligned(addr, 16);
  const above = b.add(addr, b.i32(8));
  const low = b.load("i64", addr, true), high = b.load("i64", above, true);
  const same = b.and(b.eq(low, c.readReg(Reg.EAX, 8)), b.eq(high, c.readReg(Reg.EDX, 8)));
  b.store("i64", addr, b.select(same, c.readReg(Reg.EBX, 8), low), true);
  b.store("i64", above, b.select(same, c.readReg(Reg.ECX, 8), high), true);
  c.writeReg(Reg.EAX, 8, low);
  c.writeReg(Reg.EDX, 8, high);
  b.fmod(ZF, b.shl(b.zext(same), b.i32(6)));
}

function xadd(c: LiftContext, insn: Insn): void {
  const b = c.b;
  const [dst, src] = insn.ops as [Operand, Operand];
  const s = c.read(src);
  let old!: Inst, r!: Inst;
  if (dst.isMem) {
    c.modify(dst, (v) => (r = c.truncate(b.add((old = v), s), dst.size)));
    c.write(src, old);
  } else {
    old = c.read(dst);
    r = c.truncate(b.add(old, s), dst.size);
    c.write(src, old); // first, in case it is the same register
    c.write(dst, r);
  }
  b.fset(FlagFamily.ADD, flagSize(dst.size), old, r);
}

/** CBW CWDE CDQE: the accumulator sign-extended to twice its size. */
function extendAccumulator(from: number): Lift {
  return (c) => c.writeReg(Reg.EAX, from * 2, c.extend(c.readReg(Reg.EAX, from), from, from * 2));
}

/** CWD CDQ CQO: the sign of the accumulator through DX, EDX or RDX. */
function signToData(size: number): Lift {
  return (c) => {
    const a = c.readReg(Reg.EAX, size);
    const sign = c.b.sar(size === 8 ? c.b.lane(a, 1) : c.signExtend(a, size), c.b.i32(31));
    c.writeReg(Reg.EDX, size, size === 8 ? c.b.pack("i64", [sign, sign]) : sign);
  };
}

/** LDS LES LFS LGS LSS: a register from the offset and a segment register from the selector after it. */
function loadFarPointer(segment: number): Lift {
  return (c, insn) => {
    const [dst, src] = insn.ops as [Operand, Operand];
    if (src.kind !== Kind.mem) return c.undefined();
    const addr = c.addr(src);
    const offset = c.b.load(memInt(dst.size), addr);
    loadSegment(c, segment, c.b.load("i16", c.b.add(addr, c.b.i32(dst.size))));
    c.write(dst, offset);
    afterSegment(c, segment);
  };
}

function nop(): void {}

const CMOV = [
  Mnemonic.Cmovo, Mnemonic.Cmovno, Mnemonic.Cmovb, Mnemonic.Cmovae, Mnemonic.Cmove, Mnemonic.Cmovne, Mnemonic.Cmovbe, Mnemonic.Cmova,
  Mnemonic.Cmovs, Mnemonic.Cmovns, Mnemonic.Cmovp, Mnemonic.Cmovnp, Mnemonic.Cmovl, Mnemonic.Cmovge, Mnemonic.Cmovle, Mnemonic.Cmovg,
];
const SET = [
  Mnemonic.Seto, Mnemonic.Setno, Mnemonic.Setb, Mnemonic.Setae, Mnemonic.Sete, Mnemonic.Setne, Mnemonic.Setbe, Mnemonic.Seta,
  Mnemonic.Sets, Mnemonic.Setns, Mnemonic.Setp, Mnemonic.Setnp, Mnemonic.Setl, Mnemonic.Setge, Mnemonic.Setle, Mnemonic.Setg,
];

export const MOVE_LIFTS: LiftTable = [
  [Mnemonic.Mov, mov],
  [Mnemonic.Movzx, movzx],
  [Mnemonic.Movsx, movsx],
  [Mnemonic.Lea, lea],
  [Mnemonic.Xchg, xchg],
  [Mnemonic.Xlatb, xlat],
  [Mnemonic.Bswap, bswap],
  ...CMOV.map((m, cc) => [m, cmov(cc)] as const),
  ...SET.map((m, cc) => [m, setcc(cc)] as const),
  [Mnemonic.Cmpxchg, cmpxchg],
  [Mnemonic.Cmpxchg8b, cmpxchg8b],
  [Mnemonic.Cmpxchg16b, cmpxchg16b],
  [Mnemonic.Xadd, xadd],
  [Mnemonic.Cbw, extendAccumulator(1)],
  [Mnemonic.Cwde, extendAccumulator(2)],
  [Mnemonic.Cwd, signToData(2)],
  [Mnemonic.Cdq, signToData(4)],
  [Mnemonic.Cdqe, extendAccumulator(4)],
  [Mnemonic.Cqo, signToData(8)],
  [Mnemonic.Movsxd, movsx],
  [Mnemonic.Lds, loadFarPointer(Seg.DS)],
  [Mnemonic.Les, loadFarPointer(Seg.ES)],
  [Mnemonic.Lfs, loadFarPointer(Seg.FS)],
  [Mnemonic.Lgs, loadFarPointer(Seg.GS)],
  [Mnemonic.Lss, loadFarPointer(Seg.SS)],
  [Mnemonic.Nop, nop],
  [Mnemonic.Reservednop, nop],
  [Mnemonic.Endbr32, nop],
  [Mnemonic.Endbr64, nop],
  [Mnemonic.Rdsspd, nop], [Mnemonic.Rdsspq, nop], // no shadow stacks
];
