import { describe, expect, test } from "vitest";
import { liftBlock } from "../../src/frontend/block.js";
import { USER32 } from "../../src/frontend/mode.js";
import { Exit } from "../../src/ir/exit.js";
import { PfCode, Vector } from "../../src/ir/memory.js";
import { EXIT_ARG, SEG_BASE, SEG_SEL, Seg } from "../../src/ir/state.js";
import { Perm } from "../../src/mmu/perm.js";
import { CODE, DATA, DATA_SIZE, Machine, type Outcome, STACK } from "./harness.js";

// Edges of the integer instructions. What faults leave behind was seen on an x86 processor (AMD EPYC).

const END = DATA + DATA_SIZE; // not mapped
const PF = 4, ZF = 0x40, DF = 0x400, OF = 0x800;
const WRITE = PfCode.U | PfCode.W, READ = PfCode.U as number;

type Regs = Record<string, number>;

function go(m: Machine, hex: string, regs: Regs = {}, flags = 0x202): Outcome {
  m.load(hex);
  m.setReg("esp", STACK - 0x100);
  for (const [r, v] of Object.entries(regs)) m.setReg(r, v);
  m.flags = flags;
  return m.run();
}

function pageFault(address: number, errorCode: number, pc = 0): object {
  return { exit: Exit.fault, pc, fault: { vector: Vector.PF, errorCode, address } };
}

function fault(vector: number, errorCode = 0, pc = 0): object {
  return { exit: Exit.fault, pc, fault: { vector, errorCode } };
}

function le32(v: number): string {
  return [0, 8, 16, 24].map((s) => ((v >>> s) & 0xff).toString(16).padStart(2, "0")).join("");
}

describe.each(["interp", "jit"] as const)("%s", (tier) => {
  function machine(): Machine {
    return new Machine(tier);
  }

  function check(m: Machine, regs: Regs): void {
    expect(Object.fromEntries(Object.keys(regs).map((r) => [r, m.reg(r).toString(16)]))).toEqual(
      Object.fromEntries(Object.entries(regs).map(([r, v]) => [r, v.toString(16)])));
  }

  describe("repeated strings", () => {
    test.each(["f3a4", "f3a5", "66f3a5", "f3aa", "f3ab", "f3ac", "f3a6", "f2a7", "f3ae", "f2af"])("count 0 does nothing: %s", (hex) => {
      const m = machine();
      const regs = { eax: 0x1234, ecx: 0, esi: END, edi: END };
      expect(go(m, hex, regs, 0x8d7)).toMatchObject({ exit: Exit.interrupt });
      check(m, regs);
      expect(m.flags).toBe(0x8d7);
    });

    test("a count of 16 bits leaves the upper half of ECX alone", () => {
      const m = machine();
      go(m, "67f3aa", { ecx: 0x50000, edi: END });
      check(m, { ecx: 0x50000, edi: END });
    });

    test.each([
      ["movsb to a hole", "f3a4", { ecx: 32, esi: DATA, edi: END - 16 }, pageFault(END, WRITE), { ecx: 16, esi: DATA + 16, edi: END }],
      ["movsd to a hole, unaligned", "f3a5", { ecx: 32, esi: DATA, edi: END - 18 }, pageFault(END, WRITE), { ecx: 28, esi: DATA + 16, edi: END - 2 }],
      ["movsd from a hole, unaligned", "f3a5", { ecx: 32, esi: END - 18, edi: DATA }, pageFault(END, READ), { ecx: 28, esi: END - 2, edi: DATA + 16 }],
      ["movsd downwards", "fdf3a5", { ecx: 32, esi: DATA + 0x100, edi: DATA + 16 }, pageFault(DATA - 4, WRITE, 1), { ecx: 27, esi: DATA + 0xec, edi: DATA - 4 }],
      ["stosd, unaligned", "f3ab", { ecx: 32, edi: END - 18 }, pageFault(END, WRITE), { ecx: 28, edi: END - 2 }],
      ["lodsd", "f3ad", { eax: 5, ecx: 32, esi: END - 16 }, pageFault(END, READ), { eax: 0, ecx: 28, esi: END }],
      ["scasb", "f3ae", { eax: 0, ecx: 32, edi: END - 16 }, pageFault(END, READ), { ecx: 16, edi: END }],
    ])("a fault midway shows how far it got: %s", (_, hex, regs, outcome, after) => {
      const m = machine();
      expect(go(m, hex, regs)).toMatchObject(outcome);
      check(m, after);
    });

    test("a fault midway leaves the flags of the last comparison", () => {
      const m = machine();
      expect(go(m, "f3a6", { ecx: 32, esi: DATA, edi: END - 8 }, 0x203)).toMatchObject(pageFault(END, READ));
      check(m, { ecx: 24, esi: DATA + 8, edi: END });
      expect(m.flags).toBe(0x202 | ZF | PF);
    });

    test("more elements than one call does", () => {
      const m = machine();
      m.memory.map(0x80000, 0x20000, Perm.READ | Perm.WRITE);
      m.memory.store8(0x80000 + 70000, 7);
      expect(go(m, "f2ae", { eax: 7, ecx: 0x20000, edi: 0x80000 })).toMatchObject({ exit: Exit.interrupt });
      check(m, { ecx: 0x20000 - 70001, edi: 0x80000 + 70001 });
      expect(m.flags & ZF).toBe(ZF);
    });

    test("16-bit addresses wrap", () => {
      const m = machine();
      m.memory.map(0, 0x1000, Perm.READ | Perm.WRITE);
      m.memory.map(0xf000, 0x1000, Perm.READ | Perm.WRITE);
      go(m, "67f3aa", { eax: 0x5a, ecx: 0xabcd0006, edi: 0x1234fffc });
      check(m, { ecx: 0xabcd0000, edi: 0x12340002 });
      expect([m.memory.load32(0xfffc), m.memory.load32(0)]).toEqual([0x5a5a5a5a, 0x5a5a]);
    });

    test("the source's segment may be overridden", () => {
      const m = machine();
      m.S[(SEG_BASE >> 2) + Seg.FS * 2] = DATA;
      m.memory.store32(DATA + 0x10, 0x11223344);
      go(m, "64f3a5 64ac", { ecx: 1, esi: 0x10, edi: DATA + 0x80 });
      expect(m.memory.load32(DATA + 0x80)).toBe(0x11223344);
      check(m, { esi: 0x15, edi: DATA + 0x84 });
    });

    test("code that is overwritten ahead is seen", () => {
      const m = machine();
      // rep stosb makes the NOP behind it an INC EBX
      go(m, "f3aa 90 90", { eax: 0x43, ecx: 1, ebx: 0, edi: CODE + 2 });
      check(m, { ebx: 1 });
      go(m, "aa 90 90", { eax: 0x43, ebx: 0, edi: CODE + 2 });
      check(m, { ebx: 1 });
    });

    test("ports are refused, even for a count of 0", () => {
      for (const hex of ["6c", "f36c", "6f", "f36e", "e460", "ec", "e660", "ef"]) {
        expect(go(machine(), hex, { ecx: 0, esi: DATA, edi: DATA })).toMatchObject(fault(Vector.GP));
      }
    });
  });

  describe("stack", () => {
    test.each([
      ["pop [hole]", "8f05" + le32(END), {}, pageFault(END, WRITE)],
      ["pusha into a hole", "60", { esp: STACK - 0x2000 + 0x10, ebp: 1 }, pageFault(STACK - 0x2004, WRITE)],
      ["popa from a hole", "61", { esp: STACK - 8, edi: 3, esi: 4 }, pageFault(STACK, READ)],
      ["push into a hole", "50", { esp: STACK - 0x2000 + 2 }, pageFault(STACK - 0x2002, WRITE)],
      ["call into a hole", "e800000000", { esp: STACK - 0x2000 }, pageFault(STACK - 0x2004, WRITE)],
      ["ret from a hole", "c20400", { esp: STACK }, pageFault(STACK, READ)],
      ["leave from a hole", "c9", { ebp: END, esp: STACK - 64 }, pageFault(END, READ)],
      ["enter: final ESP in a hole", "c8001000", { esp: STACK - 0x2000 + 0x800, ebp: 1 }, pageFault(STACK - 0x2000 + 0x800 - 0x1004, WRITE)],
      ["enter: final ESP across an edge", "c8fd0700", { esp: STACK - 0x2000 + 0x800, ebp: 1 }, pageFault(STACK - 0x2001, WRITE)],
      ["enter: enclosing frame in a hole", "c8100002", { ebp: END + 4 }, pageFault(END, READ)],
      ["popf from a hole", "9d", { esp: STACK }, pageFault(STACK, READ)],
    ])("a fault changes nothing: %s", (_, hex, regs: Regs, outcome) => {
      const m = machine();
      const before = { esp: STACK - 0x100, ebp: 0, ...regs };
      expect(go(m, hex, before)).toMatchObject(outcome);
      check(m, before);
    });

    test("enter with a final ESP at an edge", () => {
      const m = machine();
      expect(go(m, "c8fc0700", { esp: STACK - 0x2000 + 0x800, ebp: 1 })).toMatchObject({ exit: Exit.interrupt });
      check(m, { esp: STACK - 0x2000, ebp: STACK - 0x2000 + 0x7fc });
    });

    test("enter copies frame pointers that it has just pushed", () => {
      const m = machine();
      go(m, "c8100003", { esp: STACK - 0x40, ebp: STACK - 0x40 });
      check(m, { esp: STACK - 0x60, ebp: STACK - 0x44 });
      expect([1, 2, 3, 4].map((k) => STACK - m.memory.load32(STACK - 0x40 - 4 * k))).toEqual([0x40, 0x40, 0x40, 0x44]);
    });

    test("operand size 16", () => {
      const m = machine();
      go(m, "66c8080002", { esp: STACK - 0x40, ebp: STACK - 0x80 });
      expect(m.memory.load16(STACK - 0x42)).toBe((STACK - 0x80) & 0xffff);
      check(m, { esp: STACK - 0x4e });
      expect(m.reg("ebp") & 0xffff).toBe((STACK - 0x42) & 0xffff);
      m.memory.store16(DATA, 0xbeef);
      go(m, "66c9", { ebp: DATA });
      check(m, { esp: DATA + 2, ebp: (DATA & ~0xffff) | 0xbeef });
    });

    test("selectors are pushed zero-extended and checked when popped", () => {
      const m = machine();
      m.memory.store32(STACK - 0x104, -1);
      go(m, "1e 58", {});
      check(m, { eax: 0x2b });
      expect(go(m, "680001000007", {})).toMatchObject(fault(Vector.GP, 0x100, 5));
      check(m, { esp: STACK - 0x104 });
    });
  });

  describe("flags", () => {
    test("popf leaves IF and IOPL", () => {
      const m = machine();
      go(m, "68fffeffff 9d 9c 58", {});
      check(m, { eax: 0x244ed7 });
      expect(m.flags).toBe(0x244ed7);
      go(m, "6a00 669d", {}, 0x244ed7);
      expect(m.flags).toBe(0x240202);
      check(m, { esp: STACK - 0x102 });
    });

    test("TF traps behind the next instruction", () => {
      const m = machine();
      expect(go(m, "6802030000 9d 90 40", { eax: 0 })).toMatchObject(fault(Vector.DB, 0, 7));
      check(m, { eax: 0 });
    });

    test("cli and sti are refused", () => {
      expect(go(machine(), "fa")).toMatchObject(fault(Vector.GP));
      expect(go(machine(), "fb")).toMatchObject(fault(Vector.GP));
    });

    test("shifts by 0 change neither flags nor value, but check memory for writing", () => {
      const m = machine();
      for (const hex of ["d3e0", "d2c8", "d3d8", "66d3d0", "0fa5d0", "c1e020", "c1d000", "0facd0e0"]) {
        go(m, hex, { eax: 0x81234567, ecx: 0x60, edx: 5 }, 0x8d7);
        check(m, { eax: 0x81234567 });
        expect(m.flags).toBe(0x8d7);
      }
      expect(go(m, "d325" + le32(END), { ecx: 0 })).toMatchObject(pageFault(END, WRITE));
      expect(go(m, "c125" + le32(END) + "00")).toMatchObject(pageFault(END, WRITE));
    });
  });

  describe("division", () => {
    test.each([
      ["div by 0", "f7f1", { eax: 5, edx: 0, ecx: 0 }],
      ["div overflow", "f7f1", { eax: 0, edx: 7, ecx: 7 }],
      ["idiv by 0", "f7f9", { eax: 5, edx: 0, ecx: 0 }],
      ["idiv of the least by -1", "f7f9", { eax: 0x80000000, edx: 0xffffffff, ecx: 0xffffffff }],
      ["idiv overflow", "f7f9", { eax: 0, edx: 1, ecx: 2 }],
      ["idiv overflow at 64 bits", "f7f9", { eax: 0, edx: 0x80000000, ecx: 0xffffffff }],
      ["idiv by -1, 16 bits", "66f7f9", { eax: 0x8000, edx: 0xffff, ecx: 0xffff }],
      ["idiv by -1, 8 bits", "f6f9", { eax: 0xff80, edx: 0, ecx: 0xff }],
      ["aam 0", "d400", { eax: 5, edx: 0, ecx: 0 }],
    ])("%s", (_, hex, regs) => {
      const m = machine();
      expect(go(m, hex, regs, 0x8d7)).toMatchObject(fault(Vector.DE));
      check(m, regs);
      expect(m.flags).toBe(0x8d7);
    });

    test.each([
      ["to the least", "f7f9", { eax: 0, edx: 0xffffffff, ecx: 2 }, { eax: 0x80000000, edx: 0 }],
      ["to the least, with a remainder", "f7f9", { eax: 0xffffffff, edx: 0xfffffffe, ecx: 2 }, { eax: 0x80000000, edx: 0xffffffff }],
      ["to the greatest", "f7f1", { eax: 0xffffffff, edx: 0xfffffffe, ecx: 0xffffffff }, { eax: 0xffffffff, edx: 0xfffffffe }],
    ])("%s", (_, hex, regs, after) => {
      const m = machine();
      expect(go(m, hex, regs)).toMatchObject({ exit: Exit.interrupt });
      check(m, after);
    });
  });

  describe("control", () => {
    test("into traps behind itself, and only with OF", () => {
      const m = machine();
      expect(go(m, "90ce", {}, 0x202 | OF)).toMatchObject(fault(Vector.OF, 0, 2));
      expect(go(m, "66ce", {}, 0x202 | OF)).toMatchObject(fault(Vector.OF, 0, 2));
      expect(go(m, "ce", {})).toMatchObject({ exit: Exit.interrupt, pc: 2, arg: Vector.BP });
    });

    test("software interrupts", () => {
      const m = machine();
      expect(go(m, "cd80")).toMatchObject({ exit: Exit.interrupt, arg: 0x80, pc: 2 });
      expect(go(m, "cd03")).toMatchObject({ exit: Exit.interrupt, arg: 3, pc: 2 });
      expect(go(m, "90cd05")).toMatchObject(fault(Vector.GP, 0x2a, 1));
      expect(go(m, "cd01")).toMatchObject(fault(Vector.GP, 0x0a));
      expect(go(m, "f1")).toMatchObject({ exit: Exit.interrupt, arg: 1, pc: 1 });
      expect(go(m, "0f34")).toMatchObject({ exit: Exit.syscall, pc: 2 });
    });

    test("bound", () => {
      const m = machine();
      m.memory.store32(DATA, -3);
      m.memory.store32(DATA + 4, 10);
      const hex = "6205" + le32(DATA);
      for (const v of [-3, 0, 10]) expect(go(m, hex, { eax: v })).toMatchObject({ exit: Exit.interrupt });
      for (const v of [-4, 11]) expect(go(m, hex, { eax: v })).toMatchObject(fault(Vector.BR));
    });

    test.each(["0fff00", "0fb900", "0f0b", "0f05", "0f01d0", "0f01f9", "0f04"])("undefined: %s", (hex) => {
      expect(go(machine(), hex, { eax: DATA })).toMatchObject(fault(Vector.UD));
    });

    test.each(["f4", "0f20c0", "0f22c0", "0f23c0", "0f0110", "0f06", "0f30", "0f32", "0f0138", "0f00d0"])("privileged: %s", (hex) => {
      expect(go(machine(), hex, { eax: DATA })).toMatchObject(fault(Vector.GP));
    });

    test("operand size 16 truncates EIP", () => {
      const m = machine();
      expect(go(m, "66e90000")).toMatchObject({ exit: Exit.fault, pc: 4 - CODE });
      expect(go(m, "66e80000")).toMatchObject({ exit: Exit.fault, pc: 4 - CODE });
      expect(m.memory.load16(STACK - 0x102)).toBe(4);
      check(m, { esp: STACK - 0x102 });
      expect(go(m, "66c3", { esp: STACK - 0x102 })).toMatchObject({ exit: Exit.fault, pc: 4 - CODE });
    });

    test("loops count in CX or ECX", () => {
      const m = machine();
      go(m, "40e2fd", { eax: 0, ecx: 5 });
      check(m, { eax: 5, ecx: 0 });
      go(m, "4067e2fc", { eax: 0, ecx: 0x70003 });
      check(m, { eax: 3, ecx: 0x70000 });
      go(m, "40a804e1fb", { eax: 3, ecx: 50 }); // while ZF: until bit 2 is set
      check(m, { eax: 4, ecx: 49 });
      go(m, "67e30140", { eax: 0, ecx: 0x10000 });
      check(m, { eax: 0 });
      go(m, "e30140", { eax: 0, ecx: 0x10000 });
      check(m, { eax: 1 });
    });

    test("calls through memory relative to the old ESP", () => {
      const m = machine();
      m.memory.store32(STACK - 0xfc, CODE + 0x10);
      m.memory.store32(STACK - 0x100, 0);
      m.load("ff542404");
      m.memory.store8(CODE + 0x10, 0xcc);
      m.setReg("esp", STACK - 0x100);
      expect(m.run()).toMatchObject({ exit: Exit.interrupt, pc: 0x11 });
      expect(m.memory.load32(STACK - 0x104)).toBe(CODE + 4);
      check(m, { esp: STACK - 0x104 });
    });
  });

  describe("segments", () => {
    test("loads are checked", () => {
      const m = machine();
      expect(go(m, "8ed8", { eax: 0x100 })).toMatchObject(fault(Vector.GP, 0x100));
      expect(go(m, "8ed0", { eax: 0 })).toMatchObject(fault(Vector.GP));
      expect(go(m, "8ee8 8ce8", { eax: 0xabcd0003 })).toMatchObject({ exit: Exit.interrupt });
      check(m, { eax: 3 });
      m.memory.store32(DATA, 0x12345678);
      m.memory.store16(DATA + 4, 0x100);
      expect(go(m, "c405" + le32(DATA), { eax: 1 })).toMatchObject(fault(Vector.GP, 0x100));
      check(m, { eax: 1 });
      m.memory.store16(DATA + 4, 3);
      go(m, "0fb405" + le32(DATA) + "9090");
      check(m, { eax: 0x12345678 });
      expect(m.S[(SEG_SEL >> 2) + Seg.FS]).toBe(3);
    });

    test("far transfers", () => {
      const m = machine();
      expect(go(m, "ea" + le32(CODE + 9) + "2300" + "9090" + "90")).toMatchObject({ exit: Exit.interrupt, pc: 11 });
      expect(go(m, "ea" + le32(CODE) + "2b00")).toMatchObject(fault(Vector.GP, 0x28));
      // call far; the callee returns behind it, releasing 4 bytes
      const hex = "9a" + le32(CODE + 8) + "2300" + "cc" + "ca0400";
      expect(go(m, hex, { esp: STACK - 0x100 })).toMatchObject({ exit: Exit.interrupt, pc: 8 });
      check(m, { esp: STACK - 0xfc });
      expect([m.memory.load32(STACK - 0x104), m.memory.load32(STACK - 0x108)]).toEqual([0x23, CODE + 7]);
      expect(go(m, "cf", { esp: STACK - 8 })).toMatchObject(pageFault(STACK, READ));
      [CODE + 2, 0x23, 0xffffffff & ~0x4100].forEach((v, k) => m.memory.store32(STACK - 16 + k * 4, v));
      expect(go(m, "cf90", { esp: STACK - 16 })).toMatchObject({ exit: Exit.interrupt, pc: 3 });
      expect(m.flags).toBe(0x244ed7 & ~0x4000);
      check(m, { esp: STACK - 4 });
      expect(go(m, "cf", {}, 0x4202)).toMatchObject(fault(Vector.TS));
    });

    test("a far transfer that faults leaves everything", () => {
      const m = machine();
      expect(go(m, "9a" + le32(CODE) + "2300", { esp: STACK - 0x2000 + 4 })).toMatchObject(pageFault(STACK - 0x2004, WRITE));
      check(m, { esp: STACK - 0x2000 + 4 });
      expect(m.S[EXIT_ARG >> 2]! & 0xff).toBe(1);
    });

    test("what the host answers", () => {
      const m = machine();
      go(m, "0f31", {});
      check(m, { eax: 0x89abcdef, edx: 0x1234567 });
      go(m, "0fa2", { eax: 7, ecx: 9 });
      check(m, { eax: 7, ebx: 9, ecx: 3, edx: 4 });
      go(m, "0f0105" + le32(DATA)); // sgdt
      expect(m.memory.load16(DATA)).toBe(100);
      expect(m.memory.load32(DATA + 2)).toBe(0);
      go(m, "0f01e0", { eax: -1 }); // smsw
      check(m, { eax: 104 });
    });
  });

  test("comparisons that fail still check for writing", () => {
    const m = machine();
    m.memory.protect(DATA, 0x1000, Perm.READ);
    expect(go(m, "0fb10d" + le32(DATA), { eax: 1 })).toMatchObject(pageFault(DATA, WRITE | PfCode.P));
    expect(go(m, "0fc70d" + le32(DATA), { eax: 1 })).toMatchObject(pageFault(DATA, WRITE | PfCode.P));
    expect(go(m, "8705" + le32(DATA), { eax: 1 })).toMatchObject(pageFault(DATA, WRITE | PfCode.P));
  });

  test("arpl writes only what it changes", () => {
    const m = machine();
    m.memory.store16(DATA, 0x0102);
    m.memory.protect(DATA, 0x1000, Perm.READ);
    const hex = "6305" + le32(DATA); // arpl [DATA],ax
    expect(go(m, hex, { eax: 2 }, 0x202 | ZF)).toMatchObject({ exit: Exit.interrupt });
    expect(m.flags & ZF).toBe(0);
    expect(go(m, hex, { eax: 3 })).toMatchObject(pageFault(DATA, WRITE | PfCode.P));
    m.memory.protect(DATA, 0x1000, Perm.READ | Perm.WRITE);
    expect(go(m, hex, { eax: 3 })).toMatchObject({ exit: Exit.interrupt });
    expect(m.flags & ZF).toBe(ZF);
    expect(m.memory.load16(DATA)).toBe(0x0103);
    go(m, "63c3", { eax: 1, ebx: 0x10000 });
    check(m, { ebx: 0x10001 });
  });

  test("a conditional move loads in any case", () => {
    expect(go(machine(), "0f4405" + le32(END), {}, 0x202)).toMatchObject(pageFault(END, READ));
  });

  test("xlat takes AL as it is", () => {
    const m = machine();
    m.memory.store8(DATA + 0xff, 0x77);
    go(m, "d7", { eax: 0x123456ff, ebx: DATA });
    check(m, { eax: 0x12345677 });
  });

  test("the direction flag", () => {
    const m = machine();
    go(m, "fd a4 9c fc", { esi: DATA + 8, edi: DATA + 16 });
    check(m, { esi: DATA + 7, edi: DATA + 15 });
    expect(m.memory.load32(STACK - 0x104) & DF).toBe(DF);
    expect(m.flags & DF).toBe(0);
  });
});

test("constant counts need no conditional flags", () => {
  const m = new Machine("interp");
  for (const hex of ["c1e005", "c1f803", "66c1e81f", "c0c003", "d1d8", "0fa4d007", "66c1c010"]) {
    m.load(hex);
    const block = liftBlock(m.memory, CODE, USER32, { maxInstructions: 1 });
    expect(block.insts.map((i) => i.op.name)).not.toContain("fsetif");
    expect(block.insts.map((i) => i.op.name)).not.toContain("select");
  }
});
