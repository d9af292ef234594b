import { describe, expect, it } from "vitest";
import { isDenormal, narrow, OE, operate, PE, Soft, takeRaised, toInt32, toIntegral, UE, ZE, IE, DE } from "../../src/ir/lib/softfloat.js";
import { xorshift } from "../support/xorshift.js";

// Software arithmetic against JavaScript's where that rounds the same way, and by its defining properties where not. The recorded vectors
// (family "mxcsr") compare all of it with a processor.

const MASKED = 0x1f80, DOWN = 0x2000, UP = 0x4000, ZERO = 0x6000, FTZ = 0x8000, DAZ = 0x40;
const OPS = [Soft.add, Soft.sub, Soft.mul, Soft.div, Soft.sqrt];
const NAMES = ["add", "sub", "mul", "div", "sqrt"];

const words = xorshift(12345);
const random = (): number => words() | 0;

const F = new Float64Array(1), I = new Int32Array(F.buffer);

/** Any finite double; near the other one, near the ends of the exponents' range, or anywhere. */
function double(near = 0): number {
  for (;;) {
    F[0] = near;
    const kind = random() & 7;
    I[0] = kind & 1 ? random() : random() & 3;
    if (kind < 4) I[1] = (I[1]! & 0x7ff00000) + ((random() & 0x83f00000) | (random() & 0xfffff));
    else if (kind === 4) I[1] = random() & 0x803fffff;
    else if (kind === 5) I[1] = 0x7fc00000 | (random() & 0x803fffff);
    else I[1] = random();
    if (Number.isFinite(F[0])) return F[0];
  }
}

function single(near = 0): number {
  for (;;) {
    const kind = random() & 3;
    const x = Math.fround(kind === 0 ? double(near) : (random() | 0) * 2 ** (kind === 1 ? -150 + (random() & 31) : random() % 150));
    if (Number.isFinite(x)) return x;
  }
}

function native(op: Soft, x: number, y: number): number {
  return [x + y, x - y, x * y, x / y, Math.sqrt(y)][op]!;
}

describe.each(OPS)("%#", (op) => {
  it.each([false, true])(`${NAMES[op]!} rounds to nearest as JavaScript does (single precision: %s)`, (isSingle) => {
    for (let k = 0; k < 4000; k++) {
      const x = isSingle ? single() : double(), y = isSingle ? single(x) : double(x);
      const want = isSingle ? Math.fround(native(op, x, y)) : native(op, x, y);
      const got = operate(op, x, y, isSingle, MASKED);
      const flags = takeRaised();
      expect(Object.is(got, want), `${x} ${NAMES[op]!} ${y} = ${got} not ${want}`).toBe(true);
      if (want !== want) expect(flags).toBe(IE);
      else if (op === Soft.div && y === 0) expect(flags).toBe(ZE);
      else {
        expect((flags & OE) !== 0).toBe(Math.abs(want) === Infinity);
        expect((flags & DE) !== 0).toBe((op !== Soft.sqrt && isDenormal(x, isSingle)) || isDenormal(y, isSingle));
        if (flags & UE) expect(flags & PE).toBe(PE);
      }
      // with the precision flag set before there is a shorter way to the same
      expect(Object.is(operate(op, x, y, isSingle, MASKED | PE), want)).toBe(true);
      takeRaised();
    }
  });

  it.each([false, true])(`${NAMES[op]!} rounded down and up is the same or encloses the other roundings (single precision: %s)`, (isSingle) => {
    for (let k = 0; k < 2000; k++) {
      const x = isSingle ? single() : double(), y = isSingle ? single(x) : double(x);
      const nearest = operate(op, x, y, isSingle, MASKED);
      const inexact = (takeRaised() & PE) !== 0;
      if (nearest !== nearest) continue;
      const down = operate(op, x, y, isSingle, MASKED | DOWN), up = operate(op, x, y, isSingle, MASKED | UP), zero = operate(op, x, y, isSingle, MASKED | ZERO);
      takeRaised();
      expect(down < up).toBe(inexact);
      expect(nearest === down || nearest === up).toBe(true);
      expect(Math.abs(zero)).toBe(Math.min(Math.abs(down), Math.abs(up)));
      // neighbours: nothing representable lies between
      const middle = down / 2 + up / 2;
      if (inexact && Number.isFinite(middle) && !isSingle) expect(middle === down || middle === up).toBe(true);
    }
  });
});

describe("denormals", () => {
  it("flushes tiny results and operands where MXCSR says so", () => {
    expect(operate(Soft.mul, -(2 ** -600), 2 ** -600, false, MASKED | FTZ)).toBe(-0);
    expect(takeRaised()).toBe(UE | PE);
    expect(operate(Soft.mul, 2 ** -1070, 2 ** 60, false, MASKED | DAZ)).toBe(0);
    expect(takeRaised()).toBe(0);
    // FTZ needs the underflow exception masked
    operate(Soft.mul, 2 ** -600, 2 ** -440, false, (MASKED & ~0x800) | FTZ);
    expect(takeRaised()).toBe(UE);
  });

  it("detects tininess after rounding", () => {
    // both come out as the smallest normal number; the first is tiny, the second would not be if exponents had no end
    expect(operate(Soft.mul, 1 - 2 ** -53, 2 ** -1022, false, MASKED)).toBe(2 ** -1022);
    expect(takeRaised() & UE).toBe(UE);
    expect(operate(Soft.mul, (1 + 2 ** -52) * 2 ** -522, (1 - 2 ** -52) * 2 ** -500, false, MASKED)).toBe(2 ** -1022);
    expect(takeRaised() & UE).toBe(0);
  });
});

describe("conversions", () => {
  it("narrows as Math.fround", () => {
    for (let k = 0; k < 4000; k++) {
      const x = random() & 1 ? double() : (random() | 0) * 2 ** (random() % 160);
      expect(Object.is(narrow(x, MASKED), Math.fround(x))).toBe(true);
    }
    takeRaised();
  });

  it.each([[0, 2, -2, 2], [DOWN, 1, -3, 2], [UP, 2, -2, 3], [ZERO, 1, -2, 2]])("to integers with rounding %#", (rc, a, b, c) => {
    expect([1.5, -2.5, 2.5].map((x) => toInt32(x, false, false, MASKED | rc))).toEqual([a, b, c]);
    expect(takeRaised()).toBe(PE);
    expect([1.5, -2.5, 2.5].map((x) => toIntegral(x, 4, false, MASKED | rc))).toEqual([a, b, c]);
    expect(toIntegral(-0.25, 8 | 3, false, MASKED)).toBe(-0);
    expect(takeRaised()).toBe(PE);
  });

  it("gives the integer indefinite where there is no integer", () => {
    for (const x of [2 ** 31, -(2 ** 31) - 1, Infinity, NaN]) {
      expect(toInt32(x, true, false, MASKED)).toBe(-(2 ** 31));
      expect(takeRaised()).toBe(IE);
    }
    expect(toInt32(-(2 ** 31) - 0.5, true, false, MASKED)).toBe(-(2 ** 31));
    expect(takeRaised()).toBe(PE);
  });
});
