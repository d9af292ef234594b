import { OP } from "../ir/ops.js";
import { unitOf } from "./double-registers.js";
import { type Region, successors } from "./region.js";

/**
 * Halves of vector registers (units of double-registers.ts) that a region may keep in locals as pairs of int32: those that it only accesses as
 * integers. Only where there is a loop: else each is loaded and stored once anyway. `doubles` are in locals as doubles already.
 */
export function planIntegerRegisters(region: Region, doubles: ReadonlySet<number>): Set<number> {
  const units = new Set<number>();
  if (!hasLoop(region)) return units;
  const others = new Set<number>(doubles);
  for (const { block } of region.nodes) {
    for (const i of block.insts) {
      if (i.op.lib && i.op.effects.vectors) return new Set();
      if (i.op !== OP.get && i.op !== OP.set) continue;
      const integer = i.type === "i32" || i.type === "i64" || i.type === "v128";
      const bytes = i.type === "v128" ? 16 : i.type === "v256" ? 32 : 8;
      for (let at = i.imm & ~7; at < i.imm + bytes; at += 8) {
        const u = unitOf(at);
        if (u >= 0) (integer ? units : others).add(u);
        if (i.type === "i32" || i.type === "f32") break;
      }
    }
  }
  for (const u of others) units.delete(u);
  return units;
}

function hasLoop(region: Region): boolean {
  const index = new Map(region.nodes.map((n, k) => [n, k]));
  return region.nodes.some((n) => successors(n).some((s) => index.get(s)! <= index.get(n)!));
}
