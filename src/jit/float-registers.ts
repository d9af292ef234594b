import type { Block } from "../ir/inst.js";
import { Inst } from "../ir/inst.js";
import { SINGLE_BITS } from "../ir/lib/single-bits.js";
import { OP } from "../ir/ops.js";
import { splitVectors } from "../ir/passes/split-vectors.js";
import { XMM } from "../ir/state.js";
import type { Region } from "./region.js";

/**
 * Elements of vector registers that a region may keep in locals as numbers: the halves that it only moves and computes with as doubles, the
 * quarters that it only moves and computes with as singles. Both are named by their offset in the state.
 *
 * Moves between elements and memory become moves of floats. A double in V8 carries any bit pattern (loads, stores and moves do not touch NaNs;
 * only arithmetic does). A single does not: as a number it is a double, and widening quiets a signaling NaN. So no local holds a signaling single:
 * what would bring one (the region's entry, raw loads, bits from elsewhere) leaves the region, and tier 0 executes that instruction.
 */
interface Format {
  readonly float: "f64" | "f32";
  /** The type of the same bits as an integer. */
  readonly bits: "i64" | "i32";
  readonly bytes: 8 | 4;
}

const DOUBLE: Format = { float: "f64", bits: "i64", bytes: 8 };
const SINGLE: Format = { float: "f32", bits: "i32", bytes: 4 };

/** On a load of a single, beside PROBED: any bits may be there, and they are moved, so leave where they are a signaling NaN. */
export const RAW_SINGLE = 2;

/** Which 8-byte half of an XMM register lies at a state offset: 2 * register + (0 low, 1 high); -1: none. */
export function unitOf(offset: number): number {
  const at = offset - XMM;
  if (at < 0 || at >= 16 * 32 || at % 8 !== 0 || at % 32 >= 16) return -1;
  return (at >> 5) * 2 + ((at >> 3) & 1);
}

/** Rewrites the region's blocks and returns the offsets of the elements to keep in locals. */
export function planDoubleRegisters(region: Region): Set<number> {
  return plan(region, DOUBLE);
}

/** The same for singles; after the doubles. */
export function planSingleRegisters(region: Region): Set<number> {
  return plan(region, SINGLE);
}

function plan(region: Region, f: Format): Set<number> {
  const blocks = region.nodes.map((n) => n.block);
  const elements = new Set<number>();
  for (const b of blocks) {
    for (const i of b.insts) if (i.type === f.float && (i.op === OP.get || i.op === OP.set) && isElement(i.imm, f)) elements.add(i.imm);
  }
  if (elements.size === 0) return elements;
  for (const b of blocks) splitVectors(b, f.bytes);
  if (f === DOUBLE) for (let r = 0; r < 16; r++) for (let at = 0; at < 16; at += f.bytes) elements.add(XMM + r * 32 + at);
  else connect(blocks, elements, f);
  // Whatever is not a plain move or float access of a whole element disqualifies what it touches; then moves spread that.
  for (const b of blocks) disqualify(b, elements, f);
  for (let size = -1; size !== elements.size; ) {
    size = elements.size;
    for (const b of blocks) spread(b, elements, f);
  }
  for (const b of blocks) retype(b, elements, f);
  return elements;
}

function isElement(offset: number, f: Format): boolean {
  return unitOf(offset & ~7) >= 0 && offset % f.bytes === 0;
}

/** Add what moves connect with the elements. */
function connect(blocks: readonly Block[], elements: Set<number>, f: Format): void {
  for (let size = -1; size !== elements.size; ) {
    size = elements.size;
    for (const b of blocks) {
      for (const i of b.insts) {
        const from = i.args[0];
        if (i.op !== OP.set || i.type !== f.bits || from!.op !== OP.get || !isElement(i.imm, f) || !isElement(from!.imm, f)) continue;
        if (elements.has(i.imm)) elements.add(from!.imm);
        else if (elements.has(from!.imm)) elements.add(i.imm);
      }
    }
  }
}

const BYTES: Readonly<Record<string, number>> = { i32: 4, f32: 4, i64: 8, f64: 8, f80: 12, v128: 16, v256: 32 };

function disqualify(b: Block, elements: Set<number>, f: Format): void {
  for (const i of b.insts) {
    if (i.op.lib && i.op.effects.vectors) elements.clear();
    if (i.op !== OP.get && i.op !== OP.set) continue;
    const whole = (i.type === f.float || i.type === f.bits) && isElement(i.imm, f);
    if (!whole) for (let at = i.imm & -f.bytes; at < i.imm + BYTES[i.type]!; at += f.bytes) elements.delete(at);
  }
}

type Users = ReadonlyMap<Inst, readonly Inst[]>;

function usersOf(b: Block, f: Format): Users {
  const users = new Map<Inst, Inst[]>();
  for (const i of b.insts) for (const a of i.args) if (a.type === f.bits) (users.get(a) ?? users.set(a, []).get(a)!).push(i);
  return users;
}

/** A move into an element. */
function isSet(u: Inst, elements: ReadonlySet<number>): boolean {
  return u.op === OP.set && elements.has(u.imm);
}

/** Whether bits are made by a move of an element, memory or a constant that is a number, and used by moves only. */
function isMovable(v: Inst, users: Users, elements: ReadonlySet<number>): boolean {
  const made = (v.op === OP.get && elements.has(v.imm)) || (v.op === OP.load && v.mem === v.type && !v.rmw) || (v.op === OP.const && isNumber(v));
  return made && (users.get(v) ?? []).every((u) => isSet(u, elements) || (u.op === OP.store && u.args[1] === v && u.mem === v.type));
}

/** Bits that are no NaN and so may be written as a literal. */
function isNumber(v: Inst): boolean {
  return v.type === "i64" ? (v.immHi & 0x7ff00000) !== 0x7ff00000 : (v.imm & 0x7f800000) !== 0x7f800000;
}

/** Whether the bits of a set can be made a single where they come from: an integer of an earlier instruction, or of this one before its first set. */
function isConvertible(k: number, insts: readonly Inst[], f: Format): boolean {
  if (f !== SINGLE) return false;
  const v = insts[k]!.args[0]!;
  if (v.isConst) return isNumber(v);
  for (let j = k - 1, sets = false; j >= 0; j--) {
    const i = insts[j]!;
    if (i.op === OP.insn) return true;
    if (i === v) return !sets;
    sets ||= i.op === OP.set || i.op === OP.store;
  }
  return false;
}

function spread(b: Block, elements: Set<number>, f: Format): void {
  const users = usersOf(b, f);
  b.insts.forEach((i, k) => {
    if (i.type !== f.bits || !elements.has(i.imm)) return;
    if (i.op === OP.get && !isMovable(i, users, elements)) elements.delete(i.imm);
    if (i.op === OP.set && !isMovable(i.args[0]!, users, elements) && !isConvertible(k, b.insts, f)) elements.delete(i.imm);
  });
}

const scratch = new DataView(new ArrayBuffer(8));

/** Make a constant of bits one of a float. */
function toNumber(v: Inst): void {
  scratch.setInt32(0, v.imm, true);
  scratch.setInt32(4, v.immHi, true);
  v.imm = v.type === "i32" ? scratch.getFloat32(0, true) : scratch.getFloat64(0, true);
  v.immHi = 0;
}

/** Moves that have to do with elements become moves of floats. */
function retype(b: Block, elements: ReadonlySet<number>, f: Format): void {
  const users = usersOf(b, f);
  for (const v of b.insts) {
    if (v.type !== f.bits || v.op === OP.set || !isMovable(v, users, elements)) continue;
    const us = users.get(v) ?? [];
    if (!us.some((u) => isSet(u, elements)) && v.op !== OP.get) continue;
    if (v.op === OP.const) toNumber(v);
    v.type = f.float;
    if (v.op === OP.load) {
      v.mem = f.float;
      if (f === SINGLE) v.imm |= RAW_SINGLE;
    }
    for (const u of us) {
      if (u.op === OP.set) u.type = f.float;
      else u.mem = f.float;
    }
  }
  if (f === SINGLE) convertBits(b, elements);
}

/** Sets of singles whose bits are integers: convert those, before the instruction changes anything. */
function convertBits(b: Block, elements: ReadonlySet<number>): void {
  const out: Inst[] = [];
  /** Where in `out` the current instruction begins. */
  let begin = 0;
  for (const i of b.insts) {
    if (i.op === OP.set && i.type === "i32" && elements.has(i.imm)) {
      const bits = i.args[0]!;
      const single = bits.isConst ? new Inst(OP.const, "i32", [], bits.imm) : new Inst(SINGLE_BITS, "f32", [bits]);
      if (bits.isConst) toNumber(single);
      single.type = "f32";
      out.splice(Math.max(begin, out.indexOf(bits) + 1), 0, single);
      i.args[0] = single;
      i.type = "f32";
    }
    out.push(i);
    if (i.op === OP.insn) begin = out.length;
  }
  b.insts.length = 0;
  b.insts.push(...out);
}
