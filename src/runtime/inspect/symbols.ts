import type { ElfSource } from "../linux/elf.js";

/** Symbols of ELF files (System V ABI, chapter 4, "Symbol Table"): names for addresses and addresses for names. */
export interface GuestSymbol {
  readonly name: string;
  /** As in the file, without the base that the image is loaded at. */
  readonly address: number;
  /** Bytes; 0: not known. */
  readonly size: number;
  readonly kind: "function" | "label" | "object";
}

/** What an address is called. */
export interface SymbolPlace {
  readonly symbol: GuestSymbol;
  readonly offset: number;
}

const SHT_SYMTAB = 2, SHT_DYNSYM = 11;
const SHF_EXECINSTR = 4;
const STT_NOTYPE = 0, STT_OBJECT = 1, STT_FUNC = 2, STT_GNU_IFUNC = 10;
const STB_LOCAL = 0;
const MAX_SECTIONS = 0xff00, MAX_SYMBOLS = 1 << 21;
/** A symbol without a size is taken to reach no further than this. */
const REACH = 0x10000;

interface Section {
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
}

/** Where fields are in section headers and symbols of a file class. */
interface SymbolClass {
  readonly headSize: number;
  /** In the ELF header: offset of the section headers, their size and number. */
  sections(v: DataView): readonly [offset: number, size: number, count: number];
  readonly sectionSize: number;
  section(v: DataView, at: number): Section;
  readonly symbolSize: number;
  /** Offsets of st_info and st_shndx, and value and size. */
  readonly info: number;
  readonly index: number;
  place(v: DataView, at: number): { readonly address: number; readonly size: number };
}

const word = (v: DataView, at: number): number => v.getUint32(at, true);
const long = (v: DataView, at: number): number => word(v, at + 4) * 2 ** 32 + word(v, at);

const CLASS32: SymbolClass = {
  headSize: 52, sections: (v) => [word(v, 32), v.getUint16(46, true), v.getUint16(48, true)],
  sectionSize: 40, section: (v, at) => ({ type: word(v, at + 4), flags: word(v, at + 8), offset: word(v, at + 16), size: word(v, at + 20), link: word(v, at + 24) }),
  symbolSize: 16, info: 12, index: 14, place: (v, at) => ({ address: word(v, at + 4), size: word(v, at + 8) }),
};
const CLASS64: SymbolClass = {
  headSize: 64, sections: (v) => [long(v, 40), v.getUint16(58, true), v.getUint16(60, true)],
  sectionSize: 64, section: (v, at) => ({ type: word(v, at + 4), flags: word(v, at + 8), offset: long(v, at + 24), size: long(v, at + 32), link: word(v, at + 40) }),
  symbolSize: 24, info: 4, index: 6, place: (v, at) => ({ address: long(v, at + 8), size: long(v, at + 16) }),
};

/**
 * Symbols of .symtab and .dynsym. A file without section headers, or whose tables make no sense, has none: symbols are for people, nothing may
 * depend on them.
 */
export function elfSymbols(file: ElfSource): GuestSymbol[] {
  // sizes are the file's claims
  const source = { size: file.size, read: (at: number, n: number) => file.read(at, Math.max(0, Math.min(n, file.size - at))) };
  const head = source.read(0, 64);
  const c = head[4] === 2 ? CLASS64 : CLASS32;
  if (head.length < c.headSize || head[0] !== 0x7f || head[1] !== 0x45 || head[2] !== 0x4c || head[3] !== 0x46 || (head[4] !== 1 && head[4] !== 2)) return [];
  const [shoff, shentsize, shnum] = c.sections(viewOf(head));
  if (shoff === 0 || shentsize !== c.sectionSize || shnum === 0 || shnum > MAX_SECTIONS) return [];
  const table = source.read(shoff, shnum * c.sectionSize);
  const sections: Section[] = [];
  const v = viewOf(table);
  for (let at = 0; at + c.sectionSize <= table.length; at += c.sectionSize) sections.push(c.section(v, at));
  const symbols = new Map<string, GuestSymbol & { rank: number }>();
  for (const s of sections) {
    if (s.type !== SHT_SYMTAB && s.type !== SHT_DYNSYM) continue;
    const strings = sections[s.link];
    if (strings) readTable(source, c, s, strings, sections, symbols);
  }
  return [...symbols.values()].map(({ name, address, size, kind }) => ({ name, address, size, kind }));
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

function readTable(source: ElfSource, c: SymbolClass, s: Section, strings: Section, sections: readonly Section[], into: Map<string, GuestSymbol & { rank: number }>): void {
  const bytes = source.read(s.offset, Math.min(s.size, MAX_SYMBOLS * c.symbolSize));
  const names = source.read(strings.offset, strings.size);
  const v = viewOf(bytes);
  for (let at = c.symbolSize; at + c.symbolSize <= bytes.length; at += c.symbolSize) {
    const index = v.getUint16(at + c.index, true);
    if (index === 0) continue;
    const info = v.getUint8(at + c.info);
    const type = info & 15;
    const inCode = ((sections[index]?.flags ?? 0) & SHF_EXECINSTR) !== 0;
    const kind = type === STT_FUNC || type === STT_GNU_IFUNC ? "function" : type === STT_OBJECT ? "object" : type === STT_NOTYPE && inCode ? "label" : null;
    const name = nameAt(names, v.getUint32(at, true));
    if (!kind || name === "") continue;
    const symbol = { name, ...c.place(v, at), kind, rank: info >> 4 === STB_LOCAL ? 0 : 1 } as const;
    const old = into.get(name);
    if (!old || old.rank < symbol.rank) into.set(name, symbol);
  }
}

function nameAt(names: Uint8Array, at: number): string {
  let end = at;
  while (end < names.length && names[end] !== 0) end++;
  return String.fromCharCode(...names.subarray(at, Math.min(end, at + 1024)));
}

/** The symbols of one image, loaded at `base`. */
export class SymbolTable {
  private readonly byName = new Map<string, GuestSymbol>();
  /** Code only, by address; of several names for one the best comes last. */
  private readonly code: GuestSymbol[];

  constructor(symbols: readonly GuestSymbol[], base = 0) {
    const moved = base === 0 ? symbols : symbols.map((s) => ({ ...s, address: (s.address + base) >>> 0 }));
    for (const s of moved) this.byName.set(s.name, s);
    const quality = (s: GuestSymbol): number => (s.kind === "function" ? 4 : 0) + (s.size > 0 ? 2 : 0) + (s.name.startsWith("_") ? 0 : 1);
    this.code = moved.filter((s) => s.kind !== "object").sort((a, b) => a.address - b.address || quality(a) - quality(b) || (a.name < b.name ? 1 : -1));
  }

  get size(): number {
    return this.byName.size;
  }

  get names(): string[] {
    return [...this.byName.keys()];
  }

  /** Functions, by address. */
  get functions(): GuestSymbol[] {
    return this.code.filter((s, i) => s.kind === "function" && this.code[i + 1]?.address !== s.address);
  }

  find(name: string): GuestSymbol | undefined {
    return this.byName.get(name);
  }

  /** The code that an address belongs to. */
  at(address: number): SymbolPlace | null {
    const a = address >>> 0;
    let lo = 0, hi = this.code.length;
    while (lo < hi) {
      const mid = (lo + hi) >> 1;
      if (this.code[mid]!.address <= a) lo = mid + 1;
      else hi = mid;
    }
    // A label inside a function does not end it: look back a little for what covers the address.
    for (let i = lo - 1; i >= 0 && i >= lo - 8; i--) {
      const symbol = this.code[i]!;
      const offset = a - symbol.address;
      if (offset < (symbol.size || REACH)) return { symbol, offset };
    }
    return null;
  }

  /** Names like this one, the most alike first. */
  nearest(name: string, count = 3): string[] {
    const wanted = name.toLowerCase();
    const most = Math.max(2, name.length >> 1);
    return this.names
      .map((n) => ({ n, d: n.toLowerCase().includes(wanted) ? 1 : distance(n.toLowerCase(), wanted, most) }))
      .filter((x) => x.d <= most)
      .sort((a, b) => a.d - b.d || a.n.length - b.n.length || (a.n < b.n ? -1 : 1))
      .slice(0, count)
      .map((x) => x.n);
  }
}

/** "main", "main+0x12". */
export function placeName(p: SymbolPlace): string {
  return p.offset === 0 ? p.symbol.name : `${p.symbol.name}+0x${p.offset.toString(16)}`;
}

/** Levenshtein's distance, given up beyond `most`. */
function distance(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return most + 1;
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) next.push(Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
}
