import { GPR, PC, Reg } from "../../ir/state.js";
import { PAGE_SIZE } from "../../mmu/perm.js";
import { TRAMPOLINES } from "./abi/i386-sigframe.js";
import type { Credentials, FileSystem, OpenFile, Process } from "./contract.js";
import { ElfError, type ElfImage, type ElfSource, parseElf } from "./elf.js";
import { E, Errno, fail } from "./errno.js";
import { Map, type MemoryMap } from "./mm.js";
import { CPU_FEATURES, initialSegments } from "./segments.js";
import { latin1 } from "./user.js";
import { pageUp, Prot } from "./vma.js";

/** execve's work: find the program behind a path, map it and its interpreter, build the first stack (Linux fs/exec.c, fs/binfmt_elf.c). */

export interface Program {
  readonly image: ElfImage;
  readonly file: OpenFile;
  /** Resolved path of what runs: for scripts that of the interpreter. */
  readonly path: string;
  /** The path that execve was called with: AT_EXECFN and the process' name. */
  readonly name: string;
  readonly argv: readonly string[];
  readonly interpreter: { readonly image: ElfImage; readonly file: OpenFile } | null;
  /** Set-user-ID and set-group-ID owners; null: none. */
  readonly setUid: number | null;
  readonly setGid: number | null;
}

const MAX_SCRIPTS = 5;
const SCRIPT_LINE = 256;
const AT_FDCWD = -100;
const ELIBBAD = 80;

export function fileSource(file: OpenFile): ElfSource {
  return {
    size: file.size(),
    read(position, length) {
      const n = Math.max(0, Math.min(length, this.size - position));
      const into = new Uint8Array(n);
      return into.subarray(0, n > 0 ? file.readAt(position, into) : 0);
    },
  };
}

/** Open and parse; throws Errno, or ElfError for a broken or foreign executable. Nothing of the process changes. */
export function findProgram(fs: FileSystem, p: Process, dir: number, path: string, flags: number, args: readonly string[], limit: number): Program {
  let argv = args;
  let at = path, from = dir;
  for (let depth = 0; ; depth++) {
    const found = fs.openExec(p, from, at, depth === 0 ? flags : 0);
    try {
      const head = new Uint8Array(SCRIPT_LINE);
      const n = found.file.readAt(0, head);
      if (head[0] === 0x23 && head[1] === 0x21 && n > 2) {
        if (depth >= MAX_SCRIPTS) fail(E.LOOP);
        const script = scriptLine(head.subarray(2, n), n < SCRIPT_LINE);
        argv = [script.interpreter, ...(script.argument === null ? [] : [script.argument]), at, ...argv.slice(1)];
        at = script.interpreter;
        from = AT_FDCWD;
        found.file.release();
        continue;
      }
      const image = parseElf(fileSource(found.file), limit);
      const interpreter = image.interpreter === null ? null : openInterpreter(fs, p, image.interpreter, limit);
      const setUid = found.mode & 0o4000 ? found.uid : null;
      const setGid = (found.mode & 0o2010) === 0o2010 ? found.gid : null;
      return { image, file: found.file, path: found.path, name: path, argv, interpreter, setUid, setGid };
    } catch (e) {
      found.file.release();
      throw e;
    }
  }
}

function scriptLine(bytes: Uint8Array, whole: boolean): { interpreter: string; argument: string | null } {
  let end = bytes.indexOf(10);
  const text = latin1(end < 0 ? (end = bytes.length, bytes) : bytes.subarray(0, end)).replace(/\0.*$/s, "");
  const line = text.replace(/^[ \t]+|[ \t]+$/g, "");
  const m = /^([^ \t]+)(?:[ \t]+(.*))?$/s.exec(line);
  // A line that is cut off within the interpreter's name names nothing.
  if (!m || (end === bytes.length && !whole && m[2] === undefined && text.length === bytes.length)) return fail(E.NOEXEC);
  return { interpreter: m[1]!, argument: m[2] ?? null };
}

function openInterpreter(fs: FileSystem, p: Process, path: string, limit: number): { image: ElfImage; file: OpenFile } {
  const { file } = fs.openExec(p, AT_FDCWD, path, 0);
  try {
    return { image: parseElf(fileSource(file), limit), file };
  } catch (e) {
    file.release();
    if (e instanceof ElfError) throw new InterpreterError(path, e.message);
    throw e;
  }
}

/** The program interpreter is no good; to guests ELIBBAD. */
export class InterpreterError extends Errno {
  constructor(
    readonly path: string,
    readonly reason: string,
  ) {
    super(ELIBBAD);
  }
}

export interface LoadOptions {
  readonly env: readonly string[];
  readonly cred: Credentials;
  readonly secure: boolean;
  readonly stackLimit: number;
  readonly random: Uint8Array;
}

/** Where a position-independent executable goes: as Linux does without randomisation, or lower in a small address space. */
function pieBase(map: MemoryMap, alignment: number): number {
  const usual = 0x56555000;
  const base = usual < map.mmapBase - (map.mmapBase >>> 2) ? usual : Math.floor(map.mmapBase / 3);
  return base - (base % alignment);
}

/** Map a program into an empty address space and set the registers of its first thread. */
export function loadProgram(map: MemoryMap, S: Int32Array, program: Program, o: LoadOptions): void {
  const { image } = program;
  const { memory } = map;
  const strings = checkArguments(program.argv, o.env, program.name, o.stackLimit);
  map.readImpliesExec = image.readImpliesExec;
  const stackProt = Prot.READ | Prot.WRITE | (image.executableStack ? Prot.EXEC : 0);
  const top = memory.limit;
  const stackSize = Math.min(pageUp(Math.min(o.stackLimit, 64 << 20)), pageUp(top / 4));
  const gap = Math.min(Math.max(stackSize, 128 << 20) + (1 << 20), pageUp(top / 4));
  map.mmapBase = top - gap;
  // It grows on demand from what the arguments take and a little more, as far as the limit and the gap allow.
  const first = Math.min(stackSize, pageUp(strings + FIRST_STACK));
  map.mmap(top - first, first, stackProt, Map.PRIVATE | Map.FIXED, null, 0, "[stack]");
  map.stackFloor = top - Math.min(gap, stackSize);
  let base = 0;
  if (!image.fixed) {
    base = pieBase(map, image.alignment) - image.low;
  }
  mapImage(map, program.file, image, base);
  let entry = base + image.entry, interpreterBase = 0;
  if (program.interpreter) {
    const i = program.interpreter.image;
    interpreterBase = i.fixed ? 0 : placeInterpreter(map, i);
    mapImage(map, program.interpreter.file, i, interpreterBase);
    entry = interpreterBase + i.entry;
  }
  map.startBrk = map.brkEnd = base + image.high;
  memory.heap = pageUp(map.startBrk);
  map.startCode = base + image.low;
  map.endCode = base + image.segments.filter((s) => s.flags & 1).reduce((end, s) => Math.max(end, s.vaddr + s.filesz), image.low);
  map.vdso = map.mmap(0, PAGE_SIZE, Prot.READ | Prot.EXEC, Map.PRIVATE, null, 0, "[vdso]");
  memory.bytes.set(TRAMPOLINES, map.vdso);
  const sp = buildStack(map, program, o, { base, entry: base + image.entry, interpreterBase });
  S.fill(0, GPR >> 2, (GPR >> 2) + 32);
  initialSegments(S);
  S[(GPR >> 2) + Reg.ESP * 2] = sp | 0;
  S[PC >> 2] = entry | 0;
}

function placeInterpreter(map: MemoryMap, i: ElfImage): number {
  const length = i.high - i.low;
  const at = map.vmas.findTopDown(length + i.alignment - PAGE_SIZE, PAGE_SIZE, map.mmapBase);
  if (at < 0) fail(E.NOMEM);
  return Math.ceil(at / i.alignment) * i.alignment - i.low;
}

/** Map the segments; `base` is added to their addresses. */
function mapImage(map: MemoryMap, file: OpenFile, image: ElfImage, base: number): void {
  const { memory } = map;
  if (base + image.high > map.mmapBase && image.fixed && !map.vmas.isFree(base + image.low, base + image.high)) fail(E.NOMEM);
  for (const s of image.segments) {
    const prot = (s.flags & 4 ? Prot.READ : 0) | (s.flags & 2 ? Prot.WRITE : 0) | (s.flags & 1 ? Prot.EXEC : 0);
    const start = base + s.vaddr - (s.vaddr % PAGE_SIZE);
    const fileEnd = base + s.vaddr + s.filesz, end = base + s.vaddr + s.memsz;
    if (s.filesz > 0) {
      map.mmap(start, fileEnd - start, prot, Map.PRIVATE | Map.FIXED, file, s.offset - (s.vaddr % PAGE_SIZE));
      // What the last page holds beyond the segment's bytes is zero; Linux leaves it as it is where the guest could not write there either.
      if (end > fileEnd && prot & Prot.WRITE) memory.bytes.fill(0, fileEnd, Math.min(pageUp(fileEnd), memory.limit));
    }
    const bss = s.filesz > 0 ? pageUp(fileEnd) : start;
    if (pageUp(end) > bss) map.mmap(bss, end - bss, prot, Map.PRIVATE | Map.FIXED, null, 0);
  }
}

const MAX_STRING = 131072;

/** Stack beyond the arguments that is there from the start, as on Linux. */
const FIRST_STACK = 132 << 10;

/** E2BIG as Linux counts: strings of 128 KiB, all together with their pointers a quarter of the stack, at most 6 MiB. Returns their sum. */
function checkArguments(argv: readonly string[], env: readonly string[], name: string, stackLimit: number): number {
  let total = name.length + 1;
  for (const list of [argv, env]) {
    for (const s of list) {
      if (s.length + 1 > MAX_STRING) fail(E["2BIG"]);
      total += s.length + 1 + 4;
    }
  }
  if (total > Math.max(MAX_STRING, Math.min(stackLimit / 4, 6 << 20))) fail(E["2BIG"]);
  return total;
}

const enum Auxv {
  NULL = 0, PHDR = 3, PHENT, PHNUM, PAGESZ, BASE, FLAGS, ENTRY, UID = 11, EUID, GID, EGID, PLATFORM, HWCAP, CLKTCK, SECURE = 23, RANDOM = 25, HWCAP2,
  EXECFN = 31, MINSIGSTKSZ = 51,
}

/** Strings, auxiliary vector, environment and argument pointers, argc; returns the stack pointer. */
function buildStack(map: MemoryMap, program: Program, o: LoadOptions, at: { base: number; entry: number; interpreterBase: number }): number {
  const { memory } = map;
  const { image } = program;
  let sp = memory.limit - 4;
  const put = (s: string): number => {
    sp -= s.length + 1;
    for (let i = 0; i < s.length; i++) memory.bytes[sp + i] = s.charCodeAt(i);
    return sp;
  };
  const putAll = (list: readonly string[]): number[] => {
    const where = new Array<number>(list.length);
    for (let i = list.length - 1; i >= 0; i--) where[i] = put(list[i]!);
    return where;
  };
  const execfn = put(program.name);
  map.envEnd = sp;
  const env = putAll(o.env);
  map.envStart = map.argEnd = sp;
  const argv = putAll(program.argv);
  map.argStart = sp;
  const platform = put("i686");
  sp = (sp - 16) - ((sp - 16) % 16);
  memory.bytes.set(o.random, sp);
  const random = sp;
  const aux: [number, number][] = [
    [Auxv.HWCAP, CPU_FEATURES], [Auxv.PAGESZ, PAGE_SIZE], [Auxv.CLKTCK, 100], [Auxv.PHDR, image.phdr ? at.base + image.phdr : 0], [Auxv.PHENT, 32],
    [Auxv.PHNUM, image.phnum], [Auxv.BASE, at.interpreterBase], [Auxv.FLAGS, 0], [Auxv.ENTRY, at.entry], [Auxv.UID, o.cred.uid],
    [Auxv.EUID, o.cred.euid], [Auxv.GID, o.cred.gid], [Auxv.EGID, o.cred.egid], [Auxv.SECURE, o.secure ? 1 : 0], [Auxv.RANDOM, random],
    [Auxv.HWCAP2, 0], [Auxv.EXECFN, execfn], [Auxv.PLATFORM, platform], [Auxv.MINSIGSTKSZ, 1024], [Auxv.NULL, 0],
  ];
  const words = 1 + argv.length + 1 + env.length + 1 + aux.length * 2;
  sp -= words * 4;
  sp -= sp % 16;
  let w = sp;
  const word = (v: number): void => {
    memory.D.setUint32(w, v, true);
    w += 4;
  };
  word(argv.length);
  for (const a of argv) word(a);
  word(0);
  for (const e of env) word(e);
  word(0);
  const auxStart = w;
  for (const [k, v] of aux) {
    word(k);
    word(v);
  }
  map.auxv = memory.bytes.slice(auxStart, w);
  map.startStack = sp;
  return sp;
}
