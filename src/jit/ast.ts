import type * as E from "estree";

/** Constructors of the few ESTree nodes that generated code is made of. */
export type Expr = E.Expression;
export type Stmt = E.Statement;

const ids = new Map<string, E.Identifier>();

export function id(name: string): E.Identifier {
  let i = ids.get(name);
  if (!i) ids.set(name, (i = { type: "Identifier", name }));
  return i;
}

/** A number literal; negative numbers and -0 as unary minus. */
export function num(value: number): Expr {
  if (value < 0 || Object.is(value, -0)) return { type: "UnaryExpression", operator: "-", prefix: true, argument: num(-value) };
  if (value !== value || value === Infinity) throw new Error("no literal for a number that is not finite");
  return { type: "Literal", value };
}

export const TRUE: Expr = { type: "Literal", value: true };

export function bin(operator: E.BinaryOperator, left: Expr, right: Expr): Expr {
  return { type: "BinaryExpression", operator, left, right };
}

/** x | 0 */
export function toInt(x: Expr): Expr {
  return bin("|", x, num(0));
}

/** x >>> 0 */
export function toUint(x: Expr): Expr {
  return bin(">>>", x, num(0));
}

export function logical(operator: E.LogicalOperator, left: Expr, right: Expr): Expr {
  return { type: "LogicalExpression", operator, left, right };
}

export function not(argument: Expr): Expr {
  return { type: "UnaryExpression", operator: "!", prefix: true, argument };
}

export function cond(test: Expr, consequent: Expr, alternate: Expr): Expr {
  return { type: "ConditionalExpression", test, consequent, alternate };
}

export function assign(name: string, right: Expr): Expr {
  return { type: "AssignmentExpression", operator: "=", left: id(name), right };
}

export function call(callee: string, args: Expr[]): Expr {
  return { type: "CallExpression", callee: id(callee), arguments: args, optional: false };
}

/** object.method(args) */
export function method(object: string, name: string, args: Expr[]): Expr {
  return {
    type: "CallExpression",
    callee: { type: "MemberExpression", object: id(object), property: id(name), computed: false, optional: false },
    arguments: args,
    optional: false,
  };
}

/** object[index] */
export function element(object: string, index: Expr | number): E.MemberExpression {
  return { type: "MemberExpression", object: id(object), property: typeof index === "number" ? num(index) : index, computed: true, optional: false };
}

/** object.property */
export function property(object: string, name: string): Expr {
  return { type: "MemberExpression", object: id(object), property: id(name), computed: false, optional: false };
}

/** object.property[index] */
export function member(object: string, property: string, index: number): Expr {
  const inner: Expr = { type: "MemberExpression", object: id(object), property: id(property), computed: false, optional: false };
  return { type: "MemberExpression", object: inner, property: num(index), computed: true, optional: false };
}

export function expr(expression: Expr): Stmt {
  return { type: "ExpressionStatement", expression };
}

export function set(name: string, value: Expr): Stmt {
  return expr(assign(name, value));
}

/** object[index] = value */
export function setElement(object: string, index: number, value: Expr): Stmt {
  return expr({ type: "AssignmentExpression", operator: "=", left: element(object, index), right: value });
}

export function constant(name: string, init: Expr): Stmt {
  return constants([[name, init]]);
}

export function constants(declarations: ReadonlyArray<readonly [string, Expr]>): Stmt {
  return { type: "VariableDeclaration", kind: "const", declarations: declarations.map(([n, init]) => ({ type: "VariableDeclarator", id: id(n), init })) };
}

export function lets(declarations: ReadonlyArray<readonly [string, Expr]>): Stmt {
  return { type: "VariableDeclaration", kind: "let", declarations: declarations.map(([n, init]) => ({ type: "VariableDeclarator", id: id(n), init })) };
}

export function block(body: Stmt[]): E.BlockStatement {
  return { type: "BlockStatement", body };
}

export function ifThen(test: Expr, consequent: Stmt[], alternate?: Stmt[]): Stmt {
  return { type: "IfStatement", test, consequent: block(consequent), alternate: alternate && alternate.length > 0 ? block(alternate) : null };
}

export function labeled(label: string, body: Stmt): Stmt {
  return { type: "LabeledStatement", label: id(label), body };
}

export function forever(body: Stmt[]): Stmt {
  return { type: "ForStatement", init: null, test: null, update: null, body: block(body) };
}

export function breakTo(label: string): Stmt {
  return { type: "BreakStatement", label: id(label) };
}

/** An unlabelled break. */
export const breakOut: Stmt = { type: "BreakStatement", label: null };

export function continueTo(label: string): Stmt {
  return { type: "ContinueStatement", label: id(label) };
}

export function ret(argument: Expr): Stmt {
  return { type: "ReturnStatement", argument };
}
