import type { Block } from "../ir/inst.js";
import { Vector } from "../ir/memory.js";
import { type CompiledRegion, compileEmitted, type EmittedCode } from "../jit/compile.js";
import type { AssembledRegion } from "../jit/wasm/assembled-region.js";
import type { Reliance } from "../jit/settled-pages.js";
import { PAGE_SHIFT, Perm } from "../mmu/perm.js";
import type { UserMemory } from "../mmu/user-memory.js";
import { Generations } from "./generations.js";
import { ArchiveWriter, emittedOf, modeOf, pcOf, type RegionText, textOf, type TranslationArchive, translationKey } from "./translation-archive.js";

/**
 * Translations by what they were made of: processes that run the same code at the same address (forks, and every start of the same program and
 * libraries) share lifted blocks and compiled regions, as do later runs, by way of an archive. An entry is used only where the memory holds its very bytes, executable.
 */

export interface StoredBlock {
  readonly block: Block;
  readonly bytes: Uint8Array;
  /** Times it ran in tier 0 in processes that have ended, and how many of these there were. */
  count: number;
  lives: number;
  /** Where it is in the archive, if it comes from there. */
  readonly place?: number;
}

/**
 * Runs in a process that make it worth while to compile what many processes run: each of them has to bind the region, which takes as long as some
 * runs in tier 0. (A start of a dynamic program is thousands of blocks that run once or twice.)
 */
const WORTH_BINDING = 16;

/** The count that a block has from other processes, when a new one begins to run it. */
export function inheritedCount(s: StoredBlock): number {
  return s.count >= s.lives * WORTH_BINDING ? s.count : 0;
}

/** What a region is known by, and made from. */
interface RegionOrigin {
  /** The guest bytes it was made from: [start, end) pairs, and what is there. */
  readonly ranges: readonly number[];
  readonly bytes: readonly Uint8Array[];
  readonly truncated: boolean;
  /** What it is made of (`shapeOf`). */
  readonly shape: number;
}

export class StoredRegion implements RegionOrigin {
  readonly ranges: readonly number[];
  readonly bytes: readonly Uint8Array[];
  readonly truncated: boolean;
  readonly shape: number;
  /** Characters of JavaScript, or bytes of WebAssembly. */
  readonly size: number;
  private made: CompiledRegion | null;

  /** Assembled, compiled, or a text to be compiled when that is first asked for; both of these where archives are written. */
  constructor(origin: RegionOrigin, readonly assembled: AssembledRegion | null, compiled: CompiledRegion | null, readonly text: RegionText | null) {
    ({ ranges: this.ranges, bytes: this.bytes, truncated: this.truncated, shape: this.shape } = origin);
    this.made = compiled;
    this.size = assembled?.bytes.length ?? compiled?.size ?? text!.code.length;
  }

  get compiled(): CompiledRegion {
    return (this.made ??= compileEmitted(emittedOf(this.text!)));
  }

  /** Pages whose rights are built in. */
  get reliances(): readonly Reliance[] {
    return (this.assembled ?? this.made ?? this.text!).reliances;
  }
}

/** Different code at the same address that is remembered: that many programs. */
const WAYS = 6;
/** An archive is written anew when there is this part of it that it did not have. */
const WORTH_WRITING = 1 / 64;

/** Bytes of an archive up to which it takes over what a run did not need. */
const MOST_KEPT = 128 << 20;

export class TranslationStore {
  private readonly blocks: Generations<StoredBlock>;
  private readonly regions: Generations<StoredRegion>;
  /** Blocks and regions that no archive had. */
  private news = 0;

  constructor(
    /** What earlier runs left. */
    private readonly archive: TranslationArchive | null = null,
    /** `toArchive` will be called. */
    private readonly keeps = false,
    /** Most IR instructions in blocks (at some 150 bytes each), and most bytes of JavaScript. */
    limits = { insts: 1_500_000, bytes: 96 << 20 },
  ) {
    this.blocks = new Generations(limits.insts, (b) => b.block.insts.length);
    this.regions = new Generations(limits.bytes, (r) => r.size);
  }

  block(memory: UserMemory, pc: number, mode: number): StoredBlock | null {
    const list = this.blocksOf(translationKey(pc, mode));
    if (list) for (const s of list) if (matches(memory, pc, s.bytes)) return s;
    return null;
  }

  addBlock(memory: UserMemory, mode: number, block: Block): StoredBlock | null {
    const { term, pc, end } = block;
    // What does not decode depends on more bytes than the block's.
    if (term.kind === "trap" && (term.vector === Vector.UD || term.vector === Vector.GP)) return null;
    if (pc >>> 0 >= end >>> 0) return null;
    const stored = { block, bytes: memory.bytes.slice(pc >>> 0, end >>> 0), count: 0, lives: 0 };
    const key = translationKey(pc, mode);
    this.blocks.set(key, inFront(stored, this.blocks.get(key)));
    this.news++;
    return stored;
  }

  region(memory: UserMemory, pc: number, mode: number): StoredRegion | null {
    const list = this.regionsOf(translationKey(pc, mode));
    if (list) for (const s of list) if (holds(memory, s.ranges, s.bytes)) return s;
    return null;
  }

  /** A region, assembled or compiled; `emitted`: what it was compiled from, null: it is no code for other runs. */
  addRegion(memory: UserMemory, pc: number, mode: number, origin: RegionOrigin, code: { assembled: AssembledRegion } | { compiled: CompiledRegion; emitted: EmittedCode | null }): void {
    const key = translationKey(pc, mode);
    // One made of the same code has had its day: what replaces it has grown by more experience.
    const others = (this.regionsOf(key) ?? []).filter((o) => !holds(memory, o.ranges, o.bytes));
    const region = "assembled" in code ? new StoredRegion(origin, code.assembled, null, null) : new StoredRegion(origin, null, code.compiled, code.emitted && this.keeps ? textOf(code.emitted) : null);
    this.regions.set(key, inFront(region, others));
    this.news++;
  }

  /** What it holds, and what was in the archive that it began with, as the bytes of a new one; null: there is next to nothing new. */
  toArchive(build: string): Uint8Array | null {
    if (!this.keeps) return null;
    const { archive, blocks, regions } = this;
    const left = archive?.left ?? { blocks: 0, regions: 0 };
    if (this.news < (blocks.size + regions.size + left.blocks + left.regions) * WORTH_WRITING || this.news === 0) return null;
    const out = new ArchiveWriter(build);
    for (const [key, list] of blocks) {
      for (const b of list) {
        if (b.place !== undefined) out.blockAgain(archive!.wordsAt(b.place), b);
        else out.block(modeOf(key), b);
      }
    }
    if (archive) for (const words of archive.restOfBlocks()) if (out.size < MOST_KEPT) out.blockAgain(words);
    for (const [key, list] of regions) for (const r of list) if (r.assembled || r.text) out.region(modeOf(key), pcOf(key), r);
    if (archive) for (const words of archive.restOfRegions()) if (out.size < MOST_KEPT) out.regionAgain(words);
    return out.finish();
  }

  private blocksOf(key: number): readonly StoredBlock[] | undefined {
    const kept = this.archive?.takeBlocks(key) ?? [];
    if (kept.length > 0) this.blocks.set(key, inFront(kept, this.blocks.get(key)));
    return this.blocks.get(key);
  }

  private regionsOf(key: number): readonly StoredRegion[] | undefined {
    const kept = this.archive?.takeRegions(key) ?? [];
    if (kept.length > 0) this.regions.set(key, inFront(kept.map((r) => new StoredRegion(r, r.assembled, null, r.text)), this.regions.get(key)));
    return this.regions.get(key);
  }
}

/** The bytes of ranges: [start, end) pairs. */
export function bytesOf(memory: UserMemory, ranges: readonly number[]): Uint8Array[] {
  const bytes: Uint8Array[] = [];
  for (let i = 0; i < ranges.length; i += 2) bytes.push(memory.bytes.slice(ranges[i]! >>> 0, ranges[i + 1]! >>> 0));
  return bytes;
}

/** Whether those are there, executable. */
export function holds(memory: UserMemory, ranges: readonly number[], bytes: readonly Uint8Array[]): boolean {
  return bytes.every((b, i) => matches(memory, ranges[i * 2]!, b));
}

/** The oldest of too many goes. */
function inFront<T>(entries: T | readonly T[], list: readonly T[] = []): readonly T[] {
  return ([] as readonly T[]).concat(entries, list).slice(0, WAYS);
}

function matches(memory: UserMemory, pc: number, bytes: Uint8Array): boolean {
  const start = pc >>> 0, last = start + bytes.length - 1;
  const { perms } = memory;
  for (let page = start >>> PAGE_SHIFT; page <= last >>> PAGE_SHIFT; page++) if (!(perms[page]! & Perm.EXEC)) return false;
  const m = memory.bytes;
  for (let i = 0; i < bytes.length; i++) if (m[start + i] !== bytes[i]) return false;
  return true;
}
