import { Inst } from "../../ir/inst.js";
import { OP } from "../../ir/ops.js";
import { SOFT_CMP_F32, SOFT_CMP_F64, SOFT_END, SOFT_F32, SOFT_F64 } from "../../ir/lib/softfloat-ops.js";
import { Soft } from "../../ir/lib/softfloat.js";
import { Vector } from "../../ir/memory.js";
import { type Operand } from "../decode.js";
import type { LiftContext } from "./context.js";
import { stateOf } from "./vector.js";

/**
 * Floating-point elements of SSE operands in one of two forms. With the default MXCSR they are values of type f32 and f64, and arithmetic is the
 * IR's (JavaScript's). Else they are bits (i32, i64), and arithmetic is the software library's, which is exact in rounding and exceptions.
 */
export type Element = "f32" | "f64";

export function bytesOf(e: Element): 4 | 8 {
  return e === "f32" ? 4 : 8;
}

/** The integer type of an element's bits. */
export function bitsType(e: Element): "i32" | "i64" {
  return e === "f32" ? "i32" : "i64";
}

/** The type of elements in this context. */
export function formOf(c: LiftContext, e: Element): Element | "i32" | "i64" {
  return c.softFloat ? bitsType(e) : e;
}

/** The first n elements of a register or memory operand as values of a type; 16-byte memory operands must be aligned. */
export function readElements(c: LiftContext, op: Operand, type: Element | "i32" | "i64", n: number): Inst[] {
  const b = c.b;
  const size = type === "f32" || type === "i32" ? 4 : 8;
  if (!op.isMem) return Array.from({ length: n }, (_, k) => b.get(type, stateOf(op) + k * size));
  const addr = c.addr(op);
  if (op.size === 16) c.requireAligned(addr, 16);
  return Array.from({ length: n }, (_, k) => b.load(type, b.add(addr, b.i32(k * size))));
}

/** Write elements (of any types) from the register's low end on. */
export function writeElements(c: LiftContext, op: Operand, values: readonly Inst[], size: number): void {
  values.forEach((v, k) => c.b.set(stateOf(op) + k * size, v));
}

/** Raise #XM if the operations so far had an unmasked exception. */
export function endArithmetic(c: LiftContext): void {
  if (c.softFloat) c.b.trapif(c.b.lib(SOFT_END, []), Vector.XM);
}

export function arithmetic(c: LiftContext, e: Element, op: Soft, x: Inst, y: Inst): Inst {
  const b = c.b;
  if (c.softFloat) return b.lib(e === "f32" ? SOFT_F32 : SOFT_F64, [x, y], op);
  switch (op) {
    case Soft.add: return b.fadd(x, y);
    case Soft.sub: return b.fsub(x, y);
    case Soft.mul: return b.fmul(x, y);
    case Soft.div: return b.fdiv(x, y);
    case Soft.sqrt: return b.fsqrt(y);
    case Soft.min: return b.select(b.flt(x, y), x, y);
    default: return b.select(b.flt(y, x), x, y);
  }
}

/** +0. */
export function zeroElement(c: LiftContext, e: Element): Inst {
  if (!c.softFloat) return c.b.append(new Inst(OP.const, e, [], 0));
  return e === "f32" ? c.b.i32(0) : c.b.i64(0, 0);
}

/** All ones (as an i32) where a CMPPS predicate (0 to 7) holds. */
export function compareElements(c: LiftContext, e: Element, predicate: number, x: Inst, y: Inst): Inst {
  const b = c.b;
  if (c.softFloat) return b.lib(e === "f32" ? SOFT_CMP_F32 : SOFT_CMP_F64, [x, y], predicate);
  const p = predicate & 3;
  const cond = p === 0 ? b.feq(x, y) : p === 1 ? b.flt(x, y) : p === 2 ? b.fle(x, y) : b.funord(x, y);
  return b.sub(b.i32(0), b.zext(predicate & 4 ? b.not(cond) : cond));
}
