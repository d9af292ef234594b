import fc from "../support/random-inputs.js";
import { expect, test } from "vitest";
import { aaa, aas, daa, das } from "../../src/ir/lib/bcd.js";
import { div64u, divs, divu, idiv64, idivBad, mulhs, mulhu, popcount } from "../../src/ir/lib/integer.js";

// The integer library against BigInt arithmetic.

const int32 = fc.oneof(
  fc.integer({ min: -0x80000000, max: 0x7fffffff }),
  fc.constantFrom(0, 1, -1, 2, -2, 0x7fffffff, -0x80000000, 0x10000, 0xffff, -0x10000),
  fc.integer({ min: 0, max: 31 }).map((n) => ((1 << n) - 1) | 0),
);
const runs = { numRuns: 20_000 };

function u(x: number): bigint {
  return BigInt(x >>> 0);
}

function low(x: bigint): number {
  return Number(BigInt.asIntN(32, x));
}

function pair(hi: number, lo: number): bigint {
  return (BigInt(hi) << 32n) | u(lo);
}

test("high halves of products", () => {
  fc.assert(fc.property(int32, int32, (a, b) => {
    expect(mulhu(a, b)).toBe(low((u(a) * u(b)) >> 32n));
    expect(mulhs(a, b)).toBe(low((BigInt(a) * BigInt(b)) >> 32n));
  }), runs);
});

test("unsigned quotients", () => {
  fc.assert(fc.property(int32, int32, int32, (hi, lo, d) => {
    if (d !== 0) expect(divu(lo, d)).toBe(low(u(lo) / u(d)));
    if (hi >>> 0 < d >>> 0) expect(div64u(hi, lo, d)).toBe(low(((u(hi) << 32n) | u(lo)) / u(d)));
    // quotients next to the greatest, where an error of 1 would show
    if (d !== 0) expect(div64u(d - 1, lo, d)).toBe(low(((u(d - 1) << 32n) | u(lo)) / u(d)));
  }), runs);
});

test("signed quotients and when there is none", () => {
  fc.assert(fc.property(int32, int32, int32, fc.boolean(), (hi, lo, d, short) => {
    if (short) hi = lo >> 31;
    const q = d === 0 ? null : pair(hi, lo) / BigInt(d);
    const fits = q !== null && q === BigInt.asIntN(32, q);
    expect(idivBad(hi, lo, d)).toBe(fits ? 0 : 1);
    if (fits) expect(idiv64(hi, lo, d)).toBe(low(q));
    if (d !== 0 && !(lo === -0x80000000 && d === -1)) expect(divs(lo, d)).toBe(low(BigInt(lo) / BigInt(d)));
  }), runs);
  // dividends whose quotient just fits
  fc.assert(fc.property(int32, int32, fc.integer({ min: -2, max: 2 }), (q, d, near) => {
    const n = BigInt(q) * BigInt(d) + BigInt(near);
    const hi = low(n >> 32n), lo = low(n);
    const quotient = d === 0 ? null : n / BigInt(d);
    const fits = quotient !== null && quotient === BigInt.asIntN(32, quotient);
    expect(idivBad(hi, lo, d)).toBe(fits ? 0 : 1);
    if (fits) expect(idiv64(hi, lo, d)).toBe(low(quotient));
  }), runs);
});

test("bits are counted", () => {
  fc.assert(fc.property(int32, (x) => {
    expect(popcount(x)).toBe([...(x >>> 0).toString(2)].filter((c) => c === "1").length);
  }), runs);
});

/** Checksum of an adjustment over all of AX and the flags AF and CF; recorded on an x86 processor (AMD EPYC). */
function tableSum(fn: (ax: number, flags: number) => number, limit: number): string {
  let sum = 0x811c9dc5 | 0;
  for (let f = 0; f < 4; f++) {
    for (let ax = 0; ax < limit; ax++) {
      sum = Math.imul(sum ^ fn(ax, (f & 1) | ((f & 2) << 3)), 0x01000193);
      sum ^= sum >>> 15;
    }
  }
  return (sum >>> 0).toString(16);
}

test.each([["daa", daa, 256, "4eded377"], ["das", das, 256, "721b7857"], ["aaa", aaa, 65536, "e215ccc4"], ["aas", aas, 65536, "162a00c6"]] as const)("%s table", (_, fn, limit, sum) => {
  expect(tableSum(fn, limit)).toBe(sum);
});
