import { createRequire } from "node:module";
import * as fs from "node:fs";
import type { PolicyReport, RolesReport } from "../index.js";
import { bits, ROWS } from "./roles-text.js";

/** How many entries of each timeline the page lists. */
const LISTED = 200;
const COLOURS = ["#0b6e4f", "#c8553d", "#3a6ea5", "#8e6c8a", "#b8860b", "#555555"];

const escape = (s: string): string => s.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
/** JSON inside a script element. */
const embed = (value: unknown): string => JSON.stringify(value).replaceAll("<", "\\u003c");

/** The report as one page that needs nothing else: tables as they are, charts drawn by uPlot, which is in it. */
export function rolesPage(r: RolesReport): string {
  const require = createRequire(import.meta.url);
  const library = fs.readFileSync(require.resolve("uplot/dist/uPlot.iife.min.js"), "utf8");
  const style = fs.readFileSync(require.resolve("uplot/dist/uPlot.min.css"), "utf8");
  const title = `Role reuse: ${r.image}`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escape(title)}</title>
<style>${style}
${CSS}</style></head>
<body>
<h1>${escape(title)}</h1>
<p>${r.instructions.toLocaleString("en-US")} instructions under each policy. ${r.sameTrace
    ? "All runs retired the same instructions and ended in the same state."
    : "<strong>The runs differ in instructions or end state.</strong>"}</p>
${comparison(r)}
<h2>Hit rate over time</h2><p class="note">Hits of all lookups so far, by instructions retired.</p><div id="rate" class="chart"></div>
<h2>Blocks per role</h2><p class="note">Translations made under each role. The same code under several roles that differ only in what the hardware ignores is work done again.</p>
${r.policies.map((p, k) => blocks(p, k, Math.max(1, ...r.policies.flatMap((x) => x.roles.map((y) => y.blocks))))).join("\n")}
<h2>Timeline</h2><p class="note">Changes of control registers that asked for a reset of the MMU context.</p><div id="time" class="chart"></div>
${r.policies.map(timeline).join("\n")}
<script type="application/json" id="report">${embed(r)}</script>
<script>${library}</script>
<script>const COLOURS = ${embed(COLOURS)};
${SCRIPT}</script>
</body></html>
`;
}

function comparison(r: RolesReport): string {
  const head = r.policies.map((p, k) => `<th><i style="background:${colour(k)}"></i>${escape(p.policy)}</th>`).join("");
  const rows = ROWS.map(([name, cell]) => `<tr><th>${name}</th>${r.policies.map((p) => `<td>${escape(cell(p))}</td>`).join("")}</tr>`);
  return `<table id="comparison"><thead><tr><th></th>${head}</tr></thead><tbody>${rows.join("\n")}</tbody></table>`;
}

function blocks(p: PolicyReport, k: number, most: number): string {
  const rows = p.roles.map((x) => `<tr><th>${escape(x.name)}</th><td>${x.blocks.toLocaleString("en-US")}</td>
<td class="bar"><i style="width:${((x.blocks / most) * 100).toFixed(2)}%;background:${colour(k)}"></i></td><td>${x.hits.toLocaleString("en-US")}</td></tr>`);
  return `<table class="roles" data-policy="${escape(p.policy)}"><thead><tr><th>${escape(p.policy)}</th><th>blocks</th><th></th><th>hits</th></tr></thead><tbody>${rows.join("\n")}</tbody></table>`;
}

function timeline(p: PolicyReport): string {
  if (p.roleChanges === 0) return `<p>${escape(p.policy)}: none.</p>`;
  const shown = p.timeline.slice(0, LISTED);
  const rows = shown.map((e) => `<tr class="${e.action}"><td>${e.instructions.toLocaleString("en-US")}</td><td>${e.vcpu}</td><td>${e.register}</td><td>${escape(bits(e))}</td>
<td>${e.action}</td><td>${escape(e.oldRole === e.newRole ? e.newRole : `${e.oldRole} → ${e.newRole}`)}</td></tr>`);
  const more = p.roleChanges > shown.length ? `, of which the first ${shown.length} are listed` : "";
  return `<details><summary>${escape(p.policy)}: ${p.roleChanges.toLocaleString("en-US")}${more}</summary><table class="timeline"><thead><tr><th>instructions</th><th>vCPU</th><th>register</th><th>bits</th>
<th>what happened</th><th>role</th></tr></thead><tbody>${rows.join("\n")}</tbody></table></details>`;
}

function colour(k: number): string {
  return COLOURS[k % COLOURS.length]!;
}

const CSS = `
body { font: 15px/1.45 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; color: #222; background: #fff; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; } .note { color: #666; margin: .2rem 0 .8rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: .4rem 0 1rem; }
th, td { padding: .18rem .8rem; text-align: right; border-bottom: 1px solid #e6e6e6; } th:first-child { text-align: left; font-weight: 500; }
thead th { border-bottom: 2px solid #bbb; } th i { display: inline-block; width: .7em; height: .7em; border-radius: 50%; margin-right: .45em; }
.roles th:first-child { min-width: 18rem; } .bar { width: 22rem; text-align: left; } .bar i { display: block; height: .8rem; min-width: 1px; border-radius: 2px; }
.timeline { font-size: 13px; } .timeline td:nth-child(n+3) { text-align: left; } summary { cursor: pointer; padding: .25rem 0; }
.dropped td, .reset td { color: #a33; } .rekeyed td { color: #07543c; }
.chart { width: 100%; } .uplot { font-family: inherit; }`;

const SCRIPT = `
const report = JSON.parse(document.getElementById("report").textContent);
const policies = report.policies;
const width = () => Math.min(document.body.clientWidth - 16, 1080);
const joined = (get) => uPlot.join(policies.map(get));
const charts = [];
function chart(id, data, series, y) {
  if (data[0].length < 2) return;
  const options = { width: width(), height: 260, scales: { x: { time: false } }, series: [{ label: "instructions" }, ...series],
    axes: [{ values: (u, v) => v.map((x) => x.toLocaleString("en-US")) }, y] };
  charts.push(new uPlot(options, data, document.getElementById(id)));
}
chart("rate", joined((p) => [p.samples.map((s) => s.instructions), p.samples.map((s) => (s.lookups ? (100 * s.hits) / s.lookups : 0))]),
  policies.map((p, k) => ({ label: p.policy, stroke: COLOURS[k % COLOURS.length], width: 2, spanGaps: true, value: (u, v) => v == null ? "" : v.toFixed(3) + " %" })),
  { values: (u, v) => v.map((x) => x + " %"), size: 70 });
chart("time", joined((p) => {
    const at = [], count = [];
    p.timeline.forEach((e, i) => { if (at.at(-1) === e.instructions) count[count.length - 1] = i + 1; else { at.push(e.instructions); count.push(i + 1); } });
    return [at, count];
  }),
  policies.map((p, k) => ({ label: p.policy, stroke: COLOURS[k % COLOURS.length], width: 1.5, spanGaps: true, dash: k ? [6, 3 + k] : undefined })),
  { values: (u, v) => v.map((x) => x.toLocaleString("en-US")), size: 70, label: "resets requested so far" });
addEventListener("resize", () => { for (const c of charts) c.setSize({ width: width(), height: 260 }); });
`;
