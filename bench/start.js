import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { root, run } from "./child.js";
import { guestRoot, keptFolder } from "./programs.js";
import { printTable } from "./report.js";

/** What is started: arguments of Node. Debian's programs only where `debian` says they are there. */
function commands(debian) {
  const lift86 = (...args) => ["dist/cli.js", "run", ...args];
  const kept = (...args) => lift86("--translations", keptFolder, ...args);
  return {
    "empty Node script": ["-e", "0"],
    "run hello": lift86("samples/hello"),
    ...(debian && {
      "busybox ls /": lift86("--root", guestRoot, "/bin/busybox", "ls", "/"),
      "bash -c true": lift86("--root", guestRoot, "/bin/bash", "-c", "true"),
      "bash -c true, kept": kept("--root", guestRoot, "/bin/bash", "-c", "true"),
      "perl -e 1": lift86("--root", guestRoot, "/usr/bin/perl", "-e", "1"),
      "perl -e 1, kept": kept("--root", guestRoot, "/usr/bin/perl", "-e", "1"),
    }),
  };
}

/** Time starts in turns, then measure each one's peak resident memory. Returns name -> { ms, mib }. */
export async function measureStarts(rounds, debian) {
  const list = commands(debian);
  const file = `${root}/.cache/bench/resident`;
  mkdirSync(`${root}/.cache/bench`, { recursive: true });
  const results = {};
  // Those that keep translations have run before.
  rmSync(keptFolder, { recursive: true, force: true });
  for (const args of Object.values(list)) if (args.includes(keptFolder)) await run(process.execPath, args);
  for (let round = 0; round < rounds; round++) {
    for (const [name, args] of Object.entries(list)) {
      const { ms, cpu } = await run(process.execPath, args);
      const r = (results[name] ??= { ms, cpu, mib: 0 });
      r.ms = Math.min(r.ms, ms);
      r.cpu = Math.min(r.cpu, cpu);
    }
  }
  for (const [name, args] of Object.entries(list)) {
    await run(process.execPath, ["--import", new URL("resident.js", import.meta.url).href, ...args], { env: { ...process.env, LIFT86_BENCH_RESIDENT: file } });
    results[name].mib = Number(readFileSync(file, "utf8")) / 1024;
  }
  return results;
}

export function reportStarts(results) {
  const empty = results["empty Node script"].ms;
  printTable(["start", "ms", "/ empty", "peak MiB"], Object.entries(results).map(([name, r]) => [name, r.ms.toFixed(0), (r.ms / empty).toFixed(1), r.mib.toFixed(0)]));
}
