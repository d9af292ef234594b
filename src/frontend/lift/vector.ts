import { Inst } from "../../ir/inst.js";
import { OP } from "../../ir/ops.js";
import { OP_MMX_ENTER } from "../../ir/lib/x87.js";
import { Vector } from "../../ir/memory.js";
import { ST, XMM } from "../../ir/state.js";
import { type Type } from "../../ir/types.js";
import { type Insn, Kind, type Operand, RegClass } from "../decode.js";
import { Mode } from "../mode.js";
import type { Lift, LiftContext } from "./context.js";
import { enterX87 } from "./x87.js";

// What the lifters of MMX and SSE share: operands as int32 lanes, and what comes before and after every instruction.

function isMm(op: Operand | undefined): boolean {
  return op !== undefined && op.kind === Kind.reg && op.cls === RegClass.mm;
}

/** Wrap the lifter of an instruction that exists for MMX registers, XMM registers, or both. */
export function vector(fn: Lift): Lift {
  return (c, insn) => {
    const mmx = insn.ops.some(isMm);
    if (c.mode & Mode.EM || (c.mode & Mode.NO_SSE && !mmx)) c.undefined();
    else if (mmx) {
      if (enterX87(c)) fn(c, insn);
    } else if (c.mode & Mode.NO_FPU) c.trap(Vector.NM);
    else fn(c, insn);
  };
}

/** Offset in the state of a vector register. */
export function stateOf(op: Operand): number {
  return isMm(op) ? ST + op.index * 16 : XMM + op.index * 32;
}

/** i64 for an MMX register, v128 for an XMM register. */
export function typeOf(op: Operand): Type {
  return isMm(op) ? "i64" : "v128";
}

export function lanesOf(c: LiftContext, value: Inst): Inst[] {
  return Array.from({ length: value.type === "i64" ? 2 : 4 }, (_, l) => c.b.lane(value, l));
}

/** An integer vector of zeros. */
export function zero(c: LiftContext, type: Type): Inst {
  return type === "i64" ? c.b.i64(0, 0) : c.b.append(new Inst(OP.const, type, [], 0));
}

/** Linear address of a memory operand of a legacy SSE instruction: those of 16 bytes are aligned unless the instruction says otherwise. */
export function address(c: LiftContext, op: Operand, aligned = true): Inst {
  const addr = c.addr(op);
  if (aligned && op.size === 16) c.requireAligned(addr, 16);
  return addr;
}

/** A register or memory operand as a vector of the given type; a shorter memory operand fills the low part. */
export function readVector(c: LiftContext, op: Operand, type: Type, aligned = true): Inst {
  const b = c.b;
  if (op.kind !== Kind.mem) return b.get(typeOf(op), stateOf(op));
  const addr = address(c, op, aligned);
  if (op.size === 16) return b.load("v128", addr);
  if (op.size === 8 && type === "i64") return b.load("i64", addr);
  const low = op.size === 8 ? b.load("i64", addr) : b.load(op.size === 4 ? "i32" : "i16", addr);
  const lanes = op.size === 8 ? [b.lane(low, 0), b.lane(low, 1)] : [low];
  while (lanes.length < (type === "i64" ? 2 : 4)) lanes.push(b.i32(0));
  return b.pack(type, lanes);
}

/** What every instruction that works on MMX registers does to the x87, once nothing can fault any more. */
export function touchMmx(c: LiftContext): void {
  c.b.lib(OP_MMX_ENTER, []);
}

/** Write a vector register; for an MMX register that includes what MMX does to the x87. */
export function writeVector(c: LiftContext, op: Operand, value: Inst): void {
  const at = stateOf(op);
  if (isMm(op)) {
    touchMmx(c);
    c.b.set(at + 8, c.b.i32(0xffff));
  }
  c.b.set(at, value);
}

/** Mark the x87 as used if any operand is an MMX register, for instructions that write none. */
export function leave(c: LiftContext, insn: Insn): void {
  if (insn.ops.some(isMm)) touchMmx(c);
}

/** Write the low `size` bytes of an XMM register (4 or 8, from lanes), keeping the rest. */
export function writeLow(c: LiftContext, op: Operand, lanes: readonly Inst[]): void {
  lanes.forEach((v, l) => c.b.set(stateOf(op) + l * 4, v));
}

/** Result lanes from those of both operands. */
export type LaneFn = (c: LiftContext, x: Inst[], y: Inst[], imm: number) => Inst[];

/** An instruction whose first operand becomes a function of both operands (and an immediate). */
export function binary(fn: LaneFn, aligned = true): Lift {
  return vector((c, insn) => {
    const [dst, src, imm] = insn.ops as [Operand, Operand, Operand | undefined];
    const type = typeOf(dst);
    const y = readVector(c, src, type, aligned);
    const x = c.b.get(type, stateOf(dst));
    writeVector(c, dst, c.b.pack(type, fn(c, lanesOf(c, x), lanesOf(c, y), imm ? imm.value & 0xff : 0)));
  });
}

/** The same where the first operand is only written. */
export function unary(fn: (c: LiftContext, y: Inst[], imm: number) => Inst[], aligned = true): Lift {
  return vector((c, insn) => {
    const [dst, src, imm] = insn.ops as [Operand, Operand, Operand | undefined];
    const type = typeOf(dst);
    const y = readVector(c, src, type, aligned);
    writeVector(c, dst, c.b.pack(type, fn(c, lanesOf(c, y), imm ? imm.value & 0xff : 0)));
  });
}
