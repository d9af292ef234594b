import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RolesReport } from "../../src/index.js";
import { lift86 } from "../support/cli.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "lift86-roles-"));
  writeFileSync(join(folder, "endless"), Uint8Array.of(0xeb, 0xfe));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a table for people: policies, roles, changes, options behind the image", async () => {
  const r = await lift86(["roles", "samples/roles/init-sipi.elf", "--policies", "stale,fixed", "--append", "20", "--changes", "2"]);
  expect(r).toMatchObject({ status: 0, stderr: "" });
  expect(r.stdout).toMatch(/^init-sipi\.elf: [\d,]+ instructions under 2 policies\n\n +stale +fixed\n/);
  expect(r.stdout).toMatch(/\nmisses: spurious role +10 +0\n/);
  expect(r.stdout).toMatch(/\nfixed: 40 resets requested, the first 2\n +[\d,]+ {2}vcpu 1 {2}EFER {2}efer 0 -> 800: avoided, direct\n +[\d,]+ {2}vcpu 1 {2}CR4 {3}cr4 0 -> 10: avoided, direct\n/);
  expect(r.stdout).toMatch(/\nThe same instructions and the same end state under every policy\.\n$/);
});

test("JSON for programs, of the documented shape", async () => {
  const r = await lift86(["roles", "samples/roles/pge-toggle.elf", "--append", "20", "--json"]);
  expect(r).toMatchObject({ status: 0, stderr: "" });
  const report = JSON.parse(r.stdout) as RolesReport;
  expect(report).toMatchObject({ version: 1, image: "pge-toggle.elf", sameTrace: true });
  expect(report.policies.map((p) => p.policy)).toEqual(["fixed", "stale", "flush", "skip"]);
  for (const p of report.policies) {
    expect(p).toMatchObject({
      policy: expect.any(String), lookups: expect.any(Number), hits: expect.any(Number), hitRate: p.hits / p.lookups, translations: expect.any(Number),
      misses: { cold: expect.any(Number), evicted: 0, invalidated: 0, spuriousRole: 0 }, instructionsRetranslated: expect.any(Number),
      contextResets: { requested: expect.any(Number), rekeyed: expect.any(Number), avoided: expect.any(Number) }, tlb: { fills: expect.any(Number), flushes: expect.any(Number) },
      roleMismatches: 0, wallMs: expect.any(Number), exit: 1,
    });
    expect(p.roles[0]).toMatchObject({ role: { direct: true, level: 0, efer_nx: false, cr0_wp: false }, blocks: expect.any(Number), hits: expect.any(Number) });
  }
});

test("a program, for which nothing changes; its output is not the report's", async () => {
  const r = await lift86(["roles", "--user", "samples/checksums", "--json"]);
  expect(r.status).toBe(0);
  expect(r.stderr.match(/integers/g)).toHaveLength(4);
  const report = JSON.parse(r.stdout) as RolesReport;
  expect(report.sameTrace).toBe(true);
  const [first, ...others] = report.policies.map(({ policy: _p, wallMs: _w, ...rest }) => rest);
  for (const p of others) expect(p).toEqual(first);
  expect(first!.roles).toMatchObject([{ name: "direct" }]);
  expect(first!.misses.cold + first!.misses.invalidated + first!.misses.evicted).toBe(first!.lookups - first!.hits);
});

test("run --policy: the guest does not see it", async () => {
  for (const policy of ["fixed", "stale", "flush", "skip"]) {
    const r = await lift86(["run", "--policy", policy, "--audit", "samples/hello"]);
    expect(r).toMatchObject({ status: 0, stdout: "Hello from i386!\n" });
    expect(r.stderr).toMatch(/^lift86: audit: 0 of \d+ processors? with a role other than its state gives\n$/);
  }
});

test("a guest that never ends meets the default bound, which is said", async () => {
  const r = await lift86(["roles", "--policies", "fixed", "--raw", "0x7c00", join(folder, "endless")]);
  expect(r.status).toBe(2);
  expect(r.stderr).toBe(`lift86: ${join(folder, "endless")} had not ended after 1,000,000,000 instructions under fixed; --max-instructions sets another bound\n`);
});

describe("one clear line, exit code 2", () => {
  test.each<readonly [string, readonly string[], RegExp]>([
    ["no image", [], /no image given/],
    ["missing image", ["nowhere.elf"], /nowhere\.elf: no such file/],
    ["no image of a machine", ["samples/hello"], /hello: an ELF file without a multiboot header/],
    ["unknown policy", ["--policies", "fixed,best", "samples/roles/thunk.elf"], /--policies: best is no policy; there are fixed, stale, flush, skip/],
    ["page that cannot be written", ["--html", "/nowhere/x.html", "samples/roles/thunk.elf"], /--html \/nowhere\/x\.html: is to be written, but/],
    ["machine's options with a program", ["--user", "--smp", "2", "samples/hello"], /--smp does not go with --user/],
    ["too many processors", ["--smp", "9", "samples/roles/thunk.elf"], /--smp 9: at most 8/],
    ["missing program", ["--user", "nowhere"], /nowhere: no such file/],
  ])("%s", async (_name, args, line) => {
    const r = await lift86(["roles", ...args]);
    expect(r.status).toBe(2);
    expect(r.stdout).toBe("");
    expect(r.stderr).toMatch(line);
    expect(r.stderr.trimEnd().split("\n")).toHaveLength(1);
  });
});
