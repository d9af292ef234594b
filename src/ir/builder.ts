import { Block, Inst, type Terminator } from "./inst.js";
import { OP } from "./ops.js";
import type { Op } from "./op.js";
import { MEM_SIZE, type MemType, type Type, VALUE_TYPE } from "./types.js";
import { simplify } from "./simplify.js";
import type { FlagFamily, FlagSize } from "./flags.js";
import { flagKind } from "./flags.js";

/** Appends instructions to a block. Pure ops are simplified as they are built, so lifters may write the general form. */
export class Builder {
  private readonly consts = new Map<number, Inst>();
  /** Called before a memory access is appended, to put checks of its address before it. */
  onAccess: ((addr: Inst, size: number, write: boolean) => void) | null = null;

  constructor(readonly block: Block) {}

  /** Append an instruction as it is. */
  append(inst: Inst): Inst {
    this.block.insts.push(inst);
    return inst;
  }

  /** A new instruction of any op. Pure core ops go through the simplifier first and may give an existing value. */
  emit(op: Op, type: Type, args: Inst[], imm = 0, immHi = 0): Inst {
    const inst = new Inst(op, type, args, imm);
    inst.immHi = immHi;
    const simple = simplify(inst, this);
    return simple ?? this.append(inst);
  }

  i32(value: number): Inst {
    value |= 0;
    let c = this.consts.get(value);
    if (!c) {
      c = this.append(new Inst(OP.const, "i32", [], value));
      this.consts.set(value, c);
    }
    return c;
  }

  /** An i64 constant from its halves. */
  i64(lo: number, hi: number): Inst {
    const c = new Inst(OP.const, "i64", [], lo | 0);
    c.immHi = hi | 0;
    return this.append(c);
  }

  f64(value: number): Inst {
    return this.append(new Inst(OP.const, "f64", [], value));
  }

  bool(value: boolean): Inst {
    return this.append(new Inst(OP.const, "i1", [], value ? 1 : 0));
  }

  /** Read vCPU state at a byte offset (state.ts). */
  get(type: Type, offset: number): Inst {
    return this.append(new Inst(OP.get, type, [], offset));
  }

  set(offset: number, value: Inst): void {
    this.append(new Inst(OP.set, value.type, [value], offset));
  }

  insn(pc: number, length: number): void {
    const i = new Inst(OP.insn, "void", [], pc | 0);
    i.immHi = length;
    this.append(i);
  }

  // Integer arithmetic; i32 unless the operands are i64.
  add(a: Inst, b: Inst): Inst { return this.emit(OP.add, a.type, [a, b]); }
  sub(a: Inst, b: Inst): Inst { return this.emit(OP.sub, a.type, [a, b]); }
  mul(a: Inst, b: Inst): Inst { return this.emit(OP.mul, a.type, [a, b]); }
  and(a: Inst, b: Inst): Inst { return this.emit(OP.and, a.type, [a, b]); }
  or(a: Inst, b: Inst): Inst { return this.emit(OP.or, a.type, [a, b]); }
  xor(a: Inst, b: Inst): Inst { return this.emit(OP.xor, a.type, [a, b]); }
  /** Shifts and rotates; the count, an i32, is taken modulo the width. */
  shl(a: Inst, n: Inst): Inst { return this.emit(OP.shl, a.type, [a, n]); }
  shr(a: Inst, n: Inst): Inst { return this.emit(OP.shr, a.type, [a, n]); }
  sar(a: Inst, n: Inst): Inst { return this.emit(OP.sar, a.type, [a, n]); }
  rotl(a: Inst, n: Inst): Inst { return this.emit(OP.rotl, a.type, [a, n]); }
  rotr(a: Inst, n: Inst): Inst { return this.emit(OP.rotr, a.type, [a, n]); }
  ext8s(a: Inst): Inst { return this.emit(OP.ext8s, "i32", [a]); }
  ext16s(a: Inst): Inst { return this.emit(OP.ext16s, "i32", [a]); }
  /** Number of leading zero bits of an i32, 32 for 0. */
  clz(a: Inst): Inst { return this.emit(OP.clz, "i32", [a]); }

  // Comparisons of i32 or i64, giving i1.
  eq(a: Inst, b: Inst): Inst { return this.emit(OP.eq, "i1", [a, b]); }
  ne(a: Inst, b: Inst): Inst { return this.emit(OP.ne, "i1", [a, b]); }
  ltu(a: Inst, b: Inst): Inst { return this.emit(OP.ltu, "i1", [a, b]); }
  lts(a: Inst, b: Inst): Inst { return this.emit(OP.lts, "i1", [a, b]); }
  leu(a: Inst, b: Inst): Inst { return this.emit(OP.leu, "i1", [a, b]); }
  les(a: Inst, b: Inst): Inst { return this.emit(OP.les, "i1", [a, b]); }
  /** Boolean negation. */
  not(a: Inst): Inst { return this.emit(OP.not, "i1", [a]); }
  /** i1 -> 0 or 1. */
  zext(a: Inst): Inst { return this.emit(OP.zext, "i32", [a]); }
  /** x !== 0 */
  nonzero(a: Inst): Inst { return this.ne(a, this.i32(0)); }
  select(cond: Inst, a: Inst, b: Inst): Inst { return this.emit(OP.select, a.type, [cond, a, b]); }

  /** A multi-lane value from int32 lanes, least significant first. */
  pack(type: Type, lanes: Inst[]): Inst { return this.emit(OP.pack, type, lanes); }
  /** One int32 lane of a multi-lane value. */
  lane(a: Inst, index: number): Inst { return this.emit(OP.lane, "i32", [a], index); }

  /** i32 -> i64. */
  zext64(a: Inst): Inst { return this.pack("i64", [a, this.i32(0)]); }
  sext64(a: Inst): Inst { return this.pack("i64", [a, this.sar(a, this.i32(31))]); }

  // Floats; both operands and the result of one type, f32 results rounded.
  fadd(a: Inst, b: Inst): Inst { return this.emit(OP.fadd, a.type, [a, b]); }
  fsub(a: Inst, b: Inst): Inst { return this.emit(OP.fsub, a.type, [a, b]); }
  fmul(a: Inst, b: Inst): Inst { return this.emit(OP.fmul, a.type, [a, b]); }
  fdiv(a: Inst, b: Inst): Inst { return this.emit(OP.fdiv, a.type, [a, b]); }
  fsqrt(a: Inst): Inst { return this.emit(OP.fsqrt, a.type, [a]); }
  feq(a: Inst, b: Inst): Inst { return this.emit(OP.feq, "i1", [a, b]); }
  flt(a: Inst, b: Inst): Inst { return this.emit(OP.flt, "i1", [a, b]); }
  fle(a: Inst, b: Inst): Inst { return this.emit(OP.fle, "i1", [a, b]); }
  /** True if either is NaN. */
  funord(a: Inst, b: Inst): Inst { return this.emit(OP.funord, "i1", [a, b]); }

  /** Load from a linear address; i8 and i16 are zero-extended. `rmw`: checked as a write, for a store to the same bytes that follows. */
  load(mem: MemType, addr: Inst, rmw = false): Inst {
    this.onAccess?.(addr, MEM_SIZE[mem], rmw);
    const i = new Inst(OP.load, VALUE_TYPE[mem], [addr]);
    i.mem = mem;
    i.rmw = rmw;
    return this.append(i);
  }

  /** Store. `rmw`: a load with rmw of the same bytes came before in this instruction, so it cannot fault. */
  store(mem: MemType, addr: Inst, value: Inst, rmw = false): void {
    if (!rmw) this.onAccess?.(addr, MEM_SIZE[mem], true);
    const i = new Inst(OP.store, "void", [addr, value]);
    i.mem = mem;
    i.rmw = rmw;
    this.append(i);
  }

  /** Fault here if the `size` bytes at `addr` cannot be read (or written). */
  probe(addr: Inst, size: number, write: boolean): void {
    this.onAccess?.(addr, size, write);
    const i = new Inst(OP.probe, "void", [addr], size);
    i.immHi = write ? 1 : 0;
    this.append(i);
  }

  /** Fault here unless a segment (Seg) lets `size` bytes at an offset be read (or written). */
  limit(segment: number, offset: Inst, size: number, write: boolean): void {
    const i = new Inst(OP.limit, "void", [offset], segment | (write ? 8 : 0));
    i.immHi = size;
    this.append(i);
  }

  /** Fault here unless an i64 address is one of the 4 GiB that guests have; `access`: Reach bits. */
  reach(addr: Inst, access: number): void {
    this.append(new Inst(OP.reach, "void", [addr], access));
  }

  /** Set all arithmetic flags lazily; see flags.ts for what a and r are. `carryIn` (i1) only for ADD and SUB. */
  fset(family: FlagFamily, size: FlagSize, a: Inst, r: Inst, carryIn?: Inst): void {
    this.append(new Inst(OP.fset, "void", carryIn ? [a, r, carryIn] : [a, r], flagKind(family, size)));
  }

  /** The same, only if `cond` holds; else the flags stay. */
  fsetif(cond: Inst, family: FlagFamily, size: FlagSize, a: Inst, r: Inst): void {
    if (cond.isConst) {
      if (cond.imm) this.fset(family, size, a, r);
      return;
    }
    this.append(new Inst(OP.fsetif, "void", [cond, a, r], flagKind(family, size)));
  }

  /** Replace the flags in `mask` by the bits of value at their EFLAGS positions; other bits of value must be 0. */
  fmod(mask: number, value: Inst): void {
    this.append(new Inst(OP.fmod, "void", [value], mask));
  }

  /** Whether a condition code holds. */
  fcond(cc: number): Inst {
    return this.append(new Inst(OP.fcond, "i1", [], cc));
  }

  /** The flags in `mask` at their EFLAGS positions. */
  fget(mask: number): Inst {
    return this.append(new Inst(OP.fget, "i32", [], mask));
  }

  trapif(cond: Inst, vector: number, errorCode = 0): void {
    if (cond.isConst && !cond.imm) return;
    const i = new Inst(OP.trapif, "void", [cond], vector);
    i.immHi = errorCode;
    this.append(i);
  }

  /** Call a library op. For lane-wise ops and ops with a polymorphic result give the type. */
  lib(op: Op, args: Inst[], imm = 0, type?: Type): Inst {
    const spec = op.lib!;
    return this.emit(op, type ?? (spec.lanewise ? args[0]!.type : spec.result), args, imm);
  }

  end(term: Terminator): void {
    this.block.term = term;
  }
}
