import { CF, FlagFamily, FlagSize } from "../../ir/flags.js";
import type { Inst } from "../../ir/inst.js";
import { POPCOUNT } from "../../ir/lib/integer.js";
import { Insn, Kind, Mnemonic, type Operand } from "../decode.js";
import { flagSize, type Lift, type LiftContext, type LiftTable, memInt } from "./context.js";

// BT BTS BTR BTC BSF BSR LZCNT TZCNT POPCNT (Intel SDM vol. 2)

type Change = ((c: LiftContext, value: Inst, bit: Inst) => Inst) | null;

/** CF = the selected bit; no other flag changes. `change` gives the new operand from the old one and the bit as a mask. */
function bitTest(change: Change): Lift {
  return (c, insn) => {
    const b = c.b;
    const [dst, src] = insn.ops as [Operand, Operand];
    const bits = dst.size * 8;
    const index = c.read(src);
    const bit = b.and(c.low(index), b.i32(bits - 1));
    const apply = (old: Inst): Inst => change!(c, old, b.shl(dst.size === 8 ? c.constant(1, 8) : b.i32(1), bit));
    let old!: Inst;
    if (dst.isMem) {
      // a register selects a bit anywhere from its sign-extended number of operands off
      const addr = src.kind === Kind.imm ? c.addr(dst) : bitAddress(c, dst, index);
      old = b.load(memInt(dst.size), addr, change !== null);
      if (change) b.store(memInt(dst.size), addr, c.truncate(apply(old), dst.size), true);
    } else if (change) c.modify(dst, (value) => apply((old = value)));
    else old = c.read(dst);
    b.fmod(CF, b.and(c.low(b.shr(old, bit)), b.i32(1)));
  };
}

function bitAddress(c: LiftContext, op: Operand, register: Inst): Inst {
  const b = c.b;
  const base = c.offset(op);
  const log = 31 - Math.clz32(op.size), size = base.type === "i64" ? 8 : 4;
  const index = c.extend(register, op.size, size);
  const offset = b.add(base, c.resize(b.shl(b.sar(index, b.i32(log + 3)), b.i32(log)), size));
  return c.linear(op.segment, op.addressSize === 2 ? b.and(offset, b.i32(0xffff)) : offset);
}

/** BSF and BSR: a source of 0 sets ZF and leaves the destination as it is. In 32-bit code LZCNT and TZCNT are not advertised, so their prefix is ignored. */
function scan(find: (c: LiftContext, s: Inst) => Inst): Lift {
  return (c, insn) => {
    const b = c.b;
    const [dst, src] = insn.ops as [Operand, Operand];
    const s = c.read(src);
    const some = b.ne(s, c.constant(0, dst.size));
    // a register of 64 bits stays as a whole, also where 32 are written
    const size = c.wide && dst.size === 4 ? 8 : dst.size;
    c.writeReg(dst.index, size, b.select(some, c.resize(find(c, s), Math.max(4, size)), c.readReg(dst.index, size)));
    b.fset(FlagFamily.RES, flagSize(dst.size), c.constant(0, dst.size), s); // only ZF is defined
  };
}

/** Number of the highest bit set of what is not 0; -1 of 0, for a value of up to 32 bits. */
function highest(c: LiftContext, s: Inst): Inst {
  const b = c.b;
  if (s.type !== "i64") return b.sub(b.i32(31), b.clz(s));
  const low = b.lane(s, 0), high = b.lane(s, 1);
  return b.select(b.nonzero(high), b.sub(b.i32(63), b.clz(high)), highest(c, low));
}

function lowest(c: LiftContext, s: Inst): Inst {
  const b = c.b;
  if (s.type !== "i64") return highest(c, b.and(s, b.sub(b.i32(0), s)));
  const low = b.lane(s, 0), high = b.lane(s, 1);
  return b.select(b.nonzero(low), lowest(c, low), b.add(lowest(c, high), b.i32(32)));
}

/** LZCNT and TZCNT, which 64-bit code has: the operand's width for 0; CF says that it is, ZF that the result is 0. */
function countZeros(find: (c: LiftContext, s: Inst) => Inst, leading: boolean, old: Lift): Lift {
  return (c, insn) => {
    if (!c.wide) return old(c, insn);
    const b = c.b;
    const [dst, src] = insn.ops as [Operand, Operand];
    const bits = dst.size * 8;
    const s = c.read(src);
    const none = b.eq(s, c.constant(0, dst.size));
    const at = find(c, s);
    const n = b.select(none, b.i32(bits), leading ? b.sub(b.i32(bits - 1), at) : at);
    c.write(dst, c.resize(n, Math.max(4, dst.size)));
    // OF SF AF PF are undefined
    b.fset(FlagFamily.RAW, FlagSize.B32, b.or(b.zext(none), b.shl(b.zext(b.eq(n, b.i32(0))), b.i32(6))), b.i32(0));
  };
}

function popcnt(c: LiftContext, insn: Insn): void {
  const b = c.b;
  const s = c.read(insn.ops[1]!);
  const n = s.type === "i64" ? b.add(b.lib(POPCOUNT, [b.lane(s, 0)]), b.lib(POPCOUNT, [b.lane(s, 1)])) : b.lib(POPCOUNT, [s]);
  c.write(insn.ops[0]!, c.resize(n, Math.max(4, insn.ops[0]!.size)));
  b.fset(FlagFamily.RAW, FlagSize.B32, b.shl(b.zext(b.eq(n, b.i32(0))), b.i32(6)), b.i32(0));
}

export const BIT_LIFTS: LiftTable = [
  [Mnemonic.Bt, bitTest(null)],
  [Mnemonic.Bts, bitTest((c, value, bit) => c.b.or(value, bit))],
  [Mnemonic.Btr, bitTest((c, value, bit) => c.b.and(value, c.b.xor(bit, bit.type === "i64" ? c.constant(-1, 8) : c.b.i32(-1))))],
  [Mnemonic.Btc, bitTest((c, value, bit) => c.b.xor(value, bit))],
  [Mnemonic.Bsf, scan(lowest)],
  [Mnemonic.Tzcnt, countZeros(lowest, false, scan(lowest))],
  [Mnemonic.Bsr, scan(highest)],
  [Mnemonic.Lzcnt, countZeros(highest, true, scan(highest))],
  [Mnemonic.Popcnt, popcnt],
];
