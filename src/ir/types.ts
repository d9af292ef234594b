/**
 * Value types of the IR.
 *
 * Every value lowers to a fixed number of JavaScript numbers, its *lanes*: integers and vectors to int32 lanes
 * (least significant first), floats to one double. Both tiers and all library functions share this convention,
 * so a 64-bit integer is a pair of int32 and a v128 four of them, wherever it appears.
 */
export type Type = "void" | "i1" | "i32" | "i64" | "f32" | "f64" | "f80" | "v128" | "v256";

/** What a memory access moves; i8 and i16 exist only in memory, a loaded value of them is an i32. */
export type MemType = "i8" | "i16" | "i32" | "i64" | "f32" | "f64" | "f80" | "v128" | "v256";

/** Number of lanes of each type. An f80 is (mantissa low, mantissa high, sign and exponent). */
export const LANES: Readonly<Record<Type, number>> = {
  void: 0, i1: 1, i32: 1, i64: 2, f32: 1, f64: 1, f80: 3, v128: 4, v256: 8,
};

/** Bytes of each memory type. */
export const MEM_SIZE: Readonly<Record<MemType, number>> = {
  i8: 1, i16: 2, i32: 4, i64: 8, f32: 4, f64: 8, f80: 10, v128: 16, v256: 32,
};

/** The type of the value that a load of a memory type gives and a store of it takes. */
export const VALUE_TYPE: Readonly<Record<MemType, Type>> = {
  i8: "i32", i16: "i32", i32: "i32", i64: "i64", f32: "f32", f64: "f64", f80: "f80", v128: "v128", v256: "v256",
};

/** True if the value's lanes are doubles, not int32. */
export function isFloat(type: Type): boolean {
  return type === "f32" || type === "f64";
}
