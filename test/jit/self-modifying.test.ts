import { describe, expect, it } from "vitest";
import { Exit } from "../../src/ir/exit.js";
import { Vector } from "../../src/ir/memory.js";
import { PC } from "../../src/ir/state.js";
import { Perm } from "../../src/mmu/perm.js";
import { CODE, DATA, hex, makeGuest, runGuest, STACK } from "../support/guest.js";

// A store to code is seen before the next instruction, whatever tier runs it.

const le = (n: number): string => [0, 8, 16, 24].map((s) => ((n >>> s) & 255).toString(16).padStart(2, "0")).join("");

for (const [tier, threshold, backend] of [["interp", undefined, "js"], ["jit", undefined, "js"], ["auto", 3, "js"], ["jit", undefined, "wasm"], ["auto", 3, "wasm"]] as const) {
  describe(`self-modifying code, tier ${tier}, ${backend}`, () => {
    it("changes the very next instruction", () => {
      // mov byte [CODE+8], 0x43 (inc ebx); at +7: nop; at +8: inc eax -> inc ebx
      const g = makeGuest(hex(`c605${le(CODE + 8)}43 90 40`), tier, threshold, undefined, backend);
      runGuest(g);
      expect(g.S[0]).toBe(0);
      expect(g.S[6]).toBe(1);
    });

    it("changes the immediate of an instruction in a running loop", () => {
      // mov ecx, 200; L: add eax, 1 (imm32 at +7); inc dword [imm]; dec ecx; jnz L
      const code = hex(`b9c8000000 81c001000000 ff05${le(CODE + 7)} 49 75f1`);
      const g = makeGuest(code, tier, threshold, undefined, backend);
      runGuest(g);
      expect(g.S[0]).toBe((200 * 201) / 2);
      expect(g.cpu.fault?.vector).toBe(Vector.GP);
    });

    it("leaves data beside code alone", () => {
      // a counter in the code page, far from the code: L: inc dword [CODE+0x800]; dec ecx; jnz L
      const code = hex(`b910270000 ff05${le(CODE + 0x800)} 49 75f7`);
      const g = makeGuest(code, tier, threshold, undefined, backend);
      runGuest(g);
      expect(g.memory.load32(CODE + 0x800)).toBe(10000);
      expect(g.cpu.cache.counters.invalidations).toBe(0);
    });

    it("sees rep stos over code that follows", () => {
      // edi = CODE+0x20, ecx = 2, eax = 0x90909090; rep stosd; then jump to +0x20 where ud2s were
      const code = [...hex(`bf${le(CODE + 0x20)} b902000000 b890909090 f3ab eb0d`)];
      while (code.length < 0x20) code.push(0x90);
      code.push(...hex("0f0b 0f0b 0f0b 0f0b 43"));
      const g = makeGuest(code, tier, threshold, undefined, backend);
      for (let round = 0; round < 6; round++) {
        g.memory.store32(CODE + 0x20, 0x0b0f0b0f);
        g.memory.store32(CODE + 0x24, 0x0b0f0b0f);
        g.S[PC >> 2] = CODE;
        runGuest(g);
        expect(g.cpu.fault?.vector).toBe(Vector.GP);
        expect(g.S[6]).toBe(round + 1);
      }
    });

    it("runs code on the stack that is written again for each call", () => {
      const at = STACK + 0x100;
      // esi counts; L: mov [at], eax (inc ebx; ret); call at; eax ^= 6 (inc ebp; ret); dec esi; jnz L
      const program = hex(`be64000000 b843c30000 a3${le(at)} bf${le(at)} ffd7 3506000000 4e 75ec`);
      const g = makeGuest(program, tier, threshold, undefined, backend);
      g.memory.protect(STACK, 0x1000, Perm.READ | Perm.WRITE | Perm.EXEC);
      runGuest(g);
      expect(g.cpu.fault?.vector).toBe(Vector.GP);
      expect([g.S[6], g.S[10]]).toEqual([50, 50]);
    });

    it("faults when the page of the running code is no longer executable", () => {
      const g = makeGuest(hex("40 40 40"), tier, threshold, undefined, backend);
      for (let i = 0; i < 5; i++) {
        g.S[PC >> 2] = CODE;
        runGuest(g);
      }
      expect(g.S[0]).toBe(15);
      g.memory.protect(CODE, 0x1000, Perm.READ);
      g.S[PC >> 2] = CODE;
      expect(runGuest(g)).toBe(Exit.fault);
      expect(g.cpu.fault).toMatchObject({ vector: Vector.PF, address: CODE, errorCode: 0x15 });
      expect(g.S[0]).toBe(15);
      g.memory.unmap(CODE, 0x1000);
      runGuest(g);
      expect(g.cpu.fault).toMatchObject({ vector: Vector.PF, address: CODE, errorCode: 0x14 });
    });

    it("keeps accesses that straddle pages, and faults on the right byte", () => {
      // mov [esi], eax; mov ebx, [esi] at the end of a page, then at the end of the mapping
      const g = makeGuest(hex("8906 8b1e"), tier, threshold, undefined, backend);
      g.S[0] = 0x12345678;
      g.S[12] = DATA + 0xffe;
      runGuest(g);
      expect(g.S[6]).toBe(0x12345678);
      g.S[PC >> 2] = CODE;
      g.S[12] = DATA + 0x2ffe;
      runGuest(g);
      expect(g.cpu.fault).toMatchObject({ vector: Vector.PF, address: DATA + 0x3000, errorCode: 6 });
      expect(g.S[PC >> 2]).toBe(CODE);
      expect(g.memory.load16(DATA + 0x2ffe)).toBe(0);
    });
  });
}
