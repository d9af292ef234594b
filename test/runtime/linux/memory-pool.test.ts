import { expect, test } from "vitest";
import { Perm } from "../../../src/mmu/perm.js";
import { UserMemory } from "../../../src/mmu/user-memory.js";
import { MemoryPool } from "../../../src/runtime/linux/memory-pool.js";

const SIZE = 1 << 20;

/** Use these pages of a buffer and unmap them again. */
function use(m: UserMemory, first: number, pages: number): void {
  m.map(first * 4096, pages * 4096, Perm.READ | Perm.WRITE);
  for (let p = first; p < first + pages; p++) m.bytes[p * 4096 + 7] = 1;
  m.unmap(first * 4096, pages * 4096);
}

test("a buffer comes back zeroed, with the pages counted that the host has memory for", () => {
  const pool = new MemoryPool(SIZE);
  const m = pool.take();
  use(m, 3, 5);
  use(m, 5, 4);
  expect(m.committedPages).toBe(6);
  expect(m.bytes.every((b) => b === 0)).toBe(true);
  pool.give(m);
  expect(pool.take()).toBe(m);
  // (`not.toBe` would compare all of both for its message.)
  expect(pool.take() === m).toBe(false);
});

test("no more buffers and pages are kept than it may", () => {
  const pool = new MemoryPool(SIZE, 0, false, { buffers: 2, pages: 10 });
  const [a, b, c, d] = [pool.take(), pool.take(), pool.take(), pool.take()];
  use(a, 0, 8);
  use(b, 0, 3);
  pool.give(a);
  pool.give(b); // 11 pages would be too many
  pool.give(c);
  pool.give(d); // a third one
  expect(pool.take()).toBe(c);
  expect(pool.take()).toBe(a);
  const other = pool.take();
  expect([a, b, c, d].some((m) => m === other)).toBe(false);
});

test("buffers are as long as they should be where the host has that much, else as long as they must", () => {
  expect(new MemoryPool(SIZE, 64 << 20).take().buffer.byteLength).toBe(64 << 20);
  const short = new MemoryPool(SIZE).take().buffer.byteLength;
  expect(short).toBeLessThan(64 << 20);
  expect(new MemoryPool(SIZE, 2 ** 52).take().buffer.byteLength).toBe(short);
});
