import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { CLI, command, lift86 } from "../support/cli.js";

const folder = mkdtempSync(join(tmpdir(), "lift86-trace-"));
const file = (name: string): string => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));

test("lift86 trace: everything, on stderr", async () => {
  const r = await lift86(["trace", "samples/hello"]);
  expect(r).toMatchObject({ status: 0, stdout: "Hello from i386!\n" });
  expect(r.stderr).toMatch(/^mode 32 flat cpl3[^\n]*\nblock 0x0804[0-9a-f]{4}\nwrite\(1, "Hello from i386!\\n", 17\) = 17\nblock 0x[0-9a-f]{8}\nexit\(0\) = \?\n/);
});

test("--trace-file, --trace-format, --trace-range", async () => {
  const r = await lift86(["run", "--trace", "blocks", "--trace-file", file("log"), "--trace-format", "json", "--trace-range", "0x8049000..0x8049100,0x804929e..0x804929f", "samples/debug/steps"]);
  expect(r).toMatchObject({ status: 7, stderr: "" });
  const pcs = readFileSync(file("log"), "utf8").trimEnd().split("\n").flatMap((l) => (JSON.parse(l) as { pcs: (string | [string, number])[] }).pcs.flat());
  expect(pcs).toContain("0x0804929e");
  for (const pc of pcs) if (typeof pc === "string") expect(pc).toMatch(/^0x080490|^0x0804929e/);
});

test.each([
  ["an unknown kind", ["--trace", "blocks,all"], "--trace blocks,all: all is no trace; there are blocks, exceptions, syscalls, roles, invalidations"],
  ["a kind of machines'", ["--trace", "io"], "--trace io: io is no trace; there are blocks, exceptions, syscalls, roles, invalidations"],
  ["a range that is none", ["--trace", "blocks", "--trace-range", "0x1000"], "--trace-range 0x1000: write it as 0x8049000..0x804a000"],
  ["an empty range", ["--trace", "blocks", "--trace-range", "0x1000..0x1000"], "--trace-range 0x1000..0x1000: nothing is between 0x1000 and 0x1000"],
  ["a range without a trace", ["--trace-range", "0..1"], "--trace-range: there is no --trace that it belongs to"],
  ["a file that cannot be written", ["--trace", "blocks", "--trace-file", "/no/such/place"], "--trace-file /no/such/place: is to be written, but no such file or directory"],
])("%s: one line, exit code 2", async (_, args, message) => {
  expect(await lift86(["run", ...args, "samples/hello"])).toEqual({ status: 2, stdout: "", stderr: `lift86: ${message}\n` });
});

test("a full device: the log ends with one line, the guest goes on", async () => {
  const r = await lift86(["run", "--trace", "syscalls", "--trace-file", "/dev/full", "samples/hello"]);
  expect(r).toEqual({ status: 0, stdout: "Hello from i386!\n", stderr: "lift86: --trace-file /dev/full: the log ends here: no space left on the device\n" });
});

test("the trace of all blocks of a boot that computes takes less than five times as long as the boot", async () => {
  /** Processor seconds, the least of two. */
  const seconds = async (...args: string[]): Promise<number> => {
    const times: number[] = [];
    for (let k = 0; k < 2; k++) {
      const r = await command("bash", ["-c", `TIMEFORMAT=%U; time "${process.execPath}" "${CLI}" boot --icount --append 40 ${args.join(" ")} bench/metal/sieve >/dev/null`]);
      // what was written to debug-exit
      expect(r.status).toBe(1);
      times.push(Number(r.stderr));
    }
    return Math.min(...times);
  };
  const plain = await seconds(), traced = await seconds("--trace", "blocks", "--trace-file", "/dev/null");
  expect(plain).toBeGreaterThan(0.3);
  expect(traced / plain).toBeGreaterThan(1);
  expect(traced / plain).toBeLessThan(5);
});
