import { modeName, regionName, roleName, type TranslatedBlock } from "../index.js";
import { hex } from "./dump-code.js";
import { count, type DumpDocument, type DumpRegion, sizes, type Stage } from "./dump-model.js";

/** A dump as text: per block its key, size and hits, then the stages interleaved by guest instruction. */

type Paint = (text: string) => string;

interface Palette {
  readonly title: Paint;
  readonly label: Paint;
  readonly asm: Paint;
  readonly ir: Paint;
  readonly opt: Paint;
  readonly js: Paint;
  readonly faint: Paint;
}

const sgr = (code: string): Paint => (text) => `\x1b[${code}m${text}\x1b[0m`;
const plain: Paint = (text) => text;
const COLOURED: Palette = { title: sgr("1"), label: sgr("1;36"), asm: sgr("33"), ir: sgr("35"), opt: sgr("34"), js: sgr("32"), faint: sgr("2") };
const PLAIN: Palette = { title: plain, label: plain, asm: plain, ir: plain, opt: plain, js: plain, faint: plain };

const bytesText = (bytes: Uint8Array): string => Array.from(bytes, (x) => x.toString(16).padStart(2, "0")).join(" ");

/** `width`: columns that a line may take where it can be helped. */
export function dumpText(d: DumpDocument, stages: readonly Stage[], colour: boolean, width: number): string {
  const p = colour ? COLOURED : PLAIN;
  return d.regions.map((r) => region(r, stages, p, width)).join("\n");
}

function region(r: DumpRegion, stages: readonly Stage[], p: Palette, width: number): string {
  const s = sizes(r);
  const out = [
    p.title(`region ${regionName(r)}`),
    `  key   role ${roleName(r.role)}, mode ${modeName(r.mode)}, pc ${hex(r.pc)}`,
    `  size  ${count(s.blocks, "block")}, ${count(s.instructions, "instruction")}, ${count(s.bytes, "byte")}; ${count(s.js, "character")} of JavaScript`,
  ];
  if (r.executed !== undefined) {
    const share = r.share === undefined ? "" : `, ${(r.share * 100).toFixed(1)} % of all in compiled code`;
    out.push(`  hits  ${count(r.blocks[0]!.hits ?? 0, "time")} its first block; ${count(r.executed, "instruction")} executed${share}`);
  }
  if (r.image) out.push(`  file  ${r.image}`);
  const [only] = stages;
  const lines = r.js.split("\n");
  if (stages.length === 1 && only === "js") out.push("", ...lines.map(p.js));
  else {
    const js = stages.includes("js");
    if (js) out.push("", ...frame(r, lines, "before", p));
    for (const b of r.blocks) out.push("", ...block(r, b, stages, lines, p, width));
    if (js) out.push("", ...frame(r, lines, "after", p));
  }
  if (stages.includes("map")) out.push("", p.label("source map"), JSON.stringify(r.map));
  return `${out.join("\n")}\n`;
}

const numbered = (n: number, text: string, p: Palette): string => `    ${p.faint(`js ${String(n).padStart(4)}`)}  ${p.js(text)}`;

/** Lines of the JavaScript that belong to no instruction: the way in, and the way out. */
function frame(r: DumpRegion, lines: readonly string[], which: "before" | "after", p: Palette): string[] {
  const owned = r.blocks.flatMap((b) => b.insns.flatMap((i) => i.js));
  const first = owned.length > 0 ? Math.min(...owned) : Infinity;
  const own = r.frame.filter((n) => (which === "before" ? n < first : n > first));
  return own.length === 0 ? [] : [p.label(which === "before" ? "entry" : "exit"), ...own.map((n) => numbered(n, lines[n - 1]!, p))];
}

function block(r: DumpRegion, b: TranslatedBlock, stages: readonly Stage[], lines: readonly string[], p: Palette, width: number): string[] {
  const name = b.name === null ? hex(b.pc) : `${b.name} ${hex(b.pc)}`;
  const hits = b.hits === null ? "" : `, ${count(b.hits, "hit")}`;
  const out = [p.label(`block ${b.id}: ${name}, ${count(b.size, "byte")}, ${count(b.asm.length, "instruction")}${hits}`), ...ways(r, b, p)];
  if (stages.length === 1 && (stages[0] === "ir" || stages[0] === "opt")) {
    const text = stages[0] === "ir" ? b.ir : b.opt;
    return [...out, ...text.trimEnd().split("\n").map((l) => `  ${p[stages[0] as "ir" | "opt"](l)}`)];
  }
  // JavaScript as deep as it is within the block
  const depth = (n: number): number => lines[n - 1]!.search(/\S|$/);
  const outer = Math.min(...b.insns.flatMap((i) => i.js.map(depth)));
  const room = Math.max(0, Math.min(24, width - 60));
  for (const i of b.insns) {
    if (stages.includes("asm")) out.push(`  ${p.faint(hex(i.pc).padEnd(11))} ${p.faint(bytesText(i.bytes).padEnd(room))} ${p.asm(i.text)}`);
    else out.push(`  ${p.faint(hex(i.pc))}`);
    if (stages.includes("ir")) for (const line of i.ir) out.push(`    ${p.faint("ir      ")} ${p.ir(line)}`);
    if (stages.includes("opt")) for (const line of i.opt) out.push(`    ${p.faint("opt     ")} ${p.opt(line)}`);
    if (stages.includes("js")) for (const n of i.js) out.push(numbered(n, lines[n - 1]!.slice(outer), p));
  }
  return out;
}

function ways(r: DumpRegion, b: TranslatedBlock, p: Palette): string[] {
  if (b.edges.length === 0) return [p.faint(`  ends in ${b.end}`)];
  const text = b.edges.map((e) => `${e.kind} ${hex(e.pc)}${e.block === null ? " (leaves)" : e.block === b.id ? " (itself)" : ` (block ${r.blocks.find((x) => x.id === e.block)!.id})`}`);
  return [p.faint(`  ends in ${b.end}: ${text.join(", ")}`)];
}
