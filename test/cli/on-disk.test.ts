import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { lift86, ROOT } from "../support/cli.js";

/** What a guest wrote is on disk when lift86 ends, however it ends (samples/linux/writer). */

const base = mkdtempSync(join(realpathSync(tmpdir()), "lift86-disk-"));
afterAll(() => rmSync(base, { recursive: true, force: true }));

const words = (path: string): Int32Array => new Int32Array(Uint8Array.from(readFileSync(path)).buffer);

test.each<[NodeJS.Signals, number | string, boolean]>([
  ["SIGINT", 130, false], ["SIGTERM", 143, false], ["SIGHUP", 129, false], ["SIGINT", 130, true], ["SIGTERM", 143, true],
])("%s, status %s, under an overlay: %s", async (signal, status, overlaid) => {
  const folder = mkdtempSync(join(base, "x")), root = join(folder, "root"), upper = join(folder, "upper");
  mkdirSync(root);
  mkdirSync(upper);
  copyFileSync(join(ROOT, "samples/linux/writer"), join(root, "writer"));
  const disk = overlaid ? upper : root;
  let sent = false;
  const r = await lift86(["run", "--root", root, ...(overlaid ? ["--overlay", upper] : []), "/writer"], {
    onOutput: (text, kill) => {
      if (sent || text.split("\n").length <= 200) return;
      sent = true;
      kill(signal);
    },
  });
  expect(r.stderr).toBe("");
  expect(r.status).toBe(status);
  const last = +r.stdout.trimEnd().split("\n").at(-1)!;
  expect(last).toBeGreaterThanOrEqual(200);
  // It may have got as far as the next one.
  const log = words(join(disk, "log"));
  expect(log.length % 1024).toBe(0);
  expect([last, last + 1]).toContain(log.length / 1024);
  for (let i = 0; i < log.length; i++) if (log[i] !== Math.floor(i / 1024) + 1) expect.fail(`word ${i} of the log is ${log[i]}`);
  const map = words(join(disk, "map"));
  for (let i = Math.max(1, last - 1000); i <= last; i++) if (map[i % 1024] !== i) expect.fail(`word ${i % 1024} of the mapping is ${map[i % 1024]}, not ${i}`);
  expect([last, last + 1]).toContain(words(join(disk, "last"))[0]);
});
