import type { CodeSource } from "../frontend/block.js";
import { BLOCK_LIMIT, liftBlock } from "../frontend/block.js";
import { Mode } from "../frontend/mode.js";
import type { Block } from "../ir/inst.js";
import { GuestFault } from "../ir/memory.js";
import { type Region, type RegionNode, successors } from "../jit/region.js";

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
  /**
   * Instead of both, most instructions of code that goes straight on from the entry, without branches and calls; its blocks may be as long. A multiple of BLOCK_LIMIT: where
   * the region ends tier 0 knows a block, which has run as often.
   */
  readonly straight: number;
  /** Most instructions of a callee that is taken in, by the number of calls around it; one deeper than that is not taken in. */
  readonly callees: readonly number[];
}

/**
 * Regions are kept small: V8 optimises late, slowly and more than once what is large (a second for one of 900 instructions), and most code that gets warm
 * never gets hot. Straight code is all hot and has no more than one way through: where it is cut, registers and flags go out and in for nothing.
 * docs/performance.md has the measurements.
 */
export const GROWTH: GrowthLimits = { nodes: 20, instructions: 120, straight: 10 * BLOCK_LIMIT, callees: [200, 80, 40, 20] };
/** A first region, made when little is known yet, takes in less of what it calls. */
export const FIRST_GROWTH: GrowthLimits = { ...GROWTH, callees: [80, 40, 20] };

/** Executions of a block in tier 0 before its region is compiled, unless told. */
export const HOT = 300;

/** What is known of where code goes. */
export interface Profile {
  /** How often the block at a PC ran, as far as it was counted; 0: it is not worth compiling. */
  count(pc: number): number;
  /** Where the computed jump or call at the end of the block at a PC went, the most frequent first. */
  targets?(pc: number): readonly number[];
  /** The block at a PC as tier 0 has it, if it does: lifted from the same bytes for the same mode, up to BLOCK_LIMIT instructions, without regard to stops. Nobody changes it. */
  lifted?(pc: number): Block | null;
}

/**
 * Grow a region from a hot PC: through jumps and branches to code that has run before, and through calls into callees, whose returns are
 * guarded jumps to the expected address; where a jump or call is computed, to the targets that it was seen to have, guarded alike. A call of the
 * region's own entry is a jump back to it. It stays clear of `stops`, a debugger's breakpoints.
 */
export function growRegion(source: CodeSource, pc: number, mode: number, profile: Profile, limits: GrowthLimits = GROWTH, stops: ReadonlySet<number> | null = null): Region {
  const nodes: RegionNode[] = [];
  const known = new Map<string, RegionNode>();
  const contexts = new Map<RegionNode, CallContext | null>();
  let instructions = 0;
  let contextIds = 1;
  let truncated = false;
  /** There is one way through what was taken in so far. */
  let straight = true;
  /** Where calls of the region's own entry return to. */
  const ownReturns = new Set<RegionNode>();

  const lifted = new Map<number, Block | null>();
  const blockAt = (at: number): Block | null => {
    let block = lifted.get(at);
    if (block === undefined) {
      try {
        const maxInstructions = straight ? limits.straight - instructions : undefined;
        block = stops === null ? (profile.lifted?.(at) ?? null) : null;
        // One that ended at the limit goes on here, one that is longer than what is left ends before.
        if (!block || (straight && block.count >= Math.min(BLOCK_LIMIT, maxInstructions!))) block = liftBlock(source, at, mode, { stops, maxInstructions });
      } catch (e) {
        if (!(e instanceof GuestFault)) throw e;
        block = null;
      }
      lifted.set(at, block);
    }
    return block;
  };

  const nodeAt = (at: number, context: CallContext | null, needHot = true): RegionNode | null => {
    const key = `${context?.id ?? 0}:${at}`;
    const old = known.get(key);
    if (old) return old;
    if (needHot && profile.count(at) === 0) return null;
    if (straight ? instructions >= limits.straight : nodes.length >= limits.nodes || instructions >= limits.instructions) {
      truncated = true;
      return null;
    }
    if (stops !== null && stops.has(at | 0)) return null;
    const block = blockAt(at);
    if (!block) return null;
    const node: RegionNode = { id: nodes.length, pc: at, block, taken: null, fallthrough: null, expected: [] };
    instructions += block.count;
    straight &&= block.term.kind === "jump" && block.term.hint !== "call";
    nodes.push(node);
    known.set(key, node);
    contexts.set(node, context);
    return node;
  };

  /** Whether the hot part of a function has at most so many instructions, and does not call itself: every call that is taken in is a copy of it. */
  const isSmall = (callee: number, most: number): boolean => {
    const seen = new Set([callee]);
    let size = 0;
    for (const at of seen) {
      const block = blockAt(at);
      if (!block) continue;
      size += block.count;
      if (size > most) return false;
      const t = block.term;
      const next = t.kind === "jump" ? [t.hint === "call" ? block.end : t.target] : t.kind === "branch" ? [t.taken, t.fallthrough] : [];
      if (t.kind === "jump" && t.hint === "call" && t.target === callee) return false;
      if (t.kind === "indirect" && t.hint === "call") next.push(block.end);
      for (const to of next) if (profile.count(to) > 0) seen.add(to);
    }
    return true;
  };

  /** The entry of what a node calls. */
  const called = (node: RegionNode, callee: number): RegionNode | null => {
    const context = contexts.get(node)!;
    if (callee === pc && context === null) {
      const back = nodeAt(node.block.end, null, false);
      if (back) ownReturns.add(back);
      return entry;
    }
    const depth = context?.depth ?? 0;
    if (depth >= limits.callees.length || isRecursive(context, callee, pc)) return null;
    if (!isSmall(callee, limits.callees[depth]!)) return null;
    return nodeAt(callee, { parent: context, callee, returnTo: node.block.end, depth: depth + 1, id: contextIds++ });
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
        node.taken = t.hint === "call" ? called(node, t.target) : nodeAt(t.target, context);
        break;
      case "branch":
        node.taken = nodeAt(t.taken, context);
        node.fallthrough = nodeAt(t.fallthrough, context);
        break;
      case "indirect":
        if (t.hint === "ret" && context) {
          const back = nodeAt(context.returnTo, context.parent, false);
          if (back) node.expected.push(back);
        } else if (t.hint !== "ret") {
          for (const target of profile.targets?.(node.pc) ?? []) {
            const to = t.hint === "call" ? called(node, target) : nodeAt(target, context);
            if (to) node.expected.push(to);
          }
        }
        break;
    }
  }
  for (const n of nodes) {
    if (contexts.get(n) === null && n.block.term.kind === "indirect" && n.block.term.hint === "ret") n.expected.push(...ownReturns);
  }
  return { pc, mode, nodes, truncated, x87: mode & Mode.X87_DOUBLE ? 53 : mode & Mode.X87_EXTENDED ? 64 : undefined };
}

function isRecursive(context: CallContext | null, callee: number, entry: number): boolean {
  if (callee === entry) return true;
  for (let c = context; c; c = c.parent) if (c.callee === callee) return true;
  return false;
}

/** A number that differs, most likely, when regions with the same entry are made of other blocks or joined otherwise. */
export function shapeOf(region: Region): number {
  let edges = 0;
  for (const n of region.nodes) edges += successors(n).length;
  return region.nodes.length * 4096 + edges;
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

/** Whether there are x87 instructions in a region. */
export function usesX87({ nodes }: Region): boolean {
  return nodes.some(({ block }) => block.insts.some(({ op }) => op.name.startsWith("x87.")));
}
