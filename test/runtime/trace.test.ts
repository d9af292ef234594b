import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { LinuxSystem } from "../../src/runtime/linux/system.js";
import { Machine } from "../../src/runtime/machine/machine.js";
import { Trace, type TracedEvent, type TraceKind, TRACE_KINDS } from "../../src/runtime/trace.js";
import { TestFiles } from "../support/linux-files.js";
import { tinyElf } from "../support/tiny-elf.js";

const sample = (path: string): Uint8Array => readFileSync(new URL(`../../samples/${path}`, import.meta.url));

async function events(program: Uint8Array, kinds: readonly TraceKind[], more: object = {}, trace: object = {}): Promise<TracedEvent[]> {
  const list: TracedEvent[] = [];
  const system = new LinuxSystem({
    program: "/p", args: ["p"], env: [], cwd: "/", files: new TestFiles({ "/p": program }), timeout: 60_000, threshold: 5,
    trace: new Trace({ kinds, onEvent: (e) => list.push(e), ...trace }), ...more,
  });
  await system.run();
  return list;
}

const ENTRY = 0x10054;
// mov ecx, 50; L (+5): add eax, ecx; test cl, 1; jz +1 (+10); (+12) nop; (+13) dec ecx; jnz L; (+16) mov eax, 1; int 80h
const LOOP = tinyElf([0xb9, 50, 0, 0, 0, 0x01, 0xc8, 0xf6, 0xc1, 1, 0x74, 1, 0x90, 0x49, 0x75, 0xf5, 0xb8, 1, 0, 0, 0, 0xcd, 0x80]);

describe("blocks", () => {
  /** What every tier must tell: the branches of the loop above, whichever way blocks were cut. */
  const path = (list: readonly TracedEvent[]): number[] => list.flatMap((e) => (e.event === "block" ? new Array<number>(e.times).fill(e.pc - ENTRY) : []));

  test.each(["interp", "auto", "jit"] as const)("each entry, in order, tier %s", async (tier) => {
    const seen = path(await events(LOOP, ["blocks"], { tier }));
    // a block that runs from +0 or +5 to the branch at +10; then +12 or +13 to the branch at +14
    const expected = [0];
    for (let i = 50; i > 0; i--) {
      if (i < 50) expected.push(5);
      expected.push(i & 1 ? 12 : 13);
    }
    expected.push(16);
    expect(seen).toEqual(expected);
  });

  test("only those in the ranges", async () => {
    const seen = path(await events(LOOP, ["blocks"], { tier: "auto" }, { ranges: [[ENTRY + 12, ENTRY + 13], [ENTRY + 16, ENTRY + 17]] }));
    expect(seen).toEqual([...new Array<number>(25).fill(12), 16]);
  });

  test("a run without a trace, and one with, are alike", async () => {
    const run = async (trace?: Trace): Promise<object> => {
      const files = new TestFiles({ "/p": sample("checksums") });
      const system = new LinuxSystem({ program: "/p", args: ["p"], env: [], cwd: "/", files, icount: true, ...(trace ? { trace } : {}) });
      const { status } = await system.run();
      return { status, text: files.text, instructions: system.stats().instructions };
    };
    let bytes = 0;
    const trace = new Trace({ kinds: ["blocks"], write: (b) => void (bytes += b.length) });
    expect(await run(trace)).toEqual(await run());
    expect(bytes).toBeGreaterThan(1e6);
  });
});

test("exceptions, system calls and invalidations of a program", async () => {
  // mov byte [ENTRY+9], 0x90 (already there); nop; nop; mov eax, 20; int 80h; mov eax, [0x5678]
  const program = tinyElf([0xc6, 0x05, 0x5d, 0, 1, 0, 0x40, 0x90, 0x90, 0x90, 0xb8, 20, 0, 0, 0, 0xcd, 0x80, 0xa1, 0x78, 0x56, 0, 0]);
  const list = await events(program, ["exceptions", "syscalls", "invalidations", "roles"]);
  expect(list).toContainEqual({ event: "mode", mode: expect.stringMatching(/^32 flat cpl3/) as unknown, source: { thread: 1000 } });
  expect(list).toContainEqual({ event: "syscall", name: "getpid", args: expect.any(Array) as unknown, result: 1000, text: "getpid() = 1000", source: { thread: 1000 } });
  expect(list).toContainEqual({ event: "exception", name: "#PF", vector: 14, code: 4, address: 0x5678, pc: ENTRY + 17, source: { thread: 1000 } });
  expect(list).toContainEqual(expect.objectContaining({ event: "invalidation", pc: ENTRY, why: "invalidated" }) as unknown);
});

/** A trace's output as text. */
function collected(kinds: readonly TraceKind[], format: "text" | "json"): { trace: Trace; text(): string } {
  let text = "";
  return { trace: new Trace({ kinds, format, write: (b) => void (text += Buffer.from(b).toString()) }), text: () => text };
}

async function output(kinds: readonly TraceKind[], format: "text" | "json", program = LOOP): Promise<string> {
  const { trace, text } = collected(kinds, format);
  await new LinuxSystem({ program: "/p", args: ["p"], env: [], cwd: "/", files: new TestFiles({ "/p": program }), trace, tier: "interp" }).run();
  return text();
}

test("lines of text", async () => {
  const lines = (await output(["blocks", "syscalls"], "text")).split("\n");
  expect(lines.slice(0, 3)).toEqual(["block 0x00010054", "block 0x00010061", "block 0x00010059"]);
  expect(lines.slice(-3)).toEqual(["block 0x00010064", "exit(0) = ?", ""]);
  // jmp to itself is one line, with how often
  const { trace, text } = collected(["blocks"], "text");
  const endless = new LinuxSystem({ program: "/p", args: ["p"], env: [], cwd: "/", files: new TestFiles({ "/p": tinyElf([0xeb, 0xfe]) }), trace, maxInstructions: 5000, icount: true });
  await endless.run();
  expect(text()).toMatch(/^(block 0x00010054 x\d+\n)+$/);
  expect([...text().matchAll(/x(\d+)/g)].reduce((n, m) => n + Number(m[1]), 0) % 5000).toBeLessThan(5000);
});

test("lines of JSON: each an object with an event", async () => {
  const lines = (await output(TRACE_KINDS, "json", sample("linux/signals"))).trimEnd().split("\n").map((l) => JSON.parse(l) as Record<string, unknown>);
  const names = new Set(lines.map((l) => l["event"]));
  for (const n of ["blocks", "exception", "syscall", "mode"]) expect(names).toContain(n);
  for (const l of lines) expect(l["thread"]).toBeGreaterThanOrEqual(1000);
  const blocks = lines.filter((l) => l["event"] === "blocks").flatMap((l) => l["pcs"] as (string | [string, number])[]);
  expect(blocks.length).toBeGreaterThan(100);
  for (const b of blocks) expect(typeof b === "string" ? b : b[0]).toMatch(/^0x[0-9a-f]{8}$/);
});

test("a machine: blocks by vCPU, exceptions, roles, ports", async () => {
  const list: TracedEvent[] = [];
  const machine = new Machine({
    image: { name: "timer", bytes: sample("debug/kernel.elf") }, icount: true, memory: 16 << 20,
    trace: new Trace({ kinds: TRACE_KINDS, onEvent: (e) => list.push(e) }),
  });
  expect(await machine.run()).toMatchObject({ status: 41 });
  expect(list[0]).toMatchObject({ event: "block", pc: 0xfff0, source: { cpu: 0 } });
  expect(list).toContainEqual(expect.objectContaining({ event: "role", register: "CR0", from: "direct", to: "level=2 pse", action: "rekeyed" }) as unknown);
  expect(list).toContainEqual({ event: "io", write: true, port: 0xf4, size: 4, value: 20, source: { cpu: 0 } });
  // twice() is called four times
  const twice = list.filter((e) => e.event === "block" && e.pc === 0x10000c);
  expect(twice).toHaveLength(4);
});
