import * as js from "./ast.js";

/** A held-back expression is written out at every way out that needs it: no larger than this many nodes. */
const LIMIT = 40;

/**
 * An expression whose value does not depend on when it is evaluated: `e` with every local that may change replaced by what `copy` gives for its
 * name. Null if it reads anything but locals (state, memory), or is too large. `isFixed`: a name whose value never changes once it is set.
 */
export function freeze(e: js.Expr, isFixed: (name: string) => boolean, copy: (name: string) => js.Expr): js.Expr | null {
  let nodes = 0;
  const walk = (x: js.Expr): js.Expr | null => {
    if (++nodes > LIMIT) return null;
    switch (x.type) {
      case "Literal": return x;
      case "Identifier": return isFixed(x.name) ? x : copy(x.name);
      case "UnaryExpression": {
        const argument = walk(x.argument);
        return argument && { ...x, argument };
      }
      case "BinaryExpression":
      case "LogicalExpression": {
        const left = walk(x.left as js.Expr);
        const right = left && walk(x.right);
        return right && ({ ...x, left, right } as js.Expr);
      }
      case "ConditionalExpression": {
        const test = walk(x.test);
        const consequent = test && walk(x.consequent);
        const alternate = consequent && walk(x.alternate);
        return alternate && { ...x, test, consequent: consequent!, alternate };
      }
      case "CallExpression": {
        if (x.callee.type !== "Identifier") return null;
        const args: js.Expr[] = [];
        for (const a of x.arguments) {
          const arg = walk(a as js.Expr);
          if (!arg) return null;
          args.push(arg);
        }
        return { ...x, arguments: args };
      }
      default: return null;
    }
  };
  return walk(e);
}
