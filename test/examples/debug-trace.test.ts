import { expect, test } from "vitest";
import { command, ROOT } from "../support/cli.js";

// The examples of debugging and tracing run as documented.

test("examples/trace.mjs", async () => {
  const r = await command(process.execPath, [`${ROOT}examples/trace.mjs`, `${ROOT}samples/debug/steps`]);
  expect(r).toMatchObject({ status: 0, stderr: "" });
  expect(r.stdout).toContain("exit status 7; system calls: rt_sigaction 1, write 2, getpid 1, kill 1, sigreturn 1, nanosleep 1, exit_group 1");
  expect(r.stdout).toMatch(/block 0x80[0-9a-f]+ entered \d+ times/);
});

test("examples/debugger.mjs", async () => {
  const r = await command(process.execPath, [`${ROOT}examples/debugger.mjs`]);
  expect(r).toEqual({ status: 0, stderr: "", stdout: "twice(1)\ntwice(2)\ntwice(3)\ntwice(4)\nthe machine ended: exit, 41\n" });
});
