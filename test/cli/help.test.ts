import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CLI, command, lift86, ROOT } from "../support/cli.js";

const COMMANDS = ["run", "boot", "trace", "dump", "roles", "completion"];

const help = async (name: string, columns: number): Promise<string> => {
  const r = await lift86([name, "--help"], { env: { ...process.env, COLUMNS: String(columns) } });
  expect(r).toMatchObject({ status: 0, stderr: "" });
  return Buffer.from(r.stdout, "latin1").toString("utf8");
};

test("lift86 --help names every command", async () => {
  const { stdout } = await lift86(["--help"]);
  for (const name of COMMANDS) expect(stdout).toMatch(new RegExp(`^  lift86 ${name} `, "m"));
  expect(stdout.match(/^ {2}lift86 /gm)).toHaveLength(COMMANDS.length);
});

describe.each(COMMANDS)("%s --help", (name) => {
  test.each([80, 100, 200])("fits %i columns, has a usage line and examples, and every option says what it does", async (columns) => {
    const text = await help(name, columns);
    expect(text).toMatch(new RegExp(`^lift86 ${name}`));
    expect(text).toMatch(/\nExamples:\n/);
    const options = /\nOptions:\n([^]*?)\n\n/.exec(text)![1]!;
    for (const line of options.split("\n").filter((l) => /^ {2,6}(-\w, )?--/.test(l))) expect(line).toMatch(/--[a-z-]+ {2,}\S+/);
    expect(options).toContain("-h, --help");
    expect(Math.max(...text.split("\n").map((l) => l.length))).toBeLessThanOrEqual(columns);
  });
});

describe("examples", () => {
  let folder: string;
  beforeAll(() => {
    // they write files where they are run, and know this project's folders
    folder = mkdtempSync(join(tmpdir(), "lift86-"));
    for (const f of ["samples", "bench"]) symlinkSync(join(ROOT, f), join(folder, f));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Exit statuses of machines, where it is not 0. */
  const MACHINES: Readonly<Record<string, number>> = { "smp.elf": 1, "hello.elf": 1, "kernel.elf": 41, sieve: 1 };
  const shell = (line: string): string => line.replace(/^lift86 /, `exec '${process.execPath}' '${CLI}' `);

  /** Run one that waits for a debugger until it says so. */
  function waits(line: string, said: RegExp): Promise<void> {
    return new Promise((resolve, reject) => {
      // a port of one's own
      const child = spawn("sh", ["-c", shell(line).replace(/--gdb 1234/, "--gdb 0").replace(/--inspect-brk /, "--inspect-brk=0 ")], { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
      let text = "";
      child.stderr.on("data", (d: Buffer) => {
        text += d.toString();
        if (said.test(text)) child.kill("SIGKILL");
      });
      child.on("close", () => (said.test(text) ? resolve() : reject(new Error(`${line}: ${text}`))));
    });
  }

  test.each(COMMANDS)("of %s do what they say", async (name) => {
    const text = await help(name, 400);
    const lines = [.../\nExamples:\n([^]*)/.exec(text)![1]!.matchAll(/^ {2}(lift86 .*?) {2,}\S.*$/gm)].map((m) => m[1]!);
    expect(lines.length).toBeGreaterThan(1);
    for (const line of lines) {
      if (/--gdb/.test(line)) await waits(line, /waiting for a debugger on 127\.0\.0\.1/);
      else if (/--inspect-brk/.test(line)) await waits(line, /Debugger listening on/);
      else {
        const r = await command("bash", ["-c", shell(line)], { cwd: folder, env: { ...process.env, HOME: folder } });
        const status = (name === "boot" ? MACHINES[/([^/ ]+)$/.exec(line)![1]!] : undefined) ?? 0;
        expect({ line, status: r.status, error: r.status === status ? "" : r.stderr }).toEqual({ line, status, error: "" });
      }
    }
  });

  test("and left the files that they name", () => {
    expect(readdirSync(folder)).toEqual(expect.arrayContaining([".bashrc", ".zshrc", "hot.html", "log", "out", "primes.cpuprofile", "report.html", "sieve.cpuprofile"]));
  });
});
