import { expect, test } from "vitest";
import { Generations } from "../../src/runtime/generations.js";
import { xorshift } from "../support/xorshift.js";

const weights = (g: Generations<number>): number => [...g].flatMap(([, list]) => list).reduce((a, b) => a + b, 0);

test("lists weigh no more than they may together, and those that are asked for again and again stay", () => {
  const next = xorshift(9), g = new Generations<number>(1000, (n) => n);
  g.set(-1, [1, 2]);
  for (let i = 0; i < 5000; i++) {
    g.set(next(10_000), Array.from({ length: 1 + next(3) }, () => next(30)));
    if (i % 3 === 0) expect(g.get(-1)).toEqual([1, 2]);
    expect(weights(g)).toBeLessThanOrEqual(1000);
  }
  expect(weights(g)).toBeGreaterThan(400);
  expect(g.size).toBe([...g].length);
});

test("a list replaces the one before, which weighs nothing any more", () => {
  const g = new Generations<number>(100, (n) => n);
  g.set(1, [10]);
  for (let i = 0; i < 100; i++) g.set(2, [20, i % 5]);
  expect([...g]).toEqual([[1, [10]], [2, [20, 4]]]);
  // One that is replaced in the old generation, too.
  g.set(3, [40]);
  g.set(1, [11]);
  expect([...g].filter(([key]) => key === 1)).toEqual([[1, [11]]]);
});

test("one that weighs more than all may is there until the next comes", () => {
  const g = new Generations<number>(100, (n) => n);
  g.set(1, [1000]);
  expect(g.get(1)).toEqual([1000]);
  g.set(2, [1]);
  g.set(3, [60]);
  expect(g.get(1)).toBe(undefined);
});
