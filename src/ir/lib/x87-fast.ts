import type { LibEnv } from "../env.js";
import { Exit } from "../exit.js";
import { memorial, type Op, registerOp, RESULT } from "../op.js";
import { EXIT, FCW, FPX, FPX_DIRTY, FPX_LAST, FPX_MISSES, FPX_OPERANDS, FPX_RESULT, FPX_SHAPE, FSW } from "../state.js";
import type { Type } from "../types.js";
import { BIAS, C1, ES, EXP_MAX, PE, Z } from "./f80.js";
import { add, div, mul, sqrt, sub } from "./f80-arith.js";
import { toF32, toF64, toInt } from "./f80-convert.js";
import { roundToInteger } from "./f80-rem.js";
import { W_FCW, W_FSW, W_FTOP, W_FTW, W_ST } from "./x87.js";

/**
 * The x87 as compiled regions hold it: numbers as exact sums h + l of two doubles, h the double nearest to the number (with 53-bit precision l is
 * always 0 and left out). Only zeros and numbers whose exponent is far enough from the double's ends are held so; whatever would make or take
 * another number leaves the region, and tier 0 executes the instruction. jit/x87-registers.ts rewrites a region to this form.
 *
 * On entry the control word masks all exceptions and rounds to nearest. Exceptions that arise inside are only the inexact one, which is sticky in
 * the status word, and C1, which says whether the last operation rounded up: it is computed from that operation's operands when it is asked for.
 */

/** The operation that last had to do with C1: `none` cleared it, `keep`: nothing happened in this region yet, `up`: set. */
export const enum Last { none, add, sub, mul, div, sqrt, rndint, f32, f64, keep, up }

/** Least and greatest magnitudes of h for numbers that regions hold, beside 0: by precision. */
export interface Range {
  readonly min: number;
  readonly max: number;
}
/** Results above the least normal double are rounded as if the exponent had no end. */
export const RANGE53: Range = { min: 2 ** -1021, max: Number.MAX_VALUE };
/** Here products and quotients have exact low parts as well. */
export const RANGE64: Range = { min: 2 ** -900, max: 2 ** 900 };

const F_FPX = FPX >> 3, F_OPERANDS = FPX_OPERANDS >> 3, F_RESULT = FPX_RESULT >> 3;
const W_LAST = FPX_LAST >> 2, W_SHAPE = FPX_SHAPE >> 2, W_DIRTY = FPX_DIRTY >> 2, W_MISSES = FPX_MISSES >> 2;

const D = new Float64Array(1);
const I = new Int32Array(D.buffer);

/** 2^n as a double, for n of -1022 to 1023. */
function pow2(n: number): number {
  I[0] = 0;
  I[1] = (n + 1023) << 20;
  return D[0]!;
}

/** Split a number into h and l at F[at] and F[at + 1]; false: it is not to be held so. */
function load(F: Float64Array, at: number, lo: number, hi: number, se: number, double: boolean): boolean {
  const e = (se & EXP_MAX) - BIAS;
  if (e === -BIAS && (lo | hi) === 0) {
    F[at] = se & 0x8000 ? -0 : 0;
    F[at + 1] = 0;
    return true;
  }
  const { min, max } = double ? RANGE53 : RANGE64;
  if (hi >= 0 || e < -1022 || e > 1023) return false;
  const rest = lo & 0x7ff;
  if (double && rest !== 0) return false;
  I[0] = (hi << 21) | (lo >>> 11);
  I[1] = ((se & 0x8000) << 16) | ((e + 1023) << 20) | ((hi & 0x7fffffff) >>> 11);
  const d = D[0]!;
  const m = Math.abs(d);
  if (!(m >= min && m <= max)) return false;
  if (rest === 0) {
    F[at] = d;
    F[at + 1] = 0;
    return true;
  }
  const r = rest * pow2(e - 63) * (se & 0x8000 ? -1 : 1);
  const h = d + r;
  F[at] = h;
  F[at + 1] = r - (h - d);
  return true;
}

/** Lanes of a number that regions hold. */
const LANES3 = new Int32Array(3);

function unload(h: number, l: number): void {
  D[0] = h;
  const hw = I[1]!, lw = I[0]!;
  const sign = (hw >>> 16) & 0x8000;
  if (h === 0) {
    LANES3[0] = LANES3[1] = 0;
    LANES3[2] = sign;
    return;
  }
  let e = ((hw >>> 20) & 0x7ff) - 1023;
  let hi = 0x80000000 | ((hw & 0xfffff) << 11) | (lw >>> 21), lo = lw << 11;
  if (l !== 0) {
    let q = l * pow2(63 - e); // in units of the last place
    if (sign) q = -q;
    if (q < 0 && lo === 0 && hi === (0x80000000 | 0)) {
      // just below a power of two, where the units are half as large
      q *= 2;
      hi = -1;
      lo = q | 0;
      e--;
    } else {
      const low = (lo >>> 0) + q;
      lo = low | 0;
      if (low < 0) hi = (hi - 1) | 0;
      else if (low >= 4294967296) {
        hi = (hi + 1) | 0;
        if (hi === 0) {
          hi = 0x80000000 | 0;
          e++;
        }
      }
    }
  }
  LANES3[0] = lo;
  LANES3[1] = hi;
  LANES3[2] = sign | (e + BIAS);
}

function rotate(mask: number, by: number): number {
  return ((mask << by) | (mask >> (8 - by))) & 0xff;
}

/**
 * Enter a region: fill the registers it reads and return TOP; -1 if the x87 is not as the region was compiled for. imm: registers that must be
 * full, those that must be empty << 8, the control word's precision (0x200 or 0x300) << 16; bit i: ST(i) on entry.
 */
export const OP_ENTER = memorial("x87.enter", [], "i32", (env: LibEnv, imm: number) => {
  const { S } = env;
  const precision = imm >> 16;
  const top = S[W_FTOP]!;
  const tags = rotate(S[W_FTW]!, 8 - top);
  const full = imm & 0xff, empty = (imm >> 8) & 0xff;
  let fits = (S[W_FCW]! & 0xf3f) === (precision | 0x3f) && (S[W_FSW]! & ES) === 0 && (tags & full) === full && (tags & empty) === 0;
  const { F } = env.state;
  for (let k = 0; k < 8 && fits; k++) {
    if (!((full >> k) & 1)) continue;
    const r = W_ST + (((top + k) & 7) << 2);
    fits = load(F, F_FPX + k * 2, S[r]!, S[r + 1]!, S[r + 2]!, precision === 0x200);
  }
  if (!fits) {
    S[W_MISSES]!++;
    return -1;
  }
  S[W_LAST] = Last.keep;
  S[W_SHAPE] = 0;
  S[W_DIRTY] = 0;
  return top;
}, true);

/** Leave a region that was entered with this TOP: registers, TOP, tags and C1 become the state. */
export const OP_LEAVE = memorial("x87.leave", ["i32"], "void", (env: LibEnv, top: number) => {
  const { S } = env;
  const { F } = env.state;
  if (S[EXIT >> 2] === Exit.single) S[W_MISSES]!++;
  const dirty = S[W_DIRTY]!;
  for (let k = 0; dirty >> k !== 0; k++) {
    if (!((dirty >> k) & 1)) continue;
    unload(F[F_FPX + k * 2]!, S[W_FCW]! & 0x100 ? F[F_FPX + k * 2 + 1]! : 0);
    const r = W_ST + (((top + k) & 7) << 2);
    S[r] = LANES3[0]!;
    S[r + 1] = LANES3[1]!;
    S[r + 2] = LANES3[2]!;
  }
  const shape = S[W_SHAPE]!;
  S[W_FTOP] = (top + shape) & 7;
  const touched = rotate((shape >> 16) & 0xff, top);
  S[W_FTW] = (S[W_FTW]! & ~touched) | (rotate((shape >> 8) & 0xff, top) & touched);
  S[W_FSW] = withC1(env, S[W_FSW]!);
});

/** The status word with C1 as the last operation left it. */
function withC1(env: LibEnv, sw: number): number {
  const last = env.S[W_LAST]! as Last;
  if (last === Last.keep) return sw;
  const up = last === Last.none ? 0 : last === Last.up ? C1 : exact(env, last) & C1;
  return (sw & ~C1) | up;
}

const A = new Int32Array(3);
const SINGLE = new Float32Array(1);
const SINGLE_BITS32 = new Int32Array(SINGLE.buffer);

/** Perform an operation on the operands in the state by the exact library: result in Z, returns the exceptions and C1. */
function exact(env: LibEnv, last: Last): number {
  const { F } = env.state;
  const double = (env.S[W_FCW]! & 0x100) === 0;
  const cw = double ? 0x27f : 0x37f;
  unload(F[F_OPERANDS]!, double ? 0 : F[F_OPERANDS + 1]!);
  A.set(LANES3);
  const al = A[0]!, ah = A[1]!, as = A[2]!;
  switch (last) {
    case Last.sqrt: return sqrt(al, ah, as, cw);
    case Last.rndint: return roundToInteger(al, ah, as, cw);
    case Last.f32: return toF32(al, ah, as, cw);
    case Last.f64: return toF64(al, ah, as, cw);
  }
  unload(F[F_OPERANDS + 2]!, double ? 0 : F[F_OPERANDS + 3]!);
  const bl = LANES3[0]!, bh = LANES3[1]!, bs = LANES3[2]!;
  switch (last) {
    case Last.add: return add(al, ah, as, bl, bh, bs, cw);
    case Last.sub: return sub(al, ah, as, bl, bh, bs, cw);
    case Last.mul: return mul(al, ah, as, bl, bh, bs, cw);
    default: return div(al, ah, as, bl, bh, bs, cw);
  }
}

/** PE if the operation (imm: Last) on these operands of 53 bits is inexact. */
export const OP_INEXACT = memorial("x87.inexact", ["f64", "f64"], "i32", (env: LibEnv, a: number, b: number, last: Last) => {
  const { F } = env.state;
  F[F_OPERANDS] = a;
  F[F_OPERANDS + 2] = b;
  return exact(env, last) & PE;
}, true);

/** The status word without TOP (argument: as the region holds it) where the last operation and its operands are in the state. */
export const OP_STATUS = memorial("x87.status", ["i32"], "i32", withC1);

/** An operation on the operands in the state by the exact library: the result's parts into the state. Returns PE or 0, or -1: not to be held. */
export function doExact(env: LibEnv, last: Last): number {
  const flags = exact(env, last);
  if (flags & ~(PE | C1)) return -1;
  return load(env.state.F, F_RESULT, Z[0]!, Z[1]!, Z[2]!, (env.S[W_FCW]! & 0x100) === 0) ? flags & PE : -1;
}

/** The same as an op. */
export const OP_EXACT = memorial("x87.exact", [], "i32", doExact, true);

/** The single nearest to the number in the operands, as a result. */
export const OP_SINGLE = memorial("x87.single", [], "void", (env: LibEnv) => {
  exact(env, Last.f32);
  SINGLE_BITS32[0] = Z[0]!;
  env.state.F[F_RESULT] = SINGLE[0]!;
});

/** The number in the operands as an integer (RESULT) of so many bits, truncated if imm & 2, else by the control word; returns PE and C1, or -1: invalid. */
export const OP_INTEGER = memorial("x87.integer", [], "i32", (env: LibEnv, imm: number) => {
  const { F } = env.state;
  const cw = env.S[W_FCW]!;
  unload(F[F_OPERANDS]!, cw & 0x100 ? F[F_OPERANDS + 1]! : 0);
  const flags = toInt(LANES3[0]!, LANES3[1]!, LANES3[2]!, imm & ~2, imm & 2 ? cw | 0xc00 : cw);
  if (flags & ~(PE | C1)) return -1;
  RESULT[0] = Z[0]!;
  RESULT[1] = Z[1]!;
  return flags;
}, true);

/** Split the number in the state's result (as lanes) into parts there; 0: it is not to be held so. */
export const OP_SPLIT = memorial("x87.split", ["f80"], "i32", (env: LibEnv, lo: number, hi: number, se: number) =>
  (load(env.state.F, F_RESULT, lo, hi, se & 0xffff, (env.S[W_FCW]! & 0x100) === 0) ? 1 : 0));

/** Lanes of the number whose parts are in the state's result. */
export const OP_JOIN = memorial("x87.join", [], "f80", (env: LibEnv) => {
  const { F } = env.state;
  unload(F[F_RESULT]!, env.S[W_FCW]! & 0x100 ? F[F_RESULT + 1]! : 0);
  RESULT.set(LANES3);
});

// What rewritten blocks are made of, beside core ops. Only the emitter (jit/emit-x87.ts) knows how they work; they leave the region where the number is none to be held.

const fast = new Set<Op>();

function op(name: string, args: readonly Type[], result: Type, sets: readonly number[] = []): Op {
  const o = registerOp(`x87f.${name}`, { faults: true, sets }, {
    args, result, context: "pure", imm: true, lanewise: false,
    fn: () => {
      throw new Error(`x87f.${name} runs in compiled regions only`);
    },
  });
  fast.add(o);
  return o;
}

/** (number) -> it, if it may be held. The operand is an f64, an f32 (imm 1). */
export const X_CHECK = op("check", ["f64"], "f64");
/** imm: Last; operands are h, l of both sides, or h only where the precision is 53 bits. The result is h; X_LOW gives l. */
export const X_ARITH = op("arith", ["f64"], "f64", [FSW]);
/** The low part of an X_ARITH, X_ROUND or X_SPLIT. */
export const X_LOW = op("low", ["f64"], "f64");
/** Round to integer (h, l), to nearest. */
export const X_ROUND = op("round", ["f64"], "f64", [FSW]);
/** An f80 from memory. */
export const X_SPLIT = op("split", ["f80"], "f64");
/** (h, l) -> f80 */
export const X_JOIN = op("join", ["f64"], "f80");
/** (h, l) -> f64 or f32 as stores round. */
export const X_STORE = op("store", ["f64"], "f64", [FSW]);
/** (h, l) -> i32 of `imm & 48` bits, truncated if imm & 2, else by the control word. */
export const X_INT = op("int", ["f64"], "i32", [FSW, FPX_LAST]);
/** The same to 64 bits. */
export const X_INT64 = op("int64", ["f64"], "i64", [FSW, FPX_LAST]);
/** An i64 as h; X_LOW gives l. */
export const X_FROM64 = op("from64", ["i64"], "f64");
export const X_NEG = op("neg", ["f64"], "f64");
export const X_ABS = op("abs", ["f64"], "f64");
/** Change of sign of the low part as X_ABS of the high part (first operand) does to it. */
export const X_ABS_LOW = op("abslow", ["f64"], "f64");
/** TOP in its place in the status word; imm: depth from TOP on entry. */
export const X_TOP = op("top", [], "i32");
/** C1 of the last operation added to a status word. */
export const X_C1 = op("c1", ["i32"], "i32");
/** A new control word: leave if it has another precision or unmasks exceptions. */
export const X_FLDCW = op("fldcw", ["i32"], "void", [FCW]);
/** Leave unless the control word rounds to nearest. */
export const X_NEAREST = op("nearest", [], "void");

export function isFastX87(o: Op): boolean {
  return fast.has(o);
}
