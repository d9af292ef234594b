import type { LibEnv } from "../env.js";
import { memorial, VECTORS } from "../op.js";
import { FCS, FDP, FDS, FIP, FIP_KNOWN, FOP, MXCSR, XMM } from "../state.js";
import { init, setControlWord, setStatusWord, statusWord, W_FCW, W_FTOP, W_FTW, W_ST } from "./x87.js";
import { completePointers, MXCSR_MASK } from "./x87-env.js";

// XSAVE and XRSTOR of x87 and SSE state, in the standard format of 576 bytes (Intel SDM vol. 1, 13). The lifter has probed the area.

/** State components. */
const X87 = 1, SSE = 2;
const HEADER = 512;

function put(env: LibEnv, at: number, value: number): void {
  env.memory.store32(at | 0, value);
}

function get(env: LibEnv, at: number): number {
  return env.memory.load32(at | 0);
}

/** (addr, components), imm = number of XMM registers. */
export const OP_XSAVE = memorial("x87.xsave", ["i32", "i32"], "void", (env: LibEnv, addr: number, components: number, vectors: number) => {
  const { S } = env;
  if (components & X87) {
    completePointers(env);
    put(env, addr, S[W_FCW]! | (statusWord(S) << 16));
    put(env, addr + 4, S[W_FTW]! | (S[FOP >> 2]! << 16));
    put(env, addr + 8, S[FIP >> 2]!);
    put(env, addr + 12, S[FCS >> 2]! & 0xffff);
    put(env, addr + 16, S[FDP >> 2]!);
    put(env, addr + 20, S[FDS >> 2]! & 0xffff);
    for (let i = 0; i < 8; i++) {
      const r = W_ST + (((S[W_FTOP]! + i) & 7) << 2), a = addr + 32 + i * 16;
      put(env, a, S[r]!);
      put(env, a + 4, S[r + 1]!);
      put(env, a + 8, S[r + 2]! & 0xffff);
      put(env, a + 12, 0);
    }
  }
  if (components & SSE) {
    put(env, addr + 24, S[MXCSR >> 2]!);
    put(env, addr + 28, MXCSR_MASK);
    for (let i = 0; i < vectors; i++) for (let l = 0; l < 4; l++) put(env, addr + 160 + i * 16 + l * 4, S[(XMM >> 2) + i * 8 + l]!);
  }
  put(env, addr + HEADER, (get(env, addr + HEADER) & ~components) | components);
}, true, VECTORS);

/** What XRSTOR refuses with #GP(0): (addr, XCR0, components) -> 1 if so. */
export const OP_XRSTOR_REFUSES = memorial("x87.xrstor.check", ["i32", "i32", "i32"], "i32", (env: LibEnv, addr: number, xcr0: number, components: number) => {
  const present = get(env, addr + HEADER);
  let bad = (present & ~xcr0) | get(env, addr + HEADER + 4);
  for (let at = 8; at < 24; at += 4) bad |= get(env, addr + HEADER + at);
  if (components & SSE) bad |= get(env, addr + 24) & ~MXCSR_MASK;
  return bad !== 0 ? 1 : 0;
});

/** (addr, components), imm = number of XMM registers. Components that the area does not have get their initial state. */
export const OP_XRSTOR = memorial("x87.xrstor", ["i32", "i32"], "void", (env: LibEnv, addr: number, components: number, vectors: number) => {
  const { S } = env;
  const present = get(env, addr + HEADER);
  if (components & X87) {
    if (present & X87) {
      S[W_FTW] = get(env, addr + 4) & 0xff;
      S[FOP >> 2] = (get(env, addr + 4) >>> 16) & 0x7ff;
      S[FIP >> 2] = S[FIP_KNOWN >> 2] = get(env, addr + 8);
      S[FCS >> 2] = get(env, addr + 12) & 0xffff;
      S[FDP >> 2] = get(env, addr + 16);
      S[FDS >> 2] = get(env, addr + 20) & 0xffff;
      const words = get(env, addr);
      setControlWord(S, words & 0xffff);
      setStatusWord(S, words >>> 16);
      for (let i = 0; i < 8; i++) {
        const r = W_ST + (((S[W_FTOP]! + i) & 7) << 2), a = addr + 32 + i * 16;
        S[r] = get(env, a);
        S[r + 1] = get(env, a + 4);
        S[r + 2] = get(env, a + 8) & 0xffff;
      }
    } else {
      init(S);
      S.fill(0, W_ST, W_ST + 32);
    }
  }
  if (components & SSE) {
    S[MXCSR >> 2] = get(env, addr + 24);
    for (let i = 0; i < vectors; i++) for (let l = 0; l < 4; l++) S[(XMM >> 2) + i * 8 + l] = present & SSE ? get(env, addr + 160 + i * 16 + l * 4) : 0;
  }
}, true, VECTORS);
