import { Block, Inst } from "../ir/inst.js";
import { COMPARE_F64, F32_TO_F64, I32_TO_F64 } from "../ir/lib/sse-float.js";
import { C0, C1, C2, C3 } from "../ir/lib/f80.js";
import * as A from "../ir/lib/x87-arith.js";
import * as V from "../ir/lib/x87-move.js";
import {
  Last, X_ABS, X_ABS_LOW, X_ARITH, X_C1, X_CHECK, X_FLDCW, X_FROM64, X_INT, X_INT64, X_JOIN, X_LOW, X_NEAREST, X_NEG, X_ROUND, X_SPLIT, X_STORE, X_TOP,
} from "../ir/lib/x87-fast.js";
import { Vector } from "../ir/memory.js";
import type { Op } from "../ir/op.js";
import { OP } from "../ir/ops.js";
import { FPX, FPX_DIRTY, FPX_LAST, FPX_OPERANDS, FPX_SHAPE, FDP, FIP, FSW } from "../ir/state.js";
import type { Type } from "../ir/types.js";
import type { Region, RegionNode } from "./region.js";
import { successors } from "./region.js";

/**
 * Rewrites the x87 code of a region so that its registers are doubles in locals (lib/x87-fast.ts says what numbers and why that is exact).
 *
 * The stack is made static: relative to TOP on entry every instruction has a known depth, so ST(i) is a known register, and what is full or empty
 * follows from the tags that are demanded on entry. An edge that would join different stacks leaves the region. A region with an instruction that is
 * not known here stays as it is.
 */
export interface X87Plan {
  /** Significand bits that the control word asks for. */
  readonly precision: 53 | 64;
  /** Registers that must be full and empty on entry, a bit each, relative to TOP there. */
  readonly full: number;
  readonly empty: number;
}

/** A register's number: h + l; l is null where it is 0. */
interface Num {
  readonly h: Inst;
  readonly l: Inst | null;
}

const enum Tag { untouched, full, empty }

interface Stack {
  readonly depth: number;
  readonly tags: readonly Tag[];
  /** Whether the control word surely rounds to nearest. */
  readonly nearest: boolean;
  /** Registers that are surely noted as written. */
  readonly dirty: number;
}

/** Thrown to give up on a region. */
class Unsuitable extends Error {}
/** Thrown when an entry tag is found out; the analysis begins again. */
class Demand extends Error {}

/** Returns null and changes nothing but unreachable edges if the region has no x87 code, or some that this does not do. */
export function planX87(region: Region, precision: 53 | 64): X87Plan | null {
  if (!region.nodes.some((n) => n.block.insts.some((i) => i.op.lib && i.op.name.startsWith("x87.")))) return null;
  const entry: Tag[] = new Array<Tag>(8).fill(Tag.untouched);
  try {
    for (;;) {
      try {
        return rewrite(region, precision, entry);
      } catch (e) {
        if (!(e instanceof Demand)) throw e;
      }
    }
  } catch (e) {
    if (e instanceof Unsuitable) return null;
    throw e;
  }
}

function rewrite(region: Region, precision: 53 | 64, entry: Tag[]): X87Plan {
  const stacks = new Map<RegionNode, Stack>([[region.nodes[0]!, { depth: 0, tags: entry, nearest: true, dirty: 0 }]]);
  const blocks = new Map<RegionNode, Inst[]>();
  const values = new Map<RegionNode, Map<Inst, Inst>>();
  const cut: Array<[RegionNode, RegionNode]> = [];
  const work = [region.nodes[0]!];
  for (let node = work.pop(); node; node = work.pop()) {
    const r = new BlockRewriter(stacks.get(node)!, precision, entry);
    r.run(node);
    blocks.set(node, r.out);
    values.set(node, r.map);
    const after = r.stack();
    for (const s of successors(node)) {
      const known = stacks.get(s);
      if (!known) {
        stacks.set(s, after);
        work.push(s);
      } else if (!sameStack(known, after)) cut.push([node, s]);
      else if ((known.nearest && !after.nearest) || (known.dirty & ~after.dirty) !== 0) {
        stacks.set(s, { ...known, nearest: known.nearest && after.nearest, dirty: known.dirty & after.dirty });
        work.push(s);
      }
    }
  }
  for (const [from, to] of cut) {
    if (from.taken === to) from.taken = null;
    if (from.fallthrough === to) from.fallthrough = null;
    const k = from.expected.indexOf(to);
    if (k >= 0) from.expected.splice(k, 1);
  }
  for (const [node, insts] of blocks) {
    // the lifted block is not ours: tier 0 and other nodes may have it, too
    const old = node.block, map = values.get(node)!;
    const block = new Block(old.pc);
    block.count = old.count;
    block.end = old.end;
    block.insts.push(...insts);
    block.term = old.term;
    if (old.term.kind === "branch") block.term = { ...old.term, cond: map.get(old.term.cond) ?? old.term.cond };
    if (old.term.kind === "indirect") block.term = { ...old.term, target: map.get(old.term.target) ?? old.term.target };
    node.block = block;
  }
  const mask = (t: Tag): number => entry.reduce((m, tag, k) => (tag === t ? m | (1 << k) : m), 0);
  return { precision, full: mask(Tag.full), empty: mask(Tag.empty) };
}

function sameStack(a: Stack, b: Stack): boolean {
  return a.depth === b.depth && a.tags.every((t, k) => t === b.tags[k]);
}

type Handler = (r: BlockRewriter, i: Inst) => Inst | void;

/** Rewrites one block into new instructions. */
class BlockRewriter {
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

  run(node: RegionNode): void {
    for (const i of node.block.insts) {
      if (i.op === OP.trapif && i.imm === Vector.MF) continue; // no exception is unmasked
      const handler = i.op.lib ? HANDLERS.get(i.op) : undefined;
      if (handler) {
        const v = handler(this, i);
        if (v) this.map.set(i, v);
        continue;
      }
      // SSE and the rest have no part in the x87, but nothing else may look at its state.
      if (i.op.lib && (i.op.name.startsWith("x87.") || i.op.effects.vectors)) throw new Unsuitable();
      const copy = new Inst(i.op, i.type, i.args.map((a) => this.mapped(a)), i.imm);
      copy.immHi = i.immHi;
      copy.mem = i.mem;
      copy.rmw = i.rmw;
      // a store of what an x87 store gave
      if (i.op === OP.store && i.args[1] !== undefined && copy.args[1]!.type !== i.args[1].type) copy.mem = copy.args[1]!.type as "f32" | "f64";
      this.add(copy);
      this.map.set(i, copy);
    }
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

const HANDLERS = new Map<Op, Handler>();

/** ADD … with the operand order of SUBR and DIVR undone. */
function arithmetic(ops: typeof A.OP_FADD, op: Last, reversed = false): void {
  const compute = (r: BlockRewriter, a: Num, b: Num): Num => (reversed ? r.arith(op, b, a) : r.arith(op, a, b));
  HANDLERS.set(ops.reg, (r, i) => {
    const dst = i.imm & 7, src = (i.imm >> 3) & 7;
    const v = compute(r, r.st(dst), r.st(src));
    r.setSt(dst, v);
    if (i.imm & 64) r.pop();
  });
  const memory: Handler = (r, i) => {
    const a = r.st(0);
    r.setSt(0, compute(r, a, r.loaded(i.args[0]!)));
  };
  HANDLERS.set(ops.f32, memory);
  HANDLERS.set(ops.f64, memory);
  HANDLERS.set(ops.i32, (r, i) => r.setSt(0, compute(r, r.st(0), r.integer(i.args[0]!))));
}
arithmetic(A.OP_FADD, Last.add);
arithmetic(A.OP_FMUL, Last.mul);
arithmetic(A.OP_FSUB, Last.sub);
arithmetic(A.OP_FSUBR, Last.sub, true);
arithmetic(A.OP_FDIV, Last.div);
arithmetic(A.OP_FDIVR, Last.div, true);

const load: Handler = (r, i) => {
  r.push(r.loaded(i.args[0]!));
  r.clear();
};
HANDLERS.set(V.OP_FLD_F32, load);
HANDLERS.set(V.OP_FLD_F64, load);
HANDLERS.set(V.OP_FLD_F80, (r, i) => {
  r.push(r.both(r.op(X_SPLIT, "f64", [r.mapped(i.args[0]!)])));
  r.clear();
});
HANDLERS.set(V.OP_FILD_I32, (r, i) => {
  r.push(r.integer(i.args[0]!));
  r.clear();
});
HANDLERS.set(V.OP_FILD_I64, (r, i) => {
  r.push(r.both(r.op(X_FROM64, "f64", [r.mapped(i.args[0]!)])));
  r.clear();
});
HANDLERS.set(V.OP_FLD, (r, i) => {
  r.push(r.st(i.imm));
  r.clear();
});
/** As D9 E8-EE, rounded to nearest: high and low parts. */
const CONSTANTS: ReadonlyArray<readonly [number, number]> = [
  [1, 0],
  [3.321928094887362, 1.6609977282477928e-16],
  [1.4426950408889634, 2.0383000842727483e-17],
  [3.141592653589793, 1.22514845490862e-16],
  [0.3010299956639812, -2.791820594150174e-18],
  [0.6931471805599453, 2.3201926491189795e-17],
  [0, 0],
];
HANDLERS.set(V.OP_FLDCONST, (r, i) => {
  const [h, l] = CONSTANTS[i.imm]!;
  if (l !== 0) {
    if (r.precision === 53) throw new Unsuitable();
    r.toNearest();
  }
  r.push({ h: r.f64(h), l: l === 0 ? null : r.f64(l) });
  r.clear();
});

const store = (type: "f32" | "f64"): Handler => (r, i) => {
  const v = r.stored(type, r.st(0));
  if (i.imm) r.pop();
  return v;
};
HANDLERS.set(V.OP_FST_F32, store("f32"));
HANDLERS.set(V.OP_FST_F64, store("f64"));
HANDLERS.set(V.OP_FSTP_F80, (r) => {
  const v = r.op(X_JOIN, "f80", r.parts(r.st(0)));
  r.pop();
  r.clear();
  return v;
});
HANDLERS.set(V.OP_FIST_I32, (r, i) => {
  const v = r.op(X_INT, "i32", r.parts(r.st(0)), i.imm & ~1);
  r.own();
  if (i.imm & 1) r.pop();
  return v;
});
HANDLERS.set(V.OP_FISTP_I64, (r, i) => {
  const v = r.op(X_INT64, "i64", r.parts(r.st(0)), i.imm);
  r.own();
  r.pop();
  return v;
});

HANDLERS.set(V.OP_FST, (r, i) => {
  r.setSt(i.imm & 7, r.st(0));
  if (i.imm & 8) r.pop();
  r.clear();
});
HANDLERS.set(V.OP_FXCH, (r, i) => {
  const a = r.st(0), b = r.st(i.imm);
  r.setSt(0, b);
  r.setSt(i.imm, a);
  r.clear();
});
HANDLERS.set(V.OP_FCMOV, (r, i) => {
  const a = r.st(0), b = r.st(i.imm), cond = r.mapped(i.args[0]!);
  const choose = (x: Inst | null, y: Inst | null): Inst | null => (x || y ? r.op(OP.select, "f64", [cond, x ?? r.f64(0), y ?? r.f64(0)]) : null);
  r.setSt(0, { h: choose(b.h, a.h)!, l: choose(b.l, a.l) });
});
HANDLERS.set(V.OP_FCHS, (r) => {
  const a = r.st(0);
  r.setSt(0, { h: r.op(X_NEG, "f64", [a.h]), l: a.l && r.op(X_NEG, "f64", [a.l]) });
  r.clear();
});
HANDLERS.set(V.OP_FABS, (r) => {
  const a = r.st(0);
  r.setSt(0, { h: r.op(X_ABS, "f64", [a.h]), l: a.l && r.op(X_ABS_LOW, "f64", [a.h, a.l]) });
  r.clear();
});
HANDLERS.set(V.OP_FMOVSTP, (r, i) => {
  r.move(i.imm);
  r.clear();
});
HANDLERS.set(V.OP_FFREE, (r, i) => {
  r.free(i.imm & 7);
  if (i.imm & 8) throw new Unsuitable();
  r.clear();
});

HANDLERS.set(A.OP_FCOM, (r, i) => {
  r.compare(r.st(0), r.st(i.imm & 7));
  r.pop((i.imm >> 3) & 3);
});
const compareMemory: Handler = (r, i) => {
  const a = r.st(0);
  r.compare(a, r.loaded(i.args[0]!));
  r.pop(i.imm);
};
HANDLERS.set(A.OP_FCOM_F32, compareMemory);
HANDLERS.set(A.OP_FCOM_F64, compareMemory);
HANDLERS.set(A.OP_FCOM_I32, (r, i) => {
  const a = r.st(0);
  r.compare(a, r.integer(i.args[0]!));
  r.pop(i.imm);
});
HANDLERS.set(A.OP_FTST, (r) => r.compare(r.st(0), { h: r.f64(0), l: null }));
HANDLERS.set(A.OP_FCOMI, (r, i) => {
  const flags = r.op(COMPARE_F64, "i32", r.comparable(r.st(0), r.st(i.imm & 7)));
  if (i.imm & 8) r.pop();
  return flags; // C1 is left alone
});
HANDLERS.set(A.OP_FSQRT, (r) => {
  const a = r.st(0);
  r.toNearest();
  const v = r.both(r.op(X_ARITH, "f64", r.parts(a), Last.sqrt));
  r.last(Last.sqrt, a);
  r.setSt(0, v);
});
HANDLERS.set(A.OP_FRNDINT, (r) => {
  const a = r.st(0);
  r.toNearest();
  const v = r.both(r.op(X_ROUND, "f64", r.parts(a)));
  r.last(Last.rndint, a);
  r.setSt(0, v);
});
HANDLERS.set(V.OP_FNSTSW, (r) => r.status());
HANDLERS.set(V.OP_FNCLEX, (r) => r.set(FSW, r.op(OP.and, "i32", [r.get(FSW, "i32"), r.i32(C0 | C1 | C2 | C3)])));
HANDLERS.set(V.OP_FLDCW, (r, i) => {
  r.op(X_FLDCW, "void", [r.mapped(i.args[0]!)]);
  r.nearest = false;
});

/** State that such a region holds in locals: doubles and words, by their offsets. */
export function x87Locals(plan: X87Plan): { doubles: number[]; words: number[] } {
  const doubles: number[] = [];
  for (let at = FPX; at < FPX + 128; at += plan.precision === 53 ? 16 : 8) doubles.push(at);
  if (plan.precision === 53) doubles.push(FPX_OPERANDS, FPX_OPERANDS + 16);
  return { doubles, words: [FSW, FIP, FDP, FPX_LAST, FPX_SHAPE, FPX_DIRTY] };
}
