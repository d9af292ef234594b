import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { lift86, ROOT } from "../support/cli.js";

/** Samples that need the real file side; what they print was recorded from native runs. */

const folder = mkdtempSync(join(realpathSync(tmpdir()), "lift86-calls-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const sample = (name: string): string => join(ROOT, "samples/linux", name);
const recorded = (name: string): object => ({ status: 0, stdout: readFileSync(sample(`${name}.expected`), "latin1"), stderr: "" });

test.each(["auto", "interp"])("System V IPC, splice and clone3 in tier %s", async (tier) => {
  expect(await lift86(["run", "--tier", tier, sample("ipc")])).toEqual(recorded("ipc"));
});

test.each(["terminal", "pidfd", "mqueue", "mqueue-files", "scheduling", "netlink", "addresses", "timeouts", "watching", "sharing", "sealing"])("%s", async (name) => {
  expect(await lift86(["run", sample(name)])).toEqual(recorded(name));
});

test.each([
  ["in memory", ["--cwd", "/tmp"], sample("xattr")],
  ["over a folder", ["--root", folder, "--overlay", "memory", "--cwd", "/work"], "/xattr"],
])("extended attributes %s", async (_, options, program) => {
  mkdirSync(join(folder, "work"), { recursive: true });
  copyFileSync(sample("xattr"), join(folder, "xattr"));
  expect(await lift86(["run", ...options, program])).toEqual(recorded("xattr"));
});

test("files of a host folder have no extended attributes", async () => {
  mkdirSync(join(folder, "work"), { recursive: true });
  copyFileSync(sample("xattr"), join(folder, "xattr"));
  const { stdout } = await lift86(["run", "--root", folder, "--cwd", "/work", "/xattr"]);
  expect(stdout).toMatch(/^list of none 0\nget of none -95\nset -95\n/);
  expect(stdout).toMatch(/^get of a pipe -61$/m);
});

/** Guests are who runs lift86. */
const isRoot = process.getuid?.() === 0;

test.runIf(isRoot).each(["procfs", "interfaces"])("%s", async (name) => {
  expect(await lift86(["run", sample(name)])).toEqual(recorded(name));
});

test.runIf(isRoot).each([
  ["chroot", "in memory", ["--cwd", "/tmp"], sample("chroot")],
  ["chroot", "in a folder", ["--root", folder, "--cwd", "/work"], "/chroot"],
  ["chroot", "over a folder", ["--root", folder, "--overlay", "memory", "--cwd", "/work"], "/chroot"],
  ["devices", "in memory", ["--cwd", "/tmp"], sample("devices")],
  ["devices", "in a folder", ["--root", folder, "--cwd", "/work"], "/devices"],
  ["capabilities", "in memory", ["--cwd", "/tmp"], sample("capabilities")],
  ["capabilities", "in a folder", ["--root", folder, "--cwd", "/work"], "/capabilities"],
])("%s %s", async (name, _, options, program) => {
  mkdirSync(join(folder, "work"), { recursive: true });
  copyFileSync(sample(name), join(folder, name));
  chmodSync(folder, 0o755);
  expect(await lift86(["run", ...options, program])).toEqual(recorded(name));
});

test.each([
  ["in memory", ["--cwd", "/tmp"], sample("inotify")],
  ["in a folder", ["--root", folder, "--cwd", "/work"], "/inotify"],
  ["over a folder", ["--root", folder, "--overlay", "memory", "--cwd", "/work"], "/inotify"],
])("inotify %s", async (_, options, program) => {
  mkdirSync(join(folder, "work"), { recursive: true });
  copyFileSync(sample("inotify"), join(folder, "inotify"));
  expect(await lift86(["run", ...options, program])).toEqual(recorded("inotify"));
});

test.each([
  ["in memory", ["--cwd", "/tmp"], sample("nameless")],
  ["in a folder", ["--root", folder, "--cwd", "/work"], "/nameless"],
  ["over a folder", ["--root", folder, "--overlay", "memory", "--cwd", "/work"], "/nameless"],
])("files without a name %s", async (_, options, program) => {
  mkdirSync(join(folder, "work"), { recursive: true });
  copyFileSync(sample("nameless"), join(folder, "nameless"));
  expect(await lift86(["run", ...options, program])).toEqual(recorded("nameless"));
  expect(readdirSync(join(folder, "work"))).toEqual([]);
});
