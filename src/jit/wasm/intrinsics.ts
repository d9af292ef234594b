import { DIV64U, MULHS, MULHU } from "../../ir/lib/integer.js";
import { PCMPEQB } from "../../ir/lib/vec-int.js";
import { INTERLEAVE8, SIGNS8 } from "../../ir/lib/vec-lane.js";
import type { Op } from "../../ir/op.js";
import { W } from "./encoder.js";
import type { ExpressionAssembler } from "./expression-assembler.js";

/**
 * Library ops that hot code uses and that are a few instructions: instead of a call of their function, which costs more than they do. Operands, each an i32, are on the stack; so is
 * the result afterwards. test/jit/wasm compares each with the function.
 */
type Intrinsic = (a: ExpressionAssembler) => void;

/** High half of a product, the operands being extended by this. */
const high = (extend: W): Intrinsic => (a) => {
  const { code } = a, second = a.scratch(0);
  code.indexed(W.local_set, second);
  code.emit(extend);
  code.indexed(W.local_get, second);
  code.emit(extend, W.i64_mul);
  code.byte(W.i64_const);
  code.signed(32);
  code.emit(W.i64_shr_u, W.i32_wrap_i64);
};

/** hi:lo / d; a divisor of 0, which does not get here, must not trap either way. */
const div64u: Intrinsic = (a) => {
  const { code } = a, lo = a.scratch(0), d = a.scratch(1);
  code.indexed(W.local_set, d);
  code.indexed(W.local_set, lo);
  code.emit(W.i64_extend_i32_u);
  code.byte(W.i64_const);
  code.signed(32);
  code.emit(W.i64_shl);
  code.indexed(W.local_get, lo);
  code.emit(W.i64_extend_i32_u, W.i64_or);
  code.indexed(W.local_get, d);
  code.indexed(W.local_get, d);
  code.emit(W.i32_eqz, W.i32_add, W.i64_extend_i32_u, W.i64_div_u, W.i32_wrap_i64);
};

/** Bytes all ones where two lanes' are equal: ~((x & 0x7f…) + 0x7f… | x) & 0x80…, spread, with x their difference. */
const equalBytes: Intrinsic = (a) => {
  const { code } = a, x = a.scratch(0);
  code.emit(W.i32_xor);
  code.indexed(W.local_tee, x);
  code.constant(0x7f7f7f7f);
  code.emit(W.i32_and);
  code.constant(0x7f7f7f7f);
  code.emit(W.i32_add);
  code.indexed(W.local_get, x);
  code.emit(W.i32_or);
  code.constant(-1);
  code.emit(W.i32_xor);
  code.constant(7);
  code.emit(W.i32_shr_u);
  code.constant(0x01010101);
  code.emit(W.i32_and);
  code.constant(0xff);
  code.emit(W.i32_mul);
};

/** The bytes' top bits. */
const signs: Intrinsic = (a) => {
  const { code } = a;
  code.constant(7);
  code.emit(W.i32_shr_u);
  code.constant(0x01010101);
  code.emit(W.i32_and);
  code.constant(0x10204080);
  code.emit(W.i32_mul);
  code.constant(28);
  code.emit(W.i32_shr_u);
};

/** The low two bytes of both: x | x << 8 with the second byte in the third's place, of each. */
const interleave: Intrinsic = (a) => {
  const { code } = a, first = a.scratch(0), second = a.scratch(1);
  const spread = (local: number): void => {
    code.indexed(W.local_get, local);
    code.constant(0xff);
    code.emit(W.i32_and);
    code.indexed(W.local_get, local);
    code.constant(0xff00);
    code.emit(W.i32_and);
    code.constant(8);
    code.emit(W.i32_shl, W.i32_or);
  };
  code.indexed(W.local_set, second);
  code.indexed(W.local_set, first);
  spread(first);
  spread(second);
  code.constant(8);
  code.emit(W.i32_shl, W.i32_or);
};

export const INTRINSICS: ReadonlyMap<Op, Intrinsic> = new Map([
  [MULHU, high(W.i64_extend_i32_u)], [MULHS, high(W.i64_extend_i32_s)], [DIV64U, div64u], [PCMPEQB, equalBytes], [SIGNS8, signs], [INTERLEAVE8, interleave],
]);
