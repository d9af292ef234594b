import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { root } from "./child.js";
import { guestRoot } from "./programs.js";

/** A shell that compiles programs with tcc, all different, and runs them: code that comes and goes. */
const script = (count) => `cd /tmp || exit; i=0
while [ $i -lt ${count} ]; do
  echo "int f$((i % 7))(int x) { int s = $i; while (x--) s = s * 31 + x % \${1:-13}; return s; }
  int main(void) { int i, s = 0; for (i = 0; i < 300; i++) s += f$((i % 7))(i) + $i; return (s ^ s >> 8) & 63; }" > p.c
  tcc -nostdinc -o p$((i % 3)) p.c || exit
  ./p$((i % 3)); r=$((r + $?)); i=$((i + 1))
  [ $((i % 50)) = 0 ] && echo $i $r
done`;

function resident(pid) {
  const text = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(text)[1]) / 1024;
}

/**
 * Compile and run `count` programs under lift86 and sample its resident memory. Resolves to [programs so far, MiB] pairs.
 */
export function churn(count) {
  return new Promise((resolve, reject) => {
    const samples = [];
    const child = spawn(process.execPath, ["dist/cli.js", "run", "--root", guestRoot, "--env", "PATH=/usr/bin:/bin", "--env", "LC_ALL=C", "/bin/bash", "-c", script(count)],
      { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    let err = "";
    child.stderr.on("data", (d) => (err += d));
    child.stdout.on("data", (d) => {
      for (const line of d.toString().trim().split("\n")) samples.push([Number(line.split(" ")[0]), Number(resident(child.pid).toFixed(1))]);
    });
    child.on("error", reject);
    child.on("close", (status) => (status === 0 ? resolve(samples) : reject(new Error(`status ${status}: ${err.trim().split("\n").at(-1)}`))));
  });
}
