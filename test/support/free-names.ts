import { parse } from "acorn";

interface Node {
  type: string;
  [key: string]: unknown;
}

/**
 * Names that a function body uses without declaring them (let, const, function names), labels and property names left out. Generated code has no
 * shadowing tricks, so one flat set of declarations is exact enough to be a safe upper bound on what it can reach.
 */
export function freeNames(body: string): Set<string> {
  const program = parse(`(function () {${body}\n})`, { ecmaVersion: 2022 }) as unknown as Node;
  const declared = new Set<string>();
  const used = new Set<string>();
  const visit = (n: Node, key: string, parent: Node | null): void => {
    if (n.type === "VariableDeclarator") declared.add((n.id as Node).name as string);
    if (n.type === "FunctionExpression" && n.id) declared.add((n.id as Node).name as string);
    if (n.type === "Identifier") {
      const property = parent?.type === "MemberExpression" && key === "property" && !parent.computed;
      const label = key === "label";
      if (!property && !label) used.add(n.name as string);
    }
    if (["ThisExpression", "MetaProperty", "ImportExpression", "TemplateLiteral", "NewExpression"].includes(n.type)) used.add(n.type);
    for (const [k, v] of Object.entries(n)) {
      for (const child of Array.isArray(v) ? v : [v]) {
        if (child && typeof child === "object" && typeof (child as Node).type === "string") visit(child as Node, k, n);
      }
    }
  };
  visit(program, "", null);
  return new Set([...used].filter((x) => !declared.has(x)));
}
