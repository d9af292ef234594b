import { WINDOW_ACCESS, type WindowHint } from "./emit-memory.js";

interface Chunk {
  readonly W: Int32Array;
  /** For each pair whether it is for stores. */
  readonly stores: Uint8Array;
  used: number;
}

/** Finds the run of pages around an address that may be accessed, and puts it at W[i] and W[i + 1] as a window; false: there is none. */
export type FindRun = (addr: number, write: boolean, W: Int32Array, i: number) => boolean;

/**
 * Room for the windows of a processor's regions (emit-memory.ts): pairs of words, an address and how far from there accesses may begin. A region has its
 * part of it, W, from binding to its end. Windows are kept up to date as pages come and go: V8 leaves out of its code what has not run, so a check that
 * never fails costs little more than its comparison, and the first one that does throws the code away.
 */
export class Windows {
  private readonly chunks: Chunk[] = [];
  /** Parts given back, by their length. */
  private readonly free = new Map<number, Int32Array[]>();

  /** `home`: a page that may be read and written; windows of which nothing is known begin there. */
  constructor(
    private home: number,
    private readonly find: FindRun,
    /** How far windows of which nothing is known reach from there: BLANK_REACH or up to the page's end. */
    private readonly blankReach = BLANK_REACH,
  ) {}

  /** A part whose windows show what `expect` says that their accesses will reach, as far as that may be accessed. */
  take(hints: readonly WindowHint[], expect: (hint: WindowHint) => number): Int32Array {
    const part = this.room(2 * hints.length);
    const chunk = this.chunks.find((c) => c.W.buffer === part.buffer), first = part.byteOffset >> 3;
    hints.forEach((hint, k) => {
      chunk!.stores[first + k] = Number(hint.write);
      if (!this.find(expect(hint), hint.write, part, 2 * k)) this.blank(part, 2 * k);
    });
    return part;
  }

  /** The region of a part is no more. */
  give(part: Int32Array): void {
    if (part === NONE) return;
    for (let i = 0; i < part.length; i += 2) this.blank(part, i);
    const same = this.free.get(part.length);
    if (same) same.push(part);
    else this.free.set(part.length, [part]);
  }

  /** What may be accessed of the pages [first, end) is another than before: find the runs that they are in, or next to, anew. */
  refresh(first: number, end: number): void {
    const start = first * 4096, size = (end - first) * 4096;
    this.chunks.forEach(({ W, stores, used }) => {
      for (let i = 0; i < used; i += 2) {
        const at = W[i]!, reach = W[i + 1]!;
        // before the pages by more than its length (and the bytes at its end that its reach leaves out), or behind them
        if (reach === this.blankReach || (((at - start) >>> 0) > size && ((start - at) >>> 0) > reach + WINDOW_ACCESS)) continue;
        if (!this.findAgain(W, i, stores[i >> 1]! !== 0)) this.blank(W, i);
      }
    });
  }

  /** What may be accessed is another everywhere, and so is `home`. `look`: much of it may be as it was. */
  restart(home: number, look: boolean): void {
    this.home = home;
    const { chunks, blankReach } = this;
    for (let c = 0; c < chunks.length; c++) {
      const { W, stores, used } = chunks[c]!;
      if (look) {
        for (let i = 0; i < used; i += 2) if (W[i + 1] === blankReach || !this.findAgain(W, i, stores[i >> 1]! !== 0)) this.blank(W, i);
        continue;
      }
      for (let i = 0; i < used; i += 2) {
        W[i] = home;
        W[i + 1] = blankReach;
      }
    }
  }

  /** Find the run anew that a window shows, or one at its end. */
  private findAgain(W: Int32Array, i: number, write: boolean): boolean {
    const at = W[i]!, reach = W[i + 1]!;
    return this.find(at, write, W, i) || this.find((at + reach) | 0, write, W, i);
  }

  private room(length: number): Int32Array {
    if (length === 0) return NONE;
    const again = this.free.get(length)?.pop();
    if (again) return again;
    let chunk = this.chunks.at(-1);
    if (!chunk || chunk.used + length > chunk.W.length) {
      const size = Math.max(length, Math.min(LEAST_CHUNK << this.chunks.length, MOST_CHUNK));
      this.chunks.push((chunk = { W: new Int32Array(size), stores: new Uint8Array(size >> 1), used: 0 }));
    }
    const part = chunk.W.subarray(chunk.used, chunk.used + length);
    chunk.used += length;
    return part;
  }

  private blank(W: Int32Array, i: number): void {
    W[i] = this.home;
    W[i + 1] = this.blankReach;
  }
}

/** Windows that show nothing, but let `home` through. */
export function blankWindows(home: number, count: number): Int32Array {
  return Int32Array.from({ length: 2 * count }, (_, i) => (i & 1 ? BLANK_REACH : home));
}

/** The reach of a window that shows one page. */
export const PAGE_REACH = 4096 - WINDOW_ACCESS + 1;

/** For regions without windows, whose checks write here what nobody reads. */
const NONE = new Int32Array(2);
/** Words that are allocated at once: few at first, since most processes are short. */
const LEAST_CHUNK = 1 << 9, MOST_CHUNK = 1 << 13;
/** Enough that checks of several accesses, which subtract from it, do not get below zero (SPAN of access-groups.ts, twice REACH of frame-checks.ts). */
const BLANK_REACH = 1024;
