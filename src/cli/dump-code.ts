import {
  bytesAsCode, ElfError, elfSymbols, GuestFault, imageCode, ImageError, isElf64, Mode, parseElf, SymbolTable, type Syntax, translate, type TranslateOptions, type Translated, USER32, USER64,
} from "../index.js";
import { bootImage } from "./boot-image.js";
import { UsageError } from "./errors.js";
import { readFile } from "./files.js";
import { parseAddress, parseHex } from "./values.js";

/** Code to dump without running it: a program's file, a machine's image or bytes given, with its symbols, and what of it is asked for. */

/** What `--at`, `--function` and `--all` say. */
export interface Selection {
  readonly at?: string;
  readonly function?: string;
  readonly all?: boolean;
}

interface Extent {
  readonly start: number;
  readonly end: number;
}

export interface StaticCode {
  /** For messages and titles. */
  readonly title: string;
  readonly source: ReturnType<typeof bytesAsCode>;
  readonly mode: number;
  readonly entry: number;
  /** What can be executed, and what else there is. */
  readonly code: readonly Extent[];
  readonly data: readonly Extent[];
  readonly symbols: SymbolTable;
  /** How it reaches memory. */
  readonly memory?: "paged";
}

/** Highest address that an image of a program may reach. */
const ADDRESS_LIMIT = 0xffff0000;
const DEFAULT_BASE = 0x1000;
const MODES: Readonly<Record<string, number>> = {
  "16": USER32 & ~(Mode.CODE32 | Mode.STACK32),
  "32": USER32,
  "64": USER64,
};

/** An address; PCs are int32. */
export const hex = (x: number): string => `0x${(x < 0 ? x >>> 0 : x).toString(16)}`;

export function codeOfHex(bytesText: string, mode = "32", baseText?: string): StaticCode {
  const bytes = parseHex("--hex", bytesText);
  const base = baseText === undefined ? DEFAULT_BASE : parseAddress("--base", baseText);
  if (base + bytes.length > 2 ** 32) throw new UsageError(`--base ${baseText}: the ${bytes.length} bytes reach beyond the guest's address space of 4 GiB`);
  return {
    title: "--hex", source: bytesAsCode(bytes, base), mode: MODES[mode]!, entry: base, code: [{ start: base, end: base + bytes.length }], data: [],
    symbols: new SymbolTable([]),
  };
}

export function codeOfProgram(file: string): StaticCode {
  const bytes = readFile(file);
  const elf = { size: bytes.length, read: (p: number, n: number) => bytes.slice(Math.min(p, bytes.length), Math.min(p + n, bytes.length)) };
  try {
    const wide = isElf64(elf);
    const image = parseElf(elf, ADDRESS_LIMIT, wide ? 64 : 32);
    const code = image.segments.filter((s) => s.flags & 1 && s.filesz > 0);
    const sources = code.map((s) => ({ end: s.vaddr + s.filesz, start: s.vaddr, source: bytesAsCode(bytes.subarray(s.offset, s.offset + s.filesz), s.vaddr) }));
    const nowhere = bytesAsCode(new Uint8Array(0), 0);
    const sourceAt = (addr: number) => sources.find((s) => addr >>> 0 >= s.start && addr >>> 0 < s.end)?.source ?? nowhere;
    return {
      title: file, mode: wide ? USER64 : USER32, entry: image.entry, symbols: new SymbolTable(elfSymbols(elf)),
      source: { fetch: (addr, into, max) => sourceAt(addr).fetch(addr, into, max), fetchFault: (addr) => nowhere.fetchFault(addr) },
      code: sources.map(({ start, end }) => ({ start, end })),
      data: image.segments.filter((s) => !(s.flags & 1)).map((s) => ({ start: s.vaddr, end: s.vaddr + s.memsz })),
    };
  } catch (e) {
    if (e instanceof ElfError) throw new UsageError(`${file}: ${e.message}`);
    throw e;
  }
}

/** A machine's image; its addresses are linear, in real mode offsets in CS. */
export function codeOfImage(file: string, raw?: string): StaticCode {
  try {
    const { extents, ...code } = imageCode(bootImage(file, raw === undefined ? {} : { raw }));
    return { ...code, title: file, code: extents, data: [], memory: "paged" };
  } catch (e) {
    if (e instanceof ImageError) throw new UsageError(e.message);
    throw e;
  }
}

/** A name that is not there, with those most like it. */
export function noSuchSymbol(option: string, name: string, title: string, symbols: SymbolTable): UsageError {
  if (symbols.size === 0) return new UsageError(`${option} ${name}: ${title} has no symbols; give an address, as in --at 0x8049000`);
  const near = symbols.nearest(name);
  return new UsageError(`${option} ${name}: ${title} has no such symbol${near.length > 0 ? `; did you mean ${near.join(", ")}?` : ""}`);
}

/** An address of "0x8049000", "main" or "main+0x10". */
function resolve(option: string, text: string, code: StaticCode): number {
  if (/^(0x[0-9a-f]*|\d+)$/i.test(text)) return parseAddress(option, text);
  const m = /^(.*?)(?:\+(0x[0-9a-f]+|\d+))?$/is.exec(text)!;
  const symbol = code.symbols.find(m[1]!) ?? code.symbols.find(text);
  if (symbol) return (symbol.address + (symbol.name === text || !m[2] ? 0 : Number(m[2]))) >>> 0;
  if (code.symbols.size === 0 && code.title === "--hex") return parseAddress(option, text);
  throw noSuchSymbol(option, m[1]!, code.title, code.symbols);
}

function checkCode(option: string, at: number, code: StaticCode): void {
  if (code.code.some((e) => at >= e.start && at < e.end)) return;
  if (code.data.some((e) => at >= e.start && at < e.end)) throw new UsageError(`${option}: address ${hex(at)} of ${code.title} is not code: its segment is not executable`);
  const where = code.code.map((e) => `${hex(e.start)}..${hex(e.end)}`).join(", ") || "nowhere";
  throw new UsageError(`${option}: address ${hex(at)} is in no segment of ${code.title}; its code is at ${where}, its entry point ${hex(code.entry)}`);
}

export interface StaticOptions {
  readonly syntax: Syntax;
  readonly comments: boolean;
  /** Told after each region: how many are done and how many are known of. */
  readonly progress?: (done: number, known: number) => void;
}

/** The regions that are asked for. */
export function selectStatic(code: StaticCode, s: Selection, o: StaticOptions): Translated[] {
  const translator = new StaticTranslator(code, o);
  if (s.function !== undefined) {
    const symbol = code.symbols.find(s.function);
    if (!symbol) throw noSuchSymbol("--function", s.function, code.title, code.symbols);
    checkCode(`--function ${s.function}`, symbol.address, code);
    const range = { start: symbol.address, end: symbol.address + Math.max(symbol.size, 1) };
    translator.follow([symbol.address], (pc) => pc >= range.start && pc < range.end);
  } else if (s.all) {
    const inside = (pc: number): boolean => code.code.some((e) => pc >= e.start && pc < e.end);
    const functions = code.symbols.functions.map((f) => f.address).filter(inside);
    translator.follow([...(inside(code.entry) ? [code.entry] : []), ...functions], inside, true);
  } else if (s.at !== undefined && s.at.includes("..")) {
    const cut = s.at.indexOf("..");
    const start = resolve("--at", s.at.slice(0, cut), code), end = resolve("--at", s.at.slice(cut + 2), code);
    if (end <= start) throw new UsageError(`--at ${s.at}: the end is not above the start`);
    checkCode(`--at ${s.at}`, start, code);
    checkCode(`--at ${s.at}`, end - 1, code);
    translator.sweep(start, end);
  } else {
    const at = s.at === undefined ? code.entry : resolve("--at", s.at, code);
    checkCode(s.at === undefined ? code.title : `--at ${s.at}`, at, code);
    translator.at(at);
  }
  return translator.regions;
}

/** Translates what can be reached. */
class StaticTranslator {
  readonly regions: Translated[] = [];
  private readonly entries = new Set<number>();
  /** Blocks that some region has. */
  private readonly covered = new Map<number, number>();

  constructor(
    private readonly code: StaticCode,
    private readonly o: StaticOptions,
  ) {}

  /** The region at an address. */
  at(pc: number): Translated {
    const { source, mode, symbols, memory = "user" } = this.code;
    const options: TranslateOptions = { mode, symbols, memory, syntax: this.o.syntax, comments: this.o.comments };
    let t: Translated;
    try {
      t = translate(source, pc | 0, options);
    } catch (e) {
      if (e instanceof GuestFault) throw new UsageError(`${hex(pc)}: no instruction can be fetched there`);
      throw e;
    }
    const [first] = t.blocks[0]!.asm;
    if (!first || (first.text === "(bad)" && t.blocks[0]!.asm.length === 1)) {
      const bytes = Array.from(first?.bytes ?? [], (x) => x.toString(16).padStart(2, "0")).join(" ");
      throw new UsageError(`${hex(pc)}: not code: no instruction begins with ${bytes || "what is there"}`);
    }
    this.entries.add(pc);
    this.regions.push(t);
    for (const b of t.blocks) this.covered.set(b.pc >>> 0, b.size);
    return t;
  }

  /** From these addresses to all that can be reached within bounds; `calls`: also into what they call. */
  follow(roots: readonly number[], inside: (pc: number) => boolean, calls = false): void {
    /** Entries of functions have a region of their own, also where another has them inlined. */
    const functions = [...roots], rest: number[] = [];
    const known = new Set([...roots]);
    for (let next = functions.shift(); next !== undefined; next = functions.shift() ?? rest.shift()) {
      if (this.entries.has(next) || (!known.has(next) && this.covered.has(next))) continue;
      let t: Translated;
      try {
        t = this.at(next);
      } catch (e) {
        // What merely seems to be reachable need not be code.
        if (e instanceof UsageError && this.regions.length > 0) continue;
        throw e;
      }
      for (const b of t.blocks) {
        const isCall = b.end.endsWith("call");
        for (const e of b.edges) {
          if (!inside(e.pc)) continue;
          if (isCall && calls) {
            if (!known.has(e.pc)) functions.push(e.pc);
            known.add(e.pc);
          } else if (e.block === null && !isCall) rest.push(e.pc);
        }
        const after = (b.pc + b.size) >>> 0;
        if (isCall && inside(after)) rest.push(after);
      }
      this.o.progress?.(this.regions.length, this.regions.length + functions.length + rest.length);
    }
  }

  /** All of a range, one instruction after the other. */
  sweep(start: number, end: number): void {
    let pc = start;
    while (pc < end) {
      const size = this.covered.get(pc);
      if (size !== undefined && size > 0) {
        pc += size;
        continue;
      }
      try {
        pc += Math.max(1, this.at(pc).blocks[0]!.size);
      } catch (e) {
        // Data or padding between the code.
        if (!(e instanceof UsageError) || this.regions.length === 0) throw e;
        pc++;
      }
      this.o.progress?.(Math.min(pc, end) - start, end - start);
    }
  }
}
