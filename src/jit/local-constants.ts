import type * as E from "estree";
import * as js from "./ast.js";

/**
 * What a region takes from its factory are constants around it (names.ts), and V8 asks at each use of such a constant whether it has been initialised: two bytecodes, and
 * until they are optimised away a branch, a call and a frame state for every one of the hundred or two uses in a region. So names that are used more than once become
 * locals. A local that was set before a loop is no constant to V8 in code that it entered in the middle of that loop (OSR); so each loop's body sets its own, and so does
 * what follows a loop.
 */

/** The constant of the factory that a local of this name holds. */
export function sourceName(name: string): string {
  return `${name}$`;
}

/** Fewer uses are not worth a local. */
const WORTHWHILE = 2;

class LocalConstants {
  readonly made = new Set<string>();

  constructor(private readonly names: ReadonlySet<string>) {}

  /** A list of statements with locals of its own before it, where that pays. */
  scope(body: js.Stmt[]): js.Stmt[] {
    const uses = new Map<string, number>();
    this.list(body, uses);
    const taken = [...uses].filter(([, n]) => n >= WORTHWHILE).map(([name]) => name);
    if (taken.length === 0) return body;
    for (const name of taken) this.made.add(name);
    return [js.constants(taken.map((name) => [name, js.id(sourceName(name))])), ...body];
  }

  /** True: a loop is among them. What follows it, here, has become a scope of its own. */
  private list(body: js.Stmt[], uses: Map<string, number>): boolean {
    for (let i = 0; i < body.length; i++) {
      if (!this.statement(body[i]!, uses)) continue;
      if (i + 1 < body.length) {
        const rest = body.splice(i + 1), scope = this.scope(rest);
        if (scope === rest) body.push(...rest);
        else body.push(js.block(scope));
      }
      return true;
    }
    return false;
  }

  private statement(s: js.Stmt, uses: Map<string, number>): boolean {
    switch (s.type) {
      case "ExpressionStatement":
        this.expression(s.expression, uses);
        return false;
      case "VariableDeclaration":
        for (const { init } of s.declarations) if (init) this.expression(init, uses);
        return false;
      case "IfStatement": {
        this.expression(s.test, uses);
        const taken = this.statement(s.consequent, uses);
        return (s.alternate ? this.statement(s.alternate, uses) : false) || taken;
      }
      case "BlockStatement":
        return this.list(s.body, uses);
      case "LabeledStatement":
        return this.statement(s.body, uses);
      case "ForStatement": {
        const body = s.body as E.BlockStatement;
        body.body = this.scope(body.body);
        return true;
      }
      case "SwitchStatement": {
        this.expression(s.discriminant, uses);
        let loops = false;
        for (const { consequent } of s.cases) if (this.list(consequent, uses)) loops = true;
        return loops;
      }
      case "ReturnStatement":
        if (s.argument) this.expression(s.argument, uses);
        return false;
      case "BreakStatement":
      case "ContinueStatement":
        return false;
      default:
        throw new Error(`no ${s.type} in regions`);
    }
  }

  private expression(e: E.Expression | E.Super | E.PrivateIdentifier | E.SpreadElement | E.Pattern, uses: Map<string, number>): void {
    switch (e.type) {
      case "Identifier":
        if (this.names.has(e.name)) uses.set(e.name, (uses.get(e.name) ?? 0) + 1);
        return;
      case "Literal":
        return;
      case "UnaryExpression":
        return this.expression(e.argument, uses);
      case "BinaryExpression":
      case "LogicalExpression":
      case "AssignmentExpression":
        this.expression(e.left, uses);
        return this.expression(e.right, uses);
      case "ConditionalExpression":
        this.expression(e.test, uses);
        this.expression(e.consequent, uses);
        return this.expression(e.alternate, uses);
      case "MemberExpression":
        this.expression(e.object, uses);
        if (e.computed) this.expression(e.property, uses);
        return;
      case "CallExpression":
        this.expression(e.callee, uses);
        for (const a of e.arguments) this.expression(a, uses);
        return;
      default:
        throw new Error(`no ${e.type} in regions`);
    }
  }
}

/** Give the body of a region's function locals for what it takes from `names` more than once. Its statements are changed in place. Returns the names that have become locals. */
export function localConstants(body: E.BlockStatement, names: ReadonlySet<string>): string[] {
  const locals = new LocalConstants(names);
  body.body = locals.scope(body.body);
  return [...locals.made];
}
