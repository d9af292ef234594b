import { createServer, type AddressInfo } from "node:net";
import { connect } from "node:net";
import { spawn } from "node:child_process";
import { expect, test } from "vitest";
import { CLI, lift86, ROOT } from "../support/cli.js";

// --gdb as far as it needs no debugger.

test("a port in use, a port that is none, an address that is not here: one line, exit code 2", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  try {
    expect(await lift86(["run", "--gdb", String(port), "samples/hello"])).toEqual({
      status: 2, stdout: "", stderr: `lift86: --gdb ${port}: port ${port} is in use; choose another, or 0 for any that is free\n`,
    });
  } finally {
    server.close();
  }
  for (const [text, why] of [
    ["99999", "no port; write --gdb 1234 or --gdb 127.0.0.1:1234"], ["x", "no port; write --gdb 1234 or --gdb 127.0.0.1:1234"],
    ["192.0.2.1:1234", "this is no address of this machine's"],
  ]) {
    expect(await lift86(["run", "--gdb", text!, "samples/hello"])).toEqual({ status: 2, stdout: "", stderr: `lift86: --gdb ${text}: ${why}\n` });
  }
  expect(await lift86(["run", "--gdb", "0", "/no/such"])).toMatchObject({ status: 2, stderr: "lift86: /no/such: no such file or directory\n" });
});

interface Waiting {
  readonly port: number;
  readonly done: Promise<{ code: number | null; stdout: string; stderr: string }>;
  kill(signal: NodeJS.Signals): void;
}

/** lift86 run --gdb 0 samples/hello, up to where it waits. */
function waiting(...more: string[]): Promise<Waiting> {
  const child = spawn(process.execPath, [CLI, "run", "--gdb", "0", ...more, "samples/hello"], { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "", stderr = "";
  child.stdout.on("data", (b: Buffer) => void (stdout += b.toString()));
  const done = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => child.on("close", (code) => resolve({ code, stdout, stderr })));
  return new Promise((resolve) => {
    child.stderr.on("data", (b: Buffer) => {
      stderr += b.toString();
      const m = /on 127\.0\.0\.1:(\d+) \(from this machine only\); in gdb: target remote 127\.0\.0\.1:\1\n/.exec(stderr);
      if (m) resolve({ port: Number(m[1]), done, kill: (s) => void child.kill(s) });
    });
  });
}

test("nothing runs until a debugger says so; Ctrl-C ends the waiting", async () => {
  const w = await waiting();
  await new Promise((r) => setTimeout(r, 300));
  w.kill("SIGINT");
  expect(await w.done).toMatchObject({ code: 130, stdout: "" });
});

test("over the socket: go on, and the exit status comes back; the process ends with the guest's", async () => {
  const w = await waiting();
  const socket = connect(w.port, "127.0.0.1");
  let got = "";
  const closed = new Promise((resolve) => socket.on("close", resolve));
  socket.on("data", (b) => void (got += b.toString()));
  socket.write("$QStartNoAckMode#b0+$vCont;c#a8");
  await closed;
  expect(got).toBe("+$OK#9a$W00#b7");
  expect(await w.done).toMatchObject({ code: 0, stdout: "Hello from i386!\n" });
});

test("the time limit holds while it waits", async () => {
  const w = await waiting("--timeout", "0.5");
  expect(await w.done).toMatchObject({ code: 124, stdout: "" });
});
