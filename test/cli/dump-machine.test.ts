import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv } from "ajv";
import { SourceMapConsumer } from "source-map";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { lift86, ROOT } from "../support/cli.js";

// Images of machines are dumped by the same options as programs, with the code that machines compile.

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), "lift86-"))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const KERNEL = "samples/debug/kernel.elf";
const validate = new Ajv({ allErrors: true, strictTypes: false, strictRequired: false }).compile(JSON.parse(readFileSync(join(ROOT, "docs/dump.schema.json"), "utf8")) as object);

interface Region {
  name: string | null;
  key: { role: { name: string }; mode: { name: string }; pc: number };
  executed?: number;
  share?: number;
  image?: string;
  js: string;
  blocks: { pc: number; hits: number | null; instructions: { pc: number; asm: string }[] }[];
}

async function json(...args: string[]): Promise<Region[]> {
  const r = await lift86(["dump", "--format", "json", ...args]);
  expect(r.status).toBe(0);
  const d = JSON.parse(r.stdout) as { regions: Region[] };
  expect(validate(d), JSON.stringify(validate.errors)).toBe(true);
  return d.regions;
}

describe("without running", () => {
  test("a multiboot image begins in protected mode without paging, and reaches memory as machines do", async () => {
    const [r] = await json("samples/machine/hello.elf");
    expect(r!.key).toMatchObject({ role: { name: "direct" }, mode: { name: "32 flat nosse system" } });
    const [work] = await json("--function", "work", KERNEL);
    expect(work!.name).toBe("work");
    // a window's page has a difference of its own
    expect(work!.js).toMatch(/w0d = wrs?\(/);
  });

  test("a boot sector and raw bytes begin in real mode", async () => {
    const [sector] = await json("samples/machine/boot-sector.bin");
    expect(sector!.key).toMatchObject({ mode: { name: "16 real nosse system" }, pc: 0x7c00 });
    writeFileSync(join(folder, "raw"), Uint8Array.of(0x90, 0x90, 0x31, 0xc0, 0xeb, 0xfc));
    const [raw] = await json("--raw", "0x20000:0x20002", join(folder, "raw"));
    // offsets in CS
    expect(raw!.key.pc).toBe(2);
    expect(raw!.blocks[0]!.instructions.map((i) => i.asm)).toEqual(["xor ax, ax", "jmp 2"]);
  });

  test("all of images of each kind, and the maps of its files lead to every instruction", async () => {
    for (const image of [KERNEL, "samples/machine/smp.elf", "samples/machine/boot-sector.bin", "samples/roles/init-sipi.elf", "bench/metal/nbody-x87", "bench/metal/matrix"]) {
      const out = join(folder, image.replaceAll("/", "-"));
      const r = await lift86(["dump", "--all", "--format", "json", "-o", out, image]);
      expect(r, image).toMatchObject({ status: 0, stderr: "" });
      const d = JSON.parse(readFileSync(join(out, "dump.json"), "utf8")) as { regions: Region[] };
      expect(validate(d), `${image}: ${JSON.stringify(validate.errors)}`).toBe(true);
      for (const name of r.stdout.trim().split("\n")) {
        const listing = readFileSync(join(out, `${name}.asm`), "utf8").split("\n"), js = readFileSync(join(out, `${name}.js`), "utf8").split("\n");
        await SourceMapConsumer.with(readFileSync(join(out, `${name}.js.map`), "utf8"), null, (m) => {
          const led = new Set<number>();
          m.eachMapping((p) => {
            expect(js[p.generatedLine - 1]!.length).toBeGreaterThan(p.generatedColumn);
            led.add(p.originalLine!);
          });
          listing.forEach((l, k) => {
            if (/^0x/.test(l)) expect(led.has(k + 1), `${image} ${name}: ${l}`).toBe(true);
          });
        });
      }
    }
  });
});

describe("after a run", () => {
  test("the hottest regions with role, mode, hits and shares; the guest's serial line goes to stderr", async () => {
    const r = await lift86(["dump", "--hot", "2", "--format", "json", "--append", "5", "bench/metal/sieve"]);
    expect(r.status).toBe(0);
    expect(r.stderr).toMatch(/^go\n[0-9a-f]{8}\nlift86: the machine left with status 1; 2 regions of \d+ that were compiled\n$/);
    const d = JSON.parse(r.stdout) as { regions: Region[] };
    expect(validate(d), JSON.stringify(validate.errors)).toBe(true);
    const [a, b] = d.regions as [Region, Region];
    expect(a.key).toMatchObject({ role: { name: "level=2 wp pse" }, mode: { name: "32 flat system x87/64" } });
    expect(a.executed).toBeGreaterThanOrEqual(b.executed!);
    expect(a.executed).toBe(a.blocks.reduce((n, x) => n + x.hits! * x.instructions.length, 0));
    expect(a.share! + b.share!).toBeLessThanOrEqual(1);
    expect(a.share).toBeGreaterThan(0.3);
  });

  test("executions are counted exactly, under each role on its own", async () => {
    // twice() is called four times, in each of the turns of the loop
    const regions = await json("--run", "--function", "twice", "--tier", "jit", "--icount", KERNEL);
    const hits = regions.flatMap((r) => r.blocks.filter((b) => b.pc === 0x10000c).map((b) => b.hits!)).reduce((a, b) => a + b, 0);
    expect(hits).toBe(4);
    expect(new Set(regions.map((r) => r.key.role.name))).toEqual(new Set(["level=2 pse"]));
    expect(new Set(regions.map((r) => r.image))).toEqual(new Set(["kernel.elf"]));
  });

  test("what ends it is said; a limit will do", async () => {
    writeFileSync(join(folder, "endless"), Uint8Array.of(0x40, 0x75, 0xfd, 0xeb, 0xfb));
    const r = await lift86(["dump", "--hot", "1", "--emit", "asm", "--raw", "0x7c00", "--max-instructions", "1000000", join(folder, "endless")]);
    expect(r).toMatchObject({ status: 0, stderr: "lift86: the machine was ended at the limit of instructions; 1 region of 1 that were compiled\n" });
    expect(r.stdout).toMatch(/inc ax/);
  });
});

test.each([
  ["processors for a program", ["--run", "--smp", "2", "samples/hello"], "dump: --smp belongs to images of machines"],
  ["a machine's options without a run", ["--smp", "2", KERNEL], "dump: --smp belongs to --run"],
  ["a program's options for a machine", ["--run", "--net", KERNEL], "dump: --net belongs to programs"],
  ["arguments for a machine", ["--run", KERNEL, "--", "x"], "dump: arguments after -- belong to programs; a machine's image gets a command line by --append"],
  ["a symbol that is not there", ["--function", "wrk", KERNEL], `--function wrk: ${KERNEL} has no such symbol; did you mean work?`],
  // stderr has nothing of the machine's serial line: it did not run
  ["the same after a run that need not be", ["--run", "--function", "wrk", KERNEL], `--function wrk: ${KERNEL} has no such symbol; did you mean work?`],
  ["an address that is not", ["--at", "0x5", KERNEL], `--at 0x5: address 0x5 is in no segment of ${KERNEL}; its code is at 0x100000..0x1000a9, its entry point 0x10009d`],
  ["raw bytes below device windows", ["--raw", "0xa0000", KERNEL], "kernel.elf: wants memory at 0xa0000 to 0xa1790, where a PC has device windows and ROM (0xa0000 to 0x100000)"],
] as const)("%s: one line, exit code 2", async (_, args, message) => {
  expect(await lift86(["dump", ...args])).toEqual({ status: 2, stdout: "", stderr: `lift86: ${message}\n` });
});
