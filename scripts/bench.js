#!/usr/bin/env node
// `npm run bench [-- OPTIONS] [NAME…]`: times the kernels of bench/ natively, in hand-written JavaScript, under lift86, qemu-i386 and v86, as far as these are
// there. Contenders take turns, so that a machine's drift hits them alike; the least time of each counts. NAMEs choose kernels (or programs).
//   --rounds N      turns of each contender (default 3)
//   --cpu           compare processor time (of whole processes, in steps of 10 ms) instead of wall time: for busy machines
//   --smoke         one turn with a twentieth of the work: that all of it runs and the checksums agree
//   --programs      whole programs of Debian's instead of kernels
//   --start         starts and their memory instead
//   --churn N       memory while N programs are compiled and run instead
//   --all           kernels, programs and starts
//   --json FILE     write the results (default .cache/bench.json)
//   --compare FILE  show the change of lift86's times since that file was written
//   --against REF   lift86 as it is at a commit as another contender
//   --only A,B      contenders out of native, js, lift86, kept (programs that have run before, with --translations), qemu, boot, v86
import { readFileSync } from "node:fs";
import { Arguments } from "../bench/arguments.js";
import { churn } from "../bench/churn.js";
import { root } from "../bench/child.js";
import { addOther, available, CONTENDERS } from "../bench/contenders.js";
import { measureCompilation } from "../bench/compilation.js";
import { APART, KERNELS } from "../bench/kernels.js";
import { measure } from "../bench/measure.js";
import { buildCommit } from "../bench/other.js";
import { addOtherRunner, fetchPrograms, programAttempts, PROGRAMS, RUNNERS } from "../bench/programs.js";
import { reportTimes, writeResults } from "../bench/report.js";
import { measureStarts, reportStarts } from "../bench/start.js";
import { setUp } from "./setup.js";

function readBase(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (e) {
    return fail(`--compare ${file}: ${e.message}`);
  }
}

const titlesOf = (contenders) => Object.fromEntries(Object.entries(contenders).map(([id, c]) => [id, c.title]));

const flag = { type: "boolean" }, text = { type: "string" };
const args = new Arguments("bench", {
  rounds: text, smoke: flag, cpu: flag, programs: flag, start: flag, churn: text, all: flag, json: text, compare: text, against: text, only: text,
}, import.meta.url);
const fail = (message) => args.fail(message);
const { values } = args;
const rounds = values.smoke ? 1 : args.count("rounds", 3);
const base = values.compare ? readBase(values.compare) : null;
const json = values.json ?? `${root}/.cache/bench.json`;
const only = values.only?.split(",") ?? null;
const ALL = [...new Set([...Object.keys(CONTENDERS), ...Object.keys(RUNNERS)])];
for (const id of only ?? []) if (!ALL.includes(id)) fail(`--only ${id}: no such contender; there are ${ALL.join(", ")}`);
const wanted = (table) => Object.keys(table).filter((id) => id === "other" || !only || only.includes(id));
let agree = true;

/** What counts of an attempt. */
const timed = (got) => (values.cpu ? { ...got, ms: got.cpu } : got);

function save(part, value) {
  try {
    writeResults(json, part, value);
  } catch (e) {
    fail(`--json ${json}: ${e.message}`);
  }
}

async function kernels() {
  const names = args.choose(KERNELS, "kernel");
  const { there, missing } = await available(wanted(CONTENDERS));
  for (const { id, why } of missing) console.error(`bench: ${CONTENDERS[id].title} left out: ${why}`);
  const titles = titlesOf(CONTENDERS);
  const work = (name) => (values.smoke ? Math.ceil(KERNELS[name] / 20) : KERNELS[name]);
  const done = await measure(names, there, titles, rounds, async (name, id) => timed(await CONTENDERS[id].run(name, work(name))));
  agree &&= done.agree;
  for (const name of names) done.results[name].n = work(name);
  const relativeTo = reportTimes("kernel", done.results, there, titles, ["lift86", "boot"], { apart: APART, before: base?.kernels });
  const compiled = await measureCompilation(names);
  console.log(`compiled: ${compiled.guestBytes} bytes of guest code in ${compiled.ms.toFixed(0)} ms to ${compiled.jsBytes} bytes of JavaScript, ${(compiled.jsBytes / compiled.guestBytes).toFixed(1)} to one`);
  save("compiled", compiled);
  save("relativeTo", relativeTo);
  save("kernels", done.results);
}

async function programs() {
  try {
    await fetchPrograms();
  } catch (e) {
    return fail(`programs: ${e.message}`);
  }
  const names = args.choose(PROGRAMS, "program");
  const titles = titlesOf(RUNNERS);
  const attempt = await programAttempts(names, values.smoke ? 1 / 20 : 1);
  const there = [];
  for (const id of wanted(RUNNERS)) {
    try {
      await attempt(names[0], id);
      there.push(id);
    } catch (e) {
      console.error(`bench: ${titles[id]} left out: ${e.message}`);
    }
  }
  const failing = new Set();
  const done = await measure(names, there, titles, rounds, async (name, id) => {
    try {
      return timed(await attempt(name, id));
    } catch (e) {
      if (!failing.has(`${id} ${name}`)) console.error(`bench: ${name}: ${titles[id]} fails: ${e.message}`);
      failing.add(`${id} ${name}`);
      agree = false;
      return null;
    }
  });
  agree &&= done.agree;
  save("programsRelativeTo", reportTimes("program", done.results, there, titles, ["lift86", ...there.filter((id) => id === "kept")], { before: base?.programs }));
  save("programs", done.results);
}

async function starts() {
  let debian = true;
  await fetchPrograms().catch((e) => {
    debian = false;
    console.error(`bench: Debian's programs left out: ${e.message}`);
  });
  const results = await measureStarts(values.smoke ? 1 : Math.max(rounds, 5), debian);
  reportStarts(results);
  save("starts", results);
}

async function memory() {
  await fetchPrograms().catch((e) => fail(`churn: ${e.message}`));
  const samples = await churn(args.count("churn")).catch((e) => fail(`churn: ${e.message}`));
  for (const [n, mib] of samples) console.log(`${String(n).padStart(6)} programs ${mib.toFixed(0).padStart(6)} MiB`);
  save("churn", samples);
}

await setUp();
if (values.against) {
  const [dir, name] = await buildCommit(values.against).catch((e) => fail(`--against ${values.against}: ${e.message}`));
  addOther(dir, name);
  addOtherRunner(dir, name);
}
const parts = values.all ? [kernels, programs, starts] : [values.programs && programs, values.start && starts, values.churn && memory].filter(Boolean);
for (const part of parts.length > 0 ? parts : [kernels]) await part();
if (!agree) process.exitCode = 1;
