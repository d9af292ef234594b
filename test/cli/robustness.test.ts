import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CLI, command, type Done, lift86 } from "../support/cli.js";
import { tinyElf } from "../support/tiny-elf.js";

// Whatever is wrong is said in one line, with exit code 2; a reader that is gone or a device that is full is no surprise.

const folder = mkdtempSync(join(tmpdir(), "robust-"));
const file = (name: string): string => join(folder, name);
beforeAll(() => {
  writeFileSync(file("endless"), tinyElf([0xeb, 0xfe]), { mode: 0o755 });
  writeFileSync(file("one"), "x", { mode: 0o755 });
});
afterAll(() => rmSync(folder, { recursive: true }));

const shell = (line: string): Promise<Done> => command("bash", ["-c", line.replaceAll(/\blift86(?= )/g, `"${process.execPath}" "${CLI}"`)]);
const full = existsSync("/dev/full");

describe("standard streams", () => {
  test.each([
    ["a reader that is gone, help", "lift86 run --help | true; exit ${PIPESTATUS[0]}", 0],
    ["a reader that is gone, dump", "lift86 dump --all samples/checksums | head -c 10 >/dev/null; exit ${PIPESTATUS[0]}", 0],
    ["a reader that is gone, a guest: SIGPIPE as natively", "lift86 run samples/checksums | true; exit ${PIPESTATUS[0]}", 141],
    ["all closed", "lift86 run samples/hello <&- >&- 2>&-", 0],
    ["standard input a folder", "lift86 run samples/hello </tmp", 0],
  ])("%s", async (_, line, status) => {
    expect(await shell(line)).toMatchObject({ status, stderr: "" });
  });

  test.skipIf(!full).each([
    ["help", "lift86 --help >/dev/full"], ["version", "lift86 --version >/dev/full"], ["dump", "lift86 dump samples/hello >/dev/full"],
  ])("a full device, %s: one line", async (_, line) => {
    expect(await shell(line)).toMatchObject({ status: 2, stderr: "lift86: standard output: cannot be written: no space left on the device\n" });
  });

  test.skipIf(!full)("a full device for messages and counters", async () => {
    expect(await shell("lift86 nothing 2>/dev/full")).toMatchObject({ status: 2 });
    expect(await lift86(["run", "--stats-file", "/dev/full", "samples/hello"])).toEqual({
      status: 2, stdout: "Hello from i386!\n", stderr: "lift86: --stats-file /dev/full: cannot be written: no space left on the device\n",
    });
    expect(await lift86(["run", "--profile", "/dev/full", "samples/hello"])).toEqual({
      status: 2, stdout: "Hello from i386!\n", stderr: "lift86: --profile /dev/full: cannot be written: no space left on the device\n",
    });
  });
});

test.each([
  ["a folder to run", ["run", "/tmp"], "/tmp: not a regular file"],
  ["a folder to dump", ["dump", "/tmp"], "/tmp: not a regular file"],
  ["a device without an end", ["dump", "/dev/zero"], "/dev/zero: not a regular file"],
  ["a device to boot", ["boot", "/dev/zero"], "/dev/zero: not a regular file"],
  ["no name at all", ["run", ""], "no name: no such file or directory"],
  ["a name of several lines", ["run", "a\nb"], "a\\x0ab: no such file or directory"],
  ["a program of one byte", ["run", file("one")], `${file("one")}: cannot be run: not an ELF file, and no script with a #! line either`],
  ["an unknown option", ["run", "--frobnicate", "samples/hello"], "--frobnicate: no such option; lift86 run --help shows them"],
  ["an option without its value", ["boot", "--memory"], "--memory: its value is missing (SIZE)"],
  ["a value that is none of several", ["run", "--tier", "fast", "samples/hello"], "--tier fast: has to be one of auto, interp, jit"],
  ["a size that is none", ["run", "--memory", "1e30", "samples/hello"], "--memory: 1e30 is no size; write a number with K, M or G, as in 512M"],
  ["more memory than there are addresses", ["run", "--memory", "5G", "samples/hello"], "--memory 5G: more than 32-bit programs can use; 4G is the most"],
  ["counters into a folder", ["run", "--stats-file", folder, "samples/hello"], `--stats-file ${folder}: is to be written, but is a directory`],
  ["a machine's counters nowhere", ["boot", "--stats-file", "/nope/x", "samples/machine/hello.elf"], "--stats-file /nope/x: is to be written, but no such file or directory"],
  ["a machine's profile nowhere", ["boot", "--profile", "/nope/x", "samples/machine/hello.elf"], "--profile /nope/x: is to be written, but no such file or directory"],
  ["a trace into a folder", ["trace", "--trace-file", folder, "samples/hello"], `--trace-file ${folder}: is to be written, but is a directory`],
  ["a report nowhere", ["roles", "--html", "/nope/x", "samples/roles/thunk.elf"], "--html /nope/x: is to be written, but no such file or directory"],
  ["a file without a name", ["run", "--profile", "", "samples/hello"], "--profile: no name"],
  ["files into no folder", ["dump", "-o", "", "samples/hello"], "-o: no name"],
  ["a range without an end", ["dump", "--at", "0x8048074..", "samples/hello"], "--at 0x8048074..: write it as START..END"],
  ["a range without a start", ["dump", "--at", "..0x8048074", "samples/hello"], "--at ..0x8048074: write it as START..END"],
  ["a range of three", ["dump", "--at", "1..2..3", "samples/hello"], "--at 1..2..3: write it as START..END"],
  ["no address", ["dump", "--at", "", "samples/hello"], "--at: no address"],
  ["no function", ["dump", "--function", "", "samples/inspect/primes"], "--function: no name"],
  ["a root that is a file", ["run", "--root", "package.json", "/x"], "--root package.json: not a directory"],
  ["a program of another command's", ["boot", "samples/hello"], "hello: an ELF file without a multiboot header in its first 8 KiB"],
] as const)("%s: one line, exit code 2", async (_, args, message) => {
  expect(await lift86([...args])).toEqual({ status: 2, stdout: "", stderr: `lift86: ${message}\n` });
});

test.each([["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129]] as const)("%s ends an endless guest as natively", async (signal, status) => {
  // the trace says when it runs
  const r = await shell(`lift86 run --trace blocks --trace-file ${file("log")} ${file("endless")} & until [ -s ${file("log")} ]; do sleep 0.05; done; kill -${signal.slice(3)} $!; wait $!`);
  expect(r).toEqual({ status, stdout: "", stderr: "" });
  rmSync(file("log"));
});
