import type { Inst } from "../ir/inst.js";
import {
  Last, OP_EXACT, OP_INEXACT, OP_INTEGER, OP_JOIN, OP_SINGLE, OP_SPLIT, OP_STATUS, RANGE53, RANGE64, X_ABS, X_ABS_LOW, X_ARITH, X_C1, X_CHECK, X_FLDCW,
  X_FROM64, X_INT, X_INT64, X_JOIN, X_LOW, X_NEAREST, X_NEG, X_ROUND, X_SPLIT, X_STORE, X_TOP,
} from "../ir/lib/x87-fast.js";
import { OP_PRODUCT, OP_QUOTIENT, OP_ROOT, OP_SUM } from "../ir/lib/x87-sums.js";
import type { Op } from "../ir/op.js";
import { FCW, FPX_LAST, FPX_OPERANDS, FPX_RESULT, FSW } from "../ir/state.js";
import * as js from "./ast.js";
import type { X87Plan } from "./x87-registers.js";

/** What emission of the ops of lib/x87-fast.ts needs of the block's emitter. */
export interface X87Host {
  readonly out: js.Stmt[];
  temp(): string;
  /** A local of the whole region that nobody else uses for long: V8 gives each name a register of its own. */
  scratch(): string;
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

  /** A number's magnitude, under a name that is good until the next one. */
  private magnitude(x: js.Expr): js.Expr {
    const m = this.host.scratch();
    this.assign(m, abs(x));
    return js.id(m);
  }

  /** The number is not to be held, unless it is a zero that `zero` does not object to. */
  private outside(h: js.Expr, objection: js.Expr): js.Expr {
    const { min, max } = this.double ? RANGE53 : RANGE64;
    const m = this.magnitude(h);
    return and(js.not(and(js.bin(">=", m, js.num(min)), js.bin("<=", m, js.num(max)))), objection);
  }

  private check(i: Inst, x: js.Expr): void {
    const single = i.imm === 1;
    const m = this.magnitude(x);
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
    host.out.push(js.ifThen(js.bin("===", js.bin("&", js.id(fsw), PE), ZERO), [
      js.set(fsw, js.bin("|", js.id(fsw), this.call(OP_INEXACT, [a!, b], last))),
    ]));
    host.result(i, [t]);
  }

  /** Whether a result that is 0 is none that can be held: it is too small. */
  private objection(last: Last, t: js.Expr, a: js.Expr, b: js.Expr): js.Expr {
    if (last === Last.mul) return or(nonzero(t), and(nonzero(a), nonzero(b)));
    if (last === Last.div) return or(nonzero(t), nonzero(a));
    return nonzero(t);
  }

  /** By the library, which is too large to be repeated inline. */
  private arith64(i: Inst, args: js.Expr[]): void {
    const last = i.imm as Last;
    this.put(FPX_OPERANDS, args);
    this.byLibrary(i, SUMS[last]!, last);
  }

  /** A result from the operands in the state. */
  private byLibrary(i: Inst, op: Op, imm: number): void {
    const { host } = this;
    const k = js.id("k");
    host.out.push(js.set("k", this.call(op, [], imm)));
    host.out.push(js.ifThen(js.bin("<", k, ZERO), host.leaveSingle()));
    const fsw = host.word(FSW);
    host.out.push(js.set(fsw, js.bin("|", js.id(fsw), k)), js.set("k", ZERO));
    this.parts(i, [js.element("F", FPX_RESULT >> 3), js.element("F", (FPX_RESULT >> 3) + 1)]);
  }

  private round(i: Inst, x: js.Expr, low: js.Expr): void {
    const { host } = this;
    if (!this.double) {
      this.put(FPX_OPERANDS, [x, low]);
      return this.byLibrary(i, OP_EXACT, Last.rndint);
    }
    const fsw = host.word(FSW);
    const m = this.name(abs(x));
    const magic = js.num(2 ** 52);
    // 2^52 and more is an integer; a zero has the number's sign
    const r = this.name(js.cond(js.bin("<", m, magic), sub(add(m, magic), magic), m));
    const negative = or(js.bin("<", x, ZERO), and(js.bin("===", x, ZERO), js.bin("<", js.bin("/", js.num(1), x), ZERO)));
    const t = this.name(js.cond(negative, { type: "UnaryExpression", operator: "-", prefix: true, argument: r }, r));
    host.out.push(js.ifThen(differs(t, x), [this.inexact(fsw)]));
    host.result(i, [t]);
  }

  // Conversions.

  private store(i: Inst, x: js.Expr, low: js.Expr): void {
    const { host } = this;
    const fsw = host.word(FSW);
    if (!this.double) this.put(FPX_OPERANDS, [x, low]);
    if (i.type === "f64") {
      const t = this.name(isZero(low) ? x : js.cond(js.bin("===", low, ZERO), x, add(x, low)));
      if (!isZero(low)) host.out.push(js.ifThen(nonzero(low), [this.inexact(fsw)]));
      return host.result(i, [t]);
    }
    const t = host.temp();
    host.out.push(js.lets([[t, js.call("fround", [x])]]));
    if (!isZero(low)) {
      // the double nearest to the number may lie in the middle of two singles
      host.out.push(js.ifThen(nonzero(low), [js.expr(this.call(OP_SINGLE, [])), js.set(t, js.element("F", FPX_RESULT >> 3)), this.inexact(fsw)]));
    }
    const m = this.magnitude(js.id(t));
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
      js.ifThen(js.bin("<", k, ZERO), this.host.leaveSingle()),
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

const SUMS: Readonly<Partial<Record<Last, Op>>> = {
  [Last.add]: OP_SUM, [Last.sub]: OP_SUM, [Last.mul]: OP_PRODUCT, [Last.div]: OP_QUOTIENT, [Last.sqrt]: OP_ROOT,
};
const OPERATORS: Readonly<Partial<Record<Last, "+" | "-" | "*" | "/">>> = { [Last.add]: "+", [Last.sub]: "-", [Last.mul]: "*", [Last.div]: "/" };
