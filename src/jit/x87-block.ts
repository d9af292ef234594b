import { Inst } from "../ir/inst.js";
import { C0, C1, C2, C3 } from "../ir/lib/f80.js";
import { F32_TO_F64, I32_TO_F64 } from "../ir/lib/sse-float.js";
import { Last, X_ARITH, X_C1, X_CHECK, X_LOW, X_NEAREST, X_STORE, X_TOP } from "../ir/lib/x87-fast.js";
import type { Op } from "../ir/op.js";
import { OP } from "../ir/ops.js";
import { FPX, FPX_DIRTY, FPX_LAST, FPX_OPERANDS, FPX_SHAPE, FSW } from "../ir/state.js";
import type { Type } from "../ir/types.js";

/** A register's number: h + l; l is null where it is 0. */
export interface Num {
  readonly h: Inst;
  readonly l: Inst | null;
}

/** What a register holds, as far as the region's code has said so far. */
export const enum Tag { untouched, full, empty }

/** The register stack between two instructions; depths and registers count from TOP on entry to the region. */
export interface Stack {
  readonly depth: number;
  readonly tags: readonly Tag[];
  /** Whether the control word surely rounds to nearest. */
  readonly nearest: boolean;
  /** Registers that are surely noted as written. */
  readonly dirty: number;
}

/** Thrown to give up on a region. */
export class Unsuitable extends Error {}
/** Thrown when an entry tag is found out; the analysis begins again. */
export class Demand extends Error {}

/**
 * One block as it is rewritten to x87 registers in locals (x87-registers.ts): its new instructions so far, the register stack as it is at that point, and what
 * x87-instructions.ts puts instructions together from: registers as numbers, status, arithmetic.
 */
export class X87Block {
  readonly out: Inst[] = [];
  /** What values of the original block became. */
  readonly map = new Map<Inst, Inst>();
  private depth: number;
  private readonly tags: Tag[];
  nearest: boolean;
  private dirty: number;
  /** Whether the last operation surely cleared C1. */
  private cleared = false;

  constructor(before: Stack, readonly precision: 53 | 64, private readonly entry: Tag[]) {
    this.depth = before.depth;
    this.tags = [...before.tags];
    this.nearest = before.nearest;
    this.dirty = before.dirty;
  }

  stack(): Stack {
    return { depth: this.depth, tags: [...this.tags], nearest: this.nearest, dirty: this.dirty };
  }

  mapped(a: Inst): Inst {
    return this.map.get(a) ?? a;
  }

  add(i: Inst): Inst {
    this.out.push(i);
    return i;
  }

  op(op: Op, type: Type, args: Inst[], imm = 0): Inst {
    return this.add(new Inst(op, type, args, imm));
  }

  i32(value: number): Inst {
    return this.op(OP.const, "i32", [], value | 0);
  }

  f64(value: number): Inst {
    return this.op(OP.const, "f64", [], value);
  }

  get(offset: number, type: Type): Inst {
    return this.op(OP.get, type, [], offset);
  }

  set(offset: number, v: Inst): void {
    this.op(OP.set, v.type, [v], offset);
  }

  // The stack.

  private index(i: number): number {
    return (this.depth + i) & 7;
  }

  private need(r: number, tag: Tag.full | Tag.empty): void {
    if (this.tags[r] === Tag.untouched) {
      this.entry[r] = tag;
      throw new Demand();
    }
    if (this.tags[r] !== tag) throw new Unsuitable();
  }

  st(i: number): Num {
    const r = this.index(i);
    this.need(r, Tag.full);
    return { h: this.get(FPX + r * 16, "f64"), l: this.precision === 53 ? null : this.get(FPX + r * 16 + 8, "f64") };
  }

  setSt(i: number, v: Num): void {
    const r = this.index(i);
    const filled = this.tags[r] !== Tag.full;
    this.tags[r] = Tag.full;
    this.set(FPX + r * 16, v.h);
    if (this.precision === 64) this.set(FPX + r * 16 + 8, v.l ?? this.f64(0));
    if (filled) this.shape();
    if ((this.dirty >> r) & 1) return;
    this.dirty |= 1 << r;
    this.set(FPX_DIRTY, this.op(OP.or, "i32", [this.get(FPX_DIRTY, "i32"), this.i32(1 << r)]));
  }

  push(v: Num): void {
    this.need(this.index(-1), Tag.empty);
    this.depth = (this.depth - 1) & 7;
    this.setSt(0, v);
  }

  pop(n = 1): void {
    if (n === 0) return;
    for (; n > 0; n--) {
      this.need(this.index(0), Tag.full);
      this.tags[this.index(0)] = Tag.empty;
      this.depth = (this.depth + 1) & 7;
    }
    this.shape();
  }

  free(i: number): void {
    this.need(this.index(i), Tag.full);
    this.tags[this.index(i)] = Tag.empty;
    this.shape();
  }

  move(by: number): void {
    this.depth = (this.depth + by) & 7;
    this.shape();
  }

  private shape(): void {
    let shape = this.depth;
    this.tags.forEach((t, k) => {
      if (t === Tag.full) shape |= 0x10100 << k;
      if (t === Tag.empty) shape |= 0x10000 << k;
    });
    this.set(FPX_SHAPE, this.i32(shape));
  }

  // Status.

  /** C1 is 0 after this instruction. */
  clear(): void {
    this.set(FPX_LAST, this.i32(Last.none));
    this.cleared = true;
  }

  /** C1 is what this operation makes of it. */
  last(op: Last, a: Num, b?: Num): void {
    this.cleared = false;
    this.set(FPX_LAST, this.i32(op));
    if (this.precision === 64) return; // the library took the operands from the state
    this.set(FPX_OPERANDS, a.h);
    if (b) this.set(FPX_OPERANDS + 16, b.h);
  }

  /** The instruction's op sees to C1 itself. */
  own(): void {
    this.cleared = false;
  }

  status(): Inst {
    const sw = this.get(FSW, "i32");
    const plain = this.cleared ? this.op(OP.and, "i32", [sw, this.i32(~C1)]) : this.op(X_C1, "i32", [sw]);
    return this.op(OP.or, "i32", [plain, this.op(X_TOP, "i32", [], this.depth)]);
  }

  codes(codes: Inst): void {
    const kept = this.op(OP.and, "i32", [this.get(FSW, "i32"), this.i32(~(C0 | C2 | C3))]);
    this.set(FSW, this.op(OP.or, "i32", [kept, codes]));
  }

  toNearest(): void {
    if (this.nearest) return;
    this.op(X_NEAREST, "void", []);
    this.nearest = true;
  }

  // Numbers.

  parts(v: Num): Inst[] {
    return this.precision === 53 ? [v.h] : [v.h, v.l ?? this.f64(0)];
  }

  /** h of an op with its low part. */
  both(h: Inst): Num {
    return { h, l: this.precision === 53 ? null : this.op(X_LOW, "f64", [h]) };
  }

  arith(op: Last, a: Num, b: Num): Num {
    this.toNearest();
    const v = this.both(this.op(X_ARITH, "f64", [...this.parts(a), ...this.parts(b)], op));
    this.last(op, a, b);
    return v;
  }

  /** A float that was loaded as bits. */
  loaded(bits: Inst): Num {
    const v = this.mapped(bits);
    if (v.op !== OP.load || v.rmw) throw new Unsuitable();
    const single = v.type === "i32" || v.type === "f32";
    v.type = single ? "f32" : "f64";
    v.mem = v.type as "f32" | "f64";
    return { h: single ? this.op(F32_TO_F64, "f64", [this.op(X_CHECK, "f32", [v], 1)]) : this.op(X_CHECK, "f64", [v]), l: null };
  }

  integer(i: Inst): Num {
    return { h: this.op(I32_TO_F64, "f64", [this.mapped(i)]), l: null };
  }

  compare(a: Num, b: Num): void {
    const [x, y] = this.comparable(a, b);
    const equal = this.op(OP.select, "i32", [this.op(OP.feq, "i1", [x, y]), this.i32(C3), this.i32(0)]);
    const codes = this.op(OP.select, "i32", [this.op(OP.flt, "i1", [x, y]), this.i32(C0), equal]);
    this.codes(codes);
    this.clear();
  }

  /** Two doubles that compare as the numbers do: the numbers if low parts are 0, else their difference and 0. */
  comparable(a: Num, b: Num): [Inst, Inst] {
    if (!a.l && !b.l) return [a.h, b.h];
    // The high parts' difference is exact where the low ones could matter, and the low ones' is then exact too.
    const high = this.op(OP.fsub, "f64", [a.h, b.h]);
    const low = this.op(OP.fsub, "f64", [a.l ?? this.f64(0), b.l ?? this.f64(0)]);
    return [this.op(OP.fadd, "f64", [high, low]), this.f64(0)];
  }

  /** The value that a store of f32 or f64 writes. */
  stored(type: "f32" | "f64", v: Num): Inst {
    if (type === "f64" && this.precision === 53) {
      this.clear();
      return v.h;
    }
    this.toNearest();
    const out = this.op(X_STORE, type, this.parts(v));
    this.last(type === "f32" ? Last.f32 : Last.f64, v);
    return out;
  }
}
