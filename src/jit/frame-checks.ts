import type { Inst } from "../ir/inst.js";
import { C } from "../ir/ops.js";
import { GPR } from "../ir/state.js";
import { checkedAccess } from "./access-groups.js";
import { STACK_POINTER } from "./names.js";
import { type Region, type RegionNode, successors } from "./region.js";

/** Accesses at constant distances from the stack pointer as it is on entry to a region, which are checked together there. */
export interface Frame {
  readonly members: ReadonlySet<Inst>;
  /** The bytes that are accessed, as distances from the stack pointer. */
  readonly start: number;
  readonly end: number;
}

/** A frame reaches no further than this from the stack pointer to either side. */
const REACH = 512;
const REGISTERS = 8;

/** What each general register holds: the stack pointer as it was on entry and this many bytes more; null: not that. */
type Distances = Array<number | null>;

/**
 * The frame of a region of 32-bit code, or null if a check on entry would save none. Registers are followed through all of the region's blocks, calls that
 * it goes through among them; where ways meet with different distances, or something else is set, nothing is known.
 */
export function planFrame(region: Region): Frame | null {
  const members = new Set<Inst>();
  let start = REACH, end = -REACH;
  for (const [node, entry] of distancesOnEntry(region)) {
    walk(node, entry, (i, size, distance) => {
      if (distance < -REACH || distance + size > REACH) return;
      members.add(i);
      start = Math.min(start, distance);
      end = Math.max(end, distance + size);
    });
  }
  return members.size > 1 ? { members, start, end } : null;
}

function distancesOnEntry(region: Region): Map<RegionNode, Distances> {
  const entry = region.nodes[0]!;
  const known = new Map<RegionNode, Distances>([[entry, Array.from({ length: REGISTERS }, (_, r) => (r === registerAt(STACK_POINTER) ? 0 : null))]]);
  const work = [entry];
  for (let node = work.pop(); node; node = work.pop()) {
    const after = walk(node, known.get(node)!, () => {});
    for (const s of successors(node)) {
      const old = known.get(s);
      const met = old ? old.map((d, r) => (d === after[r] ? d : null)) : after;
      if (old?.every((d, r) => d === met[r])) continue;
      known.set(s, met);
      work.push(s);
    }
  }
  return known;
}

/** Go through a block, telling `access` of each that has a known distance; the distances at its end. */
function walk(node: RegionNode, entry: Distances, access: (i: Inst, size: number, distance: number) => void): Distances {
  const now = [...entry];
  const values = new Map<Inst, number>();
  const note = (i: Inst, distance: number | null | undefined): void => {
    if (distance !== null && distance !== undefined) values.set(i, distance | 0);
  };
  for (const i of node.block.insts) {
    const register = registerAt(i.imm);
    switch (i.op.code as C) {
      case C.get:
        if (register >= 0 && i.type === "i32") note(i, now[register]);
        break;
      case C.set:
        if (register >= 0) now[register] = values.get(i.args[0]!) ?? null;
        break;
      case C.add: {
        const base = values.get(i.args[0]!);
        if (base !== undefined && i.args[1]!.isConst) note(i, base + i.args[1]!.imm);
        break;
      }
      default:
        for (const at of i.op.effects.sets ?? []) if (registerAt(at) >= 0) now[registerAt(at)] = null;
    }
    const checked = checkedAccess(i);
    const distance = checked && values.get(i.args[0]!);
    if (checked && distance !== undefined && distance !== null) access(i, checked.size, distance);
  }
  return now;
}

/** Number of the general register whose low word is at a state offset, -1: it is something else. */
function registerAt(offset: number): number {
  const register = (offset - GPR) >> 3;
  return (offset & 7) === 0 && register >= 0 && register < REGISTERS ? register : -1;
}
