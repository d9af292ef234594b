import type { CodeSource } from "../../frontend/block.js";
import { elfSymbols, type GuestSymbol, SymbolTable } from "../inspect/symbols.js";
import type { CodeImage } from "../inspect/images.js";
import type { OpenFile } from "./contract.js";
import { type ElfImage, parseElf } from "./elf.js";
import { fileSource } from "./load.js";
import type { GuestProcess } from "./process.js";

interface KnownFile {
  readonly image: ElfImage | null;
  readonly symbols: readonly GuestSymbol[];
  /** By the base it is loaded at. */
  readonly tables: Map<number, SymbolTable>;
}

const EMPTY = new SymbolTable([]);

/** Which image the code at an address of a process comes from, and what it is called there: files that are mapped, with their symbols. */
export class LinuxCodeMap {
  private readonly files = new WeakMap<object, KnownFile>();

  constructor(private readonly processes: () => Iterable<GuestProcess>) {}

  /** `source`: the memory of a process. Null: no file's. */
  imageAt(source: CodeSource, pc: number): CodeImage | null {
    const at = pc >>> 0;
    for (const p of this.processes()) {
      if (p.ending || p.memory !== source) continue;
      const v = p.space.map.vmas.find(at);
      if (!v) return null;
      if (!v.file) return v.name ? { name: v.name, symbols: EMPTY } : null;
      const known = this.known(v.file);
      const name = v.file.path;
      const offset = at - v.start + v.offset;
      const s = known.image?.segments.find((x) => offset >= x.offset - (x.vaddr % 4096) && offset < x.offset + x.filesz);
      if (!s) return { name, symbols: EMPTY };
      const base = (at - (s.vaddr + offset - s.offset)) >>> 0;
      let symbols = known.tables.get(base);
      if (!symbols) known.tables.set(base, (symbols = new SymbolTable(known.symbols, base)));
      return { name, symbols };
    }
    return null;
  }

  private known(file: OpenFile): KnownFile {
    const old = this.files.get(file.inode);
    if (old) return old;
    const source = fileSource(file);
    let image: ElfImage | null = null;
    let symbols: GuestSymbol[] = [];
    try {
      image = parseElf(source, 2 ** 32);
      symbols = elfSymbols(source);
    } catch {
      // not ELF, or cannot be read: code without names
    }
    const known: KnownFile = { image, symbols, tables: new Map() };
    this.files.set(file.inode, known);
    return known;
  }
}
