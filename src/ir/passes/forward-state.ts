import type { Block, Inst } from "../inst.js";
import { C } from "../ops.js";
import { rebuild } from "../rebuild.js";
import { EFL } from "../state.js";
import { LANES, type Type } from "../types.js";

interface Known {
  readonly offset: number;
  readonly type: Type;
  readonly value: Inst;
}

const LANE_BYTES: Readonly<Record<Type, number>> = { void: 0, i1: 4, i32: 4, f32: 4, i64: 8, f64: 8, f80: 12, v128: 16, v256: 32 };

/**
 * Register get/set elimination within a block: a `get` of what was set or read before becomes that value (copy propagation
 * follows, since the simplifier runs again on everything that uses it).
 */
export function forwardState(block: Block): Block {
  let known: Known[] = [];
  const overlaps = (k: Known, offset: number, size: number): boolean => k.offset < offset + size && offset < k.offset + LANE_BYTES[k.type];

  return rebuild(block, (i, b) => {
    if (i.op.code === C.get) {
      for (const k of known) {
        if (k.offset === i.imm && k.type === i.type) return k.value;
        // one lane of an integer vector that was set as a whole
        const lane = (i.imm - k.offset) / 4;
        if (i.type === "i32" && lane >= 0 && lane < LANES[k.type] && (k.type === "i64" || k.type === "v128")) return b.lane(k.value, lane);
      }
      known.push({ offset: i.imm, type: i.type, value: i });
    } else if (i.op.code === C.set) {
      const size = LANE_BYTES[i.type];
      known = known.filter((k) => !overlaps(k, i.imm, size));
      known.push({ offset: i.imm, type: i.type, value: i.args[0]! });
    } else if (i.op.effects.sets) {
      for (const at of i.op.effects.sets) known = known.filter((k) => !overlaps(k, at, 4));
    } else if (i.op.lib && i.op.effects.writes) {
      // Library functions change no general registers and no flags (op.ts), but anything else.
      known = known.filter((k) => k.offset < EFL);
    }
    return undefined;
  });
}
