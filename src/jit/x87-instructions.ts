import { Inst } from "../ir/inst.js";
import { C0, C1, C2, C3 } from "../ir/lib/f80.js";
import { COMPARE_F64 } from "../ir/lib/sse-float.js";
import * as A from "../ir/lib/x87-arith.js";
import { Last, X_ABS, X_ABS_LOW, X_ARITH, X_FLDCW, X_FROM64, X_INT, X_INT64, X_JOIN, X_NEG, X_ROUND, X_SPLIT } from "../ir/lib/x87-fast.js";
import * as V from "../ir/lib/x87-move.js";
import { Vector } from "../ir/memory.js";
import type { Op } from "../ir/op.js";
import { OP } from "../ir/ops.js";
import { FSW } from "../ir/state.js";
import { type Num, Unsuitable, type X87Block } from "./x87-block.js";

/** What each x87 instruction becomes where registers are numbers in locals (x87-registers.ts): ops of lib/x87-fast.ts on those. */

type Handler = (r: X87Block, i: Inst) => Inst | void;

/** Rewrite all instructions of a block. */
export function rewriteInsts(r: X87Block, insts: readonly Inst[]): void {
  for (const i of insts) {
    if (i.op === OP.trapif && i.imm === Vector.MF) continue; // no exception is unmasked
    const handler = i.op.lib ? HANDLERS.get(i.op) : undefined;
    if (handler) {
      const v = handler(r, i);
      if (v) r.map.set(i, v);
      continue;
    }
    // SSE and the rest have no part in the x87, but nothing else may look at its state.
    if (i.op.lib && (i.op.name.startsWith("x87.") || i.op.effects.vectors)) throw new Unsuitable();
    const copy = new Inst(i.op, i.type, i.args.map((a) => r.mapped(a)), i.imm);
    copy.immHi = i.immHi;
    copy.mem = i.mem;
    copy.rmw = i.rmw;
    // a store of what an x87 store gave
    if (i.op === OP.store && i.args[1] !== undefined && copy.args[1]!.type !== i.args[1].type) copy.mem = copy.args[1]!.type as "f32" | "f64";
    r.add(copy);
    r.map.set(i, copy);
  }
}

const HANDLERS = new Map<Op, Handler>();

/** ADD … with the operand order of SUBR and DIVR undone. */
function arithmetic(ops: typeof A.OP_FADD, op: Last, reversed = false): void {
  const compute = (r: X87Block, a: Num, b: Num): Num => (reversed ? r.arith(op, b, a) : r.arith(op, a, b));
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
