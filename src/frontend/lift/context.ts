import type { Builder } from "../../ir/builder.js";
import { FlagSize } from "../../ir/flags.js";
import { Exit } from "../../ir/exit.js";
import { Inst } from "../../ir/inst.js";
import { Reach } from "../../ir/lib/reach.js";
import { Vector } from "../../ir/memory.js";
import { OP } from "../../ir/ops.js";
import { GPR, Reg, Seg, SEG_BASE } from "../../ir/state.js";
import type { MemType } from "../../ir/types.js";
import { Kind, type Insn, type Mnemonic, type Operand, RegClass } from "../decode.js";
import { codeBits, Mode } from "../mode.js";

/** Lifts one instruction: appends its IR through the context. */
export type Lift = (c: LiftContext, insn: Insn) => void;

/** A family's lifters by mnemonic. */
export type LiftTable = ReadonlyArray<readonly [Mnemonic, Lift]>;

const MEM_INT: Readonly<Record<number, MemType>> = { 1: "i8", 2: "i16", 4: "i32", 8: "i64" };
const FLAG_SIZE: Readonly<Record<number, FlagSize>> = { 1: FlagSize.B8, 2: FlagSize.B16, 4: FlagSize.B32, 8: FlagSize.B64 };

/** Integer memory type of a size in bytes. */
export function memInt(size: number): MemType {
  return MEM_INT[size]!;
}

export function flagSize(size: number): FlagSize {
  return FLAG_SIZE[size]!;
}

/**
 * What lifters work with: the builder, the mode, and the operands of the current instruction as values.
 *
 * Values of 8- and 16-bit operands are i32, zero-extended; of 32 bits i32; of 64 bits i64. Rules that keep guest faults precise: an
 * instruction computes its addresses, then loads, then stores, then sets registers and flags; one that stores more than once
 * probes all of them first; read-modify-write uses `modify`.
 */
export class LiftContext {
  insn!: Insn;
  /** The instruction ended the block. */
  done = false;
  /** The next instruction loads a segment register from a general one: the block may go on to it whatever the mode is then. */
  segmentFollows = false;

  constructor(
    readonly b: Builder,
    readonly mode: number,
  ) {
    if (mode & Mode.CODE64) b.onAccess = (addr, _size, write) => this.checkReach(addr, write);
    else if (mode & Mode.SYSTEM) b.onAccess = (addr, size, write) => this.checkLimit(addr, size, write);
  }

  /** 64-bit code: addresses and PCs are i64 on the way, and writing 32 bits of a general register clears the rest. */
  get wide(): boolean { return (this.mode & Mode.CODE64) !== 0; }
  get bits(): 16 | 32 | 64 { return codeBits(this.mode); }
  /** Bytes of the stack pointer: 2, 4 or 8. */
  get stackBytes(): 2 | 4 | 8 { return this.mode & Mode.CODE64 ? 8 : this.mode & Mode.STACK32 ? 4 : 2; }
  /** CPL is 0. */
  get supervisor(): boolean { return (this.mode & (Mode.CPL3 | Mode.CPL12 | Mode.V86)) === 0; }
  get softFloat(): boolean { return (this.mode & Mode.SOFT_FLOAT) !== 0; }

  // Registers.

  /** Low 32 bits of a general register. */
  gpr(index: number): Inst {
    return this.b.get("i32", GPR + index * 8);
  }

  /** Write 32 bits. */
  setGpr(index: number, value: Inst): void {
    this.b.set(GPR + index * 8, this.wide ? this.b.zext64(value) : value);
  }

  /** A general register's low `size` bytes, zero-extended if it is 1 or 2. */
  readReg(index: number, size: number, high = false): Inst {
    const b = this.b;
    if (size === 8) return b.get("i64", GPR + index * 8);
    const full = this.gpr(index);
    if (size === 4) return full;
    if (size === 2) return b.and(full, b.i32(0xffff));
    return b.and(high ? b.shr(full, b.i32(8)) : full, b.i32(0xff));
  }

  /** Write a register's low `size` bytes; upper bits stay for 1 and 2. The value's own upper bits are ignored; for 8 bytes it may be an i32, zero-extended. */
  writeReg(index: number, size: number, value: Inst, high = false): void {
    const b = this.b;
    if (size === 8) return b.set(GPR + index * 8, this.resize(value, 8));
    if (size === 4) return this.setGpr(index, value);
    const mask = size === 2 ? 0xffff : high ? 0xff00 : 0xff;
    let v = b.and(value, b.i32(size === 2 ? 0xffff : 0xff));
    if (high) v = b.shl(v, b.i32(8));
    b.set(GPR + index * 8, b.or(b.and(this.gpr(index), b.i32(~mask)), v));
  }

  // Memory.

  /** Base of a segment, or null where it is 0 by mode. */
  segmentBase(segment: number): Inst | null {
    if (this.mode & (Mode.FLAT | Mode.CODE64) && segment < Seg.FS) return null;
    return this.b.get("i32", SEG_BASE + segment * 8);
  }

  /** Effective address (offset within the segment), truncated to the address size: an i64 if that is 8. */
  offset(op: Operand): Inst {
    const b = this.b;
    if (op.addressSize === 8) return this.offset64(op);
    let a: Inst | null = op.base >= 0 ? this.gpr(op.base) : null;
    if (op.indexReg >= 0) {
      const index = this.gpr(op.indexReg);
      const scaled = op.scale > 1 ? b.shl(index, b.i32(31 - Math.clz32(op.scale))) : index;
      a = a ? b.add(a, scaled) : scaled;
    }
    if (op.addressSize === 2) return a ? b.and(op.disp ? b.add(a, b.i32(op.disp)) : a, b.i32(0xffff)) : b.i32(op.disp & 0xffff);
    return a ? (op.disp ? b.add(a, b.i32(op.disp)) : a) : b.i32(op.disp);
  }

  private offset64(op: Operand): Inst {
    const b = this.b;
    const disp = b.i64(op.disp, op.dispHi);
    let a: Inst | null = op.base >= 0 ? this.readReg(op.base, 8) : null;
    if (op.indexReg >= 0) {
      const index = this.readReg(op.indexReg, 8);
      const scaled = op.scale > 1 ? b.shl(index, b.i32(31 - Math.clz32(op.scale))) : index;
      a = a ? b.add(a, scaled) : scaled;
    }
    return a ? (op.disp !== 0 || op.dispHi !== 0 ? b.add(a, disp) : a) : disp;
  }

  /** Linear address of a memory operand. */
  addr(op: Operand): Inst {
    return this.linear(op.segment, this.offset(op));
  }

  /** Linear address of an offset in a segment. */
  linear(segment: number, offset: Inst): Inst {
    if (this.wide) return this.linear64(segment, offset);
    const base = this.segmentBase(segment);
    return base ? this.b.add(base, offset) : offset;
  }

  /** The low word of an i64 address. Accesses check the high one (checkReach), so it is taken by an instruction of its own, also where it is known. */
  private linear64(segment: number, offset: Inst): Inst {
    const b = this.b;
    const base = segment >= Seg.FS ? b.get("i64", SEG_BASE + segment * 8) : null;
    if (offset.type === "i32" && !base) return offset;
    const full = base ? b.add(base, this.resize(offset, 8)) : offset;
    if (full.isConst && full.immHi === 0) return b.i32(full.imm);
    const addr = b.append(new Inst(OP.lane, "i32", [full]));
    if (segment === Seg.SS) this.onStack.add(full);
    return addr;
  }

  /** Addresses of 64 bits through SS, and those that have been checked. */
  private readonly onStack = new Set<Inst>();
  private readonly reached = new Set<Inst>();

  private checkReach(addr: Inst, write: boolean): void {
    let low = addr;
    while (low.op === OP.add && low.args[1]!.isConst) low = low.args[0]!;
    const full = low.op === OP.lane ? low.args[0]! : low;
    if (full.type !== "i64" || this.reached.has(full)) return;
    this.reached.add(full);
    this.b.reach(full, (write ? Reach.write : Reach.read) | (this.onStack.has(full) ? Reach.stack : 0));
  }

  /** Where a jump to an i64 leads: #PF there and then if there is no memory. */
  codeAddress(target: Inst): Inst {
    this.b.reach(target, Reach.fetch);
    return this.b.lane(target, 0);
  }

  /** A whole processor's segments have limits and types: check the offset that an address was made of. */
  private checkLimit(addr: Inst, size: number, write: boolean): void {
    const at = this.within(addr);
    if (at) this.b.limit(at.segment, at.offset, size, write);
  }

  /** Segment and offset of a linear address, told by the base in it; null where the base is 0 by mode. */
  private within(addr: Inst): { segment: number; offset: Inst } | null {
    const { b } = this;
    if (isBase(addr)) return { segment: (addr.imm - SEG_BASE) >> 3, offset: b.i32(0) };
    if (addr.op !== OP.add) return null;
    const [x, y] = addr.args as [Inst, Inst];
    if (isBase(x)) return { segment: (x.imm - SEG_BASE) >> 3, offset: y };
    const at = y.isConst ? this.within(x) : null;
    return at && { segment: at.segment, offset: b.add(at.offset, y) };
  }

  // Operands.

  /** Value of an integer register, memory or immediate operand. */
  read(op: Operand): Inst {
    if (op.kind === Kind.mem) return this.b.load(memInt(op.size), this.addr(op));
    if (op.kind === Kind.imm) return this.imm(op);
    return this.readReg(op.index, op.size, op.high);
  }

  /** Immediate, zero-extended from its operand size as other values are. */
  imm(op: Operand): Inst {
    if (op.size === 8) return this.b.i64(op.value, op.valueHi);
    return this.b.i32(op.size === 1 ? op.value & 0xff : op.size === 2 ? op.value & 0xffff : op.value);
  }

  /** Write an integer register or memory operand (a plain store; for read-modify-write see `modify`). */
  write(op: Operand, value: Inst): void {
    if (op.kind === Kind.mem) this.b.store(memInt(op.size), this.addr(op), value);
    else this.writeReg(op.index, op.size, value, op.high);
  }

  /**
   * Read-modify-write of an operand: fn gets the old value and returns the new one (or null: leave it, though memory was checked as written).
   * The store comes before anything that fn's caller does afterwards (setting registers and flags).
   */
  modify(op: Operand, fn: (old: Inst) => Inst | null): void {
    if (op.kind === Kind.mem) {
      const addr = this.addr(op);
      const mem = memInt(op.size);
      const value = fn(this.b.load(mem, addr, true));
      if (value) this.b.store(mem, addr, value, true);
    } else {
      const value = fn(this.readReg(op.index, op.size, op.high));
      if (value) this.writeReg(op.index, op.size, value, op.high);
    }
  }

  /** A small number, sign-extended to `size` bytes. */
  constant(value: number, size: number): Inst {
    return size === 8 ? this.b.i64(value, value >> 31) : this.b.i32(size === 4 ? value : size === 2 ? value & 0xffff : value & 0xff);
  }

  /** A value of any size as one of `size` bytes: cut off, or zero-extended. */
  resize(value: Inst, size: number): Inst {
    if (size === 8) return value.type === "i64" ? value : this.b.zext64(value);
    return this.truncate(value.type === "i64" ? this.b.lane(value, 0) : value, size);
  }

  /** A value of `from` bytes sign-extended to `size`. */
  extend(value: Inst, from: number, size: number): Inst {
    if (from === 8) return value;
    const v = this.signExtend(value, from);
    return size === 8 ? this.b.sext64(v) : v;
  }

  /** The low word of a value. */
  low(value: Inst): Inst {
    return value.type === "i64" ? this.b.lane(value, 0) : value;
  }

  /** The top bit of a value of `size` bytes (as an i32), and the one below it. */
  topBit(value: Inst, size: number, below = 0): Inst {
    return size === 8 ? this.b.shr(this.b.lane(value, 1), this.b.i32(31 - below)) : this.b.shr(value, this.b.i32(size * 8 - 1 - below));
  }

  /** Truncate a value to `size` bytes, an i32 zero-extended. */
  truncate(value: Inst, size: number): Inst {
    return size >= 4 ? value : this.b.and(value, this.b.i32(size === 2 ? 0xffff : 0xff));
  }

  /** Sign-extend from `size` bytes. */
  signExtend(value: Inst, size: number): Inst {
    return size >= 4 ? value : size === 2 ? this.b.ext16s(value) : this.b.ext8s(value);
  }

  // Stack.

  private stackPointer(): Inst {
    return this.wide ? this.readReg(Reg.ESP, 8) : this.gpr(Reg.ESP);
  }

  /** Linear address `delta` bytes from the top of the stack, wrapped to the stack size. */
  stackAddr(delta: number): Inst {
    return this.linear(Seg.SS, this.wrapStack(this.b.add(this.stackPointer(), this.constant(delta, this.wide ? 8 : 4))));
  }

  /** Truncate a stack offset to the stack's address size. */
  wrapStack(offset: Inst): Inst {
    return this.stackBytes === 2 ? this.b.and(offset, this.b.i32(0xffff)) : offset;
  }

  /** Add to the stack pointer (SP or ESP by mode). */
  moveStack(delta: number): void {
    this.setStack(this.b.add(this.stackPointer(), this.constant(delta, this.wide ? 8 : 4)));
  }

  /** Set the stack pointer, of which the upper half stays on a 16-bit stack. */
  setStack(value: Inst): void {
    this.writeReg(Reg.ESP, this.stackBytes, value);
  }

  push(value: Inst, size: number): void {
    this.b.store(memInt(size), this.stackAddr(-size), size === 8 ? this.resize(value, 8) : value);
    this.moveStack(-size);
  }

  /** Pop; ESP has moved when this returns, so use the value for a register or memory operand after it (as POP does). */
  pop(size: number): Inst {
    const value = this.b.load(memInt(size), this.stackAddr(0));
    this.moveStack(size);
    return value;
  }

  // Ends of blocks.

  jump(target: number, call = false): void {
    this.done = true;
    this.b.end({ kind: "jump", target: target | 0, hint: call ? "call" : undefined });
  }

  branch(cond: Inst, taken: number): void {
    this.done = true;
    if (cond.isConst) this.b.end({ kind: "jump", target: cond.imm ? taken | 0 : this.insn.next });
    else this.b.end({ kind: "branch", cond, taken: taken | 0, fallthrough: this.insn.next });
  }

  indirect(target: Inst, hint: "jump" | "call" | "ret"): void {
    this.done = true;
    if (target.isConst) this.b.end({ kind: "jump", target: target.imm, hint: hint === "call" ? "call" : undefined });
    else this.b.end({ kind: "indirect", target, hint });
  }

  /** Leave the run loop after this instruction (exit.ts). */
  exit(reason: number, arg = 0): void {
    this.done = true;
    this.b.end({ kind: "exit", reason, arg, next: this.insn.next });
  }

  /** This instruction raises an exception, unconditionally. */
  trap(vector: number, errorCode = 0): void {
    this.done = true;
    this.b.end({ kind: "trap", vector, errorCode, next: this.insn.pc });
  }

  /** Of 64-bit code: this instruction is not lifted. */
  unsupported(): void {
    this.done = true;
    this.b.end({ kind: "exit", reason: Exit.unsupported, arg: 0, next: this.insn.pc });
  }

  undefined(): void {
    this.trap(Vector.UD);
  }

  /** #GP(0) unless the address is a multiple of `size` (a power of two). */
  requireAligned(addr: Inst, size: number): void {
    this.b.trapif(this.b.nonzero(this.b.and(addr, this.b.i32(size - 1))), Vector.GP);
  }
}

function isBase(i: Inst): boolean {
  return i.op === OP.get && i.imm >= SEG_BASE && i.imm < SEG_BASE + 48;
}

/** True if an operand is a vector or MMX register or memory of that width. */
export function isClass(op: Operand | undefined, cls: RegClass): boolean {
  return op !== undefined && op.kind === Kind.reg && op.cls === cls;
}
