import { type CodeSource, liftBlock } from "../../frontend/block.js";
import type { Syntax } from "../../frontend/disassemble.js";
import { GuestFault, PfCode, Vector } from "../../ir/memory.js";
import { compileEmitted, emitRegion } from "../../jit/compile.js";
import type { MemoryStrategy } from "../../jit/emit-memory.js";
import type { Region, RegionNode } from "../../jit/region.js";
import { RegionCapture, type Translated } from "./capture.js";
import type { CodeMap } from "./images.js";
import type { Inspection } from "./inspection.js";
import type { SymbolTable } from "./symbols.js";

/** A region that was compiled in a run, so that all its stages can be made later. */
interface Kept {
  readonly region: Region;
  readonly source: CodeSource;
  readonly symbols: SymbolTable | null;
  readonly image: string | null;
  readonly role: number;
  readonly strategy: MemoryStrategy | undefined;
  readonly hits: Float64Array;
}

export interface CapturedRegion {
  /** Guest instructions that it executed. */
  readonly instructions: number;
  /** File that the code is from. */
  readonly image: string | null;
  readonly pc: number;
  /** What its translation is filed under, with the PC. */
  readonly role: number;
  readonly mode: number;
  readonly blocks: readonly { readonly pc: number; readonly size: number; readonly name: string | null }[];
  /** All stages, with executions of each block. Of the region as it was grown in the run; its code without the counting. */
  translated(syntax: Syntax, comments: boolean): Translated;
}

/** Keeps what a run compiles, counting executions of each block in the code itself (which then takes about a tenth longer). */
export class RunCapture {
  private readonly kept: Kept[] = [];
  private readonly hits: Float64Array[] = [];
  /** Where names come from: known once there is a system. */
  code: CodeMap | null = null;

  readonly inspection: Inspection = {
    hits: this.hits,
    compile: (region, source, role, strategy) => {
      const hits = new Float64Array(region.nodes.length);
      const image = this.code?.imageAt(source, region.pc) ?? null;
      this.kept.push({ region: copyRegion(region, source), source: snapshot(region, source), symbols: image?.symbols ?? null, image: image?.name ?? null, role, strategy, hits });
      this.hits.push(hits);
      return compileEmitted(emitRegion(region, { positions: "mark", hits: this.hits.length - 1 }, strategy));
    },
  };

  /** Symbols of all images that regions come from, those first that most come from. */
  get symbols(): SymbolTable[] {
    const counts = new Map<SymbolTable, number>();
    for (const k of this.kept) if (k.symbols) counts.set(k.symbols, (counts.get(k.symbols) ?? 0) + 1);
    return [...counts].sort((a, b) => b[1] - a[1]).map(([table]) => table);
  }

  /** What was compiled, in that order. */
  regions(): CapturedRegion[] {
    return this.kept.map((k) => ({
      instructions: k.region.nodes.reduce((n, x) => n + k.hits[x.id]! * x.block.count, 0),
      image: k.image,
      pc: k.region.pc >>> 0,
      role: k.role,
      mode: k.region.mode,
      blocks: k.region.nodes.map((n) => ({ pc: n.pc >>> 0, size: (n.block.end - n.block.pc) >>> 0, name: k.symbols?.at(n.pc)?.symbol.name ?? null })),
      translated: (syntax, comments) => {
        // the passes change it: each time a copy
        const region = copyRegion(k.region, k.source);
        const capture = new RegionCapture(region, k.source, { syntax, comments, symbols: k.symbols, role: k.role });
        return capture.finish(emitRegion(region, capture.view, k.strategy), k.hits);
      },
    }));
  }
}

/** The same region as if it had just been grown. */
function copyRegion(region: Region, source: CodeSource): Region {
  const copies = new Map<RegionNode, RegionNode>();
  for (const n of region.nodes) {
    const block = liftBlock(source, n.pc, region.mode);
    copies.set(n, { id: n.id, pc: n.pc, block, taken: null, fallthrough: null, expected: [] });
  }
  for (const [n, c] of copies) {
    c.taken = n.taken ? copies.get(n.taken)! : null;
    c.fallthrough = n.fallthrough ? copies.get(n.fallthrough)! : null;
    c.expected.push(...n.expected.map((e) => copies.get(e)!));
  }
  return { ...region, nodes: [...copies.values()] };
}

/** The bytes of a region's blocks, which the guest may change later. Some more at each block's end, as decoding looks ahead. */
function snapshot(region: Region, source: CodeSource): CodeSource {
  const blocks = new Map<number, Uint8Array>();
  for (const n of region.nodes) {
    const bytes = new Uint8Array(((n.block.end - n.block.pc) >>> 0) + 16);
    blocks.set(n.pc, bytes.subarray(0, source.fetch(n.pc, bytes, bytes.length)));
  }
  return {
    fetch(addr, into, max) {
      const bytes = blocks.get(addr)?.subarray(0, max);
      if (!bytes) return 0;
      into.set(bytes);
      return bytes.length;
    },
    fetchFault: (addr) => new GuestFault(Vector.PF, PfCode.I | PfCode.U, addr),
  };
}
