import { Block, type Inst } from "../ir/inst.js";
import { FPX, FPX_DIRTY, FPX_LAST, FPX_OPERANDS, FPX_SHAPE, FDP, FIP, FSW } from "../ir/state.js";
import type { Region, RegionNode } from "./region.js";
import { successors } from "./region.js";
import { Demand, type Stack, Tag, Unsuitable, X87Block } from "./x87-block.js";
import { rewriteInsts } from "./x87-instructions.js";

/**
 * Rewrites the x87 code of a region so that its registers are doubles in locals (lib/x87-fast.ts says what numbers and why that is exact).
 *
 * The stack is made static: relative to TOP on entry every instruction has a known depth, so ST(i) is a known register, and what is full or empty
 * follows from the tags that are demanded on entry. An edge that would join different stacks leaves the region. A region with an instruction that is
 * not known (x87-instructions.ts) stays as it is.
 */
export interface X87Plan {
  /** Significand bits that the control word asks for. */
  readonly precision: 53 | 64;
  /** Registers that must be full and empty on entry, a bit each, relative to TOP there. */
  readonly full: number;
  readonly empty: number;
}

/** Returns null and changes nothing but unreachable edges if the region has no x87 code, or some that this does not do. */
export function planX87(region: Region, precision: 53 | 64): X87Plan | null {
  if (!region.nodes.some((n) => n.block.insts.some((i) => i.op.lib && i.op.name.startsWith("x87.")))) return null;
  const entry: Tag[] = new Array<Tag>(8).fill(Tag.untouched);
  try {
    for (;;) {
      try {
        return rewrite(region, precision, entry);
      } catch (e) {
        if (!(e instanceof Demand)) throw e;
      }
    }
  } catch (e) {
    if (e instanceof Unsuitable) return null;
    throw e;
  }
}

function rewrite(region: Region, precision: 53 | 64, entry: Tag[]): X87Plan {
  const stacks = new Map<RegionNode, Stack>([[region.nodes[0]!, { depth: 0, tags: entry, nearest: true, dirty: 0 }]]);
  const blocks = new Map<RegionNode, Inst[]>();
  const values = new Map<RegionNode, Map<Inst, Inst>>();
  const cut: Array<[RegionNode, RegionNode]> = [];
  const work = [region.nodes[0]!];
  for (let node = work.pop(); node; node = work.pop()) {
    const r = new X87Block(stacks.get(node)!, precision, entry);
    rewriteInsts(r, node.block.insts);
    blocks.set(node, r.out);
    values.set(node, r.map);
    const after = r.stack();
    for (const s of successors(node)) {
      const known = stacks.get(s);
      if (!known) {
        stacks.set(s, after);
        work.push(s);
      } else if (!sameStack(known, after)) cut.push([node, s]);
      else if ((known.nearest && !after.nearest) || (known.dirty & ~after.dirty) !== 0) {
        stacks.set(s, { ...known, nearest: known.nearest && after.nearest, dirty: known.dirty & after.dirty });
        work.push(s);
      }
    }
  }
  for (const [from, to] of cut) {
    if (from.taken === to) from.taken = null;
    if (from.fallthrough === to) from.fallthrough = null;
    const k = from.expected.indexOf(to);
    if (k >= 0) from.expected.splice(k, 1);
  }
  for (const [node, insts] of blocks) {
    // the lifted block is not ours: tier 0 and other nodes may have it, too
    const old = node.block, map = values.get(node)!;
    const block = new Block(old.pc);
    block.count = old.count;
    block.end = old.end;
    block.insts.push(...insts);
    block.term = old.term;
    if (old.term.kind === "branch") block.term = { ...old.term, cond: map.get(old.term.cond) ?? old.term.cond };
    if (old.term.kind === "indirect") block.term = { ...old.term, target: map.get(old.term.target) ?? old.term.target };
    node.block = block;
  }
  const mask = (t: Tag): number => entry.reduce((m, tag, k) => (tag === t ? m | (1 << k) : m), 0);
  return { precision, full: mask(Tag.full), empty: mask(Tag.empty) };
}

function sameStack(a: Stack, b: Stack): boolean {
  return a.depth === b.depth && a.tags.every((t, k) => t === b.tags[k]);
}

/** State that such a region holds in locals: doubles and words, by their offsets. */
export function x87Locals(plan: X87Plan): { doubles: number[]; words: number[] } {
  const doubles: number[] = [];
  for (let at = FPX; at < FPX + 128; at += plan.precision === 53 ? 16 : 8) doubles.push(at);
  if (plan.precision === 53) doubles.push(FPX_OPERANDS, FPX_OPERANDS + 16);
  return { doubles, words: [FSW, FIP, FDP, FPX_LAST, FPX_SHAPE, FPX_DIRTY] };
}
