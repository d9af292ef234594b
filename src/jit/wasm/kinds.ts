import type * as E from "estree";
import { W } from "./encoder.js";

/** What an expression's value is: int32, uint32, a sum or difference of those (exact with 64 bits), a double, a boolean (0 or 1). */
export const enum Kind { int, uint, wide, double, bool }

/** Of int32, uint32, 64 bits, doubles. */
export const COMPARISONS: Readonly<Record<string, readonly [number, number, number, number]>> = {
  "===": [W.i32_eq, W.i32_eq, W.i64_eq, W.f64_eq],
  "!==": [W.i32_ne, W.i32_ne, W.i64_ne, W.f64_ne],
  "<": [W.i32_lt_s, W.i32_lt_u, W.i64_lt_s, W.f64_lt],
  "<=": [W.i32_le_s, W.i32_le_u, W.i64_le_s, W.f64_le],
  ">": [W.i32_gt_s, W.i32_gt_u, W.i64_gt_s, W.f64_gt],
  ">=": [W.i32_ge_s, W.i32_ge_u, W.i64_ge_s, W.f64_ge],
};
export const INT_OPS: Readonly<Record<string, number>> = { "|": W.i32_or, "&": W.i32_and, "^": W.i32_xor, "<<": W.i32_shl, ">>": W.i32_shr_s, ">>>": W.i32_shr_u };
export const DOUBLE_OPS: Readonly<Record<string, number>> = { "+": W.f64_add, "-": W.f64_sub, "*": W.f64_mul, "/": W.f64_div };

/** Opcodes of the DataView's methods, and what they give. */
export const LOADS: Readonly<Record<string, readonly [number, Kind]>> = {
  getUint8: [W.i32_load8_u, Kind.int], getInt8: [W.i32_load8_s, Kind.int], getUint16: [W.i32_load16_u, Kind.int], getInt16: [W.i32_load16_s, Kind.int],
  getInt32: [W.i32_load, Kind.int], getUint32: [W.i32_load, Kind.uint], getFloat32: [W.f32_load, Kind.double], getFloat64: [W.f64_load, Kind.double],
};

/** The number that a literal is, with its sign. */
export function numberOf(e: E.Expression | E.PrivateIdentifier | E.Super): number | null {
  if (e.type === "Literal" && typeof e.value === "number") return e.value;
  if (e.type === "UnaryExpression" && e.operator === "-" && e.argument.type === "Literal") return -(e.argument.value as number);
  return null;
}

export function literalKind(n: number): Kind {
  if (!Number.isInteger(n) || Object.is(n, -0)) return Kind.double;
  if (n === (n | 0)) return Kind.int;
  if (n === n >>> 0) return Kind.uint;
  return Kind.double;
}

/** A literal that is the same as int32 and uint32. */
export function isLiteral(e: E.Expression | E.PrivateIdentifier): boolean {
  if (e.type === "PrivateIdentifier") return false;
  const n = numberOf(e);
  return n !== null && n >= 0 && n <= 0x7fffffff;
}

/** What costs nothing, and has no effect. */
export function isSimple(e: E.Expression): boolean {
  return e.type === "Identifier" || numberOf(e) !== null || e.type === "Literal";
}
