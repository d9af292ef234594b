/**
 * Lazy flags. The six arithmetic flags (CF PF AF ZF SF OF) are kept as a triple (kind, a, r) in the state and computed
 * from it only when somebody looks. `a` and `r` are zero-extended when the operand is narrower than 32 bits; operands of 64 bits
 * have a high word each beside them, which means nothing with any other size.
 *
 * kind = family << 3 | carry-in << 2 | size code (0: 8, 1: 16, 2: 32, 3: 64 bits)
 *
 * family    flags
 * RAW       a holds the six flags at their EFLAGS positions; r is unused
 * ADD       r = a + b + carry-in
 * SUB       r = a - b - carry-in (also CMP, NEG with a = 0)
 * RES       ZF SF PF from r; CF AF OF are bits 0, 4, 11 of a (logic: a = 0)
 * INC DEC   r = old ± 1; a is the preserved CF (0 or 1)
 */
export const enum FlagFamily { RAW, ADD, SUB, RES, INC, DEC }
export const enum FlagSize { B8, B16, B32, B64 }

export const CF = 1, PF = 4, AF = 16, ZF = 64, SF = 128, DF = 0x400, OF = 0x800;
/** All arithmetic flags. */
export const ARITH = CF | PF | AF | ZF | SF | OF;

export function flagKind(family: FlagFamily, size: FlagSize): number {
  return (family << 3) | size;
}

/** Condition codes as encoded in Jcc/SETcc/CMOVcc. */
export const enum Cond { O, NO, B, AE, E, NE, BE, A, S, NS, P, NP, L, GE, LE, G }
export const COND_NAMES: readonly string[] = ["o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g"];
/** The arithmetic flags that each condition reads. */
export const COND_READS: readonly number[] = [OF, CF, ZF, CF | ZF, SF, PF, SF | OF, SF | OF | ZF].flatMap((m) => [m, m]);

/** PF of the low byte of x. */
export function parity(x: number): number {
  x ^= x >> 4;
  return (0x9669 >> (x & 15)) & 1;
}

/** The six flags of a lazy triple at their EFLAGS positions, for operands up to 32 bits. */
export function flagsOf(kind: number, a: number, r: number): number {
  const family = kind >> 3;
  if (family === FlagFamily.RAW) return a & ARITH;
  const shift = (kind & 3) === 0 ? 24 : (kind & 3) === 1 ? 16 : 0;
  const cin = (kind >> 2) & 1;
  let f = ((r << shift) === 0 ? ZF : 0) | ((r << shift) < 0 ? SF : 0) | (parity(r) << 2);
  switch (family) {
    case FlagFamily.ADD: {
      const b = (r - a - cin) | 0;
      if (cin ? ((r << shift) >>> 0) <= ((a << shift) >>> 0) : ((r << shift) >>> 0) < ((a << shift) >>> 0)) f |= CF;
      if ((((a ^ r) & (b ^ r)) << shift) < 0) f |= OF;
      return f | ((a ^ b ^ r) & AF);
    }
    case FlagFamily.SUB: {
      const b = (a - r - cin) | 0;
      if (cin ? ((a << shift) >>> 0) <= ((b << shift) >>> 0) : ((a << shift) >>> 0) < ((b << shift) >>> 0)) f |= CF;
      if ((((a ^ b) & (a ^ r)) << shift) < 0) f |= OF;
      return f | ((a ^ b ^ r) & AF);
    }
    case FlagFamily.RES:
      return f | (a & (CF | AF | OF));
    case FlagFamily.INC:
      return f | (a & CF) | ((r << shift) === (0x80000000 | 0) ? OF : 0) | ((r & 15) === 0 ? AF : 0);
    default: // DEC: the old value was the most negative one
      return f | (a & CF) | (((r + 1) << shift) === (0x80000000 | 0) ? OF : 0) | ((r & 15) === 15 ? AF : 0);
  }
}

/** Whether a kind is that of an operation on 64 bits. */
export function isWideKind(kind: number): boolean {
  return (kind & 3) === FlagSize.B64 && kind >> 3 !== FlagFamily.RAW;
}

/** The six flags of a lazy triple with its high words, for any kind. */
export function flagsOfWide(kind: number, a: number, aHigh: number, r: number, rHigh: number): number {
  if (!isWideKind(kind)) return flagsOf(kind, a, r);
  const cin = (kind >> 2) & 1;
  const f = ((r | rHigh) === 0 ? ZF : 0) | (rHigh < 0 ? SF : 0) | (parity(r) << 2);
  switch (kind >> 3) {
    case FlagFamily.ADD: {
      const carry = below(r, rHigh, a, aHigh, cin);
      const b = (r - a - cin) | 0, bHigh = (rHigh - aHigh - borrow(r, a, cin)) | 0;
      return f | (carry ? CF : 0) | (((aHigh ^ rHigh) & (bHigh ^ rHigh)) < 0 ? OF : 0) | ((a ^ b ^ r) & AF);
    }
    case FlagFamily.SUB: {
      const b = (a - r - cin) | 0, bHigh = (aHigh - rHigh - borrow(a, r, cin)) | 0;
      return f | (below(a, aHigh, b, bHigh, cin) ? CF : 0) | (((aHigh ^ bHigh) & (aHigh ^ rHigh)) < 0 ? OF : 0) | ((a ^ b ^ r) & AF);
    }
    case FlagFamily.RES:
      return f | (a & (CF | AF | OF));
    case FlagFamily.INC:
      return f | (a & CF) | (r === 0 && rHigh === (0x80000000 | 0) ? OF : 0) | ((r & 15) === 0 ? AF : 0);
    default:
      return f | (a & CF) | (r === -1 && rHigh === 0x7fffffff ? OF : 0) | ((r & 15) === 15 ? AF : 0);
  }
}

/** What the high words' difference loses to that of the low words. */
function borrow(x: number, y: number, cin: number): number {
  return (cin ? x >>> 0 <= y >>> 0 : x >>> 0 < y >>> 0) ? 1 : 0;
}

/** x < y, or x <= y with `orEqual`, as unsigned numbers of 64 bits. */
function below(x: number, xHigh: number, y: number, yHigh: number, orEqual: number): boolean {
  if (xHigh !== yHigh) return xHigh >>> 0 < yHigh >>> 0;
  return orEqual ? x >>> 0 <= y >>> 0 : x >>> 0 < y >>> 0;
}

/** Whether condition cc holds for a set of flags. */
export function condOf(cc: number, f: number): boolean {
  let v: boolean;
  switch (cc >> 1) {
    case 0: v = (f & OF) !== 0; break;
    case 1: v = (f & CF) !== 0; break;
    case 2: v = (f & ZF) !== 0; break;
    case 3: v = (f & (CF | ZF)) !== 0; break;
    case 4: v = (f & SF) !== 0; break;
    case 5: v = (f & PF) !== 0; break;
    case 6: v = ((f >> 7) & 1) !== ((f >> 11) & 1); break;
    default: v = (f & ZF) !== 0 || ((f >> 7) & 1) !== ((f >> 11) & 1);
  }
  return v !== ((cc & 1) === 1);
}
