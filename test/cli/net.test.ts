import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { expect, test } from "vitest";
import { lift86, ROOT } from "../support/cli.js";

/** samples/linux/net and net6: what they print was recorded from native runs. */

const SAMPLE = "samples/linux/net";
/** The host has IPv6 on its loopback. */
const hasIpv6 = Object.values(networkInterfaces()).some((list) => list?.some((i) => i.address === "::1"));

test("TCP and UDP over the loopback", async () => {
  const r = await lift86(["run", "--net", SAMPLE]);
  expect(r).toEqual({ status: 0, stderr: "", stdout: readFileSync(`${ROOT}${SAMPLE}.expected`, "utf8") });
});

test.skipIf(!hasIpv6)("TCP and UDP over IPv6", async () => {
  const r = await lift86(["run", "--net", "samples/linux/net6"]);
  expect(r).toEqual({ status: 0, stderr: "", stdout: readFileSync(`${ROOT}samples/linux/net6.expected`, "utf8") });
});

test("sockets in /proc/net and by NETLINK_SOCK_DIAG", async () => {
  expect(await lift86(["run", "--net", "samples/linux/shown"])).toEqual({ status: 0, stderr: "", stdout: readFileSync(`${ROOT}samples/linux/shown.expected`, "utf8") });
});

test("edge-triggered epoll tells of both ends of a connection at once", async () => {
  expect(await lift86(["run", "--net", "samples/linux/edges"])).toEqual({ status: 0, stderr: "", stdout: readFileSync(`${ROOT}samples/linux/edges.expected`, "utf8") });
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
  for (const sample of [SAMPLE, "samples/linux/net6"]) expect(await lift86(["run", sample])).toEqual({ status: 1, stderr: "", stdout: "no network -97\n" });
});

test("a network is not repeatable", async () => {
  const r = await lift86(["run", "--net", "--icount", SAMPLE]);
  expect(r.status).toBe(2);
  expect(r.stderr).toMatch(/^lift86: --net: [^\n]+\n$/);
});
