import { PAGE_SIZE, Perm } from "./perm.js";

const PAGES = 1 << 20;
const TABLE = PAGES * 4;
/** Bytes of both tables. */
export const LIMIT_TABLES = 2 * TABLE;
/** Accesses of up to this many bytes may begin below a page's limit; for larger ones the rest of their bytes counts to their address. */
export const LIMIT_ACCESS = 16;

/**
 * What compiled code asks before an access where no window (jit/windows.ts) tells: for each page the address up to which accesses that begin in the page may
 * begin, 0 if none may. It lies at the page's end, or, where the next page may be accessed as well, at the end of that; less what an access of LIMIT_ACCESS
 * bytes needs. So one comparison lets through whatever lies within two pages, and what is refused is looked at closely by a call.
 *
 * One table for loads, one for stores that nobody needs to know about, in the guest's own buffer where no guest can have mappings: compiled code has its address at
 * hand, and V8 does not compare an offset in a buffer with its end where it knows that none can be as large (docs/performance.md).
 */
export class AccessLimits {
  private readonly readable: Uint32Array;
  private readonly writable: Uint32Array;

  /** The tables begin at `start` in the buffer, a multiple of 4, and are zeros. `perms`: a permission byte for each of the 2^20 pages. */
  constructor(
    private readonly perms: Uint8Array,
    buffer: ArrayBufferLike,
    private readonly start: number,
  ) {
    this.readable = new Uint32Array(buffer, start, PAGES);
    this.writable = new Uint32Array(buffer, start + TABLE, PAGES);
  }

  /** Where the tables begin in the buffer, as 32-bit words: that of loads, that of stores. */
  get tables(): [number, number] {
    return [this.start | 0, (this.start + TABLE) | 0];
  }

  /** The permission bytes of the pages [first, end) have changed. */
  update(first: number, end: number): void {
    const { perms, readable, writable } = this;
    let next = end < PAGES ? perms[end]! : 0;
    for (let page = end - 1, least = Math.max(first - 1, 0); page >= least; page--) {
      const here = perms[page]!;
      const read = limit(page, here & Perm.READ, next & Perm.READ), write = limit(page, here & Perm.FAST, next & Perm.FAST);
      // Writing zeros where zeros are would have the host find memory for them.
      if (readable[page] !== read) readable[page] = read;
      if (writable[page] !== write) writable[page] = write;
      next = here;
    }
  }
}

function limit(page: number, here: number, next: number): number {
  return here === 0 ? 0 : (page + (next === 0 ? 1 : 2)) * PAGE_SIZE - LIMIT_ACCESS + 1;
}
