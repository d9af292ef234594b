import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { CLI } from "../support/cli.js";
import { DEBIAN } from "../support/debian.js";

/** Resident memory of a process of the host's in MiB. */
function resident(pid: number): number {
  return +/^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))![1]! / 1024;
}

test.skipIf(process.platform !== "linux")("two thousand processes leave no memory behind", async () => {
  // Bash itself grows: its loop is compiled when it has come round a few hundred times.
  const text = "for i in $(seq 2000); do /bin/true; [ $((i % 200)) = 0 ] && echo $i; done";
  const child = spawn(process.execPath, [CLI, "run", "--root", DEBIAN, "--overlay", "memory", "--env", "PATH=/bin", "/bin/bash", "-c", text], { stdio: ["ignore", "pipe", "inherit"] });
  const samples: number[] = [];
  child.stdout.on("data", () => samples.push(resident(child.pid!)));
  const status = await new Promise((resolve) => child.on("close", resolve));
  expect(status).toBe(0);
  expect(samples.length).toBeGreaterThan(5);
  // It grows by some 25 MiB, bash's compiled loop for the most part. What V8 takes for alive of a dead process (see roster.ts) stays until it has doubled its heap: 16 KiB of each are seen.
  expect(Math.max(...samples) - samples[0]!, samples.map(Math.round).join(" ")).toBeLessThan(40);
});
