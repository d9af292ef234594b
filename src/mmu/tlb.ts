import { TABLES } from "./pte.js";

/**
 * Translation look-aside buffer of one context: direct-mapped, one part for each Table, every entry for 4 KiB (larger pages come piecemeal).
 *
 * `words` holds four int32 an entry, at (table * SIZE + page % SIZE) * 4:
 *   PAGE   bits 43:12 of the linear address
 *   TAG    bits 56:44 of the linear address << 12 | PCID; for global pages PCID 0 and GLOBAL; -1 in free entries
 *   DIFF   offset in the buffer minus linear address, modulo 2^32, where READ says that there are bytes
 *   ATTR   Perm bits 7:0; size class 9:8; BEYOND; physical page (on the bus) in 31:12
 * Perm bits: MAPPED the guest may read, WRITE it may write and the D bit is set, EXEC it may fetch; READ and FAST: the same as MAPPED and
 * WRITE for pages with bytes in the buffer (FAST: RAM; whether it holds translations, the memory's own permission byte says).
 */
export const TLB_SIZE = 4096;
export const enum TlbWord { PAGE, TAG, DIFF, ATTR }
export const TAG_GLOBAL = 1 << 28;
/** In ATTR: no physical page below 2^32, nothing is there. */
export const ATTR_BEYOND = 1 << 10;

const CLASS_SHIFT = 8;
/** log2 of page sizes by class. */
const CLASSES = [12, 21, 22, 30];
/** Entries remembered one by one since the last flush; with more, a flush goes through all. */
const LIST = 1024;

/** The TAG of an address (its high half) for pages that are not global. */
export function tagOf(high: number, pcid: number): number {
  return (((high >>> 12) & 0x1fff) << 12) | pcid;
}

/** Bits 43:12 of an address. */
export function pageOf(low: number, high: number): number {
  return (low >>> 12) | (high << 20);
}

export class Tlb {
  readonly words = new Int32Array(TABLES * TLB_SIZE * 4).fill(-1);
  private readonly list = new Int32Array(LIST);
  /** Entries filled since the last full flush: those in the list, or more than fit. */
  private filled = 0;
  private large = 0;
  fills = 0;

  /** Index into `words` of the entry that a page has in a table. */
  slot(page: number, table: number): number {
    return (table * TLB_SIZE + (page & (TLB_SIZE - 1))) * 4;
  }

  /** `page`: bits 43:12 of the address. `attr` without the size class. Returns the entry's index. */
  fill(page: number, tag: number, table: number, diff: number, attr: number, shift: number): number {
    const i = this.slot(page, table), { words } = this;
    if (words[i + TlbWord.TAG] === -1) {
      if (this.filled < LIST) this.list[this.filled] = i;
      this.filled++;
    }
    const sizeClass = shift === 12 ? 0 : shift === 21 ? 1 : shift === 22 ? 2 : 3;
    if (sizeClass) this.large++;
    words[i + TlbWord.PAGE] = page;
    words[i + TlbWord.TAG] = tag;
    words[i + TlbWord.DIFF] = diff;
    words[i + TlbWord.ATTR] = attr | (sizeClass << CLASS_SHIFT);
    this.fills++;
    return i;
  }

  /** How many pages of 4 KiB the page-table entry behind an entry maps. */
  pagesOf(entry: number): number {
    return 1 << (CLASSES[(this.words[entry + TlbWord.ATTR]! >> CLASS_SHIFT) & 3]! - 12);
  }

  /** Whether an entry of a table is accepted by `test`: its index, or -1. Few entries are found without looking through all of them. */
  find(table: number, test: (index: number) => boolean): number {
    const { words, list } = this;
    const first = table * TLB_SIZE * 4, end = first + TLB_SIZE * 4;
    if (this.filled <= LIST) {
      for (let k = 0; k < this.filled; k++) {
        const i = list[k]!;
        if (i >= first && i < end && words[i + TlbWord.TAG] !== -1 && test(i)) return i;
      }
      return -1;
    }
    for (let i = first; i < end; i += 4) if (words[i + TlbWord.TAG] !== -1 && test(i)) return i;
    return -1;
  }

  get empty(): boolean {
    return this.filled === 0;
  }

  flushAll(): void {
    if (this.filled <= LIST) for (let k = 0; k < this.filled; k++) this.words[this.list[k]! + TlbWord.TAG] = -1;
    else this.words.fill(-1);
    this.filled = this.large = 0;
  }

  /** Drop all that is not global, of one PCID, or of every PCID when it is -1. */
  flushNonGlobal(pcid: number): void {
    this.keep((tag) => (tag & TAG_GLOBAL) !== 0 || (pcid >= 0 && (tag & 0xfff) !== pcid));
  }

  /** Drop all of one PCID, and of global pages too. */
  flushPcidAndGlobal(pcid: number): void {
    this.keep((tag) => (tag & TAG_GLOBAL) === 0 && (tag & 0xfff) !== pcid);
  }

  private keep(stays: (tag: number) => boolean): void {
    const { words, list } = this;
    if (this.filled <= LIST) {
      let kept = 0;
      for (let k = 0; k < this.filled; k++) {
        const i = list[k]!;
        // INVLPG may have freed it; a later fill then listed it again.
        if (words[i + TlbWord.TAG] === -1) continue;
        if (stays(words[i + TlbWord.TAG]!)) list[kept++] = i;
        else words[i + TlbWord.TAG] = -1;
      }
      this.filled = kept;
    } else {
      let kept = 0;
      for (let i = 0; i < words.length; i += 4) {
        if (words[i + TlbWord.TAG] === -1) continue;
        if (!stays(words[i + TlbWord.TAG]!)) words[i + TlbWord.TAG] = -1;
        else if (kept++ < LIST) list[kept - 1] = i;
      }
      this.filled = kept;
    }
    if (this.filled === 0) this.large = 0;
  }

  /**
   * Drop what maps an address (INVLPG, INVPCID type 0): every piece of a large page, under a tag as of tagOf and, if asked, global entries.
   * Returns whether there was any.
   */
  invalidate(page: number, tag: number, globals: boolean): boolean {
    if (this.filled === 0) return false;
    let any = false;
    const { words } = this;
    const globalTag = (tag & ~0xfff) | TAG_GLOBAL;
    for (let t = 0; t < TABLES; t++) {
      const i = this.slot(page, t);
      const has = words[i + TlbWord.TAG]!;
      if (words[i + TlbWord.PAGE] === page && (has === tag || (globals && has === globalTag))) {
        words[i + TlbWord.TAG] = -1;
        any = true;
      }
    }
    if (this.large === 0) return any;
    for (let i = 0; i < words.length; i += 4) {
      const has = words[i + TlbWord.TAG]!;
      if (has !== tag && !(globals && has === globalTag)) continue;
      const shift = CLASSES[(words[i + TlbWord.ATTR]! >> CLASS_SHIFT) & 3]!;
      if (shift !== 12 && (words[i + TlbWord.PAGE]! ^ page) >>> (shift - 12) === 0) {
        words[i + TlbWord.TAG] = -1;
        any = true;
      }
    }
    return any;
  }
}
