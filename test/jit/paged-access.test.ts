import { beforeEach, describe, expect, it } from "vitest";
import type { LibEnv } from "../../src/ir/env.js";
import { Exit } from "../../src/ir/exit.js";
import { CpuState, EXIT, HOME_WRITE, WINDOW } from "../../src/ir/state.js";
import { type PagedAccess, pagedAccess } from "../../src/jit/paged-access.js";
import { PAGE_REACH } from "../../src/jit/windows.js";
import { Mmu } from "../../src/mmu/mmu.js";
import { PagedMemory } from "../../src/mmu/paged-memory.js";
import { PhysicalMemory } from "../../src/mmu/physical.js";
import { fixed } from "../../src/mmu/policies/fixed.js";

/** What checks of compiled code answer: the difference of an address (where all have the same, 0 and a window), or 1. */

const RAM = 1 << 20, DIRECTORY = 0x10000, TABLE = 0x11000;
const P = 1, W = 2, A = 32, D = 64;
/** Linear pages: two that lie alike, one elsewhere, one beside code, one read-only. */
const HOME = 0x20000, NEXT = 0x21000, AWAY = 0x22000, CODE = 0x30000, CONSTANT = 0x31000;

describe("checks of compiled code in machines", () => {
  let memory: PhysicalMemory, mmu: Mmu, access: PagedAccess, S: Int32Array;
  const entry = (linear: number): number => memory.read32(TABLE + (linear >>> 12) * 4);
  const map = (linear: number, physical: number, bits: number): void => memory.write32(TABLE + (linear >>> 12) * 4, physical | bits);
  const single = (): number => {
    const exit = S[EXIT >> 2]!;
    S[EXIT >> 2] = Exit.none;
    return exit;
  };

  beforeEach(() => {
    memory = new PhysicalMemory(RAM);
    mmu = new Mmu(memory, fixed, { open: () => null, close() {} });
    const state = new CpuState();
    S = state.S;
    const paged = new PagedMemory(mmu);
    access = pagedAccess({ state, S, memory: paged, fault: null } as unknown as LibEnv, paged);
    memory.write32(DIRECTORY, TABLE | P | W | A);
    for (const page of [HOME, NEXT, CODE]) map(page, page, P | W | A | D);
    map(AWAY, 0x50000, P | W | A | D);
    map(CONSTANT, CONSTANT, P | A);
    memory.markCode(CODE, CODE + 16);
    mmu.writeCr3(DIRECTORY);
    mmu.writeCr0((1 << 31) | (1 << 16) | 1);
    access.select(mmu.version, 0, 0);
    access.setDistance(0);
    S[HOME_WRITE >> 2] = HOME;
    S[(HOME_WRITE >> 2) + 1] = 0;
  });

  it("give the difference, and the page for the window", () => {
    expect(access.rd(HOME + 8, 4)).toBe(0);
    expect(access.wr(AWAY + 8, 4)).toBe(0x50000 - AWAY);
    expect(S[WINDOW >> 2]).toBe(AWAY);
    // again, now from the table
    expect(access.wr(AWAY + 12, 4)).toBe(0x50000 - AWAY);
    expect(access.rd(AWAY, 1)).toBe(0x50000 - AWAY);
  });

  it("let stores beside code through, one at a time", () => {
    for (let round = 0; round < 2; round++) {
      expect(access.wr(CODE + 64, 4)).toBe(0);
      expect(S[WINDOW >> 2]).toBe(HOME);
      expect(access.wr(CODE + 12, 4)).toBe(1);
      expect(single()).toBe(Exit.single);
    }
    const W = Int32Array.of(HOME, 0);
    expect(access.uniform.wr(CODE + 64, 4, W, 0)).toBe(0);
    expect([...W]).toEqual([HOME, 0]);
    expect(access.uniform.wr(CODE + 60, 8, W, 0)).toBe(1);
  });

  it("let accesses go on in the next page where that lies alike", () => {
    expect(access.rd(NEXT - 2, 4)).toBe(0);
    expect(access.wr(NEXT - 2, 4)).toBe(0);
    expect(S[WINDOW >> 2]).toBe(HOME);
    expect(access.rd(AWAY - 2, 4)).toBe(1);
    expect(single()).toBe(Exit.single);
    // into a page that may only be read
    expect(access.rd(CONSTANT - 2, 4)).toBe(0);
    expect(access.wr(CONSTANT - 2, 4)).toBe(1);
    expect(single()).toBe(Exit.fault);
  });

  it("of single accesses set A and D bits, of several none", () => {
    const [rds, wrs] = access.strategy as [PagedAccess["rd"], PagedAccess["wr"]];
    map(HOME, HOME, P | W);
    expect(rds(HOME, 64)).toBe(1);
    expect(single()).toBe(Exit.single);
    expect(entry(HOME)).toBe(HOME | P | W);
    expect(access.rd(HOME, 4)).toBe(0);
    expect(entry(HOME)).toBe(HOME | P | W | A);
    expect(rds(HOME, 64)).toBe(0);
    expect(wrs(HOME, 64)).toBe(1);
    expect(entry(HOME)).toBe(HOME | P | W | A);
    expect(access.wr(HOME, 4)).toBe(0);
    expect(entry(HOME)).toBe(HOME | P | W | A | D);
    expect(wrs(HOME, 64)).toBe(0);
    // whole tables, too
    memory.write32(DIRECTORY, TABLE | P | W);
    mmu.writeCr3(DIRECTORY);
    access.select(mmu.version, 0, 0);
    expect(rds(NEXT, 8)).toBe(1);
    expect(memory.read32(DIRECTORY)).toBe(TABLE | P | W);
  });

  it("of several set none with PAE, either", () => {
    const PDPT = 0x12000, PAE_DIRECTORY = 0x13000, PAE_TABLE = 0x14000;
    const write64 = (at: number, low: number): void => {
      memory.write32(at, low);
      memory.write32(at + 4, 0);
    };
    write64(PDPT, PAE_DIRECTORY | P);
    write64(PAE_DIRECTORY, PAE_TABLE | P | W);
    write64(PAE_TABLE + (HOME >>> 12) * 8, HOME | P | W | A);
    mmu.writeCr0(1);
    mmu.writeCr4(32);
    mmu.writeCr3(PDPT);
    mmu.writeCr0((1 << 31) | (1 << 16) | 1);
    access.select(mmu.version, 0, 0);
    const [rds, wrs] = access.strategy as [PagedAccess["rd"], PagedAccess["wr"]];
    expect(rds(HOME, 8)).toBe(1);
    expect(memory.read32(PAE_DIRECTORY)).toBe(PAE_TABLE | P | W);
    expect(access.rd(HOME, 4)).toBe(0);
    expect(memory.read32(PAE_DIRECTORY)).toBe(PAE_TABLE | P | W | A);
    expect(rds(HOME, 8)).toBe(0);
    expect(wrs(HOME, 8)).toBe(1);
    expect(memory.read32(PAE_TABLE + (HOME >>> 12) * 8)).toBe(HOME | P | W | A);
  });

  it("count what lies elsewhere than a uniform region takes it to", () => {
    const W = new Int32Array(4);
    expect(access.uniform.rd(NEXT + 4, 4, W, 0)).toBe(0);
    expect(access.uniform.wr(NEXT + 4, 4, W, 2)).toBe(0);
    expect([...W]).toEqual([NEXT, PAGE_REACH, NEXT, PAGE_REACH]);
    expect(access.uniform.strays).toBe(0);
    expect(access.uniform.rd(AWAY, 4, W, 0)).toBe(1);
    expect(single()).toBe(Exit.single);
    expect(access.uniform.strays).toBe(1);
    access.setDistance(0x50000 - AWAY);
    expect(access.uniform.rd(AWAY, 4, W, 0)).toBe(0);
    expect(W[0]).toBe(AWAY);
    expect(access.uniform.rd(NEXT, 4, W, 0)).toBe(1);
  });

  it("forget all under another mapping, and remember an earlier one", () => {
    expect(access.rd(HOME, 4)).toBe(0);
    const { version } = mmu, before = access.select(version, 0, 0);
    map(HOME, 0x60000, P | W | A);
    mmu.writeCr3(DIRECTORY);
    expect(access.select(mmu.version, 0, 0)).not.toBe(before);
    expect(access.select(version, 0, 0)).toBe(before);
    access.select(mmu.version, 0, 0);
    expect(access.rd(HOME, 4)).toBe(0x60000 - HOME);
    for (let k = 1; k < 5000; k++) access.select(mmu.version, 0, k);
    expect(access.rd(HOME, 4)).toBe(0x60000 - HOME);
    expect(version).not.toBe(mmu.version);
  });
});
