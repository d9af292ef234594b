import type { CodeSource } from "../frontend/block.js";
import { liftBlock } from "../frontend/block.js";
import { GuestFault } from "../ir/memory.js";
import type { Region, RegionNode } from "../jit/region.js";

/** A call that the region went through: nodes of the callee exist once for each. */
interface CallContext {
  readonly parent: CallContext | null;
  /** PC of the callee, to stop at recursion. */
  readonly callee: number;
  readonly returnTo: number;
  readonly depth: number;
  readonly id: number;
}

export interface GrowthLimits {
  readonly nodes: number;
  readonly instructions: number;
  readonly callDepth: number;
}

export const GROWTH: GrowthLimits = { nodes: 120, instructions: 900, callDepth: 4 };
/**
 * A first region is kept small: compiling costs more than linearly, and most code that gets warm never gets hot. On perl reading a program of 8 KB
 * (43 million instructions) large ones at 40 executions took 40 s of processor time, none at all 9 s, these at 1,000 executions 13 s.
 */
export const FIRST_GROWTH: GrowthLimits = { nodes: 30, instructions: 220, callDepth: 3 };

/** Whether a region ended for want of room. */
export function isCutOff(region: Region, limits: GrowthLimits): boolean {
  return region.nodes.length >= limits.nodes || region.nodes.reduce((n, b) => n + b.block.count, 0) >= limits.instructions;
}

/**
 * Grow a region from a hot PC: through jumps and branches to code that has run before (`hot`), and through calls into callees, whose
 * returns are guarded jumps to the expected address. A call of the region's own entry is a jump back to it. It stays clear of `stops`, a
 * debugger's breakpoints.
 */
export function growRegion(source: CodeSource, pc: number, mode: number, hot: (pc: number) => number, limits: GrowthLimits = GROWTH, stops: ReadonlySet<number> | null = null): Region {
  const nodes: RegionNode[] = [];
  const known = new Map<string, RegionNode>();
  const contexts = new Map<RegionNode, CallContext | null>();
  let instructions = 0;
  let contextIds = 1;
  /** Where calls of the region's own entry return to. */
  const ownReturns = new Set<RegionNode>();

  const nodeAt = (at: number, context: CallContext | null, needHot = true): RegionNode | null => {
    const key = `${context?.id ?? 0}:${at}`;
    const old = known.get(key);
    if (old) return old;
    if (nodes.length >= limits.nodes || instructions >= limits.instructions) return null;
    if (needHot && hot(at) === 0) return null;
    if (stops !== null && stops.has(at | 0)) return null;
    let block;
    try {
      block = liftBlock(source, at, mode, { stops });
    } catch (e) {
      if (e instanceof GuestFault) return null;
      throw e;
    }
    const node: RegionNode = { id: nodes.length, pc: at, block, taken: null, fallthrough: null, expected: [] };
    instructions += block.count;
    nodes.push(node);
    known.set(key, node);
    contexts.set(node, context);
    return node;
  };

  const entry = nodeAt(pc, null, false);
  if (!entry) throw new Error("the region's entry cannot be fetched");
  // Breadth first: the list grows while it is walked.
  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[i]!;
    const context = contexts.get(node)!;
    const t = node.block.term;
    switch (t.kind) {
      case "jump":
        if (t.hint !== "call") node.taken = nodeAt(t.target, context);
        else if (t.target === pc && context === null) {
          node.taken = entry;
          const back = nodeAt(node.block.end, null, false);
          if (back) ownReturns.add(back);
        } else if ((context?.depth ?? 0) < limits.callDepth && !isRecursive(context, t.target, pc)) {
          const inner: CallContext = { parent: context, callee: t.target, returnTo: node.block.end, depth: (context?.depth ?? 0) + 1, id: contextIds++ };
          node.taken = nodeAt(t.target, inner);
        }
        break;
      case "branch":
        node.taken = nodeAt(t.taken, context);
        node.fallthrough = nodeAt(t.fallthrough, context);
        break;
      case "indirect":
        if (t.hint === "ret" && context) {
          const back = nodeAt(context.returnTo, context.parent, false);
          if (back) node.expected.push(back);
        }
        break;
    }
  }
  for (const n of nodes) {
    if (contexts.get(n) === null && n.block.term.kind === "indirect" && n.block.term.hint === "ret") n.expected.push(...ownReturns);
  }
  return { pc, mode, nodes };
}

function isRecursive(context: CallContext | null, callee: number, entry: number): boolean {
  if (callee === entry) return true;
  for (let c = context; c; c = c.parent) if (c.callee === callee) return true;
  return false;
}

/** The guest bytes of a region as [start, end) pairs. */
export function regionRanges(region: Region): number[] {
  const seen = new Set<number>();
  const ranges: number[] = [];
  for (const n of region.nodes) {
    if (seen.has(n.pc)) continue;
    seen.add(n.pc);
    ranges.push(n.block.pc, n.block.end);
  }
  return ranges;
}
