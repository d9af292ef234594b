import type { LibEnv } from "../ir/env.js";
import { Exit } from "../ir/exit.js";
import { EXIT } from "../ir/state.js";
import { type PagedMemory, PAGES } from "../mmu/paged-memory.js";
import { Perm } from "../mmu/perm.js";
import type { Binding } from "./compile.js";
import { expectedAt, WINDOW_ACCESS, type WindowHint } from "./emit-memory.js";
import type { FindRun } from "./windows.js";

/**
 * The access checks of regions that take all memory to have one difference (uniformStrategy), for the paged memory of a whole processor. Their windows are runs
 * of linear pages that are known to have it and may be accessed as things are now.
 */
export interface UniformAccess extends Pick<Binding, "rd" | "wr" | "strategy"> {
  /** Windows of regions that are bound begin here. */
  readonly find: FindRun;
  /** Where an access will probably be: what the registers say, if that is known, else where others were. */
  readonly expected: (hint: WindowHint) => number;
  /** Marks are used anew: runs found before are not known. */
  forget(): void;
  /** Accesses that were left to tier 0 because their page has another difference. */
  readonly strays: number;
}

/** Pages that are known, by number (paged-access.ts). */
export interface KnownPages {
  readonly readable: Int32Array;
  readonly writable: Int32Array;
  /** The difference of uniform regions, and the entry of a page that has it, as things are now. */
  distance: number;
  mark: number;
  /** Runs looked for since there is a mapping of which nothing was known. */
  misses: number;
  /** Entries of these pages have been written. */
  touch(first: number, end: number): void;
}

/** Look for an address as pages are mapped now, and enter it in the tables: the difference, or 1 where the access is left to tier 0. */
export type Miss = (addr: number, size: number, write: boolean) => number;

/** A run is looked for this far, and remembered by addresses in units of it. */
const UNIT_SHIFT = 24, REACH_PAGES = 1 << (UNIT_SHIFT - 12), UNITS = 1 << (32 - UNIT_SHIFT);
/** Runs looked for under a new mapping until more than the page asked for is looked at, and then how many pages at most: what is flushed all the time is not worth it. */
const PATIENCE = 8, AHEAD_SHIFT = 10;

/** Runs of pages for one kind of access. */
class Runs {
  /** For each unit the run found last: start, reach (as in a window), the mark that its pages have, and how far was looked around it. */
  private readonly runs = new Int32Array(UNITS * 4);
  private readonly extent = new Int32Array(2);
  /** The address shown last. */
  last = 0;

  constructor(
    private readonly memory: PagedMemory,
    private readonly pages: KnownPages,
    private readonly table: Int32Array,
    private readonly perm: Perm.READ | Perm.FAST,
  ) {}

  /** Whether the page of an address is known to have the uniform difference. */
  knows(addr: number): boolean {
    return this.table[addr >>> 12] === this.pages.mark;
  }

  /** The same of a page that the TLB has, too. */
  has(addr: number): boolean {
    if (this.knows(addr)) return true;
    const { memory, pages } = this, entry = memory.direct(addr, this.perm), page = addr >>> 12;
    if (entry < 0 || memory.differenceAt(entry) !== pages.distance) return false;
    this.table[page] = pages.mark;
    pages.touch(page, page + 1);
    return true;
  }

  forget(): void {
    this.runs.fill(0);
  }

  /** Show the run around an address whose page is known in W[i] and W[i + 1]; `bound`: of a region that is bound, which may take its time. */
  show(addr: number, bound: boolean, W: Int32Array, i: number): void {
    const { runs } = this, k = (addr >>> UNIT_SHIFT) * 4;
    // At the end of a run that is known, where its window does not reach, there is nothing to look for.
    if (runs[k + 2] !== this.pages.mark || (addr - runs[k]!) >>> 0 >= runs[k + 1]! + WINDOW_ACCESS - 1 || (bound && runs[k + 3]! < 1 << AHEAD_SHIFT)) {
      const patience = bound ? AHEAD_SHIFT : Math.min(this.pages.misses++ - PATIENCE, AHEAD_SHIFT);
      this.findRun(addr, k, patience < 0 ? 0 : 1 << patience);
    }
    W[i] = runs[k]!;
    W[i + 1] = runs[k + 1]!;
    this.last = addr;
  }

  private findRun(addr: number, k: number, ahead: number): void {
    const { table, runs } = this, { mark } = this.pages, page = addr >>> 12;
    if (ahead > 0) this.lookAround(addr, ahead);
    // The run that was known here is taken over as a whole.
    const known = runs[k + 2] === mark, start = runs[k]! >>> 12, stop = start + ((runs[k + 1]! + WINDOW_ACCESS - 1) >>> 12);
    let first = page, end = page + 1;
    for (const least = Math.max(page - REACH_PAGES, 0); first > least && table[first - 1] === mark; ) first = known && first === stop ? Math.max(start, least) : first - 1;
    for (const most = Math.min(page + REACH_PAGES, PAGES); end < most && table[end] === mark; ) end = known && end === start ? Math.min(stop, most) : end + 1;
    runs[k] = first << 12;
    runs[k + 1] = (end - first) * 4096 - WINDOW_ACCESS + 1;
    runs[k + 2] = mark;
    runs[k + 3] = ahead;
  }

  /** Pages around one that its page-table entry maps, too, are known with it. */
  private lookAround(addr: number, ahead: number): void {
    const { memory, extent } = this, entry = memory.direct(addr, this.perm);
    if (entry < 0) return;
    memory.extent(entry, this.perm, ahead, extent);
    const [first, end] = extent as unknown as [number, number];
    if (end - first === 1) return;
    this.table.fill(this.pages.mark, first, end);
    this.pages.touch(first, end);
  }
}

export function uniformAccess({ S }: LibEnv, memory: PagedMemory, pages: KnownPages, miss: Miss, missSeveral: Miss): UniformAccess {
  const { readable, writable } = pages;
  const reads = new Runs(memory, pages, readable, Perm.READ), writes = new Runs(memory, pages, writable, Perm.FAST);
  let strays = 0;

  const show = (runs: Runs, addr: number, W: Int32Array, i: number): number => {
    runs.show(addr, false, W, i);
    return 0;
  };
  const checks = (missed: Miss): [Binding["rd"], Binding["wr"]] => {
    const other = (addr: number, size: number, write: boolean, W: Int32Array, i: number): number => {
      const difference = missed(addr, size, write);
      if (difference === 1) return 1;
      const runs = write ? writes : reads;
      // Beside code only this access is fine.
      if (difference === pages.distance) return runs.knows(addr) ? show(runs, addr, W, i) : 0;
      strays++;
      S[EXIT >> 2] = Exit.single;
      return 1;
    };
    return [
      (addr, size, W, i) => (readable[addr >>> 12] === pages.mark && (addr & 0xfff) <= 4096 - size ? show(reads, addr, W, i) : other(addr, size, false, W, i)),
      (addr, size, W, i) => (writable[addr >>> 12] === pages.mark && (addr & 0xfff) <= 4096 - size ? show(writes, addr, W, i) : other(addr, size, true, W, i)),
    ];
  };
  const [rd, wr] = checks(miss);
  return {
    rd,
    wr,
    strategy: checks(missSeveral),
    find(addr, write, W, i) {
      const runs = write ? writes : reads;
      if (!runs.has(addr)) return false;
      runs.show(addr, true, W, i);
      return true;
    },
    expected(hint) {
      const runs = hint.write ? writes : reads, addr = expectedAt(hint, S);
      return runs.has(addr) ? addr : runs.last;
    },
    forget() {
      reads.forget();
      writes.forget();
    },
    get strays(): number {
      return strays;
    },
  };
}
