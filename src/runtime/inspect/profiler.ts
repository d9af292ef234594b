import type { CodeSource } from "../../frontend/block.js";
import { disassemble } from "../../frontend/disassemble.js";
import type { Translation, TranslationObserver } from "../../jit/cache.js";
import { compileEmitted, emitRegion, FUNCTION_HEAD } from "../../jit/compile.js";
import type { MemoryStrategy } from "../../jit/emit-memory.js";
import type { Region } from "../../jit/region.js";
import { CodeNames } from "./code-names.js";
import type { CodeImage, CodeMap } from "./images.js";
import type { Inspection } from "./inspection.js";
import { placeName } from "./symbols.js";

/** A block of guest code, as profiles name it. */
export interface ProfiledBlock {
  readonly pc: number;
  readonly mode: number;
  readonly role: number;
  /** "sieve+0x10", or the PC. */
  readonly name: string;
  /** "sieve", or "0x8049000" of code without symbols. */
  readonly fn: string;
  /** File that it is from. */
  readonly image: string;
}

/** Where in a region's JavaScript a line comes from. */
export interface ProfiledLine {
  readonly block: ProfiledBlock;
  /** Unsigned PC of the instruction. */
  readonly pc: number;
}

interface ProfiledRegion {
  /** By line of the script, from 0. */
  readonly lines: readonly (ProfiledLine | undefined)[];
  readonly entry: ProfiledLine;
}

/** What tier 0 did: instructions that it executed, by block. */
export interface InterpretedBlock {
  readonly block: ProfiledBlock;
  readonly instructions: number;
}

const URL = "lift86-region:";

/** Names compiled code so that a sampling profiler of the host's can tell guest instructions apart, and counts what tier 0 does. */
export class GuestProfiler {
  private readonly regions: ProfiledRegion[] = [];
  private readonly interpreted = new Map<string, { block: ProfiledBlock; instructions: number }>();
  private readonly living = new Map<Translation, { source: CodeSource; role: number; image: CodeImage | null }>();
  private readonly texts = new Map<ProfiledBlock, ReadonlyMap<number, string>>();
  private readonly bytes = new Map<ProfiledBlock, Uint8Array>();
  private codeMap: CodeMap | null = null;
  private names = new CodeNames(null);

  /** Where names come from: known once there is a system. */
  set code(code: CodeMap) {
    this.codeMap = code;
    this.names = new CodeNames(code);
  }

  readonly inspection: Inspection = {
    observe: (source, role): TranslationObserver => ({
      // the image is asked for now: when the translation goes its mapping may have gone before
      translated: (t) => void this.living.set(t, { source, role, image: this.codeMap?.imageAt(source, t.pc) ?? null }),
      dropped: (t) => this.retire(t),
    }),
    compile: (region, source, role, strategy) => this.compile(region, source, role, strategy),
  };

  private compile(region: Region, source: CodeSource, role: number, strategy?: MemoryStrategy): ReturnType<typeof compileEmitted> {
    const names = this.names.of(region, source);
    const emitted = emitRegion(region, { positions: "mark", name: names.identifier }, strategy);
    const blocks = region.nodes.map((n) => this.block(n.pc, region.mode, role, names.image));
    region.nodes.forEach((n, k) => this.keepBytes(n.block.pc, n.block.end, source, blocks[k]!));
    const entry = { block: blocks[0]!, pc: region.pc >>> 0 };
    const lines: (ProfiledLine | undefined)[] = [];
    for (const p of emitted.positions) {
      const line = p.line - 1 + FUNCTION_HEAD;
      // what stands first on the line; what is left of it is an operand
      if (lines[line] === undefined) lines[line] = p.pc === null ? entry : { block: blocks[p.node]!, pc: p.pc };
    }
    this.regions.push({ lines, entry });
    return compileEmitted(emitted, `//# sourceURL=${URL}${this.regions.length - 1}`);
  }

  private block(pc: number, mode: number, role: number, image: CodeImage | null): ProfiledBlock {
    const place = image?.symbols.at(pc) ?? null;
    const address = `0x${(pc >>> 0).toString(16)}`;
    return { pc: pc >>> 0, mode, role, name: place ? placeName(place) : address, fn: place ? place.symbol.name : address, image: image?.name ?? "" };
  }

  private keepBytes(start: number, end: number, source: CodeSource, block: ProfiledBlock): void {
    if (this.bytes.has(block)) return;
    const bytes = new Uint8Array((end - start) >>> 0);
    this.bytes.set(block, bytes.subarray(0, source.fetch(start, bytes, bytes.length)));
  }

  private retire(t: Translation): void {
    const of = this.living.get(t);
    this.living.delete(t);
    if (!of || t.count === 0) return;
    this.addInterpreted(this.block(t.pc, t.mode, of.role, of.image), t.count * t.block.count);
  }

  private addInterpreted(block: ProfiledBlock, instructions: number): void {
    const k = `${block.image} ${block.name} ${block.pc} ${block.mode}`;
    const known = this.interpreted.get(k);
    if (known) known.instructions += instructions;
    else this.interpreted.set(k, { block, instructions });
  }

  /** The run is over: what tier 0 did, most first. */
  tier0(): InterpretedBlock[] {
    for (const t of [...this.living.keys()]) this.retire(t);
    return [...this.interpreted.values()].sort((a, b) => b.instructions - a.instructions);
  }

  /** Where a line (from 0) of a script comes from; null: the script is no region. */
  lineOf(url: string, line: number): ProfiledLine | null {
    if (!url.startsWith(URL)) return null;
    const region = this.regions[Number(url.slice(URL.length))];
    return region ? (region.lines[line] ?? region.entry) : null;
  }

  /** Assembly of an instruction in a region. Only what was sampled is asked for, so it is disassembled now. */
  textOf({ block, pc }: ProfiledLine): string {
    let texts = this.texts.get(block);
    if (!texts) {
      texts = new Map(disassemble(this.bytes.get(block) ?? new Uint8Array(0), block.pc | 0, block.mode).map((i) => [i.pc >>> 0, i.text]));
      this.texts.set(block, texts);
    }
    return texts.get(pc) ?? "";
  }
}
