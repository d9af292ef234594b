import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { elf32, header, join as bytes } from "../machine/load/images.js";
import { lift86 } from "../support/cli.js";

let folder: string;
const file = (name: string): string => join(folder, name);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "lift86-boot-"));
  const put = (name: string, content: Uint8Array | number[]): void => writeFileSync(file(name), Uint8Array.from(content));
  const at1M = (content: Uint8Array, entry = 0x10000c, length = content.length): Uint8Array => elf32([{ address: 0x100000, bytes: content, length }], entry);
  const image = bytes(header(), [0xf4, 0xeb, 0xfd]);
  put("endless", [0xeb, 0xfe]);
  put("triple", [0xfa, 0x0f, 0x01, 0x1e, 0x20, 0x10, 0xcc]);
  put("bad-checksum", at1M(header(0, [], 1)));
  put("overlap", elf32([{ address: 0x100000, bytes: image, length: 0x3000 }, { address: 0x102000, bytes: image }], 0x10000c));
  put("bad-entry", at1M(image, 0x300000));
  put("large", at1M(image, 0x10000c, 0x20000000));
  put("garbage", new Uint8Array(3000).fill(0x41));
  put("module", Buffer.from("content"));
  put("bios", new Uint8Array(1000));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a multiboot image with command line and module; the debug exit's status", async () => {
  const r = await lift86(["boot", "--memory", "32M", "--append", "a b", "--initrd", `${file("module")} x`, "samples/machine/hello.elf"]);
  expect(r).toEqual({ status: 1, stderr: "", stdout: `Hello from a machine!\ncommand line: hello.elf a b\nmemory: 32 MiB\nmodule ${file("module")} x: content\n` });
});

test("a boot sector, its keys from standard input", async () => {
  const r = await lift86(["boot", "samples/machine/boot-sector.bin"], { input: "hiq" });
  expect(r).toMatchObject({ status: 33, stderr: "" });
  expect(r.stdout).toMatch(/keys: hi\r\n$/);
});

test("several processors, --icount, --stats=json, --audit, --policy", async () => {
  const r = await lift86(["boot", "--smp", "3", "--icount", "--stats=json", "--audit", "--policy", "stale", "samples/machine/smp.elf"]);
  expect(r.stdout).toBe("processor 0 is here\nprocessor 1 is here\nprocessor 2 is here\nsum 6000\n");
  const [audit, stats] = r.stderr.split("\n");
  expect(audit).toMatch(/^lift86: audit: 0 mismatches of \d+ changes/);
  const s = JSON.parse(stats!) as { instructions: number; tiers: { interp: number; jit: number }; mmu: { resetsRequested: number } };
  expect(s.instructions).toBeGreaterThan(10_000);
  expect(s.tiers.interp + s.tiers.jit).toBe(s.instructions);
  expect(s.mmu.resetsRequested).toBeTypeOf("number");
});

test("--stats without a value takes none from what follows it", async () => {
  const r = await lift86(["boot", "--stats", "samples/machine/smp.elf"]);
  expect([r.status, r.stdout]).toEqual([1, "processor 0 is here\nsum 1000\n"]);
  expect(r.stderr).toMatch(/^instructions/);
});

test("--serial FILE, --trace", async () => {
  const r = await lift86(["boot", "--serial", file("out"), "--trace", "exceptions,roles,io", "samples/machine/timer.elf"]);
  expect([r.status, r.stdout]).toEqual([1, ""]);
  expect(readFileSync(file("out"), "latin1")).toMatch(/^ticks 20\n/);
  expect(r.stderr).toMatch(/^vCPU 0: #PF, code 0x2, pc 0x10/m);
  expect(r.stderr).toMatch(/^vCPU 0: interrupt 0x20, pc/m);
  expect(r.stderr).toMatch(/^vCPU 0: CR0: cr0 0x60000011 to 0xe0010011; role "direct" to "level=2 wp": rekeyed$/m);
  expect(r.stderr).toMatch(/^out 0xf4 4 0x0$/m);
});

describe("ends", () => {
  test("a triple fault: the registers, exit code 1", async () => {
    const r = await lift86(["boot", "--raw", "0x1000", file("triple")]);
    expect(r.status).toBe(1);
    expect(r.stderr).toMatch(/^lift86: .*triple: triple fault\nvCPU 0: eip=.*\n/);
  });

  test("limits", async () => {
    const n = await lift86(["boot", "--raw", "0x1000", "--max-instructions", "1e5", file("endless")]);
    expect(n).toMatchObject({ status: 137, stderr: `lift86: ${file("endless")}: ended after the limit of 1e5 instructions\n` });
    const t = await lift86(["boot", "--raw", "0x1000", "--timeout", "0.2", file("endless")]);
    expect(t).toMatchObject({ status: 124, stderr: `lift86: ${file("endless")}: ended after the time limit of 0.2 s\n` });
  });

  test("SIGINT ends the machine", async () => {
    // inc ax; mov dx, 3f8h; out dx, al, and again: something is on the line at once
    writeFileSync(file("chatty"), Uint8Array.of(0x40, 0xba, 0xf8, 0x03, 0xee, 0xeb, 0xf9));
    let sent = false;
    const r = await lift86(["boot", "--raw", "0x1000", file("chatty")], {
      onOutput: (text, kill) => {
        if (text.length <= 100 || sent) return;
        sent = true;
        kill("SIGINT");
      },
    });
    expect([r.status, r.stderr]).toEqual([130, ""]);
  });
});

test.each([
  ["nothing", [], /no image given/],
  ["missing", ["/nope"], /\/nope: no such file/],
  ["a folder", ["samples"], /samples: not a regular file/],
  ["a bad checksum", ["bad-checksum"], /the checksum of its multiboot header at offset 0x54 is wrong/],
  ["overlapping segments", ["overlap"], /segments overlap/],
  ["an entry outside", ["bad-entry"], /entry point 0x300000 is outside/],
  ["an image larger than memory", ["large"], /wants memory at 0x100000 to 0x20100000, the machine has 0x8000000 bytes/],
  ["an image outside a small memory", ["--memory", "1M", "samples/machine/hello.elf"], /give it more with --memory/],
  ["garbage", ["garbage"], /neither a multiboot image nor a boot sector/],
  ["too many processors", ["--smp", "9", "samples/machine/hello.elf"], /--smp 9: at most 8/],
  ["no processors", ["--smp", "0", "samples/machine/hello.elf"], /--smp: 0 is no positive/],
  ["little memory", ["--memory", "4K", "samples/machine/hello.elf"], /--memory 4K: from 1M to 3G/],
  ["much memory", ["--memory", "4G", "samples/machine/hello.elf"], /--memory 4G: from 1M to 3G/],
  ["a bad address", ["--raw", "zz", "endless"], /--raw: zz is no 32-bit address/],
  ["three addresses", ["--raw", "1:2:3", "endless"], /write ADDRESS or ADDRESS:ENTRY/],
  ["an unknown trace", ["--trace", "io,all", "samples/machine/hello.elf"], /all is no trace; there are blocks, exceptions, roles, invalidations, io/],
  ["a missing module", ["--initrd", "/nope x", "samples/machine/hello.elf"], /--initrd \/nope: no such file/],
  ["a strange BIOS", ["--bios", "bios", "samples/machine/hello.elf"], /BIOS of 1000 bytes/],
  ["a serial file that cannot be", ["--serial", "/nope/x", "samples/machine/hello.elf"], /--serial \/nope\/x: is to be written, but/],
  ["two images", ["samples/machine/hello.elf", "x"], /one image at a time/],
  ["an unknown policy", ["--policy", "none", "samples/machine/hello.elf"], /policy/],
])("%s: one line, exit code 2", async (_, args, message) => {
  const own = new Set(["bad-checksum", "overlap", "bad-entry", "large", "garbage", "endless", "bios"]);
  const r = await lift86(["boot", ...args.map((a) => (own.has(a) ? file(a) : a))]);
  expect(r).toMatchObject({ status: 2, stdout: "" });
  expect(r.stderr).toMatch(/^lift86: [^\n]*\n$/);
  expect(r.stderr).toMatch(message);
});
