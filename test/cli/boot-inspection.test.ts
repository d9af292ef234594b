import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { lift86 } from "../support/cli.js";

// Machines are looked at by the same options as programs.

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), "lift86-"))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("boot --stats says where the time goes, devices among it", async () => {
  const r = await lift86(["boot", "--stats=json", "samples/machine/smp.elf"]);
  const s = JSON.parse(r.stderr) as { wallMs: number; time: Record<string, number>; mmu: object };
  expect(s.mmu).toBeDefined();
  expect(s.time["devices"]).toBeGreaterThan(0);
  expect(Math.abs(Object.values(s.time).reduce((a, b) => a + b, 0) - s.wallMs)).toBeLessThan(1);
});

test("boot --profile: guest code of a machine", async () => {
  const file = join(folder, "sieve.cpuprofile");
  const r = await lift86(["boot", "--profile", file, "--append", "60", "bench/metal/sieve"]);
  expect(r.stderr.split("\n")[1]).toMatch(/^ *\d+\.\d % +\d+\.\d ms +1 +0x[0-9a-f]+ +0x[0-9a-f]+ +level=2 wp pse +32 flat system/);
  const p = JSON.parse(readFileSync(file, "utf8")) as { samples: number[]; nodes: { callFrame: { functionName: string } }[] };
  expect(p.samples.length).toBeGreaterThan(20);
  expect(p.nodes.some((n) => /^0x1[0-9a-f]+ (mov|cmp|add|jb|jne|inc)/.test(n.callFrame.functionName))).toBe(true);
});

test("boot --inspect runs the same", async () => {
  const plain = await lift86(["boot", "samples/debug/kernel.elf"]);
  const r = await lift86(["boot", "--inspect=0", "samples/debug/kernel.elf"]);
  expect(r).toMatchObject({ status: plain.status, stdout: plain.stdout });
  expect(r.stderr).toMatch(/^Debugger listening on ws:\/\/127\.0\.0\.1:/);
});
