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

/** Where a sample runs: the words for it, options, the program's path. */
type Way = readonly [how: string, options: readonly string[], program: string];
const inMemory = (name: string): Way => ["in memory", ["--cwd", "/tmp"], sample(name)];
const inFolder = (name: string): Way => ["in a folder", ["--root", folder, "--cwd", "/work"], `/${name}`];
const overFolder = (name: string): Way => ["over a folder", ["--root", folder, "--overlay", "memory", "--cwd", "/work"], `/${name}`];

/** Run a sample there, and see that it prints what was recorded. */
async function runs(name: string, [, options, program]: Way): Promise<void> {
  mkdirSync(join(folder, "work"), { recursive: true });
  copyFileSync(sample(name), join(folder, name));
  expect(await lift86(["run", ...options, program])).toEqual(recorded(name));
}

test.each(["auto", "interp"])("System V IPC, splice and clone3 in tier %s", async (tier) => {
  expect(await lift86(["run", "--tier", tier, sample("ipc")])).toEqual(recorded("ipc"));
});

test.each(["terminal", "pidfd", "mqueue", "mqueue-files", "scheduling", "netlink", "addresses", "timeouts", "watching", "sharing", "sealing"])("%s", async (name) => {
  expect(await lift86(["run", sample(name)])).toEqual(recorded(name));
});

test.each([inMemory("xattr"), overFolder("xattr")])("extended attributes %s", (...way) => runs("xattr", way));

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

test.runIf(isRoot).each<[name: string, ...way: Way]>([
  ["chroot", ...inMemory("chroot")], ["chroot", ...inFolder("chroot")], ["chroot", ...overFolder("chroot")],
  ["devices", ...inMemory("devices")], ["devices", ...inFolder("devices")],
  ["capabilities", ...inMemory("capabilities")], ["capabilities", ...inFolder("capabilities")],
])("%s %s", async (name, how, options, program) => {
  chmodSync(folder, 0o755);
  await runs(name, [how, options, program]);
});

test.each([inMemory("inotify"), inFolder("inotify"), overFolder("inotify")])("inotify %s", (...way) => runs("inotify", way));

test.each([inMemory("nameless"), inFolder("nameless"), overFolder("nameless")])("files without a name %s", async (...way) => {
  await runs("nameless", way);
  expect(readdirSync(join(folder, "work"))).toEqual([]);
});
