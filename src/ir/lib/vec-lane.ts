import { pure } from "../op.js";
import { addW, sat16, subW } from "./vec-int.js";

// Packed integers where a result's lane comes from several lanes, or its elements from other ones: each op computes one int32 lane.

function sat8(v: number): number {
  return v > 127 ? 127 : v < -128 ? -128 : v;
}

function satU8(v: number): number {
  return v > 255 ? 255 : v < 0 ? 0 : v;
}

function satU16(v: number): number {
  return v > 65535 ? 65535 : v < 0 ? 0 : v;
}

/** The four words of two lanes as bytes, signed saturation. */
export const PACKSSWB = pure("vec.packsswb", ["i32", "i32"], "i32", (a: number, b: number) =>
  (sat8((a << 16) >> 16) & 0xff) | ((sat8(a >> 16) & 0xff) << 8) | ((sat8((b << 16) >> 16) & 0xff) << 16) | (sat8(b >> 16) << 24));
export const PACKUSWB = pure("vec.packuswb", ["i32", "i32"], "i32", (a: number, b: number) =>
  satU8((a << 16) >> 16) | (satU8(a >> 16) << 8) | (satU8((b << 16) >> 16) << 16) | (satU8(b >> 16) << 24));
export const PACKSSDW = pure("vec.packssdw", ["i32", "i32"], "i32", (a: number, b: number) => (sat16(a) & 0xffff) | (sat16(b) << 16));
export const PACKUSDW = pure("vec.packusdw", ["i32", "i32"], "i32", (a: number, b: number) => satU16(a) | (satU16(b) << 16));

/** The low two bytes of both, interleaved. */
export const INTERLEAVE8 = pure("vec.interleave8", ["i32", "i32"], "i32", (a: number, b: number) =>
  (a & 0xff) | ((b & 0xff) << 8) | ((a & 0xff00) << 8) | ((b & 0xff00) << 16));
/** Low and high words of a lane, sign- or zero-extended from the low two bytes. */
export const SXBW = pure("vec.sxbw", ["i32"], "i32", (a: number) => (((a << 24) >> 24) & 0xffff) | (((a << 16) >> 24) << 16));
export const ZXBW = pure("vec.zxbw", ["i32"], "i32", (a: number) => (a & 0xff) | ((a & 0xff00) << 8));

/** Sums of neighbouring words of lane a, then of lane b. */
export const PHADDW = pure("vec.phaddw", ["i32", "i32"], "i32", (a: number, b: number) => addW((a & 0xffff) | (b << 16), (a >>> 16) | (b & 0xffff0000)));
export const PHSUBW = pure("vec.phsubw", ["i32", "i32"], "i32", (a: number, b: number) => subW((a & 0xffff) | (b << 16), (a >>> 16) | (b & 0xffff0000)));
export const PHADDSW = pure("vec.phaddsw", ["i32", "i32"], "i32", (a: number, b: number) =>
  (sat16(((a << 16) >> 16) + (a >> 16)) & 0xffff) | (sat16(((b << 16) >> 16) + (b >> 16)) << 16));
export const PHSUBSW = pure("vec.phsubsw", ["i32", "i32"], "i32", (a: number, b: number) =>
  (sat16(((a << 16) >> 16) - (a >> 16)) & 0xffff) | (sat16(((b << 16) >> 16) - (b >> 16)) << 16));

/** Sum of the absolute differences of the four bytes. */
export function sad4(a: number, b: number): number {
  return Math.abs((a & 0xff) - (b & 0xff)) + Math.abs(((a >>> 8) & 0xff) - ((b >>> 8) & 0xff)) +
    Math.abs(((a >>> 16) & 0xff) - ((b >>> 16) & 0xff)) + Math.abs((a >>> 24) - (b >>> 24));
}
export const SAD4 = pure("vec.sad4", ["i32", "i32"], "i32", sad4);

/** Top bits of the four bytes as bits 0 to 3. */
export const SIGNS8 = pure("vec.signs8", ["i32"], "i32", (a: number) => Math.imul((a >>> 7) & 0x01010101, 0x10204080) >>> 28);

function pick(control: number, s0: number, s1: number, s2: number, s3: number): number {
  if (control & 0x80) return 0;
  const s = control & 8 ? (control & 4 ? s3 : s2) : control & 4 ? s1 : s0;
  return (s >>> ((control & 3) << 3)) & 0xff;
}

/** Four bytes of 16 by number; 0 where the number is negative. */
export const PSHUFB = pure("vec.pshufb", ["i32", "i32", "i32", "i32", "i32"], "i32", (c: number, s0: number, s1: number, s2: number, s3: number) =>
  pick(c, s0, s1, s2, s3) | (pick(c >>> 8, s0, s1, s2, s3) << 8) | (pick(c >>> 16, s0, s1, s2, s3) << 16) | (pick(c >>> 24, s0, s1, s2, s3) << 24));

/** A shift count of 64 bits, at most 64. */
export const COUNT = pure("vec.count", ["i32", "i32"], "i32", (lo: number, hi: number) => (hi !== 0 || lo >>> 0 > 64 ? 64 : lo));
export const PSLLW = pure("vec.psllw", ["i32", "i32"], "i32", (a: number, n: number) => (n > 15 ? 0 : ((a << n) & 0xffff) | ((a >>> 16) << n << 16)));
export const PSRLW = pure("vec.psrlw", ["i32", "i32"], "i32", (a: number, n: number) => (n > 15 ? 0 : ((a & 0xffff) >>> n) | (a >>> 16 >>> n << 16)));
export const PSRAW = pure("vec.psraw", ["i32", "i32"], "i32", (a: number, n: number) => {
  if (n > 15) n = 15;
  return (((a << 16) >> 16 >> n) & 0xffff) | ((a >> 16 >> n) << 16);
});
export const PSLLD = pure("vec.pslld", ["i32", "i32"], "i32", (a: number, n: number) => (n > 31 ? 0 : a << n));
export const PSRLD = pure("vec.psrld", ["i32", "i32"], "i32", (a: number, n: number) => (n > 31 ? 0 : (a >>> n) | 0));
export const PSRAD = pure("vec.psrad", ["i32", "i32"], "i32", (a: number, n: number) => a >> (n > 31 ? 31 : n));
/** High word of hi:lo << n, and low word of hi:lo >>> n (with the operands the other way round). */
export const PSLLQ_HI = pure("vec.psllq.hi", ["i32", "i32", "i32"], "i32", (lo: number, hi: number, n: number) =>
  (n > 63 ? 0 : n > 31 ? lo << (n - 32) : n > 0 ? (hi << n) | (lo >>> (32 - n)) : hi));
export const PSRLQ_LO = pure("vec.psrlq.lo", ["i32", "i32", "i32"], "i32", (lo: number, hi: number, n: number) =>
  (n > 63 ? 0 : n > 31 ? hi >>> (n - 32) : n > 0 ? (lo >>> n) | (hi << (32 - n)) : lo) | 0);
