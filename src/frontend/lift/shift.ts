import { AF, CF, FlagFamily, OF } from "../../ir/flags.js";
import type { Inst } from "../../ir/inst.js";
import { Reg } from "../../ir/state.js";
import { Kind, Mnemonic, type Operand } from "../decode.js";
import { flagSize, type Lift, type LiftContext, type LiftTable } from "./context.js";

// SHL SHR SAR ROL ROR RCL RCR SHLD SHRD (Intel SDM vol. 2). A count of 0 (after masking to 5 bits, 6 for operands of 64 bits) changes no flag and no
// register but the high half of one of 32 bits in 64-bit code.

/** The count, masked, and whether it is not 0. */
function count(c: LiftContext, op: Operand, size: number): { n: Inst; some: Inst } {
  const b = c.b;
  const mask = size === 8 ? 63 : 31;
  const n = op.kind === Kind.imm ? b.i32(op.value & mask) : b.and(c.readReg(Reg.ECX, 1), b.i32(mask));
  return { n, some: b.nonzero(n) };
}

/** CF and OF (as bit 0 of each operand) at their positions. */
function carryOverflow(c: LiftContext, carry: Inst, overflow: Inst): Inst {
  return c.b.or(c.b.and(carry, c.b.i32(1)), c.b.shl(c.b.and(overflow, c.b.i32(1)), c.b.i32(11)));
}

/** A constant count of 0: memory is still accessed as for a write. True if that was it. */
function nothing(c: LiftContext, dst: Operand, n: Inst): boolean {
  if (!n.isConst || n.imm !== 0) return false;
  if (dst.isMem || c.wide) c.modify(dst, (old) => old);
  return true;
}

type Shifter = (c: LiftContext, a: Inst, n: Inst, size: number) => { r: Inst; carry: Inst; overflow: (r: Inst) => Inst };

function shl(c: LiftContext, a: Inst, n: Inst, size: number): ReturnType<Shifter> {
  const b = c.b;
  const bits = size * 8;
  const wide = b.shl(a, n);
  const carry = size >= 4 ? c.low(b.shr(a, b.sub(b.i32(bits), n))) : b.shr(wide, b.i32(bits));
  return { r: c.truncate(wide, size), carry, overflow: (r) => b.xor(carry, c.topBit(r, size)) };
}

function shr(c: LiftContext, a: Inst, n: Inst, size: number): ReturnType<Shifter> {
  const b = c.b;
  const r = b.shr(a, n);
  // the top two bits of the result differ from each other only after a shift by 1 of a value with its top bit set
  return { r, carry: c.low(b.shr(a, b.sub(n, b.i32(1)))), overflow: () => b.xor(c.topBit(r, size), c.topBit(r, size, 1)) };
}

function sar(c: LiftContext, a: Inst, n: Inst, size: number): ReturnType<Shifter> {
  const b = c.b;
  const s = c.signExtend(a, size);
  return { r: c.truncate(b.sar(s, n), size), carry: c.low(b.sar(s, b.sub(n, b.i32(1)))), overflow: () => b.i32(0) };
}

function shift(fn: Shifter): Lift {
  return (c, insn) => {
    const b = c.b;
    const dst = insn.ops[0]!;
    const { n, some } = count(c, insn.ops[1]!, dst.size);
    if (nothing(c, dst, n)) return;
    let out!: ReturnType<Shifter>;
    c.modify(dst, (old) => (out = fn(c, old, n, dst.size)).r);
    const { r, carry, overflow } = out;
    // AF is undefined; the oracle's processor sets it
    b.fsetif(some, FlagFamily.RES, flagSize(dst.size), c.resize(b.or(carryOverflow(c, carry, overflow(r)), b.i32(AF)), Math.max(4, dst.size)), r);
  };
}

/** Change CF and OF only, and only if the count is not 0. */
function setCarryOverflow(c: LiftContext, some: Inst, flags: Inst): void {
  const b = c.b;
  b.fmod(CF | OF, some.isConst ? flags : b.select(some, flags, b.fget(CF | OF)));
}

/** The operand repeated through 32 bits, so that a 32-bit rotation rotates it. */
function repeated(c: LiftContext, a: Inst, size: number): Inst {
  return size >= 4 ? a : c.b.mul(a, c.b.i32(size === 2 ? 0x00010001 : 0x01010101));
}

function rotate(left: boolean): Lift {
  return (c, insn) => {
    const b = c.b;
    const dst = insn.ops[0]!;
    const { n, some } = count(c, insn.ops[1]!, dst.size);
    if (nothing(c, dst, n)) return;
    let r!: Inst;
    c.modify(dst, (old) => {
      const v = repeated(c, old, dst.size);
      return (r = c.truncate(left ? b.rotl(v, n) : b.rotr(v, n), dst.size));
    });
    const top = c.topBit(r, dst.size), bottom = c.low(r);
    const flags = left ? carryOverflow(c, bottom, b.xor(bottom, top)) : carryOverflow(c, top, b.xor(top, c.topBit(r, dst.size, 1)));
    setCarryOverflow(c, some, flags);
  };
}

/** n modulo 9 or 17, for n from 0 to 31. */
function modulo(c: LiftContext, n: Inst, divisor: number): Inst {
  const b = c.b;
  if (divisor === 17) return b.select(b.ltu(n, b.i32(17)), n, b.sub(n, b.i32(17)));
  return b.sub(n, b.mul(b.shr(b.mul(n, b.i32(57)), b.i32(9)), b.i32(9)));
}

/** RCL and RCR: rotation of the operand with CF on top of it. */
function rotateCarry(left: boolean): Lift {
  return (c, insn) => {
    const b = c.b;
    const dst = insn.ops[0]!;
    const { n, some } = count(c, insn.ops[1]!, dst.size);
    if (nothing(c, dst, n)) return;
    const bits = dst.size * 8;
    const carry = bits === 64 ? b.zext64(b.fget(CF)) : b.fget(CF);
    let r!: Inst, out!: Inst;
    c.modify(dst, (a) => {
      if (bits >= 32) {
        // shifting by 1 first keeps the other count below the width when n is 1
        const k = b.sub(n, b.i32(1));
        const rest = b.sub(b.i32(bits), n);
        const v = left
          ? b.or(b.or(b.shl(a, n), b.shl(carry, k)), b.shr(b.shr(a, b.i32(1)), rest))
          : b.or(b.or(b.shr(a, n), b.shl(carry, rest)), b.shl(b.shl(a, b.i32(1)), rest));
        out = c.low(left ? b.shr(a, rest) : b.shr(a, k));
        return (r = b.select(some, v, a));
      }
      const k = modulo(c, n, bits + 1);
      const rest = b.sub(b.i32(bits + 1), k);
      const v = b.or(a, b.shl(carry, b.i32(bits)));
      const w = left ? b.or(b.shl(v, k), b.shr(v, rest)) : b.or(b.shr(v, k), b.shl(v, rest));
      out = b.shr(w, b.i32(bits));
      return (r = c.truncate(w, dst.size));
    });
    const top = c.topBit(r, dst.size);
    const overflow = left ? b.xor(out, top) : b.xor(top, c.topBit(r, dst.size, 1));
    setCarryOverflow(c, some, carryOverflow(c, out, overflow));
  };
}

/** SHLD and SHRD: shift in bits of a second operand. */
function double(left: boolean): Lift {
  return (c, insn) => {
    const b = c.b;
    const [dst, src, by] = insn.ops as [Operand, Operand, Operand];
    const { n, some } = count(c, by, dst.size);
    if (nothing(c, dst, n)) return;
    const s = c.read(src);
    const bits = dst.size * 8;
    let r!: Inst, carry!: Inst;
    c.modify(dst, (a) => {
      if (bits >= 32) {
        // 31 - n is n ^ 31 and below 32; the shift by 1 makes a count of 0 come out right
        const rest = b.xor(n, b.i32(bits - 1));
        r = left ? b.or(b.shl(a, n), b.shr(b.shr(s, b.i32(1)), rest)) : b.or(b.shr(a, n), b.shl(b.shl(s, b.i32(1)), rest));
        carry = c.low(left ? b.shr(a, b.sub(b.i32(bits), n)) : b.shr(a, b.sub(n, b.i32(1))));
        return r;
      }
      // Counts above 16 are undefined; the oracle's processor goes on with the source, and CF is 0.
      const over = b.ltu(b.i32(16), n);
      const wide = b.or(b.shl(left ? b.select(over, s, a) : s, b.i32(16)), left ? s : b.select(over, s, a));
      const k = b.select(over, b.sub(n, b.i32(16)), n);
      carry = b.select(over, b.i32(0), left ? b.shr(wide, b.sub(b.i32(32), k)) : b.shr(wide, b.sub(k, b.i32(1))));
      r = left ? b.shr(b.shl(wide, k), b.i32(16)) : c.truncate(b.shr(wide, k), 2);
      return r;
    });
    const top = c.topBit(r, dst.size);
    const overflow = left ? b.xor(carry, top) : b.xor(top, c.topBit(r, dst.size, 1));
    b.fsetif(some, FlagFamily.RES, flagSize(dst.size), c.resize(b.or(carryOverflow(c, carry, overflow), b.i32(AF)), Math.max(4, dst.size)), r);
  };
}

export const SHIFT_LIFTS: LiftTable = [
  [Mnemonic.Shl, shift(shl)],
  [Mnemonic.Sal, shift(shl)],
  [Mnemonic.Shr, shift(shr)],
  [Mnemonic.Sar, shift(sar)],
  [Mnemonic.Rol, rotate(true)],
  [Mnemonic.Ror, rotate(false)],
  [Mnemonic.Rcl, rotateCarry(true)],
  [Mnemonic.Rcr, rotateCarry(false)],
  [Mnemonic.Shld, double(true)],
  [Mnemonic.Shrd, double(false)],
];
