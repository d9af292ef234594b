import { graphlib, layout } from "@dagrejs/dagre";
import { hex } from "./dump-code.js";
import type { DumpRegion } from "./dump-model.js";

/** The control-flow graph of a region as SVG: blocks with their first instructions, ways between them, ways out. */

const CHAR = 6.65, LINE = 14, PAD = 8, MOST = 9;

export const escapeHtml = (s: string): string => s.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

interface Box {
  readonly lines: readonly string[];
  /** Block of the region; -1: out of it. */
  readonly block: number;
  readonly width: number;
  readonly height: number;
  x?: number;
  y?: number;
}

function box(lines: readonly string[], block: number): Box {
  const width = Math.max(...lines.map((l) => l.length)) * CHAR + 2 * PAD;
  return { lines, block, width, height: lines.length * LINE + 2 * PAD - 4 };
}

export function controlFlowSvg(r: DumpRegion): string {
  const g = new graphlib.Graph({ multigraph: true });
  g.setGraph({ rankdir: "TB", nodesep: 24, ranksep: 34, marginx: 8, marginy: 8 });
  g.setDefaultEdgeLabel(() => ({}));
  for (const b of r.blocks) {
    const title = b.name && b.name.length <= 40 ? `${b.name}  ${hex(b.pc)}` : hex(b.pc);
    const shown = b.asm.length > MOST ? b.asm.slice(0, MOST - 1) : b.asm;
    const cut = b.asm.length - shown.length;
    const text = shown.map((i) => (i.text.length > 44 ? `${i.text.slice(0, 43)}…` : i.text));
    g.setNode(`b${b.id}`, box([b.hits === null ? title : `${title}  ×${b.hits.toLocaleString("en-US")}`, ...text, ...(cut > 0 ? [`… ${cut} more`] : [])], b.id));
  }
  const kinds = new Map<string, string>();
  for (const b of r.blocks) {
    b.edges.forEach((e, k) => {
      const to = e.block === null ? `x${e.pc}` : `b${e.block}`;
      if (e.block === null && !g.hasNode(to)) g.setNode(to, box([`→ ${hex(e.pc)}`], -1));
      g.setEdge(`b${b.id}`, to, {}, `${k}`);
      kinds.set(`b${b.id}/${to}/${k}`, e.kind);
    });
    if (b.edges.length === 0 || b.end.startsWith("indirect")) {
      const to = `end${b.id}`;
      g.setNode(to, box([b.end.replace("indirect ", "")], -1));
      g.setEdge(`b${b.id}`, to, {}, "end");
      kinds.set(`b${b.id}/${to}/end`, "leave");
    }
  }
  layout(g as never);
  const { width = 0, height = 0 } = g.graph() as { width?: number; height?: number };
  const most = Math.max(1, ...r.blocks.map((b) => b.hits ?? 0));
  const heat = (id: number): number => (id < 0 ? 0 : (r.blocks[id]?.hits ?? 0) / most);
  const edges = g.edges().map((e: { v: string; w: string; name?: string }) => {
    const { points } = g.edge(e) as { points: { x: number; y: number }[] };
    const kind = kinds.get(`${e.v}/${e.w}/${e.name}`) ?? "jump";
    return `<path class="edge ${kind}" d="${curve(points)}" marker-end="url(#arrow-${kind})"/>`;
  });
  const nodes = g.nodes().map((n: string) => {
    const b = g.node(n) as unknown as Required<Box>;
    const x = b.x - b.width / 2, y = b.y - b.height / 2;
    const lines = b.lines.map((l, k) => `<text x="${(x + PAD).toFixed(1)}" y="${(y + PAD + 8 + k * LINE).toFixed(1)}"${k === 0 ? ' class="title"' : ""}>${escapeHtml(l)}</text>`);
    const fill = b.block >= 0 ? ` style="--heat:${(heat(b.block) * 100).toFixed(0)}%"` : "";
    return `<g class="${b.block < 0 ? "out" : "block"}"${b.block < 0 ? "" : ` data-block="${b.block}"`}${fill}><rect x="${x.toFixed(1)}" y="${y.toFixed(1)}" width="${b.width.toFixed(1)}" height="${b.height.toFixed(1)}" rx="4"/>${lines.join("")}</g>`;
  });
  const arrows = ["jump", "taken", "fallthrough", "return", "leave"].map((k) =>
    `<marker id="arrow-${k}" class="${k}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z"/></marker>`);
  return `<svg xmlns="http://www.w3.org/2000/svg" class="graph" width="${Math.ceil(width)}" height="${Math.ceil(height)}" viewBox="0 0 ${Math.ceil(width)} ${Math.ceil(height)}"><defs>${arrows.join("")}</defs>${edges.join("")}${nodes.join("")}</svg>`;
}

/** A smooth line through points. */
function curve(points: readonly { x: number; y: number }[]): string {
  const p = points.map(({ x, y }) => [x.toFixed(1), y.toFixed(1)] as const);
  if (p.length < 3) return `M${p.map((a) => a.join(" ")).join("L")}`;
  let d = `M${p[0]!.join(" ")}`;
  for (let i = 1; i < p.length - 1; i++) {
    const end = i === p.length - 2 ? points[i + 1]! : { x: (points[i]!.x + points[i + 1]!.x) / 2, y: (points[i]!.y + points[i + 1]!.y) / 2 };
    d += `Q${p[i]!.join(" ")} ${end.x.toFixed(1)} ${end.y.toFixed(1)}`;
  }
  return d;
}
