import type * as E from "estree";
import type { Stmt } from "../ast.js";
import { Bytes, VOID, W } from "./encoder.js";
import { ExpressionAssembler, Unsupported } from "./expression-assembler.js";
import { Kind, numberOf } from "./kinds.js";

/**
 * The body of a WebAssembly function from a region's statements (emit-region.ts). What these are made of is a small part of JavaScript in which all types are plain: every integer is
 * wrapped to int32 or uint32 where it is used as one, everything else is a double or a boolean. What is said here of a type is what JavaScript says of the value, so both mean the same;
 * anything that would not is refused (`Unsupported`), and that region is JavaScript for V8, too.
 */

const STORES: Readonly<Record<string, number>> = { setInt8: W.i32_store8, setInt16: W.i32_store16, setInt32: W.i32_store, setFloat32: W.f32_store, setFloat64: W.f64_store };

export class FunctionAssembler extends ExpressionAssembler {
  /** Declarations of the locals, as they stand before the code. */
  localTypes(): Uint8Array {
    const head = new Bytes(), groups: Array<[count: number, type: number]> = [];
    for (const t of this.types) {
      const last = groups.at(-1);
      if (last && last[1] === t) last[0]++;
      else groups.push([1, t]);
    }
    head.unsigned(groups.length);
    for (const [n, t] of groups) {
      head.unsigned(n);
      head.byte(t);
    }
    return head.view();
  }

  // Statements.

  list(body: readonly Stmt[]): void {
    for (const s of body) this.statement(s);
  }

  private statement(s: Stmt): void {
    const { code } = this;
    switch (s.type) {
      case "ExpressionStatement": return this.effect(s.expression);
      case "VariableDeclaration":
        for (const { id, init } of s.declarations) {
          const name = (id as E.Identifier).name;
          // `m` is for doubles; a sum that is not wrapped is one of doubles that happen to be integers.
          const kind = name === "m" ? Kind.double : this.kindOf(init!), k = kind === Kind.wide ? Kind.double : kind;
          const known = this.locals.get(name);
          const local = known && known.kind === k ? known : this.declare(name, k);
          this.value(init!, k);
          code.indexed(W.local_set, local.index);
        }
        return;
      case "IfStatement":
        this.test(s.test);
        code.byte(W.if);
        code.byte(VOID);
        this.labels.push("");
        this.statement(s.consequent);
        if (s.alternate) {
          code.byte(W.else);
          this.statement(s.alternate);
        }
        this.labels.pop();
        code.byte(W.end);
        return;
      case "BlockStatement": return this.list(s.body);
      case "LabeledStatement": {
        const name = s.label.name;
        code.byte(W.block);
        code.byte(VOID);
        this.labels.push(name);
        if (s.body.type === "ForStatement") this.loop(name, s.body.body);
        else this.statement(s.body);
        this.labels.pop();
        code.byte(W.end);
        return;
      }
      case "SwitchStatement": return this.switch(s);
      case "BreakStatement": return this.branch(s.label ? s.label.name : "switch");
      case "ContinueStatement": return this.branch(`loop ${s.label!.name}`);
      case "ReturnStatement":
        // The only thing that regions return before their end is `stop`.
        code.constant(0);
        code.byte(W.return);
        return;
      case "EmptyStatement": return;
      default: throw new Unsupported(s.type);
    }
  }

  private loop(name: string, body: Stmt): void {
    const { code } = this;
    code.byte(W.loop);
    code.byte(VOID);
    this.labels.push(`loop ${name}`);
    this.statement(body);
    code.indexed(W.br, 0);
    this.labels.pop();
    code.byte(W.end);
  }

  private branch(label: string): void {
    const k = this.labels.lastIndexOf(label);
    if (k < 0) throw new Unsupported(`no label ${label}`);
    this.code.indexed(W.br, this.labels.length - 1 - k);
  }

  /** Cases are 0, 1, 2, … in order. */
  private switch(s: E.SwitchStatement): void {
    const { code } = this, n = s.cases.length;
    code.byte(W.block);
    code.byte(VOID);
    this.labels.push("switch");
    for (let k = 0; k < n; k++) {
      code.byte(W.block);
      code.byte(VOID);
      this.labels.push("");
    }
    this.int(s.discriminant as E.Expression);
    code.byte(W.br_table);
    code.unsigned(n);
    for (let k = 0; k < n; k++) {
      if (numberOf(s.cases[k]!.test as E.Expression) !== k) throw new Unsupported("cases out of order");
      code.unsigned(k);
    }
    code.unsigned(n);
    for (let k = 0; k < n; k++) {
      this.labels.pop();
      code.byte(W.end);
      this.list(s.cases[k]!.consequent);
    }
    this.labels.pop();
    code.byte(W.end);
  }

  private effect(e: E.Expression): void {
    const { code } = this;
    if (e.type === "AssignmentExpression") {
      this.assign(e);
      return;
    }
    if (e.type === "CallExpression") {
      if (e.callee.type === "MemberExpression") return this.store(e);
      if (this.call(e) !== "") code.byte(W.drop);
      return;
    }
    throw new Unsupported(e.type);
  }

  private assign(e: E.AssignmentExpression): void {
    const { code } = this;
    if (e.left.type === "Identifier") {
      const { index, kind } = this.local(e.left.name);
      this.value(e.right, kind);
      code.indexed(W.local_set, index);
      return;
    }
    const target = e.left as E.MemberExpression, { type, address } = this.element(target);
    code.constant(address);
    if (type === "i") {
      this.int(e.right);
      code.byte(W.i32_store);
      code.unsigned(2);
    } else {
      this.double(e.right);
      if (type === "f") code.byte(W.f32_demote_f64);
      code.byte(type === "f" ? W.f32_store : W.f64_store);
      code.unsigned(type === "f" ? 2 : 3);
    }
    code.unsigned(0);
  }

  private store(e: E.SimpleCallExpression): void {
    const { code } = this, name = ((e.callee as E.MemberExpression).property as E.Identifier).name;
    const op = STORES[name];
    if (op === undefined) throw new Unsupported(name);
    this.address(e.arguments[0] as E.Expression);
    const value = e.arguments[1] as E.Expression;
    if (name === "setFloat64" || name === "setFloat32") {
      this.double(value);
      if (name === "setFloat32") code.byte(W.f32_demote_f64);
    } else this.int(value);
    code.access(op, 0);
  }
}
