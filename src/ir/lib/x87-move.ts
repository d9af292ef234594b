import { stateful, RESULT } from "../op.js";
import { C0, C1, C2, C3, DE, EXP_MAX, IE, isNaN80, isSignaling, isUnsupported, isZero, OE, put, round, SF, UE, Z } from "./f80.js";
import { fromBcd, fromF32, fromF64, fromInt64, toBcd, toF32, toF64, toInt } from "./f80-convert.js";
import { fromInt32 } from "./f80-rem.js";
import {
  init, isEmpty, pop, push, pushResult, raise, reg, setControlWord, setReg, statusWord, underflow, W_FCW, W_FSW, W_FTOP, W_FTW,
} from "./x87.js";

// x87 loads, stores, constants, register moves and control.

// Loads.

function pushFloat(S: Int32Array, flags: number): void {
  if (isSignaling(Z[1]!, Z[0]!, Z[2]!)) {
    Z[1]! |= 0x40000000;
    flags = IE;
  }
  if (flags & DE && isEmpty(S, -1)) {
    // loaded even where the exception is unmasked
    raise(S, DE);
    push(S);
  } else pushResult(S, flags);
}

export const OP_FLD_F32 = stateful("x87.fld.f32", ["i32"], "void", (S: Int32Array, bits: number) => pushFloat(S, fromF32(bits)));
export const OP_FLD_F64 = stateful("x87.fld.f64", ["i64"], "void", (S: Int32Array, lo: number, hi: number) => pushFloat(S, fromF64(lo, hi)));
export const OP_FLD_F80 = stateful("x87.fld.f80", ["f80"], "void", (S: Int32Array, lo: number, hi: number, se: number) => {
  put(lo, hi, se & 0xffff);
  pushResult(S, 0);
});
export const OP_FILD_I32 = stateful("x87.fild.i32", ["i32"], "void", (S: Int32Array, i: number) => {
  fromInt32(i);
  pushResult(S, 0);
});
export const OP_FILD_I64 = stateful("x87.fild.i64", ["i64"], "void", (S: Int32Array, lo: number, hi: number) => {
  fromInt64(lo, hi);
  pushResult(S, 0);
});
export const OP_FBLD = stateful("x87.fbld", ["f80"], "void", (S: Int32Array, w0: number, w1: number, w2: number) => {
  fromBcd(w0, w1, w2);
  pushResult(S, 0);
});
/** FLD ST(imm) */
export const OP_FLD = stateful("x87.fld", [], "void", (S: Int32Array, i: number) => {
  if (isEmpty(S, i)) {
    if (!underflow(S)) push(S);
    return;
  }
  const a = reg(S, i);
  put(S[a]!, S[a + 1]!, S[a + 2]!);
  pushResult(S, 0);
}, true);

/** Constants with 64 bits of significand and the next 32: FLD1 FLDL2T FLDL2E FLDPI FLDLG2 FLDLN2 FLDZ, as D9 E8-EE. */
const CONSTANTS: ReadonlyArray<readonly [hi: number, lo: number, ext: number, exp: number]> = [
  [0x80000000, 0, 0, 0x3fff],
  [0xd49a784b, 0xcd1b8afe, 0x492bf6ff, 0x4000],
  [0xb8aa3b29, 0x5c17f0bb, 0xbe87fed0, 0x3fff],
  [0xc90fdaa2, 0x2168c234, 0xc4c6628b, 0x4000],
  [0x9a209a84, 0xfbcff798, 0x8f8959ac, 0x3ffd],
  [0xb17217f7, 0xd1cf79ab, 0xc9e3b398, 0x3ffe],
  [0, 0, 0, 0],
];
/** FLD1 and the like; imm = last three bits of the opcode. */
export const OP_FLDCONST = stateful("x87.fldconst", [], "void", (S: Int32Array, n: number) => {
  const [hi, lo, ext, exp] = CONSTANTS[n]!;
  if (exp === 0) put(0, 0, 0);
  else round(0, exp, hi | 0, lo | 0, ext | 0, S[W_FCW]! | 0x300); // inexact without PE
  pushResult(S, 0);
}, true);

// Stores: each gets what is in memory, to give it back where an unmasked exception forbids the store.

/** Enter a store's exceptions; true if nothing may be stored or popped. */
function stopStore(S: Int32Array, flags: number): boolean {
  return raise(S, flags) || (flags & ~S[W_FCW]! & (OE | UE)) !== 0;
}

/** imm: pop */
export const OP_FST_F32 = stateful("x87.fst.f32", ["i32"], "i32", (S: Int32Array, old: number, popping: number) => {
  let value = 0xffc00000 | 0;
  let flags = IE | SF;
  if (!isEmpty(S, 0)) {
    const a = reg(S, 0);
    flags = toF32(S[a]!, S[a + 1]!, S[a + 2]!, S[W_FCW]!);
    value = Z[0]!;
  }
  if (stopStore(S, flags)) return old;
  if (popping) pop(S);
  return value;
}, true);

export const OP_FST_F64 = stateful("x87.fst.f64", ["i64"], "i64", (S: Int32Array, lo: number, hi: number, popping: number) => {
  let flags = IE | SF;
  if (isEmpty(S, 0)) {
    Z[0] = 0;
    Z[1] = 0xfff80000 | 0;
  } else {
    const a = reg(S, 0);
    flags = toF64(S[a]!, S[a + 1]!, S[a + 2]!, S[W_FCW]!);
  }
  if (stopStore(S, flags)) {
    RESULT[0] = lo;
    RESULT[1] = hi;
    return;
  }
  RESULT[0] = Z[0]!;
  RESULT[1] = Z[1]!;
  if (popping) pop(S);
}, true);

/** FSTP m80 */
export const OP_FSTP_F80 = stateful("x87.fstp.f80", ["f80"], "f80", (S: Int32Array, lo: number, hi: number, se: number) => {
  if (isEmpty(S, 0)) {
    RESULT[0] = lo;
    RESULT[1] = hi;
    RESULT[2] = se;
    if (underflow(S)) return;
    for (let i = 0; i < 3; i++) RESULT[i] = Z[i]!;
  } else {
    const a = reg(S, 0);
    raise(S, 0);
    RESULT[0] = S[a]!;
    RESULT[1] = S[a + 1]!;
    RESULT[2] = S[a + 2]!;
  }
  pop(S);
});

/** Z = ST(0) as an integer, or RC = truncate for FISTTP; returns the exceptions. */
function integer(S: Int32Array, bits: number, truncate: boolean): number {
  const a = reg(S, 0);
  const cw = S[W_FCW]!;
  if (!isEmpty(S, 0)) return toInt(S[a]!, S[a + 1]!, S[a + 2]!, bits, truncate ? cw | 0xc00 : cw);
  toInt(0, 0xc0000000 | 0, 0xffff, bits, cw);
  return IE | SF;
}

/** 16 and 32 bits. imm: bits | pop | truncate << 1 */
export const OP_FIST_I32 = stateful("x87.fist.i32", ["i32"], "i32", (S: Int32Array, old: number, imm: number) => {
  const flags = integer(S, imm & 48, (imm & 2) !== 0);
  const value = Z[0]!;
  if (stopStore(S, flags)) return old;
  if (imm & 1) pop(S);
  return value;
}, true);
/** 64 bits with a pop. imm: truncate << 1 */
export const OP_FISTP_I64 = stateful("x87.fistp.i64", ["i64"], "i64", (S: Int32Array, lo: number, hi: number, imm: number) => {
  const flags = integer(S, 64, (imm & 2) !== 0);
  RESULT[0] = Z[0]!;
  RESULT[1] = Z[1]!;
  if (stopStore(S, flags)) {
    RESULT[0] = lo;
    RESULT[1] = hi;
  } else pop(S);
}, true);

export const OP_FBSTP = stateful("x87.fbstp", ["f80"], "f80", (S: Int32Array, w0: number, w1: number, w2: number) => {
  const a = reg(S, 0);
  let flags: number;
  if (isEmpty(S, 0)) {
    toBcd(0, 0xc0000000 | 0, 0xffff, 0);
    flags = IE | SF;
  } else flags = toBcd(S[a]!, S[a + 1]!, S[a + 2]!, S[W_FCW]!);
  for (let i = 0; i < 3; i++) RESULT[i] = Z[i]!;
  if (stopStore(S, flags)) {
    RESULT[0] = w0;
    RESULT[1] = w1;
    RESULT[2] = w2;
  } else pop(S);
});

/** FST(P) ST(i). imm: i | pop << 3 */
export const OP_FST = stateful("x87.fst", [], "void", (S: Int32Array, imm: number) => {
  if (isEmpty(S, 0)) {
    if (underflow(S)) return;
  } else {
    const a = reg(S, 0);
    put(S[a]!, S[a + 1]!, S[a + 2]!);
    raise(S, 0);
  }
  setReg(S, imm & 7);
  if (imm & 8) pop(S);
}, true);

/** FSTPNCE ST(imm), undocumented: FSTP that takes no notice of an empty ST(0). */
export const OP_FSTPNCE = stateful("x87.fstpnce", [], "void", (S: Int32Array, i: number) => {
  raise(S, 0);
  if (!isEmpty(S, 0)) {
    const a = reg(S, 0);
    put(S[a]!, S[a + 1]!, S[a + 2]!);
    setReg(S, i);
  }
  pop(S);
}, true);

// Register moves.

const NAN_HI = 0xc0000000 | 0;

function fillEmpty(S: Int32Array, i: number): void {
  if (!isEmpty(S, i)) return;
  put(0, NAN_HI, 0xffff);
  setReg(S, i);
}

export const OP_FXCH = stateful("x87.fxch", [], "void", (S: Int32Array, i: number) => {
  if (isEmpty(S, 0) || isEmpty(S, i)) {
    if (underflow(S)) return;
    fillEmpty(S, 0);
    fillEmpty(S, i);
  } else S[W_FSW]! &= ~C1;
  const a = reg(S, 0), b = reg(S, i);
  const lo = S[a]!, hi = S[a + 1]!, se = S[a + 2]!;
  S[a] = S[b]!;
  S[a + 1] = S[b + 1]!;
  S[a + 2] = S[b + 2]!;
  S[b] = lo;
  S[b + 1] = hi;
  S[b + 2] = se;
}, true);

/** FCMOVcc: ST(0) = ST(imm) if the condition holds. Both must hold a value whether it does or not. */
export const OP_FCMOV = stateful("x87.fcmov", ["i1"], "void", (S: Int32Array, cond: number, i: number) => {
  if (isEmpty(S, 0) || isEmpty(S, i)) {
    if (underflow(S)) return;
    setReg(S, 0);
    return;
  }
  if (!cond) return;
  const a = reg(S, i);
  put(S[a]!, S[a + 1]!, S[a + 2]!);
  setReg(S, 0);
}, true);

function sign(S: Int32Array, keep: number, flip: number): void {
  if (isEmpty(S, 0)) {
    if (!underflow(S)) setReg(S, 0);
    return;
  }
  const a = reg(S, 0);
  S[W_FSW]! &= ~C1;
  S[a + 2] = (S[a + 2]! & keep) ^ flip;
}

export const OP_FCHS = stateful("x87.fchs", [], "void", (S: Int32Array) => sign(S, 0xffff, 0x8000));
export const OP_FABS = stateful("x87.fabs", [], "void", (S: Int32Array) => sign(S, 0x7fff, 0));

/** FXAM: class into C3 C2 C0, sign into C1. */
export const OP_FXAM = stateful("x87.fxam", [], "void", (S: Int32Array) => {
  const a = reg(S, 0);
  const lo = S[a]!, hi = S[a + 1]!, se = S[a + 2]!;
  let c: number;
  if (isEmpty(S, 0)) c = C3 | C0;
  else if (isUnsupported(hi, se)) c = 0;
  else if (isNaN80(hi, lo, se)) c = C0;
  else if ((se & EXP_MAX) === EXP_MAX) c = C2 | C0;
  else if (isZero(hi, lo, se)) c = C3;
  else if ((se & EXP_MAX) === 0) c = C3 | C2;
  else c = C2;
  S[W_FSW] = (S[W_FSW]! & ~(C0 | C1 | C2 | C3)) | c | (se & 0x8000 ? C1 : 0);
});

// Control.

/** imm: +1 or -1 for FINCSTP and FDECSTP */
export const OP_FMOVSTP = stateful("x87.fmovstp", [], "void", (S: Int32Array, by: number) => {
  S[W_FTOP] = (S[W_FTOP]! + by) & 7;
  S[W_FSW]! &= ~C1;
}, true);
/** FFREE and FFREEP. imm: i | pop << 3 */
export const OP_FFREE = stateful("x87.ffree", [], "void", (S: Int32Array, imm: number) => {
  S[W_FTW]! &= ~(1 << ((S[W_FTOP]! + imm) & 7));
  S[W_FSW]! &= ~C1;
  if (imm & 8) pop(S);
}, true);
export const OP_FNINIT = stateful("x87.fninit", [], "void", init);
export const OP_FNCLEX = stateful("x87.fnclex", [], "void", (S: Int32Array) => {
  S[W_FSW]! &= C0 | C1 | C2 | C3;
});
export const OP_FNSTSW = stateful("x87.fnstsw", [], "i32", statusWord, false, { reads: true });
export const OP_FLDCW = stateful("x87.fldcw", ["i32"], "void", setControlWord);

