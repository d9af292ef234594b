import type { Inst } from "../ir/inst.js";
import { C } from "../ir/ops.js";
import * as js from "./ast.js";

/** Lanes of an operand as expressions. `simple` ones are names or literals, which may be repeated. */
export interface Operands {
  /** All lanes; each expression may be used once. */
  take(k: number): js.Expr[];
  /** All lanes as names or literals. */
  named(k: number): js.Expr[];
}

function wideLess(op: "<" | "<=", signed: boolean, x: js.Expr[], y: js.Expr[]): js.Expr {
  const high = signed ? js.bin("<", x[1]!, y[1]!) : js.bin("<", js.toUint(x[1]!), js.toUint(y[1]!));
  return js.cond(js.bin("===", x[1]!, y[1]!), js.bin(op, js.toUint(x[0]!), js.toUint(y[0]!)), high);
}

/**
 * Lanes of a pure core op as JavaScript expressions: int32 for integers, boolean for i1, number for floats. Float arithmetic is not here,
 * because its NaN rules need statements. Null: not a pure core op.
 */
export function pureExpression(i: Inst, o: Operands): js.Expr[] | null {
  const wide = i.args[0]?.type === "i64";
  switch (i.op.code as C) {
    case C.add:
      if (i.type === "i64") return addPair(o);
      return [js.toInt(js.bin("+", o.take(0)[0]!, o.take(1)[0]!))];
    case C.sub:
      if (i.type === "i64") return subPair(o);
      return [js.toInt(js.bin("-", o.take(0)[0]!, o.take(1)[0]!))];
    case C.mul: return [js.call("imul", [o.take(0)[0]!, o.take(1)[0]!])];
    case C.and:
      if (i.type === "i1") return [js.logical("&&", o.take(0)[0]!, o.take(1)[0]!)];
      return lanewise("&", o);
    case C.or:
      if (i.type === "i1") return [js.logical("||", o.take(0)[0]!, o.take(1)[0]!)];
      return lanewise("|", o);
    case C.xor:
      if (i.type === "i1") return [js.bin("!==", o.take(0)[0]!, o.take(1)[0]!)];
      return lanewise("^", o);
    case C.shl: return [js.bin("<<", o.take(0)[0]!, o.take(1)[0]!)];
    case C.shr: return [js.toInt(js.bin(">>>", o.take(0)[0]!, o.take(1)[0]!))];
    case C.sar: return [js.bin(">>", o.take(0)[0]!, o.take(1)[0]!)];
    case C.rotl: return [rotate("<<", ">>>", o)];
    case C.rotr: return [rotate(">>>", "<<", o)];
    case C.ext8s: return [js.bin(">>", js.bin("<<", o.take(0)[0]!, js.num(24)), js.num(24))];
    case C.ext16s: return [js.bin(">>", js.bin("<<", o.take(0)[0]!, js.num(16)), js.num(16))];
    case C.clz: return [js.call("clz32", [o.take(0)[0]!])];
    case C.not: return [js.not(o.take(0)[0]!)];
    case C.zext: return [js.cond(o.take(0)[0]!, js.num(1), js.num(0))];
    case C.eq:
    case C.feq: {
      const x = o.take(0), y = o.take(1);
      return [wide ? js.logical("&&", js.bin("===", x[0]!, y[0]!), js.bin("===", x[1]!, y[1]!)) : js.bin("===", x[0]!, y[0]!)];
    }
    case C.ne: {
      const x = o.take(0), y = o.take(1);
      return [wide ? js.logical("||", js.bin("!==", x[0]!, y[0]!), js.bin("!==", x[1]!, y[1]!)) : js.bin("!==", x[0]!, y[0]!)];
    }
    case C.ltu:
      if (wide) return [wideLess("<", false, o.named(0), o.named(1))];
      return [js.bin("<", js.toUint(o.take(0)[0]!), js.toUint(o.take(1)[0]!))];
    case C.leu:
      if (wide) return [wideLess("<=", false, o.named(0), o.named(1))];
      return [js.bin("<=", js.toUint(o.take(0)[0]!), js.toUint(o.take(1)[0]!))];
    case C.lts:
      if (wide) return [wideLess("<", true, o.named(0), o.named(1))];
      return [js.bin("<", o.take(0)[0]!, o.take(1)[0]!)];
    case C.les:
      if (wide) return [wideLess("<=", true, o.named(0), o.named(1))];
      return [js.bin("<=", o.take(0)[0]!, o.take(1)[0]!)];
    case C.flt: return [js.bin("<", o.take(0)[0]!, o.take(1)[0]!)];
    case C.fle: return [js.bin("<=", o.take(0)[0]!, o.take(1)[0]!)];
    case C.funord: {
      const x = o.named(0)[0]!, y = o.named(1)[0]!;
      return [js.logical("||", js.bin("!==", x, x), js.bin("!==", y, y))];
    }
    case C.select: {
      const x = o.take(1), y = o.take(2);
      const test = x.length > 1 ? o.named(0)[0]! : o.take(0)[0]!;
      return x.map((lane, l) => js.cond(test, lane, y[l]!));
    }
    case C.pack: return i.args.map((_, k) => o.take(k)[0]!);
    case C.lane: return [o.take(0)[i.imm]!];
    default: return null;
  }
}

function lanewise(operator: "&" | "|" | "^", o: Operands): js.Expr[] {
  const x = o.take(0), y = o.take(1);
  return x.map((lane, l) => js.bin(operator, lane, y[l]!));
}

function rotate(toward: "<<" | ">>>", away: "<<" | ">>>", o: Operands): js.Expr {
  const x = o.named(0)[0]!, n = o.named(1)[0]!;
  const rest = n.type === "Literal" ? js.num((32 - (n.value as number)) & 31) : js.bin("-", js.num(32), n);
  return js.bin("|", js.bin(toward, x, n), js.bin(away, x, rest));
}

// 64-bit sums: carry out of the low words by comparison, since the low word is needed as a value anyway.

function addPair(o: Operands): js.Expr[] {
  const x = o.named(0), y = o.named(1);
  const low = js.toInt(js.bin("+", x[0]!, y[0]!));
  const carry = js.cond(js.bin("<", js.toUint(low), js.toUint(x[0]!)), js.num(1), js.num(0));
  return [low, js.toInt(js.bin("+", js.bin("+", x[1]!, y[1]!), carry))];
}

function subPair(o: Operands): js.Expr[] {
  const x = o.named(0), y = o.named(1);
  const borrow = js.cond(js.bin("<", js.toUint(x[0]!), js.toUint(y[0]!)), js.num(1), js.num(0));
  return [js.toInt(js.bin("-", x[0]!, y[0]!)), js.toInt(js.bin("-", js.bin("-", x[1]!, y[1]!), borrow))];
}

/** Whether a single, whose bits are given too, is a signaling NaN. */
export function isSignaling(single: js.Expr, bits: js.Expr): js.Expr {
  return js.logical("&&", js.bin("!==", single, single), js.bin("===", js.bin("&", bits, js.num(0x400000)), js.num(0)));
}
