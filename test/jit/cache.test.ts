import { describe, expect, it } from "vitest";
import type { Block } from "../../src/ir/inst.js";
import { Vector } from "../../src/ir/memory.js";
import { PC } from "../../src/ir/state.js";
import { CachedRegion, type Translation, TranslationCache } from "../../src/jit/cache.js";
import type { RegionFunction } from "../../src/jit/compile.js";
import { Perm } from "../../src/mmu/perm.js";
import { UserMemory } from "../../src/mmu/user-memory.js";
import { UserCpu } from "../../src/runtime/user-cpu.js";
import { CODE, NO_HOST, STACK } from "../support/guest.js";

const le = (n: number): number[] => [0, 8, 16, 24].map((s) => (n >>> s) & 255);

/** 300 functions of a loop each, called in turn `rounds` times; each adds its number to ebx 5 times. */
function manyFunctions(rounds: number): { code: number[]; expected: number } {
  const FUNCTIONS = 300, SIZE = 16;
  const main: number[] = [0xbe, ...le(rounds)];
  const calls = main.length;
  const bodyLength = calls + FUNCTIONS * 5 + 1 + 6 + 1;
  for (let f = 0; f < FUNCTIONS; f++) main.push(0xe8, ...le(bodyLength + f * SIZE - (main.length + 5)));
  main.push(0x4e, 0x0f, 0x85, ...le(calls - (main.length + 7)), 0xf4);
  const code = [...main];
  for (let f = 0; f < FUNCTIONS; f++) {
    // mov ecx, 5; L: add ebx, f; dec ecx; jnz L; ret
    const body = [0xb9, ...le(5), 0x81, 0xc3, ...le(f), 0x49, 0x75, 0xf7, 0xc3];
    code.push(...body, ...new Array<number>(SIZE - body.length).fill(0x90));
  }
  return { code, expected: rounds * 5 * ((FUNCTIONS * (FUNCTIONS - 1)) / 2) };
}

function run(limits: { blocks: number; bytes: number }): UserCpu {
  const { code, expected } = manyFunctions(60);
  const memory = new UserMemory(1 << 20);
  memory.map(CODE, 0x3000, Perm.READ | Perm.EXEC);
  memory.map(STACK, 0x1000, Perm.READ | Perm.WRITE);
  memory.bytes.set(code, CODE);
  const cpu = new UserCpu(memory, NO_HOST, { threshold: 8, limits });
  cpu.state.S[PC >> 2] = CODE;
  cpu.state.S[8] = STACK + 0x800;
  cpu.run(10_000_000);
  expect(cpu.fault?.vector).toBe(Vector.GP);
  expect(cpu.state.S[6]).toBe(expected);
  return cpu;
}

describe("translation cache", () => {
  it("translates everything once when there is room", () => {
    const c = run({ blocks: 100_000, bytes: 1 << 28 }).cache.counters;
    expect(c.evictions).toBe(0);
    expect(c.misses).toBe(c.blocks);
    expect(c.hits + c.misses).toBe(c.lookups);
  });

  it("stays within a bound on blocks, and the guest does not notice", () => {
    const { cache } = run({ blocks: 64, bytes: 1 << 28 });
    expect(cache.counters.evictions).toBeGreaterThan(100);
    expect(cache.size.blocks).toBeLessThanOrEqual(64);
  });

  it("stays within a bound on bytes of JavaScript", () => {
    const { cache } = run({ blocks: 100_000, bytes: 40_000 });
    expect(cache.counters.evictions).toBeGreaterThan(10);
    expect(cache.size.bytes).toBeLessThanOrEqual(40_000);
  });

  it("is empty after clear, and pages are writable again", () => {
    const cpu = run({ blocks: 100_000, bytes: 1 << 28 });
    cpu.reset();
    expect(cpu.cache.size).toEqual({ blocks: 0, bytes: 0 });
    expect(cpu.memory.holdsCode(CODE, 4096)).toBe(false);
  });
});

describe("what goes when there is no room", () => {
  const stop: RegionFunction = () => stop;
  const fresh = (limits: { blocks: number; bytes: number; insts?: number }): TranslationCache => new TranslationCache(0, { markCode: () => undefined, unmarkCode: () => undefined }, stop, limits);
  /** Blocks of `insts` IR instructions one after the other, that ran so often. */
  const add = (cache: TranslationCache, n: number, count: number, insts = 10): Translation[] => Array.from({ length: n }, () => {
    const pc = cache.counters.blocks * 16;
    const t = cache.add({ pc, end: pc + 16, insts: new Array<unknown>(insts) } as unknown as Block);
    t.count = count;
    return t;
  });
  const compile = (cache: TranslationCache, ts: Translation[], size = 100): void => {
    for (const t of ts) cache.addRegion(t, new CachedRegion(stop, [stop], size, [], false));
  };
  const left = (ts: Translation[]): number => ts.filter((t) => t.valid).length;

  it("is code that hardly ran, the oldest first, while what is compiled or runs again and again stays", () => {
    const cache = fresh({ blocks: 100, bytes: 1 << 20 });
    const hot = add(cache, 20, 300), old = add(cache, 30, 1), warm = add(cache, 20, 40), young = add(cache, 30, 2);
    compile(cache, hot);
    add(cache, 1, 1);
    expect([hot, old, warm, young].map(left)).toEqual([20, 0, 20, 10]);
    expect(cache.size.blocks).toBe(51);
  });

  it("is what has not run since the last time before what has", () => {
    const cache = fresh({ blocks: 100, bytes: 1 << 20 });
    const once = add(cache, 20, 250), again = add(cache, 20, 40);
    add(cache, 60, 1);
    const early = add(cache, 50, 1);
    expect([once, again].map(left)).toEqual([20, 20]);
    for (const t of again) t.count += 10;
    add(cache, 1, 1);
    expect([once, again, early].map(left)).toEqual([0, 20, 30]);
  });

  it("is compiled code in the end, and counts in instructions", () => {
    const cache = fresh({ blocks: 1000, bytes: 1 << 20, insts: 1000 });
    const large = add(cache, 9, 300, 100), small = add(cache, 10, 300, 10);
    compile(cache, large);
    compile(cache, small);
    add(cache, 1, 1);
    expect([left(large), left(small)]).toEqual([3, 10]);
  });

  it("is the older half of regions where their bytes are too many", () => {
    const cache = fresh({ blocks: 1000, bytes: 1000 });
    const cold = add(cache, 50, 1), hot = add(cache, 11, 300);
    compile(cache, hot);
    expect([left(cold), left(hot)]).toEqual([50, 6]);
    expect(cache.size.bytes).toBe(600);
  });
});
