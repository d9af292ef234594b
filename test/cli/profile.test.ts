import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { lift86 } from "../support/cli.js";

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), "lift86-"))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Node {
  id: number;
  callFrame: { functionName: string; url: string; scriptId: string; lineNumber: number; columnNumber: number };
  hitCount: number;
  children: number[];
}
interface Profile {
  nodes: Node[];
  startTime: number;
  endTime: number;
  samples: number[];
  timeDeltas: number[];
}

describe("run --profile", () => {
  test("a .cpuprofile of guest functions and instructions, with a table of the hottest blocks", async () => {
    const file = join(folder, "primes.cpuprofile");
    const r = await lift86(["run", "--root", "samples/inspect", "--profile", file, "/primes", "2000", "/libwork.so"]);
    expect(r.status).toBe(0);
    expect(r.stdout).toMatch(/^primes 2262\n/);
    const p = JSON.parse(readFileSync(file, "utf8")) as Profile;
    // The form that DevTools and speedscope read: a tree from (root), samples that name its nodes, a time for each.
    expect(p.samples.length).toBeGreaterThan(50);
    expect(p.timeDeltas).toHaveLength(p.samples.length);
    expect(p.endTime).toBeGreaterThan(p.startTime);
    // Each sample is taken between begin and end, in order.
    expect(Math.min(...p.timeDeltas)).toBeGreaterThanOrEqual(0);
    expect(p.startTime + p.timeDeltas.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(p.endTime);
    expect(new Set(p.nodes.map((n) => n.id)).size).toBe(p.nodes.length);
    const children = p.nodes.flatMap((n) => n.children);
    expect(new Set(children).size).toBe(children.length);
    const byId = new Map(p.nodes.map((n) => [n.id, n]));
    expect(p.nodes[0]!.callFrame.functionName).toBe("(root)");
    const reached = new Set<number>([p.nodes[0]!.id]);
    for (const n of p.nodes) for (const c of n.children) reached.add(c);
    expect(reached.size).toBe(p.nodes.length);
    for (const s of p.samples) expect(byId.has(s)).toBe(true);
    expect(p.nodes.reduce((n, x) => n + x.hitCount, 0)).toBe(p.samples.length);
    // Guest functions below the root, instructions below them; the shared object has its symbols.
    const top = new Map(p.nodes[0]!.children.map((c) => [byId.get(c)!.callFrame.functionName, byId.get(c)!]));
    for (const f of ["work_mix", "sieve", "count_primes", "collatz"]) expect([...top.keys()]).toContain(f);
    expect(top.get("work_mix")!.callFrame.url).toBe("lift86://libwork.so");
    const insns = top.get("work_mix")!.children.map((c) => byId.get(c)!.callFrame.functionName).filter((n) => n.startsWith("0x"));
    expect(insns.some((n) => /^0x[0-9a-f]+ (xor|shl|shr|mov|inc|cmp|jb|jne|add|sub)\b/.test(n))).toBe(true);
    // The hottest block is a loop that was compiled; which one depends on the host.
    expect(r.stderr).toMatch(/^ *share +time +tier +block +address +role +mode/);
    expect(r.stderr.split("\n")[1]).toMatch(/^ *\d+\.\d % +\d+\.\d ms +1 +(work_mix|sieve|count_primes|collatz)\S* +0x[0-9a-f]+ +direct +32 flat cpl3.* \/(libwork\.so|primes)$/);
    expect(r.stderr).toMatch(/\nof \d+\.\d ms: .*tier 1 \d+\.\d %/);
  });

  test("a file that cannot be written, and a debugger at the same time: one clear line", async () => {
    expect(await lift86(["run", "--profile", "/nope/x", "samples/hello"])).toEqual({ status: 2, stdout: "", stderr: "lift86: --profile /nope/x: is to be written, but no such file or directory\n" });
    const r = await lift86(["run", "--profile", join(folder, "y"), "--inspect=0", "samples/hello"]);
    expect(r).toMatchObject({ status: 2, stderr: "lift86: --profile and --inspect exclude each other: a debugger has a profiler of its own\n" });
  });
});

describe("--stats says where the time goes, and the parts make the whole", () => {
  interface Stats {
    wallMs: number;
    compileMs: number;
    time: Record<"tier0" | "tier1" | "lifting" | "compiling" | "systemCalls" | "devices" | "rest", number>;
  }

  test.each([
    ["a static program", ["run", "samples/checksums"]],
    ["a dynamic one", ["run", "--root", "samples/inspect", "/primes", "500", "/libwork.so"]],
    ["processes and threads", ["run", "samples/linux/threads"]],
    ["a machine", ["boot", "--append", "10", "bench/metal/bytecode"]],
    ["a machine of two processors", ["boot", "--smp", "2", "samples/machine/smp.elf"]],
  ])("%s", async (_, [command, ...args]) => {
    const started = performance.now();
    const r = await lift86([command!, "--stats=json", ...args]);
    const outside = performance.now() - started;
    const { time, wallMs, compileMs } = JSON.parse(r.stderr.trimEnd().split("\n").at(-1)!) as Stats;
    expect(Object.keys(time)).toEqual(["tier0", "tier1", "lifting", "compiling", "systemCalls", "devices", "rest"]);
    const sum = Object.values(time).reduce((a, b) => a + b, 0);
    expect(Math.abs(sum - wallMs)).toBeLessThan(1);
    expect(wallMs).toBeLessThan(outside);
    expect(Math.min(...Object.values(time))).toBeGreaterThanOrEqual(0);
    // what is said elsewhere, too, and what has to be there
    expect(Math.abs(time.compiling - compileMs)).toBeLessThan(1 + 0.1 * compileMs);
    expect(time.tier0).toBeGreaterThan(0);
    expect(time.lifting).toBeGreaterThan(0);
    expect(command === "run" ? time.systemCalls : time.devices).toBeGreaterThan(0);
    expect(command === "run" ? time.devices : time.systemCalls).toBe(0);
    // most of it has a name, but for the start of what is short
    expect(time.rest).toBeLessThan(0.6 * wallMs + 150);
  });

  test("as text", async () => {
    const text = await lift86(["run", "--stats", "samples/checksums"]);
    let percent = 0;
    for (const part of ["tier 0", "tier 1", "lifting", "compiling", "system calls", "the rest"]) {
      const m = new RegExp(`\\n {2}${part} +(\\d+\\.\\d) % +\\d+\\.\\d ms`).exec(text.stderr);
      expect(m).not.toBeNull();
      percent += Number(m![1]);
    }
    expect(Math.abs(percent - 100)).toBeLessThan(0.5);
  });
});
