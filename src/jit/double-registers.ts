import type { Block, Inst } from "../ir/inst.js";
import { splitVectors } from "../ir/passes/split-vectors.js";
import { OP } from "../ir/ops.js";
import { XMM } from "../ir/state.js";
import type { Region } from "./region.js";

/**
 * Halves of vector registers that a region may keep in locals as doubles: those that it only moves and computes with as doubles.
 *
 * A unit is one 8-byte half of an XMM register: number 2 * register + (0 low, 1 high). 64-bit moves between units and memory become moves of
 * doubles, which carry any bit pattern in V8 (loads, stores and moves of doubles do not touch NaNs; only arithmetic does).
 */
export function unitOf(offset: number): number {
  const at = offset - XMM;
  if (at < 0 || at >= 16 * 32 || at % 8 !== 0 || at % 32 >= 16) return -1;
  return (at >> 5) * 2 + ((at >> 3) & 1);
}

/** Rewrites the region's blocks and returns the set of units to keep in locals. */
export function planDoubleRegisters(region: Region): Set<number> {
  const blocks = region.nodes.map((n) => n.block);
  if (!blocks.some(computesDoubles)) return new Set();
  for (const b of blocks) splitVectors(b);
  const units = new Set<number>();
  for (let u = 0; u < 32; u++) units.add(u);
  // Whatever is not a plain move or double access of a whole unit disqualifies what it touches; then moves spread that.
  for (const b of blocks) disqualify(b, units);
  for (let size = -1; size !== units.size; ) {
    size = units.size;
    for (const b of blocks) spread(b, units);
  }
  for (const b of blocks) retype(b, units);
  return units;
}

function computesDoubles(b: Block): boolean {
  return b.insts.some((i) => i.type === "f64" && (i.op === OP.get || i.op === OP.set) && unitOf(i.imm) >= 0);
}

function touched(offset: number, bytes: number): number[] {
  const out: number[] = [];
  for (let at = offset & ~7; at < offset + bytes; at += 8) {
    const u = unitOf(at);
    if (u >= 0) out.push(u);
  }
  return out;
}

const BYTES: Readonly<Record<string, number>> = { i32: 4, f32: 4, i64: 8, f64: 8, f80: 12, v128: 16, v256: 32 };

function disqualify(b: Block, units: Set<number>): void {
  for (const i of b.insts) {
    if (i.op.lib && i.op.effects.vectors) units.clear();
    if (i.op !== OP.get && i.op !== OP.set) continue;
    const wide = i.type === "f64" || i.type === "i64";
    if (!wide || unitOf(i.imm) < 0) for (const u of touched(i.imm, BYTES[i.type] ?? 0)) units.delete(u);
  }
}

/** How a 64-bit integer value is made and used: only moves? */
function isMovable(v: Inst, users: ReadonlyMap<Inst, Inst[]>, units: ReadonlySet<number>): boolean {
  const made =
    (v.op === OP.get && units.has(unitOf(v.imm))) || (v.op === OP.load && v.mem === "i64" && !v.rmw) || (v.op === OP.const && isPlainDouble(v.immHi));
  if (!made) return false;
  return (users.get(v) ?? []).every((u) => (u.op === OP.set && units.has(unitOf(u.imm))) || (u.op === OP.store && u.args[1] === v));
}

/** Bits that are no NaN and so may be written as a literal. */
function isPlainDouble(hi: number): boolean {
  return (hi & 0x7ff00000) !== 0x7ff00000;
}

function usersOf(b: Block): Map<Inst, Inst[]> {
  const users = new Map<Inst, Inst[]>();
  for (const i of b.insts) for (const a of i.args) if (a.type === "i64") (users.get(a) ?? users.set(a, []).get(a)!).push(i);
  return users;
}

function spread(b: Block, units: Set<number>): void {
  const users = usersOf(b);
  for (const i of b.insts) {
    if (i.type !== "i64") continue;
    if (i.op === OP.get && units.has(unitOf(i.imm)) && !isMovable(i, users, units)) units.delete(unitOf(i.imm));
    if (i.op === OP.set && units.has(unitOf(i.imm)) && !isMovable(i.args[0]!, users, units)) units.delete(unitOf(i.imm));
  }
}

const bits = new DataView(new ArrayBuffer(8));

function retype(b: Block, units: ReadonlySet<number>): void {
  const users = usersOf(b);
  for (const v of b.insts) {
    if (v.type !== "i64" || v.op === OP.set) continue;
    const us = users.get(v) ?? [];
    // A value is moved as a double if it has to do with a unit at all.
    if (!us.some((u) => u.op === OP.set && units.has(unitOf(u.imm))) && !(v.op === OP.get && units.has(unitOf(v.imm)))) continue;
    v.type = "f64";
    if (v.op === OP.load) v.mem = "f64";
    if (v.op === OP.const) {
      bits.setInt32(0, v.imm, true);
      bits.setInt32(4, v.immHi, true);
      v.imm = bits.getFloat64(0, true);
      v.immHi = 0;
    }
    for (const u of us) {
      if (u.op === OP.set) u.type = "f64";
      else u.mem = "f64";
    }
  }
}
