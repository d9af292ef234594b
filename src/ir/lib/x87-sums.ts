import type { LibEnv } from "../env.js";
import { memorial } from "../op.js";
import { FPX_OPERANDS, FPX_RESULT } from "../state.js";
import { PE } from "./f80.js";
import { doExact, Last, RANGE64 } from "./x87-fast.js";

/**
 * Arithmetic with 64 bits of precision on sums of two doubles (x87-fast.ts). Each function takes its operands from the state and leaves its result
 * there; it returns PE or 0, or -1 where the result is not to be held in two doubles.
 *
 * The exact result is computed as p + m, with p a double near it and m what is missing, perhaps off by a little. Then m is rounded to units of the
 * 64th bit. Where that little could decide the rounding, or hide whether the result is exact, the exact library does the operation.
 */
const F_OPERANDS = FPX_OPERANDS >> 3, F_RESULT = FPX_RESULT >> 3;
const { min: MIN, max: MAX } = RANGE64;

/** Veltkamp's constant, which splits a double in two of 26 bits. */
const SPLIT = 134217729;
/** Rump's: with it the power of two in a double comes out of two multiplications. */
const PHI = 2 ** 52 + 1, BELOW_1 = 1 - 2 ** -53;
/** Times that power: adding and subtracting it rounds to units of the 64th bit; half such a unit less, and a bit more than, the possible error. */
const MAGIC = 1.5 * 2 ** -11, NEAR = 2 ** -64 - 2 ** -98, ERROR = 2 ** -98;

/** Round p + m; `approximate`: m may be off by a little. The sum is not 0 unless both are. */
function finish(env: LibEnv, last: Last, p: number, m: number, approximate: boolean): number {
  const { F } = env.state;
  const h = m === 0 ? p : p + m; // a zero keeps its sign
  const rest = m === 0 ? 0 : m - (h - p);
  const size = Math.abs(h);
  if (!(size >= MIN && size <= MAX)) {
    if (h !== 0) return -1;
    F[F_RESULT] = h;
    F[F_RESULT + 1] = 0;
    return 0;
  }
  const q = PHI * h;
  const power = Math.abs(q - BELOW_1 * q);
  // just below a power of two the units are half as large
  if (power === size && rest !== 0 && rest < 0 === h > 0) return doExact(env, last);
  const magic = power * MAGIC;
  const r = rest + magic - magic;
  if (approximate) {
    const d = Math.abs(rest - r);
    if (!(d > power * ERROR && d < power * NEAR)) return doExact(env, last);
  }
  F[F_RESULT] = h;
  F[F_RESULT + 1] = r;
  return r === rest ? 0 : PE;
}

/** Sum or difference (imm: Last). */
export const OP_SUM = memorial("x87.sum", [], "i32", (env: LibEnv, last: Last) => {
  const { F } = env.state;
  const a = F[F_OPERANDS]!, al = F[F_OPERANDS + 1]!;
  let b = F[F_OPERANDS + 2]!, bl = F[F_OPERANDS + 3]!;
  if (last === Last.sub) {
    b = -b;
    bl = -bl;
  }
  // Knuth's two-sums, whose errors are exact
  const p = a + b, v = p - a;
  const e = a - (p - v) + (b - v);
  if (al === 0 && bl === 0) return finish(env, last, p, e, false);
  const t = al + bl, tv = t - al;
  const m = e + t, mv = m - e;
  const te = al - (t - tv) + (bl - tv), me = e - (m - mv) + (t - mv);
  if (te !== 0 || me !== 0 || Math.abs(p) <= Math.abs(m)) return doExact(env, last);
  return finish(env, last, p, m, false);
}, true);

export const OP_PRODUCT = memorial("x87.product", [], "i32", (env: LibEnv, last: Last) => {
  const { F } = env.state;
  const a = F[F_OPERANDS]!, al = F[F_OPERANDS + 1]!, b = F[F_OPERANDS + 2]!, bl = F[F_OPERANDS + 3]!;
  const p = a * b;
  if (p === 0 && a !== 0 && b !== 0) return -1;
  // Dekker's product
  const ca = SPLIT * a, ah = ca - (ca - a), at = a - ah;
  const cb = SPLIT * b, bh = cb - (cb - b), bt = b - bh;
  const e = at * bt - (p - ah * bh - at * bh - ah * bt);
  if (al === 0 && bl === 0) return finish(env, last, p, e, false);
  return finish(env, last, p, e + (a * bl + al * b), true);
}, true);

export const OP_QUOTIENT = memorial("x87.quotient", [], "i32", (env: LibEnv, last: Last) => {
  const { F } = env.state;
  const a = F[F_OPERANDS]!, al = F[F_OPERANDS + 1]!, b = F[F_OPERANDS + 2]!, bl = F[F_OPERANDS + 3]!;
  const p = a / b;
  if (p === 0 && a !== 0) return -1;
  const ca = SPLIT * p, ph = ca - (ca - p), pt = p - ph;
  const cb = SPLIT * b, bh = cb - (cb - b), bt = b - bh;
  const back = p * b;
  const e = pt * bt - (back - ph * bh - pt * bh - ph * bt);
  const m = (a - back - e + al - p * bl) / b;
  return finish(env, last, p, m, m !== 0 || al !== 0 || bl !== 0);
}, true);

export const OP_ROOT = memorial("x87.root", [], "i32", (env: LibEnv, last: Last) => {
  const { F } = env.state;
  const a = F[F_OPERANDS]!, al = F[F_OPERANDS + 1]!;
  const p = Math.sqrt(a);
  if (!(p > 0)) return doExact(env, last);
  const c = SPLIT * p, ph = c - (c - p), pt = p - ph;
  const back = p * p;
  const e = pt * pt - (back - ph * ph - 2 * (pt * ph));
  const m = (a - back - e + al) / (2 * p);
  return finish(env, last, p, m, m !== 0 || al !== 0);
}, true);
