import { describe, expect, it } from "vitest";
import { USER32 } from "../../src/frontend/mode.js";
import { readEflags } from "../../src/ir/eflags.js";
import { Exit } from "../../src/ir/exit.js";
import { GPR, PC } from "../../src/ir/state.js";
import { emitRegion } from "../../src/jit/compile.js";
import { type PageRights, Reliants } from "../../src/jit/settled-pages.js";
import { PAGE_SIZE, Perm } from "../../src/mmu/perm.js";
import { UserMemory } from "../../src/mmu/user-memory.js";
import { growRegion } from "../../src/runtime/region-builder.js";
import { bytesAsCode } from "../../src/runtime/translate.js";
import { TranslationStore } from "../../src/runtime/translation-store.js";
import { UserCpu } from "../../src/runtime/user-cpu.js";
import { CODE, DATA, DATA_SIZE, hex, makeGuest, NO_HOST, runGuest, STACK } from "../support/guest.js";
import { Random } from "../vectors/random.js";

// Accesses at constants and something, with the rights of the pages there built into the code.

const reg = (r: number): number => (GPR >> 2) + 2 * r;
const [ECX, ESI, EDI] = [reg(1), reg(6), reg(7)];
const MEMORY = { run: (addr: number, write: boolean) => (addr >= DATA && addr < DATA + DATA_SIZE && !(write && addr < DATA + 0x1000) ? { start: write ? DATA + 0x1000 : DATA, end: DATA + DATA_SIZE } : null) };

const emitted = (code: string, rights?: PageRights): ReturnType<typeof emitRegion> => {
  const region = growRegion(bytesAsCode(Uint8Array.from(hex(code)), CODE), CODE, USER32, { count: () => 1 });
  region.rights = rights;
  return emitRegion(region);
};
/** Pages that code relies on. */
const relies = (code: string): string[] => emitted(`${code} f4`, MEMORY).reliances.map(({ first, end, write }) => `${first.toString(16)}-${end.toString(16)}${write ? " w" : ""}`);

/** L: mov eax, [ecx+DATA]; movzx edx, al; add esi, [edx*4+DATA+0x1000]; mov [DATA+0x2000], esi; add dword [ecx+DATA+0x2004], 1; add ecx, 4; cmp ecx, edi; jb L */
const LOOP = "8b8100000200 0fb6d0 03349500100200 893500200200 83810420020001 83c104 39f9 72dc";

describe("settled pages", () => {
  it("nothing is asked where an address can only be in pages with the right", () => {
    const asked = (code: string): number => emitted(`${code} f4`, MEMORY).code.match(/\b(rd|wr)s?\(/g)?.length ?? 0;
    expect(asked("a100000200")).toBe(0); // mov eax, [DATA]
    expect(asked("0fb6d2 8b049500000200")).toBe(0); // movzx edx, dl; mov eax, [edx*4+DATA]
    expect(asked("83e20f 8b049500000200")).toBe(0); // and edx, 15; …
    expect(asked("c1ea18 8a8200000200")).toBe(0); // shr edx, 24; mov al, [edx+DATA]
    expect(asked("0fb7d2 8b049500000200")).toBe(1); // movzx edx, dx: 256 KiB, too far
    expect(asked("8b8200000200")).toBe(1); // mov eax, [edx+DATA]
    expect(asked("a300000200")).toBe(1); // mov [DATA], eax, where it must not
    expect(asked("a300100200")).toBe(0); // mov [DATA+0x1000], eax
    expect(asked("a1fd2f0200")).toBe(1); // over the end
  });

  it("without rights all is asked for, and with a register alone", () => {
    expect(emitted("a100000200 f4").code).toMatch(/\brd\(/);
    expect(emitted("a100000200 f4").reliances).toEqual([]);
    expect(emitted("8b02 f4", MEMORY).reliances).toEqual([]);
  });

  it("says what it relies on: the pages of what is not checked, the run that it compares with", () => {
    expect(relies("a100000200")).toEqual(["20-21"]);
    expect(relies("8b8200000200")).toEqual(["20-23"]);
    expect(relies("898200100200")).toEqual(["21-23 w"]);
    expect(relies("8b02")).toEqual([]);
  });

  it("knows who relied on what has changed", () => {
    const reliants = new Reliants<string>();
    reliants.add([{ first: 1, end: 5, write: false }], "a");
    reliants.add([{ first: 1, end: 5, write: false }, { first: 8, end: 9, write: true }], "b");
    const without = (page: number) => (first: number, end: number): boolean => !(first <= page && page < end);
    expect(reliants.disappointed(4, 7, without(4))).toEqual(["a", "b"]);
    expect(reliants.disappointed(4, 7, without(6))).toEqual([]);
    // only what has changed is looked at
    expect(reliants.disappointed(5, 7, without(2))).toEqual([]);
    expect(reliants.disappointed(8, 9, without(8))).toEqual(["b"]);
    reliants.remove([{ first: 1, end: 5, write: false }], "a");
    expect(reliants.disappointed(1, 2, without(1))).toEqual(["b"]);
  });

  it("a run of pages ends where the heap begins", () => {
    const memory = new UserMemory(1 << 20);
    memory.map(DATA, 0x4000, Perm.READ | Perm.WRITE);
    memory.protect(DATA, 0x1000, Perm.READ);
    memory.heap = DATA + 0x3000;
    expect(memory.run(DATA + 0x1234, false)).toEqual({ start: DATA, end: DATA + 0x3000 });
    expect(memory.run(DATA + 0x1234, true)).toEqual({ start: DATA + 0x1000, end: DATA + 0x3000 });
    expect(memory.run(DATA + 0x3000, true)).toEqual({ start: DATA + 0x3000, end: DATA + 0x4000 });
    expect(memory.run(DATA, true)).toBe(null);
    expect(memory.run(memory.home, true)).toBe(null);
  });

  it("with pages that come and go, both tiers do the same", () => {
    const random = new Random("settled pages");
    let faults = 0, ends = 0;
    for (let round = 0; round < 60; round++) {
      const guests = [makeGuest(hex(LOOP), "interp"), makeGuest(hex(LOOP), "jit"), makeGuest(hex(LOOP), "auto", 20)];
      for (let step = 0; step < 12; step++) {
        const page = DATA + random.below(DATA_SIZE / PAGE_SIZE) * PAGE_SIZE, what = random.below(6), from = random.below(0x900) * 4 - 0x200, many = random.below(200) * 4;
        for (const g of guests) {
          if (what === 0) g.memory.unmap(page, PAGE_SIZE);
          else if (what === 1 && g.memory.isMapped(page)) g.memory.protect(page, PAGE_SIZE, Perm.READ);
          else if (what === 2) g.memory.map(page, PAGE_SIZE, Perm.READ | Perm.WRITE);
          else if (what === 3 && g.memory.isMapped(page)) g.memory.markCode(page + 0x40, page + 0x80);
          else g.memory.map(DATA, DATA_SIZE, Perm.READ | Perm.WRITE);
          g.S[ECX] = from;
          g.S[EDI] = from + many;
          g.S[ESI] = step;
          g.S[PC >> 2] = CODE;
        }
        const [interp, ...others] = guests.map((g) => {
          const exit = runGuest(g), { fault } = g.cpu;
          return {
            exit, fault: fault && [fault.vector, fault.errorCode, fault.address], pc: g.S[PC >> 2], flags: readEflags(g.S), n: g.cpu.instructions,
            regs: Array.from({ length: 8 }, (_, r) => g.S[reg(r)]), memory: Buffer.from(g.memory.bytes.slice(DATA, DATA + DATA_SIZE)).toString("base64"),
          };
        });
        if (interp!.fault?.[0] === 14) faults++;
        else ends++;
        for (const other of others) expect(other, `round ${round}, step ${step}`).toEqual(interp);
      }
    }
    expect(Math.min(faults, ends)).toBeGreaterThan(50);
  });

  it("code whose pages lose their rights goes, and after the second time relies on nothing", () => {
    const g = makeGuest(hex(LOOP), "auto", 10);
    const run = (): void => {
      [g.S[ECX], g.S[EDI], g.S[PC >> 2]] = [0, 400, CODE];
      expect(runGuest(g)).toBe(Exit.fault);
      expect(g.cpu.fault!.vector).toBe(13);
    };
    const regions = [0, 1, 2, 3].map(() => {
      run();
      const before = g.cpu.cacheCounters.regions;
      // another page than those it accesses, but of the run that it compares with
      g.memory.map(DATA, DATA_SIZE, Perm.READ | Perm.WRITE);
      g.memory.unmap(DATA + 0x2000, PAGE_SIZE);
      g.memory.map(DATA + 0x2000, PAGE_SIZE, Perm.READ | Perm.WRITE);
      return before;
    });
    run();
    expect([...regions, g.cpu.cacheCounters.regions]).toEqual([1, 2, 3, 3, 3]);
  });

  it("other processes take over what fits their pages", () => {
    const store = new TranslationStore();
    const process = (pages: number, readOnly = 0): UserCpu => {
      const memory = new UserMemory(1 << 20);
      memory.map(CODE, 0x1000, Perm.READ | Perm.EXEC);
      memory.bytes.set([...hex(LOOP), 0xf4], CODE);
      memory.map(DATA, pages * PAGE_SIZE, Perm.READ | Perm.WRITE);
      memory.protect(DATA, readOnly * PAGE_SIZE, Perm.READ);
      memory.map(STACK, 0x1000, Perm.READ | Perm.WRITE);
      const cpu = new UserCpu(memory, NO_HOST, { threshold: 10, store });
      [cpu.state.S[ECX], cpu.state.S[EDI], cpu.state.S[PC >> 2]] = [0, 400, CODE];
      cpu.run(1_000_000);
      return cpu;
    };
    const compiled = (cpu: UserCpu): number => cpu.counters.bytes;
    for (const [cpu, own] of [[process(3), true], [process(3), false], [process(4), false], [process(3, 1), true]] as const) {
      expect(cpu.fault!.vector).toBe(13);
      expect(compiled(cpu) > 0).toBe(own);
    }
  });
});
