import type * as E from "estree";
import type { Op } from "../../ir/op.js";
import { isFloat, LANES } from "../../ir/types.js";
import { Bytes, F64, I32, W } from "./encoder.js";
import { INTRINSICS } from "./intrinsics.js";
import { COMPARISONS, DOUBLE_OPS, INT_OPS, isLiteral, isSimple, Kind, literalKind, LOADS, numberOf } from "./kinds.js";

/** Where things are in the linear memory. */
export interface Placement {
  /** The vCPU's state. */
  readonly state: number;
  /** Tables of limits of loads and stores. */
  readonly limits: readonly [number, number];
}

/** A function that is called: a library op's, or one of compiled code's helpers. Types are `i` for int32 and `d` for a double; a result may be missing. */
export interface Import {
  readonly name: string;
  readonly op: Op | null;
  readonly params: string;
  readonly result: string;
}

/** A place in code where a function's index goes. */
export type Place<T> = readonly [at: number, what: T];

/** Statements that are not made to be assembled. */
export class Unsupported extends Error {}

/** ToInt32 of a double. */
export const TO_INT: Import = { name: "toInt", op: null, params: "d", result: "i" };
/** An element of RESULT. */
export const RESULT_LANE: Import = { name: "lane", op: null, params: "i", result: "i" };

interface Local {
  readonly index: number;
  readonly kind: Kind;
}

/** Expressions of a region's statements (function-assembler.ts): what they leave on WebAssembly's stack is what they are in JavaScript, as the int32 or the double that is asked for. */
export class ExpressionAssembler {
  readonly code = new Bytes();
  readonly calls: Array<Place<Import>> = [];
  protected readonly locals = new Map<string, Local>();
  /** Types of the locals, by index. */
  protected readonly types: number[] = [];
  /** Labels of the constructs around, outermost first; of those that nothing leaves by name: "". */
  protected readonly labels: string[] = [];

  constructor(private readonly place: Placement, private readonly libraries: ReadonlyMap<string, Op>) {}

  // Locals.

  protected declare(name: string, kind: Kind): Local {
    const local = { index: this.types.length, kind };
    this.types.push(kind === Kind.double ? F64 : I32);
    this.locals.set(name, local);
    return local;
  }

  /** A local of the assembler's own: number `k` of its type. */
  scratch(k: number): number {
    const name = `$${k}`;
    return (this.locals.get(name) ?? this.declare(name, Kind.int)).index;
  }

  local(name: string): Local {
    const l = this.locals.get(name);
    if (!l) throw new Unsupported(`no local ${name}`);
    return l;
  }

  get(name: string): void {
    this.code.indexed(W.local_get, this.local(name).index);
  }

  /** An element of S, F or G. */
  protected element(e: E.MemberExpression): { type: "i" | "f" | "d"; address: number } {
    const name = (e.object as E.Identifier).name, index = numberOf(e.property as E.Expression);
    if (!e.computed || index === null) throw new Unsupported("element");
    switch (name) {
      case "S": return { type: "i", address: this.place.state + index * 4 };
      case "G": return { type: "f", address: this.place.state + index * 4 };
      case "F": return { type: "d", address: this.place.state + index * 8 };
      default: throw new Unsupported(`element of ${name}`);
    }
  }

  // Guest memory.

  protected address(e: E.Expression): void {
    // Offsets are masked for V8's sake; here 32 bits are what there is.
    if (e.type === "BinaryExpression" && e.operator === "&" && numberOf(e.right) === 0x7fffffff) return this.int(e.left as E.Expression);
    this.int(e);
  }

  private load(e: E.SimpleCallExpression): void {
    const { code } = this, name = ((e.callee as E.MemberExpression).property as E.Identifier).name;
    this.address(e.arguments[0] as E.Expression);
    code.access(LOADS[name]![0], 0);
    if (name === "getFloat32") code.byte(W.f64_promote_f32);
  }

  // Calls of functions.

  /** Leaves what the function returns; its type or "". */
  protected call(e: E.SimpleCallExpression): string {
    const { code } = this, name = (e.callee as E.Identifier).name, op = this.libraries.get(name) ?? null;
    const intrinsic = op && INTRINSICS.get(op);
    if (intrinsic) {
      for (const operand of e.arguments) this.int(operand as E.Expression);
      intrinsic(this);
      return "i";
    }
    let params = "";
    for (const a of e.arguments as E.Expression[]) {
      // What it is bound to, and windows, of which there are none.
      if (a.type === "Identifier" && (a.name === "S" || a.name === "E" || a.name === "W")) continue;
      const kind = this.kindOf(a);
      if (kind === Kind.double || kind === Kind.uint || kind === Kind.wide) {
        this.double(a);
        params += "d";
      } else {
        this.int(a);
        params += "i";
      }
    }
    const result = this.resultOf(name, op);
    code.byte(W.call);
    this.calls.push([code.reserve(), { name, op, params, result }]);
    return result;
  }

  private resultOf(name: string, op: Op | null): string {
    if (op) {
      const lib = op.lib!, type = lib.result;
      if (lib.lanewise) return "i";
      if (isFloat(type)) return "d";
      return LANES[type] === 1 ? "i" : "";
    }
    switch (name) {
      case "rd": case "wr": case "rds": case "wrs": return "i";
      case "nanfix": return "d";
      case "trap": return "";
      default: throw new Unsupported(`call of ${name}`);
    }
  }

  // Expressions.

  protected kindOf(e: E.Expression | E.PrivateIdentifier): Kind {
    switch (e.type) {
      case "Literal": return typeof e.value === "boolean" ? Kind.bool : literalKind(e.value as number);
      case "Identifier": return e.name === "RL" || e.name === "WL" ? Kind.int : this.local(e.name).kind;
      case "UnaryExpression": {
        if (e.operator === "!") return Kind.bool;
        const n = numberOf(e);
        if (n !== null) return literalKind(n);
        if (e.operator === "-" && this.kindOf(e.argument) === Kind.double) return Kind.double;
        if (e.operator === "~") return Kind.int;
        throw new Unsupported(`unary ${e.operator}`);
      }
      case "BinaryExpression": {
        const { operator: o } = e;
        if (o === ">>>") return Kind.uint;
        if (o in INT_OPS) return Kind.int;
        if (o in COMPARISONS) return Kind.bool;
        if (o === "*" || o === "/") return Kind.double;
        if (o === "+" || o === "-") return this.kindOf(e.left) === Kind.double || this.kindOf(e.right) === Kind.double ? Kind.double : Kind.wide;
        throw new Unsupported(o);
      }
      case "LogicalExpression": return Kind.bool;
      case "ConditionalExpression": {
        const a = this.kindOf(e.consequent), b = this.kindOf(e.alternate);
        if (a === b) return a;
        if (a === Kind.double || b === Kind.double) return Kind.double;
        throw new Unsupported("conditional of two kinds");
      }
      case "CallExpression": {
        if (e.callee.type === "MemberExpression") {
          const load = LOADS[(e.callee.property as E.Identifier).name];
          if (!load) throw new Unsupported("method");
          return load[1];
        }
        const { name } = e.callee as E.Identifier;
        switch (name) {
          case "imul": case "clz32": return Kind.int;
          case "fround": case "sqrt": case "abs": return Kind.double;
        }
        return this.resultOf(name, this.libraries.get(name) ?? null) === "d" ? Kind.double : Kind.int;
      }
      case "MemberExpression": {
        const name = (e.object as E.Identifier).name;
        if (name === "R") return Kind.int;
        return this.element(e).type === "i" ? Kind.int : Kind.double;
      }
      case "AssignmentExpression": return this.local((e.left as E.Identifier).name).kind;
      default: throw new Unsupported(e.type);
    }
  }

  /** The value as a local of this kind holds it. */
  protected value(e: E.Expression, kind: Kind): void {
    if (kind === Kind.double) return this.double(e);
    if (kind === Kind.bool) return this.test(e);
    const k = this.kindOf(e);
    if (k === Kind.wide || k === Kind.double) throw new Unsupported("assignment of a wide value");
    if (k !== kind && k !== Kind.bool && numberOf(e) === null) throw new Unsupported("assignment of another kind");
    this.int(e);
  }

  /** ToInt32 of the value. */
  int(e: E.Expression | E.PrivateIdentifier): void {
    const { code } = this;
    const literal = e.type === "PrivateIdentifier" ? null : numberOf(e);
    if (literal !== null) return this.code.constant(literal | 0);
    switch (e.type) {
      case "Literal": return this.code.constant(e.value === true ? 1 : 0);
      case "Identifier":
        if (e.name === "RL") return this.code.constant(this.place.limits[0]);
        if (e.name === "WL") return this.code.constant(this.place.limits[1]);
        if (this.local(e.name).kind === Kind.double) return this.truncate(e);
        return this.get(e.name);
      case "BinaryExpression": {
        const { operator: o } = e;
        if (o in INT_OPS) {
          // x | 0, x >>> 0
          this.int(e.left);
          if ((o === "|" || o === ">>>") && numberOf(e.right) === 0) return;
          this.int(e.right);
          code.byte(INT_OPS[o]!);
          return;
        }
        if ((o === "+" || o === "-") && this.kindOf(e) === Kind.wide) {
          this.int(e.left);
          this.int(e.right);
          code.byte(o === "+" ? W.i32_add : W.i32_sub);
          return;
        }
        if (o in COMPARISONS) return this.compare(e);
        return this.truncate(e);
      }
      case "UnaryExpression":
      case "LogicalExpression":
        return this.kindOf(e) === Kind.bool ? this.test(e) : this.truncate(e);
      case "ConditionalExpression": {
        if (this.kindOf(e) === Kind.double) return this.truncate(e);
        return this.conditional(e, I32);
      }
      case "CallExpression": {
        if (e.callee.type === "MemberExpression") {
          if (LOADS[(e.callee.property as E.Identifier).name]![1] === Kind.double) return this.truncate(e);
          return this.load(e);
        }
        const { name } = e.callee as E.Identifier;
        if (name === "imul") {
          this.int(e.arguments[0] as E.Expression);
          this.int(e.arguments[1] as E.Expression);
          code.byte(W.i32_mul);
          return;
        }
        if (name === "clz32") {
          this.int(e.arguments[0] as E.Expression);
          code.byte(W.i32_clz);
          return;
        }
        if (this.kindOf(e) === Kind.double) return this.truncate(e);
        if (this.call(e) === "") throw new Unsupported("no result");
        return;
      }
      case "MemberExpression": {
        if ((e.object as E.Identifier).name === "R") {
          this.int(e.property);
          code.byte(W.call);
          this.calls.push([code.reserve(), RESULT_LANE]);
          return;
        }
        const { type, address } = this.element(e);
        if (type !== "i") return this.truncate(e);
        this.code.constant(address);
        code.access(W.i32_load, 2);
        return;
      }
      default: throw new Unsupported(e.type);
    }
  }

  private truncate(e: E.Expression): void {
    this.double(e);
    this.code.byte(W.call);
    this.calls.push([this.code.reserve(), TO_INT]);
  }

  protected double(e: E.Expression | E.PrivateIdentifier): void {
    const { code } = this;
    const literal = e.type === "PrivateIdentifier" ? null : numberOf(e);
    if (literal !== null) {
      code.byte(W.f64_const);
      code.double(literal);
      return;
    }
    const kind = this.kindOf(e);
    if (kind !== Kind.double) {
      if (kind === Kind.wide) {
        this.wide(e);
        code.byte(W.f64_convert_i64_s);
        return;
      }
      this.int(e);
      code.byte(kind === Kind.uint ? W.f64_convert_i32_u : W.f64_convert_i32_s);
      return;
    }
    switch (e.type) {
      case "Identifier": return this.get(e.name);
      case "UnaryExpression":
        this.double(e.argument);
        code.byte(W.f64_neg);
        return;
      case "BinaryExpression":
        this.double(e.left);
        this.double(e.right);
        code.byte(DOUBLE_OPS[e.operator]!);
        return;
      case "ConditionalExpression": return this.conditional(e, F64);
      case "CallExpression": {
        if (e.callee.type === "MemberExpression") return this.load(e);
        const { name } = e.callee as E.Identifier;
        if (name === "fround" || name === "sqrt" || name === "abs") {
          this.double(e.arguments[0] as E.Expression);
          if (name === "fround") {
            code.byte(W.f32_demote_f64);
            code.byte(W.f64_promote_f32);
          } else code.byte(name === "sqrt" ? W.f64_sqrt : W.f64_abs);
          return;
        }
        if (name === "nanfix") return this.nanfix(e.arguments[0] as E.Expression, e.arguments[1] as E.Expression);
        this.call(e);
        return;
      }
      case "MemberExpression": {
        const { type, address } = this.element(e);
        this.code.constant(address);
        code.access(type === "f" ? W.f32_load : W.f64_load, type === "f" ? 2 : 3);
        if (type === "f") code.byte(W.f64_promote_f32);
        return;
      }
      default: throw new Unsupported(e.type);
    }
  }

  /** ir/lib/nan.ts, without a call, which would have all registers spilled on the ways that never come here. */
  private nanfix(a: E.Expression, b: E.Expression): void {
    const { code } = this;
    const quieted = (x: E.Expression): void => {
      this.double(x);
      code.byte(W.i64_reinterpret_f64);
      code.byte(W.i64_const);
      code.signed64(0, 0x80000);
      code.byte(W.i64_or);
    };
    const isNaN = (x: E.Expression): void => {
      this.double(x);
      this.double(x);
      code.byte(W.f64_ne);
    };
    quieted(a);
    quieted(b);
    code.byte(W.i64_const);
    code.signed64(0, 0xfff80000);
    isNaN(b);
    code.byte(W.select);
    isNaN(a);
    code.byte(W.select);
    code.byte(W.f64_reinterpret_i64);
  }

  /** An integer, exact, of 64 bits. */
  private wide(e: E.Expression | E.PrivateIdentifier): void {
    const { code } = this;
    const literal = e.type === "PrivateIdentifier" ? null : numberOf(e);
    if (literal !== null && Number.isInteger(literal) && literal === (literal | 0)) {
      code.byte(W.i64_const);
      code.signed(literal);
      return;
    }
    const kind = this.kindOf(e);
    if (kind === Kind.wide && e.type === "BinaryExpression") {
      this.wide(e.left);
      this.wide(e.right);
      code.byte(e.operator === "+" ? W.i64_add : W.i64_sub);
      return;
    }
    if (kind === Kind.wide || kind === Kind.double) throw new Unsupported("wide");
    this.int(e);
    code.byte(kind === Kind.uint ? W.i64_extend_i32_u : W.i64_extend_i32_s);
  }

  private conditional(e: E.ConditionalExpression, type: number): void {
    const { code } = this;
    const side = (x: E.Expression): void => (type === F64 ? this.double(x) : this.int(x));
    if (isSimple(e.consequent) && isSimple(e.alternate)) {
      side(e.consequent);
      side(e.alternate);
      this.test(e.test);
      code.byte(W.select);
      return;
    }
    this.test(e.test);
    code.byte(W.if);
    code.byte(type);
    this.labels.push("");
    side(e.consequent);
    code.byte(W.else);
    side(e.alternate);
    this.labels.pop();
    code.byte(W.end);
  }

  private compare(e: E.BinaryExpression): void {
    const { code } = this, ops = COMPARISONS[e.operator]!;
    const a = this.kindOf(e.left), b = this.kindOf(e.right);
    if (a === Kind.double || b === Kind.double) {
      this.double(e.left);
      this.double(e.right);
      code.byte(ops[3]);
      return;
    }
    const signed = (k: Kind, x: E.Expression | E.PrivateIdentifier): boolean => k === Kind.int || k === Kind.bool || (k === Kind.uint && isLiteral(x));
    const unsigned = (k: Kind, x: E.Expression | E.PrivateIdentifier): boolean => k === Kind.uint || (k === Kind.int && isLiteral(x));
    if (signed(a, e.left) && signed(b, e.right)) {
      const zero = numberOf(e.right as E.Expression) === 0;
      this.int(e.left);
      if (zero && e.operator === "===") {
        code.byte(W.i32_eqz);
        return;
      }
      this.int(e.right);
      code.byte(ops[0]);
    } else if (unsigned(a, e.left) && unsigned(b, e.right)) {
      this.int(e.left);
      this.int(e.right);
      code.byte(ops[1]);
    } else {
      this.wide(e.left);
      this.wide(e.right);
      code.byte(ops[2]);
    }
  }

  /** Whether the value is true, as an i32 that is 0 if not. */
  protected test(e: E.Expression | E.PrivateIdentifier): void {
    const { code } = this;
    switch (e.type) {
      case "LogicalExpression": {
        const and = e.operator === "&&";
        if (e.operator === "??") throw new Unsupported("??");
        this.truth(e.left);
        code.byte(W.if);
        code.byte(I32);
        this.labels.push("");
        if (and) this.truth(e.right);
        else this.code.constant(1);
        code.byte(W.else);
        if (and) this.code.constant(0);
        else this.truth(e.right);
        this.labels.pop();
        code.byte(W.end);
        return;
      }
      case "UnaryExpression":
        if (e.operator === "!") {
          if (e.argument.type === "UnaryExpression" && e.argument.operator === "!") {
            this.truth(e.argument.argument);
            code.byte(W.i32_eqz);
            code.byte(W.i32_eqz);
            return;
          }
          this.truth(e.argument);
          code.byte(W.i32_eqz);
          return;
        }
        return this.truth(e);
      default: return this.truth(e);
    }
  }

  private truth(e: E.Expression | E.PrivateIdentifier): void {
    if (e.type === "LogicalExpression" || (e.type === "UnaryExpression" && e.operator === "!")) return this.test(e);
    const kind = this.kindOf(e);
    if (kind === Kind.double) throw new Unsupported("truth of a double");
    if (kind === Kind.wide) throw new Unsupported("truth of a sum");
    if (kind === Kind.bool && e.type === "ConditionalExpression") return this.conditional(e, I32);
    this.int(e);
  }
}
