import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { lift86 } from "../support/cli.js";
import { tinyElf } from "../support/tiny-elf.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "lift86-"));
  const put = (name: string, code: number[]): void => writeFileSync(join(folder, name), tinyElf(code), { mode: 0o755 });
  put("endless", [0xeb, 0xfe]);
  // mov eax, [0x5678]
  put("fault", [0xa1, 0x78, 0x56, 0, 0]);
  // vmovaps ymm0, ymm1: AVX is not supported
  put("avx", [0xc5, 0xfc, 0x28, 0xc1]);
  // mov eax, 1; mov ebx, [esp]; int 80h: exit(argc)
  put("argc", [0xb8, 1, 0, 0, 0, 0x8b, 0x1c, 0x24, 0xcd, 0x80]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("samples print what they do natively", () => {
  test("hello", async () => {
    expect(await lift86(["run", "samples/hello"])).toEqual({ status: 0, stdout: "Hello from i386!\n", stderr: "" });
  });

  test.each(["auto", "jit", "interp"])("checksums, tier %s", async (tier) => {
    const r = await lift86(["run", "--tier", tier, "samples/checksums"]);
    expect(r).toEqual({ status: 0, stdout: readFileSync("samples/checksums.expected", "latin1"), stderr: "" });
  });
});

test("--stats=json has its documented shape, and its sums fit", async () => {
  const r = await lift86(["run", "--stats=json", "samples/checksums"]);
  const s = JSON.parse(r.stderr) as Record<string, never> & { tiers: Record<string, number>; cache: Record<string, number>; instructions: number };
  expect(Object.keys(s)).toEqual(["instructions", "blocks", "regions", "tiers", "cache", "compileMs", "wallMs", "time", "mips"]);
  expect(Object.keys(s.cache)).toEqual(["lookups", "hits", "hitRate", "misses", "invalidations", "evictions"]);
  expect(s.tiers["interp"]! + s.tiers["jit"]!).toBe(s.instructions);
  expect(s.cache["hits"]! + s.cache["misses"]!).toBe(s.cache["lookups"]);
  expect(s.instructions).toBeGreaterThan(10_000_000);
});

test("--stats-file", async () => {
  const file = join(folder, "stats.json");
  const r = await lift86(["run", "--stats-file", file, "samples/hello"]);
  expect(r.stderr).toBe("");
  expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({ instructions: 10 });
});

test("--stats is for people, below the guest's output", async () => {
  const r = await lift86(["run", "--stats", "samples/hello"]);
  expect(r.stderr).toMatch(/^instructions +10 .*\nblocks +2\nregions +0.*\ncache .*\ntime .*\n( {2}.* ms\n){6}speed .*MIPS\n$/);
});

test("--icount: two runs count alike", async () => {
  const runs = await Promise.all([0, 1].map(() => lift86(["run", "--icount", "--strace", "samples/linux/signals"])));
  expect(runs[0]!.stderr).toContain("exit");
  expect(runs[1]).toEqual(runs[0]);
});

test("options after the program are the guest's", async () => {
  expect(await lift86(["run", join(folder, "argc"), "--stats", "--", "-x"])).toEqual({ status: 4, stdout: "", stderr: "" });
  expect(await lift86(["run", "--", join(folder, "argc")])).toEqual({ status: 1, stdout: "", stderr: "" });
});

test("--audit reports processors and mismatches", async () => {
  const r = await lift86(["run", "--audit", "samples/hello"]);
  expect(r.stderr).toMatch(/^lift86: audit: 0 of [1-9]\d* processors? with a role/);
});

describe("ends of guests", () => {
  test("a signal: one line with address, PC and instruction", async () => {
    const r = await lift86(["run", join(folder, "fault")]);
    expect(r.status).toBe(139);
    expect(r.stderr).toMatch(/^lift86: .*fault: killed by SIGSEGV, address 0x5678, pc 0x10054: mov eax, \[0x5678\]\n$/);
  });

  test("an unsupported instruction is named", async () => {
    const r = await lift86(["run", join(folder, "avx")]);
    expect(r.status).toBe(132);
    expect(r.stderr).toMatch(/unsupported or invalid instruction at 0x10054: c5 fc 28 c1/);
    expect(r.stderr).toMatch(/killed by SIGILL, .*pc 0x10054: vmovaps ymm0, ymm1\n$/);
  });

  test.each(["auto", "interp", "jit"])("--timeout, tier %s", async (tier) => {
    const r = await lift86(["run", "--tier", tier, "--timeout", "0.2", join(folder, "endless")]);
    expect(r.status).toBe(124);
    expect(r.stderr).toMatch(/^[^\n]*time limit of 0\.2 s\n$/);
  });

  test("--max-instructions", async () => {
    const r = await lift86(["run", "--max-instructions", "1e6", "--stats=json", join(folder, "endless")]);
    const [line, stats] = r.stderr.split("\n");
    expect(line).toMatch(/limit of 1e6 instructions/);
    expect(JSON.parse(stats!)).toMatchObject({ instructions: 1_000_000 });
    expect(r.status).toBe(137);
  });

  test("a host's SIGINT becomes the guest's", async () => {
    // busy until the signal comes: a write first says that the guest is there
    const code = [0xb8, 4, 0, 0, 0, 0xbb, 1, 0, 0, 0, 0xb9, 0x54, 0, 1, 0, 0xba, 1, 0, 0, 0, 0xcd, 0x80, 0xeb, 0xfe];
    writeFileSync(join(folder, "busy"), tinyElf(code), { mode: 0o755 });
    const r = await lift86(["run", join(folder, "busy")], { onOutput: (_, kill) => kill("SIGINT") });
    expect(r).toMatchObject({ status: 130, stderr: "" });
  });
});

describe("one clear line and exit code 2", () => {
  test.each<[string, string[], RegExp]>([
    ["nothing", [], /no command given/],
    ["unknown command", ["frob"], /frob: no such command/],
    ["no program", ["run"], /no program given/],
    ["missing program", ["run", "/nope/x"], /\/nope\/x: no such file/],
    ["a folder", ["run", "samples"], /samples: not a regular file/],
    ["no ELF", ["run", "samples/hello.S"], /not an ELF file/],
    ["missing root", ["run", "--root", "/nope", "x"], /--root \/nope: no such file/],
    ["root that is a file", ["run", "--root", "package.json", "x"], /--root package.json: not a directory/],
    ["missing in root", ["run", "--root", "samples", "nope"], /nope: no such program in the guest/],
    ["no way out of the root", ["run", "--root", "samples/linux", "../hello"], /\.\.\/hello: no such program in the guest/],
    ["unknown option", ["run", "--bogus", "samples/hello"], /bogus/],
    ["bad size", ["run", "--memory", "3x", "samples/hello"], /--memory: 3x is no size/],
    ["too little memory", ["run", "--memory", "4K", "samples/hello"], /too little/],
    ["bad time", ["run", "--timeout", "soon", "samples/hello"], /--timeout: soon/],
    ["bad count", ["run", "--max-instructions", "-1", "samples/hello"], /--max-instructions/],
    ["bad tier", ["run", "--tier", "turbo", "samples/hello"], /tier/],
    ["bad stats", ["run", "--stats=xml", "samples/hello"], /stats/],
    ["bad stats file", ["run", "--stats-file", "/nope/x", "samples/hello"], /--stats-file \/nope\/x/],
    ["bad env", ["run", "--env", "=x", "samples/hello"], /--env =x/],
    ["relative cwd", ["run", "--cwd", "x", "samples/hello"], /--cwd x/],
    ["missing cwd", ["run", "--cwd", "/nope", "samples/hello"], /\/nope/],
  ])("%s", async (_, args, message) => {
    const r = await lift86(args);
    expect(r.stdout).toBe("");
    expect(r.stderr).toMatch(/^lift86: [^\n]+\n$/);
    expect(r.stderr).toMatch(message);
    expect(r.status).toBe(2);
  });
});
