import { FlagFamily } from "../../ir/flags.js";
import { CF } from "../../ir/flags.js";
import type { Inst } from "../../ir/inst.js";
import { Insn, Kind, Mnemonic } from "../decode.js";
import { flagSize, type LiftContext, type LiftTable } from "./context.js";

// ADD ADC SUB SBB CMP NEG INC DEC AND OR XOR TEST NOT (Intel SDM vol. 2)

/** The second operand, zero-extended to the size of the first (immediates are sign-extended to it by the encoding). */
function source(c: LiftContext, insn: Insn): Inst {
  const [dst, src] = insn.ops;
  if (src!.kind !== Kind.imm) return c.read(src!);
  return dst!.size === 8 ? c.imm(src!) : c.truncate(c.b.i32(src!.value), dst!.size);
}

function add(c: LiftContext, insn: Insn): void {
  const dst = insn.ops[0]!;
  const s = source(c, insn);
  let a!: Inst, r!: Inst;
  c.modify(dst, (old) => {
    a = old;
    return (r = c.truncate(c.b.add(old, s), dst.size));
  });
  c.b.fset(FlagFamily.ADD, flagSize(dst.size), a, r);
}

function sub(c: LiftContext, insn: Insn): void {
  const dst = insn.ops[0]!;
  const s = source(c, insn);
  let a!: Inst, r!: Inst;
  c.modify(dst, (old) => {
    a = old;
    return (r = c.truncate(c.b.sub(old, s), dst.size));
  });
  c.b.fset(FlagFamily.SUB, flagSize(dst.size), a, r);
}

function withCarry(family: FlagFamily.ADD | FlagFamily.SUB) {
  return (c: LiftContext, insn: Insn): void => {
    const b = c.b;
    const dst = insn.ops[0]!;
    const s = source(c, insn);
    const carry = b.fcond(2);
    let a!: Inst, r!: Inst;
    c.modify(dst, (old) => {
      a = old;
      const k = c.resize(b.zext(carry), dst.size);
      return (r = c.truncate(family === FlagFamily.ADD ? b.add(b.add(old, s), k) : b.sub(b.sub(old, s), k), dst.size));
    });
    b.fset(family, flagSize(dst.size), a, r, carry);
  };
}

function cmp(c: LiftContext, insn: Insn): void {
  const dst = insn.ops[0]!;
  const s = source(c, insn);
  const a = c.read(dst);
  c.b.fset(FlagFamily.SUB, flagSize(dst.size), a, c.truncate(c.b.sub(a, s), dst.size));
}

function neg(c: LiftContext, insn: Insn): void {
  const dst = insn.ops[0]!;
  let r!: Inst;
  c.modify(dst, (old) => (r = c.truncate(c.b.sub(c.constant(0, dst.size), old), dst.size)));
  c.b.fset(FlagFamily.SUB, flagSize(dst.size), c.constant(0, dst.size), r);
}

function step(family: FlagFamily.INC | FlagFamily.DEC) {
  return (c: LiftContext, insn: Insn): void => {
    const dst = insn.ops[0]!;
    const carry = c.b.fget(CF);
    const by = family === FlagFamily.INC ? 1 : -1;
    let r!: Inst;
    c.modify(dst, (old) => (r = c.truncate(c.b.add(old, dst.size === 8 ? c.constant(by, 8) : c.b.i32(by)), dst.size)));
    c.b.fset(family, flagSize(dst.size), dst.size === 8 ? c.b.zext64(carry) : carry, r);
  };
}

function logic(fn: (c: LiftContext, a: Inst, s: Inst) => Inst) {
  return (c: LiftContext, insn: Insn): void => {
    const dst = insn.ops[0]!;
    const s = source(c, insn);
    let r!: Inst;
    c.modify(dst, (old) => (r = fn(c, old, s)));
    c.b.fset(FlagFamily.RES, flagSize(dst.size), c.constant(0, dst.size), r);
  };
}

function test(c: LiftContext, insn: Insn): void {
  const dst = insn.ops[0]!;
  const s = source(c, insn);
  c.b.fset(FlagFamily.RES, flagSize(dst.size), c.constant(0, dst.size), c.b.and(c.read(dst), s));
}

function not(c: LiftContext, insn: Insn): void {
  const dst = insn.ops[0]!;
  c.modify(dst, (old) => c.truncate(c.b.xor(old, dst.size === 8 ? c.constant(-1, 8) : c.b.i32(-1)), dst.size));
}

export const ARITH_LIFTS: LiftTable = [
  [Mnemonic.Add, add],
  [Mnemonic.Adc, withCarry(FlagFamily.ADD)],
  [Mnemonic.Sub, sub],
  [Mnemonic.Sbb, withCarry(FlagFamily.SUB)],
  [Mnemonic.Cmp, cmp],
  [Mnemonic.Neg, neg],
  [Mnemonic.Inc, step(FlagFamily.INC)],
  [Mnemonic.Dec, step(FlagFamily.DEC)],
  [Mnemonic.And, logic((c, a, s) => c.b.and(a, s))],
  [Mnemonic.Or, logic((c, a, s) => c.b.or(a, s))],
  [Mnemonic.Xor, logic((c, a, s) => c.b.xor(a, s))],
  [Mnemonic.Test, test],
  [Mnemonic.Not, not],
];
