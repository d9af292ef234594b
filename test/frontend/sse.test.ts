import { describe, expect, it } from "vitest";
import { Exit } from "../../src/ir/exit.js";
import { Vector } from "../../src/ir/memory.js";
import { FTOP, FTW, MXCSR, ST, XMM } from "../../src/ir/state.js";
import { DATA, Machine } from "./harness.js";

// What single instructions replayed from recordings (test/vectors) do not show: hot code, changes of MXCSR, exceptions and their precision.

describe.each(["interp", "jit"] as const)("SSE on tier %s", (tier) => {
  const machine = (code: string): Machine => {
    const m = new Machine(tier);
    m.load(code);
    return m;
  };
  const setDouble = (m: Machine, reg: number, lo: number, hi: number): void => m.S.set([lo, hi], (XMM + reg * 32) >> 2);
  const lanes = (m: Machine, reg: number): number[] => [...m.S.subarray((XMM + reg * 32) >> 2, ((XMM + reg * 32) >> 2) + 4)].map((v) => v >>> 0);
  const double = (m: Machine, reg: number): number => m.cpu.state.F[(XMM + reg * 32) >> 3]!;

  it("moves signalling NaNs through doubles in hot loops as they are", () => {
    // l: movsd xmm0,[esi]; movapd xmm1,xmm0; movsd [edi],xmm1; addsd xmm2,xmm3; maxsd xmm4,xmm0; unpcklpd xmm5,xmm0; dec ecx; jnz l
    const m = machine("f20f1006 660f28c8 f20f110f f20f58d3 f20f5fe0 660f14e8 49 75e6");
    m.setReg("esi", DATA);
    m.setReg("edi", DATA + 16);
    m.setReg("ecx", 20000);
    const snan = [0x12345678, 0x7ff40000];
    snan.forEach((w, k) => m.memory.store32(DATA + k * 4, w));
    setDouble(m, 3, 0, 0x3ff00000);
    m.run();
    expect([m.memory.load32(DATA + 16), m.memory.load32(DATA + 20)].map((v) => v >>> 0)).toEqual(snan);
    expect(lanes(m, 0)).toEqual([...snan, 0, 0]);
    expect(lanes(m, 1)).toEqual([...snan, 0, 0]);
    expect(lanes(m, 4).slice(0, 2)).toEqual(snan);
    expect(lanes(m, 5).slice(2)).toEqual(snan);
    expect(double(m, 2)).toBe(20000);
  });

  it("gives x86's NaNs from hot arithmetic", () => {
    // l: movapd xmm2,xmm0; addsd xmm2,xmm1; movapd xmm3,xmm1; mulsd xmm3,xmm0; xorpd xmm4,xmm4; divsd xmm4,xmm4; dec ecx; jnz l
    const m = machine("660f28d0 f20f58d1 660f28d9 f20f59d8 660f57e4 f20f5ee4 49 75e5");
    m.setReg("ecx", 20000);
    setDouble(m, 0, 1, 0x7ff00000); // signalling
    setDouble(m, 1, 2, 0xfff80000 | 0);
    m.run();
    expect(lanes(m, 2).slice(0, 2)).toEqual([1, 0x7ff80000]); // the first operand's, quieted
    expect(lanes(m, 3).slice(0, 2)).toEqual([2, 0xfff80000]);
    expect(lanes(m, 4).slice(0, 2)).toEqual([0, 0xfff80000]); // 0 / 0
  });

  it("clears and flips signs of NaNs as of numbers", () => {
    // l: movapd xmm0,xmm1; xorpd xmm0,[esi]; movapd xmm2,xmm1; andpd xmm2,[esi+16]; addsd xmm3,xmm4; dec ecx; jnz l
    const m = machine("660f28c1 660f5706 660f28d1 660f545610 f20f58dc 49 75e8");
    [0, 0x80000000, 0, 0, -1, 0x7fffffff, 0, 0].forEach((w, k) => m.memory.store32(DATA + k * 4, w));
    for (const [hi, lo] of [[0xfff80000, 5], [0x7ff40000, 1], [0xc0080000, 0], [0x80000000, 0]] as const) {
      m.setReg("esi", DATA);
      m.setReg("ecx", 5000);
      setDouble(m, 1, lo, hi | 0);
      m.run();
      expect(lanes(m, 0).slice(0, 2)).toEqual([lo, (hi ^ 0x80000000) >>> 0]);
      expect(lanes(m, 2).slice(0, 2)).toEqual([lo, (hi & 0x7fffffff) >>> 0]);
    }
  });

  it("branches on compared doubles as the flags say", () => {
    // ucomisd xmm0,xmm1; seta al; setae bl; setb cl; setbe dl; sete ah; setne bh; setp ch; setnp dh; jp +4; mov esi,1 at both ends
    const m = machine("660f2ec1 0f97c0 0f93c3 0f92c1 0f96c2 0f94c4 0f95c7 0f9ac5 0f9bc6");
    const cases: [number, number, number, number, number, number][] = [
      [1, 2, 0x0000, 0x0100, 0x0001, 0x0101], [2, 1, 0x0001, 0x0101, 0x0000, 0x0100],
      [1, 1, 0x0100, 0x0001, 0x0000, 0x0101], [NaN, 1, 0x0100, 0x0000, 0x0101, 0x0001],
    ];
    for (const [x, y, ax, bx, cx, dx] of cases) {
      for (const r of ["eax", "ebx", "ecx", "edx"]) m.setReg(r, 0);
      m.cpu.state.F[XMM >> 3] = x;
      m.cpu.state.F[(XMM + 32) >> 3] = y;
      m.run();
      expect(["eax", "ebx", "ecx", "edx"].map((r) => m.reg(r)), `${x} ${y}`).toEqual([ax, bx, cx, dx]);
    }
  });

  it("rounds as MXCSR says from the next instruction on, and keeps sticky flags", () => {
    // divsd xmm0,xmm1; ldmxcsr [esi]; divsd xmm2,xmm1; stmxcsr [esi+4]
    const m = machine("f20f5ec1 0fae16 f20f5ed1 0fae5e04");
    m.setReg("esi", DATA);
    m.memory.store32(DATA, 0x5f80); // up
    [0, 1, 2].forEach((r) => (m.cpu.state.F[(XMM + r * 32) >> 3] = r === 1 ? 3 : 1));
    m.run();
    expect(double(m, 0)).toBe(1 / 3);
    expect(double(m, 2)).toBe(1 / 3 + 2 ** -54);
    expect(m.memory.load32(DATA + 4)).toBe(0x5fa0);
  });

  it("raises #XM before the destination changes, with the flag set", () => {
    // ldmxcsr [esi]; divsd xmm0,xmm1
    const m = machine("0fae16 f20f5ec1");
    m.setReg("esi", DATA);
    m.memory.store32(DATA, 0x1d80); // division by zero not masked
    m.cpu.state.F[XMM >> 3] = 7;
    const end = m.run();
    expect([end.pc, end.fault?.vector]).toEqual([3, Vector.XM]);
    expect(double(m, 0)).toBe(7);
    expect(m.S[MXCSR >> 2]).toBe(0x1d84);
  });

  it("refuses reserved bits of MXCSR and operands that are not aligned", () => {
    const m = machine("0fae16");
    m.setReg("esi", DATA);
    m.memory.store32(DATA, 0x11f80);
    expect(m.run().fault?.vector).toBe(Vector.GP);
    expect(m.S[MXCSR >> 2]).toBe(0x1f80);
    m.load("0f5806"); // addps xmm0,[esi]
    m.setReg("esi", DATA + 8);
    expect(m.run().fault?.vector).toBe(Vector.GP);
    m.load("0f1006"); // movups
    expect(m.run().exit).not.toBe(Exit.fault);
  });

  it("puts MMX registers into the x87's, whose stack it empties to", () => {
    // movd mm3,eax; emms after a look
    const m = machine("0f6ed8");
    m.setReg("eax", 0x89abcdef);
    m.S[FTOP >> 2] = 5;
    m.run();
    expect([...m.S.subarray((ST + 48) >> 2, (ST + 60) >> 2)]).toEqual([0x89abcdef | 0, 0, 0xffff]);
    expect([m.S[FTOP >> 2], m.S[FTW >> 2]]).toEqual([0, 0xff]);
    m.load("0f77");
    m.run();
    expect(m.S[FTW >> 2]).toBe(0);
  });

  it.each([
    ["vaddps", "c5f458c2"], ["extrq (SSE4a)", "660f79c1"], ["movntss (SSE4a)", "f30f2b06"], ["aesenc", "660f38dcc1"], ["sha1rnds4", "0f3accc100"], ["movbe", "0f38f006"],
  ])("does not know %s", (_name, code) => {
    const m = machine(code);
    m.setReg("esi", DATA);
    const end = m.run();
    expect([end.pc, end.fault?.vector]).toEqual([0, Vector.UD]);
  });
});
