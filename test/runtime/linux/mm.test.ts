import { expect, test, vi } from "vitest";
import { Perm } from "../../../src/mmu/perm.js";
import { UserMemory } from "../../../src/mmu/user-memory.js";
import type { OpenFile } from "../../../src/runtime/linux/contract.js";
import { E, Errno } from "../../../src/runtime/linux/errno.js";
import { MemoryBudget } from "../../../src/runtime/linux/memory-pool.js";
import { Map as MapFlag, MemoryMap } from "../../../src/runtime/linux/mm.js";
import { xorshift } from "../../support/xorshift.js";

const PAGE = 4096, BASE = 0x100000, PAGES = 64;
const ANON = MapFlag.PRIVATE | MapFlag.ANONYMOUS;

function space(limit = 1 << 30): { map: MemoryMap; memory: UserMemory; budget: MemoryBudget } {
  const memory = new UserMemory(16 << 20);
  const budget = new MemoryBudget(limit);
  const map = new MemoryMap(memory, budget);
  return { map, memory, budget };
}

function errnoOf(call: () => unknown): number {
  try {
    call();
  } catch (e) {
    if (e instanceof Errno) return e.errno;
    throw e;
  }
  return 0;
}

test("random mappings agree with a page-by-page model, in permissions, content, accounting and forks", () => {
  const next = xorshift(0x12345);
  const { map, memory, budget } = space();
  /** -1: unmapped, else its protection; and the byte the whole page should hold. */
  const prot = new Array<number>(PAGES).fill(-1), value = new Array<number>(PAGES).fill(0);
  const check = (m: UserMemory): void => {
    for (let p = 0; p < PAGES; p++) {
      const perm = m.perms[BASE / PAGE + p]!;
      expect(perm !== 0).toBe(prot[p]! >= 0);
      if (prot[p]! < 0) continue;
      expect((perm & Perm.WRITE) !== 0).toBe((prot[p]! & 2) !== 0);
      expect((perm & Perm.READ) !== 0).toBe(prot[p]! !== 0);
      expect(m.bytes[BASE + p * PAGE + 17]).toBe(value[p]);
    }
  };
  for (let n = 0; n < 3000; n++) {
    const at = next(PAGES), count = 1 + next(Math.min(8, PAGES - at)), addr = BASE + at * PAGE, size = count * PAGE;
    const range = Array.from({ length: count }, (_, i) => at + i);
    switch (next(6)) {
      case 0:
      case 1: {
        const p = [0, 1, 3, 5, 7][next(5)]!;
        expect(map.mmap(addr, size, p, ANON | MapFlag.FIXED, null, 0)).toBe(addr);
        for (const i of range) [prot[i], value[i]] = [p, 0];
        break;
      }
      case 2:
        map.munmap(addr, size);
        for (const i of range) prot[i] = -1;
        break;
      case 3: {
        const p = [0, 1, 3, 5][next(4)]!;
        const whole = range.every((i) => prot[i]! >= 0);
        expect(errnoOf(() => map.mprotect(addr, size, p))).toBe(whole ? 0 : E.NOMEM);
        if (whole) for (const i of range) prot[i] = p;
        break;
      }
      case 4:
        for (const i of range) {
          if (prot[i]! < 0 || !(prot[i]! & 2)) continue;
          value[i] = next(256);
          memory.bytes[BASE + i * PAGE + 17] = value[i]!;
        }
        break;
      case 5:
        map.discard(addr, addr + size);
        for (const i of range) value[i] = 0;
        break;
    }
    if (n % 50 === 0) {
      check(memory);
      const mapped = prot.filter((p) => p >= 0).length, counted = prot.filter((p) => p > 0).length;
      expect(map.total).toBe(mapped * PAGE);
      expect(budget.used).toBe(counted * PAGE);
    }
    if (n % 500 === 499) {
      const other = new UserMemory(16 << 20);
      const child = map.fork(other);
      check(other);
      other.bytes.fill(0xee, BASE, BASE + PAGES * PAGE);
      check(memory);
      child.clear();
      expect(other.perms.subarray(BASE / PAGE, BASE / PAGE + PAGES).every((p) => p === 0)).toBe(true);
    }
  }
  map.clear();
  expect(budget.used).toBe(0);
});

test("placement: top down, hints, fixed without replacing, exhaustion", () => {
  const { map, memory } = space();
  const a = map.mmap(0, PAGE, 3, ANON, null, 0), b = map.mmap(0, PAGE, 3, ANON, null, 0);
  expect(a).toBe(memory.limit - PAGE);
  expect(b).toBe(a - PAGE);
  expect(map.mmap(0x200000, PAGE, 3, ANON, null, 0)).toBe(0x200000);
  expect(errnoOf(() => map.mmap(0x200000, PAGE, 3, ANON | MapFlag.FIXED_NOREPLACE, null, 0))).toBe(E.EXIST);
  expect(errnoOf(() => map.mmap(0x200001, PAGE, 3, ANON | MapFlag.FIXED, null, 0))).toBe(E.INVAL);
  expect(errnoOf(() => map.mmap(0, 0, 3, ANON, null, 0))).toBe(E.INVAL);
  expect(errnoOf(() => map.mmap(0, 15 << 20, 3, ANON, null, 0))).toBe(E.NOMEM);
  expect(errnoOf(() => map.mmap(memory.limit - PAGE, 2 * PAGE, 3, ANON | MapFlag.FIXED, null, 0))).toBe(E.NOMEM);
});

test("brk grows, shrinks, stops at its neighbours and limits", () => {
  const { map } = space();
  map.startBrk = map.brkEnd = 0x100000;
  expect(map.brk(0)).toBe(0x100000);
  expect(map.brk(0x103001)).toBe(0x103001);
  expect(map.vmas.find(0x103fff)?.name).toBe("[heap]");
  map.memory.bytes[0x103000] = 9;
  expect(map.brk(0x102000)).toBe(0x102000);
  expect(map.brk(0x104000)).toBe(0x104000);
  expect(map.memory.bytes[0x103000]).toBe(0);
  map.mmap(0x110000, PAGE, 3, ANON | MapFlag.FIXED, null, 0);
  expect(map.brk(0x112000)).toBe(0x104000);
  map.limits.data = 0x6000;
  expect(map.brk(0x107000)).toBe(0x104000);
  expect(map.brk(0x106000)).toBe(0x106000);
});

test("mremap keeps the content, grows in place where it can, moves where it may", () => {
  const { map, memory } = space();
  const a = map.mmap(0x200000, 2 * PAGE, 3, ANON | MapFlag.FIXED, null, 0);
  memory.bytes[a + PAGE] = 42;
  expect(map.mremap(a, 2 * PAGE, 4 * PAGE, 0, 0)).toBe(a);
  map.mmap(a + 4 * PAGE, PAGE, 1, ANON | MapFlag.FIXED, null, 0);
  expect(errnoOf(() => map.mremap(a, 4 * PAGE, 8 * PAGE, 0, 0))).toBe(E.NOMEM);
  const b = map.mremap(a, 4 * PAGE, 8 * PAGE, 1, 0);
  expect(b).not.toBe(a);
  expect(memory.bytes[b + PAGE]).toBe(42);
  expect(map.vmas.find(a)).toBeNull();
  expect(map.mremap(b, 8 * PAGE, PAGE, 0, 0)).toBe(b);
  expect(map.vmas.find(b + PAGE)).toBeNull();
  expect(errnoOf(() => map.mremap(0x900000, PAGE, PAGE, 0, 0))).toBe(E.FAULT);
});

test("shared memory is one in several processes", () => {
  const { map, memory } = space();
  const at = map.mmap(0, PAGE, 3, MapFlag.SHARED | MapFlag.ANONYMOUS, null, 0);
  memory.bytes[at] = 1;
  const other = new UserMemory(16 << 20);
  const child = map.fork(other);
  expect(other.bytes[at]).toBe(1);
  other.store8(at + 4, 2);
  memory.store8(at + 8, 3);
  child.push();
  map.push();
  map.pull();
  child.pull();
  for (const m of [memory, other]) expect([m.bytes[at], m.bytes[at + 4], m.bytes[at + 8]]).toEqual([1, 2, 3]);
  expect(map.sharedKey(at + 8)!.inode).toBe(child.sharedKey(at + 8)!.inode);
});

test("a file that two mappings share is read again when its stamp is another, when that says nothing, and now and then", () => {
  const { map, memory } = space();
  const content = new Uint8Array(3 * PAGE);
  let stamp: string | null = "a", reads = 0;
  const file: OpenFile = {
    path: "/f", readable: true, writable: true, mappable: "file", inode: {}, dev: 1, ino: 2, size: () => content.length, stamp: () => stamp,
    readAt: (position, into) => {
      reads++;
      into.set(content.subarray(position, position + into.length));
      return into.length;
    },
    writeAt: (position, from) => {
      content.set(from, position);
      return from.length;
    },
    retain: () => undefined, release: () => undefined,
  };
  const at = map.mmap(0, 3 * PAGE, 3, MapFlag.SHARED, file, 0);
  // Two mappings of one backing: what one pull learns of it is meant for both.
  map.mprotect(at + PAGE, PAGE, 1);
  const readsOf = (change: () => void): number => {
    change();
    reads = 0;
    map.pull();
    return reads;
  };
  map.pull();
  expect(readsOf(() => undefined)).toBe(0);
  expect(readsOf(() => [stamp, content[0], content[2 * PAGE + 5]] = ["b", 7, 8])).toBe(3);
  expect([memory.bytes[at], memory.bytes[at + 2 * PAGE + 5]]).toEqual([7, 8]);
  expect(readsOf(() => undefined)).toBe(0);
  expect(readsOf(() => [stamp, content[PAGE]] = [null, 9])).toBe(3);
  expect(readsOf(() => content[PAGE] = 10)).toBe(3);
  expect(memory.bytes[at + PAGE]).toBe(10);
  stamp = "c";
  map.pull();
  memory.store8(at, 11);
  map.push();
  expect(content[0]).toBe(11);
  // Unseen, as another process of the host that maps it could.
  content[0] = 12;
  for (let i = 0; i < 300; i++) map.pull();
  expect(memory.bytes[at]).toBe(12);
});

test("the budget refuses, and gives back", () => {
  const { map, budget } = space(8 * PAGE);
  const a = map.mmap(0, 8 * PAGE, 3, ANON, null, 0);
  expect(errnoOf(() => map.mmap(0, PAGE, 3, ANON, null, 0))).toBe(E.NOMEM);
  expect(errnoOf(() => map.fork(new UserMemory(16 << 20)))).toBe(E.NOMEM);
  expect(budget.used).toBe(8 * PAGE);
  const none = map.mmap(0, 4 * PAGE, 0, ANON, null, 0);
  expect(errnoOf(() => map.mprotect(none, PAGE, 1))).toBe(E.NOMEM);
  map.munmap(a, PAGE);
  map.mprotect(none, PAGE, 1);
  expect(budget.used).toBe(8 * PAGE);
});

test("reserving, forking and giving back what cannot be accessed looks at none of its pages", () => {
  const memory = new UserMemory(1 << 30), map = new MemoryMap(memory, new MemoryBudget(1 << 30));
  const looks = vi.spyOn(memory, "isZero"), rights = vi.fn();
  memory.observer = { rightsChanged: rights, codeWritten: () => undefined, codeUnmapped: () => undefined };
  const at = map.mmap(0, 900 << 20, 0, ANON, null, 0);
  map.mprotect(at + (300 << 20), 3 * PAGE, 3);
  memory.bytes[at + (300 << 20)] = 1;
  map.mprotect(at + (300 << 20), 3 * PAGE, 0);
  rights.mockClear();
  const copy = new UserMemory(1 << 30);
  map.fork(copy);
  expect(copy.bytes[at + (300 << 20)]).toBe(1);
  map.munmap(at, 900 << 20);
  // Three pages, for the fork and for the end; compiled code had no rights there to lose.
  expect(looks.mock.calls.length).toBeLessThanOrEqual(8);
  expect(rights).not.toHaveBeenCalled();
  expect(memory.isZero((at + (300 << 20)) / PAGE)).toBe(true);
});

test("what pages without access hold is zeroed with them, however it came there", () => {
  const file: OpenFile = {
    path: "/f", readable: true, writable: true, mappable: "file", inode: {}, dev: 1, ino: 2, size: () => PAGE, readAt: (_, into) => into.fill(9).length,
    writeAt: () => fail(), retain: () => undefined, release: () => undefined,
  };
  const fail = (): never => {
    throw new Error("nobody writes");
  };
  for (const flags of [MapFlag.PRIVATE, MapFlag.SHARED]) {
    const { map, memory } = space(), other = new UserMemory(16 << 20);
    const at = map.mmap(0, PAGE, 0, flags, file, 0);
    expect(memory.bytes[at]).toBe(9);
    const child = map.fork(other);
    expect(other.bytes[at]).toBe(9);
    const moved = flags === MapFlag.SHARED ? at : map.mremap(at, PAGE, PAGE, 3, 0x200000);
    expect(memory.bytes[moved]).toBe(9);
    map.clear();
    child.clear();
    expect([memory.bytes[at], memory.bytes[moved], other.bytes[at]]).toEqual([0, 0, 0]);
  }
  // Anonymous memory that was moved while it could not be accessed.
  const { map, memory } = space(), at = map.mmap(0, PAGE, 3, ANON, null, 0);
  memory.store8(at, 7);
  map.mprotect(at, PAGE, 0);
  const moved = map.mremap(at, PAGE, PAGE, 3, 0x200000);
  expect([memory.bytes[at], memory.bytes[moved]]).toEqual([0, 7]);
  map.clear();
  expect(memory.bytes[moved]).toBe(0);
});
