import type { Builder } from "./builder.js";
import { Inst } from "./inst.js";
import { C, OP } from "./ops.js";
import { RESULT } from "./op.js";
import { isFloat, LANES } from "./types.js";

/**
 * Constant folding and algebraic identities for one pure instruction whose operands are already simplified.
 * Returns the value to use instead, or null to keep the instruction. Never changes what a program computes.
 */
export function simplify(i: Inst, b: Pick<Builder, "i32" | "bool" | "emit">): Inst | null {
  const op = i.op;
  if (op.lib) return foldLibrary(i, b);
  const [x, y] = i.args;
  if (i.type === "i64" || x?.type === "i64") return simplifyWide(i, b);
  switch (op.code) {
    case C.add: case C.sub: case C.mul: case C.and: case C.or: case C.xor:
    case C.shl: case C.shr: case C.sar: case C.rotl: case C.rotr:
      if (i.type === "i1") return simplifyBool(i, b);
      return i.type === "i32" ? simplifyBinary(i, b) : null;
    case C.eq: case C.ne: case C.ltu: case C.lts: case C.leu: case C.les:
      if (x!.isConst && y!.isConst) return b.bool(compare(op.code, x!.imm, y!.imm));
      if (x === y) return b.bool(op.code === C.eq || op.code === C.leu || op.code === C.les);
      if (y!.isConst && y!.imm === 0) {
        // (zext c) != 0 is c; an unsigned value is never below 0
        if (x!.op === OP.zext) {
          if (op.code === C.ne) return x!.args[0]!;
          if (op.code === C.eq) return b.emit(OP.not, "i1", [x!.args[0]!]);
        }
        if (op.code === C.ltu) return b.bool(false);
        if (op.code === C.leu) return b.emit(OP.eq, "i1", [x!, y!]);
      }
      return null;
    case C.ext8s:
      return x!.isConst ? b.i32((x!.imm << 24) >> 24) : x!.op === OP.ext8s ? x! : null;
    case C.ext16s:
      return x!.isConst ? b.i32((x!.imm << 16) >> 16) : x!.op === OP.ext16s || x!.op === OP.ext8s ? x! : null;
    case C.clz:
      return x!.isConst ? b.i32(Math.clz32(x!.imm)) : null;
    case C.not:
      return x!.isConst ? b.bool(!x!.imm) : x!.op === OP.not ? x!.args[0]! : negateCompare(x!, b);
    case C.zext:
      return x!.isConst ? b.i32(x!.imm) : null;
    case C.select:
      if (x!.isConst) return x!.imm ? y! : i.args[2]!;
      return y === i.args[2] ? y! : null;
    case C.lane:
      return simplifyLane(i, b);
    default:
      return null;
  }
}

function compare(code: number, x: number, y: number): boolean {
  switch (code) {
    case C.eq: return x === y;
    case C.ne: return x !== y;
    case C.ltu: return x >>> 0 < y >>> 0;
    case C.lts: return x < y;
    case C.leu: return x >>> 0 <= y >>> 0;
    default: return x <= y;
  }
}

function negateCompare(x: Inst, b: Pick<Builder, "emit">): Inst | null {
  const [p, q] = x.args;
  switch (x.op.code) {
    case C.eq: return b.emit(OP.ne, "i1", [p!, q!]);
    case C.ne: return b.emit(OP.eq, "i1", [p!, q!]);
    case C.ltu: return b.emit(OP.leu, "i1", [q!, p!]);
    case C.lts: return b.emit(OP.les, "i1", [q!, p!]);
    case C.leu: return b.emit(OP.ltu, "i1", [q!, p!]);
    case C.les: return b.emit(OP.lts, "i1", [q!, p!]);
    default: return null;
  }
}

function simplifyBool(i: Inst, b: Pick<Builder, "bool" | "emit">): Inst | null {
  const [x, y] = i.args as [Inst, Inst];
  const k = y.isConst ? y : x.isConst ? x : null;
  if (!k) return null;
  const other = k === y ? x : y;
  switch (i.op.code) {
    case C.and: return k.imm ? other : b.bool(false);
    case C.or: return k.imm ? b.bool(true) : other;
    case C.xor: return k.imm ? b.emit(OP.not, "i1", [other]) : other;
    default: return null;
  }
}

function evaluate(code: number, x: number, y: number): number {
  switch (code) {
    case C.add: return (x + y) | 0;
    case C.sub: return (x - y) | 0;
    case C.mul: return Math.imul(x, y);
    case C.and: return x & y;
    case C.or: return x | y;
    case C.xor: return x ^ y;
    case C.shl: return x << y;
    case C.shr: return (x >>> y) | 0;
    case C.sar: return x >> y;
    case C.rotl: return (x << y) | (x >>> (32 - y & 31) & (y & 31 ? -1 : 0));
    default: return (y & 31 ? x >>> y : 0) | (y & 31 ? x << (32 - y) : x);
  }
}

function simplifyBinary(i: Inst, b: Pick<Builder, "i32" | "bool" | "emit">): Inst | null {
  const code = i.op.code;
  const [x, y] = i.args as [Inst, Inst];
  if (x.isConst && y.isConst) return b.i32(evaluate(code, x.imm, y.imm));
  const commutes = code === C.add || code === C.mul || code === C.and || code === C.or || code === C.xor;
  if (x.isConst && commutes) return b.emit(i.op, i.type, [y, x]);
  if (x === y) {
    if (code === C.sub || code === C.xor) return b.i32(0);
    if (code === C.and || code === C.or) return x;
  }
  if (!y.isConst) return null;
  const k = y.imm;
  switch (code) {
    case C.add:
      if (k === 0) return x;
      if (x.op === OP.add && x.args[1]!.isConst) return b.emit(OP.add, i.type, [x.args[0]!, b.i32(x.args[1]!.imm + k)]);
      return null;
    case C.sub:
      return k === 0 ? x : b.emit(OP.add, i.type, [x, b.i32(-k)]);
    case C.mul:
      return k === 1 ? x : k === 0 ? y : null;
    case C.and:
      if (k === 0) return y;
      if (k === -1) return x;
      if (x.op === OP.and && x.args[1]!.isConst) return b.emit(OP.and, i.type, [x.args[0]!, b.i32(x.args[1]!.imm & k)]);
      // the mask keeps all bits that a narrow load or a boolean can have
      if (x.op === OP.load && ((x.mem === "i8" && (k & 0xff) === 0xff) || (x.mem === "i16" && (k & 0xffff) === 0xffff))) return x;
      if (x.op === OP.zext && (k & 1) === 1) return x;
      return null;
    case C.or:
      return k === 0 ? x : k === -1 ? y : null;
    case C.xor:
      return k === 0 ? x : null;
    default: // shifts and rotates
      return (k & 31) === 0 ? x : null;
  }
}

/** What needs no arithmetic on 64 bits: the rest is simplified in halves (passes/split-words.ts). */
function simplifyWide(i: Inst, b: Pick<Builder, "i32">): Inst | null {
  const [x, y] = i.args;
  switch (i.op.code) {
    case C.lane: return simplifyLane(i, b);
    case C.add: case C.sub: return y!.isConst && (y!.imm | y!.immHi) === 0 ? x! : null;
    case C.and: case C.or: return x === y ? x! : null;
    case C.shl: case C.shr: case C.sar: case C.rotl: case C.rotr: return y!.isConst && (y!.imm & 63) === 0 ? x! : null;
    case C.select: return x!.isConst ? (x!.imm ? y! : i.args[2]!) : y === i.args[2] ? y! : null;
    default: return null;
  }
}

function simplifyLane(i: Inst, b: Pick<Builder, "i32">): Inst | null {
  const x = i.args[0]!;
  if (x.op === OP.pack) return x.args[i.imm]!;
  if (x.isConst && x.type === "i64") return b.i32(i.imm ? x.immHi : x.imm);
  return null;
}

/** Call a pure library function on constants when operands and result are single int32 lanes. */
function foldLibrary(i: Inst, b: Pick<Builder, "i32" | "bool">): Inst | null {
  const lib = i.op.lib!;
  if (lib.context !== "pure" || lib.lanewise || LANES[i.type] !== 1 || isFloat(i.type)) return null;
  if (i.args.length === 0 || !i.args.every((a) => a.isConst && (a.type === "i32" || a.type === "i1"))) return null;
  const saved = RESULT[0]!;
  const args = i.args.map((a) => a.imm);
  if (lib.imm) args.push(i.imm);
  const value = lib.fn(...args);
  RESULT[0] = saved;
  return i.type === "i1" ? b.bool(!!value) : b.i32(value);
}
