import { expect, test } from "vitest";
import { SparseBytes } from "../../../src/runtime/linux/fs/sparse-bytes.js";

function random(seed: number): (below: number) => number {
  let x = seed;
  return (below) => {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    return Math.floor((x / 2 ** 32) * below);
  };
}

test("reads what a plain array would, whatever was written and cut", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const r = random(seed);
    const size = 400_000;
    const model = new Uint8Array(size);
    let reserved = 0;
    const sparse = new SparseBytes((more) => (reserved += more));
    for (let step = 0; step < 60; step++) {
      const at = r(size), n = r(3) === 0 ? r(size - at) : r(Math.min(300, size - at));
      if (r(6) === 0) {
        sparse.cut(at);
        model.fill(0, at);
      } else {
        const bytes = Uint8Array.from({ length: n }, () => r(256));
        sparse.writeAt(at, bytes);
        model.set(bytes, at);
      }
      expect(reserved).toBe(sparse.allocated);
      const from = r(size), into = new Uint8Array(r(size - from)).fill(1);
      sparse.readAt(from, into);
      expect(Buffer.compare(into, model.subarray(from, from + into.length)), `seed ${seed}, step ${step}`).toBe(0);
    }
    sparse.cut(0);
    expect(reserved).toBe(0);
  }
});

test("holes take no memory, and what cannot be reserved is not written", () => {
  const sparse = new SparseBytes((more) => {
    if (sparse.allocated + more > 200_000) throw new Error("full");
  });
  sparse.writeAt(2 ** 40 + 5, Uint8Array.of(1, 2, 3));
  sparse.writeAt(0, Uint8Array.of(9));
  expect(sparse.allocated).toBe(65536 + 64);
  expect(() => sparse.writeAt(100, new Uint8Array(300_000).fill(7))).toThrow("full");
  const into = new Uint8Array(4);
  sparse.readAt(100, into);
  expect([...into]).toEqual([0, 0, 0, 0]);
  sparse.readAt(2 ** 40 + 4, into);
  expect([...into]).toEqual([0, 1, 2, 3]);
});
