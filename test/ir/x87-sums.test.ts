import { describe, expect, it } from "vitest";
import type { LibEnv } from "../../src/ir/env.js";
import { doExact, Last } from "../../src/ir/lib/x87-fast.js";
import { OP_PRODUCT, OP_QUOTIENT, OP_ROOT, OP_SUM } from "../../src/ir/lib/x87-sums.js";
import type { Op } from "../../src/ir/op.js";
import { CpuState, FCW, FPX_OPERANDS, FPX_RESULT } from "../../src/ir/state.js";
import { xorshift } from "../support/xorshift.js";

// Arithmetic on sums of two doubles gives what the exact library gives, for operands that lie where rounding is hard: ties, cancellation, results next to
// powers of two, exact results, single bits far apart. LIFT86_ROUNDS=N does N times as many.

const COUNT = 60_000 * Number(process.env.LIFT86_ROUNDS ?? 1);
const A = FPX_OPERANDS >> 3, R = FPX_RESULT >> 3;

const state = new CpuState();
state.S[FCW >> 2] = 0x37f;
const env = { state, S: state.S } as unknown as LibEnv;
const { F } = state;

const random = xorshift(2463534242);

/** A double of up to 53 bits: few bits, runs of ones, small integers, anything. */
function double(): number {
  const bits = [1, 2, 5, 24, 26, 27, 53][random(7)]!;
  let m = 1 + (random(2 ** 26) * 2 ** 26 + random(2 ** 26)) / 2 ** 52;
  m = Math.floor(m * 2 ** (bits - 1)) / 2 ** (bits - 1);
  if (random(6) === 0) m = 2 - 2 ** -random(53);
  if (random(6) === 0) m = 1 + 2 ** -random(53);
  const e = [0, 0, random(3), random(12), random(70), -random(70)][random(6)]!;
  return (random(2) ? 1 : -1) * m * 2 ** e;
}

/** Put a number of at most 64 bits at F[at]: h and l as a region would hold them. */
function put(at: number): void {
  const h = random(40) === 0 ? 0 : double();
  let power = 2 ** Math.floor(Math.log2(Math.abs(h)));
  if (power > Math.abs(h)) power /= 2;
  if (power * 2 <= Math.abs(h)) power *= 2;
  const units = h === 0 || random(3) === 0 ? 0 : [1, -1, 512, -512, 1023, -1023, random(2047) - 1023][random(7)]!;
  const l = units === 0 || Math.abs(h) === power ? 0 : units * power * 2 ** -63; // next to powers of two units differ
  F[at] = h;
  F[at + 1] = l;
}

const OPERATIONS: ReadonlyArray<readonly [string, Op, Last]> = [
  ["sum", OP_SUM, Last.add], ["difference", OP_SUM, Last.sub], ["product", OP_PRODUCT, Last.mul], ["quotient", OP_QUOTIENT, Last.div], ["root", OP_ROOT, Last.sqrt],
];

describe("sums of two doubles", () => {
  it.each(OPERATIONS)("%s", { timeout: 600_000 }, (_, op, last) => {
    const wrong: string[] = [];
    let left = 0;
    for (let k = 0; k < COUNT; k++) {
      put(A);
      put(A + 2);
      if (last <= Last.sub && random(4) === 0) {
        // nearly or wholly cancelled
        F[A + 2] = F[A]! * (random(2) ? 1 : -1) * (1 + [0, 2 ** -52, -(2 ** -52), 2 ** -30][random(4)]!);
        F[A + 3] = Math.abs(F[A + 2]!) === Math.abs(F[A]!) && random(2) ? F[A + 1]! * (random(2) ? 1 : -1) : 0;
      }
      if (last === Last.sqrt) {
        // roots of squares are exact
        if (random(4) === 0) {
          F[A] = Math.fround(F[A]!) ** 2;
          F[A + 1] = 0;
        }
        if (F[A]! < 0) {
          F[A] = -F[A]!;
          F[A + 1] = -F[A + 1]!;
        }
      }
      const operands = [F[A]!, F[A + 1]!, F[A + 2]!, F[A + 3]!];
      const flags = op.lib!.fn(env, last) as number;
      const got = [flags, F[R]!, F[R + 1]!];
      const want = [doExact(env, last), F[R]!, F[R + 1]!];
      // where h is the middle between doubles h and l may be written in two ways
      const same = Object.is(got[1], want[1]) ? got[2] === want[2] : got[1]! - want[1]! === want[2]! - got[2]! && got[1] !== want[1];
      if (flags < 0) left++;
      if (flags !== want[0] || (flags >= 0 && !same)) wrong.push(`${operands.join(" ")}: ${got.join(" ")}, not ${want.join(" ")}`);
    }
    expect(wrong.slice(0, 5)).toEqual([]);
    expect(left / COUNT).toBeLessThan(0.1);
  });
});
