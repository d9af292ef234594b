import { PAGE_SIZE } from "../../mmu/perm.js";
import { UserMemory } from "../../mmu/user-memory.js";
import { E, fail } from "./errno.js";

/** What all address spaces (mm.ts) have together: how much they may map, and the host's buffers that they are in. */

/** Memory that all guests have together: what is mapped with any access counts, touched or not. */
export class MemoryBudget {
  used = 0;

  constructor(readonly limit: number) {}

  charge(bytes: number): void {
    if (this.used + bytes > this.limit) fail(E.NOMEM);
    this.used += bytes;
  }

  uncharge(bytes: number): void {
    this.used -= bytes;
  }
}

/**
 * Buffers of processes that ended, zeroed: a new one of gigabytes costs milliseconds. The host's memory stays with the pages that were touched, so what is
 * kept is bounded by those.
 */
export class MemoryPool {
  private readonly free: UserMemory[] = [];
  /** Pages of the buffers in `free` that the host has memory for. */
  private pages = 0;

  constructor(
    readonly size: number,
    /** Least bytes of a buffer, if the host gives them. */
    private readonly length = 0,
    /** As linear memories of WebAssembly's, if the host has any. */
    private readonly linear = false,
    private readonly limits = { buffers: 64, pages: (256 << 20) / PAGE_SIZE },
  ) {}

  take(): UserMemory {
    const m = this.free.pop();
    if (m) {
      this.pages -= m.committedPages;
      return m;
    }
    return this.make(this.length) ?? (this.length > 0 ? this.make(0) : null) ?? fail(E.NOMEM);
  }

  /** Null: the host does not give as much address space. */
  private make(length: number): UserMemory | null {
    try {
      return new UserMemory(this.size, length, this.linear);
    } catch (e) {
      if (e instanceof RangeError) return null;
      throw e;
    }
  }

  /** One that nobody uses any more and that has nothing mapped. */
  give(m: UserMemory): void {
    m.observer = null;
    m.tracker = null;
    if (this.free.length < this.limits.buffers && this.pages + m.committedPages <= this.limits.pages) {
      this.free.push(m);
      this.pages += m.committedPages;
    } else {
      // It is left to the garbage collector, which does not know how much there is to gain: a buffer of that size, never touched, tells it.
      new ArrayBuffer(m.committedPages * PAGE_SIZE);
    }
  }
}
