import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv } from "ajv";
import { SourceMapConsumer } from "source-map";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { lift86 } from "../support/cli.js";
import { tinyElf64 } from "../support/tiny-elf.js";

const PRIMES = "samples/inspect/primes";
const ROOT = ["--root", "samples/inspect"];

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), "lift86-"))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Json {
  version: number;
  stages: string[];
  regions: {
    name: string | null;
    key: { role: { name: string }; mode: { name: string }; pc: number };
    executed?: number;
    share?: number;
    image?: string;
    js?: string;
    blocks: { id: number; pc: number; size: number; hits: number | null; edges: { pc: number; block: number | null }[]; instructions: { pc: number; asm?: string; js?: number[]; opt?: string[] }[]; passes?: { name: string; ir: string }[] }[];
  }[];
}

const validate = new Ajv({ allErrors: true, strictTypes: false, strictRequired: false }).compile(JSON.parse(readFileSync("docs/dump.schema.json", "utf8")) as object);

async function json(args: readonly string[]): Promise<Json> {
  const r = await lift86(["dump", "--format", "json", ...args]);
  expect(r.status, r.stderr).toBe(0);
  const d = JSON.parse(r.stdout) as Json;
  expect(validate(d), JSON.stringify(validate.errors)).toBe(true);
  return d;
}

describe("text", () => {
  test("key, size, stages by guest instruction", async () => {
    const r = await lift86(["dump", "--hex", "01 d8 74 00 c3", "--base", "0x8000", "--emit", "asm,ir,opt,js"]);
    expect(r).toMatchObject({ status: 0, stderr: "" });
    expect(r.stdout).toMatch(/^region 0x8000\n {2}key {3}role direct, mode 32 flat cpl3, pc 0x8000\n {2}size {2}2 blocks, 3 instructions, 5 bytes/);
    // add: its IR, then the IR that is left, then its JavaScript, and only then je
    expect(r.stdout).toMatch(/0x8000 +01 d8 +add eax, ebx\n +ir +v0 = get\.i32 [^]*?\n +opt +v\d = get\.i32 [^]*?\n +js +\d+ {2}[^]*?eax = eax \+ ebx \| 0;[^]*?0x8002 +74 00 +je 0x8004\n/);
    expect(r.stdout).not.toContain("\x1b");
  });

  test("default stages leave out the IR as lifted; one stage alone is not interleaved", async () => {
    const r = await lift86(["dump", "--hex", "01 d8 c3"]);
    expect(r.stdout).toMatch(/ opt +v0/);
    expect(r.stdout).not.toMatch(/ ir +v0/);
    const js = await lift86(["dump", "--hex", "01 d8 c3", "--emit", "js"]);
    expect(js.stdout).toMatch(/\n\{\n return function r_1000\(\) \{\n/);
    expect(js.stdout).not.toContain("add eax");
  });

  test("colours when asked for, none with NO_COLOR", async () => {
    const env: NodeJS.ProcessEnv = { ...process.env, FORCE_COLOR: "1" };
    delete env["NO_COLOR"];
    expect((await lift86(["dump", "--hex", "90 c3"], { env })).stdout).toContain("\x1b[33mnop\x1b[0m");
    expect((await lift86(["dump", "--hex", "90 c3"], { env: { ...env, NO_COLOR: "1" } })).stdout).not.toContain("\x1b");
  });

  test("16-bit code, AT&T syntax", async () => {
    const r = await lift86(["dump", "--hex", "01d8f4", "--mode", "16", "--syntax", "att"]);
    expect(r.stdout).toMatch(/mode 16 flat cpl3[^]*add %bx, ?%ax/);
  });

  test("a program's entry point, with --emit map", async () => {
    const r = await lift86(["dump", "samples/hello", "--emit", "asm,map"]);
    expect(r.stdout).toMatch(/mov eax, 4[^]*int 0x80[^]*source map\n\{"version":3/);
  });
});

describe("64-bit code", () => {
  test("all stages of bytes", async () => {
    const r = await lift86(["dump", "--hex", "48 89 c8 48 03 05 10 00 00 00 41 89 c0 c3", "--mode", "64", "--base", "0xfffff000", "--emit", "asm,ir,opt,js,map"]);
    expect(r).toMatchObject({ status: 0, stderr: "" });
    expect(r.stdout).toMatch(/^region 0xfffff000\n {2}key {3}role direct, mode 64 flat cpl3, pc 0xfffff000\n/);
    expect(r.stdout).toMatch(/0xfffff000 +48 89 c8 +mov rax, rcx\n +ir +v0 = get\.i64 rcx\n +ir +set\.i64 rax v0\n/);
    // relative to the next instruction; the address is one that is known
    expect(r.stdout).toMatch(/0xfffff003 +48 03 05 10 00 00 00 +add rax, \[rel 0xfffff01a\]\n[^]*ir +v\d+ = load\.i64[^]*add\.i64/);
    expect(r.stdout).toMatch(/mov r8d, eax\n[^]*?r8d_h = 0;[^]*source map\n\{"version":3/);
  });

  test("an ELF64 program: entry point, symbols, functions", async () => {
    const file = join(folder, "tiny64");
    // main: call twice; ret. twice: lea rax, [rdi+rdi]; ret
    writeFileSync(file, tinyElf64([0xe8, 1, 0, 0, 0, 0xc3, 0x48, 0x8d, 0x04, 0x3f, 0xc3], [{ name: "main", at: 0, size: 6 }, { name: "twice", at: 6, size: 5 }]));
    const d = await json([file, "--all", "--emit", "asm,ir,opt,js,map"]);
    expect(d.regions.map((r) => [r.name, r.key.pc, r.key.mode.name])).toEqual([["main", 0x400078, "64 flat cpl3"], ["twice", 0x40007e, "64 flat cpl3"]]);
    expect(d.regions[1]!.blocks[0]!.instructions.map((i) => i.asm)).toEqual(["lea rax, [rdi+rdi]", "ret"]);
    expect((await json([file, "--at", "twice+4"])).regions[0]!.blocks[0]!.instructions.map((i) => i.asm)).toEqual(["ret"]);
    const att = await lift86(["dump", file, "--function", "twice", "--emit", "asm", "--syntax", "att"]);
    expect(att.stdout).toMatch(/lea \(%rdi,%rdi\), ?%rax/);
  });

  test("what is not lifted ends its block", async () => {
    const d = await json(["--hex", "48 01 d8 c5 f8 77 c3", "--mode", "64"]);
    expect(d.regions).toHaveLength(1);
    expect(d.regions[0]!.blocks).toHaveLength(1);
    expect(d.regions[0]!.blocks[0]).toMatchObject({ end: "exit unsupported", size: 6 });
  });
});

describe("which code", () => {
  test("--function: all of it, and what it jumps to", async () => {
    const d = await json([PRIMES, "--function", "collatz"]);
    expect(d.regions[0]!.name).toBe("collatz");
    const pcs = d.regions.flatMap((r) => r.blocks.map((b) => b.pc));
    expect(pcs.length).toBeGreaterThan(5);
    for (const r of d.regions) for (const b of r.blocks) for (const e of b.edges) expect(e.block === null || r.blocks.some((x) => x.id === e.block)).toBe(true);
  });

  test("--at with symbol, offset, address and range", async () => {
    const entry = (await json([PRIMES, "--at", "sieve"])).regions[0]!.key.pc;
    expect((await json([PRIMES, "--at", `0x${entry.toString(16)}`])).regions[0]!.name).toBe("sieve");
    expect((await json([PRIMES, "--at", "sieve+0x10"])).regions[0]!.key.pc).toBe(entry + 16);
    const range = await json([PRIMES, "--at", `sieve..0x${(entry + 0x40).toString(16)}`]);
    // every byte of the range is in some block
    const have = new Set(range.regions.flatMap((r) => r.blocks.flatMap((b) => Array.from({ length: b.size }, (_, k) => b.pc + k))));
    for (let pc = entry; pc < entry + 0x40; pc++) expect(have, pc.toString(16)).toContain(pc);
  });

  test("--all finds every function", async () => {
    const names = (await json([PRIMES, "--all"])).regions.map((r) => r.name);
    for (const f of ["_start", "main_", "show", "sieve", "count_primes", "collatz"]) expect(names).toContain(f);
    // without symbols: by calls
    expect((await json(["samples/checksums", "--all"])).regions.length).toBeGreaterThan(8);
  });

  test("--hot runs the program: counts are exact, shared objects have their symbols, the guest's output is not in the way", async () => {
    const r = await lift86(["dump", "--hot", "4", ...ROOT, "--format", "json", "/primes", "--", "3", "/libwork.so"]);
    expect(r.stderr).toMatch(/primes 2262\n[^]*mixed[^]*ended with exit code 0; 4 regions of \d+/);
    const d = JSON.parse(r.stdout) as Json;
    expect(validate(d), JSON.stringify(validate.errors)).toBe(true);
    expect(d.regions).toHaveLength(4);
    const shares = d.regions.map((x) => x.share!);
    expect(shares).toEqual([...shares].sort((a, b) => b - a));
    const work = d.regions.find((x) => x.image === "/libwork.so")!;
    expect(work.name).toMatch(/^work_mix/);
    const loop = Math.max(...work.blocks.map((b) => b.hits!));
    // 3 rounds of 20000 turns, less those before it was hot
    expect(loop).toBeGreaterThan(58_000);
    expect(loop).toBeLessThanOrEqual(60_000);
    for (const x of d.regions) expect(x.executed).toBe(x.blocks.reduce((n, b) => n + b.hits! * b.instructions.length, 0));
  });

  test("--run with --function", async () => {
    const d = await json([PRIMES, "--run", "--function", "collatz", "--", "2"]);
    expect(d.regions.length).toBeGreaterThan(0);
    for (const r of d.regions) expect(r.name).toMatch(/^collatz/);
  });
});

describe("json", () => {
  test("stages that are not asked for are left out; passes come with the IR", async () => {
    const d = await json(["--hex", "39d8 7202 40 c3 48 c3", "--emit", "asm,opt"]);
    expect(d).toMatchObject({ version: 1, stages: ["asm", "opt"] });
    expect(d.regions[0]!.js).toBeUndefined();
    expect(d.regions[0]!.blocks[0]!.instructions[0]!.js).toBeUndefined();
    const names = d.regions[0]!.blocks[0]!.passes!.map((p) => p.name);
    expect(names).toEqual(expect.arrayContaining(["lower-flags", "forward-state", "dead-code", "dead-state"]));
  });

  test("blocks that a constant condition leaves no way to are not there", async () => {
    // xor eax, eax; test eax, eax; je over the inc
    const [r] = (await json(["--hex", "31c0 85c0 7401 40 c3"])).regions;
    expect(r!.blocks.map((b) => [b.id, b.pc])).toEqual([[0, 0x1000], [1, 0x1007]]);
    expect(r!.blocks[0]!.edges).toMatchObject([{ pc: 0x1007, block: 1 }]);
    expect(r!.js).not.toContain("eax + 1");
  });

  test("lines of JavaScript of all instructions and the frame are all lines, each once", async () => {
    const d = await json(["--hex", "31c0 0306 83c604 49 75f8 c3"]);
    const r = d.regions[0]!;
    const lines = r.blocks.flatMap((b) => b.instructions.flatMap((i) => i.js!));
    expect(new Set(lines).size).toBe(lines.length);
    expect(Math.max(...lines)).toBeLessThanOrEqual(r.js!.split("\n").length);
  });

  test("the schema refuses what it should", async () => {
    const d = await json(["--hex", "90 c3"]);
    expect(validate({ ...d, version: 2 })).toBe(false);
    expect(validate({ ...d, regions: [{ ...d.regions[0], js: undefined, blocks: [] }] })).toBe(false);
  });
});

describe("-o DIR", () => {
  test.each([[PRIMES, "sieve"], ["samples/checksums64", "0x400424"]])("each instruction of each listing is found through the maps, and each position leads to a line of the listing: %s", async (program, one) => {
    const dir = join(folder, "new", one);
    const r = await lift86(["dump", program, "--all", "-o", dir]);
    expect(r.status, r.stderr).toBe(0);
    const names = r.stdout.trim().split("\n");
    expect(names).toContain(one);
    expect(readdirSync(dir).filter((f) => f.endsWith(".js.map"))).toHaveLength(names.length);
    let instructions = 0;
    for (const name of names) {
      const read = (ext: string): string => readFileSync(join(dir, name + ext), "utf8");
      const asm = read(".asm").split("\n"), js = read(".js").split("\n");
      expect(js.find((l) => l.startsWith("//# sourceMappingURL="))).toBe(`//# sourceMappingURL=${encodeURIComponent(name)}.js.map`);
      await SourceMapConsumer.with(JSON.parse(read(".js.map")), null, (map) => {
        expect(map.sources).toEqual([`${name}.asm`]);
        expect(map.sourceContentFor(`${name}.asm`)).toBe(read(".asm"));
        asm.forEach((text, k) => {
          const pc = /^(0x[0-9a-f]{8}) {2}[0-9a-f]{2}/.exec(text)?.[1];
          if (!pc) return;
          instructions++;
          const places = map.allGeneratedPositionsFor({ source: `${name}.asm`, line: k + 1, column: 0 });
          expect(places.length, `${name} ${text}`).toBeGreaterThan(0);
          // its comment names it, and what follows is its code
          const comments = places.filter((p) => js[p.line! - 1]!.includes(`// ${pc}`));
          expect(comments.length, `${name} ${text}`).toBeGreaterThan(0);
          for (const p of places) expect(map.originalPositionFor({ line: p.line!, column: p.column! }).line).toBe(k + 1);
        });
        // every character of the code has its place
        js.slice(1, -2).forEach((text, k) => {
          for (let c = 0; c < text.length; c++) {
            const o = map.originalPositionFor({ line: k + 2, column: c });
            expect(o.line, `${name}.js:${k + 2}:${c}`).toBeGreaterThan(0);
          }
        });
      });
    }
    expect(instructions).toBeGreaterThan(200);
  });

  test("NAME.js is a module whose default export makes the function", async () => {
    const dir = join(folder, "module");
    await lift86(["dump", "--hex", "01 d8 c3", "-o", dir]);
    writeFileSync(join(dir, "package.json"), '{"type":"module"}');
    const { default: factory } = (await import(join(dir, "0x1000.js"))) as { default: (...args: unknown[]) => unknown };
    expect(typeof factory(new Int32Array(64))).toBe("function");
  });
});

describe("one clear line and exit code 2", () => {
  test.each<[string, string[], RegExp]>([
    ["nothing", [], /a PROGRAM, an IMAGE or --hex/],
    ["no hex", ["--hex", "9"], /hexadecimal/],
    ["outside", ["--hex", "90", "--at", "0x2000"], /0x2000 is in no segment of --hex/],
    ["unmapped", ["--at", "0x10", "samples/hello"], /0x10 is in no segment of samples\/hello; its code is at 0x8048000\.\.0x/],
    ["range that ends outside", ["--at", "sieve..0x9000000", PRIMES], /0x8ffffff is in no segment/],
    ["range backwards", ["--at", "sieve..0x8048000", PRIMES], /the end is not above the start/],
    ["data", ["--at", "composite", PRIMES], /is not code: its segment is not executable/],
    ["no instruction", ["--hex", "0f ff ff ff ff ff ff", "--at", "0x1001"], /0x1001: not code: no instruction begins with ff/],
    ["unknown symbol", ["--function", "seive", PRIMES], /--function seive: .*no such symbol; did you mean sieve\?/],
    ["unknown symbol in --at", ["--at", "colatz+3", PRIMES], /did you mean collatz/],
    ["no symbols", ["--function", "main", "samples/hello"], /samples\/hello has no symbols; give an address/],
    ["a folder that cannot be made", ["-o", "package.json/x", "samples/hello"], /-o package\.json\/x: cannot be written: not a directory/],
    ["a folder that is a file", ["-o", "package.json", "samples/hello"], /-o package\.json: not a directory/],
    ["unknown stage", ["--emit", "asm,foo", "samples/hello"], /foo is no stage; there are asm, ir, opt, js, map/],
    ["beyond 4 GiB", ["--mode", "64", "--hex", "90 90", "--base", "0xffffffff"], /reach beyond the guest's address space of 4 GiB/],
    ["64-bit address", ["--mode", "64", "--hex", "90", "--base", "0xffffffff81000000"], /--base: 0xffffffff81000000 is no 32-bit address/],
    ["two selections", ["--all", "--at", "main", PRIMES], /--at and --all exclude each other/],
    ["two programs", [PRIMES, "samples/hello"], /one program at a time/],
    ["guest options without a run", ["--env", "A=1", "samples/hello"], /--env belongs to --run/],
    ["arguments without a run", ["samples/hello", "--", "x"], /after -- belong to --run/],
    ["too short to compile", ["--run", "samples/hello"], /too briefly for anything to be compiled; --tier jit/],
    ["no such function in a run", ["--run", "--function", "seive", PRIMES], /did you mean sieve/],
  ])("%s", async (_, args, line) => {
    const r = await lift86(["dump", ...args]);
    const own = r.stderr.split("\n").filter((l) => l.startsWith("lift86: "));
    expect(own).toHaveLength(1);
    expect(own[0]).toMatch(line);
    expect(r.stdout).toBe("");
    expect(r.status).toBe(2);
  });
});
