import type { Inst } from "../ir/inst.js";
import {
  Last, OP_EXACT, OP_INEXACT, OP_INTEGER, OP_JOIN, OP_SINGLE, OP_SPLIT, OP_STATUS, RANGE53, RANGE64, X_ABS, X_ABS_LOW, X_ARITH, X_C1, X_CHECK, X_FLDCW,
  X_FROM64, X_INT, X_INT64, X_JOIN, X_LOW, X_NEAREST, X_NEG, X_ROUND, X_SPLIT, X_STORE, X_TOP,
} from "../ir/lib/x87-fast.js";
import type { Op } from "../ir/op.js";
import { FCW, FPX_LAST, FPX_OPERANDS, FPX_RESULT, FSW } from "../ir/state.js";
import * as js from "./ast.js";
import type { X87Plan } from "./x87-registers.js";

/** What emission of the ops of lib/x87-fast.ts needs of the block's emitter. */
export interface X87Host {
  readonly out: js.Stmt[];
  temp(): string;
  library(op: Op): string;
  /** Lanes of a value as names or literals. */
  named(inst: Inst): js.Expr[];
  /** The instruction's value from now on; lanes are names or literals. */
  result(inst: Inst, lanes: js.Expr[]): void;
  /** Statements that leave the region for tier 0 to execute the current instruction. */
  leaveSingle(): js.Stmt[];
  /** The local of a word of x87 state, which may be assigned. */
  word(offset: number): string;
  /** Locals that hold doubles of x87 state in this region, among those at these offsets. */
  doubles(offsets: readonly number[]): Array<readonly [number, string]>;
}

const PE = js.num(32);
const ZERO = js.num(0);
/** Veltkamp's constant, which splits a double in two of 26 bits. */
const SPLIT = js.num(134217729);

const add = (a: js.Expr, b: js.Expr): js.Expr => js.bin("+", a, b);
const sub = (a: js.Expr, b: js.Expr): js.Expr => js.bin("-", a, b);
const mul = (a: js.Expr, b: js.Expr): js.Expr => js.bin("*", a, b);
const and = (a: js.Expr, b: js.Expr): js.Expr => js.logical("&&", a, b);
const or = (a: js.Expr, b: js.Expr): js.Expr => js.logical("||", a, b);
const differs = (a: js.Expr, b: js.Expr): js.Expr => js.bin("!==", a, b);
const nonzero = (a: js.Expr): js.Expr => differs(a, ZERO);
const abs = (a: js.Expr): js.Expr => js.call("abs", [a]);

function isZero(e: js.Expr): boolean {
  return e.type === "Literal" && e.value === 0;
}

/** Low part of a number whose high part has this name. */
function lowName(h: js.Expr): string {
  if (h.type !== "Identifier") throw new Error("a number of the x87 has no name");
  return `${h.name}l`;
}

export class X87Emitter {
  constructor(private readonly plan: X87Plan, private readonly host: X87Host) {}

  emit(i: Inst): void {
    const { host } = this;
    const args = i.args.map((a) => host.named(a));
    const x = args[0]?.[0] ?? ZERO;
    const low = args[1]?.[0] ?? ZERO;
    switch (i.op) {
      case X_CHECK: return this.check(i, x);
      case X_ARITH: return this.arith(i, args.map((a) => a[0]!));
      case X_LOW: return host.result(i, [js.id(lowName(x))]);
      case X_NEG: return host.result(i, [this.name({ type: "UnaryExpression", operator: "-", prefix: true, argument: x })]);
      case X_ABS: return host.result(i, [this.name(abs(x))]);
      case X_ABS_LOW: return host.result(i, [this.name(js.cond(js.bin("<", x, ZERO), { type: "UnaryExpression", operator: "-", prefix: true, argument: low }, low))]);
      case X_TOP: return host.result(i, [this.name(js.bin("<<", js.bin("&", add(js.id("top"), js.num(i.imm)), js.num(7)), js.num(11)))]);
      case X_ROUND: return this.round(i, x, low);
      case X_STORE: return this.store(i, x, low);
      case X_INT: return this.integer(i, x, low);
      case X_INT64: return this.integer64(i, x, low);
      case X_FROM64: return this.fromInt64(i, args[0]!);
      case X_SPLIT: {
        this.leaveIf(js.bin("===", this.call(OP_SPLIT, args[0]!), ZERO));
        return this.parts(i, [js.element("F", FPX_RESULT >> 3), js.element("F", (FPX_RESULT >> 3) + 1)]);
      }
      case X_JOIN: {
        this.put(FPX_RESULT, [x, low]);
        host.out.push(js.expr(this.call(OP_JOIN, [])));
        return host.result(i, [0, 1, 2].map((l) => this.name(js.element("R", l))));
      }
      case X_C1: return this.statusWithC1(i, x);
      case X_FLDCW: return this.loadControl(x);
      case X_NEAREST: return this.leaveIf(nonzero(js.bin("&", js.element("S", FCW >> 2), js.num(0xc00))));
      default: throw new Error(`no emitter for op ${i.op.name}`);
    }
  }

  private get double(): boolean {
    return this.plan.precision === 53;
  }

  private name(e: js.Expr): js.Expr {
    if (e.type === "Identifier" || e.type === "Literal") return e;
    const t = this.host.temp();
    this.host.out.push(js.constant(t, e));
    return js.id(t);
  }

  private call(op: Op, args: js.Expr[], imm?: number): js.Expr {
    return js.call(this.host.library(op), [js.id("E"), ...args, ...(imm === undefined ? [] : [js.num(imm)])]);
  }

  private leaveIf(test: js.Expr): void {
    this.host.out.push(js.ifThen(test, this.host.leaveSingle()));
  }

  private assign(name: string, e: js.Expr): void {
    this.host.out.push(js.set(name, e));
  }

  /** Numbers into the state, high and low parts from an offset on. */
  private put(offset: number, values: readonly js.Expr[]): void {
    this.host.out.push(...this.puts(offset, values));
  }

  private puts(offset: number, values: readonly js.Expr[]): js.Stmt[] {
    return values.map((v, k) => js.setElement("F", (offset >> 3) + k, v));
  }

  private inexact(fsw: string): js.Stmt {
    return js.set(fsw, js.bin("|", js.id(fsw), PE));
  }

  /** A result in two parts of their own names. */
  private parts(i: Inst, [h, l]: readonly [js.Expr, js.Expr]): void {
    const t = this.host.temp();
    this.host.out.push(js.constant(t, h));
    if (!this.double) this.host.out.push(js.constant(`${t}l`, l));
    this.host.result(i, [js.id(t)]);
  }

  /** The number is not to be held, unless it is a zero that `zero` does not object to. */
  private outside(h: js.Expr, objection: js.Expr): js.Expr {
    const { min, max } = this.double ? RANGE53 : RANGE64;
    const m = this.name(abs(h));
    return and(js.not(and(js.bin(">=", m, js.num(min)), js.bin("<=", m, js.num(max)))), objection);
  }

  private check(i: Inst, x: js.Expr): void {
    const single = i.imm === 1;
    const m = this.name(abs(x));
    const range = this.double ? RANGE53 : RANGE64;
    const min = single ? 2 ** -126 : range.min, max = single ? 2 ** 128 : range.max;
    this.leaveIf(and(js.not(and(js.bin(">=", m, js.num(min)), js.bin(single ? "<" : "<=", m, js.num(max)))), nonzero(x)));
    this.host.result(i, [x]);
  }

  // Arithmetic.

  private arith(i: Inst, args: js.Expr[]): void {
    if (this.double) return this.arith53(i, args);
    return this.arith64(i, args);
  }

  private arith53(i: Inst, [a, b = ZERO]: js.Expr[]): void {
    const { host } = this;
    const last = i.imm as Last;
    const raw = last === Last.sqrt ? js.call("sqrt", [a!]) : js.bin(OPERATORS[last]!, a!, b);
    const t = this.name(raw);
    this.leaveIf(this.outside(t, this.objection(last, t, a!, b)));
    const fsw = host.word(FSW);
    const operands = js.setElement("F", FPX_OPERANDS >> 3, a!), second = js.setElement("F", (FPX_OPERANDS >> 3) + 2, b);
    host.out.push(js.ifThen(js.bin("===", js.bin("&", js.id(fsw), PE), ZERO), [
      operands, second, js.set(fsw, js.bin("|", js.id(fsw), this.call(OP_INEXACT, [], last))),
    ]));
    host.result(i, [t]);
  }

  /** Whether a result that is 0 is none that can be held: it is too small. */
  private objection(last: Last, t: js.Expr, a: js.Expr, b: js.Expr): js.Expr {
    if (last === Last.mul) return or(nonzero(t), and(nonzero(a), nonzero(b)));
    if (last === Last.div) return or(nonzero(t), nonzero(a));
    return nonzero(t);
  }

  /**
   * A result of 64 bits: the exact one as p + m, where m may be off by a little; then m is rounded to units of the 64th bit. Where that little could
   * decide the rounding, or hide whether the result is exact, the exact library does the operation.
   */
  private arith64(i: Inst, args: js.Expr[]): void {
    const { host } = this;
    const last = i.imm as Last;
    const [a, al, b = ZERO, bl = ZERO] = args as [js.Expr, js.Expr, js.Expr?, js.Expr?];
    const plain = isZero(al) && isZero(bl);
    /** Reasons to do it exactly. */
    const doubts: js.Expr[] = [];
    let p: js.Expr, m: js.Expr;
    /** m may be inexact unless this holds; null: m is exact. */
    let approximate: js.Expr | null = null;
    if (last === Last.add || last === Last.sub) {
      const minus = last === Last.sub;
      p = this.name(minus ? sub(a, b) : add(a, b));
      const v = this.name(sub(p, a));
      const rest = sub(a, sub(p, v));
      m = this.name(minus ? sub(rest, add(b, v)) : add(rest, sub(b, v)));
      if (!plain) {
        const e = m;
        const t = this.name(minus ? sub(al, bl) : add(al, bl));
        const tv = this.name(sub(t, al));
        const te = this.name(minus ? sub(sub(al, sub(t, tv)), add(bl, tv)) : add(sub(al, sub(t, tv)), sub(bl, tv)));
        m = this.name(add(e, t));
        const mv = this.name(sub(m, e));
        const me = this.name(add(sub(e, sub(m, mv)), sub(t, mv)));
        doubts.push(nonzero(te), nonzero(me), js.bin("<", abs(p), abs(m)));
      }
    } else if (last === Last.mul) {
      p = this.name(mul(a, b));
      const e = this.name(this.productError(a, b, p));
      if (plain) m = e;
      else {
        const c = this.name(add(mul(a, bl), mul(al, b)));
        m = this.name(add(e, c));
        approximate = or(nonzero(al), nonzero(bl));
      }
    } else if (last === Last.div) {
      p = this.name(js.bin("/", a, b));
      const back = this.name(mul(p, b));
      const e = this.name(this.productError(p, b, back));
      let rest = sub(sub(a, back), e);
      if (!plain) rest = sub(add(rest, al), mul(p, bl));
      m = this.name(js.bin("/", rest, b));
      approximate = plain ? nonzero(m) : or(nonzero(m), or(nonzero(al), nonzero(bl)));
    } else {
      p = this.name(js.call("sqrt", [a]));
      const back = this.name(mul(p, p));
      const e = this.name(this.productError(p, p, back));
      let rest = sub(sub(a, back), e);
      if (!plain) rest = add(rest, al);
      m = this.name(js.cond(js.bin("===", a, ZERO), ZERO, js.bin("/", rest, mul(js.num(2), p))));
      approximate = isZero(al) ? nonzero(m) : or(nonzero(m), nonzero(al));
    }
    const exactSum = plain && (last === Last.add || last === Last.sub || last === Last.mul);
    // a zero keeps its sign
    const h = exactSum ? p : this.name(js.cond(js.bin("===", m, ZERO), p, add(p, m)));
    const rest = exactSum ? m : this.name(sub(m, sub(h, p)));
    this.leaveIf(this.outside(h, last === Last.sqrt ? nonzero(h) : this.objection(last, h, a, b)));
    // the power of two in h (Rump's ufp)
    const q = this.name(mul(js.num(2 ** 52 + 1), h));
    const power = this.name(abs(sub(q, mul(js.num(1 - 2 ** -53), q))));
    const magic = this.name(mul(power, js.num(1.5 * 2 ** -11)));
    const r = this.name(sub(add(rest, magic), magic));
    // just below a power of two the units are half as large
    doubts.push(and(js.bin("===", power, abs(h)), and(nonzero(rest), js.bin("===", js.bin("<", rest, ZERO), js.bin(">", h, ZERO)))));
    if (approximate) {
      const d = this.name(abs(sub(rest, r)));
      const near = js.not(and(js.bin(">", d, mul(power, js.num(2 ** -98))), js.bin("<", d, mul(power, js.num(2 ** -64 - 2 ** -98)))));
      doubts.push(and(approximate, near));
    }
    const t = host.temp(), tl = `${t}l`;
    const fsw = host.word(FSW);
    host.out.push(js.lets([[t, h], [tl, r]]));
    const k = js.id("k");
    host.out.push(js.ifThen(doubts.reduce(or), [
      ...this.puts(FPX_OPERANDS, [a, al, b, bl]),
      js.set("k", this.call(OP_EXACT, [], last)),
      js.ifThen(js.bin("<", k, ZERO), [js.set("k", ZERO), ...host.leaveSingle()]),
      js.set(fsw, js.bin("|", js.id(fsw), k)),
      js.set("k", ZERO),
      js.set(t, js.element("F", FPX_RESULT >> 3)),
      js.set(tl, js.element("F", (FPX_RESULT >> 3) + 1)),
    ], [js.ifThen(differs(r, rest), [this.inexact(fsw)])]));
    host.result(i, [js.id(t)]);
  }

  /** The rounding error of p = a * b (Dekker). */
  private productError(a: js.Expr, b: js.Expr, p: js.Expr): js.Expr {
    const split = (x: js.Expr): [js.Expr, js.Expr] => {
      const c = this.name(mul(SPLIT, x));
      const high = this.name(sub(c, sub(c, x)));
      return [high, this.name(sub(x, high))];
    };
    const [ah, at] = split(a);
    const [bh, bt] = a === b ? [ah, at] : split(b);
    return sub(mul(at, bt), sub(sub(sub(p, mul(ah, bh)), mul(at, bh)), mul(ah, bt)));
  }

  private round(i: Inst, x: js.Expr, low: js.Expr): void {
    const { host } = this;
    const fsw = host.word(FSW);
    const t = host.temp(), tl = `${t}l`;
    const m = this.name(abs(x));
    const magic = js.num(2 ** 52);
    // 2^52 and more is an integer
    const rounded = js.cond(js.bin("<", m, magic), sub(add(m, magic), magic), m);
    const negative = or(js.bin("<", x, ZERO), and(js.bin("===", x, ZERO), js.bin("<", js.bin("/", js.num(1), x), ZERO)));
    const r = this.name(rounded);
    host.out.push(js.lets([[t, js.cond(negative, { type: "UnaryExpression", operator: "-", prefix: true, argument: r }, r)], ...(this.double ? [] : [[tl, ZERO] as const])]));
    const plain: js.Stmt[] = [js.ifThen(differs(js.id(t), x), [this.inexact(fsw)])];
    if (isZero(low)) host.out.push(...plain);
    else {
      const k = js.id("k");
      host.out.push(js.ifThen(nonzero(low), [
        ...this.puts(FPX_OPERANDS, [x, low]),
        js.set("k", this.call(OP_EXACT, [], Last.rndint)),
        js.ifThen(js.bin("<", k, ZERO), [js.set("k", ZERO), ...host.leaveSingle()]),
        js.set(fsw, js.bin("|", js.id(fsw), k)),
        js.set("k", ZERO),
        js.set(t, js.element("F", FPX_RESULT >> 3)),
        js.set(tl, js.element("F", (FPX_RESULT >> 3) + 1)),
      ], plain));
    }
    host.result(i, [js.id(t)]);
  }

  // Conversions.

  private store(i: Inst, x: js.Expr, low: js.Expr): void {
    const { host } = this;
    const fsw = host.word(FSW);
    if (i.type === "f64") {
      const t = this.name(isZero(low) ? x : js.cond(js.bin("===", low, ZERO), x, add(x, low)));
      if (!isZero(low)) host.out.push(js.ifThen(nonzero(low), [this.inexact(fsw)]));
      return host.result(i, [t]);
    }
    const t = host.temp();
    host.out.push(js.lets([[t, js.call("fround", [x])]]));
    if (!isZero(low)) {
      // the double nearest to the number may lie in the middle of two singles
      host.out.push(js.ifThen(nonzero(low), [...this.puts(FPX_OPERANDS, [x, low]), js.expr(this.call(OP_SINGLE, [])), js.set(t, js.element("F", FPX_RESULT >> 3)), this.inexact(fsw)]));
    }
    const m = this.name(abs(js.id(t)));
    this.leaveIf(and(js.not(and(js.bin(">", m, js.num(2 ** -126)), js.bin("<", m, js.num(2 ** 128)))), nonzero(x)));
    host.out.push(js.ifThen(differs(js.id(t), x), [this.inexact(fsw)]));
    host.result(i, [js.id(t)]);
  }

  /** Truncation is inline; the rest is left to the library. */
  private integer(i: Inst, x: js.Expr, low: js.Expr): void {
    const { host } = this;
    const half = (i.imm & 48) === 16 ? 2 ** 15 : 2 ** 31;
    const fsw = host.word(FSW), last = host.word(FPX_LAST);
    const t = host.temp();
    const truncates = i.imm & 2 ? null : js.bin("===", js.bin("&", js.element("S", FCW >> 2), js.num(0xc00)), js.num(0xc00));
    const fits = and(js.bin(">", x, js.num(-half - 1)), js.bin("<", x, js.num(half)));
    let inline = truncates ? and(truncates, fits) : fits;
    if (!isZero(low)) inline = and(js.bin("===", low, ZERO), inline);
    host.out.push(js.lets([[t, js.toInt(x)]]));
    host.out.push(js.ifThen(inline, [
      js.ifThen(differs(js.id(t), x), [this.inexact(fsw)]), js.set(last, js.num(Last.none)),
    ], [...this.integerByLibrary(i, x, low, fsw, last), js.set(t, js.element("R", 0))]));
    host.result(i, [js.id(t)]);
  }

  private integer64(i: Inst, x: js.Expr, low: js.Expr): void {
    const { host } = this;
    host.out.push(...this.integerByLibrary(i, x, low, host.word(FSW), host.word(FPX_LAST)));
    host.result(i, [0, 1].map((l) => this.name(js.element("R", l))));
  }

  private integerByLibrary(i: Inst, x: js.Expr, low: js.Expr, fsw: string, last: string): js.Stmt[] {
    const bits = i.op === X_INT64 ? 64 : i.imm & 48;
    const k = js.id("k");
    return [
      ...this.puts(FPX_OPERANDS, [x, low]),
      js.set("k", this.call(OP_INTEGER, [], bits | (i.imm & 2))),
      js.ifThen(js.bin("<", k, ZERO), [js.set("k", ZERO), ...this.host.leaveSingle()]),
      js.set(fsw, js.bin("|", js.id(fsw), js.bin("&", k, PE))),
      js.set(last, js.cond(nonzero(js.bin("&", k, js.num(0x200))), js.num(Last.up), js.num(Last.none))),
      js.set("k", ZERO),
    ];
  }

  private fromInt64(i: Inst, [lo, hi]: js.Expr[]): void {
    const high = this.name(mul(hi!, js.num(2 ** 32))), low = this.name(js.toUint(lo!));
    const h = this.name(add(high, low));
    const rest = sub(low, sub(h, high));
    if (this.double) this.leaveIf(nonzero(rest));
    this.parts(i, [h, rest]);
  }

  // Control.

  private statusWithC1(i: Inst, sw: js.Expr): void {
    const { host } = this;
    const offsets = [0, 8, 16, 24].map((k) => FPX_OPERANDS + k);
    for (const [offset, name] of host.doubles(offsets)) host.out.push(js.setElement("F", offset >> 3, js.id(name)));
    host.out.push(js.setElement("S", FPX_LAST >> 2, js.id(host.word(FPX_LAST))));
    host.result(i, [this.name(this.call(OP_STATUS, [sw]))]);
  }

  private loadControl(x: js.Expr): void {
    const cw = this.name(js.bin("|", js.bin("&", x, js.num(0x1f3f)), js.num(0x40)));
    this.leaveIf(differs(js.bin("&", cw, js.num(0x33f)), js.num(this.double ? 0x23f : 0x33f)));
    this.host.out.push(js.setElement("S", FCW >> 2, cw));
  }
}

const OPERATORS: Readonly<Partial<Record<Last, "+" | "-" | "*" | "/">>> = { [Last.add]: "+", [Last.sub]: "-", [Last.mul]: "*", [Last.div]: "/" };
