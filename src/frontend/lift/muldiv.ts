import { CF, FlagFamily, OF } from "../../ir/flags.js";
import type { Inst } from "../../ir/inst.js";
import { DIV128S, DIV128U, DIV64U, DIVS, DIVU, IDIV64, IDIV_BAD, MULHS, MULHS64, MULHU, MULHU64 } from "../../ir/lib/integer.js";
import { Vector } from "../../ir/memory.js";
import type { Op } from "../../ir/op.js";
import { Reg } from "../../ir/state.js";
import { Insn, Kind, Mnemonic, type Operand } from "../decode.js";
import { flagSize, type LiftContext, type LiftTable } from "./context.js";

// MUL IMUL DIV IDIV (Intel SDM vol. 2)

/** CF and OF tell whether the high half matters; the others, undefined, come from the low half. */
function setFlags(c: LiftContext, size: number, overflow: Inst, low: Inst): void {
  const b = c.b;
  b.fset(FlagFamily.RES, flagSize(size), b.select(overflow, c.constant(CF | OF, Math.max(4, size)), c.constant(0, size)), low);
}

/** Split a product of 8- or 16-bit factors into AX or DX:AX. */
function writeProduct(c: LiftContext, size: number, product: Inst): void {
  if (size === 1) return c.writeReg(Reg.EAX, 2, product);
  c.writeReg(Reg.EAX, 2, product);
  c.writeReg(Reg.EDX, 2, c.b.shr(product, c.b.i32(16)));
}

function mul(c: LiftContext, insn: Insn): void {
  const b = c.b;
  const src = insn.ops[0]!;
  const s = c.read(src);
  const a = c.readReg(Reg.EAX, src.size);
  const low = b.mul(a, s);
  if (src.size >= 4) {
    const high = b.lib(src.size === 8 ? MULHU64 : MULHU, [a, s]);
    c.writeReg(Reg.EAX, src.size, low);
    c.writeReg(Reg.EDX, src.size, high);
    setFlags(c, src.size, b.ne(high, c.constant(0, src.size)), low);
  } else {
    writeProduct(c, src.size, low);
    setFlags(c, src.size, b.nonzero(b.shr(low, b.i32(src.size * 8))), c.truncate(low, src.size));
  }
}

function signed(c: LiftContext, op: Operand): Inst {
  return op.kind === Kind.imm ? (op.size === 8 ? c.imm(op) : c.b.i32(op.value)) : c.signExtend(c.read(op), op.size);
}

/** IMUL with one, two or three operands. */
function imul(c: LiftContext, insn: Insn): void {
  const b = c.b;
  const [x, y, z] = insn.ops;
  const size = x!.size;
  let a: Inst, s: Inst;
  if (!y) {
    s = signed(c, x!);
    a = c.signExtend(c.readReg(Reg.EAX, size), size);
  } else {
    s = signed(c, z ?? y);
    a = signed(c, z ? y : x!);
  }
  const low = b.mul(a, s);
  let overflow: Inst;
  if (size >= 4) {
    const high = b.lib(size === 8 ? MULHS64 : MULHS, [a, s]);
    overflow = b.ne(high, b.sar(low, b.i32(size * 8 - 1)));
    if (y) c.write(x!, low);
    else {
      c.writeReg(Reg.EAX, size, low);
      c.writeReg(Reg.EDX, size, high);
    }
  } else {
    overflow = b.ne(low, c.signExtend(low, size));
    if (y) c.write(x!, low);
    else writeProduct(c, size, low);
  }
  setFlags(c, size, overflow, c.truncate(low, size));
}

function div(c: LiftContext, insn: Insn): void {
  const b = c.b;
  const src = insn.ops[0]!;
  const d = c.read(src);
  if (src.size === 8) return divide64(c, d, DIV128U);
  if (src.size === 4) {
    const hi = c.gpr(Reg.EDX), lo = c.gpr(Reg.EAX);
    b.trapif(b.leu(d, hi), Vector.DE); // a divisor of 0 too
    const q = b.lib(DIV64U, [hi, lo, d]);
    c.setGpr(Reg.EAX, q);
    c.setGpr(Reg.EDX, b.sub(lo, b.mul(q, d)));
    return;
  }
  const n = dividend(c, src.size);
  b.trapif(b.leu(d, b.shr(n, b.i32(src.size * 8))), Vector.DE);
  writeQuotient(c, src.size, n, d, b.lib(DIVU, [n, d]));
}

function idiv(c: LiftContext, insn: Insn): void {
  const b = c.b;
  const src = insn.ops[0]!;
  const d = c.signExtend(c.read(src), src.size);
  if (src.size === 8) return divide64(c, d, DIV128S);
  if (src.size === 4) {
    const hi = c.gpr(Reg.EDX), lo = c.gpr(Reg.EAX);
    b.trapif(b.nonzero(b.lib(IDIV_BAD, [hi, lo, d])), Vector.DE);
    const q = b.lib(IDIV64, [hi, lo, d]);
    c.setGpr(Reg.EAX, q);
    c.setGpr(Reg.EDX, b.sub(lo, b.mul(q, d)));
    return;
  }
  const n = src.size === 1 ? b.ext16s(dividend(c, 1)) : dividend(c, 2);
  const q = b.lib(DIVS, [n, d]);
  b.trapif(b.or(b.eq(d, b.i32(0)), b.ne(q, c.signExtend(q, src.size))), Vector.DE);
  writeQuotient(c, src.size, n, d, q);
}

function divide64(c: LiftContext, d: Inst, op: Op): void {
  const b = c.b;
  const out = b.lib(op, [c.readReg(Reg.EAX, 8), c.readReg(Reg.EDX, 8), d]);
  b.trapif(b.nonzero(b.lane(out, 4)), Vector.DE);
  c.writeReg(Reg.EAX, 8, b.pack("i64", [b.lane(out, 0), b.lane(out, 1)]));
  c.writeReg(Reg.EDX, 8, b.pack("i64", [b.lane(out, 2), b.lane(out, 3)]));
}

/** AX or DX:AX. */
function dividend(c: LiftContext, size: number): Inst {
  const b = c.b;
  const ax = c.readReg(Reg.EAX, 2);
  return size === 1 ? ax : b.or(b.shl(c.gpr(Reg.EDX), b.i32(16)), ax);
}

function writeQuotient(c: LiftContext, size: number, n: Inst, d: Inst, q: Inst): void {
  const b = c.b;
  const r = b.sub(n, b.mul(q, d));
  if (size === 1) {
    c.writeReg(Reg.EAX, 2, b.or(b.and(q, b.i32(0xff)), b.shl(b.and(r, b.i32(0xff)), b.i32(8))));
  } else {
    c.writeReg(Reg.EAX, 2, q);
    c.writeReg(Reg.EDX, 2, r);
  }
}

export const MULDIV_LIFTS: LiftTable = [
  [Mnemonic.Mul, mul],
  [Mnemonic.Imul, imul],
  [Mnemonic.Div, div],
  [Mnemonic.Idiv, idiv],
];
