import { describe, expect, it } from "vitest";
import { LIMIT_ACCESS, LIMIT_TABLES } from "../../src/mmu/access-limits.js";
import { CODE_AREA, CODE_AREA_END } from "../../src/mmu/linear-memory.js";
import { PAGE_SIZE, Perm } from "../../src/mmu/perm.js";
import { UserMemory } from "../../src/mmu/user-memory.js";
import { Random } from "../vectors/random.js";

const PAGES = 48, BASE = 0x300;
const RIGHTS = [0, Perm.READ, Perm.READ | Perm.WRITE, Perm.READ | Perm.EXEC, Perm.READ | Perm.WRITE | Perm.EXEC];

/** What compiled code asks (jit/emit-memory.ts). */
function letsThrough(memory: UserMemory, addr: number, size: number, write: boolean): boolean {
  const entry = ((addr >>> 12) << 2) + memory.limits.tables[+write]!;
  return (addr + Math.max(size - LIMIT_ACCESS, 0)) >>> 0 < memory.D.getUint32(entry >>> 0, true);
}

function mayAccess(memory: UserMemory, addr: number, size: number, write: boolean): boolean {
  for (let page = addr >>> 12; page <= (addr + size - 1) >>> 12; page++) if (!(memory.perms[page]! & (write ? Perm.FAST : Perm.READ))) return false;
  return true;
}

describe.each<[string, number]>([["of 2 GiB", 2 ** 31], ["that ends where compiled code has its own", 2 ** 31 - (10 << 20)], ["that ends before", 2 ** 31 - (14 << 20)], ["of 16 MiB", 1 << 24]])("limits of memory %s", (_name, size) => {
  it("follow whatever happens to pages", () => {
    const random = new Random("limits"), memory = new UserMemory(size);
    let through = 0, refused = 0;
    for (let round = 0; round < 1500; round++) {
      const first = BASE + random.below(PAGES), pages = 1 + random.below(Math.min(8, BASE + PAGES - first));
      const at = first * PAGE_SIZE, length = pages * PAGE_SIZE;
      switch (random.below(6)) {
        case 0: case 1: memory.map(at, length, RIGHTS[random.below(RIGHTS.length)]!); break;
        case 2: memory.unmap(at, length); break;
        case 3: if (memory.isMapped(at)) memory.protect(at, PAGE_SIZE, RIGHTS[random.below(RIGHTS.length)]!); break;
        case 4: if (memory.perms[first]! & Perm.EXEC) memory.markCode(at + 64, at + 80); break;
        case 5: if (memory.perms[first]! & Perm.CODE) memory.unmarkCode(first); break;
      }
      for (let k = 0; k < 40; k++) {
        const write = random.below(2) === 1, bytes = [1, 2, 4, 8, 16, 100, 1024][random.below(7)]!;
        // most of them near a page's end
        const addr = (BASE + random.below(PAGES + 1)) * PAGE_SIZE + (random.below(3) ? -random.below(40) : random.below(PAGE_SIZE));
        const lets = letsThrough(memory, addr, bytes, write);
        if (lets && !mayAccess(memory, addr, bytes, write)) expect.fail(`round ${round}: ${addr.toString(16)}, ${bytes} bytes`);
        // Only at the end of what may be accessed there is less room than could be.
        if (!lets && mayAccess(memory, addr, Math.max(bytes, LIMIT_ACCESS), write)) expect.fail(`round ${round}: ${addr.toString(16)}, ${bytes} bytes are refused`);
        if (lets) through++;
        else refused++;
      }
    }
    expect(through).toBeGreaterThan(5000);
    expect(refused).toBeGreaterThan(5000);
  });

  it("lie where guests have nothing", () => {
    const memory = new UserMemory(size);
    for (const table of memory.limits.tables) {
      expect((table >>> 0) >= memory.home + PAGE_SIZE || (table >>> 0) >= size).toBe(true);
      expect((table >>> 0) >= CODE_AREA_END || (table >>> 0) + LIMIT_TABLES / 2 <= CODE_AREA).toBe(true);
    }
    expect(memory.home + PAGE_SIZE <= CODE_AREA).toBe(true);
    expect(memory.limit).toBe(memory.home);
    // nothing at either end of the address space
    for (const addr of [0, -1, -16, -4096, memory.limit | 0, (memory.limit - 1) | 0]) {
      for (const write of [false, true]) expect(letsThrough(memory, addr, 4, write)).toBe(false);
    }
  });
});
