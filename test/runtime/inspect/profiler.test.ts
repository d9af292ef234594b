import { describe, expect, test } from "vitest";
import { Exit } from "../../../src/ir/exit.js";
import { GPR, PC } from "../../../src/ir/state.js";
import { type GuestProfile, guestProfile, GuestProfiler, type RunSamples, SymbolTable } from "../../../src/index.js";
import { Perm } from "../../../src/mmu/perm.js";
import { UserMemory } from "../../../src/mmu/user-memory.js";
import { startSampler } from "../../../src/node.js";
import type { Tier } from "../../../src/runtime/tiers.js";
import { UserCpu } from "../../../src/runtime/user-cpu.js";
import { CODE, NO_HOST, STACK } from "../../support/guest.js";

const rel32 = (from: number, to: number): number[] => [0, 8, 16, 24].map((s) => ((to - from) >> s) & 255);
const TURNS = [0xb9, 20, 0, 0, 0]; // mov ecx, 20
const ADDS = [0x01, 0xd8, 0x01, 0xf0, 0x31, 0xd8, 0x01, 0xd8, 0x01, 0xf0, 0x31, 0xd8]; // add eax, ebx; add eax, esi; xor eax, ebx; the same again
const DIVISIONS = [0x89, 0xfa, 0xf7, 0xf3, 0x90, 0x89, 0xfa, 0xf7, 0xf3, 0x90]; // mov edx, edi; div ebx (of 64 bits); nop; the same again: some twelve times as slow
const loop = (body: readonly number[]): number[] => [...TURNS, ...body, 0x49, 0x75, 256 - body.length - 3]; // dec ecx; jnz

/** For ever: calls of two functions, which execute the same number of instructions in loops of a few. */
const ADDS_AT = CODE + 0x40, DIVISIONS_AT = CODE + 0x80;
function twoFunctions(): number[] {
  const code = new Array<number>(0x100).fill(0x90);
  const put = (at: number, bytes: readonly number[]): void => void code.splice(at, bytes.length, ...bytes);
  put(0, [0xe8, ...rel32(CODE + 5, ADDS_AT), 0xe8, ...rel32(CODE + 10, DIVISIONS_AT), 0xeb, 0xf4]);
  put(ADDS_AT - CODE, [...loop(ADDS), 0xc3]);
  put(DIVISIONS_AT - CODE, [...loop(DIVISIONS), 0xc3]);
  return code;
}

/** The same loops one after the other. */
const SECOND = CODE + loop(ADDS).length;
function twoLoops(): number[] {
  const code = [...loop(ADDS), ...loop(DIVISIONS)];
  return [...code, 0xe9, ...rel32(code.length + 5, 0)];
}

function processor(code: readonly number[], tier: Tier, profiler: GuestProfiler | null): UserCpu {
  const memory = new UserMemory(1 << 20);
  memory.map(CODE, 0x2000, Perm.READ | Perm.EXEC);
  memory.map(STACK, 0x1000, Perm.READ | Perm.WRITE);
  memory.bytes.set(code, CODE);
  const cpu = new UserCpu(memory, NO_HOST, { tier, threshold: 20, ...(profiler ? { inspection: profiler.inspection } : {}) }), { S } = cpu.state;
  S[PC >> 2] = CODE;
  S[(GPR >> 2) + 2 * 3] = 7; // ebx
  S[(GPR >> 2) + 2 * 4] = STACK + 0x800;
  S[(GPR >> 2) + 2 * 7] = 3; // edi
  return cpu;
}

const WANTED = 200, SLICE = 50_000;
/** Slices before the profile: V8 interprets what is new, and there a division is no slower than an addition. */
const WARM_UP = 600;

/** Profile code for as long as it takes to get samples. */
function profile(code: readonly number[], tier: Tier, symbols: SymbolTable | null = null): GuestProfile & { samples: RunSamples } {
  for (let milliseconds = 500; ; milliseconds *= 2) {
    const sampler = startSampler(1), profiler = new GuestProfiler(sampler.now);
    if (symbols) profiler.code = { imageAt: () => ({ name: "/guest", symbols }) };
    const cpu = processor(code, tier, profiler);
    if (tier !== "interp") for (let k = 0; k < WARM_UP; k++) cpu.run(SLICE);
    sampler.begin();
    for (const end = performance.now() + milliseconds; performance.now() < end;) expect(cpu.run(SLICE)).toBe(Exit.budget);
    const samples = sampler.stop();
    if (samples.at.length >= WANTED) return { ...guestProfile(samples, profiler), samples };
  }
}

/** Time that blocks from an address on have, of that of compiled code. */
function share({ hottest, activities }: GuestProfile, from: number, to: number): number {
  return hottest.filter((h) => h.tier === 1 && h.block.pc >= from && h.block.pc < to).reduce((n, h) => n + h.time, 0) / activities.get("tier 1")!;
}

describe("shares follow time, not the number of instructions", () => {
  test("of functions that are compiled into one region", () => {
    const symbols = new SymbolTable([
      { name: "main", address: CODE, size: 12, kind: "function" }, { name: "adds", address: ADDS_AT, size: 32, kind: "function" }, { name: "divisions", address: DIVISIONS_AT, size: 32, kind: "function" },
    ]);
    const p = profile(twoFunctions(), "auto", symbols);
    const time = (fn: string): number => p.hottest.filter((h) => h.block.fn === fn).reduce((n, h) => n + h.time, 0);
    expect(time("divisions")).toBeGreaterThan(2.5 * time("adds"));
    expect(time("divisions")).toBeGreaterThan(0.5 * p.activities.get("tier 1")!);
    // instructions have names, below their functions
    const byId = new Map(p.profile.nodes.map((n) => [n.id, n]));
    const insns = p.profile.nodes.find((n) => n.callFrame.functionName === "divisions")!.children.map((id) => byId.get(id)!.callFrame.functionName);
    expect(insns).toContain(`0x${(DIVISIONS_AT + TURNS.length + 2).toString(16)} div ebx`);
    expect(p.profile.nodes.find((n) => n.callFrame.functionName === "divisions")!.callFrame.url).toBe("lift86://guest");
  });

  test("of loops in code without names, each of which is far shorter than a slice", () => {
    const p = profile(twoLoops(), "auto");
    expect(share(p, SECOND, CODE + 0x100)).toBeGreaterThan(2.5 * share(p, CODE, SECOND));
  });
});

test("tier 0: blocks", () => {
  const { hottest, activities, profile: { nodes } } = profile(twoFunctions(), "interp");
  expect(activities.get("tier 1")).toBeUndefined();
  expect(activities.get("tier 0")).toBeGreaterThan(0);
  expect(hottest.every((h) => h.tier === 0)).toBe(true);
  expect([ADDS_AT + TURNS.length, DIVISIONS_AT + TURNS.length]).toContain(hottest[0]!.block.pc);
  expect(nodes.map((n) => n.callFrame.functionName)).toContain(`tier 0, block 0x${hottest[0]!.block.pc.toString(16)}`);
});

test("the parts make the whole, in the profile as in the sums", () => {
  const { profile: p, activities, total, samples } = profile(twoLoops(), "auto");
  expect(p.samples).toHaveLength(samples.at.length);
  expect(p.timeDeltas).toHaveLength(samples.at.length);
  expect(Math.min(...p.timeDeltas)).toBeGreaterThanOrEqual(0);
  const last = p.endTime - p.startTime - p.timeDeltas.reduce((a, b) => a + b, 0);
  expect(last).toBeGreaterThanOrEqual(-2);
  expect(Math.abs(p.endTime - p.startTime - total)).toBeLessThan(2);
  expect(Math.abs([...activities.values()].reduce((a, b) => a + b, 0) - total)).toBeLessThan(1);
  expect(p.nodes.reduce((n, x) => n + x.hitCount, 0)).toBe(p.samples.length);
});

test("a run that is over before the thread is there has no samples", () => {
  const sampler = startSampler(1), profiler = new GuestProfiler(sampler.now);
  sampler.begin();
  const p = guestProfile(sampler.stop(), profiler);
  expect(p.hottest).toEqual([]);
  expect(Math.abs([...p.activities.values()].reduce((a, b) => a + b, 0) - p.total)).toBeLessThan(1);
});

test("the run is the same", () => {
  const plain = processor(twoFunctions(), "auto", null), sampled = processor(twoFunctions(), "auto", new GuestProfiler(new Int32Array(1)));
  const registers = ({ state: { S } }: UserCpu): Int32Array => S.slice(GPR >> 2, (GPR >> 2) + 16);
  for (let k = 0; k < 30; k++) {
    for (const cpu of [plain, sampled]) expect(cpu.run(20_000 + k, true)).toBe(Exit.budget);
    expect(sampled.instructions).toBe(plain.instructions);
    expect(registers(sampled)).toEqual(registers(plain));
    expect(sampled.state.S[PC >> 2]).toBe(plain.state.S[PC >> 2]);
    expect(sampled.counters.jit).toBe(plain.counters.jit);
  }
  expect(sampled.counters.jit).toBeGreaterThan(sampled.instructions / 3);
});
