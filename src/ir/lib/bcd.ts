import { AF, CF, OF, parity, SF, ZF } from "../flags.js";
import { pure } from "../op.js";

// Decimal adjustment (Intel SDM vol. 2: AAA AAD AAM AAS DAA DAS). Operands and results are packed: AX in the low half; for the
// result the six arithmetic flags at their EFLAGS positions in the high half. Flags that the manual leaves undefined are those of the
// additions and subtractions that the oracle's processor (AMD EPYC) makes of these instructions.

function szp8(x: number): number {
  x &= 0xff;
  return (x === 0 ? ZF : 0) | (x & SF) | (parity(x) << 2);
}

function szp16(x: number): number {
  return (x === 0 ? ZF : 0) | ((x >> 8) & SF) | (parity(x) << 2);
}

function pack(ax: number, flags: number): number {
  return ax | (flags << 16);
}

/** AL and the flags CF, AF -> AL with AH kept. */
export function daa(ax: number, flags: number): number {
  const al = ax & 0xff;
  const low = (al & 15) > 9 || (flags & AF) !== 0;
  const high = al > 0x99 || (flags & CF) !== 0;
  const adjust = (low ? 6 : 0) + (high ? 0x60 : 0);
  const r = (al + adjust) & 0xff;
  return pack((ax & 0xff00) | r, (high ? CF : 0) | (low ? AF : 0) | szp8(r) | (((al ^ r) & (adjust ^ r) & 0x80) << 4));
}

export function das(ax: number, flags: number): number {
  const al = ax & 0xff;
  const low = (al & 15) > 9 || (flags & AF) !== 0;
  const high = al > 0x99 || (flags & CF) !== 0;
  const adjust = (low ? 6 : 0) + (high ? 0x60 : 0);
  const r = (al - adjust) & 0xff;
  const carry = high || (low && al < 6);
  return pack((ax & 0xff00) | r, (carry ? CF : 0) | (low ? AF : 0) | szp8(r) | (((al ^ adjust) & (al ^ r) & 0x80) << 4));
}

export function aaa(ax: number, flags: number): number {
  ax &= 0xffff;
  if ((ax & 15) <= 9 && !(flags & AF)) return pack(ax & 0xff0f, szp16(ax));
  const r = (ax + 0x106) & 0xffff;
  return pack(r & 0xff0f, CF | AF | szp16(r) | (((~ax & r) >> 4) & OF));
}

export function aas(ax: number, flags: number): number {
  ax &= 0xffff;
  if ((ax & 15) <= 9 && !(flags & AF)) return pack(ax & 0xff0f, szp16(ax));
  const r = (ax - 0x106) & 0xffff;
  return pack(r & 0xff0f, CF | AF | szp16(r) | (((ax & ~r) >> 4) & OF));
}

/** AL and a base of 1 to 255 (0 raises #DE before). */
export function aam(ax: number, base: number): number {
  const al = ax & 0xff;
  const r = base === 0 ? 0 : (((al / base) | 0) << 8) | (al % base);
  return pack(r, szp8(r));
}

export function aad(ax: number, base: number): number {
  const al = ax & 0xff;
  const t = (((ax >> 8) & 0xff) * base) & 0xff;
  const r = (al + t) & 0xff;
  return pack(r, (al + t > 0xff ? CF : 0) | ((al ^ t ^ r) & AF) | szp8(r) | (((al ^ r) & (t ^ r) & 0x80) << 4));
}

export const DAA = pure("bcd.daa", ["i32", "i32"], "i32", daa);
export const DAS = pure("bcd.das", ["i32", "i32"], "i32", das);
export const AAA = pure("bcd.aaa", ["i32", "i32"], "i32", aaa);
export const AAS = pure("bcd.aas", ["i32", "i32"], "i32", aas);
export const AAM = pure("bcd.aam", ["i32", "i32"], "i32", aam);
export const AAD = pure("bcd.aad", ["i32", "i32"], "i32", aad);
