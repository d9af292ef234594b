import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CLI, lift86 } from "../support/cli.js";
import { onTerminal } from "../support/terminal.js";

// Long work shows how far it is on a terminal, and nothing elsewhere.

const onScreen = async (line: string): Promise<string> => {
  const { status, chunks } = await onTerminal(["sh", "-c", `'${process.execPath}' '${CLI}' ${line} >/dev/null`], [], 1);
  expect(status).toBe(0);
  return Buffer.from(chunks[0]!, "latin1").toString("utf8");
};

test("dump: a bar that goes forward, and is gone at the end", async () => {
  // inc ax; je to the next, so often that it takes a while
  const file = join(mkdtempSync(join(tmpdir(), "lift86-")), "many.bin");
  writeFileSync(file, Buffer.from("407400".repeat(6000), "hex"));
  const text = await onScreen(`dump --raw 0x1000 --all ${file}`);
  const shown = [...text.matchAll(/translating [█░]{30} (\d+)% (\d+)\/(\d+)/g)];
  expect(shown.length).toBeGreaterThan(0);
  expect(Number(shown.at(-1)![2])).toBeGreaterThanOrEqual(Number(shown[0]![2]));
  // the cursor is back, on an empty line
  expect(text).toMatch(/\x1b\[\?25h[^]*\x1b\[2K$/);
  expect(await lift86(["dump", "--raw", "0x1000", "--all", file])).toMatchObject({ status: 0, stderr: "" });
});

test("roles: what is measured now, and how far it is", async () => {
  const text = await onScreen("roles --policies fixed,flush samples/roles/init-sipi.elf");
  for (const policy of ["fixed", "flush"]) expect(text).toMatch(new RegExp(`${policy}: \\d+\\.\\d million instructions`));
  expect(text).toMatch(/\r\x1b\[K$/);
  expect(await lift86(["roles", "--policies", "fixed", "samples/roles/thunk.elf"])).toMatchObject({ status: 0, stderr: "" });
});
