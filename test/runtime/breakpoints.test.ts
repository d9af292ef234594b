import fc from "../support/random-inputs.js";
import { describe, expect, it } from "vitest";
import { Exit } from "../../src/ir/exit.js";
import { PC } from "../../src/ir/state.js";
import type { StopPoints, Watchpoint } from "../../src/runtime/breakpoints.js";
import { CODE, DATA, type Guest, hex, makeGuest } from "../support/guest.js";

// What a debugger asks a processor to stop at: exactly there, in either tier, and nothing else changes.

const le = (n: number): string => [0, 8, 16, 24].map((s) => ((n >>> s) & 255).toString(16).padStart(2, "0")).join("");
const EAX = 0, ECX = 2, EDI = 14;

// mov ecx, 300; L: add eax, ecx (+5); mov [DATA+0x10], eax (+7); add edx, [DATA+0x1010] (+13); dec ecx (+19); jnz L (+20); (+22)
const LOOP = hex(`b92c010000 01c8 8905${le(DATA + 0x10)} 0315${le(DATA + 0x1010)} 49 75ef`);

const code = (...at: number[]): StopPoints => ({ code: new Set(at), data: [] });
const data = (...watches: Watchpoint[]): StopPoints => ({ code: new Set(), data: watches });

function plainRun(): Guest {
  const g = makeGuest(LOOP, "interp");
  expect(g.cpu.run(1e6)).toBe(Exit.fault);
  return g;
}

for (const [tier, threshold] of [["interp", undefined], ["jit", undefined], ["auto", 5]] as const) {
  describe(`tier ${tier}`, () => {
    it("stops before an instruction in the middle of a hot loop each time it comes by, also when set late and when cleared again", () => {
      const g = makeGuest(LOOP, tier, threshold);
      expect(g.cpu.run(5 * 100)).toBe(Exit.budget);
      const began = g.S[ECX]!;
      g.cpu.stopAt(code(CODE + 13));
      for (let k = 0; k < 20; k++) {
        expect(g.cpu.run(1e6)).toBe(Exit.debug);
        expect(g.S[PC >> 2]).toBe(CODE + 13);
        expect(began - g.S[ECX]!).toBeLessThanOrEqual(k + 1);
        // without being passed it stops at once
        const { instructions } = g.cpu;
        expect(g.cpu.run(1e6)).toBe(Exit.debug);
        expect(g.cpu.instructions).toBe(instructions);
        g.cpu.pass(CODE + 13);
      }
      g.cpu.stopAt(null);
      expect(g.cpu.run(1e6)).toBe(Exit.fault);
      const plain = plainRun();
      expect([...g.S.subarray(0, 16)]).toEqual([...plain.S.subarray(0, 16)]);
      expect(g.cpu.instructions).toBe(plain.cpu.instructions);
    });

    it("stops behind the instruction that writes something watched, and at no other that touches its page", () => {
      const g = makeGuest(LOOP, tier, threshold);
      g.cpu.stopAt(data({ address: DATA + 0x12, size: 2, kind: "write" }));
      for (let k = 0; k < 120; k++) {
        expect(g.cpu.run(1e6)).toBe(Exit.debug);
        expect(g.S[PC >> 2]).toBe(CODE + 13);
        expect(g.S[ECX]).toBe(300 - k);
        expect(g.cpu.watchHit).toMatchObject({ address: DATA + 0x10, watch: { kind: "write" } });
        expect(g.memory.load32(DATA + 0x10)).toBe(g.S[EAX]);
      }
      g.cpu.stopAt(data({ address: DATA + 0x14, size: 4, kind: "access" }));
      expect(g.cpu.run(1e6)).toBe(Exit.fault);
      expect([...g.S.subarray(0, 16)]).toEqual([...plainRun().S.subarray(0, 16)]);
    });

    it("tells reads from writes", () => {
      const g = makeGuest(LOOP, tier, threshold);
      g.cpu.stopAt(data({ address: DATA + 0x10, size: 4, kind: "read" }, { address: DATA + 0x1013, size: 1, kind: "read" }));
      for (let k = 0; k < 40; k++) {
        expect(g.cpu.run(1e6)).toBe(Exit.debug);
        expect(g.S[PC >> 2]).toBe(CODE + 19);
        expect(g.cpu.watchHit!.watch.address).toBe(DATA + 0x1013);
      }
    });

    it("sees library functions of compiled code: rep stosd over a watched byte", () => {
      // L: mov edi, DATA; mov ecx, 64; rep stosd; inc eax; cmp eax, 100; jb L
      const g = makeGuest(hex(`bf${le(DATA)} b940000000 f3ab 40 83f864 72ee`), tier, threshold);
      g.cpu.stopAt(data({ address: DATA + 0x81, size: 1, kind: "write" }));
      for (let k = 0; k < 100; k++) {
        expect(g.cpu.run(1e6)).toBe(Exit.debug);
        expect(g.S[PC >> 2]).toBe(CODE + 12);
        expect([g.S[EAX], g.S[ECX], g.S[EDI]]).toEqual([k, 0, DATA + 256]);
      }
      expect(g.cpu.run(1e6)).toBe(Exit.fault);
      expect(g.S[EAX]).toBe(100);
    });

    it("single steps are exactly one instruction, with breakpoints and without", () => {
      const g = makeGuest(LOOP, tier, threshold);
      const at = [0, 5, 7, 13, 19, 20, 5, 7, 13, 19, 20, 5];
      for (let k = 1; k < at.length; k++) {
        if (k === 6) g.cpu.stopAt(code(CODE + 19));
        if (g.S[PC >> 2] === CODE + 19) g.cpu.pass(CODE + 19);
        expect(g.cpu.run(1, true)).toBe(Exit.budget);
        expect(g.S[PC >> 2]).toBe(CODE + at[k]!);
        expect(g.cpu.instructions).toBe(k);
      }
    });
  });
}

it("any set of breakpoints: the run is cut, nothing else", () => {
  const starts = [0, 5, 7, 13, 19, 20, 22];
  const plain = plainRun();
  fc.assert(fc.property(fc.subarray(starts), fc.constantFrom("interp", "jit", "auto"), (set, tier) => {
    const g = makeGuest(LOOP, tier, tier === "auto" ? 3 : undefined);
    g.cpu.stopAt(code(...set.map((x) => CODE + x)));
    const seen = new Map<number, number>();
    for (;;) {
      const exit = g.cpu.run(1e6);
      if (exit !== Exit.debug) {
        expect(exit).toBe(Exit.fault);
        break;
      }
      const at = g.S[PC >> 2]! - CODE;
      seen.set(at, (seen.get(at) ?? 0) + 1);
      g.cpu.pass(at + CODE);
    }
    for (const x of set) expect(seen.get(x)).toBe(x === 0 || x === 22 ? 1 : 300);
    expect(seen.size).toBe(set.length);
    expect(g.cpu.instructions).toBe(plain.cpu.instructions);
    expect([...g.S.subarray(0, 16)]).toEqual([...plain.S.subarray(0, 16)]);
  }), { numRuns: 40 });
});
