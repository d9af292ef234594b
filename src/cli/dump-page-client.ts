/** Style and script of the page that dump-page.ts makes. The script is text here: it runs in the reader's browser, with nothing but the page. */

export const PAGE_CSS = `
:root { color-scheme: light dark; --bg: #fbfbfa; --fg: #1f2328; --faint: #7a828b; --line: #e3e3df; --pane: #fff; --accent: #0b6e4f; --on: #fff3c4; --pin: #ffe08a; --hit: #ffd0e0;
  --mnemonic: #0b5cad; --number: #a0522d; --name: #6b3fa0; --string: #0b6e4f; --heat: 0%; --hot: 226, 88, 34; --add: #d9f2e1; --del: #fbdcdc; }
@media (prefers-color-scheme: dark) { :root { --bg: #15181b; --fg: #d7dade; --faint: #868e97; --line: #2b3036; --pane: #1b1f23; --accent: #4fc28f; --on: #3b3516; --pin: #57490f; --hit: #5b2438;
  --mnemonic: #79b8ff; --number: #e0a36b; --name: #c3a6f0; --string: #7fd1a4; --add: #173a26; --del: #47201f; } }
* { box-sizing: border-box; }
html, body { height: 100%; margin: 0; }
body { display: grid; grid-template: auto 1fr / 17rem 1fr; background: var(--bg); color: var(--fg); font: 14px/1.45 system-ui, sans-serif; overflow: hidden; }
header { grid-column: 1 / -1; display: flex; gap: 1rem; align-items: center; padding: .5rem 1rem; border-bottom: 1px solid var(--line); background: var(--pane); }
h1 { font-size: 1.05rem; margin: 0; font-weight: 700; color: var(--accent); white-space: nowrap; } h1 span { color: var(--fg); font-weight: 500; }
#search { flex: 1; max-width: 34rem; padding: .35rem .6rem; border: 1px solid var(--line); border-radius: 6px; background: var(--bg); color: inherit; font: inherit; }
#found { color: var(--faint); font-size: .85rem; white-space: nowrap; }
nav { overflow: auto; border-right: 1px solid var(--line); padding: .5rem; }
nav button { display: block; width: 100%; text-align: left; border: 0; border-radius: 6px; background: none; color: inherit; font: inherit; padding: .35rem .5rem; cursor: pointer; position: relative; }
nav button:hover { background: var(--line); } nav button[aria-current] { background: var(--on); }
nav button b { display: block; font: 600 12.5px ui-monospace, monospace; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
nav button small { color: var(--faint); font-size: .75rem; }
nav button i { position: absolute; left: .5rem; bottom: 1px; height: 2px; border-radius: 1px; background: rgb(var(--hot)); }
main { display: grid; grid-template-rows: auto auto 1fr; min-width: 0; min-height: 0; }
#key { padding: .6rem 1rem .2rem; display: flex; flex-wrap: wrap; gap: .35rem .5rem; align-items: baseline; }
#key h2 { font: 600 1rem ui-monospace, monospace; margin: 0 .5rem 0 0; }
#key span { border: 1px solid var(--line); border-radius: 999px; padding: .05rem .6rem; background: var(--pane); font-size: .82rem; } #key span b { color: var(--faint); font-weight: 500; margin-right: .35em; }
#tabs { padding: .3rem 1rem 0; border-bottom: 1px solid var(--line); } #tabs button { border: 0; background: none; color: var(--faint); font: inherit; padding: .3rem .8rem; cursor: pointer; border-bottom: 2px solid transparent; }
#tabs button[aria-selected=true] { color: var(--fg); border-color: var(--accent); }
.tab { display: none; min-height: 0; min-width: 0; } .tab.shown { display: grid; }
#code { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr) minmax(0, 1.25fr); } #passes { grid-template: auto 1fr / 1fr 1fr; }
.pane { display: grid; grid-template-rows: auto 1fr; min-height: 0; border-right: 1px solid var(--line); background: var(--pane); }
.pane h2 { font-size: .8rem; font-weight: 600; color: var(--faint); margin: 0; padding: .3rem .8rem; border-bottom: 1px solid var(--line); height: 2.1rem; }
select { font: inherit; font-size: .8rem; color: inherit; background: var(--bg); border: 1px solid var(--line); border-radius: 4px; }
.lines { overflow: auto; padding: .3rem 0 4rem; font: 12px/1.5 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
.lines > div { white-space: pre; padding: 0 .8rem; min-width: fit-content; tab-size: 2; } .lines > div[data-i] { cursor: pointer; }
.lines > div.on { background: var(--on); } .lines > div.pin { background: var(--pin); } .lines > div.found { box-shadow: inset 3px 0 var(--accent); } mark { background: var(--hit); color: inherit; }
.lines > div.head { color: var(--faint); padding-top: .6rem; padding-bottom: .15rem; font-family: system-ui, sans-serif; display: flex; gap: .8rem; align-items: center; }
.head i { display: inline-block; height: 6px; width: 60px; background: linear-gradient(90deg, rgb(var(--hot)) var(--heat), var(--line) var(--heat)); border-radius: 3px; }
.a { color: var(--faint); user-select: none; } .m { color: var(--mnemonic); } .n { color: var(--number); } .r { color: var(--name); } .k { color: var(--mnemonic); } .c { color: var(--faint); }
.add { background: var(--add); } .del { background: var(--del); }
#graph { overflow: auto; padding: 1rem; background: var(--pane); } .graph { display: block; margin: 0 auto; } .graph text { font: 11px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: var(--fg); white-space: pre; }
.graph .title { font-weight: 700; } .graph rect { fill: color-mix(in srgb, rgb(var(--hot)) calc(var(--heat) * .45), var(--bg)); stroke: var(--faint); } .graph .out rect { stroke-dasharray: 3 3; fill: none; } .graph .out text { fill: var(--faint); }
.graph .block { cursor: pointer; } .graph .block.on rect { stroke: var(--accent); stroke-width: 2.5; } .edge { fill: none; stroke: #5b82b5; stroke-width: 1.4; } .edge.taken { stroke: #2f9e62; } .edge.fallthrough { stroke: #c8553d; } .edge.return { stroke: #8e5ec9; } .edge.leave { stroke: var(--faint); stroke-dasharray: 3 3; }
marker path { fill: #5b82b5; } marker.taken path { fill: #2f9e62; } marker.fallthrough path { fill: #c8553d; } marker.return path { fill: #8e5ec9; } marker.leave path { fill: var(--faint); }
#choose { grid-column: 1 / -1; padding: .4rem .8rem; border-bottom: 1px solid var(--line); display: flex; gap: .6rem; flex-wrap: wrap; align-items: center; } #steps { display: flex; gap: .25rem; flex-wrap: wrap; }
#steps button { font: inherit; font-size: .78rem; border: 1px solid var(--line); border-radius: 999px; background: var(--pane); color: inherit; padding: .05rem .6rem; cursor: pointer; } #steps button.same { color: var(--faint); } #steps button[aria-pressed=true] { border-color: var(--accent); box-shadow: 0 0 0 1px var(--accent); }
@media (max-width: 900px) { body { grid-template: auto auto 1fr / 1fr; } nav { max-height: 8rem; border-right: 0; border-bottom: 1px solid var(--line); } #code { grid-template: 1fr 1fr 1fr / 1fr; } }
`;

export const PAGE_SCRIPT = String.raw`"use strict";
const dump = JSON.parse(document.getElementById("dump").textContent);
const $ = (id) => document.getElementById(id);
const el = (tag, attributes = {}, ...children) => {
  const e = document.createElement(tag);
  for (const [k, v] of Object.entries(attributes)) if (v !== null && v !== undefined) e.setAttribute(k, v);
  e.append(...children);
  return e;
};
const number = (n) => n.toLocaleString("en-US");
const plural = (n, what) => number(n) + " " + what + (n === 1 ? "" : "s");
let current = 0, tab = "code", query = "", pinned = "", block = 0, step = 0;

// Words of a line as elements: a class for each kind, the searched text marked.
const KINDS = {
  asm: [[/^[a-z][a-z0-9.]*/, "m"], [/^%?\b(?:[er]?[abcd]x|[er]?[sd]i|[er]?[sb]p|[abcd][lh]|r\d+[dwb]?|[xy]mm\d+|mm\d|st\d?|[cdefgs]s)\b/, "r"], [/^\$?-?\b0x[0-9a-f]+|^\$?\b\d+/, "n"]],
  ir: [[/^v\d+/, "r"], [/^#?-?\b(?:0x[0-9a-f]+|\d+(?:\.\d+)?)\b/, "n"], [/^[a-z][a-z0-9._]*/, "m"]],
  js: [[/^\/\/.*/, "c"], [/^\b(?:let|const|return|function|if|else|for|break|continue|switch|case|true|false)\b/, "k"], [/^\b(?:0x[0-9a-f]+|\d+(?:\.\d+)?)\b/, "n"], [/^\b[A-Za-z_$][\w$]*(?=\()/, "m"]],
};
function paint(text, kind) {
  const out = [];
  let plain = "", firstWord = true;
  const flush = () => { if (plain) out.push(...found(plain)); plain = ""; };
  while (text) {
    let m = null, c = "";
    const boundary = !/[\w$]$/.test(plain);
    if (boundary) for (const [re, name] of KINDS[kind]) {
      if (kind === "asm" && name === "m" && !firstWord) continue;
      if ((m = re.exec(text))) { c = name; break; }
    }
    if (m && m[0]) { flush(); out.push(el("span", { class: c }, ...found(m[0]))); text = text.slice(m[0].length); firstWord = false; }
    else { plain += text[0]; if (/\S/.test(text[0])) firstWord = false; text = text.slice(1); }
  }
  flush();
  return out;
}
function found(text) {
  if (!query) return [text];
  const out = [], low = text.toLowerCase();
  let at = 0;
  for (let k; (k = low.indexOf(query, at)) >= 0; at = k + query.length) out.push(text.slice(at, k), el("mark", {}, text.slice(k, k + query.length)));
  return [...out, text.slice(at)].filter((x) => x !== "");
}
const line = (i, kind, text, ...before) => {
  const d = el("div", i ? { "data-i": i } : {}, ...before, ...paint(text, kind));
  if (query && text.toLowerCase().includes(query)) d.classList.add("found");
  return d;
};

function textOf(r) {
  return r.text ??= [r.name, r.pc, r.role, r.mode, r.image ?? "", ...r.blocks.flatMap((b) => [b.title, ...b.insns.flatMap((x) => [x.pc, x.text, ...x.opt, ...x.ir])]), ...r.js.map((l) => l.t)].join("\n").toLowerCase();
}
function showRegions() {
  const list = dump.regions.map((r, k) => [r, k]).filter(([r]) => !query || textOf(r).includes(query));
  const most = Math.max(1e-9, ...dump.regions.map((r) => r.share ?? 0));
  $("regions").replaceChildren(...list.map(([r, k]) => {
    const b = el("button", k === current ? { "aria-current": "true" } : {}, el("b", { title: r.name }, r.name),
      el("small", {}, r.share === null ? plural(r.size.instructions, "instruction") + ", " + plural(r.size.blocks, "block") : (r.share * 100).toFixed(1) + " %, " + number(r.executed) + " executed"));
    if (r.share !== null) b.append(el("i", { style: "width:" + ((r.share / most) * 90).toFixed(1) + "%" }));
    b.addEventListener("click", () => { current = k; pinned = ""; block = step = 0; show(); });
    return b;
  }));
  return list.length;
}
function showKey(r) {
  const chip = (name, value) => el("span", {}, el("b", {}, name), value);
  $("key").replaceChildren(el("h2", {}, r.name), chip("role", r.role), chip("mode", r.mode), chip("pc", r.pc),
    chip("size", plural(r.size.blocks, "block") + ", " + plural(r.size.instructions, "instruction") + ", " + plural(r.size.bytes, "byte")), chip("JavaScript", plural(r.size.js, "character")),
    ...(r.executed === null ? [] : [chip("executed", plural(r.executed, "instruction") + ", " + (r.share * 100).toFixed(1) + " %"), chip("hits", number(r.blocks[0].hits ?? 0))]), ...(r.image ? [chip("file", r.image)] : []));
}
function showCode(r) {
  const most = Math.max(1, ...r.blocks.map((b) => b.hits ?? 0));
  const head = (b) => el("div", { class: "head", "data-block": b.id }, el("span", {}, "block " + b.id), el("span", {}, b.title), ...(b.hits === null ? [] : [el("i", { style: "--heat:" + ((b.hits / most) * 100).toFixed(1) + "%" }), el("span", {}, plural(b.hits, "hit"))]));
  const width = 2 + Math.max(...r.blocks.flatMap((b) => b.insns.map((x) => x.bytes.length)));
  const asm = [], ir = [], stage = $("stage").value;
  for (const b of r.blocks) {
    asm.push(head(b));
    ir.push(head(b));
    for (const x of b.insns) {
      asm.push(line(x.i, "asm", x.text, el("span", { class: "a" }, x.pc.padEnd(11), x.bytes.padEnd(width))));
      for (const t of x[stage]) ir.push(line(x.i, "ir", t));
    }
  }
  document.querySelector("#asm .lines").replaceChildren(...asm);
  document.querySelector("#ir .lines").replaceChildren(...ir);
  document.querySelector("#js .lines").replaceChildren(...r.js.map((l, k) => line(l.i, "js", l.t, el("span", { class: "a" }, String(k + 1).padStart(4) + "  "))));
  highlight(pinned, "pin");
}
function highlight(i, c) {
  for (const e of document.querySelectorAll("." + c)) e.classList.remove(c);
  if (i) for (const e of document.querySelectorAll('[data-i="' + i + '"]')) e.classList.add(c);
}
function showGraph(r) {
  $("graph").innerHTML = r.graph;
  for (const g of document.querySelectorAll("#graph .block")) {
    if (Number(g.dataset.block) === block) g.classList.add("on");
    g.addEventListener("click", () => {
      block = Number(g.dataset.block);
      pinned = r.blocks[block].insns[0]?.i ?? "";
      tab = "code";
      show();
      reveal(pinned, null);
    });
  }
}
function showPasses(r) {
  $("block").replaceChildren(...r.blocks.map((b, k) => el("option", { value: k, ...(k === block ? { selected: "" } : {}) }, "block " + b.id + ": " + b.title)));
  const stages = r.blocks[block].stages;
  step = Math.min(step, Math.max(0, stages.length - 2));
  $("steps").replaceChildren(...stages.slice(1).map((s, k) => {
    const b = el("button", { "aria-pressed": String(k === step), ...(s.text === null ? { class: "same", title: "changes nothing here" } : {}) }, s.name);
    b.addEventListener("click", () => { step = k; showPasses(r); });
    return b;
  }));
  const textAfter = (k) => (stages.slice(0, k + 1).findLast((s) => s.text !== null)?.text ?? "").trimEnd().split("\n");
  const a = textAfter(step), z = textAfter(step + 1);
  const [left, right] = compare(a, z);
  document.querySelector("#before .lines").replaceChildren(...a.map((t, k) => { const d = line("", "ir", t); if (left[k]) d.classList.add("del"); return d; }));
  document.querySelector("#after .lines").replaceChildren(...z.map((t, k) => { const d = line("", "ir", t); if (right[k]) d.classList.add("add"); return d; }));
  document.querySelector("#before h2").textContent = "Before: " + (stages[step]?.name ?? "");
  document.querySelector("#after h2").textContent = "After: " + (stages[step + 1]?.name ?? "");
}
// Lines that only one of two texts has (longest common subsequence). Values are numbered anew by each pass, so names do not count.
function compare(a, z) {
  const plain = (t) => t.replace(/\bv\d+\b/g, "v");
  const x = a.map(plain), y = z.map(plain);
  const table = Array.from({ length: x.length + 1 }, () => new Uint16Array(y.length + 1));
  for (let i = x.length - 1; i >= 0; i--) for (let j = y.length - 1; j >= 0; j--) table[i][j] = x[i] === y[j] ? table[i + 1][j + 1] + 1 : Math.max(table[i + 1][j], table[i][j + 1]);
  const left = x.map(() => true), right = y.map(() => true);
  for (let i = 0, j = 0; i < x.length && j < y.length; ) {
    if (x[i] === y[j]) left[i++] = right[j++] = false;
    else if (table[i + 1][j] >= table[i][j + 1]) i++;
    else j++;
  }
  return [left, right];
}
function reveal(i, except) {
  for (const pane of document.querySelectorAll("#code .lines")) {
    if (pane === except) continue;
    const first = pane.querySelector('[data-i="' + i + '"]');
    if (first) pane.scrollTop += first.getBoundingClientRect().top - pane.getBoundingClientRect().top - pane.clientHeight / 3;
  }
}
function show() {
  const matches = showRegions();
  const r = dump.regions[current];
  for (const b of $("tabs").children) b.setAttribute("aria-selected", String(b.dataset.tab === tab));
  for (const s of document.querySelectorAll(".tab")) s.classList.toggle("shown", s.id === tab);
  showKey(r);
  if (tab === "code") showCode(r);
  if (tab === "graph") showGraph(r);
  if (tab === "passes") showPasses(r);
  const lines = document.querySelectorAll(".tab.shown .found").length;
  $("found").textContent = query ? plural(matches, "region") + ", " + plural(lines, "line") + " here" : plural(dump.regions.length, "region");
  try { history.replaceState(null, "", "#" + encodeURIComponent(r.name)); } catch { /* some browsers refuse it for files */ }
}
$("search").addEventListener("input", () => {
  query = $("search").value.trim().toLowerCase();
  if (query && !textOf(dump.regions[current]).includes(query)) {
    const other = dump.regions.findIndex((r) => textOf(r).includes(query));
    if (other >= 0) { current = other; pinned = ""; block = step = 0; }
  }
  show();
  document.querySelector(".tab.shown .found")?.scrollIntoView({ block: "center" });
});
let at = 0;
$("search").addEventListener("keydown", (e) => {
  const all = document.querySelectorAll(".tab.shown .found");
  if (e.key !== "Enter" || all.length === 0) return;
  at = (at + (e.shiftKey ? all.length - 1 : 1)) % all.length;
  all[at].scrollIntoView({ block: "center" });
});
document.addEventListener("keydown", (e) => {
  if (e.target.matches("input, select")) { if (e.key === "Escape") e.target.blur(); return; }
  if (e.key === "/") { e.preventDefault(); $("search").focus(); }
});
for (const b of $("tabs").children) b.addEventListener("click", () => { tab = b.dataset.tab; show(); });
$("stage").addEventListener("change", () => show());
$("block").addEventListener("change", () => { block = Number($("block").value); step = 0; showPasses(dump.regions[current]); });
const code = document.getElementById("code");
code.addEventListener("mouseover", (e) => highlight(e.target.closest("[data-i]")?.dataset.i ?? "", "on"));
code.addEventListener("mouseleave", () => highlight("", "on"));
code.addEventListener("click", (e) => {
  const target = e.target.closest("[data-i]");
  if (!target) return;
  pinned = pinned === target.dataset.i ? "" : target.dataset.i;
  highlight(pinned, "pin");
  if (pinned) reveal(pinned, target.closest(".lines"));
});
const wanted = decodeURIComponent(location.hash.slice(1));
current = Math.max(0, dump.regions.findIndex((r) => r.name === wanted));
show();
`;
