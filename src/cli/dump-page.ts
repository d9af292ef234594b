import { modeName, regionName, roleName } from "../index.js";
import { hex } from "./dump-code.js";
import { controlFlowSvg, escapeHtml } from "./dump-graph.js";
import { type DumpDocument, type DumpRegion, sizes } from "./dump-model.js";
import { PAGE_CSS, PAGE_SCRIPT } from "./dump-page-client.js";

/** What the page's script gets of a region. Instructions are known by "block:pc". */
interface PageRegion {
  readonly name: string;
  readonly pc: string;
  readonly role: string;
  readonly mode: string;
  readonly image: string | null;
  readonly size: ReturnType<typeof sizes>;
  readonly executed: number | null;
  readonly share: number | null;
  readonly blocks: readonly {
    readonly id: number;
    readonly title: string;
    readonly size: number;
    readonly hits: number | null;
    readonly end: string;
    readonly insns: readonly { readonly i: string; readonly pc: string; readonly bytes: string; readonly text: string; readonly ir: readonly string[]; readonly opt: readonly string[] }[];
    /** IR as lifted, then after each pass; null: as before it. */
    readonly stages: readonly { readonly name: string; readonly text: string | null }[];
  }[];
  /** Lines of JavaScript with the instruction they come from; "" for entry and exit. */
  readonly js: readonly { readonly t: string; readonly i: string }[];
  readonly graph: string;
}

function pageRegion(r: DumpRegion): PageRegion {
  const owner = new Map<number, string>();
  for (const b of r.blocks) for (const i of b.insns) for (const n of i.js) owner.set(n, `${b.id}:${hex(i.pc)}`);
  return {
    name: regionName(r), pc: hex(r.pc), role: roleName(r.role), mode: modeName(r.mode), image: r.image ?? null, size: sizes(r),
    executed: r.executed ?? null, share: r.share ?? null,
    blocks: r.blocks.map((b) => ({
      id: b.id, title: b.name === null ? hex(b.pc) : `${b.name} ${hex(b.pc)}`, size: b.size, hits: b.hits, end: b.end,
      insns: b.insns.map((i) => ({
        i: `${b.id}:${hex(i.pc)}`, pc: hex(i.pc), bytes: Array.from(i.bytes, (x) => x.toString(16).padStart(2, "0")).join(" "), text: i.text, ir: i.ir, opt: i.opt,
      })),
      stages: [{ name: "as lifted", text: b.ir }, ...b.passes.map((p, k) => ({ name: p.name, text: p.ir === (k > 0 ? b.passes[k - 1]!.ir : b.ir) ? null : p.ir }))],
    })),
    js: r.js.split("\n").map((t, k) => ({ t, i: owner.get(k + 1) ?? "" })),
    graph: controlFlowSvg(r),
  };
}

/** A dump as one page that needs nothing else. */
export function dumpPage(d: DumpDocument): string {
  const data = JSON.stringify({ title: d.title, regions: d.regions.map(pageRegion) }).replaceAll("<", "\\u003c");
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(d.title)}: lift86 dump</title>
<style>${PAGE_CSS}</style></head>
<body>
<header><h1>lift86 <span>${escapeHtml(d.title)}</span></h1><input id="search" type="search" placeholder="Search names, assembly, IR, JavaScript  ( / )" autocomplete="off" spellcheck="false"><output id="found"></output></header>
<nav id="regions" aria-label="Regions"></nav>
<main>
<section id="key"></section>
<div id="tabs" role="tablist"><button data-tab="code">Code</button><button data-tab="graph">Control flow</button><button data-tab="passes">Passes</button></div>
<section id="code" class="tab"><div class="pane" id="asm"><h2>Assembly</h2><div class="lines"></div></div><div class="pane" id="ir"><h2>IR <select id="stage" aria-label="Stage of the IR"><option value="opt">after the passes</option><option value="ir">as lifted</option></select></h2><div class="lines"></div></div><div class="pane" id="js"><h2>JavaScript</h2><div class="lines"></div></div></section>
<section id="graph" class="tab"></section>
<section id="passes" class="tab"><div id="choose"><select id="block" aria-label="Block"></select><span id="steps"></span></div><div class="pane" id="before"><h2>Before</h2><div class="lines"></div></div><div class="pane" id="after"><h2>After</h2><div class="lines"></div></div></section>
</main>
<script type="application/json" id="dump">${data}</script>
<script>${PAGE_SCRIPT}</script>
</body></html>
`;
}
