import * as js from "./ast.js";
import { type RegionNode, successors } from "./region.js";

/**
 * Control-flow structuring: from a graph of blocks to nested loops and labelled blocks, after N. Ramsey, "Beyond Relooper: recursive
 * translation of unstructured control flow to structured control flow" (ICFP 2022). Irreducible graphs become a loop around a `switch`.
 */
export interface StructureClient {
  /** The block's statements; each end of the block asks `edge` for what leads to a successor. */
  emit(node: RegionNode, edge: (to: RegionNode) => js.Stmt[]): js.Stmt[];
  /** Statements before a jump backwards (budget check). */
  backEdge(from: RegionNode, to: RegionNode): js.Stmt[];
}

interface Graph {
  /** Nodes in reverse postorder; the entry is first. Unreachable nodes are left out. */
  readonly order: RegionNode[];
  readonly index: Map<RegionNode, number>;
  /** Immediate dominator by index. */
  readonly idom: number[];
  readonly preds: number[][];
}

function analyse(entry: RegionNode): Graph {
  const post: RegionNode[] = [];
  const seen = new Set<RegionNode>([entry]);
  // Depth-first without recursion: regions may be long chains.
  const stack: Array<{ node: RegionNode; rest: RegionNode[] }> = [{ node: entry, rest: successors(entry) }];
  while (stack.length > 0) {
    const top = stack[stack.length - 1]!;
    const next = top.rest.pop();
    if (!next) {
      post.push(top.node);
      stack.pop();
    } else if (!seen.has(next)) {
      seen.add(next);
      stack.push({ node: next, rest: successors(next) });
    }
  }
  const order = post.reverse();
  const index = new Map(order.map((n, i) => [n, i]));
  const preds: number[][] = order.map(() => []);
  order.forEach((n, i) => {
    for (const s of successors(n)) preds[index.get(s)!]!.push(i);
  });
  return { order, index, idom: dominators(preds), preds };
}

/** K. Cooper, T. Harvey, K. Kennedy, "A simple, fast dominance algorithm". Predecessors by reverse-postorder index. */
function dominators(preds: readonly number[][]): number[] {
  const idom: number[] = preds.map(() => -1);
  idom[0] = 0;
  for (let changed = true; changed; ) {
    changed = false;
    for (let i = 1; i < preds.length; i++) {
      let d = -1;
      for (let p of preds[i]!) {
        if (idom[p] === -1) continue;
        if (d === -1) {
          d = p;
          continue;
        }
        while (p !== d) {
          while (p > d) p = idom[p]!;
          while (d > p) d = idom[d]!;
        }
      }
      if (idom[i] !== d) {
        idom[i] = d;
        changed = true;
      }
    }
  }
  return idom;
}

/** Nodes that are reached from the entry, in reverse postorder. */
export function reversePostorder(entry: RegionNode): RegionNode[] {
  return analyse(entry).order;
}

export function structure(entry: RegionNode, client: StructureClient): js.Stmt[] {
  const g = analyse(entry);
  const dominates = (a: number, b: number): boolean => {
    while (b > a) b = g.idom[b]!;
    return a === b;
  };
  const loops = new Set<number>();
  const forward: number[] = g.order.map(() => 0);
  let reducible = true;
  g.preds.forEach((ps, i) => {
    for (const p of ps) {
      if (p < i) forward[i]!++;
      else {
        loops.add(i);
        if (!dominates(i, p)) reducible = false;
      }
    }
  });
  return reducible ? nested(g, loops, forward, client) : switched(g, client);
}

function nested(g: Graph, loops: ReadonlySet<number>, forward: readonly number[], client: StructureClient): js.Stmt[] {
  const children: number[][] = g.order.map(() => []);
  for (let i = g.order.length - 1; i > 0; i--) children[g.idom[i]!]!.push(i);
  const isMerge = (i: number): boolean => forward[i]! > 1;

  const tree = (i: number): js.Stmt[] => {
    // children are in descending order: the outermost label belongs to the last merge node
    const merges = children[i]!.filter(isMerge);
    const body = within(i, merges);
    return loops.has(i) ? [js.labeled(`L${i}`, js.forever(body))] : body;
  };
  const within = (i: number, merges: readonly number[]): js.Stmt[] => {
    if (merges.length > 0) {
      const [m, ...rest] = merges;
      return [js.labeled(`B${m}`, js.block(within(i, rest))), ...tree(m!)];
    }
    const node = g.order[i]!;
    return client.emit(node, (to) => {
      const t = g.index.get(to)!;
      if (t <= i) return [...client.backEdge(node, to), js.continueTo(`L${t}`)];
      if (isMerge(t)) return [js.breakTo(`B${t}`)];
      return tree(t);
    });
  };
  return tree(0);
}

function switched(g: Graph, client: StructureClient): js.Stmt[] {
  const cases = g.order.map((node, i) => ({
    type: "SwitchCase" as const,
    test: js.num(i),
    consequent: [js.block(client.emit(node, (to) => {
      const t = g.index.get(to)!;
      return [...(t <= i ? client.backEdge(node, to) : []), js.set("b", js.num(t)), js.continueTo("W")];
    }))],
  }));
  return [
    js.lets([["b", js.num(0)]]),
    js.labeled("W", js.forever([{ type: "SwitchStatement", discriminant: js.id("b"), cases }])),
  ];
}
