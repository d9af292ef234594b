import { CF, FlagFamily, FlagSize } from "../../ir/flags.js";
import type { Inst } from "../../ir/inst.js";
import { POPCOUNT } from "../../ir/lib/integer.js";
import { Insn, Kind, Mnemonic, type Operand } from "../decode.js";
import { flagSize, type Lift, type LiftContext, type LiftTable, memInt } from "./context.js";

// BT BTS BTR BTC BSF BSR POPCNT (Intel SDM vol. 2)

type Change = ((c: LiftContext, value: Inst, bit: Inst) => Inst) | null;

/** CF = the selected bit; no other flag changes. `change` gives the new operand from the old one and the bit as a mask. */
function bitTest(change: Change): Lift {
  return (c, insn) => {
    const b = c.b;
    const [dst, src] = insn.ops as [Operand, Operand];
    const bits = dst.size * 8;
    const index = c.read(src);
    const bit = b.and(index, b.i32(bits - 1));
    const apply = (old: Inst): Inst => change!(c, old, b.shl(b.i32(1), bit));
    let old!: Inst;
    if (dst.isMem) {
      // a register selects a bit anywhere from its sign-extended number of operands off
      const addr = src.kind === Kind.imm ? c.addr(dst) : bitAddress(c, dst, c.signExtend(index, dst.size));
      old = b.load(memInt(dst.size), addr, change !== null);
      if (change) b.store(memInt(dst.size), addr, c.truncate(apply(old), dst.size), true);
    } else if (change) c.modify(dst, (value) => apply((old = value)));
    else old = c.read(dst);
    b.fmod(CF, b.and(b.shr(old, bit), b.i32(1)));
  };
}

function bitAddress(c: LiftContext, op: Operand, index: Inst): Inst {
  const b = c.b;
  const step = op.size === 2 ? b.shl(b.sar(index, b.i32(4)), b.i32(1)) : b.shl(b.sar(index, b.i32(5)), b.i32(2));
  const offset = b.add(c.offset(op), step);
  return c.linear(op.segment, op.addressSize === 2 ? b.and(offset, b.i32(0xffff)) : offset);
}

/** BSF and BSR: a source of 0 sets ZF and leaves the destination as it is. LZCNT and TZCNT are not advertised, so their prefix is ignored. */
function scan(find: (c: LiftContext, s: Inst) => Inst): Lift {
  return (c, insn) => {
    const b = c.b;
    const [dst, src] = insn.ops as [Operand, Operand];
    const s = c.read(src);
    c.write(dst, b.select(b.nonzero(s), find(c, s), c.read(dst)));
    b.fset(FlagFamily.RES, flagSize(dst.size), b.i32(0), s); // only ZF is defined
  };
}

function highest(c: LiftContext, s: Inst): Inst {
  return c.b.sub(c.b.i32(31), c.b.clz(s));
}

function lowest(c: LiftContext, s: Inst): Inst {
  return highest(c, c.b.and(s, c.b.sub(c.b.i32(0), s)));
}

function popcnt(c: LiftContext, insn: Insn): void {
  const b = c.b;
  const s = c.read(insn.ops[1]!);
  c.write(insn.ops[0]!, b.lib(POPCOUNT, [s]));
  b.fset(FlagFamily.RAW, FlagSize.B32, b.shl(b.zext(b.eq(s, b.i32(0))), b.i32(6)), b.i32(0));
}

export const BIT_LIFTS: LiftTable = [
  [Mnemonic.Bt, bitTest(null)],
  [Mnemonic.Bts, bitTest((c, value, bit) => c.b.or(value, bit))],
  [Mnemonic.Btr, bitTest((c, value, bit) => c.b.and(value, c.b.xor(bit, c.b.i32(-1))))],
  [Mnemonic.Btc, bitTest((c, value, bit) => c.b.xor(value, bit))],
  [Mnemonic.Bsf, scan(lowest)],
  [Mnemonic.Tzcnt, scan(lowest)],
  [Mnemonic.Bsr, scan(highest)],
  [Mnemonic.Lzcnt, scan(highest)],
  [Mnemonic.Popcnt, popcnt],
];
