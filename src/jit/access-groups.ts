import type { Block, Inst } from "../ir/inst.js";
import { C } from "../ir/ops.js";
import { placeOf } from "../ir/passes/forward-memory.js";
import { MEM_SIZE } from "../ir/types.js";
import { RAW_SINGLE } from "./float-registers.js";
import { PROBED } from "../ir/passes/split-vectors.js";

/** Accesses of a block at constant distances from one value, which are checked together at the first of them. */
export interface AccessGroup {
  /** The bytes that are accessed, as distances from the common base. */
  start: number;
  end: number;
  /** Some of them are stores: then all are checked as such. */
  write: boolean;
  members: number;
  checked: boolean;
}

/** A group reaches no further than this: it should lie in one page nearly always. */
const SPAN = 512;

/** The groups of a block by the instructions that belong to them; those alone in a group are left out, and those that were checked before the block. */
export function groupAccesses(block: Block, before: ReadonlySet<Inst>): Map<Inst, AccessGroup> {
  const groups = new Map<Inst, AccessGroup>();
  let open = new Map<Inst | null, AccessGroup>();
  for (const i of block.insts) {
    // It may store into translated code, and then nothing after its instruction is executed here.
    if (i.op.lib) {
      if (i.op.lib.context === "memory" && i.op.effects.writes) open = new Map();
      continue;
    }
    const access = before.has(i) ? null : checkedAccess(i);
    if (!access) continue;
    const { base, offset } = placeOf(i.args[0]!);
    let g = open.get(base);
    if (!g || Math.max(g.end, offset + access.size) - Math.min(g.start, offset) > SPAN) {
      g = { start: offset, end: offset + access.size, write: false, members: 0, checked: false };
      open.set(base, g);
    }
    g.start = Math.min(g.start, offset);
    g.end = Math.max(g.end, offset + access.size);
    g.write ||= access.write;
    g.members++;
    groups.set(i, g);
  }
  for (const [i, g] of groups) if (g.members === 1) groups.delete(i);
  return groups;
}

/** Add to `safe` the accesses of a block that cannot fault where they are made: those of groups that were checked at the first of theirs, and stores that follow a checked load. */
export function safeAccesses(block: Block, groups: ReadonlyMap<Inst, AccessGroup>, safe: Set<Inst>): void {
  const begun = new Set<AccessGroup>();
  for (const i of block.insts) {
    if (i.op.code === C.load && (i.imm & RAW_SINGLE) !== 0) {
      // It may leave for what it loads.
      safe.delete(i);
      continue;
    }
    const g = groups.get(i);
    if (g && begun.has(g)) safe.add(i);
    else if (g) begun.add(g);
    else if (i.op.code === C.store ? i.rmw : i.op.code === C.load && (i.imm & PROBED) !== 0) safe.add(i);
  }
}

/** Size and kind of an access that has to be checked. */
export function checkedAccess(i: Inst): { size: number; write: boolean } | null {
  switch (i.op.code as C) {
    case C.load: return i.imm & PROBED ? null : { size: MEM_SIZE[i.mem!], write: i.rmw };
    case C.store: return i.rmw ? null : { size: MEM_SIZE[i.mem!], write: true };
    case C.probe: return { size: i.imm, write: i.immHi !== 0 };
    default: return null;
  }
}
