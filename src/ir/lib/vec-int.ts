import { lanewise } from "../op.js";

/**
 * Packed 8- and 16-bit integers of MMX and SSE, four bytes or two words in an int32 lane at a time. A lane's elements are computed together
 * (SWAR): carries are kept from crossing elements by adding without the top bits, which are then put right. `H` names the top bits.
 */
const H8 = 0x80808080 | 0, L8 = 0x7f7f7f7f, ONE8 = 0x01010101;
const H16 = 0x80008000 | 0, L16 = 0x7fff7fff, ONE16 = 0x00010001;

export function addB(a: number, b: number): number {
  return ((a & L8) + (b & L8)) ^ ((a ^ b) & H8);
}

export function subB(a: number, b: number): number {
  return ((a | H8) - (b & L8)) ^ ((a ^ ~b) & H8);
}

export function addW(a: number, b: number): number {
  return ((a & L16) + (b & L16)) ^ ((a ^ b) & H16);
}

export function subW(a: number, b: number): number {
  return ((a | H16) - (b & L16)) ^ ((a ^ ~b) & H16);
}

/** Elements all ones where their top bit is set in h (which has no other bits). */
function spreadB(h: number): number {
  return Math.imul(h >>> 7, 0xff);
}

function spreadW(h: number): number {
  return Math.imul(h >>> 15, 0xffff);
}

/** Elements all ones where a < b, unsigned: the borrow of a - b. */
function belowB(a: number, b: number): number {
  return spreadB(((~a & b) | ((~a | b) & subB(a, b))) & H8);
}

function belowW(a: number, b: number): number {
  return spreadW(((~a & b) | ((~a | b) & subW(a, b))) & H16);
}

function lessB(a: number, b: number): number {
  return belowB(a ^ H8, b ^ H8);
}

function lessW(a: number, b: number): number {
  return belowW(a ^ H16, b ^ H16);
}

function equalB(a: number, b: number): number {
  const x = a ^ b;
  return spreadB(~(((x & L8) + L8) | x) & H8);
}

function equalW(a: number, b: number): number {
  const x = a ^ b;
  return spreadW(~(((x & L16) + L16) | x) & H16);
}

function choose(mask: number, a: number, b: number): number {
  return (a & mask) | (b & ~mask);
}

/** The bound that a signed element which overflowed stops at has the sign of its first operand. */
function boundB(a: number): number {
  return ((a >>> 7) & ONE8) + L8;
}

function boundW(a: number): number {
  return ((a >>> 15) & ONE16) + L16;
}

export function sat16(v: number): number {
  return v > 32767 ? 32767 : v < -32768 ? -32768 : v;
}

export const PADDB = lanewise("vec.paddb", 2, addB);
export const PADDW = lanewise("vec.paddw", 2, addW);
export const PSUBB = lanewise("vec.psubb", 2, subB);
export const PSUBW = lanewise("vec.psubw", 2, subW);

export const PADDUSB = lanewise("vec.paddusb", 2, (a: number, b: number) => {
  const s = addB(a, b);
  return s | spreadB(((a & b) | ((a | b) & ~s)) & H8);
});
export const PADDUSW = lanewise("vec.paddusw", 2, (a: number, b: number) => {
  const s = addW(a, b);
  return s | spreadW(((a & b) | ((a | b) & ~s)) & H16);
});
export const PSUBUSB = lanewise("vec.psubusb", 2, (a: number, b: number) => subB(a, b) & ~belowB(a, b));
export const PSUBUSW = lanewise("vec.psubusw", 2, (a: number, b: number) => subW(a, b) & ~belowW(a, b));
export const PADDSB = lanewise("vec.paddsb", 2, (a: number, b: number) => {
  const s = addB(a, b);
  return choose(spreadB(~(a ^ b) & (a ^ s) & H8), boundB(a), s);
});
export const PADDSW = lanewise("vec.paddsw", 2, (a: number, b: number) => {
  const s = addW(a, b);
  return choose(spreadW(~(a ^ b) & (a ^ s) & H16), boundW(a), s);
});
export const PSUBSB = lanewise("vec.psubsb", 2, (a: number, b: number) => {
  const s = subB(a, b);
  return choose(spreadB((a ^ b) & (a ^ s) & H8), boundB(a), s);
});
export const PSUBSW = lanewise("vec.psubsw", 2, (a: number, b: number) => {
  const s = subW(a, b);
  return choose(spreadW((a ^ b) & (a ^ s) & H16), boundW(a), s);
});

// rounded up: a | b is the average plus half of what differs
export const PAVGB = lanewise("vec.pavgb", 2, (a: number, b: number) => ((a | b) - (((a ^ b) & 0xfefefefe) >>> 1)) | 0);
export const PAVGW = lanewise("vec.pavgw", 2, (a: number, b: number) => ((a | b) - (((a ^ b) & 0xfffefffe) >>> 1)) | 0);

export const PMINUB = lanewise("vec.pminub", 2, (a: number, b: number) => choose(belowB(a, b), a, b));
export const PMAXUB = lanewise("vec.pmaxub", 2, (a: number, b: number) => choose(belowB(a, b), b, a));
export const PMINUW = lanewise("vec.pminuw", 2, (a: number, b: number) => choose(belowW(a, b), a, b));
export const PMAXUW = lanewise("vec.pmaxuw", 2, (a: number, b: number) => choose(belowW(a, b), b, a));
export const PMINSB = lanewise("vec.pminsb", 2, (a: number, b: number) => choose(lessB(a, b), a, b));
export const PMAXSB = lanewise("vec.pmaxsb", 2, (a: number, b: number) => choose(lessB(a, b), b, a));
export const PMINSW = lanewise("vec.pminsw", 2, (a: number, b: number) => choose(lessW(a, b), a, b));
export const PMAXSW = lanewise("vec.pmaxsw", 2, (a: number, b: number) => choose(lessW(a, b), b, a));
export const PMINUD = lanewise("vec.pminud", 2, (a: number, b: number) => (a >>> 0 < b >>> 0 ? a : b));
export const PMAXUD = lanewise("vec.pmaxud", 2, (a: number, b: number) => (a >>> 0 < b >>> 0 ? b : a));
export const PMINSD = lanewise("vec.pminsd", 2, (a: number, b: number) => (a < b ? a : b));
export const PMAXSD = lanewise("vec.pmaxsd", 2, (a: number, b: number) => (a < b ? b : a));

export const PCMPEQB = lanewise("vec.pcmpeqb", 2, equalB);
export const PCMPEQW = lanewise("vec.pcmpeqw", 2, equalW);
export const PCMPGTB = lanewise("vec.pcmpgtb", 2, (a: number, b: number) => lessB(b, a));
export const PCMPGTW = lanewise("vec.pcmpgtw", 2, (a: number, b: number) => lessW(b, a));

export const PMULLD = lanewise("vec.pmulld", 2, (a: number, b: number) => Math.imul(a, b));
export const PANDN = lanewise("vec.pandn", 2, (a: number, b: number) => ~a & b);

export const PMULLW = lanewise("vec.pmullw", 2, (a: number, b: number) => (Math.imul(a, b) & 0xffff) | (Math.imul(a >>> 16, b >>> 16) << 16));
export const PMULHW = lanewise("vec.pmulhw", 2, (a: number, b: number) => (Math.imul((a << 16) >> 16, (b << 16) >> 16) >>> 16) | (Math.imul(a >> 16, b >> 16) & 0xffff0000));
export const PMULHUW = lanewise("vec.pmulhuw", 2, (a: number, b: number) => (Math.imul(a & 0xffff, b & 0xffff) >>> 16) | (Math.imul(a >>> 16, b >>> 16) & 0xffff0000));
export const PMULHRSW = lanewise("vec.pmulhrsw", 2, (a: number, b: number) => {
  const lo = ((Math.imul((a << 16) >> 16, (b << 16) >> 16) >> 14) + 1) >> 1;
  const hi = ((Math.imul(a >> 16, b >> 16) >> 14) + 1) >> 1;
  return (lo & 0xffff) | (hi << 16);
});
export const PMADDWD = lanewise("vec.pmaddwd", 2, (a: number, b: number) => (Math.imul((a << 16) >> 16, (b << 16) >> 16) + Math.imul(a >> 16, b >> 16)) | 0);
/** Unsigned bytes of a times signed bytes of b, neighbours added with saturation. */
export const PMADDUBSW = lanewise("vec.pmaddubsw", 2, (a: number, b: number) => {
  const lo = Math.imul(a & 0xff, (b << 24) >> 24) + Math.imul((a >>> 8) & 0xff, (b << 16) >> 24);
  const hi = Math.imul((a >>> 16) & 0xff, (b << 8) >> 24) + Math.imul(a >>> 24, b >> 24);
  return (sat16(lo) & 0xffff) | (sat16(hi) << 16);
});

/** Elements of a negated where b's are negative, 0 where b's are. */
export const PSIGNB = lanewise("vec.psignb", 2, (a: number, b: number) => {
  const m = spreadB(b & H8);
  return subB(a ^ m, m) & ~equalB(b, 0);
});
export const PSIGNW = lanewise("vec.psignw", 2, (a: number, b: number) => {
  const m = spreadW(b & H16);
  return subW(a ^ m, m) & ~equalW(b, 0);
});
export const PSIGND = lanewise("vec.psignd", 2, (a: number, b: number) => (b < 0 ? -a | 0 : b === 0 ? 0 : a));
export const PABSB = lanewise("vec.pabsb", 1, (a: number) => {
  const m = spreadB(a & H8);
  return subB(a ^ m, m);
});
export const PABSW = lanewise("vec.pabsw", 1, (a: number) => {
  const m = spreadW(a & H16);
  return subW(a ^ m, m);
});
export const PABSD = lanewise("vec.pabsd", 1, (a: number) => (a < 0 ? -a | 0 : a));

/** Bytes of the first operand where the mask's are negative, else of the second. */
export const PBLENDVB = lanewise("vec.pblendvb", 3, (a: number, b: number, mask: number) => choose(spreadB(mask & H8), a, b));
