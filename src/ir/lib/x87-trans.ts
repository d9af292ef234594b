import { stateful } from "../op.js";
import { BIAS, C1, C2, IE, invalid, isNaN80, put, SF, Z } from "./f80.js";
import { f2xm1, fcos, fpatan, fsin, ftan, fyl2x, fyl2xp1 } from "./f80-trans.js";
import { binaryPop, unary } from "./x87-arith.js";
import { isEmpty, push, raise, reg, setReg, underflow, W_FCW, W_FSW } from "./x87.js";

// The x87's transcendental instructions.

export const OP_F2XM1 = unary("x87.f2xm1", f2xm1);
export const OP_FYL2X = binaryPop("x87.fyl2x", fyl2x);
export const OP_FYL2XP1 = binaryPop("x87.fyl2xp1", fyl2xp1);
export const OP_FPATAN = binaryPop("x87.fpatan", fpatan);

/** Enter the outcome of a trigonometric function; true if the result in Z is not to be stored (an exception, or C2: out of range). */
function angleDone(S: Int32Array, flags: number): boolean {
  S[W_FSW]! &= ~C2;
  return raise(S, flags) || (flags & C2) !== 0;
}

function trigonometric(name: string, fn: typeof fsin): ReturnType<typeof stateful> {
  return stateful(name, [], "void", (S: Int32Array) => {
    if (isEmpty(S, 0)) {
      S[W_FSW]! &= ~C2;
      if (underflow(S)) return;
    } else {
      const a = reg(S, 0);
      if (angleDone(S, fn(S[a]!, S[a + 1]!, S[a + 2]!, S[W_FCW]!))) return;
    }
    setReg(S, 0);
  });
}

export const OP_FSIN = trigonometric("x87.fsin", fsin);
export const OP_FCOS = trigonometric("x87.fcos", fcos);

/** Instructions with two results: the first replaces ST(0), the second is pushed. Stack faults give the default NaN for both. */
function twoResults(S: Int32Array): boolean {
  const empty = isEmpty(S, 0), full = !isEmpty(S, -1);
  if (!empty && !full) return true;
  invalid();
  S[W_FSW]! &= ~C2;
  if (!raise(S, empty ? IE | SF : IE | SF | C1)) {
    setReg(S, 0);
    push(S);
  }
  return false;
}

/** FPTAN pushes 1 after the tangent, or a second NaN. */
export const OP_FPTAN = stateful("x87.fptan", [], "void", (S: Int32Array) => {
  if (!twoResults(S)) return;
  const a = reg(S, 0);
  if (angleDone(S, ftan(S[a]!, S[a + 1]!, S[a + 2]!, S[W_FCW]!))) return;
  setReg(S, 0);
  if (!isNaN80(Z[1]!, Z[0]!, Z[2]!)) put(0, 0x80000000 | 0, BIAS);
  push(S);
});

export const OP_FSINCOS = stateful("x87.fsincos", [], "void", (S: Int32Array) => {
  if (!twoResults(S)) return;
  const a = reg(S, 0);
  const lo = S[a]!, hi = S[a + 1]!, se = S[a + 2]!, cw = S[W_FCW]!;
  const flags = fsin(lo, hi, se, cw);
  const s0 = Z[0]!, s1 = Z[1]!, s2 = Z[2]!;
  if (angleDone(S, flags | (fcos(lo, hi, se, cw) & ~C1))) return;
  S[a] = s0;
  S[a + 1] = s1;
  S[a + 2] = s2;
  push(S);
});

