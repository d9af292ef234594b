import { type RegionNode, successors } from "./region.js";

/**
 * For a sampler in another thread, code that is asked to writes down which piece of it runs, as a number in `env.where`. A store for each block would cost up to 15 % in
 * tight loops. So a piece is several blocks, which are in the same loops and functions: what functions and loops take is exact. Stores are where one piece goes to another.
 */
export interface PieceNumbers {
  /** A number for these blocks. */
  number(blocks: readonly RegionNode[]): number;
  /** Whether two PCs are in the same guest function, as far as is known. */
  together(a: number, b: number): boolean;
}

/** Instructions in a piece of several blocks. */
const MOST = 48;

interface Piece {
  readonly nodes: RegionNode[];
  readonly loop: object | undefined;
  count: number;
}

/** The number of each block's piece. `order`: all blocks in reverse postorder. */
export function piecesOf(order: readonly RegionNode[], numbers: PieceNumbers): ReadonlyMap<RegionNode, number> {
  const loops = innermostLoops(order);
  const pieceOf = new Map<RegionNode, Piece>(), pieces: Piece[] = [];
  const fits = (p: Piece | undefined, n: RegionNode): boolean =>
    p !== undefined && p.loop === loops.get(n) && p.count + n.block.count <= MOST && numbers.together(p.nodes[0]!.pc, n.pc);
  const predecessors = new Map<RegionNode, RegionNode[]>(order.map((n) => [n, []]));
  for (const n of order) for (const s of successors(n)) predecessors.get(s)!.push(n);
  for (const n of order) {
    const loop = loops.get(n);
    let piece = predecessors.get(n)!.map((p) => pieceOf.get(p)).find((p) => fits(p, n));
    // Behind a loop within this one it goes on.
    piece ??= loop && pieces.find((p) => fits(p, n));
    if (!piece) pieces.push((piece = { nodes: [], loop, count: 0 }));
    piece.nodes.push(n);
    piece.count += n.block.count;
    pieceOf.set(n, piece);
  }
  const number = new Map(pieces.map((p) => [p, numbers.number(p.nodes)]));
  return new Map(order.map((n) => [n, number.get(pieceOf.get(n)!)!]));
}

/**
 * The innermost loop of each block. Regions begin anywhere, also in the middle of a loop, so what dominates what within it is asked of the loop alone, entered at its head. (Blocks
 * begin wherever something jumps to: a loop's first turn is often in a block of its own, before it.)
 */
function innermostLoops(order: readonly RegionNode[]): Map<RegionNode, object> {
  const sizes = new Map<object, number>(), out = new Map<RegionNode, object>();
  const add = (body: ReadonlySet<RegionNode>): void => {
    const loop = {};
    sizes.set(loop, body.size);
    for (const n of body) if (!out.has(n) || sizes.get(out.get(n)!)! > body.size) out.set(n, loop);
  };
  for (const component of components(order)) {
    const within = new Set(component), next = new Map(component.map((n) => [n, successors(n).filter((s) => within.has(s))]));
    if (component.length === 1 && next.get(component[0]!)!.length === 0) continue;
    add(within);
    const previous = new Map<RegionNode, RegionNode[]>(component.map((n) => [n, []]));
    for (const [n, to] of next) for (const s of to) previous.get(s)!.push(n);
    const first = headOf(component);
    for (const head of component) {
      if (head === first) continue;
      const around = reached([first], next, head), latches = previous.get(head)!.filter((n) => !around.has(n) && goesOn(n));
      if (latches.length > 0) add(reached(latches, previous, head).add(head));
    }
  }
  return out;
}

/** Whether a block goes on within its function. What calls and returns lead back to is no loop: in a function that calls itself, it's other calls of it. */
function goesOn({ block: { term } }: RegionNode): boolean {
  return term.kind === "branch" || (term.kind === "jump" && term.hint !== "call") || (term.kind === "indirect" && term.hint === "jump");
}

/** What can be reached without going through a node. */
function reached(from: readonly RegionNode[], edges: ReadonlyMap<RegionNode, readonly RegionNode[]>, without: RegionNode): Set<RegionNode> {
  const out = new Set<RegionNode>(), rest = [...from];
  for (let n = rest.pop(); n; n = rest.pop()) {
    if (n === without || out.has(n)) continue;
    out.add(n);
    rest.push(...edges.get(n)!);
  }
  return out;
}

/** Where a loop begins, by its place in memory: at the lowest address that is jumped back to. */
function headOf(component: readonly RegionNode[]): RegionNode {
  const within = new Set(component);
  let head: RegionNode | null = null;
  for (const n of component) {
    const { term } = n.block;
    if (!goesOn(n) || term.kind === "indirect") continue;
    for (const s of successors(n)) if (within.has(s) && s.pc >>> 0 <= n.pc >>> 0 && (head === null || s.pc >>> 0 < head.pc >>> 0)) head = s;
  }
  return head ?? component[0]!;
}

/** Strongly connected components of some blocks, each in their order. R. Tarjan, "Depth-first search and linear graph algorithms" (1972). */
function components(nodes: readonly RegionNode[]): RegionNode[][] {
  const within = new Set(nodes), number = new Map<RegionNode, number>(), low = new Map<RegionNode, number>();
  const stack: RegionNode[] = [], open = new Set<RegionNode>(), out: RegionNode[][] = [];
  const visit = (n: RegionNode): void => {
    number.set(n, number.size);
    low.set(n, number.get(n)!);
    stack.push(n);
    open.add(n);
    for (const s of successors(n)) {
      if (!within.has(s)) continue;
      if (!number.has(s)) {
        visit(s);
        low.set(n, Math.min(low.get(n)!, low.get(s)!));
      } else if (open.has(s)) low.set(n, Math.min(low.get(n)!, number.get(s)!));
    }
    if (low.get(n) !== number.get(n)) return;
    const members = new Set(stack.splice(stack.indexOf(n)));
    for (const m of members) open.delete(m);
    out.push(nodes.filter((m) => members.has(m)));
  };
  for (const n of nodes) if (!number.has(n)) visit(n);
  return out;
}
