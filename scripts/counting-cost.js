#!/usr/bin/env node
// What counting and keying cost: `node scripts/counting-cost.js [--rounds N] [--part P] [KERNEL…]`. Bundles lift86 as it is, and once more with all counters of
// translations and of the MMU built out, and with one index of translations for all roles. Runs the benchmark's bare-metal kernels under `boot` with both
// in turns, and prints the processor time of each and their ratio. P: the part of each kernel's work that is done, 0.5 by default.
import { readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { Arguments } from "../bench/arguments.js";
import { root, run } from "../bench/child.js";
import { APART, KERNELS } from "../bench/kernels.js";
import { bundle } from "./build.js";

/** Increments of counters, by file, and how many there are: a file that changed is to be looked at again. */
const COUNTERS = {
  "src/runtime/machine/cpu/blocks.ts": 3,
  "src/runtime/machine/cpu/regions.ts": 2,
  "src/runtime/machine/translations.ts": 5,
  "src/mmu/mmu.ts": 12,
  "src/mmu/tlb.ts": 1,
};
const INCREMENT = /\b(?:this|index)\.(?:counters\.\w+|counts\.\w+|fills|hits)\+\+/g;

/** The role as a part of the key of translations. */
const KEYS = {
  "src/runtime/machine/cpu/blocks.ts": [["index !== current.index || mode !== current.mode", "mode !== current.mode"]],
  "src/runtime/machine/cpu/regions.ts": [[" || this.index !== modes.index", " || this.index === null"]],
  "src/runtime/machine/translations.ts": [
    ["this.indexes.get(role)", "this.indexes.get(0)"], ["this.indexes.set(role,", "this.indexes.set(0,"], ["this.indexes.delete(role)", "this.indexes.delete(0)"],
  ],
};

const without = {
  name: "without-counting",
  setup(build) {
    build.onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const file = relative(root, path);
      if (!(file in COUNTERS)) return undefined;
      let source = readFileSync(path, "utf8"), n = 0;
      source = source.replace(INCREMENT, () => (n++, "0"));
      if (n !== COUNTERS[file]) throw new Error(`${file}: ${n} counters instead of ${COUNTERS[file]}`);
      for (const [from, to] of KEYS[file] ?? []) {
        if (source.split(from).length !== 2) throw new Error(`${file}: "${from}" is not there once`);
        source = source.replace(from, to);
      }
      return { contents: source, loader: "ts" };
    });
  },
};

function median(values) {
  const v = [...values].sort((a, b) => a - b);
  return v.length & 1 ? v[v.length >> 1] : (v[v.length / 2 - 1] + v[v.length / 2]) / 2;
}

const mean = (v) => v.reduce((a, b) => a + b, 0) / v.length;

/** Mean and half the width of its 95 % interval. */
function interval(v) {
  const m = mean(v);
  const deviation = Math.sqrt(v.reduce((a, x) => a + (x - m) ** 2, 0) / (v.length - 1));
  return [m, (1.96 * deviation) / Math.sqrt(v.length)];
}

const percent = (logarithm) => ((Math.exp(logarithm) - 1) * 100).toFixed(1).padStart(6);

const args = new Arguments("counting-cost", { rounds: { type: "string" }, part: { type: "string", default: "0.5" } }, import.meta.url);
const rounds = args.count("rounds", 8);
const part = Number(args.values.part);
if (!(part > 0)) args.fail(`--part ${args.values.part}: not a positive number`);
const names = args.positionals.length > 0 ? args.choose(KERNELS, "kernel") : Object.keys(KERNELS).filter((k) => !APART.has(k));
const folder = "node_modules/.cache/counting-cost";
try {
  await bundle(`${folder}/with/dist`);
  await bundle(`${folder}/without/dist`, [without]);
  const all = [], medians = [];
  console.log("processor time in ms, median of rounds; counting and keying cost in %: by the medians, the least times, the mean of rounds with its 95 % interval");
  for (const name of names) {
    const n = String(Math.max(1, Math.round(KERNELS[name] * part)));
    const times = { with: [], without: [] };
    for (let round = 0; round < rounds; round++) {
      for (const variant of round & 1 ? ["without", "with"] : ["with", "without"]) {
        const { cpu } = await run(process.execPath, [join(root, folder, variant, "dist/cli.js"), "boot", "--append", n, `bench/metal/${name}`], { anyStatus: () => true });
        times[variant].push(cpu);
      }
    }
    const ratios = times.with.map((t, k) => Math.log(t / times.without[k]));
    all.push(...ratios);
    const a = median(times.with), b = median(times.without);
    medians.push(Math.log(a / b));
    const [m, half] = interval(ratios);
    console.log(name.padEnd(14), String(a).padStart(6), String(b).padStart(6), percent(Math.log(a / b)), percent(Math.log(Math.min(...times.with) / Math.min(...times.without))), percent(m), "+-", (half * 100).toFixed(1));
  }
  const [m, half] = interval(all);
  console.log("all".padEnd(14), "".padStart(13), percent(mean(medians)), "".padStart(6), percent(m), "+-", (half * 100).toFixed(1));
} finally {
  rmSync(join(root, folder), { recursive: true, force: true });
}
