import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Exit } from "../../src/ir/exit.js";
import { Vector } from "../../src/ir/memory.js";
import { xorshift } from "../support/xorshift.js";
import { DATA, Machine, STACK } from "./harness.js";

// Single instructions on pseudo-random registers against checksums that native.c recorded on an x86 processor.

const CASES = 400;
const ALL = 0x8d5;
const REGS = ["eax", "ecx", "edx", "ebx"];

let words = xorshift(1);
const next = (): number => words() | 0;

/** As value() in native.c. */
function value(): number {
  const r = next();
  switch (r & 7) {
    case 0: return 0;
    case 1: return -1;
    case 2: return 0x80000000 >>> ((r >>> 8) & 31) | 0;
    case 3: return (r >>> 8) & 0xff;
    case 4: return r >> 24;
    default: return next();
  }
}

let sum = 0;

function add(x: number): void {
  sum = Math.imul(sum ^ x, 0x01000193);
  sum ^= sum >>> 15;
}

const lines = readFileSync(new URL("native.txt", import.meta.url), "utf8").trim().split("\n");

for (const tier of ["interp", "jit"] as const) {
  describe(tier, () => {
    lines.forEach((line, k) => {
      const [name, kind, bytes, mask, expected] = line.split("|") as [string, string, string, string, string];
      test(name, () => {
        const m = new Machine(tier);
        m.load(bytes);
        words = xorshift(0x12345678 + k);
        sum = 0x811c9dc5 | 0;
        for (let i = 0; i < 256; i++) m.memory.store8(DATA + i, i & 3 ? i >> 4 : next());
        for (let i = 0; i < CASES; i++) step(m, kind, i, parseInt(mask, 16), bytes.length / 2);
        for (let i = 0; i < 256; i++) add(m.memory.load8(DATA + i));
        expect((sum >>> 0).toString(16)).toBe(expected);
      });
    });
  });
}

function step(m: Machine, kind: string, i: number, mask: number, length: number): void {
  let [eax, ecx, edx, ebx] = [value(), value(), value(), value()] as [number, number, number, number];
  const flags = 0x202 | (next() & ALL);
  let esi = 128, edi = 128;
  if (kind === "d") {
    if (next() & 1) edx = eax >> 31;
    if (next() & 1) edx = 0;
    if (next() & 1) edx = (ecx - 1) | 0;
  } else if (kind === "m") {
    ecx = (ecx & 511) - 256;
    esi = 128 + (i & 15);
    if (next() & 1) {
      eax = m.memory.load32(DATA + esi);
      edx = m.memory.load32(DATA + esi + 4);
    }
  } else if (kind === "s") {
    ecx &= 7;
    esi = 64 + (i & 31);
    edi = 128 + (next() & 31);
  }
  [eax, ecx, edx, ebx].forEach((v, r) => m.setReg(REGS[r]!, v));
  m.setReg("esi", DATA + esi);
  m.setReg("edi", DATA + edi);
  m.setReg("esp", STACK - 0x100);
  m.setReg("ebp", STACK - 0x80);
  m.flags = flags;
  const end = m.run();
  if (end.exit === Exit.fault) {
    expect(end.fault).toMatchObject({ vector: Vector.DE });
    expect(end.pc).toBe(0);
    expect(m.flags).toBe(flags);
    return add(0xdead);
  }
  expect(end).toMatchObject({ exit: Exit.interrupt, pc: length + 1, arg: Vector.BP });
  expect([m.reg("esp"), m.reg("ebp")]).toEqual([STACK - 0x100, STACK - 0x80]);
  for (const r of REGS) add(m.reg(r));
  add(m.flags & mask);
  add(m.reg("esi") - DATA);
  add(m.reg("edi") - DATA);
}
