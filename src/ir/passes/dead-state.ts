import type { Block } from "../inst.js";
import { C } from "../ops.js";
import { EFL, FLAG_A, FLAG_KIND, FLAG_R } from "../state.js";
import { LANES } from "../types.js";

/**
 * State locations as a bit set: bit g for the low word of general register g (0-15), then FLAG_KIND, FLAG_A, FLAG_R. Everything else
 * is not tracked (never dead).
 */
export type LocationSet = number;
export const FLAG_LOCATIONS: LocationSet = 7 << 16;
export const ALL_LOCATIONS: LocationSet = 0x7ffff;

export function locationOf(offset: number): LocationSet {
  if (offset < 128) return offset & 7 ? 0 : 1 << (offset >> 3);
  return offset === FLAG_KIND ? 1 << 16 : offset === FLAG_A ? 1 << 17 : offset === FLAG_R ? 1 << 18 : 0;
}

/** The locations that are live before a block when `out` are live after it, for a block whose flags are lowered. */
export function liveIn(block: Block, out: LocationSet): LocationSet {
  let live = out;
  for (let k = block.insts.length - 1; k >= 0; k--) {
    const i = block.insts[k]!;
    if (i.op.effects.faults || (i.op.lib && i.op.effects.writes)) live = ALL_LOCATIONS;
    if (i.op.code === C.set) live &= ~locationOf(i.imm);
    else if (i.op.code === C.get) live |= locationOf(i.imm);
  }
  return live;
}

/**
 * Remove sets that are overwritten before anyone can see them: no read, no possible fault, no end of the block in between (but at the end
 * only the locations in `out` are looked at). Changes the block.
 */
export function eliminateDeadState(block: Block, out: LocationSet = ALL_LOCATIONS): void {
  let live = out;
  let removed = false;
  const { insts } = block;
  const dead = new Set<number>();
  for (let k = insts.length - 1; k >= 0; k--) {
    const i = insts[k]!;
    if (i.op.effects.faults || (i.op.lib && i.op.effects.writes)) live = ALL_LOCATIONS;
    if (i.op.code === C.set && i.imm < EFL && LANES[i.type] === 1) {
      const at = locationOf(i.imm);
      if (at && !(live & at)) {
        dead.add(k);
        removed = true;
      } else live &= ~at;
    } else if (i.op.code === C.get) live |= locationOf(i.imm);
  }
  if (removed) {
    let n = 0;
    for (let k = 0; k < insts.length; k++) if (!dead.has(k)) insts[n++] = insts[k]!;
    insts.length = n;
  }
}
