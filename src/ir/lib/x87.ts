import { stateful } from "../op.js";
import { FCS, FCW, FDP, FDS, FIP, FIP_KNOWN, FOP, FSW, FTOP, FTW, ST } from "../state.js";
import { BUSY, C1, DE, ES, IE, invalid, SF, Z, ZE } from "./f80.js";

// The x87's register stack and status (Intel SDM vol. 1, 8.1), on which its operations (x87-*.ts) are built. MMX aliases the same registers.

export const W_FCW = FCW >> 2, W_FSW = FSW >> 2, W_FTOP = FTOP >> 2, W_FTW = FTW >> 2, W_ST = ST >> 2;

/** Index in S of ST(i)'s lanes. */
export function reg(S: Int32Array, i: number): number {
  return W_ST + (((S[W_FTOP]! + i) & 7) << 2);
}

export function isEmpty(S: Int32Array, i: number): boolean {
  return ((S[W_FTW]! >> ((S[W_FTOP]! + i) & 7)) & 1) === 0;
}

/** Write Z to ST(i). */
export function setReg(S: Int32Array, i: number): void {
  const k = (S[W_FTOP]! + i) & 7;
  const r = W_ST + (k << 2);
  S[r] = Z[0]!;
  S[r + 1] = Z[1]!;
  S[r + 2] = Z[2]!;
  S[W_FTW]! |= 1 << k;
}

/** Push Z. */
export function push(S: Int32Array): void {
  S[W_FTOP] = (S[W_FTOP]! - 1) & 7;
  setReg(S, 0);
}

export function pop(S: Int32Array): void {
  const top = S[W_FTOP]!;
  S[W_FTW]! &= ~(1 << top);
  S[W_FTOP] = (top + 1) & 7;
}

/**
 * Enter an operation's exceptions and C1 (cleared unless given) into the status word. Returns true if an unmasked exception of the
 * operands forbids to store any result.
 */
export function raise(S: Int32Array, flags: number): boolean {
  const open = ~S[W_FCW]! & 0x3f;
  const stop = flags & open & (IE | DE | ZE);
  if (stop) flags &= flags & SF ? IE | SF | C1 : IE | DE | ZE;
  S[W_FSW] = (S[W_FSW]! & ~C1) | flags | (flags & open ? ES | BUSY : 0);
  return stop !== 0;
}

/** ES and B as the exception flags and masks say. */
export function updateSummary(S: Int32Array): void {
  const sw = S[W_FSW]! & ~(ES | BUSY);
  S[W_FSW] = sw & ~S[W_FCW]! & 0x3f ? sw | ES | BUSY : sw;
}

/** A register that should hold a value is empty: raise that, with the default NaN in Z. True: unmasked, stop. */
export function underflow(S: Int32Array): boolean {
  invalid();
  return raise(S, IE | SF);
}

/** Push Z, which an operation with these exceptions gave; the register above the top must be empty. */
export function pushResult(S: Int32Array, flags: number): void {
  if (!isEmpty(S, -1)) {
    invalid();
    flags = IE | SF | C1;
  }
  if (!raise(S, flags)) push(S);
}

/** The whole status word. */
export function statusWord(S: Int32Array): number {
  return S[W_FSW]! | (S[W_FTOP]! << 11);
}

export function setStatusWord(S: Int32Array, sw: number): void {
  S[W_FTOP] = (sw >> 11) & 7;
  S[W_FSW] = sw & 0x477f;
  updateSummary(S);
}

/** Control words keep their reserved bits: 6 is 1, 7 and those above 12 are 0. */
export function setControlWord(S: Int32Array, cw: number): void {
  S[W_FCW] = (cw & 0x1f3f) | 0x40;
  updateSummary(S);
}

/** Reset to the state of FNINIT. */
export function init(S: Int32Array): void {
  S[W_FCW] = 0x37f;
  S[W_FSW] = 0;
  S[W_FTOP] = 0;
  S[W_FTW] = 0;
  S[FIP >> 2] = S[FIP_KNOWN >> 2] = S[FCS >> 2] = S[FDP >> 2] = S[FDS >> 2] = S[FOP >> 2] = 0;
}

/** First thing in every MMX instruction but EMMS: TOP = 0 and all registers valid, their mantissas as raw lanes in the state. */
export const OP_MMX_ENTER = stateful("x87.mmx", [], "void", (S: Int32Array) => {
  S[W_FTOP] = 0;
  S[W_FTW] = 0xff;
});

/** EMMS: all registers empty. */
export const OP_EMMS = stateful("x87.emms", [], "void", (S: Int32Array) => {
  S[W_FTOP] = 0;
  S[W_FTW] = 0;
  S[FIP >> 2] = S[FIP_KNOWN >> 2] = S[FCS >> 2] = S[FDP >> 2] = S[FDS >> 2] = S[FOP >> 2] = 0;
});
