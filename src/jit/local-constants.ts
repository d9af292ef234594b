import type * as E from "estree";
import * as js from "./ast.js";

/**
 * What a region takes from its factory are constants around it (names.ts), and V8 asks at each use of such a constant whether it has been initialised: two bytecodes, and
 * until they are optimised away a branch, a call and a frame state for every one of the hundred or two uses in a region. So what a region uses of them it has as locals.
 *
 * They are set before anything else, not in the loops that use them. TurboFan finds out what a constant holds in the same pass in which it decides how elements and properties are
 * accessed, and goes from inputs to users. A loop's inputs come from its own end: where the pass gets to a loop by way of something in its middle, users are reached before a
 * constant that is loaded in the loop has been looked at. Then each access checks the object's map and loads length and address, or a call is one of any function;
 * where that happens depends on everything else. What is loaded before all loops is known by then. (In code that V8 entered in the middle of a loop, OSR, such a
 * local is a value like any other. That code is left with the slice.)
 */

/** The constant of the factory that a local of this name holds. */
export function sourceName(name: string): string {
  return `${name}$`;
}

class Uses {
  readonly found = new Set<string>();

  constructor(private readonly names: ReadonlySet<string>) {}

  list(body: readonly E.Statement[]): void {
    for (const s of body) this.statement(s);
  }

  private statement(s: E.Statement): void {
    switch (s.type) {
      case "ExpressionStatement": return this.expression(s.expression);
      case "VariableDeclaration":
        for (const { init } of s.declarations) if (init) this.expression(init);
        return;
      case "IfStatement":
        this.expression(s.test);
        this.statement(s.consequent);
        if (s.alternate) this.statement(s.alternate);
        return;
      case "BlockStatement": return this.list(s.body);
      case "LabeledStatement":
      case "ForStatement": return this.statement(s.body);
      case "SwitchStatement":
        this.expression(s.discriminant);
        for (const { consequent } of s.cases) this.list(consequent);
        return;
      case "ReturnStatement":
        if (s.argument) this.expression(s.argument);
        return;
      case "BreakStatement":
      case "ContinueStatement":
        return;
      default:
        throw new Error(`no ${s.type} in regions`);
    }
  }

  private expression(e: E.Expression | E.Super | E.PrivateIdentifier | E.SpreadElement | E.Pattern): void {
    switch (e.type) {
      case "Identifier":
        if (this.names.has(e.name)) this.found.add(e.name);
        return;
      case "Literal":
        return;
      case "UnaryExpression":
        return this.expression(e.argument);
      case "BinaryExpression":
      case "LogicalExpression":
      case "AssignmentExpression":
        this.expression(e.left);
        return this.expression(e.right);
      case "ConditionalExpression":
        this.expression(e.test);
        this.expression(e.consequent);
        return this.expression(e.alternate);
      case "MemberExpression":
        this.expression(e.object);
        if (e.computed) this.expression(e.property);
        return;
      case "CallExpression":
        this.expression(e.callee);
        for (const a of e.arguments) this.expression(a);
        return;
      default:
        throw new Error(`no ${e.type} in regions`);
    }
  }
}

/** The body of a region's function, with locals before it for what it uses of `names`. */
export function withLocalConstants(body: js.Stmt[], names: ReadonlySet<string>): js.Stmt[] {
  const uses = new Uses(names);
  uses.list(body);
  return uses.found.size === 0 ? body : [js.constants([...uses.found].map((name) => [name, js.id(sourceName(name))])), ...body];
}
