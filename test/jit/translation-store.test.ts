import { expect, test } from "vitest";
import { MODE_LIMIT } from "../../src/frontend/mode.js";
import type { CompiledRegion } from "../../src/jit/compile.js";
import { Perm } from "../../src/mmu/perm.js";
import { UserMemory } from "../../src/mmu/user-memory.js";
import { bytesOf, inheritedCount, type StoredBlock, TranslationStore } from "../../src/runtime/translation-store.js";

type Named = CompiledRegion & { readonly name: string };
const named = (name: string, size: number): Named => ({ name, size }) as Named;

const ONE_BYTE = { ranges: [0x1000, 0x1001], truncated: false, shape: 4096 };

/** A region of one byte of code at 0x1000, with this much JavaScript. */
function add(store: TranslationStore, memory: UserMemory, name: string, size = 10): void {
  store.addRegion(memory, 0x1000, 0, { ...ONE_BYTE, bytes: bytesOf(memory, ONE_BYTE.ranges) }, { compiled: named(name, size), emitted: null });
}
const found = (store: TranslationStore, memory: UserMemory): string | undefined => (store.region(memory, 0x1000, 0)?.compiled as Named | undefined)?.name;

function memoryWith(byte: number): UserMemory {
  const m = new UserMemory(1 << 20);
  m.map(0x1000, 4096, Perm.READ | Perm.EXEC);
  m.bytes[0x1000] = byte;
  return m;
}

test("the newest region of the same code, and those of other code at the same address", () => {
  const store = new TranslationStore();
  const a = memoryWith(0x90), b = memoryWith(0xc3);
  add(store, a, "a1");
  add(store, b, "b1");
  add(store, a, "a2");
  expect([found(store, a), found(store, b)]).toEqual(["a2", "b1"]);
  expect(found(store, memoryWith(0xf4))).toBe(undefined);
});

test("replaced regions do not count against the limit", () => {
  const store = new TranslationStore(null, false, { insts: 10, bytes: 1000 });
  const a = memoryWith(0x90), b = memoryWith(0xc3);
  add(store, b, "b", 100);
  for (let i = 0; i < 100; i++) add(store, a, `a${i}`, 100);
  expect([found(store, a), found(store, b)]).toEqual(["a99", "b"]);
  add(store, a, "big", 1000);
  expect([found(store, a), found(store, b)]).toEqual(["big", "b"]);
  // What nobody asks for goes.
  const other = (pc: number): void => store.addRegion(a, pc, 0, { ...ONE_BYTE, bytes: bytesOf(a, ONE_BYTE.ranges) }, { compiled: named("other", 400), emitted: null });
  for (let pc = 0x2000; pc < 0x2004; pc++) other(pc);
  expect([found(store, a), found(store, b)]).toEqual([undefined, undefined]);
});

test("modes keep translations of neighbouring addresses apart", () => {
  const store = new TranslationStore();
  const memory = memoryWith(0x90);
  for (let bit = 0; 1 << bit < MODE_LIMIT; bit++) {
    store.addRegion(memory, 0x1000, 1 << bit, { ...ONE_BYTE, bytes: bytesOf(memory, ONE_BYTE.ranges) }, { compiled: named(`${bit}`, 10), emitted: null });
  }
  for (let bit = 0; 1 << bit < MODE_LIMIT; bit++) {
    expect((store.region(memory, 0x1000, 1 << bit)?.compiled as Named).name).toBe(`${bit}`);
    for (let distance = 1; distance < 1 << 12; distance <<= 1) expect(store.region(memory, 0x1000 + distance, 0)).toBe(null);
  }
});

test("a process inherits the count of a block that others ran often enough to make binding its region worth while", () => {
  const stored = (count: number, lives: number): StoredBlock => ({ count, lives }) as StoredBlock;
  expect(inheritedCount(stored(0, 0))).toBe(0);
  expect(inheritedCount(stored(5000, 10))).toBe(5000);
  expect(inheritedCount(stored(5000, 2000))).toBe(0);
});
