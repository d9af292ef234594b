import type { LibEnv } from "../env.js";
import { ARITH, DF, FlagFamily, FlagSize, flagKind, flagsOfWide } from "../flags.js";
import { memorial, RESULT } from "../op.js";
import { beyondReach, Reach } from "./reach.js";
import { copyForward, REP_ONE, REP_WHILE_NOT, RepStatus } from "./string.js";
import { pending } from "./system.js";

// Repeated string instructions of 64-bit code: as in string.ts, with count and addresses of 64 bits and elements of up to 8 bytes.
//
// Operands are RCX, RSI, RDI, RAX and the base of the source's segment, as i64, and DF (the EFLAGS bit); the immediate is the element's size, REP_WHILE_NOT,
// REP_ONE and these. Result: status, RCX, RSI, RDI (two words each), EFLAGS' arithmetic flags of the last comparison, or -1.

/** Element size in the immediate: 1, 2, 4 or 8. */
export const REP64_SIZE = 0xf;
/** Count and addresses are the registers' low 32 bits; after an element what is written back clears their high ones. */
export const REP64_ADDR32 = 0x100;

const MOVE_BYTES = 1 << 20;
const COMPARE_ELEMENTS = 1 << 16;

/** A run of elements on its way: the registers as they are, and how many elements this call may do. */
class Run {
  count0 = 0; count1 = 0;
  si0 = 0; si1 = 0;
  di0 = 0; di1 = 0;
  size = 1;
  step = 1;
  left = 0;
  done = 0;
  /** High words where only the low ones count. */
  private readonly high = [0, 0, 0];

  start(c0: number, c1: number, s0: number, s1: number, d0: number, d1: number, df: number, flags: number, most: number): void {
    const short = (flags & REP64_ADDR32) !== 0;
    this.high[0] = c1; this.high[1] = s1; this.high[2] = d1;
    this.count0 = c0; this.count1 = short ? 0 : c1;
    this.si0 = s0; this.si1 = short ? 0 : s1;
    this.di0 = d0; this.di1 = short ? 0 : d1;
    this.size = flags & REP64_SIZE;
    this.step = df & DF ? -this.size : this.size;
    this.done = 0;
    this.left = this.count1 !== 0 ? most : Math.min(this.count0 >>> 0, most);
    if (flags & REP_ONE) this.left = Math.min(this.left, 1);
  }

  /** `n` elements are done. */
  advance(n: number): void {
    this.left -= n;
    this.done += n;
  }

  /** Registers after the elements that are done. */
  finish(status: number, flags: number, source: boolean, destination: boolean, eflags: number): void {
    const short = (flags & REP64_ADDR32) !== 0;
    const borrow = this.count0 >>> 0 < this.done ? 1 : 0;
    const by = this.done * this.step;
    RESULT[0] = status;
    RESULT[1] = this.count0 - this.done;
    RESULT[2] = this.count1 - borrow;
    put(3, this.si0, this.si1, source ? by : 0, short);
    put(5, this.di0, this.di1, destination ? by : 0, short);
    RESULT[7] = eflags;
    if (short && this.done === 0) this.high.forEach((word, k) => (RESULT[2 + 2 * k] = word));
  }

  get more(): boolean {
    return this.count1 !== 0 || this.done < this.count0 >>> 0;
  }
}

function put(at: number, low: number, high: number, by: number, short: boolean): void {
  const sum = (low >>> 0) + by;
  RESULT[at] = sum;
  RESULT[at + 1] = short ? 0 : high + Math.floor(sum / 4294967296);
}

const run = new Run();

/** The linear address of the element at a register, as an int32, or the fault that it is none. */
function place(low: number, high: number, base0: number, base1: number, access: number): number {
  const offset = run.done * run.step;
  const sum = (low >>> 0) + offset;
  const inSegment = sum + (base0 >>> 0);
  const top = (high + base1 + Math.floor(inSegment / 4294967296)) | 0;
  if (top !== 0) throw beyondReach(inSegment | 0, top, access);
  return inSegment | 0;
}

/** The element as two words. */
let word0 = 0, word1 = 0;

function load(env: LibEnv, addr: number): void {
  const { memory } = env;
  word1 = 0;
  switch (run.size) {
    case 1: word0 = memory.load8(addr); return;
    case 2: word0 = memory.load16(addr); return;
    case 4: word0 = memory.load32(addr); return;
    default:
      memory.probe(addr, 8, false);
      word0 = memory.load32(addr);
      word1 = memory.load32((addr + 4) | 0);
  }
}

function store(env: LibEnv, addr: number): void {
  const { memory } = env;
  switch (run.size) {
    case 1: memory.store8(addr, word0); return;
    case 2: memory.store16(addr, word0); return;
    case 4: memory.store32(addr, word0); return;
    default:
      memory.probe(addr, 8, true);
      memory.store32(addr, word0);
      memory.store32((addr + 4) | 0, word1);
  }
}

/** Elements from an address on that can be accessed as one flat run, at most those that are left. */
function flat(env: LibEnv, addr: number, write: boolean): number {
  const most = Math.min(run.left, Math.floor((4294967296 - (addr >>> 0)) / run.size));
  return most > 1 ? Math.floor(env.memory.flatRun(addr, most * run.size, write) / run.size) : most;
}

function movs(env: LibEnv, c0: number, c1: number, s0: number, s1: number, d0: number, d1: number, base0: number, base1: number, df: number, flags: number): void {
  run.start(c0, c1, s0, s1, d0, d1, df, flags, MOVE_BYTES / (flags & REP64_SIZE));
  let status: number = RepStatus.done;
  try {
    while (run.left > 0) {
      const src = place(run.si0, run.si1, base0, base1, Reach.read);
      if (run.step > 0 && run.di1 === 0) {
        const dst = (run.di0 + run.done * run.step) | 0;
        const n = Math.min(flat(env, src, false), flat(env, dst, true));
        if (n > 1) {
          const from = env.memory.flatOffset(src), to = env.memory.flatOffset(dst);
          // elements that overlap their own source by a part of themselves go one by one
          if (to <= from || to >= from + run.size) {
            copyForward(env.memory.bytes, to, from, n * run.size);
            run.advance(n);
            continue;
          }
        }
      }
      load(env, src);
      store(env, place(run.di0, run.di1, 0, 0, Reach.write));
      run.advance(1);
    }
    if (run.more) status = RepStatus.more;
  } catch (e) {
    status = pending(env, e);
  }
  run.finish(status, flags, true, true, -1);
}

function stos(env: LibEnv, c0: number, c1: number, d0: number, d1: number, a0: number, a1: number, df: number, flags: number): void {
  run.start(c0, c1, 0, 0, d0, d1, df, flags, MOVE_BYTES / (flags & REP64_SIZE));
  let status: number = RepStatus.done;
  try {
    while (run.left > 0) {
      const dst = place(run.di0, run.di1, 0, 0, Reach.write);
      word0 = a0;
      word1 = a1;
      const n = run.step > 0 ? flat(env, dst, true) : 1;
      if (n > 1) {
        const { bytes } = env.memory;
        const to = env.memory.flatOffset(dst);
        for (let k = 0; k < run.size; k++) bytes[to + k] = k < 4 ? a0 >> (8 * k) : a1 >> (8 * (k - 4));
        copyForward(bytes, to + run.size, to, (n - 1) * run.size);
        run.advance(n);
      } else {
        store(env, dst);
        run.advance(1);
      }
    }
    if (run.more) status = RepStatus.more;
  } catch (e) {
    status = pending(env, e);
  }
  run.finish(status, flags, false, true, -1);
}

/** RAX is as it was if there was no element. */
function lods(env: LibEnv, c0: number, c1: number, s0: number, s1: number, a0: number, a1: number, base0: number, base1: number, df: number, flags: number): void {
  run.start(c0, c1, s0, s1, 0, 0, df, flags, COMPARE_ELEMENTS);
  const kept = run.size === 1 ? ~0xff : run.size === 2 ? ~0xffff : 0;
  let status: number = RepStatus.done;
  try {
    while (run.left > 0) {
      load(env, place(run.si0, run.si1, base0, base1, Reach.read));
      a0 = (a0 & kept) | word0;
      if (kept === 0) a1 = word1;
      run.advance(1);
    }
    if (run.more) status = RepStatus.more;
  } catch (e) {
    status = pending(env, e);
  }
  run.finish(status, flags, true, false, -1);
  // the destination's place is free
  RESULT[5] = a0;
  RESULT[6] = a1;
}

const SIZES: Readonly<Record<number, FlagSize>> = { 1: FlagSize.B8, 2: FlagSize.B16, 4: FlagSize.B32, 8: FlagSize.B64 };

function comparison(x0: number, x1: number, y0: number, y1: number): number {
  const mask = run.size === 1 ? 0xff : run.size === 2 ? 0xffff : -1;
  const low = (x0 - y0) & mask;
  const high = run.size === 8 ? (x1 - y1 - (x0 >>> 0 < y0 >>> 0 ? 1 : 0)) | 0 : 0;
  return flagsOfWide(flagKind(FlagFamily.SUB, SIZES[run.size]!), x0 & mask, x1, low, high) & ARITH;
}

function compare(env: LibEnv, source: boolean, a0: number, a1: number, base0: number, base1: number, flags: number): void {
  const go = (flags & REP_WHILE_NOT) === 0;
  let status: number = RepStatus.done, eflags = -1, stopped = false;
  try {
    while (run.left > 0 && !stopped) {
      let x0 = a0, x1 = run.size === 8 ? a1 : 0;
      if (source) {
        load(env, place(run.si0, run.si1, base0, base1, Reach.read));
        x0 = word0;
        x1 = word1;
      }
      load(env, place(run.di0, run.di1, 0, 0, Reach.read));
      run.advance(1);
      stopped = (x0 === word0 && x1 === word1) !== go;
      if (stopped || run.left === 0) eflags = comparison(x0, x1, word0, word1);
      else {
        a0 = source ? a0 : x0;
        last0 = x0; last1 = x1; last2 = word0; last3 = word1;
      }
    }
    if (run.more && !stopped) status = RepStatus.more;
  } catch (e) {
    status = pending(env, e);
    if (run.done > 0) eflags = comparison(last0, last1, last2, last3);
  }
  run.finish(status, flags, source, true, eflags);
}

/** Operands of the last comparison that another was to follow. */
let last0 = 0, last1 = 0, last2 = 0, last3 = 0;

function cmps(env: LibEnv, c0: number, c1: number, s0: number, s1: number, d0: number, d1: number, base0: number, base1: number, df: number, flags: number): void {
  run.start(c0, c1, s0, s1, d0, d1, df, flags, COMPARE_ELEMENTS);
  compare(env, true, 0, 0, base0, base1, flags);
}

/** The accumulator's words: of elements below 4 bytes zero-extended. */
function scas(env: LibEnv, c0: number, c1: number, d0: number, d1: number, a0: number, a1: number, df: number, flags: number): void {
  run.start(c0, c1, 0, 0, d0, d1, df, flags, COMPARE_ELEMENTS);
  compare(env, false, a0, a1, 0, 0, flags);
}

/** (rcx, rsi, rdi, source base, DF). */
export const REP64_MOVS = memorial("str64.movs", ["i64", "i64", "i64", "i64", "i32"], "v256", movs, true);
/** (rcx, rdi, rax, DF). */
export const REP64_STOS = memorial("str64.stos", ["i64", "i64", "i64", "i32"], "v256", stos, true);
/** (rcx, rsi, rax, source base, DF); RAX in the place of RDI. */
export const REP64_LODS = memorial("str64.lods", ["i64", "i64", "i64", "i64", "i32"], "v256", lods, true);
/** (rcx, rsi, rdi, source base, DF). */
export const REP64_CMPS = memorial("str64.cmps", ["i64", "i64", "i64", "i64", "i32"], "v256", cmps, true);
/** (rcx, rdi, accumulator, DF). */
export const REP64_SCAS = memorial("str64.scas", ["i64", "i64", "i64", "i32"], "v256", scas, true);
