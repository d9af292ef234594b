import { describe, expect, it } from "vitest";
import { FCW, FDP, FIP, FSW, FTOP, FTW, ST } from "../../src/ir/state.js";
import { DATA, Machine, STACK } from "../frontend/harness.js";
import { xorshift } from "../support/xorshift.js";

// x87 code in loops is compiled with its registers as (sums of) doubles in locals (jit/x87-registers.ts). Tier 0 goes through the exact library, which
// vectors recorded on processors test: both must agree in every bit of registers, memory and status word.
//
// LIFT86_ROUNDS=N repeats everything N times with other operands.

const ROUNDS = Number(process.env.LIFT86_ROUNDS ?? 1);

const random = xorshift(12345);

type Float80 = readonly [lo: number, hi: number, se: number];

/** A significand of 64 bits: few bits, long runs of ones and zeros, bits about the places where doubles and singles end, or anything. */
function significand(): [number, number] {
  const word = (): number => random(0x10000) * 0x10000 + random(0x10000) | 0;
  switch (random(8)) {
    case 0: return [0, 0x80000000 | 0];
    case 1: return [-1, -1];
    case 2: return [0, (0x80000000 | (random(256) << 23)) | 0];
    case 3: return [0x400, 0x80000000 | word()];
    case 4: return [(word() & ~0x7ff) | [0, 1, 0x3ff, 0x400, 0x401, 0x7ff][random(6)]!, 0x80000000 | word()];
    case 5: return [word() & ~0x7ff, 0x80000000 | word()];
    case 6: return [random(3), (0x80000000 | [0, 0x80, 0x100, 0x7fffff80][random(4)]!) | 0];
    default: return [word(), 0x80000000 | word()];
  }
}

/** `spread`: how far exponents lie apart; `strange`: also infinities, NaNs, denormals and what is beyond a double. */
function number80(spread: number, strange: boolean, double: boolean): Float80 {
  if (random(16) === 0) return [0, 0, random(2) << 15];
  const [lo, hi] = significand();
  const sign = random(2) << 15;
  if (strange && random(8) === 0) {
    return [lo, random(3) ? hi : hi & 0x7fffffff, sign | [0, 1, 0x3c00, 0x43ff, 0x4400, 0x7ffe, 0x7fff][random(7)]!];
  }
  return [double ? lo & ~0x7ff : lo, hi, sign | (0x3fff - (spread >> 1) + random(spread + 1))];
}

function run(tier: "interp" | "jit", code: string, cw: number, operands: readonly Float80[], pairs: number, setUp?: (m: Machine) => void): { out: unknown[]; interpreted: number; total: number } {
  const m = new Machine(tier);
  m.load(code);
  m.S[FCW >> 2] = cw;
  operands.forEach(([lo, hi, se], k) => {
    m.memory.store32(DATA + k * 16, lo);
    m.memory.store32(DATA + k * 16 + 4, hi);
    m.memory.store32(DATA + k * 16 + 8, se);
  });
  m.setReg("esi", DATA);
  m.setReg("ecx", pairs);
  setUp?.(m);
  const end = m.run();
  const out: unknown[] = [end.exit, m.reg("ecx"), ...[FCW, FSW, FTOP, FTW, FIP, FDP].map((at) => m.S[at >> 2]!)];
  for (let k = 0; k < 32; k++) if ((k & 3) !== 3) out.push(m.S[(ST >> 2) + k]! & ((k & 3) === 2 ? 0xffff : -1));
  for (let k = 0; k < operands.length * 4; k++) out.push(m.memory.load32(DATA + k * 4));
  return { out, interpreted: m.cpu.counters.interp, total: m.cpu.instructions };
}

const byte = (v: number): string => (v & 0xff).toString(16).padStart(2, "0");
const loop = (body: string): string => body + "83c620" + "49" + "75" + byte(-(body.length / 2 + 6));

/** Operations on ST(0) and ST(1) that leave two numbers. */
const OPERATIONS: Readonly<Record<string, string>> = {
  fadd: "d8c1", fmul: "d8c9", fsub: "d8e1", fsubr: "d8e9", fdiv: "d8f1", fdivr: "d8f9", "fadd st1": "dcc1", "fdiv st1": "dcf9",
  fsqrt: "d9fa", frndint: "d9fc", fxch: "d9c9", fchs: "d9e0", fabs: "d9e1", fcom: "d8d1", ftst: "d9e4", fcmovb: "dac1",
  "fst m64": "dd561c", "fst m32": "d9561c", "fistp m32": "d9c0db5e1c", "fistp m16": "d9c0df5e1c", "fistp m64": "d9c0df7e18", "fisttp m32": "d9c0db4e1c",
  "fadd m64": "dc461c", "fmul m32": "d84e1c", "fimul m32": "da4e1c", "fidiv m16": "de761c", "fcomp m64": "d9c0dc5e1c", fldpi: "d9ebded9d9ebdec1",
  "fmul fadd": "d8c9d8c1", "fmul fmul": "d8c9d8c9", "fdiv fmul": "d8f1d8c9", "fadd fadd": "d8c1d8c1", "fadd fsub": "d8c1d8e1", "fsqrt fmul": "d9fadcc8",
  "fst into an empty one": "ddd3", "fst fcom of it": "ddd3d8d3",
  "rounding up": "d97e1c66814e1c0008d96e1cdf561ad97e1c6681661cfff3d96e1c",
};

const PAIRS = 150;

describe.each([["53 bits", 0x27f], ["64 bits", 0x37f]])("x87 registers in locals, %s", (_, cw) => {
  it.each(Object.entries(OPERATIONS))("%s", (name, op) => {
    for (let round = 0; round < ROUNDS; round++) {
      for (const [spread, strange] of [[2, false], [70, false], [8, true]] as const) {
        const operands = Array.from({ length: PAIRS * 2 }, () => number80(spread, strange, cw === 0x27f && random(8) !== 0));
        // fld m80 twice, no exceptions, the operation, what it did to the status word, both numbers back
        const code = loop("db6e10" + "db2e" + "dbe2" + op + "dfe0" + "6689460a" + "db3e" + "db7e10");
        const want = run("interp", code, cw, operands, PAIRS);
        expect(want.out[1], `${name} ran to its end`).toBe(0);
        const got = run("jit", code, cw, operands, PAIRS);
        expect(got.out).toEqual(want.out);
        if (cw === 0x37f && !strange) expect(got.interpreted / got.total, "share of tier 0").toBeLessThan(0.7);
      }
    }
  });

  it("random loops", () => {
    for (let round = 0; round < 100 * ROUNDS; round++) {
      const code = randomLoop();
      const operands = Array.from({ length: 8 }, () => number80(random(3) * 20, random(8) === 0, true));
      const want = run("interp", code, cw, operands, 4);
      expect(want.out[1], `${code} ran to its end`).toBe(0);
      expect(run("jit", code, cw, operands, 4).out, code).toEqual(want.out);
    }
  });
});

it("the same function called from two places, with different stacks", () => {
  // fld m64; call f; fld m64; call f; faddp; fstp m80 [esi]; add esi,32; dec ecx; jnz; int3; f: fmul m64; ret
  const code = "dd06" + "e813000000" + "dd4608" + "e80b000000" + "dec1" + "db3e" + "83c620" + "49" + "75e7" + "cc" + "dc4e10" + "c3";
  const operands = Array.from({ length: 40 }, () => number80(4, false, true));
  const setUp = (m: Machine): void => m.setReg("esp", STACK - 16);
  const want = run("interp", code, 0x37f, operands, 20, setUp);
  expect(want.out[1], "ran to its end").toBe(0);
  expect(run("jit", code, 0x37f, operands, 20, setUp).out).toEqual(want.out);
});

it("FST into an empty register, with nothing else that moves the stack", () => {
  // fst st(3); dec ecx; jnz; int3
  const code = "ddd3" + "49" + "75fb" + "cc";
  const setUp = (m: Machine): void => {
    m.S[FTW >> 2] = 1;
    m.S[(ST >> 2) + 1] = 0x80000000 | 0;
    m.S[(ST >> 2) + 2] = 0x3fff;
  };
  const want = run("interp", code, 0x37f, [], 20, setUp);
  expect(want.out[1], "ran to its end").toBe(0);
  const got = run("jit", code, 0x37f, [], 20, setUp);
  expect(got.out).toEqual(want.out);
  expect(got.interpreted, "instructions in tier 0").toBeLessThan(4);
});

/** A loop that leaves the stack as deep as it was, with memory operands and branches. */
function randomLoop(): string {
  let body = "", depth = 0;
  const st = (): number => random(depth);
  for (let k = 3 + random(12); k > 0; k--) {
    const memory = ["46", "4e", "56", "5e", "66", "6e", "76", "7e"];
    const at = (reg: number): string => memory[reg]! + byte([0, 2, 8, 16, 18][random(5)]!);
    if (depth < 2 || (depth < 7 && random(3) === 0)) {
      body += [`dd${at(0)}`, `d9${at(0)}`, `db${at(0)}`, "d9e8", "d9ee", depth > 0 ? `d9${byte(0xc0 + st())}` : "d9e8", `db${at(5)}`][random(7)]!;
      depth++;
      continue;
    }
    const arith = [0, 1, 4, 5, 6, 7][random(6)]!;
    switch (random(9)) {
      case 0: body += `d8${byte(0xc0 + arith * 8 + st())}`; break;
      case 1: body += `dc${byte(0xc0 + arith * 8 + st())}`; break;
      case 2: body += `dc${at(arith)}`; break;
      case 3: body += `d9${byte(0xc8 + st())}`; break;
      case 4: body += ["d9e0", "d9e1", "d9fa", "d9fc"][random(4)]!; break;
      case 5: body += `dd${at(2)}`; break;
      case 6: body += `df${byte(0xf0 + st())}7201` + "42"; depth--; break; // fcomip; jc over inc edx
      case 7: body += `de${byte(0xc0 + arith * 8 + 1 + random(depth - 1))}`; depth--; break;
      default: body += random(2) ? `dd${at(3)}` : `db${at(7)}`; depth--;
    }
  }
  while (depth-- > 0) body += random(2) ? "ddd8" : "dd5e08";
  return loop(body);
}
