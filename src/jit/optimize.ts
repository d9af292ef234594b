import { Mode } from "../frontend/mode.js";
import { mergeCommonValues } from "../ir/passes/common-values.js";
import { eliminateDeadCode } from "../ir/passes/dead-code.js";
import { forwardMemory } from "../ir/passes/forward-memory.js";
import { forwardState } from "../ir/passes/forward-state.js";
import { flagKindAfter, lowerFlags } from "../ir/passes/lower-flags.js";
import { splitWords } from "../ir/passes/split-words.js";
import { planDoubleRegisters, planSingleRegisters } from "./float-registers.js";
import { planIntegerRegisters } from "./integer-registers.js";
import type { Region, RegionNode } from "./region.js";
import { successors } from "./region.js";
import { planX87, type X87Plan, x87Locals } from "./x87-registers.js";

/** Elements of vector registers that a region holds in locals, by their offsets in the state: halves as doubles, lanes as singles, lanes as int32. */
export interface VectorLocals {
  readonly doubles: ReadonlySet<number>;
  readonly singles: ReadonlySet<number>;
  readonly integers: ReadonlySet<number>;
  /** The x87 in locals, with its state among the doubles and integers. */
  readonly x87: X87Plan | null;
}

/** The passes that run on a region before it is emitted; they replace the nodes' blocks. */
export function optimizeRegion(region: Region): VectorLocals {
  const x87 = region.x87 ? planX87(region, region.x87) : null;
  if (x87) for (const node of region.nodes) region.trace?.("x87-registers", node);
  const kinds = entryFlagKinds(region);
  const wide = (region.mode & Mode.CODE64) !== 0;
  for (const node of region.nodes) {
    const before = node.block.term;
    node.block = lowerFlags(node.block, kinds.get(node)!, wide);
    region.trace?.("lower-flags", node);
    if (wide) {
      node.block = splitWords(node.block);
      region.trace?.("split-words", node);
    }
    node.block = forwardState(node.block);
    region.trace?.("forward-state", node);
    node.block = mergeCommonValues(node.block);
    region.trace?.("common-values", node);
    node.block = forwardMemory(node.block);
    region.trace?.("forward-memory", node);
    eliminateDeadCode(node.block);
    region.trace?.("dead-code", node);
    const after = node.block.term;
    if (before.kind === "branch" && after.kind === "jump") {
      // The condition turned out to be constant.
      if (after.target !== before.taken) node.taken = node.fallthrough;
      node.fallthrough = null;
    }
  }
  const doubles = planDoubleRegisters(region);
  const singles = planSingleRegisters(region);
  if (doubles.size + singles.size > 0) {
    for (const node of region.nodes) {
      region.trace?.("split-vectors", node);
      node.block = forwardState(node.block);
      region.trace?.("forward-state", node);
      eliminateDeadCode(node.block);
      region.trace?.("dead-code", node);
    }
  }
  const integers = planIntegerRegisters(region, new Set([...doubles, ...singles]));
  if (x87) {
    const state = x87Locals(x87);
    for (const at of state.doubles) doubles.add(at);
    for (const at of state.words) integers.add(at);
  }
  return { doubles, singles, integers, x87 };
}

/** Constant flag kind at the entry of each node, -1 where it is not known (the region's entry, different ways in). */
function entryFlagKinds(region: Region): Map<RegionNode, number> {
  const UNSEEN = -2;
  const kinds = new Map<RegionNode, number>(region.nodes.map((n) => [n, UNSEEN]));
  kinds.set(region.nodes[0]!, -1);
  for (let changed = true; changed; ) {
    changed = false;
    for (const node of region.nodes) {
      const entry = kinds.get(node)!;
      if (entry === UNSEEN) continue;
      const after = flagKindAfter(node.block, entry);
      for (const s of successors(node)) {
        const old = kinds.get(s)!;
        const met = old === UNSEEN ? after : old === after ? old : -1;
        if (met !== old) {
          kinds.set(s, met);
          changed = true;
        }
      }
    }
  }
  for (const [n, k] of kinds) if (k === UNSEEN) kinds.set(n, -1);
  return kinds;
}
