#!/usr/bin/env node
// `npm run bench [-- OPTIONS] [KERNEL…]`: times the kernels of bench/ natively, in hand-written JavaScript, under lift86 and under qemu-i386, as far
// as these are there. Contenders take turns, so that a machine's drift hits them alike; the least time of each counts.
//   --rounds N      turns of each contender (default 3)
//   --smoke         one turn with a twentieth of the work: that all of it runs and the checksums agree
//   --json FILE     write the results (default .cache/bench.json)
//   --compare FILE  show the change of lift86's times since that file was written
//   --only A,B      contenders out of native, js, lift86, qemu
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { setUp } from "./setup.js";

/** Kernels with the work that keeps hand-written JavaScript busy for about half a second. x87 ones are counted apart. */
const KERNELS = {
  "table-hash": 2400, sieve: 130, sha256: 400_000, matrix: 55, "nbody-sse2": 900_000, "nbody-x87": 900_000, recursion: 4000, quicksort: 450,
  bytecode: 16_000, "string-scan": 1500, hash64: 4000, mandelbrot: 130, "list-walk": 45_000,
};
const X87 = new Set(["nbody-x87"]);
const LIMIT_MS = 120_000;

const root = fileURLToPath(new URL("..", import.meta.url));

function fail(message) {
  console.error(`bench: ${message}`);
  process.exit(2);
}

function run(command, args) {
  const started = performance.now();
  const done = spawnSync(command, args, { cwd: root, encoding: "utf8", timeout: LIMIT_MS, maxBuffer: 1 << 24 });
  const ms = performance.now() - started;
  if (done.error) throw done.error;
  if (done.status !== 0) throw new Error(`${command} ${args.join(" ")}: status ${done.status ?? done.signal}: ${done.stderr.trim().split("\n").at(-1)}`);
  return { ms, out: done.stdout.trim(), err: done.stderr };
}

const guest = (name) => `bench/guests/${name}`;

/** Each gives the checksum and the milliseconds from a program's start to its end; the two that run on Node leave out Node's own start. */
const CONTENDERS = {
  native: {
    title: "native",
    run(name, n) {
      const { ms, out } = run(guest(name), [String(n)]);
      return { ms, checksum: out };
    },
  },
  js: {
    title: "JavaScript",
    run(name, n) {
      const script = `const { kernel } = await import(${JSON.stringify(new URL(`../bench/kernels/${name}.js`, import.meta.url).href)});
        const t = performance.now(), c = kernel(${n}), ms = performance.now() - t;
        console.log(JSON.stringify({ ms, checksum: c.toString(16).padStart(8, "0") }));`;
      return JSON.parse(run(process.execPath, ["--input-type=module", "-e", script]).out);
    },
  },
  lift86: {
    title: "lift86",
    run(name, n) {
      const { out, err } = run(process.execPath, ["dist/cli.js", "run", "--stats=json", guest(name), String(n)]);
      const stats = JSON.parse(err.trim().split("\n").at(-1));
      return { ms: stats.wallMs, checksum: out, stats };
    },
  },
  qemu: {
    title: "qemu-i386",
    run(name, n) {
      const { ms, out } = run("qemu-i386", [guest(name), String(n)]);
      return { ms, checksum: out };
    },
  },
};

function available(id) {
  try {
    CONTENDERS[id].run("recursion", 1);
    return true;
  } catch (e) {
    if (id === "js" || id === "lift86") throw e;
    return false;
  }
}

const geomean = (list) => Math.exp(list.reduce((s, x) => s + Math.log(x), 0) / list.length);

function parse() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: { rounds: { type: "string" }, smoke: { type: "boolean" }, json: { type: "string" }, compare: { type: "string" }, only: { type: "string" } },
    });
  } catch (e) {
    return fail(e.message.split("\n")[0]);
  }
}

function readBase(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8")).kernels;
  } catch (e) {
    return fail(`--compare ${file}: ${e.message}`);
  }
}

const { values, positionals } = parse();
const rounds = values.smoke ? 1 : Number(values.rounds ?? 3);
if (!Number.isInteger(rounds) || rounds < 1) fail(`--rounds ${values.rounds}: not a positive whole number`);
const names = positionals.length > 0 ? positionals : Object.keys(KERNELS);
for (const name of names) if (!Object.hasOwn(KERNELS, name)) fail(`${name}: no such kernel; there are ${Object.keys(KERNELS).join(", ")}`);
const wanted = values.only?.split(",") ?? Object.keys(CONTENDERS);
for (const id of wanted) if (!Object.hasOwn(CONTENDERS, id)) fail(`--only ${id}: no such contender; there are ${Object.keys(CONTENDERS).join(", ")}`);
const base = values.compare ? readBase(values.compare) : null;

await setUp();
const contenders = wanted.filter((id) => {
  const there = available(id);
  if (!there) console.error(`bench: ${CONTENDERS[id].title} left out: it cannot be run here`);
  return there;
});

const kernels = {};
let agree = true;
for (const name of names) {
  const n = values.smoke ? Math.ceil(KERNELS[name] / 20) : KERNELS[name];
  const result = { n, ms: {}, checksum: null };
  for (let round = 0; round < rounds; round++) {
    for (const id of contenders) {
      if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${name}, ${CONTENDERS[id].title}, ${round + 1} of ${rounds}`);
      const { ms, checksum, stats } = CONTENDERS[id].run(name, n);
      result.checksum ??= checksum;
      if (checksum !== result.checksum) {
        agree = false;
        console.error(`bench: ${name}: ${CONTENDERS[id].title} gives ${checksum} instead of ${result.checksum}`);
      }
      if (!(ms >= result.ms[id])) result.ms[id] = ms;
      if (stats) result.stats = stats;
    }
  }
  kernels[name] = result;
}
if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");

// The table: milliseconds, then lift86's time relative to each other contender.
const others = contenders.includes("lift86") ? contenders.filter((id) => id !== "lift86") : [];
const head = ["kernel", ...contenders.map((id) => `${CONTENDERS[id].title} ms`), ...others.map((id) => `/ ${CONTENDERS[id].title}`), ...(base ? ["change"] : [])];
const rows = names.map((name) => {
  const { ms } = kernels[name];
  const before = base?.[name]?.ms.lift86;
  return [
    name, ...contenders.map((id) => ms[id].toFixed(1)), ...others.map((id) => (ms.lift86 / ms[id]).toFixed(2)),
    ...(base ? [before ? `${((ms.lift86 / before - 1) * 100).toFixed(1)} %` : "-"] : []),
  ];
});
const summary = {};
const plain = names.filter((name) => !X87.has(name));
if (others.length > 0 && plain.length > 0) {
  for (const id of others) summary[id] = geomean(plain.map((name) => kernels[name].ms.lift86 / kernels[name].ms[id]));
  rows.push([X87.size > 0 ? "geometric mean (without x87)" : "geometric mean", ...contenders.map(() => ""), ...others.map((id) => summary[id].toFixed(2)), ...(base ? [""] : [])]);
}
const widths = head.map((h, i) => Math.max(h.length, ...rows.map((r) => r[i].length)));
for (const r of [head, ...rows]) console.log(r.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join("  ").trimEnd());

const json = values.json ?? `${root}/.cache/bench.json`;
try {
  mkdirSync(dirname(json), { recursive: true });
  writeFileSync(json, `${JSON.stringify({ node: process.versions.node, rounds, smoke: values.smoke ?? false, relativeTo: summary, kernels }, null, 1)}\n`);
} catch (e) {
  fail(`--json ${json}: ${e.message}`);
}
if (!agree) process.exitCode = 1;
