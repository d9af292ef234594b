/**
 * ELF executables: headers parsed and checked, nothing loaded (System V ABI, chapters 4 and 5; Linux fs/binfmt_elf.c). A file is read through
 * `ElfSource`, so only headers are read.
 */

export interface ElfSource {
  readonly size: number;
  /** Read at a position; fewer bytes than asked for mean the end of the file. */
  read(position: number, length: number): Uint8Array;
}

export interface Segment {
  readonly vaddr: number;
  readonly memsz: number;
  readonly offset: number;
  readonly filesz: number;
  /** PF_X 1, PF_W 2, PF_R 4 */
  readonly flags: number;
}

export interface ElfImage {
  /** ET_EXEC: addresses are fixed; else (ET_DYN) they are relative to a base of the loader's choice. */
  readonly fixed: boolean;
  readonly entry: number;
  readonly phoff: number;
  readonly phnum: number;
  readonly phentsize: number;
  /** Address of the program headers within the image; 0 if no segment holds them. */
  readonly phdr: number;
  /** PT_LOAD, in order of address. */
  readonly segments: readonly Segment[];
  /** PT_INTERP as Latin-1; null: none. */
  readonly interpreter: string | null;
  /** PT_GNU_STACK's execute flag; true without one. */
  readonly executableStack: boolean;
  /** There is no PT_GNU_STACK: to i386 Linux all readable memory of such old programs is executable. */
  readonly readImpliesExec: boolean;
  /** First page and end (page-aligned) of all segments. */
  readonly low: number;
  readonly high: number;
  /** Largest p_align of a segment, at least a page. */
  readonly alignment: number;
}

/** Why a file is no program for this machine: one line, without its name. `notElf`: another format altogether (a script, say). */
export class ElfError extends Error {
  constructor(
    message: string,
    readonly notElf = false,
  ) {
    super(message);
  }
}

const PAGE = 4096;
const PT_LOAD = 1, PT_INTERP = 3, PT_GNU_STACK = 0x6474e551;
const ET: Readonly<Record<number, string>> = { 1: "a relocatable object, not linked yet", 4: "a core dump" };
const MACHINES: Readonly<Record<number, string>> = {
  2: "SPARC", 4: "Motorola 68000", 8: "MIPS", 20: "PowerPC", 21: "64-bit PowerPC", 22: "S/390", 40: "ARM", 42: "SuperH", 43: "64-bit SPARC",
  50: "Itanium", 62: "x86-64", 183: "64-bit ARM", 243: "RISC-V", 258: "LoongArch",
};
const MAX_HEADERS = 65536 / 32;

type Head = Pick<ElfImage, "fixed" | "entry" | "phoff" | "phnum" | "phentsize">;
interface ProgramHeader extends Segment {
  readonly type: number;
  readonly align: number;
}

/** Where the fields of a file class are. Numbers above 2^53 come out rounded: they are far beyond every limit. */
interface ElfClass {
  readonly bits: 32 | 64;
  readonly machines: readonly number[];
  /** Bytes of the ELF header and of a program header. */
  readonly headSize: number;
  readonly entrySize: number;
  head(v: DataView): Omit<Head, "fixed">;
  entry(v: DataView, at: number): ProgramHeader;
}

const long = (v: DataView, at: number): number => v.getUint32(at + 4, true) * 2 ** 32 + v.getUint32(at, true);

const CLASS32: ElfClass = {
  bits: 32, machines: [3, 6], headSize: 52, entrySize: 32,
  head: (v) => ({ entry: v.getUint32(24, true), phoff: v.getUint32(28, true), phentsize: v.getUint16(42, true), phnum: v.getUint16(44, true) }),
  entry(v, at) {
    const word = (k: number): number => v.getUint32(at + k * 4, true);
    return { type: word(0), offset: word(1), vaddr: word(2), filesz: word(4), memsz: word(5), flags: word(6), align: word(7) };
  },
};

const CLASS64: ElfClass = {
  bits: 64, machines: [62], headSize: 64, entrySize: 56,
  head: (v) => ({ entry: long(v, 24), phoff: long(v, 32), phentsize: v.getUint16(54, true), phnum: v.getUint16(56, true) }),
  entry: (v, at) => ({
    type: v.getUint32(at, true), flags: v.getUint32(at + 4, true), offset: long(v, at + 8), vaddr: long(v, at + 16), filesz: long(v, at + 32), memsz: long(v, at + 40),
    align: long(v, at + 48),
  }),
};

/** Whether this is an x86-64 file, whatever else is wrong with it. */
export function isElf64(source: ElfSource): boolean {
  const head = source.read(0, 20);
  return head.length === 20 && head[0] === 0x7f && head[1] === 0x45 && head[2] === 0x4c && head[3] === 0x46 && head[4] === 2 && head[5] === 1 && head[18] === 62 && head[19] === 0;
}

const hex = (n: number): string => `0x${n.toString(16)}`;
const bad = (message: string): never => {
  throw new ElfError(message);
};

/** Parse and check a program of so many bits; `limit`: end of the address space that programs may use. Throws ElfError. */
export function parseElf(source: ElfSource, limit: number, bits: 32 | 64 = 32): ElfImage {
  const c = bits === 64 ? CLASS64 : CLASS32;
  const only = `only ${bits}-bit x86 programs are supported`;
  const head = source.read(0, c.headSize);
  if (head.length < 4 || head[0] !== 0x7f || head[1] !== 0x45 || head[2] !== 0x4c || head[3] !== 0x46) {
    throw new ElfError(head.length === 0 ? "the file is empty" : "not an ELF file", true);
  }
  if (head.length < 20) bad(`truncated: ${source.size} bytes do not hold an ELF header`);
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  const machine = view.getUint16(18, head[5] !== 2);
  const what = MACHINES[machine] ?? `machine ${machine}`;
  if (head[4] === 2 && bits === 32) bad(`a 64-bit program${machine === 62 ? " (x86-64)" : ` (${what})`}; ${only}`);
  if (head[4] !== bits / 32) bad(`unknown ELF class ${head[4]}`);
  if (head[5] === 2) bad(`a big-endian program (${what}); ${only}`);
  if (head[5] !== 1) bad(`unknown ELF byte order ${head[5]}`);
  if (!c.machines.includes(machine)) bad(`a program for another processor (${what}); ${only}`);
  if (head.length < c.headSize) bad(`truncated: ${source.size} bytes do not hold an ELF header of ${c.headSize} bytes`);
  if (head[6] !== 1 || view.getUint32(20, true) !== 1) bad(`unknown ELF version ${head[6]}`);
  const type = view.getUint16(16, true);
  if (type !== 2 && type !== 3) bad(ET[type] ?? `ELF type ${type} is not an executable`);
  const { entry, phoff, phentsize, phnum } = c.head(view);
  if (phnum === 0) bad("no program headers");
  if (phentsize !== c.entrySize) bad(`program headers of ${phentsize} bytes instead of ${c.entrySize}`);
  if (phnum > MAX_HEADERS) bad(`too many program headers (${phnum})`);
  const table = source.read(phoff, phnum * c.entrySize);
  if (table.length < phnum * c.entrySize) bad(`truncated: program headers at ${hex(phoff)} reach beyond the file's ${source.size} bytes`);
  return parseHeaders(source, c, table, { fixed: type === 2, entry, phoff, phnum, phentsize }, limit);
}

function parseHeaders(source: ElfSource, c: ElfClass, table: Uint8Array, head: Head, limit: number): ElfImage {
  const view = new DataView(table.buffer, table.byteOffset, table.length);
  const segments: Segment[] = [];
  let interpreter: string | null = null;
  let stackFlags = -1;
  let alignment = PAGE;
  for (let i = 0; i < head.phnum; i++) {
    const { type, offset, vaddr, filesz, memsz, flags, align } = c.entry(view, i * c.entrySize);
    if (type === PT_GNU_STACK) stackFlags = flags;
    if (type === PT_INTERP) interpreter ??= readInterpreter(source, offset, filesz);
    if (type !== PT_LOAD) continue;
    const name = `segment ${i} at ${hex(vaddr)}`;
    if (filesz > memsz) bad(`${name} has more bytes in the file (${filesz}) than in memory (${memsz})`);
    if (vaddr + memsz > limit) bad(`${name} of ${memsz} bytes reaches beyond the address space's end at 0x${limit.toString(16)}`);
    if (filesz > 0 && offset + filesz > source.size) bad(`truncated: ${name} ends at ${hex(offset + filesz)} in a file of ${source.size} bytes`);
    if (vaddr % PAGE !== offset % PAGE) bad(`${name} and its file offset ${hex(offset)} differ modulo the page size`);
    if (align > 1 && !Number.isInteger(Math.log2(align))) bad(`${name} has alignment ${align}, not a power of two`);
    alignment = Math.max(alignment, align);
    if (memsz > 0) segments.push({ vaddr, memsz, offset, filesz, flags });
  }
  if (segments.length === 0) bad("nothing to load (no PT_LOAD segment)");
  const last = segments.reduce((previous, s) => {
    if (s.vaddr < previous.vaddr + previous.memsz) bad(`segments at ${hex(previous.vaddr)} and ${hex(s.vaddr)} overlap or are out of order`);
    return s;
  });
  const low = segments[0]!.vaddr - (segments[0]!.vaddr % PAGE);
  const high = Math.ceil((last.vaddr + last.memsz) / PAGE) * PAGE;
  if (high > limit) bad(`the image ends at 0x${high.toString(16)}, beyond the address space's end at 0x${limit.toString(16)}`);
  if (head.fixed && low < 0x1000) bad(`segment at ${hex(segments[0]!.vaddr)} covers the page at address 0`);
  if (!segments.some((s) => head.entry >= s.vaddr && head.entry < s.vaddr + s.memsz)) bad(`entry point ${hex(head.entry)} is in no segment`);
  const end = head.phoff + head.phnum * c.entrySize;
  const holder = segments.find((s) => s.offset <= head.phoff && end <= s.offset + s.filesz);
  const { fixed, entry, phoff, phnum, phentsize } = head;
  // By name: V8 makes new hidden classes for what is spread and then added to.
  return {
    fixed, entry, phoff, phnum, phentsize, phdr: holder ? phoff - holder.offset + holder.vaddr : 0, segments, interpreter,
    executableStack: (stackFlags & 1) !== 0, readImpliesExec: stackFlags < 0, low, high, alignment,
  };
}

function readInterpreter(source: ElfSource, offset: number, size: number): string {
  if (size < 2 || size > 4096) bad(`name of the program interpreter has ${size} bytes`);
  const bytes = source.read(offset, size);
  if (bytes.length < size) bad(`truncated: name of the program interpreter at ${hex(offset)} reaches beyond the file's ${source.size} bytes`);
  if (bytes[size - 1] !== 0) bad("name of the program interpreter is not terminated");
  const end = bytes.indexOf(0);
  if (end === 0) bad("name of the program interpreter is empty");
  return String.fromCharCode(...bytes.subarray(0, end));
}
