import type { LibEnv } from "../env.js";
import { GuestFault } from "../memory.js";
import { memorial, VECTORS } from "../op.js";
import { FCS, FDP, FDS, FIP, FIP_KNOWN, FOP, MXCSR, Seg, SEG_SEL, XMM } from "../state.js";
import { ES, EXP_MAX } from "./f80.js";
import { init, setControlWord, setStatusWord, statusWord, updateSummary, W_FCW, W_FSW, W_FTOP, W_FTW, W_ST } from "./x87.js";

// The x87's images in memory: FNSTENV FLDENV FNSAVE FRSTOR (Intel SDM vol. 1, 8.1.10) and FXSAVE FXRSTOR (10.5). The lifter probes the
// memory first, so none of these faults.

/** Layouts of the environment: 14 or 28 bytes, and whether pointers are linear with the opcode (real and virtual-8086 mode). */
export const enum EnvFormat { BITS32 = 1, REAL = 2 }

/** The tag word of two bits a physical register: valid, zero, special, empty. */
export function fullTag(S: Int32Array): number {
  let tags = 0;
  for (let k = 0; k < 8; k++) {
    const r = W_ST + (k << 2);
    const e = S[r + 2]! & EXP_MAX;
    let t = 3;
    if ((S[W_FTW]! >> k) & 1) {
      if ((S[r]! | S[r + 1]! | e) === 0) t = 1;
      else t = e === 0 || e === EXP_MAX || S[r + 1]! >= 0 ? 2 : 0;
    }
    tags |= t << (k * 2);
  }
  return tags;
}

function setFullTag(S: Int32Array, tags: number): void {
  let used = 0;
  for (let k = 0; k < 8; k++) if (((tags >> (k * 2)) & 3) !== 3) used |= 1 << k;
  S[W_FTW] = used;
}

/** What may stand before an x87 opcode: segment, size and lock prefixes, FWAIT. */
const PREFIXES: ReadonlySet<number> = new Set([0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0x9b, 0xf0, 0xf2, 0xf3]);

/** Flat code keeps only FIP and FDP up to date; complete the other pointers from these. */
export function completePointers(env: LibEnv): void {
  const { S, memory: m } = env;
  const fip = S[FIP >> 2]!;
  if (fip === S[FIP_KNOWN >> 2]) return;
  S[FIP_KNOWN >> 2] = fip;
  S[FCS >> 2] = S[(SEG_SEL >> 2) + Seg.CS]!;
  S[FDS >> 2] = S[(SEG_SEL >> 2) + Seg.DS]!;
  S[FOP >> 2] = 0;
  try {
    for (let at = fip; ; at = (at + 1) | 0) {
      const byte = m.load8(at);
      if (byte >= 0xd8 && byte <= 0xdf) S[FOP >> 2] = ((byte & 7) << 8) | m.load8((at + 1) | 0);
      if (!PREFIXES.has(byte)) return;
    }
  } catch (e) {
    // the code is no longer there to be read
    if (!(e instanceof GuestFault)) throw e;
  }
}

function storeEnv(env: LibEnv, addr: number, format: number): void {
  completePointers(env);
  const { S, memory: m } = env;
  const fip = S[FIP >> 2]!, fdp = S[FDP >> 2]!, fop = S[FOP >> 2]! & 0x7ff;
  const real = (format & EnvFormat.REAL) !== 0;
  if (format & EnvFormat.BITS32) {
    const ones = 0xffff0000 | 0;
    m.store32(addr, S[W_FCW]! | ones);
    m.store32((addr + 4) | 0, statusWord(S) | ones);
    m.store32((addr + 8) | 0, fullTag(S) | ones);
    m.store32((addr + 12) | 0, real ? (fip & 0xffff) | ones : fip);
    m.store32((addr + 16) | 0, real ? ((fip >>> 16) << 12) | fop : (S[FCS >> 2]! & 0xffff) | (fop << 16));
    m.store32((addr + 20) | 0, real ? (fdp & 0xffff) | ones : fdp);
    m.store32((addr + 24) | 0, real ? (fdp >>> 16) << 12 : (S[FDS >> 2]! & 0xffff) | ones);
  } else {
    m.store16(addr, S[W_FCW]!);
    m.store16((addr + 2) | 0, statusWord(S));
    m.store16((addr + 4) | 0, fullTag(S));
    m.store16((addr + 6) | 0, fip);
    m.store16((addr + 8) | 0, real ? ((fip >>> 4) & 0xf000) | fop : S[FCS >> 2]!);
    m.store16((addr + 10) | 0, fdp);
    m.store16((addr + 12) | 0, real ? (fdp >>> 4) & 0xf000 : S[FDS >> 2]!);
  }
}

function loadEnv(env: LibEnv, addr: number, format: number): void {
  const { S, memory: m } = env;
  const wide = (format & EnvFormat.BITS32) !== 0;
  const step = wide ? 4 : 2;
  const word = (i: number): number => m.load16((addr + i * step) | 0);
  const long = (i: number): number => (wide ? m.load32((addr + i * step) | 0) : word(i));
  const sw = word(1);
  setFullTag(S, word(2));
  if (format & EnvFormat.REAL) {
    const a = long(4), b = long(6);
    S[FIP >> 2] = word(3) | (wide ? (a << 4) & 0xffff0000 : (a & 0xf000) << 4);
    S[FOP >> 2] = a & 0x7ff;
    S[FDP >> 2] = word(5) | (wide ? (b << 4) & 0xffff0000 : (b & 0xf000) << 4);
    S[FCS >> 2] = S[FDS >> 2] = 0;
  } else {
    S[FIP >> 2] = long(3);
    S[FCS >> 2] = word(4);
    if (wide) S[FOP >> 2] = (long(4) >>> 16) & 0x7ff;
    S[FDP >> 2] = long(5);
    S[FDS >> 2] = word(6);
  }
  S[FIP_KNOWN >> 2] = S[FIP >> 2]!;
  setControlWord(S, word(0));
  setStatusWord(S, sw);
}

/** (addr), imm = EnvFormat: all exceptions are masked afterwards. */
export const OP_FNSTENV = memorial("x87.fnstenv", ["i32"], "void", (env: LibEnv, addr: number, format: number) => {
  storeEnv(env, addr, format);
  env.S[W_FCW]! |= 0x3f;
  updateSummary(env.S);
}, true);

export const OP_FLDENV = memorial("x87.fldenv", ["i32"], "void", loadEnv, true);

/** Bytes of an environment. */
export function envSize(format: number): number {
  return format & EnvFormat.BITS32 ? 28 : 14;
}

export const OP_FNSAVE = memorial("x87.fnsave", ["i32"], "void", (env: LibEnv, addr: number, format: number) => {
  const { S, memory: m } = env;
  storeEnv(env, addr, format);
  addr = (addr + envSize(format)) | 0;
  for (let i = 0; i < 8; i++) {
    const r = W_ST + (((S[W_FTOP]! + i) & 7) << 2);
    m.store32(addr, S[r]!);
    m.store32((addr + 4) | 0, S[r + 1]!);
    m.store16((addr + 8) | 0, S[r + 2]!);
    addr = (addr + 10) | 0;
  }
  init(S);
}, true);

export const OP_FRSTOR = memorial("x87.frstor", ["i32"], "void", (env: LibEnv, addr: number, format: number) => {
  const { S, memory: m } = env;
  loadEnv(env, addr, format);
  addr = (addr + envSize(format)) | 0;
  for (let i = 0; i < 8; i++) {
    const r = W_ST + (((S[W_FTOP]! + i) & 7) << 2);
    S[r] = m.load32(addr);
    S[r + 1] = m.load32((addr + 4) | 0);
    S[r + 2] = m.load16((addr + 8) | 0);
    addr = (addr + 10) | 0;
  }
}, true);

/** Bits of MXCSR that exist. */
export const MXCSR_MASK = 0xffff;

/** In the immediate of FXSAVE and FXRSTOR, beside the number of XMM registers: pointers of 64 bits, without selectors (REX.W). */
export const FX_WIDE = 32;

/** (addr), imm = number of XMM registers, FX_WIDE. As AMD's do, it saves the pointers only while an exception is pending. */
export const OP_FXSAVE = memorial("x87.fxsave", ["i32"], "void", (env: LibEnv, addr: number, format: number) => {
  const vectors = format & ~FX_WIDE, selectors = format & FX_WIDE ? 0 : 0xffff;
  const { S, memory: m } = env;
  const pending = (S[W_FSW]! & ES) !== 0;
  if (pending) completePointers(env);
  m.store32(addr, S[W_FCW]! | (statusWord(S) << 16));
  m.store32((addr + 4) | 0, S[W_FTW]! | (pending ? S[FOP >> 2]! << 16 : 0));
  m.store32((addr + 8) | 0, pending ? S[FIP >> 2]! : 0);
  m.store32((addr + 12) | 0, pending ? S[FCS >> 2]! & selectors : 0);
  m.store32((addr + 16) | 0, pending ? S[FDP >> 2]! : 0);
  m.store32((addr + 20) | 0, pending ? S[FDS >> 2]! & selectors : 0);
  m.store32((addr + 24) | 0, S[MXCSR >> 2]!);
  m.store32((addr + 28) | 0, MXCSR_MASK);
  for (let i = 0; i < 8; i++) {
    const r = W_ST + (((S[W_FTOP]! + i) & 7) << 2);
    const a = (addr + 32 + i * 16) | 0;
    m.store32(a, S[r]!);
    m.store32((a + 4) | 0, S[r + 1]!);
    m.store32((a + 8) | 0, S[r + 2]! & 0xffff);
    m.store32((a + 12) | 0, 0);
  }
  for (let i = 0; i < vectors; i++) {
    for (let l = 0; l < 4; l++) m.store32((addr + 160 + i * 16 + l * 4) | 0, S[(XMM >> 2) + i * 8 + l]!);
  }
}, true, VECTORS);

/** (addr), imm = number of XMM registers, FX_WIDE. The lifter has checked MXCSR's reserved bits. */
export const OP_FXRSTOR = memorial("x87.fxrstor", ["i32"], "void", (env: LibEnv, addr: number, format: number) => {
  const vectors = format & ~FX_WIDE, selectors = format & FX_WIDE ? 0 : 0xffff;
  const { S, memory: m } = env;
  S[W_FTW] = m.load8((addr + 4) | 0);
  S[FOP >> 2] = m.load16((addr + 6) | 0) & 0x7ff;
  S[FIP >> 2] = S[FIP_KNOWN >> 2] = m.load32((addr + 8) | 0);
  S[FCS >> 2] = m.load16((addr + 12) | 0) & selectors;
  S[FDP >> 2] = m.load32((addr + 16) | 0);
  S[FDS >> 2] = m.load16((addr + 20) | 0) & selectors;
  S[MXCSR >> 2] = m.load32((addr + 24) | 0);
  const sw = m.load16((addr + 2) | 0);
  setControlWord(S, m.load16(addr));
  setStatusWord(S, sw);
  for (let i = 0; i < 8; i++) {
    const r = W_ST + (((S[W_FTOP]! + i) & 7) << 2);
    const a = (addr + 32 + i * 16) | 0;
    S[r] = m.load32(a);
    S[r + 1] = m.load32((a + 4) | 0);
    S[r + 2] = m.load16((a + 8) | 0);
  }
  for (let i = 0; i < vectors; i++) {
    for (let l = 0; l < 4; l++) S[(XMM >> 2) + i * 8 + l] = m.load32((addr + 160 + i * 16 + l * 4) | 0);
  }
}, true, VECTORS);
