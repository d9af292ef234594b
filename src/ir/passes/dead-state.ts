import type { Block, Inst } from "../inst.js";
import { C } from "../ops.js";
import { EFL, FLAG_A, FLAG_KIND, FLAG_R, PC } from "../state.js";
import { LANES } from "../types.js";

/**
 * State locations as a bit set: bit g for general register g (0-15), then FLAG_KIND, FLAG_A, FLAG_R and the high words of the last two. Everything else
 * is not tracked (never dead). The high word of a register has its bit in a set of its own.
 */
export type LocationSet = number;
export const FLAG_LOCATIONS: LocationSet = 31 << 16;
export const ALL_LOCATIONS: LocationSet = 0x1fffff;
/** Whoever sets the kind sets all that counts with it. */
const WITH_KIND: LocationSet = (1 << 16) | (3 << 19);

export function locationOf(offset: number): LocationSet {
  if (offset < PC) return 1 << (offset >> 3);
  switch (offset) {
    case FLAG_KIND: return 1 << 16;
    case FLAG_A: return 1 << 17;
    case FLAG_R: return 1 << 18;
    case FLAG_A + 4: return 1 << 19;
    case FLAG_R + 4: return 1 << 20;
    default: return 0;
  }
}

function isHigh(offset: number): boolean {
  return offset < PC && (offset & 4) !== 0;
}

/** What a set makes dead before it. */
function killed(offset: number): LocationSet {
  return offset === FLAG_KIND ? WITH_KIND : locationOf(offset);
}

const NONE: ReadonlySet<Inst> = new Set();

/** Whether all of the state has to be as the guest would see it before an instruction. */
function seesState(i: Inst, safe: ReadonlySet<Inst>): boolean {
  return i.op.effects.faults ? !safe.has(i) : i.op.lib !== null && i.op.effects.writes === true;
}

/** Whether an instruction begins there before which compiled code may leave, as a library function of the one before may have stored into translated code. */
function followsLibraryStore(insts: readonly Inst[], k: number): boolean {
  if (insts[k]!.op.code !== C.insn) return false;
  for (let j = k - 1; j >= 0 && insts[j]!.op.code !== C.insn; j--) {
    const { lib, effects } = insts[j]!.op;
    if (lib?.context === "memory" && effects.writes) return true;
  }
  return false;
}

/** The locations that are live before a block when `out` are live after it, for a block whose flags are lowered. `safe`: accesses that cannot fault. */
export function liveIn(block: Block, out: LocationSet, safe: ReadonlySet<Inst> = NONE): LocationSet {
  let live = out;
  for (let k = block.insts.length - 1; k >= 0; k--) {
    const i = block.insts[k]!;
    if (seesState(i, safe) || followsLibraryStore(block.insts, k)) live = ALL_LOCATIONS;
    if (i.op.code === C.set) live &= ~killed(i.imm);
    else if (i.op.code === C.get) live |= locationOf(i.imm);
  }
  return live;
}

/**
 * Remove sets that are overwritten before anyone can see them: no read, no possible fault, no end of the block in between (but at the end
 * only the locations in `out` are looked at). `safe`: accesses that cannot fault. Changes the block.
 */
export function eliminateDeadState(block: Block, out: LocationSet = ALL_LOCATIONS, safe: ReadonlySet<Inst> = NONE): void {
  let live = out, liveHigh = ALL_LOCATIONS;
  let removed = false;
  const { insts } = block;
  const dead = new Set<number>();
  for (let k = insts.length - 1; k >= 0; k--) {
    const i = insts[k]!;
    if (seesState(i, safe) || followsLibraryStore(insts, k)) live = liveHigh = ALL_LOCATIONS;
    if (i.op.code === C.set && i.imm < EFL && LANES[i.type] === 1) {
      const at = locationOf(i.imm), high = isHigh(i.imm);
      if (at && !((high ? liveHigh : live) & at)) {
        dead.add(k);
        removed = true;
      } else if (high) liveHigh &= ~at;
      else live &= ~killed(i.imm);
    } else if (i.op.code === C.get) {
      if (isHigh(i.imm)) liveHigh |= locationOf(i.imm);
      else live |= locationOf(i.imm);
    }
  }
  if (removed) {
    let n = 0;
    for (let k = 0; k < insts.length; k++) if (!dead.has(k)) insts[n++] = insts[k]!;
    insts.length = n;
  }
}
