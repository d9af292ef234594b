import { MODE_LIMIT } from "../frontend/mode.js";
import { allOps, findOp, type Op } from "../ir/op.js";
import { decodeBlock, encodeBlock } from "../ir/words.js";
import type { EmittedCode } from "../jit/compile.js";
import type { AssembledRegion } from "../jit/wasm/assembled-region.js";
import type { Import, Place } from "../jit/wasm/expression-assembler.js";
import { keyOf } from "../jit/wasm/module.js";
import { HOT } from "./region-builder.js";
import type { StoredBlock, StoredRegion } from "./translation-store.js";

/**
 * Translations as bytes, to be kept from run to run. Reading only finds out where each is; what a run needs is taken apart when it is first looked up, and what it does not need is
 * copied into the next archive as it is.
 *
 * In 32-bit words of the host's byte order: MAGIC, FORMAT, a checksum of what follows, length of the head in bytes, number of blocks, number of regions; the head, JSON
 * ({@link Head}); blocks; regions. Bytes fill up whole words.
 *   block: its length in words, mode, pc, executions (below), number of guest bytes; these; what words.ts writes.
 *   region: its length in words, mode, pc, number of bytes of its description, of its code, of the guest's; these: JSON ({@link Description}), WebAssembly or JavaScript in UTF-8, all ranges.
 */

interface Head {
  /** What wrote it. Translations of any other build are of no use. */
  readonly build: string;
  /** Names of the ops, by the numbers that blocks have for them. */
  readonly ops: readonly string[];
}

/** A region's JavaScript with what it takes to compile it: EmittedCode without positions, its text as UTF-8, which takes a fraction of what astring's strings do. */
export interface RegionText extends Omit<EmittedCode, "code" | "positions"> {
  readonly code: Uint8Array;
}

interface Origin extends Pick<StoredRegion, "ranges" | "truncated" | "shape"> {}

type Description = Origin & (
  | { readonly text: Omit<RegionText, "code" | "libraries"> & { /** Names of the library ops. */ readonly libraries: readonly string[] } }
  | { readonly assembled: Pick<AssembledRegion, "valid" | "links" | "reliances" | "asks"> & { readonly imports: readonly ArchivedImport[]; /** Numbers of imports. */ readonly calls: ReadonlyArray<Place<number>> } }
);

/** With the name of the op. */
type ArchivedImport = Omit<Import, "op"> & { readonly op: string | null };

export interface ArchivedBlock extends Pick<StoredBlock, "block" | "bytes" | "count" | "lives"> {
  /** Where it is in the archive that it comes from. */
  readonly place: number;
}

/** One of both is there. */
export interface ArchivedRegion extends Origin, Pick<StoredRegion, "bytes"> {
  readonly text: RegionText | null;
  readonly assembled: AssembledRegion | null;
}

const MAGIC = 0x5436384c, FORMAT = 2;
const WORDS_BEFORE = 6, BLOCK_HEAD = 5, REGION_HEAD = 6;
const utf8 = new TextEncoder(), text = new TextDecoder();

/** Key of a translation. */
export function translationKey(pc: number, mode: number): number {
  return (pc >>> 0) * MODE_LIMIT + mode; // below 2^52, so exact
}

export function modeOf(key: number): number {
  return key % MODE_LIMIT;
}

export function pcOf(key: number): number {
  return Math.floor(key / MODE_LIMIT) | 0;
}

export function textOf({ code, positions: _, ...rest }: EmittedCode): RegionText {
  return { ...rest, code: utf8.encode(code) };
}

export function emittedOf(region: RegionText): EmittedCode {
  return { ...region, code: text.decode(region.code), positions: [] };
}

function aboutText({ code: _, libraries, ...rest }: RegionText): Extract<Description, { text: unknown }>["text"] {
  return { ...rest, libraries: libraries.map((op) => op.name) };
}

function textFrom({ libraries, ...rest }: Extract<Description, { text: unknown }>["text"], code: Uint8Array): RegionText {
  return { ...rest, libraries: libraries.map((name) => findOp(name)!), code };
}

type AboutAssembled = Extract<Description, { assembled: unknown }>["assembled"];

function aboutAssembled({ valid, links, reliances, asks, calls }: AssembledRegion): AboutAssembled {
  const imports: ArchivedImport[] = [], numbers = new Map<string, number>();
  const numbered = calls.map(([at, i]): Place<number> => {
    const key = keyOf(i);
    let number = numbers.get(key);
    if (number === undefined) numbers.set(key, (number = imports.push({ ...i, op: i.op?.name ?? null }) - 1));
    return [at, number];
  });
  return { valid, links, reliances, asks, imports, calls: numbered };
}

function assembledFrom({ imports, calls, ...rest }: AboutAssembled, pc: number, mode: number, bytes: Uint8Array): AssembledRegion {
  const known = imports.map((i): Import => ({ ...i, op: i.op === null ? null : findOp(i.op)! }));
  return { ...rest, pc, mode, bytes, calls: calls.map(([at, k]): Place<Import> => [at, known[k]!]), home: null };
}

/** Ops by number: by name, so that numbers do not depend on the order in which modules are loaded. */
function numberedOps(): Op[] {
  return [...allOps()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

export class TranslationArchive {
  /** Where those with a key begin, in words. */
  private readonly blocks = new Places();
  private readonly regions = new Places();

  private constructor(private readonly words: Int32Array, private readonly ops: readonly Op[], start: number, blocks: number, regions: number) {
    let at = start;
    for (let i = 0; i < blocks; i++, at += words[at]!) this.blocks.add(translationKey(words[at + 2]!, words[at + 1]!), at);
    for (let i = 0; i < regions; i++, at += words[at]!) this.regions.add(translationKey(words[at + 2]!, words[at + 1]!), at);
  }

  /** Null: these are not the bytes of an archive, or not of this build's. */
  static read(bytes: Uint8Array, build: string): TranslationArchive | null {
    if (bytes.length < WORDS_BEFORE * 4 || bytes.length % 4 !== 0) return null;
    const words = bytes.byteOffset % 4 === 0 ? new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2) : new Int32Array(bytes.slice().buffer);
    if (words[0] !== MAGIC || words[1] !== FORMAT || words[2] !== checksum(words, 3)) return null;
    const head = JSON.parse(text.decode(bytesAt(words, WORDS_BEFORE, words[3]!))) as Head;
    const ops = numberedOps();
    if (head.build !== build || head.ops.length !== ops.length || !ops.every((op, i) => op.name === head.ops[i])) return null;
    return new TranslationArchive(words, ops, WORDS_BEFORE + wordsOf(words[3]!), words[4]!, words[5]!);
  }

  /** How many blocks and regions it has that were not taken. */
  get left(): { blocks: number; regions: number } {
    return { blocks: this.blocks.size, regions: this.regions.size };
  }

  /** The blocks with a key, in the order in which they were written. They are not asked for again. */
  takeBlocks(key: number): ArchivedBlock[] {
    return this.blocks.take(key).map((place) => {
      const { words } = this, runs = words[place + 3]!, length = words[place + 4]!, at = place + BLOCK_HEAD;
      const block = decodeBlock(words, at + wordsOf(length), this.ops);
      return { block, bytes: bytesAt(words, at, length), count: runs, lives: runs > 0 ? 1 : 0, place };
    });
  }

  takeRegions(key: number): ArchivedRegion[] {
    return this.regions.take(key).map((place) => {
      const { words } = this, about = words[place + 3]!, code = words[place + 4]!;
      let at = place + REGION_HEAD;
      const description = JSON.parse(text.decode(bytesAt(words, at, about))) as Description, { ranges, truncated, shape } = description;
      at += wordsOf(about);
      const bytesOfCode = bytesAt(words, at, code), region = "text" in description ? textFrom(description.text, bytesOfCode) : null;
      const assembled = "assembled" in description ? assembledFrom(description.assembled, words[place + 2]!, words[place + 1]!, bytesOfCode) : null;
      at += wordsOf(code);
      const guest = bytesAt(words, at, words[place + 5]!), bytes: Uint8Array[] = [];
      for (let i = 0, offset = 0; i < ranges.length; i += 2) {
        const length = (ranges[i + 1]! - ranges[i]!) >>> 0;
        bytes.push(guest.subarray(offset, offset + length));
        offset += length;
      }
      return { text: region, assembled, ranges, truncated, shape, bytes };
    });
  }

  /** The words of a block or region. */
  wordsAt(place: number): Int32Array {
    return this.words.subarray(place, place + this.words[place]!);
  }

  *restOfBlocks(): Generator<Int32Array> {
    for (const place of this.blocks.all()) yield this.wordsAt(place);
  }

  *restOfRegions(): Generator<Int32Array> {
    for (const place of this.regions.all()) yield this.wordsAt(place);
  }
}

/** Puts an archive's bytes together: blocks first, then regions. */
export class ArchiveWriter {
  private words = new Int32Array(1 << 16);
  private length = 0;
  private blocks = 0;
  private regions = 0;
  private readonly numbers: Map<Op, number>;
  private readonly number = (op: Op): number => this.numbers.get(op)!;
  private readonly body: number[] = [];

  constructor(build: string) {
    const ops = numberedOps();
    this.numbers = new Map(ops.map((op, i) => [op, i]));
    const head: Head = { build, ops: ops.map((op) => op.name) };
    const bytes = utf8.encode(JSON.stringify(head));
    this.all([MAGIC, FORMAT, 0, bytes.length, 0, 0]);
    this.bytes(bytes);
  }

  block(mode: number, { block, bytes, count, lives }: Pick<StoredBlock, "block" | "bytes" | "count" | "lives">): void {
    const { body } = this;
    body.length = 0;
    encodeBlock(block, this.number, body);
    this.all([BLOCK_HEAD + wordsOf(bytes.length) + body.length, mode, block.pc, executions(count, lives), bytes.length]);
    this.bytes(bytes);
    this.all(body);
    this.blocks++;
  }

  /** A block as another archive has it, with other counts if there are any. */
  blockAgain(words: Int32Array, counts?: Pick<StoredBlock, "count" | "lives">): void {
    const at = this.copy(words);
    if (counts && counts.lives > 0) this.words[at + 3] = executions(counts.count, counts.lives);
    this.blocks++;
  }

  region(mode: number, pc: number, { text: source, assembled, ranges, truncated, shape, bytes }: ArchivedRegion): void {
    const origin = { ranges, truncated, shape }, code = assembled?.bytes ?? source!.code;
    const description: Description = assembled ? { ...origin, assembled: aboutAssembled(assembled) } : { ...origin, text: aboutText(source!) };
    const about = utf8.encode(JSON.stringify(description)), guest = lengthOf(bytes);
    this.all([REGION_HEAD + wordsOf(about.length) + wordsOf(code.length) + wordsOf(guest), mode, pc, about.length, code.length, guest]);
    this.bytes(about);
    this.bytes(code);
    this.bytes(...bytes);
    this.regions++;
  }

  regionAgain(words: Int32Array): void {
    this.copy(words);
    this.regions++;
  }

  /** Bytes so far. */
  get size(): number {
    return this.length * 4;
  }

  finish(): Uint8Array {
    const words = this.words.subarray(0, this.length);
    words[4] = this.blocks;
    words[5] = this.regions;
    words[2] = checksum(words, 3);
    return new Uint8Array(words.buffer, 0, words.length * 4);
  }

  private all(words: readonly number[]): void {
    const at = this.room(words.length), to = this.words;
    for (let i = 0; i < words.length; i++) to[at + i] = words[i]!;
  }

  private copy(words: Int32Array): number {
    const at = this.room(words.length);
    this.words.set(words, at);
    return at;
  }

  /** Bytes of all parts, one after the other, in whole words. */
  private bytes(...parts: readonly Uint8Array[]): void {
    let at = this.room(wordsOf(lengthOf(parts))) * 4;
    const to = new Uint8Array(this.words.buffer);
    for (const p of parts) {
      to.set(p, at);
      at += p.length;
    }
  }

  private room(n: number): number {
    const at = this.length;
    this.length += n;
    if (this.length > this.words.length) {
      const larger = new Int32Array(Math.max(this.length, this.words.length * 2));
      larger.set(this.words);
      this.words = larger;
    }
    return at;
  }
}

/** Places by key; most keys have one. */
class Places {
  private readonly places = new Map<number, number | number[]>();

  add(key: number, place: number): void {
    const old = this.places.get(key);
    this.places.set(key, old === undefined ? place : typeof old === "number" ? [old, place] : [...old, place]);
  }

  take(key: number): number[] {
    const place = this.places.get(key);
    if (place === undefined) return [];
    this.places.delete(key);
    return typeof place === "number" ? [place] : place;
  }

  get size(): number {
    return this.places.size;
  }

  *all(): Generator<number> {
    for (const place of this.places.values()) {
      if (typeof place === "number") yield place;
      else yield* place;
    }
  }
}

function executions(count: number, lives: number): number {
  const runs = lives > 0 ? Math.floor(count / lives) : 0;
  // Only what was hot in a run is worth compiling in each later one; for the others these begin with nothing.
  return runs >= HOT ? Math.min(runs, 0x7fffffff) : 0;
}

function wordsOf(bytes: number): number {
  return (bytes + 3) >> 2;
}

function bytesAt(words: Int32Array, at: number, length: number): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset + at * 4, length);
}

function lengthOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((n, p) => n + p.length, 0);
}

function checksum(words: Int32Array, from: number): number {
  let h = 0x811c9dc5;
  for (let i = from; i < words.length; i++) h = Math.imul(h ^ words[i]!, 0x01000193) ^ (h >>> 15);
  return h | 0;
}
