/**
 * The 80-bit extended format of the x87 in int32 lanes (Intel SDM vol. 1, 4.2, 4.8, 4.9 and 8.1.5 to 8.5).
 *
 * A number is (lo, hi, se): the significand's halves, its integer bit explicit as bit 31 of hi, and 15 bits of exponent (bias 3FFFh)
 * under the sign in bit 15 of se. Arithmetic takes lanes and the control word, puts the result's lanes into Z[0..2] and returns the
 * exception flags it raises at their places in the status word, with C1 if the significand was rounded up. Where an exception of
 * operands (IE, DE, ZE) is unmasked the result is meaningless, and the caller must not store it.
 */

export const IE = 1, DE = 2, ZE = 4, OE = 8, UE = 16, PE = 32, SF = 64, ES = 128;
export const C0 = 0x100, C1 = 0x200, C2 = 0x400, C3 = 0x4000, BUSY = 0x8000;

export const BIAS = 0x3fff;
export const EXP_MAX = 0x7fff;
/** The bias adjustment of unmasked overflow and underflow. */
export const WRAP = 0x6000;
const MIN = 0x80000000 | 0;
const QUIET = 0x40000000;

/** Result lanes: low, high, sign and exponent. */
export const Z = new Int32Array(3);
/** Scratch: three words from most to least significant. */
export const T = new Int32Array(3);

export function put(lo: number, hi: number, se: number): void {
  Z[0] = lo;
  Z[1] = hi;
  Z[2] = se;
}

/** The default NaN, as every invalid operation gives it. */
export function invalid(): number {
  put(0, 0xc0000000 | 0, 0xffff);
  return IE;
}

export function zero(sign: number): number {
  put(0, 0, sign);
  return 0;
}

export function infinity(sign: number): number {
  put(0, MIN, sign | EXP_MAX);
  return 0;
}

export function isNaN80(hi: number, lo: number, se: number): boolean {
  return (se & EXP_MAX) === EXP_MAX && hi < 0 && ((hi << 1) | lo) !== 0;
}

export function isSignaling(hi: number, lo: number, se: number): boolean {
  return (se & EXP_MAX) === EXP_MAX && hi < 0 && (hi & QUIET) === 0 && ((hi << 1) | lo) !== 0;
}

/** Unnormals, pseudo-NaNs and pseudo-infinities: what has an exponent but no integer bit. */
export function isUnsupported(hi: number, se: number): boolean {
  return hi >= 0 && (se & EXP_MAX) !== 0;
}

export function isZero(hi: number, lo: number, se: number): boolean {
  return (hi | lo | (se & EXP_MAX)) === 0;
}

/** Denormals and pseudo-denormals. */
export function isDenormal(hi: number, lo: number, se: number): boolean {
  return (se & EXP_MAX) === 0 && (hi | lo) !== 0;
}

/**
 * What two operands, one of them a NaN or unsupported, give (SDM vol. 1, table 4-7): the larger significand of two NaNs of the same kind,
 * a quiet one before a signaling one, quieted.
 */
export function nan2(al: number, ah: number, as: number, bl: number, bh: number, bs: number): number {
  if (isUnsupported(ah, as) || isUnsupported(bh, bs)) return invalid();
  const aNaN = isNaN80(ah, al, as), bNaN = isNaN80(bh, bl, bs);
  const aSig = aNaN && (ah & QUIET) === 0, bSig = bNaN && (bh & QUIET) === 0;
  let first: boolean;
  if (!bNaN) first = true;
  else if (!aNaN) first = false;
  else if (aSig !== bSig) first = bSig;
  else if (ah !== bh) first = ah >>> 0 > bh >>> 0;
  else if (al !== bl) first = al >>> 0 > bl >>> 0;
  else first = as < bs;
  if (first) put(al, ah | QUIET, as);
  else put(bl, bh | QUIET, bs);
  return aSig || bSig ? IE : 0;
}

/** The same for one operand. */
export function nan1(al: number, ah: number, as: number): number {
  if (isUnsupported(ah, as)) return invalid();
  put(al, ah | QUIET, as);
  return (ah & QUIET) === 0 ? IE : 0;
}

/** High word of (hi, lo) << n for n of 0 to 63. */
export function shlHi(hi: number, lo: number, n: number): number {
  return n >= 32 ? lo << (n - 32) : n === 0 ? hi : (hi << n) | (lo >>> (32 - n));
}

export function shlLo(lo: number, n: number): number {
  return n >= 32 ? 0 : lo << n;
}

/** Leading zeros of a significand that is not 0. */
export function clz64(hi: number, lo: number): number {
  return hi !== 0 ? Math.clz32(hi) : 32 + Math.clz32(lo);
}

/** T = (hi, lo, ext) >> n with bits that fall out ORed into the lowest one; n >= 0. */
export function shiftRightJam(hi: number, lo: number, ext: number, n: number): void {
  if (n === 0) {
    T[0] = hi;
    T[1] = lo;
    T[2] = ext;
  } else if (n < 32) {
    const m = 32 - n;
    T[2] = (lo << m) | (ext >>> n) | (ext << m !== 0 ? 1 : 0);
    T[1] = (hi << m) | (lo >>> n);
    T[0] = hi >>> n;
  } else if (n < 64) {
    n -= 32;
    const lost = (n === 0 ? ext : ext | (lo << (32 - n))) !== 0 ? 1 : 0;
    T[2] = (n === 0 ? lo : (hi << (32 - n)) | (lo >>> n)) | lost;
    T[1] = hi >>> n;
    T[0] = 0;
  } else {
    n -= 64;
    const lost = (n === 0 ? lo | ext : n >= 32 ? hi | lo | ext : (hi << (32 - n)) | lo | ext) !== 0 ? 1 : 0;
    T[2] = (n >= 32 ? 0 : hi >>> n) | lost;
    T[1] = 0;
    T[0] = 0;
  }
}

/** Whether a magnitude whose lost bits are `ext` (in units of 2^-32 of the last place, lowest bit sticky) goes up. */
function up(cw: number, sign: number, odd: number, ext: number): boolean {
  switch (cw & 0xc00) {
    case 0: return ext < 0 && (odd !== 0 || (ext & 0x7fffffff) !== 0);
    case 0x400: return sign !== 0 && ext !== 0;
    case 0x800: return sign === 0 && ext !== 0;
    default: return false;
  }
}

/**
 * Round at the precision of the control word. On entry the value is (hi, lo, ext) * 2^(exp - BIAS - 63), with bit 31 of hi set and the lowest
 * bit of ext sticky; `sign` is 0 or 8000h, and exp may be out of range.
 */
export function round(sign: number, exp: number, hi: number, lo: number, ext: number, cw: number): number {
  const pc = cw & 0x300;
  if (pc & 0x100 && exp > 0 && exp < EXP_MAX - 1) {
    // the common case: 64 bits, and the exponent stays in range
    if (ext === 0) {
      Z[0] = lo;
      Z[1] = hi;
      Z[2] = sign | exp;
      return 0;
    }
    if (!up(cw, sign, lo & 1, ext)) {
      Z[0] = lo;
      Z[1] = hi;
      Z[2] = sign | exp;
      return PE;
    }
    lo = (lo + 1) | 0;
    if (lo === 0) {
      hi = (hi + 1) | 0;
      if (hi === 0) {
        hi = MIN;
        exp++;
      }
    }
    Z[0] = lo;
    Z[1] = hi;
    Z[2] = sign | exp;
    return PE | C1;
  }
  return roundSlow(sign, exp, hi, lo, ext, cw);
}

/** T = the significand rounded at the control word's precision (T[0] = 0: it carried out to 2^64); returns PE and C1. */
function roundSignificand(sign: number, hi: number, lo: number, ext: number, cw: number): number {
  const pc = cw & 0x300;
  if (pc & 0x100) {
    const inc = up(cw, sign, lo & 1, ext);
    if (inc) {
      lo = (lo + 1) | 0;
      if (lo === 0) hi = (hi + 1) | 0;
    }
    T[0] = hi;
    T[1] = lo;
    return ext === 0 ? 0 : inc ? PE | C1 : PE;
  }
  if (pc === 0x200) {
    const rest = (lo << 21) | (ext !== 0 ? 1 : 0);
    const inc = up(cw, sign, lo & 0x800, rest);
    lo &= ~0x7ff;
    if (inc) {
      lo = (lo + 0x800) | 0;
      if (lo === 0) hi = (hi + 1) | 0;
    }
    T[0] = hi;
    T[1] = lo;
    return rest === 0 ? 0 : inc ? PE | C1 : PE;
  }
  const rest = (hi << 24) | ((lo | ext) !== 0 ? 1 : 0);
  const inc = up(cw, sign, hi & 0x100, rest);
  hi &= ~0xff;
  if (inc) hi = (hi + 0x100) | 0;
  T[0] = hi;
  T[1] = 0;
  return rest === 0 ? 0 : inc ? PE | C1 : PE;
}

function roundSlow(sign: number, exp: number, hi: number, lo: number, ext: number, cw: number): number {
  let flags = roundSignificand(sign, hi, lo, ext, cw);
  let rhi = T[0]!, rlo = T[1]!, rexp = exp;
  if (rhi >= 0) {
    rhi = MIN;
    rexp++;
  }
  if (rexp < 1) {
    // tiny after rounding as if the exponent were unbounded
    if (cw & UE) {
      shiftRightJam(hi, lo, ext, 1 - exp);
      flags = roundSignificand(sign, T[0]!, T[1]!, T[2]!, cw);
      put(T[1]!, T[0]!, sign | (T[0]! < 0 ? 1 : 0));
      return flags ? flags | UE : 0;
    }
    // FSCALE may go beyond even that
    if (rexp + WRAP < 1) {
      zero(sign);
      return UE | PE;
    }
    put(rlo, rhi, sign | (rexp + WRAP));
    return flags | UE;
  }
  if (exp < 1) {
    // rounds up to the least normal number, but as a denormal it may be rounded differently
    shiftRightJam(hi, lo, ext, 1 - exp);
    flags = roundSignificand(sign, T[0]!, T[1]!, T[2]!, cw);
    put(T[1]!, T[0]!, sign | (T[0]! < 0 ? 1 : 0));
    return flags;
  }
  if (rexp >= EXP_MAX) {
    if (!(cw & OE)) {
      if (rexp - WRAP >= EXP_MAX) {
        infinity(sign);
        return OE | PE | C1;
      }
      put(rlo, rhi, sign | (rexp - WRAP));
      return flags | OE;
    }
    return overflow(sign, cw);
  }
  put(rlo, rhi, sign | rexp);
  return flags;
}

/** Masked overflow: infinity, or the largest finite number of the precision, by rounding mode. */
export function overflow(sign: number, cw: number): number {
  const rc = cw & 0xc00;
  if (rc === 0 || rc === (sign ? 0x400 : 0x800)) {
    infinity(sign);
    return OE | PE | C1;
  }
  const pc = cw & 0x300;
  put(pc & 0x100 ? -1 : pc ? ~0x7ff : 0, pc ? -1 : ~0xff, sign | (EXP_MAX - 1));
  return OE | PE;
}

/** Normalise a significand that is not 0 and round it. */
export function normRound(sign: number, exp: number, hi: number, lo: number, ext: number, cw: number): number {
  if (hi >= 0) {
    if (hi === 0) {
      hi = lo;
      lo = ext;
      ext = 0;
      exp -= 32;
      if (hi === 0) {
        hi = lo;
        lo = 0;
        exp -= 32;
      }
    }
    const n = Math.clz32(hi);
    if (n !== 0) {
      hi = (hi << n) | (lo >>> (32 - n));
      lo = (lo << n) | (ext >>> (32 - n));
      ext <<= n;
      exp -= n;
    }
  }
  return round(sign, exp, hi, lo, ext, cw);
}
