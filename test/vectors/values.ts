import type { Random } from "./random.js";

/** What an operand's bytes mean: the choice of interesting values follows it. */
export type Lane = "i8" | "i16" | "i32" | "i64" | "f32" | "f64" | "f80" | "bcd" | "text";

export const LANE_BYTES: Readonly<Record<Lane, number>> = { i8: 1, i16: 2, i32: 4, i64: 8, f32: 4, f64: 8, f80: 10, bcd: 10, text: 1 };

const I32 = [0, 1, -1, 2, -2, 0x7fffffff, -0x80000000, -0x7fffffff, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x10000, 0x55555555, 0xaaaaaaaa | 0];
const F32 = [
  0, 0x80000000, 0x3f800000, 0xbf800000, 0x00000001, 0x80000001, 0x007fffff, 0x00800000, 0x80800000, 0x7f7fffff, 0xff7fffff, 0x7f800000, 0xff800000, 0x7fc00000,
  0xffc00000, 0x7fc12345, 0x7f800001, 0xffa00001, 0x3f000000, 0xbf000000, 0x3fc00000, 0x40200000, 0x4f000000, 0xcf000000, 0x4effffff, 0x5f000000, 0x4b000000, 0x4b000001,
  0x33800000, 0x3f7fffff, 0x3f800001, 0x3eaaaaab, 0x40490fdb,
];
const F64: readonly (readonly [hi: number, lo: number])[] = [
  [0, 0], [0x80000000, 0], [0x3ff00000, 0], [0xbff00000, 0], [0, 1], [0x80000000, 1], [0x000fffff, 0xffffffff], [0x00100000, 0], [0x7fefffff, 0xffffffff],
  [0xffefffff, 0xffffffff], [0x7ff00000, 0], [0xfff00000, 0], [0x7ff80000, 0], [0xfff80000, 0], [0x7ff81234, 0x56789abc], [0x7ff00000, 1], [0xfff40000, 1],
  [0x3fe00000, 0], [0xbfe00000, 0], [0x3ff80000, 0], [0x40040000, 0], [0x41e00000, 0], [0xc1e00000, 0], [0x41dfffff, 0xffc00000], [0x41dfffff, 0xffffffff],
  [0xc1e00000, 0x00100000], [0x43e00000, 0], [0xc3e00000, 0], [0x43300000, 0], [0x43300000, 1], [0x3ca00000, 0], [0x3fefffff, 0xffffffff], [0x3ff00000, 1],
  [0x47efffff, 0xe0000000], [0x47efffff, 0xf0000000], [0x36a00000, 0], [0x380fffff, 0xffffffff], [0x3fd55555, 0x55555555], [0x400921fb, 0x54442d18],
];
/** sign and exponent, mantissa high, low */
const F80: readonly (readonly [number, number, number])[] = [
  [0, 0, 0], [0x8000, 0, 0], [0x3fff, 0x80000000, 0], [0xbfff, 0x80000000, 0], [0, 0, 1], [0x8000, 0x7fffffff, 0xffffffff], [0, 0x80000000, 0], [0, 0x80000000, 5],
  [1, 0x80000000, 0], [0x7ffe, 0xffffffff, 0xffffffff], [0xfffe, 0xffffffff, 0xffffffff], [0x7fff, 0x80000000, 0], [0xffff, 0x80000000, 0], [0x7fff, 0xc0000000, 0],
  [0xffff, 0xc0000000, 0], [0x7fff, 0xc1234567, 0x89abcdef], [0x7fff, 0x80000000, 1], [0xffff, 0xa0000000, 7], [0x3ffe, 0x80000000, 0], [0xbffe, 0x80000000, 0],
  [0x3fff, 0xc0000000, 0], [0x4000, 0xa0000000, 0], [0x401e, 0x80000000, 0], [0xc01e, 0x80000000, 0], [0x401d, 0xfffffffe, 0], [0x401d, 0xffffffff, 0x80000000],
  [0x403e, 0x80000000, 0], [0xc03e, 0x80000000, 0], [0x403d, 0xffffffff, 0xfffffffe], [0x400e, 0x80000000, 0], [0xc00e, 0x80000000, 0], [0x400d, 0xfffe0000, 0],
  [0x3fbe, 0x80000000, 0], [0x3ffe, 0xffffffff, 0xffffffff], [0x3fff, 0x80000000, 1], [0x3fff, 0x80000000, 0x400], [0x3fff, 0x80000000, 0xc00],
  [0x43fe, 0xffffffff, 0xfffff800], [0x43fe, 0xffffffff, 0xfffffc00], [0x3c01, 0x80000000, 0], [0x3c00, 0xffffffff, 0xffffffff], [0x3bcd, 0x80000000, 0],
  [0x407e, 0xffffff00, 0], [0x407e, 0xffffff80, 0], [0x3f81, 0x80000000, 0], [0x3f6a, 0x80000000, 0], [0x4000, 0xc90fdaa2, 0x2168c235], [0x3ffd, 0xaaaaaaaa, 0xaaaaaaab],
  // not supported: unnormal, pseudo-NaN, pseudo-infinity
  [0x3fff, 0x40000000, 0], [0x7fff, 0x40000000, 0], [0x7fff, 0, 0], [0x403a, 0xde0b6b3a, 0x763fffff], [0x4038, 0xde0b6b3a, 0x76400000],
];

function put32(into: Uint8Array, at: number, v: number): void {
  for (let i = 0; i < 4; i++) into[at + i] = v >>> (8 * i);
}

/** An interesting or random 32-bit integer. */
export function int32(random: Random): number {
  const kind = random.below(10);
  if (kind < 4) return random.pick(I32);
  if (kind < 5) return random.range(-130, 130);
  if (kind < 6) return 1 << random.below(32);
  return random.next();
}

/** An interesting or random 16-bit (8-bit) integer. */
export function int16(random: Random): number {
  return random.chance(40) ? random.pick([0, 1, 0xffff, 0x7fff, 0x8000, 0x8001, 0xff, 0x100, 0x80]) : random.next() & 0xffff;
}

export function int8(random: Random): number {
  return random.chance(40) ? random.pick([0, 1, 0xff, 0x7f, 0x80, 0x81, 0x10, 0x0f]) : random.next() & 0xff;
}

/** Fill `into` with values of one kind; a rest that is shorter than a value is random. */
export function fill(random: Random, into: Uint8Array, lane: Lane): void {
  const size = LANE_BYTES[lane];
  for (let i = 0; i < into.length; i++) into[i] = 0;
  let at = 0;
  for (; at + size <= into.length; at += size) value(random, into, at, lane);
  for (; at < into.length; at++) into[at] = random.next();
}

function value(random: Random, into: Uint8Array, at: number, lane: Lane): void {
  switch (lane) {
    case "i8": into[at] = int8(random); break;
    case "text": into[at] = random.chance(12) ? 0 : random.chance(75) ? 0x61 + random.below(4) : random.next(); break;
    case "i16": {
      const v = int16(random);
      into[at] = v;
      into[at + 1] = v >> 8;
      break;
    }
    case "i32": put32(into, at, int32(random)); break;
    case "i64": {
      const lo = int32(random);
      put32(into, at, lo);
      put32(into, at + 4, random.chance(30) ? lo >> 31 : random.chance(20) ? 0 : int32(random));
      break;
    }
    case "f32": put32(into, at, float32(random)); break;
    case "f64": {
      const [hi, lo] = float64(random);
      put32(into, at, lo);
      put32(into, at + 4, hi);
      break;
    }
    case "f80": {
      const [se, hi, lo] = float80(random);
      put32(into, at, lo);
      put32(into, at + 4, hi);
      into[at + 8] = se;
      into[at + 9] = se >> 8;
      break;
    }
    case "bcd":
      for (let i = 0; i < 9; i++) into[at + i] = random.below(10) | (random.below(10) << 4);
      for (let i = random.below(10); i < 9; i++) into[at + 8 - i] = random.chance(50) ? into[at + 8 - i]! : 0;
      into[at + 9] = random.chance(50) ? 0 : 0x80;
  }
}

function float32(random: Random): number {
  const kind = random.below(10);
  if (kind < 4) return random.pick(F32);
  if (kind < 8) return (random.next() & 0x807fffff) | (random.range(0x7f - 8, 0x7f + 12) << 23);
  if (kind < 9) return new Uint32Array(new Float32Array([random.range(-300, 300) / 2]).buffer)[0]!;
  return random.next();
}

const f64 = new Float64Array(1);
const f64bits = new Uint32Array(f64.buffer);

function float64(random: Random): readonly [number, number] {
  const kind = random.below(10);
  if (kind < 4) return random.pick(F64);
  if (kind < 8) return [(random.next() & 0x800fffff) | (random.range(0x3ff - 8, 0x3ff + 34) << 20), random.next()];
  if (kind < 9) {
    f64[0] = random.range(-300, 300) / 2;
    return [f64bits[1]!, f64bits[0]!];
  }
  return [random.next(), random.next()];
}

function float80(random: Random): readonly [number, number, number] {
  const kind = random.below(10);
  const sign = random.next() & 0x8000;
  if (kind < 4) return random.pick(F80);
  if (kind < 7) return [sign | random.range(0x3fff - 12, 0x3fff + 40), random.next() | 0x80000000, random.next()];
  if (kind < 8) {
    // what arithmetic on integers and doubles leaves: few significant bits
    const n = random.range(1, 1000), top = 31 - Math.clz32(n);
    return [sign | (0x3fff + top - random.below(4)), n << (31 - top), 0];
  }
  if (kind < 9) return [sign | random.range(0x3fff - 1100, 0x3fff + 1100), random.next() | 0x80000000, random.chance(50) ? random.next() & ~0x7ff : random.next()];
  return [sign | random.below(0x8000), random.next() | 0x80000000, random.next()];
}

/** What FLDENV (14 or 28 bytes) and FRSTOR (94, 108) load: no exception is unmasked. */
export function x87Environment(random: Random, size: number): Uint8Array {
  const unit = size === 28 || size === 108 ? 4 : 2;
  const bytes = new Uint8Array(size);
  fill(random, bytes, "i16");
  putWord(bytes, 0, random.next() | 0x7f);
  putWord(bytes, unit, random.next() & 0x7f7f);
  putWord(bytes, 2 * unit, random.next());
  for (let i = 7 * unit; i + 10 <= size; i += 10) fill(random, bytes.subarray(i, i + 10), "f80");
  return bytes;
}

/** What FXRSTOR loads. */
export function fxImage(random: Random): Uint8Array {
  const bytes = new Uint8Array(512);
  fill(random, bytes, "i32");
  putWord(bytes, 0, random.next() | 0x7f);
  putWord(bytes, 2, random.next() & 0x7f7f);
  putWord(bytes, 4, random.below(256));
  putWord(bytes, 24, 0x1f80);
  putWord(bytes, 26, 0);
  for (let i = 0; i < 8; i++) fill(random, bytes.subarray(32 + 16 * i, 42 + 16 * i), "f80");
  return bytes;
}

function putWord(bytes: Uint8Array, at: number, v: number): void {
  bytes[at] = v;
  bytes[at + 1] = v >> 8;
}
