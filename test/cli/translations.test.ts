import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { lift86, ROOT } from "../support/cli.js";

const sample = path.join(ROOT, "samples/checksums"), expected = fs.readFileSync(`${sample}.expected`, "latin1");

describe("--translations", () => {
  let folder: string;
  beforeAll(() => void (folder = fs.mkdtempSync(path.join(os.tmpdir(), "lift86-translations-"))));
  afterAll(() => fs.rmSync(folder, { recursive: true }));

  const run = (dir: string, ...more: string[]): ReturnType<typeof lift86> => lift86(["run", "--translations", dir, ...more, sample]);
  const spent = (stderr: string): { lifting: number; compiling: number } => (JSON.parse(stderr) as { time: { lifting: number; compiling: number } }).time;

  it("a later run does not compile again, and has the same output", async () => {
    const dir = path.join(folder, "new/deep");
    const first = await run(dir, "--stats=json");
    expect(first).toMatchObject({ status: 0, stdout: expected });
    const [file, ...others] = fs.readdirSync(dir);
    expect(others).toEqual([]);
    expect(file).toMatch(/^checksums-[0-9a-f]{16}\.l86$/);
    expect(fs.statSync(path.join(dir, file!)).mode & 0o777).toBe(0o600);
    expect(fs.statSync(dir).mode & 0o777).toBe(0o700);
    // Regions may still grow in the second.
    expect(await run(dir)).toMatchObject({ status: 0, stdout: expected });
    const third = await run(dir, "--stats=json");
    expect(third).toMatchObject({ status: 0, stdout: expected });
    const before = spent(first.stderr), after = spent(third.stderr);
    expect(before.lifting).toBeGreaterThan(1);
    expect(after.lifting).toBeLessThan(before.lifting / 2);
    expect(after.compiling).toBeLessThan(before.compiling / 2);
  });

  it("what is broken is replaced; what others may have changed is not used", async () => {
    const dir = path.join(folder, "bad");
    await run(dir);
    const file = path.join(dir, fs.readdirSync(dir)[0]!), good = fs.readFileSync(file);
    fs.writeFileSync(file, good.subarray(0, good.length / 2));
    expect(await run(dir)).toEqual({ status: 0, stdout: expected, stderr: "" });
    expect(fs.statSync(file).size).toBeGreaterThan(good.length / 2);
    fs.chmodSync(file, 0o622);
    const { status, stdout, stderr } = await run(dir);
    expect({ status, stdout }).toEqual({ status: 0, stdout: expected });
    expect(stderr).toBe(`lift86: --translations: ${file} is not used, as others could have changed it; remove it\n`);
  });

  it("folders that cannot be, or that the guest could write to: one line, exit code 2", async () => {
    const root = path.join(folder, "root");
    fs.mkdirSync(path.join(root, "var"), { recursive: true });
    fs.copyFileSync(sample, path.join(root, "checksums"));
    fs.symlinkSync(path.join(root, "var"), path.join(folder, "link"));
    for (const dir of [root, path.join(root, "var/new"), path.join(folder, "link")]) {
      expect(await lift86(["run", "--translations", dir, "--root", root, "/checksums"])).toEqual({
        status: 2, stdout: "", stderr: `lift86: --translations ${dir}: lies in --root ${root}, where the guest could change it; choose a folder outside\n`,
      });
    }
    expect(fs.readdirSync(path.join(root, "var"))).toEqual([]);
    const upper = path.join(folder, "upper");
    fs.mkdirSync(upper);
    expect((await lift86(["run", "--translations", upper, "--root", root, "--overlay", upper, "/checksums"])).stderr).toContain(`lies in --overlay ${upper}, `);
    // The root stays as it is.
    expect(await lift86(["run", "--translations", path.join(root, "kept"), "--root", root, "--overlay", "memory", "/checksums"])).toEqual({ status: 0, stdout: expected, stderr: "" });
    fs.writeFileSync(path.join(folder, "file"), "");
    const under = path.join(folder, "file/x");
    expect(await run(under)).toEqual({ status: 2, stdout: "", stderr: `lift86: --translations ${under}: not a directory\n` });
    const icount = await run(path.join(folder, "other"), "--icount");
    expect(icount).toMatchObject({ status: 2, stdout: "" });
    expect(icount.stderr).toMatch(/^lift86: --translations: with --icount [^\n]*\n$/);
  });
});
