import type { Inst } from "../../ir/inst.js";
import {
  SOFT_F32_F64, SOFT_F32_I32, SOFT_F32_I64, SOFT_F64_F32, SOFT_F64_I32, SOFT_F64_I64, SOFT_I32_F32, SOFT_I64_F32, SOFT_I64_F64,
} from "../../ir/lib/softfloat-ops.js";
import {
  F32_TO_F64, F64_TO_F32, I32_TO_F32, I32_TO_F64, I64_TO_F32, I64_TO_F64, ROUND_F32_I32, ROUND_I32, ROUND_I64, TRUNC_F32_I32, TRUNC_I32, TRUNC_I64,
} from "../../ir/lib/sse-float.js";
import { type Insn, Kind, Mnemonic, type Operand, RegClass } from "../decode.js";
import type { Lift, LiftContext, LiftTable } from "./context.js";
import { type Element, endArithmetic, formOf, readElements, writeElements } from "./sse-element.js";
import { touchMmx, vector, writeVector } from "./vector.js";

// SSE conversions between integers and both floating-point formats (Intel SDM vol. 2, CVT*).

function isRegister(op: Operand, cls: RegClass): boolean {
  return op.kind === Kind.reg && op.cls === cls;
}

/** i32 to a float. Double precision holds every i32, so that needs no software. */
function fromInt(c: LiftContext, to: Element, v: Inst): Inst {
  if (to === "f64") return c.b.lib(I32_TO_F64, [v]);
  return c.softFloat ? c.b.lib(SOFT_I32_F32, [v]) : c.b.lib(I32_TO_F32, [v]);
}

function toInt(c: LiftContext, from: Element, truncate: boolean, v: Inst): Inst {
  if (c.softFloat) return c.b.lib(from === "f32" ? SOFT_F32_I32 : SOFT_F64_I32, [v], truncate ? 1 : 0);
  if (from === "f32") return c.b.lib(truncate ? TRUNC_F32_I32 : ROUND_F32_I32, [v]);
  return c.b.lib(truncate ? TRUNC_I32 : ROUND_I32, [v]);
}

function change(c: LiftContext, from: Element, v: Inst): Inst {
  if (from === "f32") return c.b.lib(c.softFloat ? SOFT_F32_F64 : F32_TO_F64, [v]);
  return c.b.lib(c.softFloat ? SOFT_F64_F32 : F64_TO_F32, [v]);
}

/** CVTSI2SD and CVTSI2SS from 64 bits. */
function fromLong(c: LiftContext, to: Element, v: Inst): Inst {
  if (c.softFloat) return c.b.lib(to === "f64" ? SOFT_I64_F64 : SOFT_I64_F32, [v]);
  return c.b.lib(to === "f64" ? I64_TO_F64 : I64_TO_F32, [v]);
}

/** CVTSD2SI … to 64 bits; singles are doubles in JavaScript. */
function toLong(c: LiftContext, from: Element, truncate: boolean, v: Inst): Inst {
  if (c.softFloat) return c.b.lib(from === "f32" ? SOFT_F32_I64 : SOFT_F64_I64, [v], truncate ? 1 : 0);
  return c.b.lib(truncate ? TRUNC_I64 : ROUND_I64, [from === "f32" ? c.b.lib(F32_TO_F64, [v]) : v]);
}

function isLong(op: Operand): boolean {
  return op.size === 8 && (op.isMem || isRegister(op, RegClass.gpr));
}

/** n i32 from a general register, an MMX or XMM register, or memory. */
function readInts(c: LiftContext, op: Operand, n: number): Inst[] {
  return isRegister(op, RegClass.gpr) ? [c.gpr(op.index)] : readElements(c, op, "i32", n);
}

/** CVTSI2SD CVTDQ2PS CVTPI2PD …: the low elements of an XMM register. */
function integers(to: Element, n: number): Lift {
  return vector((c, insn) => {
    const [dst, src] = insn.ops as [Operand, Operand];
    const out = n === 1 && isLong(src) ? [fromLong(c, to, c.read(src))] : readInts(c, src, n).map((v) => fromInt(c, to, v));
    if (isRegister(src, RegClass.mm)) touchMmx(c); // even if the conversion faults
    endArithmetic(c);
    writeElements(c, dst, out, to === "f32" ? 4 : 8);
  });
}

/** CVTSD2SI CVTPS2DQ CVTTPD2PI …: to a general register, an MMX register, or an XMM register whose rest becomes 0. */
function toIntegers(from: Element, n: number, truncate: boolean): Lift {
  return vector((c, insn) => {
    const [dst, src] = insn.ops as [Operand, Operand];
    const b = c.b;
    if (isRegister(dst, RegClass.gpr) && dst.size === 8) {
      const value = toLong(c, from, truncate, readElements(c, src, formOf(c, from), 1)[0]!);
      endArithmetic(c);
      return c.writeReg(dst.index, 8, value);
    }
    const out = readElements(c, src, formOf(c, from), n).map((v) => toInt(c, from, truncate, v));
    if (isRegister(dst, RegClass.mm)) touchMmx(c);
    endArithmetic(c);
    if (isRegister(dst, RegClass.gpr)) c.setGpr(dst.index, out[0]!);
    else if (isRegister(dst, RegClass.mm)) writeVector(c, dst, b.pack("i64", out));
    else writeVector(c, dst, b.pack("v128", [...out, b.i32(0), b.i32(0)].slice(0, 4)));
  });
}

/** CVTSS2SD CVTPD2PS …; `clear`: the high half of the register becomes 0. */
function formats(from: Element, n: number, clear: boolean): Lift {
  return vector((c, insn: Insn) => {
    const [dst, src] = insn.ops as [Operand, Operand];
    const out = readElements(c, src, formOf(c, from), n).map((v) => change(c, from, v));
    endArithmetic(c);
    writeElements(c, dst, clear ? [...out, c.b.i32(0), c.b.i32(0)] : out, from === "f32" ? 8 : 4);
  });
}

export const SSE_CONVERT_LIFTS: LiftTable = [
  [Mnemonic.Cvtsi2ss, integers("f32", 1)], [Mnemonic.Cvtsi2sd, integers("f64", 1)],
  [Mnemonic.Cvtpi2ps, integers("f32", 2)], [Mnemonic.Cvtpi2pd, integers("f64", 2)],
  [Mnemonic.Cvtdq2ps, integers("f32", 4)], [Mnemonic.Cvtdq2pd, integers("f64", 2)],
  [Mnemonic.Cvtss2si, toIntegers("f32", 1, false)], [Mnemonic.Cvttss2si, toIntegers("f32", 1, true)],
  [Mnemonic.Cvtsd2si, toIntegers("f64", 1, false)], [Mnemonic.Cvttsd2si, toIntegers("f64", 1, true)],
  [Mnemonic.Cvtps2pi, toIntegers("f32", 2, false)], [Mnemonic.Cvttps2pi, toIntegers("f32", 2, true)],
  [Mnemonic.Cvtpd2pi, toIntegers("f64", 2, false)], [Mnemonic.Cvttpd2pi, toIntegers("f64", 2, true)],
  [Mnemonic.Cvtps2dq, toIntegers("f32", 4, false)], [Mnemonic.Cvttps2dq, toIntegers("f32", 4, true)],
  [Mnemonic.Cvtpd2dq, toIntegers("f64", 2, false)], [Mnemonic.Cvttpd2dq, toIntegers("f64", 2, true)],
  [Mnemonic.Cvtss2sd, formats("f32", 1, false)], [Mnemonic.Cvtsd2ss, formats("f64", 1, false)],
  [Mnemonic.Cvtps2pd, formats("f32", 2, false)], [Mnemonic.Cvtpd2ps, formats("f64", 2, true)],
];
