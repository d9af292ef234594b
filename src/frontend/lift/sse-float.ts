import { ARITH } from "../../ir/flags.js";
import type { Inst } from "../../ir/inst.js";
import { AND_F64, ANDN_F64, OR_F64, XOR_F64 } from "../../ir/lib/double-bits.js";
import { SOFT_COMI_F32, SOFT_COMI_F64, SOFT_ROUND_F32, SOFT_ROUND_F64 } from "../../ir/lib/softfloat-ops.js";
import { Soft } from "../../ir/lib/softfloat.js";
import { COMPARE_F32, COMPARE_F64, RCP, ROUND_F32, ROUND_F64, RSQRT } from "../../ir/lib/sse-float.js";
import { PANDN } from "../../ir/lib/vec-int.js";
import type { Op } from "../../ir/op.js";
import { OP } from "../../ir/ops.js";
import { Mnemonic, type Operand } from "../decode.js";
import type { Lift, LiftContext, LiftTable } from "./context.js";
import {
  arithmetic, bytesOf, compareElements, type Element, endArithmetic, formOf, readElements, writeElements, zeroElement,
} from "./sse-element.js";
import { logic, sameRegister, xorVector } from "./sse-int.js";
import { readVector, stateOf, vector, writeVector } from "./vector.js";

// SSE floating-point arithmetic and comparison (Intel SDM vol. 1, 10.4, 11.4, 12.3, 12.10; vol. 2). Conversions are in sse-convert.ts.

/** Result elements from those of the operands. */
type Kernel = (c: LiftContext, x: Inst[], y: Inst[], imm: number) => Inst[];

/** An instruction on n elements of both operands. */
function elements(e: Element, n: number, kernel: Kernel): Lift {
  return vector((c, insn) => {
    const [dst, src, imm] = insn.ops as [Operand, Operand, Operand | undefined];
    const form = formOf(c, e);
    const y = readElements(c, src, form, n);
    const x = readElements(c, dst, form, n);
    const out = kernel(c, x, y, imm ? imm.value & 0xff : 0);
    endArithmetic(c);
    writeElements(c, dst, out, bytesOf(e));
  });
}

function each(e: Element, n: number, op: Soft): Lift {
  return elements(e, n, (c, x, y) => x.map((v, k) => arithmetic(c, e, op, v, y[k]!)));
}

/** MINPS and so on: where singles are doubles in JavaScript the choice is made among their bits, since NaNs are passed on as they are. */
function extreme(e: Element, n: number, op: Soft.min | Soft.max): Lift {
  const general = each(e, n, op);
  if (e === "f64") return general;
  return vector((c, insn) => {
    if (c.softFloat) return general(c, insn);
    const [dst, src] = insn.ops as [Operand, Operand];
    const b = c.b;
    const yBits = readElements(c, src, "i32", n), y = readElements(c, src, "f32", n);
    const xBits = readElements(c, dst, "i32", n), x = readElements(c, dst, "f32", n);
    const out = x.map((v, k) => b.select(op === Soft.min ? b.flt(v, y[k]!) : b.flt(y[k]!, v), xBits[k]!, yBits[k]!));
    writeElements(c, dst, out, 4);
  });
}

/** ADDPS … of packed and scalar elements. */
function family(op: Soft, ps: Mnemonic, pd: Mnemonic, ss: Mnemonic, sd: Mnemonic): [Mnemonic, Lift][] {
  const make = op === Soft.min || op === Soft.max ? (e: Element, n: number) => extreme(e, n, op) : (e: Element, n: number) => each(e, n, op);
  return [[ps, make("f32", 4)], [pd, make("f64", 2)], [ss, make("f32", 1)], [sd, make("f64", 1)]];
}

/** HADDPS …: neighbours of the first operand, then of the second. */
function horizontal(e: Element, op: Soft): Lift {
  return elements(e, e === "f32" ? 4 : 2, (c, x, y) => {
    const all = [...x, ...y];
    return x.map((_, k) => arithmetic(c, e, op, all[k * 2]!, all[k * 2 + 1]!));
  });
}

/** ADDSUBPS …: even elements are subtracted. */
function addSub(e: Element): Lift {
  return elements(e, e === "f32" ? 4 : 2, (c, x, y) => x.map((v, k) => arithmetic(c, e, k & 1 ? Soft.add : Soft.sub, v, y[k]!)));
}

function compare(e: Element, n: number): Lift {
  return elements(e, n, (c, x, y, imm) => x.map((v, k) => {
    const mask = compareElements(c, e, imm & 7, v, y[k]!);
    return e === "f32" ? mask : c.b.pack("i64", [mask, mask]);
  }));
}

/** COMISS … set ZF PF CF; `signalling`: any NaN raises the invalid exception. */
function compareFlags(e: Element, signalling: boolean): Lift {
  return vector((c, insn) => {
    const [dst, src] = insn.ops as [Operand, Operand];
    const form = formOf(c, e);
    const y = readElements(c, src, form, 1)[0]!, x = readElements(c, dst, form, 1)[0]!;
    const flags = c.softFloat
      ? c.b.lib(e === "f32" ? SOFT_COMI_F32 : SOFT_COMI_F64, [x, y], signalling ? 1 : 0)
      : c.b.lib(e === "f32" ? COMPARE_F32 : COMPARE_F64, [x, y]);
    endArithmetic(c);
    c.b.fmod(ARITH, flags);
  });
}

/** ROUNDPS …: of the second operand only. */
function round(e: Element, n: number): Lift {
  return vector((c, insn) => {
    const [dst, src, imm] = insn.ops as [Operand, Operand, Operand];
    const op = c.softFloat ? (e === "f32" ? SOFT_ROUND_F32 : SOFT_ROUND_F64) : e === "f32" ? ROUND_F32 : ROUND_F64;
    const out = readElements(c, src, formOf(c, e), n).map((v) => c.b.lib(op, [v], imm.value & 15));
    endArithmetic(c);
    writeElements(c, dst, out, bytesOf(e));
  });
}

/** RCPPS RSQRTPS and their scalar forms; they raise nothing and look at no rounding. */
function estimate(op: Op, n: 1 | 4): Lift {
  return vector((c, insn) => {
    const [dst, src] = insn.ops as [Operand, Operand];
    if (n === 4) return writeVector(c, dst, c.b.emit(op, "v128", [readVector(c, src, "v128")]));
    const y = readElements(c, src, "i32", 1)[0]!;
    const r = c.b.emit(op, "i64", [c.b.pack("i64", [y, y])]);
    c.b.set(stateOf(dst), c.b.lane(r, 0));
  });
}

/** ANDPD … on doubles, so that registers which hold doubles need not be anything else. */
function doubleLogic(op: Op): Lift {
  return vector((c, insn) => {
    const [dst, src] = insn.ops as [Operand, Operand];
    const y = readElements(c, src, "f64", 2), x = readElements(c, dst, "f64", 2);
    writeElements(c, dst, x.map((v, k) => c.b.lib(op, [v, y[k]!])), 8);
  });
}

const xorDoubles = doubleLogic(XOR_F64), xorSame = xorVector(OP.xor);
const xorpd: Lift = (c, insn) => (sameRegister(insn.ops[0]!, insn.ops[1]!) ? xorSame : xorDoubles)(c, insn);

/** DPPS and DPPD: the products that the immediate's high half names, summed pairwise, into the elements its low half names. */
function dotProduct(e: Element): Lift {
  return vector((c, insn) => {
    const [dst, src, op] = insn.ops as [Operand, Operand, Operand];
    const n = e === "f32" ? 4 : 2;
    const imm = op.value & 0xff;
    const form = formOf(c, e);
    const y = readElements(c, src, form, n), x = readElements(c, dst, form, n);
    const zero = zeroElement(c, e);
    let sums = x.map((v, k) => ((imm >> (4 + k)) & 1 ? arithmetic(c, e, Soft.mul, v, y[k]!) : zero));
    endArithmetic(c);
    while (sums.length > 1) {
      const next: Inst[] = [];
      for (let k = 0; k < sums.length; k += 2) next.push(arithmetic(c, e, Soft.add, sums[k]!, sums[k + 1]!));
      endArithmetic(c);
      sums = next;
    }
    writeElements(c, dst, x.map((_, k) => ((imm >> k) & 1 ? sums[0]! : zero)), bytesOf(e));
  });
}

export const SSE_FLOAT_LIFTS: LiftTable = [
  ...family(Soft.add, Mnemonic.Addps, Mnemonic.Addpd, Mnemonic.Addss, Mnemonic.Addsd),
  ...family(Soft.sub, Mnemonic.Subps, Mnemonic.Subpd, Mnemonic.Subss, Mnemonic.Subsd),
  ...family(Soft.mul, Mnemonic.Mulps, Mnemonic.Mulpd, Mnemonic.Mulss, Mnemonic.Mulsd),
  ...family(Soft.div, Mnemonic.Divps, Mnemonic.Divpd, Mnemonic.Divss, Mnemonic.Divsd),
  ...family(Soft.sqrt, Mnemonic.Sqrtps, Mnemonic.Sqrtpd, Mnemonic.Sqrtss, Mnemonic.Sqrtsd),
  ...family(Soft.min, Mnemonic.Minps, Mnemonic.Minpd, Mnemonic.Minss, Mnemonic.Minsd),
  ...family(Soft.max, Mnemonic.Maxps, Mnemonic.Maxpd, Mnemonic.Maxss, Mnemonic.Maxsd),
  [Mnemonic.Haddps, horizontal("f32", Soft.add)], [Mnemonic.Haddpd, horizontal("f64", Soft.add)],
  [Mnemonic.Hsubps, horizontal("f32", Soft.sub)], [Mnemonic.Hsubpd, horizontal("f64", Soft.sub)],
  [Mnemonic.Addsubps, addSub("f32")], [Mnemonic.Addsubpd, addSub("f64")],
  [Mnemonic.Cmpps, compare("f32", 4)], [Mnemonic.Cmppd, compare("f64", 2)], [Mnemonic.Cmpss, compare("f32", 1)], [Mnemonic.Cmpsd, compare("f64", 1)],
  [Mnemonic.Comiss, compareFlags("f32", true)], [Mnemonic.Comisd, compareFlags("f64", true)],
  [Mnemonic.Ucomiss, compareFlags("f32", false)], [Mnemonic.Ucomisd, compareFlags("f64", false)],
  [Mnemonic.Roundps, round("f32", 4)], [Mnemonic.Roundpd, round("f64", 2)], [Mnemonic.Roundss, round("f32", 1)], [Mnemonic.Roundsd, round("f64", 1)],
  [Mnemonic.Rcpps, estimate(RCP, 4)], [Mnemonic.Rcpss, estimate(RCP, 1)], [Mnemonic.Rsqrtps, estimate(RSQRT, 4)], [Mnemonic.Rsqrtss, estimate(RSQRT, 1)],
  [Mnemonic.Dpps, dotProduct("f32")], [Mnemonic.Dppd, dotProduct("f64")],
  [Mnemonic.Andps, logic(OP.and)], [Mnemonic.Andpd, doubleLogic(AND_F64)], [Mnemonic.Andnps, logic(PANDN)], [Mnemonic.Andnpd, doubleLogic(ANDN_F64)],
  [Mnemonic.Orps, logic(OP.or)], [Mnemonic.Orpd, doubleLogic(OR_F64)], [Mnemonic.Xorps, xorVector(OP.xor)], [Mnemonic.Xorpd, xorpd],
];
