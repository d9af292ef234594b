import { describe, expect, it } from "vitest";
import { PhysicalMemory } from "../../src/mmu/physical.js";
import { Access, Table } from "../../src/mmu/pte.js";
import { CR0_PG, CR4_PGE, CR4_PSE } from "../../src/mmu/role.js";
import { Perm } from "../../src/mmu/perm.js";
import { PagedMachine } from "../support/paged-machine.js";

const SUPERVISOR = Table.supervisor;

describe("physical memory", () => {
  it("has RAM, ROM and its aliases, and holes", () => {
    const m = new PhysicalMemory(0x20000, 0x2000);
    m.addRom(0xf000, new Uint8Array(5000).fill(7));
    m.aliasRom(0xffff0000, 0x2000, 0xf000);
    m.write(0x123, 2, 0xbeef);
    m.write(0xf000, 4, 1);
    expect([m.read(0x123, 2), m.read(0xf000, 4), m.read(0xffff0000, 4), m.read(0xffff1387, 2)]).toEqual([0xbeef, 0x07070707, 0x07070707, 7]);
    m.write(0x30000, 4, 1);
    expect([m.read(0x30000, 1), m.read(0x30000, 2), m.read(0x30000, 4), m.read(2 ** 33, 4)]).toEqual([0xff, 0xffff, 0xffffffff, 0xffffffff]);
    expect(() => m.addRom(0x10000, new Uint8Array(1))).toThrow("0 left");
    expect(() => m.load(0x1fffe, new Uint8Array(3))).toThrow("no memory at physical address 20000h");
  });

  it("gives devices the offset, the size and the value, and what is left of a cut window its own offsets", () => {
    const m = new PhysicalMemory(0x1000);
    const log: string[] = [];
    m.addMmio(0xfee00000, 0x3000, {
      read: (offset, size) => (log.push(`r${size} ${offset.toString(16)}`), 0x1234567),
      write: (offset, size, value) => void log.push(`w${size} ${offset.toString(16)} ${value.toString(16)}`),
    });
    m.addHole(0xfee01000, 0x1000);
    m.write(0xfee00020, 4, -1);
    m.write(0xfee02001, 1, 0x1ff);
    expect([m.read(0xfee00ff0, 2), m.read(0xfee01000, 4)]).toEqual([0x4567, 0xffffffff]);
    expect(log).toEqual(["w4 20 ffffffff", "w1 2001 ff", "r2 ff0"]);
  });

  it("wraps at the first MiB while A20 is off, also where a TLB had the address", () => {
    const m = new PagedMachine(0x200000);
    m.physical.write(0x10, 1, 1);
    m.physical.write(0x100010, 1, 2);
    expect(m.access(Access.read, SUPERVISOR, 0x100010, 1)).toBe("2");
    m.physical.a20 = false;
    expect(m.access(Access.read, SUPERVISOR, 0x100010, 1)).toBe("1");
    m.physical.a20 = true;
    expect(m.access(Access.read, SUPERVISOR, 0x100010, 1)).toBe("2");
  });

  it("tells of stores to translated lines before they happen, at their physical address, through any mapping", () => {
    const m = new PagedMachine(0x10000);
    m.physical.write32(0x1000, 0x2003);
    m.physical.write32(0x2000 + 4 * 4, 0x5003);
    m.physical.write32(0x2000 + 7 * 4, 0x5003);
    m.mmu.writeCr3(0x1000);
    m.mmu.writeCr0(CR0_PG | 1);
    const seen: string[] = [];
    m.physical.observers.add({
      codeWritten: (addr, size) => void seen.push(`${addr.toString(16)} ${size} ${m.physical.read(addr, 1)}`),
      codeUnmapped: (page) => void seen.push(`page ${page}`),
    });
    // In the TLB as writable before the page is marked.
    m.access(Access.write, SUPERVISOR, 0x7100, 4, 9);
    m.physical.markCode(0x5100, 0x5104);
    expect(m.memory.flatRun(0x7100, 16, true)).toBe(0);
    m.access(Access.write, SUPERVISOR, 0x7100, 1, 1);
    m.access(Access.write, SUPERVISOR, 0x4103, 2, 1);
    m.access(Access.write, SUPERVISOR, 0x4200, 4, 1);
    m.physical.unmarkCode(5);
    m.access(Access.write, SUPERVISOR, 0x4100, 4, 1);
    expect(seen).toEqual(["5100 1 9", "5103 2 0"]);
    expect(m.physical.perms[5]! & Perm.FAST).toBe(Perm.FAST);
    m.physical.markCode(0x5000, 0x5001);
    m.physical.addHole(0x5000, 0x1000);
    expect(seen.at(-1)).toBe("page 5");
    expect(m.access(Access.read, SUPERVISOR, 0x7100, 4)).toBe("4294967295");
  });
});

describe("paged memory", () => {
  const paged = (cr4 = 0): PagedMachine => {
    const m = new PagedMachine(0x800000);
    m.physical.write32(0x1000, 0x2007);
    for (let i = 0; i < 16; i++) m.physical.write32(0x2000 + i * 4, (i << 12) | 3);
    m.mmu.writeCr4(cr4);
    m.mmu.writeCr3(0x1000);
    m.mmu.writeCr0(CR0_PG | 1);
    return m;
  };

  it("changes no byte when the second page of a store faults, and reports that page", () => {
    const m = paged();
    m.physical.write32(0x2000 + 9 * 4, 0);
    m.physical.bytes.fill(0x55, 0x8000, 0xa000);
    expect(m.access(Access.write, SUPERVISOR, 0x8ffe, 4, 0)).toBe("fault 14 code 2 at 9000");
    expect(m.access(Access.read, Table.user, 0x8ffe, 4)).toBe("fault 14 code 5 at 8ffe");
    expect(m.physical.read(0x8ffe, 2)).toBe(0x5555);
  });

  it("sets A on a read and D on the first write, also when the read filled the TLB", () => {
    const m = paged();
    const pte = (): number => m.physical.read(0x2000 + 6 * 4, 1);
    m.access(Access.read, SUPERVISOR, 0x6000, 4);
    expect(pte()).toBe(0x23);
    expect(m.physical.read(0x1000, 1)).toBe(0x27);
    m.access(Access.write, SUPERVISOR, 0x6000, 4);
    expect(pte()).toBe(0x63);
  });

  it("keeps global pages over MOV CR3, not over INVLPG or a change of CR4.PGE", () => {
    for (const pge of [0, CR4_PGE]) {
      const m = paged(pge);
      m.physical.write32(0x2000 + 6 * 4, 0x6103);
      m.physical.write(0x6000, 1, 6);
      m.physical.write(0x7000, 1, 7);
      const read = (): string => m.access(Access.read, SUPERVISOR, 0x6000, 1);
      expect(read()).toBe("6");
      m.physical.write32(0x2000 + 6 * 4, 0x7103);
      expect(read()).toBe("6");
      m.mmu.writeCr3(0x1000);
      expect(read()).toBe(pge ? "6" : "7");
      m.mmu.invlpg(0x6000);
      expect(read()).toBe("7");
      m.physical.write32(0x2000 + 6 * 4, 0x6103);
      m.mmu.writeCr4(pge ^ CR4_PGE);
      expect(read()).toBe("6");
    }
  });

  it("drops every piece of a large page on INVLPG of any address in it, and nothing of its neighbours", () => {
    const m = paged(CR4_PSE);
    m.physical.write32(0x1004, 0x400083);
    m.physical.write32(0x1008, 0x400083);
    m.physical.write(0x401000, 1, 1);
    m.physical.write(0x1000 + 0x10, 1, 9);
    const read = (a: number): string => m.access(Access.read, SUPERVISOR, a, 1);
    expect([read(0x401000), read(0x402000), read(0x801000)]).toEqual(["1", "0", "1"]);
    m.physical.write32(0x1004, 0);
    m.physical.write32(0x1008, 0);
    m.mmu.invlpg(0x7ff000);
    expect([read(0x401000), read(0x402000), read(0x801000)]).toEqual(["fault 14 code 0 at 401000", "fault 14 code 0 at 402000", "1"]);
  });

  it("fetches up to the first page that cannot be fetched, and gives its fault", () => {
    const m = paged();
    m.physical.write32(0x2000 + 9 * 4, 0);
    m.physical.bytes.fill(0x90, 0x8ff0, 0x9000);
    const into = new Uint8Array(16);
    expect(m.memory.fetch(0x8ffa, into, 15)).toBe(6);
    expect([...into.subarray(0, 7)]).toEqual([0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0]);
    expect(m.memory.fetchFault(0x9000)).toMatchObject({ vector: 14, errorCode: 0, address: 0x9000 });
    expect(m.memory.fetchAddress(0x8123)).toBe(0x8123);
  });

  it("gives flat runs over pages that lie together, when the TLB has them", () => {
    const m = paged();
    m.physical.write32(0x2000 + 10 * 4, 0xd003);
    for (const page of [8, 9, 10]) m.access(Access.write, SUPERVISOR, page << 12, 1, 1);
    expect(m.memory.flatRun(0x8100, 0x4000, true)).toBe(0x1f00);
    expect(m.memory.flatOffset(0x8100)).toBe(0x8100);
    expect(m.memory.flatRun(0xa000, 8, false)).toBe(8);
    expect(m.memory.flatOffset(0xa010)).toBe(0xd010);
    expect(m.memory.flatRun(0x400000, 8, false)).toBe(0);
  });
});
