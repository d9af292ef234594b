import type { CodeSource } from "../../frontend/block.js";
import { disassemble, type DisassembledInsn, type Syntax } from "../../frontend/disassemble.js";
import { modeName } from "../../frontend/mode.js";
import { Exit } from "../../ir/exit.js";
import type { Terminator } from "../../ir/inst.js";
import { printBlock } from "../../ir/text.js";
import type { EmittedCode } from "../../jit/compile.js";
import { factoryNames } from "../../jit/emit-region.js";
import { sourceName } from "../../jit/local-constants.js";
import type { RegionView } from "../../jit/positions.js";
import type { Region, RegionNode } from "../../jit/region.js";
import { reversePostorder } from "../../jit/structure.js";
import { roleName } from "../../mmu/role.js";
import { asmLine, type Listing, makeListing } from "./listing.js";
import { sourceMap, type SourceMapV3 } from "./source-map.js";
import { placeName, type SymbolTable } from "./symbols.js";

/** One guest instruction of a block in all its stages. */
export interface TranslatedInsn extends DisassembledInsn {
  /** Lines of IR as lifted, and as they are after the passes. */
  readonly ir: readonly string[];
  readonly opt: readonly string[];
  /** Numbers (from 1) of the lines of the region's JavaScript that come from it. */
  readonly js: readonly number[];
}

/** Where a block goes on: another block of the region, or out of it (`block` null). */
export interface BlockEdge {
  readonly kind: "jump" | "taken" | "fallthrough" | "return";
  /** PC, unsigned. */
  readonly pc: number;
  readonly block: number | null;
}

/** One block of a translated region in all its stages. The same guest block may be there more than once, inlined into different callers. */
export interface TranslatedBlock {
  readonly id: number;
  readonly pc: number;
  readonly size: number;
  /** "main+0x12", if there are symbols. */
  readonly name: string | null;
  readonly asm: readonly DisassembledInsn[];
  /** IR as lifted, and as it is after the passes. */
  readonly ir: string;
  readonly opt: string;
  /** IR after each pass, in their order. */
  readonly passes: readonly { readonly name: string; readonly ir: string }[];
  readonly insns: readonly TranslatedInsn[];
  readonly edges: readonly BlockEdge[];
  /** How it ends: "jump", "branch", "indirect call", "indirect ret", "exit", "exit unsupported" (its last instruction is not lifted in 64-bit code), "trap". */
  readonly end: string;
  /** Executions, where they were counted. */
  readonly hits: number | null;
}

export interface Translated {
  readonly pc: number;
  readonly mode: number;
  /** MMU role it is filed under. */
  readonly role: number;
  /** "main+0x12", if there are symbols. */
  readonly name: string | null;
  readonly blocks: readonly TranslatedBlock[];
  /** JavaScript of the region: the body of a factory of its function, and the factory's parameters. */
  readonly js: string;
  readonly parameters: readonly string[];
  /** Lines of it (from 1) that belong to the region as a whole: entry and exit. */
  readonly frame: readonly number[];
  /** Disassembly in order of address, which the source map leads to. */
  readonly listing: string;
  readonly map: SourceMapV3;
}

export interface CaptureOptions {
  readonly syntax?: Syntax;
  readonly symbols?: SymbolTable | null;
  readonly role: number;
  /** The JavaScript has a comment line where a guest instruction begins. */
  readonly comments?: boolean;
}

/** The key of a translation spelled out. */
export function keyText(t: Pick<Translated, "pc" | "mode" | "role">): string {
  return `role ${roleName(t.role)}, mode ${modeName(t.mode)}, pc 0x${(t.pc >>> 0).toString(16)}`;
}

/** A name for files and functions: the symbol, or the PC. */
export function regionName(t: Pick<Translated, "pc" | "name">): string {
  return t.name ?? `0x${(t.pc >>> 0).toString(16)}`;
}

interface Lifted {
  readonly node: RegionNode;
  readonly pc: number;
  readonly size: number;
  readonly asm: DisassembledInsn[];
  readonly ir: string;
  readonly passes: { name: string; ir: string }[];
}

/** Follows a region through passes and emission: made before, finished after. */
export class RegionCapture {
  private readonly lifted = new Map<RegionNode, Lifted>();
  private readonly comments = new Map<number, string>();
  readonly view: RegionView;

  constructor(
    private readonly region: Region,
    source: CodeSource,
    private readonly options: CaptureOptions,
    view: Partial<RegionView> = {},
  ) {
    for (const node of region.nodes) {
      const { pc, end } = node.block;
      const bytes = new Uint8Array(((end - pc) >>> 0) + 16);
      const n = source.fetch(pc, bytes, (end - pc) >>> 0);
      const asm = disassemble(bytes.subarray(0, n), pc, region.mode, options.syntax ?? "intel");
      this.lifted.set(node, { node, pc, size: (end - pc) >>> 0, asm, ir: printBlock(node.block), passes: [] });
      for (const i of asm) this.comments.set(i.pc >>> 0, asmLine(i).replace(/  +/g, "  "));
    }
    region.trace = (pass, node) => void this.lifted.get(node)!.passes.push({ name: pass, ir: printBlock(node.block) });
    this.view = {
      positions: "mark",
      ...(options.comments ? { comment: (pc: number) => this.comments.get(pc) ?? `0x${pc.toString(16)}` } : {}),
      ...view,
    };
  }

  private nameOf(pc: number): string | null {
    const place = this.options.symbols?.at(pc);
    return place ? placeName(place) : null;
  }

  /** Blocks that the passes left a way to, numbered in their order: where a condition turned out to be constant the others are not in the JavaScript either. */
  private reached(): Map<RegionNode, number> {
    const reached = new Set(reversePostorder(this.region.nodes[0]!));
    return new Map(this.region.nodes.filter((n) => reached.has(n)).map((n, k) => [n, k]));
  }

  /** `hits`: executions by node. */
  finish(emitted: EmittedCode, hits: ArrayLike<number> | null = null): Translated {
    const { region } = this;
    const name = this.nameOf(region.pc);
    const key = { pc: region.pc, mode: region.mode, role: this.options.role, name };
    const ids = this.reached();
    const lifted = [...ids.keys()].map((n) => this.lifted.get(n)!);
    const listing = this.listing(lifted, `${regionName(key)}: ${keyText(key)}`);
    const jsLines = linesByInsn(emitted);
    const file = { name: `${fileName(regionName(key))}.asm`, listing };
    return {
      ...key,
      blocks: lifted.map((l) => this.block(l, ids, jsLines, hits ? hits[l.node.id]! : null)),
      js: emitted.code,
      parameters: factoryNames(emitted.parameters, emitted.libraries).map(sourceName),
      frame: jsLines.get("-1") ?? [],
      listing: listing.text,
      map: sourceMap(`${fileName(regionName(key))}.js`, emitted.positions, file, () => file),
    };
  }

  private listing(lifted: readonly Lifted[], title: string): Listing {
    return makeListing(title, lifted.flatMap((l) => l.asm), (pc) => {
      const place = this.options.symbols?.at(pc);
      return place?.offset === 0 ? place.symbol.name : null;
    });
  }

  private block(l: Lifted, ids: ReadonlyMap<RegionNode, number>, js: ReadonlyMap<string, number[]>, hits: number | null): TranslatedBlock {
    const opt = printBlock(l.node.block);
    const ir = byInsn(l.ir), after = byInsn(opt);
    const insns = l.asm.map((i) => {
      const pc = i.pc >>> 0;
      return { ...i, ir: ir.get(pc) ?? [], opt: after.get(pc) ?? [], js: js.get(`${l.node.id}:${pc}`) ?? [] };
    });
    const t = l.node.block.term;
    return {
      id: ids.get(l.node)!, pc: l.pc, size: l.size, name: this.nameOf(l.pc), asm: l.asm, ir: l.ir, opt, passes: l.passes, insns, hits,
      edges: edgesOf(l.node, ids), end: endOf(t),
    };
  }
}

/** A file's name from a region's: what file systems and URLs take. */
export function fileName(name: string): string {
  return name.replace(/[^A-Za-z0-9_.+@-]/g, "_").slice(0, 120);
}

/** IR lines of each instruction, by unsigned PC; what stands before the first belongs to it. */
function byInsn(text: string): Map<number, string[]> {
  const out = new Map<number, string[]>();
  let current: string[] = [];
  let first = true;
  for (const line of text.trimEnd().split("\n").slice(1)) {
    const m = /^ *insn (0x[0-9a-f]+)/.exec(line);
    if (!m) {
      current.push(line.trim());
      continue;
    }
    const pc = Number(m[1]);
    if (!first) current = [];
    first = false;
    const known = out.get(pc);
    if (known) current = known;
    else out.set(pc, current);
  }
  return out;
}

/** Lines of the code by "node:pc" of what stands first on them, and by "-1" for the region's own. */
function linesByInsn(emitted: EmittedCode): Map<string, number[]> {
  const out = new Map<string, number[]>();
  for (const p of emitted.positions) {
    if (p.column !== 0) continue;
    const key = p.pc === null ? "-1" : `${p.node}:${p.pc}`;
    const list = out.get(key);
    if (list) list.push(p.line);
    else out.set(key, [p.line]);
  }
  return out;
}

function endOf(t: Terminator): string {
  if (t.kind === "exit" && t.reason === Exit.unsupported) return "exit unsupported";
  return "hint" in t && t.hint ? `${t.kind} ${t.hint}` : t.kind;
}

function edgesOf(n: RegionNode, ids: ReadonlyMap<RegionNode, number>): BlockEdge[] {
  const t = n.block.term;
  const edge = (kind: BlockEdge["kind"], pc: number, to: RegionNode | null): BlockEdge => ({ kind, pc: pc >>> 0, block: to ? ids.get(to) ?? null : null });
  switch (t.kind) {
    case "jump": return [edge("jump", t.target, n.taken)];
    case "branch": return [edge("taken", t.taken, n.taken), edge("fallthrough", t.fallthrough, n.fallthrough)];
    case "indirect": return n.expected.map((to) => edge("return", to.pc, to));
    default: return [];
  }
}
