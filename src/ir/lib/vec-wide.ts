import { CF, OF, SF, ZF } from "../flags.js";
import { pure, RESULT } from "../op.js";

// SSE4 instructions on whole vectors: MPSADBW, PHMINPOSUW, the string comparisons, and CRC32.

const bytesA = new Uint8Array(16), wordsA = new Int32Array(bytesA.buffer);
const bytesB = new Uint8Array(16), wordsB = new Int32Array(bytesB.buffer);
const halvesA = new Uint16Array(bytesA.buffer), halvesB = new Uint16Array(bytesB.buffer);

function putA(x0: number, x1: number, x2: number, x3: number): void {
  wordsA[0] = x0;
  wordsA[1] = x1;
  wordsA[2] = x2;
  wordsA[3] = x3;
}

function putB(x0: number, x1: number, x2: number, x3: number): void {
  wordsB[0] = x0;
  wordsB[1] = x1;
  wordsB[2] = x2;
  wordsB[3] = x3;
}

/** Eight sums of absolute differences of a quadruple of b (immediate bits 0-1) and the quadruples of a from byte 0 or 4 (bit 2) on. */
export const MPSADBW = pure("vec.mpsadbw", ["v128", "v128"], "v128", (
  a0: number, a1: number, a2: number, a3: number, b0: number, b1: number, b2: number, b3: number, imm: number,
) => {
  putA(a0, a1, a2, a3);
  putB(b0, b1, b2, b3);
  const at = imm & 4, from = (imm & 3) << 2;
  for (let i = 0; i < 4; i++) RESULT[i] = 0;
  for (let i = 0; i < 8; i++) {
    let sum = 0;
    for (let k = 0; k < 4; k++) sum += Math.abs(bytesA[at + i + k]! - bytesB[from + k]!);
    RESULT[i >> 1]! |= sum << ((i & 1) << 4);
  }
}, true);

/** The smallest word, unsigned, and above it the number of its first occurrence. */
export const PHMINPOSUW = pure("vec.phminposuw", ["v128"], "i32", (a0: number, a1: number, a2: number, a3: number) => {
  putA(a0, a1, a2, a3);
  let best = 0;
  for (let i = 1; i < 8; i++) if (halvesA[i]! < halvesA[best]!) best = i;
  return halvesA[best]! | (best << 16);
});

/** Bits of the immediate of PCMPxSTRx (Intel SDM vol. 2, 4.1). */
const WORDS = 1, SIGNED = 2, INDEX_MSB = 0x40;

function elementA(imm: number, i: number): number {
  if (imm & WORDS) return imm & SIGNED ? (halvesA[i]! << 16) >> 16 : halvesA[i]!;
  return imm & SIGNED ? (bytesA[i]! << 24) >> 24 : bytesA[i]!;
}

function elementB(imm: number, i: number): number {
  if (imm & WORDS) return imm & SIGNED ? (halvesB[i]! << 16) >> 16 : halvesB[i]!;
  return imm & SIGNED ? (bytesB[i]! << 24) >> 24 : bytesB[i]!;
}

/** IntRes1: one bit for each element of b. */
function aggregate(imm: number, n: number, la: number, lb: number): number {
  let bits = 0;
  for (let j = 0; j < n; j++) {
    let hit = false;
    switch ((imm >> 2) & 3) {
      case 0: // equal any
        for (let i = 0; i < la && j < lb && !hit; i++) hit = elementA(imm, i) === elementB(imm, j);
        break;
      case 1: // ranges
        for (let i = 0; i + 1 < la && j < lb && !hit; i += 2) hit = elementB(imm, j) >= elementA(imm, i) && elementB(imm, j) <= elementA(imm, i + 1);
        break;
      case 2: // equal each
        hit = j < la && j < lb ? elementA(imm, j) === elementB(imm, j) : j >= la && j >= lb;
        break;
      default: // equal ordered
        hit = true;
        for (let i = 0; i < la && i + j < n && hit; i++) hit = i + j < lb && elementA(imm, i) === elementB(imm, i + j);
    }
    if (hit) bits |= 1 << j;
  }
  return bits;
}

/** IntRes2 in bits 0 to 15, the flags from bit 16 on. */
function compareStrings(imm: number, la: number, lb: number): number {
  const n = imm & WORDS ? 8 : 16;
  const all = (1 << n) - 1;
  let bits = aggregate(imm, n, la, lb);
  if (imm & 0x10) bits ^= imm & 0x20 ? (1 << lb) - 1 : all;
  const flags = (bits !== 0 ? CF : 0) | (lb < n ? ZF : 0) | (la < n ? SF : 0) | (bits & 1 ? OF : 0);
  return bits | (flags << 16);
}

/** Lengths are given (EAX, EDX); their magnitudes count, up to the number of elements. */
export const PCMPESTR = pure("vec.pcmpestr", ["v128", "v128", "i32", "i32"], "i32", (
  a0: number, a1: number, a2: number, a3: number, b0: number, b1: number, b2: number, b3: number, la: number, lb: number, imm: number,
) => {
  putA(a0, a1, a2, a3);
  putB(b0, b1, b2, b3);
  const n = imm & WORDS ? 8 : 16;
  return compareStrings(imm, Math.min(n, Math.abs(la)), Math.min(n, Math.abs(lb)));
}, true);

/** Strings end at an element of 0. */
export const PCMPISTR = pure("vec.pcmpistr", ["v128", "v128"], "i32", (
  a0: number, a1: number, a2: number, a3: number, b0: number, b1: number, b2: number, b3: number, imm: number,
) => {
  putA(a0, a1, a2, a3);
  putB(b0, b1, b2, b3);
  const n = imm & WORDS ? 8 : 16;
  let la = 0, lb = 0;
  while (la < n && elementA(imm, la) !== 0) la++;
  while (lb < n && elementB(imm, lb) !== 0) lb++;
  return compareStrings(imm, la, lb);
}, true);

/** Number of the first or (immediate bit 6) last bit set in IntRes2, the number of elements if there is none. */
export const STRING_INDEX = pure("vec.stringindex", ["i32"], "i32", (r: number, imm: number) => {
  const bits = r & 0xffff;
  if (bits === 0) return imm & WORDS ? 8 : 16;
  return 31 - Math.clz32(imm & INDEX_MSB ? bits : bits & -bits);
}, true);

/** Four bits (two for words) as the elements of a lane. */
export const EXPAND_MASK = pure("vec.expandmask", ["i32"], "i32", (bits: number, imm: number) => {
  if (imm & WORDS) return (bits & 1 ? 0xffff : 0) | (bits & 2 ? 0xffff0000 : 0);
  return (bits & 1 ? 0xff : 0) | (bits & 2 ? 0xff00 : 0) | (bits & 4 ? 0xff0000 : 0) | (bits & 8 ? 0xff000000 : 0);
}, true);

/** CRC-32C by bytes, reflected. */
const CRC = Int32Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? (n >>> 1) ^ 0x82f63b78 : n >>> 1;
  return n;
});

/** Add the low 1, 2 or 4 bytes (immediate) of a value to a checksum. */
export const CRC32C = pure("vec.crc32c", ["i32", "i32"], "i32", (crc: number, value: number, bytes: number) => {
  for (let k = 0; k < bytes; k++) {
    crc = CRC[(crc ^ value) & 0xff]! ^ (crc >>> 8);
    value >>>= 8;
  }
  return crc;
}, true);
