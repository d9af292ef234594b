import type { CodeSource } from "../../../frontend/block.js";
import { GuestFault, Vector } from "../../../ir/memory.js";
import { Seg, SEG_BASE, SEG_LIMIT } from "../../../ir/state.js";
import type { Processor } from "./processor.js";

/** Code as the processor fetches it: by offsets in CS, within its limit, through paging. */
export class FetchUnit implements CodeSource {
  // The page fetched from last, while the MMU's version and the accessor are the same.
  private version = -1;
  private table = -1;
  private page = -1;
  private frame = 0;

  constructor(private readonly p: Processor) {}

  private get base(): number {
    return this.p.S[(SEG_BASE >> 2) + Seg.CS * 2]!;
  }

  private get limit(): number {
    return this.p.S[(SEG_LIMIT >> 2) + Seg.CS]! >>> 0;
  }

  fetch(addr: number, into: Uint8Array, max: number): number {
    const offset = addr >>> 0;
    if (offset > this.limit) return 0;
    return this.p.memory.fetch((this.base + offset) | 0, into, Math.min(max, this.limit - offset + 1));
  }

  fetchFault(addr: number): GuestFault {
    if (addr >>> 0 > this.limit) return new GuestFault(Vector.GP);
    return this.p.memory.fetchFault((this.base + addr) | 0);
  }

  /** Physical address of the code at an offset in CS; throws #GP(0) or #PF. 2^32 and above: nothing is there. */
  physical(pc: number): number {
    if (pc >>> 0 > this.limit) throw new GuestFault(Vector.GP);
    return this.physicalOf((this.base + pc) | 0);
  }

  physicalOf(linear: number): number {
    const { mmu, memory } = this.p;
    const page = linear >>> 12;
    if (page !== this.page || this.version !== mmu.version || this.table !== memory.table) {
      this.frame = memory.fetchAddress(linear & -4096);
      this.page = page;
      this.version = mmu.version;
      this.table = memory.table;
    }
    return this.frame + (linear & 0xfff);
  }

  /** Physical address of the page after the one that holds an offset in CS. */
  nextPage(pc: number): number {
    const linear = (((this.base + pc) & -4096) + 4096) | 0;
    return this.p.memory.fetchAddress(linear);
  }

  linear(pc: number): number {
    return (this.base + pc) | 0;
  }
}
