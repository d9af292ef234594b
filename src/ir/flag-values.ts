import type { Builder } from "./builder.js";
import { CF, Cond, COND_READS, FlagFamily, FlagSize, OF, PF, SF, ZF } from "./flags.js";
import type { Inst } from "./inst.js";
import { FLAGS_COND, FLAGS_COND_WIDE, FLAGS_GET, FLAGS_GET_WIDE, FLAGS_PARITY } from "./lib/flags.js";
import { isFloatCompare } from "./lib/sse-float.js";
import { OP } from "./ops.js";

/**
 * What is known of the flags at some point: the values of the lazy triple, and its kind where that is a constant (-1: not known). Values are i64 where the kind is
 * of 64 bits, and may be where it is not known.
 */
export interface FlagRecord {
  readonly kind: number;
  /** The kind as a value, if it is not a constant. */
  readonly kindValue: Inst | null;
  readonly a: Inst;
  readonly r: Inst;
}

function kindOf(b: Builder, f: FlagRecord): Inst {
  return f.kind >= 0 ? b.i32(f.kind) : f.kindValue!;
}

/** As an i64. */
export function widened(b: Builder, v: Inst): Inst {
  return v.type === "i64" ? v : b.zext64(v);
}

/** A condition (imm: its code) or flags (imm: which), computed by the library. */
function general(b: Builder, f: FlagRecord, op: typeof FLAGS_COND, wide: typeof FLAGS_COND, imm: number): Inst {
  if (f.a.type !== "i64" && f.r.type !== "i64") return b.lib(op, [kindOf(b, f), f.a, f.r], imm);
  return b.lib(wide, [kindOf(b, f), widened(b, f.a), widened(b, f.r)], imm);
}

/** A small number of the type of a value. */
function small(b: Builder, n: number, like: Inst): Inst {
  return like.type === "i64" ? b.i64(n, n >> 31) : b.i32(n);
}

function low(b: Builder, v: Inst): Inst {
  return v.type === "i64" ? b.lane(v, 0) : v;
}

function isZero(v: Inst): boolean {
  return v.op === OP.pack ? v.args.every(isZero) : v.isConst && v.imm === 0 && v.immHi === 0;
}

function mask(size: FlagSize): number {
  return size === FlagSize.B8 ? 0xff : size === FlagSize.B16 ? 0xffff : -1;
}

function signed(b: Builder, v: Inst, size: FlagSize): Inst {
  return size === FlagSize.B8 ? b.ext8s(v) : size === FlagSize.B16 ? b.ext16s(v) : v;
}

/** The subtrahend of a SUB record: the operand itself where the result is visibly a - b, else a - r. */
function subtrahend(b: Builder, f: FlagRecord, size: FlagSize): Inst {
  let r = f.r;
  if (size < FlagSize.B32 && r.op === OP.and && r.args[1]!.isConst && r.args[1]!.imm === mask(size)) r = r.args[0]!;
  if (r.op === OP.sub && r.args[0] === f.a) return r.args[1]!;
  if (r.type === "i32" && r.op === OP.add && r.args[0] === f.a && r.args[1]!.isConst) return b.i32(-r.args[1]!.imm & mask(size));
  const v = b.sub(f.a, f.r);
  return size < FlagSize.B32 ? b.and(v, b.i32(mask(size))) : v;
}

/** An even condition code after UCOMISD x, y and the like: "below", "equal" and "parity" hold for unordered operands, too. */
function floatCondition(b: Builder, x: Inst, y: Inst, cc: number): Inst {
  switch (cc) {
    case Cond.B: return b.not(b.fle(y, x));
    case Cond.BE: return b.not(b.flt(y, x));
    case Cond.E: case Cond.LE: return b.not(b.or(b.flt(x, y), b.flt(y, x)));
    case Cond.P: return b.funord(x, y);
    default: return b.bool(false);
  }
}

/** Whether a condition code holds for known flags, in the cheapest form. */
export function condValue(b: Builder, f: FlagRecord, cc: number): Inst {
  if (cc & 1) return b.not(condValue(b, f, cc & ~1));
  const size = (f.kind & 3) as FlagSize;
  if (f.kind < 0) return general(b, f, FLAGS_COND, FLAGS_COND_WIDE, cc);
  const family: FlagFamily = f.kind >> 3;
  const { a, r } = f;
  const zero = small(b, 0, r);
  if (family === FlagFamily.RAW) {
    if (isFloatCompare(a.op)) return floatCondition(b, a.args[0]!, a.args[1]!, cc);
    if (cc === Cond.L) return b.ne(b.and(b.shr(a, b.i32(7)), b.i32(1)), b.and(b.shr(a, b.i32(11)), b.i32(1)));
    if (cc === Cond.LE) return general(b, f, FLAGS_COND, FLAGS_COND_WIDE, cc);
    return b.nonzero(b.and(a, b.i32(COND_READS[cc]!)));
  }
  switch (cc) {
    case Cond.E:
      return family === FlagFamily.SUB && !(f.kind & 4) ? b.eq(a, subtrahend(b, f, size)) : b.eq(r, zero);
    case Cond.S:
      return b.lts(signed(b, r, size), zero);
    case Cond.P:
      return b.nonzero(b.lib(FLAGS_PARITY, [low(b, r)]));
  }
  switch (f.kind & ~3) {
    case FlagFamily.SUB << 3:
      switch (cc) {
        case Cond.B: return b.ltu(a, subtrahend(b, f, size));
        case Cond.BE: return b.leu(a, subtrahend(b, f, size));
        case Cond.L: return b.lts(signed(b, a, size), signed(b, subtrahend(b, f, size), size));
        case Cond.LE: return b.les(signed(b, a, size), signed(b, subtrahend(b, f, size), size));
      }
      break;
    case FlagFamily.ADD << 3:
      if (cc === Cond.B) return b.ltu(r, a);
      break;
    case FlagFamily.RES << 3:
      if (isZero(a)) {
        switch (cc) {
          case Cond.O: case Cond.B: return b.bool(false);
          case Cond.BE: return b.eq(r, zero);
          case Cond.L: return b.lts(signed(b, r, size), zero);
          case Cond.LE: return b.les(signed(b, r, size), zero);
        }
      }
      if (cc === Cond.B) return b.nonzero(b.and(low(b, a), b.i32(CF)));
      if (cc === Cond.O) return b.nonzero(b.and(low(b, a), b.i32(OF)));
      break;
    case FlagFamily.INC << 3:
    case FlagFamily.DEC << 3: {
      // as CMP of the old value with -1 (INC) or 1 (DEC)
      const one = small(b, family === FlagFamily.INC ? -1 : 1, r);
      if (cc === Cond.B) return b.nonzero(low(b, a));
      if (cc === Cond.L) return b.lts(signed(b, b.add(r, one), size), one);
      if (cc === Cond.LE) return b.les(signed(b, b.add(r, one), size), one);
    }
  }
  return general(b, f, FLAGS_COND, FLAGS_COND_WIDE, cc);
}

/** The flags in `mask` at their EFLAGS positions, in the cheapest form. */
export function flagBits(b: Builder, f: FlagRecord, wanted: number): Inst {
  const family: FlagFamily = f.kind >> 3;
  if (f.kind >= 0 && family === FlagFamily.RAW) return b.and(f.a, b.i32(wanted));
  if (f.kind >= 0) {
    switch (wanted) {
      case CF:
        if (family === FlagFamily.INC || family === FlagFamily.DEC) return low(b, f.a);
        if (family === FlagFamily.RES) return b.and(low(b, f.a), b.i32(CF));
        return b.zext(condValue(b, f, Cond.B));
      case ZF: return b.shl(b.zext(condValue(b, f, Cond.E)), b.i32(6));
      case SF: return b.shl(b.zext(condValue(b, f, Cond.S)), b.i32(7));
      case PF: return b.shl(b.lib(FLAGS_PARITY, [low(b, f.r)]), b.i32(2));
    }
  }
  return general(b, f, FLAGS_GET, FLAGS_GET_WIDE, wanted);
}
