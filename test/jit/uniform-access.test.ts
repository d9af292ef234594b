import { beforeEach, describe, expect, it } from "vitest";
import type { LibEnv } from "../../src/ir/env.js";
import { CpuState } from "../../src/ir/state.js";
import { WINDOW_ACCESS } from "../../src/jit/emit-memory.js";
import { type PagedAccess, pagedAccess } from "../../src/jit/paged-access.js";
import { PAGE_REACH, Windows } from "../../src/jit/windows.js";
import { Mmu } from "../../src/mmu/mmu.js";
import { PagedMemory } from "../../src/mmu/paged-memory.js";
import { PhysicalMemory } from "../../src/mmu/physical.js";
import { fixed } from "../../src/mmu/policies/fixed.js";
import { Table } from "../../src/mmu/pte.js";
import { Random } from "../vectors/random.js";

/** Windows of regions that take memory to lie in one piece: what they show may be accessed without a change of page tables. */

const RAM = 16 << 20, DIRECTORY = 0x10000, TABLE = 0x11000, LARGE = 4 << 20;
const P = 1, W = 2, U = 4, A = 32, D = 64, PS = 128;
const CR0 = (1 << 31) | (1 << 16) | 1;

describe("windows of machines", () => {
  let memory: PhysicalMemory, mmu: Mmu, paged: PagedMemory, access: PagedAccess, state: CpuState, marks: number;
  const word = (at: number): number => memory.read32(at);
  const select = (): number => access.select(mmu.version, paged.table, marks);
  const flush = (): void => {
    mmu.writeCr3(DIRECTORY);
    select();
  };
  const markCode = (page: number): void => {
    memory.markCode(page, page + 16);
    marks++;
    select();
  };
  const shown = (windows: Int32Array, k = 0): [number, number] => [windows[2 * k]! >>> 0, (windows[2 * k]! >>> 0) + (windows[2 * k + 1]! >>> 0) + WINDOW_ACCESS - 1];

  beforeEach(() => {
    memory = new PhysicalMemory(RAM);
    mmu = new Mmu(memory, fixed, { open: () => null, close() {} });
    state = new CpuState();
    paged = new PagedMemory(mmu);
    access = pagedAccess({ state, S: state.S, memory: paged, fault: null } as unknown as LibEnv, paged);
    marks = 0;
    // 4 MiB in small pages, the others in large ones
    memory.write32(DIRECTORY, TABLE | P | W | U);
    for (let k = 0; k < 1024; k++) memory.write32(TABLE + k * 4, (k * 4096) | P | W);
    for (let k = 1; k < 4; k++) memory.write32(DIRECTORY + k * 4, (k * LARGE) | P | W | PS);
    mmu.writeCr4(1 << 4);
    mmu.writeCr3(DIRECTORY);
    mmu.writeCr0(CR0);
    select();
    access.setDistance(0);
  });

  it("show a large page as soon as patience is over, or at once to regions that are bound", () => {
    const V = new Int32Array(2);
    expect(access.uniform.rd(LARGE + 0x5123, 4, V, 0)).toBe(0);
    expect(shown(V)).toEqual([LARGE + 0x5000, LARGE + 0x6000]);
    expect(access.uniform.find(LARGE + 0x9000, true, V, 0)).toBe(false);
    // read only so far: no D bit, no window for stores
    expect(word(DIRECTORY + 4) & (A | D)).toBe(A);
    expect(access.uniform.wr(LARGE + 0x9000, 4, V, 0)).toBe(0);
    expect(access.uniform.find(LARGE + 0x9000, true, V, 0)).toBe(true);
    expect(shown(V)).toEqual([LARGE, 2 * LARGE]);
    flush();
    for (let k = 0; k < 40; k++) expect(access.uniform.rd(LARGE + 0x2000 * k, 4, V, 0)).toBe(0);
    expect(shown(V)[1] - shown(V)[0]).toBeGreaterThan(0x20000);
  });

  it("grow with what is accessed of small pages, and end where code is", () => {
    const V = new Int32Array(2);
    markCode(0x23000);
    for (const page of [0x20000, 0x22000, 0x21000]) access.uniform.wr(page, 4, V, 0);
    expect(shown(V)).toEqual([0x20000, 0x23000]);
    expect(word(TABLE + 0x24 * 4)).toBe(0x24000 | P | W);
    expect(access.uniform.wr(0x23100, 4, V, 0)).toBe(0);
    expect(shown(V)).toEqual([0x20000, 0x23000]);
    expect(access.uniform.rd(0x23100, 4, V, 0)).toBe(0);
    expect(shown(V)).toEqual([0x23000, 0x24000]);
  });

  it("know nothing of what repeats on the bus while A20 is off", () => {
    const V = new Int32Array(2);
    memory.a20 = false;
    select();
    paged.probe(LARGE + 0x5000, 4, false);
    expect(access.uniform.find(LARGE + 0x5000, false, V, 0)).toBe(true);
    expect(shown(V)).toEqual([LARGE + 0x5000, LARGE + 0x6000]);
  });

  it("show all of unpaged memory that is alike", () => {
    const V = new Int32Array(2);
    memory.addMmio(0x700000, 0x1000, { read: () => 0, write() {} });
    mmu.writeCr0(1);
    select();
    access.setDistance(0);
    paged.probe(0x6ff000, 4, true);
    expect(access.uniform.find(0x6ff000, true, V, 0)).toBe(true);
    expect(shown(V)).toEqual([0x2ff000, 0x700000]);
  });

  it("start anew at the home page, or where they were when only code came", () => {
    const room = new Windows(0x20000, access.uniform.find, PAGE_REACH);
    const part = room.take([{ write: true, constant: 0x30000, registers: [] }, { write: true, constant: 0x40000, registers: [] }], access.uniform.expected);
    expect(shown(part)).toEqual([0x20000, 0x21000]);
    access.uniform.wr(0x40000, 4, part, 2);
    access.uniform.wr(0x41000, 4, part, 2);
    expect(shown(part, 1)).toEqual([0x40000, 0x42000]);
    markCode(0x41000);
    room.restart(0x25000, true);
    expect([shown(part), shown(part, 1)]).toEqual([[0x25000, 0x26000], [0x40000, 0x41000]]);
    flush();
    room.restart(0x26000, false);
    expect([shown(part), shown(part, 1)]).toEqual([[0x26000, 0x27000], [0x26000, 0x27000]]);
  });

  it("never show more than page tables allow as they are (random)", () => {
    const random = new Random("windows of machines"), V = new Int32Array(2);
    const entryOf = (linear: number): [number, number] => {
      const pde = word(DIRECTORY + (linear >>> 22) * 4);
      if (!(pde & P) || pde & PS) return [pde, pde & 0xffc00000 | (linear & 0x3ff000)];
      const pte = word(TABLE + ((linear >>> 12) & 0x3ff) * 4);
      return [pte & (pde | ~(P | W | U)), pte & -4096];
    };
    let windows = 0, long = 0;
    for (let round = 0; round < 6000; round++) {
      if (round % 30 === 0) {
        const linear = random.below(RAM / 4096) * 4096, bits = P | [0, W, U, W | U, W | A | D, W | U | A | D][random.below(6)]!;
        if (linear >= LARGE) memory.write32(DIRECTORY + (linear >>> 22) * 4, random.below(6) === 0 ? 0 : (linear & -LARGE) | bits | PS);
        else memory.write32(TABLE + (linear >>> 12) * 4, random.below(6) === 0 ? 0 : (random.below(8) === 0 ? 0x800000 : linear) | bits);
        if (random.below(4) === 0) markCode((random.below(16) * LARGE / 4 + random.below(64) * 4096) >>> 0);
        paged.table = random.below(3) === 0 ? Table.user : Table.supervisor;
        mmu.writeCr0(random.below(2) === 0 ? CR0 : CR0 & ~(1 << 16));
        if (random.below(2) === 0) mmu.writeCr3(DIRECTORY);
        else mmu.invlpg(linear);
        select();
      }
      const write = random.below(2) === 0, addr = random.below(4) * LARGE + random.below(64) * 4096 + random.below(4090);
      const several = access.uniform.strategy as [PagedAccess["uniform"]["rd"], PagedAccess["uniform"]["wr"]];
      const check = random.below(3) === 0 ? several[+write]! : write ? access.uniform.wr : access.uniform.rd;
      V[1] = 0;
      if (check(addr, 4, V, 0) !== 0 || (random.below(2) === 0 && !access.uniform.find(addr, write, V, 0)) || V[1] === 0) continue;
      const [first, end] = shown(V);
      windows++;
      if (end - first > 4096) long++;
      const user = paged.table === Table.user;
      const needed = P | A | (write ? D : 0) | (user ? U : 0) | (write && (user || mmu.cr0 & (1 << 16)) ? W : 0);
      const wrong: number[] = [];
      for (let page = first; page < end; page += 4096) {
        const [entry, physical] = entryOf(page);
        if ((entry & needed) !== needed || physical !== page || (write && memory.holdsCode(page, 4096))) wrong.push(page);
      }
      expect(wrong).toEqual([]);
    }
    expect(windows).toBeGreaterThan(500);
    expect(long).toBeGreaterThan(200);
  });
});
