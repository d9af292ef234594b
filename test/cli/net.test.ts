import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { expect, test } from "vitest";
import { lift86, ROOT } from "../support/cli.js";

/** samples/linux/net: what it prints was recorded from a native run. */

const SAMPLE = "samples/linux/net";

test("TCP and UDP over the loopback", async () => {
  const r = await lift86(["run", "--net", SAMPLE]);
  expect(r).toEqual({ status: 0, stderr: "", stdout: readFileSync(`${ROOT}${SAMPLE}.expected`, "utf8") });
});

test("a server outside the guest", async () => {
  const server = createServer({ allowHalfOpen: true }, (s) => {
    let text = "";
    s.on("data", (b) => (text += b.toString("latin1"))).on("end", () => s.end(text.toUpperCase()));
  });
  const port = await new Promise<number>((resolve) => server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port)));
  try {
    expect(await lift86(["run", "--net", SAMPLE], { input: String(port) })).toEqual({ status: 0, stderr: "", stdout: "outward 0\nHELLO FROM THE GUEST\n" });
  } finally {
    server.close();
  }
});

test("no network unless asked for", async () => {
  expect(await lift86(["run", SAMPLE])).toEqual({ status: 1, stderr: "", stdout: "no network -97\n" });
});

test("a network is not repeatable", async () => {
  const r = await lift86(["run", "--net", "--icount", SAMPLE]);
  expect(r.status).toBe(2);
  expect(r.stderr).toMatch(/^lift86: --net: [^\n]+\n$/);
});
