import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");

/** CPU milliseconds of all children that have ended, in steps of a clock tick (10 ms); 0 where the host does not tell. */
function childrenCpu() {
  try {
    const fields = readFileSync("/proc/self/stat", "utf8").split(") ")[1].split(" ");
    return (Number(fields[13]) + Number(fields[14])) * 10;
  } catch {
    return 0;
  }
}

/** The line of an error output that says what went wrong: Node's prints more after it. */
function saying(text) {
  const lines = text.trim().split("\n");
  return lines.find((l) => /^(\w*Error|E:)/.test(l)) ?? lines.at(-1);
}

/**
 * Run a command to its end. `onLine(line, ms)` sees each line of its output as it comes; `anyStatus()`: its exit status does not matter. Resolves to its wall and CPU milliseconds and its output (bytes);
 * rejects with one line if it cannot be started, fails or takes longer than `limit` ms.
 */
export function run(command, args, { cwd = root, env = process.env, input = null, limit = 180_000, onLine = null, anyStatus = () => false } = {}) {
  return new Promise((resolve, reject) => {
    const cpu = childrenCpu();
    const started = performance.now();
    const child = spawn(command, args, { cwd, env, stdio: [input === null ? "ignore" : input, "pipe", "pipe"] });
    const out = [], err = [];
    let partial = "", late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
    }, limit);
    child.stdout.on("data", (chunk) => {
      out.push(chunk);
      if (!onLine) return;
      const lines = (partial + chunk.toString("latin1")).split("\n");
      partial = lines.pop();
      for (const line of lines) onLine(line.replace(/\r$/, ""), performance.now());
    });
    child.stderr.on("data", (chunk) => err.push(chunk));
    child.on("error", (e) => {
      clearTimeout(timer);
      reject(new Error(`${command}: ${e.code === "ENOENT" ? "not found" : e.message}`));
    });
    child.on("close", (status, signal) => {
      clearTimeout(timer);
      const ms = performance.now() - started;
      const text = Buffer.concat(err).toString();
      if (status === 0 || (status !== null && anyStatus())) resolve({ ms, cpu: childrenCpu() - cpu, out: Buffer.concat(out), err: text });
      else reject(new Error(`${[command, ...args].join(" ").slice(0, 200)}: ${late ? `not done within ${limit / 1000} s` : `status ${status ?? signal}: ${saying(text)}`}`));
    });
  });
}
