import { OP } from "../ir/ops.js";
import { unitOf } from "./float-registers.js";
import { type Region, successors } from "./region.js";

/**
 * Lanes of vector registers (by offset in the state) that a region may keep in locals as int32: those that it only accesses as integers. Only where
 * there is a loop: else each is loaded and stored once anyway. `floats`: the elements that are in locals as numbers already.
 */
export function planIntegerRegisters(region: Region, floats: ReadonlySet<number>): Set<number> {
  const lanes = new Set<number>();
  if (!hasLoop(region)) return lanes;
  const others = new Set<number>();
  for (const { block } of region.nodes) {
    for (const i of block.insts) {
      if (i.op.lib && i.op.effects.vectors) return new Set();
      if (i.op !== OP.get && i.op !== OP.set) continue;
      const integer = i.type === "i32" || i.type === "i64" || i.type === "v128";
      const bytes = i.type === "v128" ? 16 : i.type === "v256" ? 32 : i.type === "i32" || i.type === "f32" ? 4 : 8;
      for (let at = i.imm & ~3; at < i.imm + bytes; at += 4) if (unitOf(at & ~7) >= 0) (integer ? lanes : others).add(at);
    }
  }
  for (const at of others) lanes.delete(at);
  for (const at of floats) lanes.delete(at);
  return lanes;
}

function hasLoop(region: Region): boolean {
  const index = new Map(region.nodes.map((n, k) => [n, k]));
  return region.nodes.some((n) => successors(n).some((s) => index.get(s)! <= index.get(n)!));
}
