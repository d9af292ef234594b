import type { Block, Inst } from "../ir/inst.js";
import { C } from "../ir/ops.js";
import { placeOf } from "../ir/passes/forward-memory.js";
import { MEM_SIZE } from "../ir/types.js";
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

/** The groups of a block by the instructions that belong to them; those alone in a group are left out. */
export function groupAccesses(block: Block): Map<Inst, AccessGroup> {
  const groups = new Map<Inst, AccessGroup>();
  let open = new Map<Inst | null, AccessGroup>();
  for (const i of block.insts) {
    // It may store into translated code, and then nothing after its instruction is executed here.
    if (i.op.lib) {
      if (i.op.lib.context === "memory" && i.op.effects.writes) open = new Map();
      continue;
    }
    const access = checkedAccess(i);
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

/** Size and kind of an access that has to be checked. */
function checkedAccess(i: Inst): { size: number; write: boolean } | null {
  switch (i.op.code as C) {
    case C.load: return i.imm & PROBED ? null : { size: MEM_SIZE[i.mem!], write: i.rmw };
    case C.store: return i.rmw ? null : { size: MEM_SIZE[i.mem!], write: true };
    case C.probe: return { size: i.imm, write: i.immHi !== 0 };
    default: return null;
  }
}
