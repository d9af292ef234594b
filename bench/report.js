import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

export const geomean = (list) => Math.exp(list.reduce((s, x) => s + Math.log(x), 0) / list.length);

/** Print rows of cells; the first column is a name, the others are numbers. */
export function printTable(head, rows) {
  const widths = head.map((h, i) => Math.max(h.length, ...rows.map((r) => r[i].length)));
  for (const r of [head, ...rows]) console.log(r.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join("  ").trimEnd());
}

/**
 * Print times of `results` (name -> { ms: { contender: milliseconds } }), the first of `subjects` relative to every other contender and the geometric means of
 * these ratios over all names that are not `apart`; `before` (the same, of an earlier run) adds the change since. Returns the means: subject -> contender -> mean.
 */
export function reportTimes(what, results, contenders, titles, subjects, { apart = new Set(), before = null } = {}) {
  const names = Object.keys(results);
  const pairs = subjects.filter((s) => contenders.includes(s)).flatMap((s) => contenders.filter((id) => id !== s && (s === subjects[0] || !subjects.includes(id))).map((id) => [s, id]));
  const ratio = (name, [a, b]) => results[name].ms[a] / results[name].ms[b];
  const main = subjects[0];
  const cell = (x, digits) => (x > 0 ? x.toFixed(digits) : "-");
  const head = [what, ...contenders.map((id) => `${titles[id]} ms`), ...pairs.map(([a, b]) => `${a === main ? "" : titles[a]}/ ${titles[b]}`), ...(before ? ["change"] : [])];
  const rows = names.map((name) => {
    const { ms } = results[name];
    const then = before?.[name]?.ms[main];
    return [
      name, ...contenders.map((id) => cell(ms[id], 1)), ...pairs.map((p) => cell(ratio(name, p), 2)),
      ...(before ? [then && ms[main] ? `${((ms[main] / then - 1) * 100).toFixed(1)} %` : "-"] : []),
    ];
  });
  const means = {};
  const plain = names.filter((name) => !apart.has(name));
  const mean = pairs.map((p) => {
    const list = plain.map((name) => ratio(name, p)).filter((x) => x > 0);
    if (list.length === 0) return "";
    const m = geomean(list);
    (means[p[0]] ??= {})[p[1]] = m;
    return m.toFixed(2);
  });
  if (pairs.length > 0) rows.push([apart.size > 0 ? "geometric mean (without x87)" : "geometric mean", ...contenders.map(() => ""), ...mean, ...(before ? [""] : [])]);
  printTable(head, rows);
  return means;
}

/** Write `part` of the results file, keeping its other parts as they are. */
export function writeResults(file, part, value) {
  let all = {};
  try {
    all = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    // None yet, or not ours to keep.
  }
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.tmp`, `${JSON.stringify({ ...all, node: process.versions.node, [part]: value }, null, 1)}\n`);
  renameSync(`${file}.tmp`, file);
}
