import { GuestFault, type GuestMemory, Vector } from "../ir/memory.js";
import type { Mmu } from "./mmu.js";
import { Access, neededPerm, Table } from "./pte.js";
import { RoleBit } from "./role.js";
import { ATTR_BEYOND, pageOf, TAG_GLOBAL, TLB_SIZE, TlbWord } from "./tlb.js";
import { PAGE_SIZE, Perm } from "./perm.js";
import { OK } from "./walker.js";

/** Pages of a linear address space. */
export const PAGES = 1 << 20;

/**
 * Linear memory of a vCPU as one kind of accessor sees it: through the TLB of the MMU's context in use, and the walker behind it. `table`
 * says whose accesses these are; a vCPU has one for its explicit accesses, set on changes of CPL and AC, and another that stays
 * Table.supervisor for implicit accesses to descriptor tables and task states.
 *
 * #PF leaves the address in GuestFault.address, for CR2. An access across pages translates both before it changes a byte.
 */
export class PagedMemory implements GuestMemory {
  readonly bytes: Uint8Array;
  readonly D: DataView;
  private version = -1;
  private words: Int32Array;
  private tag = 0;
  private base = 0;
  private who: Table;

  constructor(private readonly mmu: Mmu, table: Table = Table.supervisor) {
    this.bytes = mmu.memory.bytes;
    this.D = mmu.memory.D;
    this.words = mmu.context.tlb.words;
    this.who = table;
    this.table = table;
  }

  get table(): Table {
    return this.who;
  }

  set table(t: Table) {
    this.who = t;
    this.base = t * TLB_SIZE * 4;
  }

  /** Take over the MMU's context in use; the first thing in every access. */
  private sync(): void {
    this.version = this.mmu.version;
    this.words = this.mmu.context.tlb.words;
    this.tag = this.mmu.tag(0);
  }

  /**
   * Index of the TLB entry for an access, filled by a walk where needed; throws the #PF. The entry's Perm bits allow the access by the
   * guest's rules; whether the bytes are in the buffer, READ and FAST say.
   */
  private entry(addr: number, access: Access): number {
    const i = this.find(addr, access);
    if (i >= 0) return i;
    throw new GuestFault(Vector.PF, ~i, addr | 0);
  }

  /** The same, giving ~error code for a fault. */
  private find(addr: number, access: Access): number {
    const i = this.has(addr, access);
    return i >= 0 ? i : this.fill(addr, access);
  }

  /** Index of the TLB entry for an access if there is one, else -1. */
  private has(addr: number, access: Access): number {
    if (this.version !== this.mmu.version) this.sync();
    const { words } = this, page = addr >>> 12;
    const need = access === Access.read ? Perm.MAPPED : neededPerm(access);
    const i = this.base + (page & (TLB_SIZE - 1)) * 4;
    if (words[i + TlbWord.PAGE] === page && words[i + TlbWord.ATTR]! & need) {
      const t = words[i + TlbWord.TAG]!;
      if (t === this.tag || t === TAG_GLOBAL) return i;
    }
    return -1;
  }

  private fill(addr: number, access: Access): number {
    const { mmu } = this, { walker, tlb } = mmu.context;
    const code = walker.walk(addr, 0, this.who, access);
    if (code !== OK) {
      // A page fault drops what the TLB has for the address (SDM vol. 3, 4.10.4.1).
      if (tlb.invalidate(pageOf(addr, 0), this.tag, true)) mmu.renew();
      return ~code;
    }
    return this.enter(addr);
  }

  /** Put what the walker has just found into the TLB. */
  private enter(addr: number): number {
    const { mmu } = this, { memory } = mmu, { walker, tlb } = mmu.context;
    let attr = (walker.perm & Perm.READ ? Perm.MAPPED : 0) | (walker.perm & (Perm.WRITE | Perm.EXEC));
    let diff = 0;
    if (walker.page >= 2 ** 32) attr |= ATTR_BEYOND;
    else {
      const page = memory.busPage(walker.page / PAGE_SIZE);
      const there = memory.perms[page]!;
      if (there & Perm.READ) {
        if (walker.perm & Perm.READ) attr |= Perm.READ;
        if (walker.perm & there & Perm.WRITE) attr |= Perm.FAST;
        diff = (memory.frames[page]! * PAGE_SIZE - (addr & -4096)) | 0;
      }
      attr |= page << 12;
    }
    const global = walker.global && mmu.globalPages;
    return tlb.fill(pageOf(addr, 0), global ? TAG_GLOBAL : this.tag, this.who, diff, attr, walker.shift);
  }

  /** What to add to an address whose page may be accessed directly (READ or FAST) to get its offset in the buffer; look at `direct` first. */
  differenceAt(entry: number): number {
    return this.words[entry + TlbWord.DIFF]!;
  }

  /** Physical address behind a TLB entry that `direct` gave. */
  physicalAt(entry: number, addr: number): number {
    return this.physical(entry, addr);
  }

  /** An entry of the TLB whose page may be accessed directly, with this difference if there is one, or -1: not looked for by walking. */
  anyDirect(perm: Perm.READ | Perm.FAST, difference: number): number {
    if (this.version !== this.mmu.version) this.sync();
    const { words } = this, { tlb } = this.mmu.context;
    let any = -1;
    const wanted = tlb.find(this.who, (i) => {
      if ((words[i + TlbWord.ATTR]! & perm) === 0 || this.direct(words[i + TlbWord.PAGE]! << 12, perm) !== i) return false;
      any = i;
      return words[i + TlbWord.DIFF] === difference;
    });
    return wanted >= 0 ? wanted : any;
  }

  /**
   * Pages around that of an entry that `direct` gave, not more than `most` on either side, which the same page-table entry maps (without paging: all) and which lie in the
   * buffer as it does and may be accessed alike: [into[0], into[1]). Whoever may access one of them may access all, without a change of page tables.
   */
  extent(entry: number, perm: Perm.READ | Perm.FAST, most: number, into: Int32Array): void {
    const { memory, context } = this.mmu, { perms, frames } = memory;
    const page = this.words[entry + TlbWord.PAGE]!, physical = this.words[entry + TlbWord.ATTR]! >>> 12;
    const span = context.role & RoleBit.DIRECT ? PAGES : context.tlb.pagesOf(entry);
    const least = Math.max(page - (page % span), page - most), limit = Math.min(page - (page % span) + span, page + most + 1);
    const delta = physical - page, frame = frames[physical]! - physical;
    let first = page, end = page + 1;
    // With the A20 gate off, pages repeat on the bus.
    if (memory.a20) {
      while (first > least && perms[first - 1 + delta]! & perm && frames[first - 1 + delta]! - (first - 1 + delta) === frame) first--;
      while (end < limit && perms[end + delta]! & perm && frames[end + delta]! - (end + delta) === frame) end++;
    }
    into[0] = first;
    into[1] = end;
  }

  pageAt(entry: number): number {
    return this.words[entry + TlbWord.PAGE]! << 12;
  }

  /** Index of the entry for a direct read or write within a page, or -1. */
  direct(addr: number, perm: Perm.READ | Perm.FAST): number {
    if (this.version !== this.mmu.version) this.sync();
    const { words } = this, page = addr >>> 12;
    const i = this.base + (page & (TLB_SIZE - 1)) * 4;
    if (words[i + TlbWord.PAGE] !== page || !(words[i + TlbWord.ATTR]! & perm)) return -1;
    const t = words[i + TlbWord.TAG]!;
    if (t !== this.tag && t !== TAG_GLOBAL) return -1;
    // Whether the page holds translations can change without the TLB.
    if (perm === Perm.FAST && !(this.mmu.memory.perms[words[i + TlbWord.ATTR]! >>> 12]! & Perm.FAST)) return -1;
    return i;
  }

  /** The same for a write of bytes within a page that holds translations, but not in lines of them. */
  directBeside(addr: number, size: number): number {
    if (this.version !== this.mmu.version) this.sync();
    const { words } = this, { memory } = this.mmu, page = addr >>> 12;
    const i = this.base + (page & (TLB_SIZE - 1)) * 4;
    if (words[i + TlbWord.PAGE] !== page || !(words[i + TlbWord.ATTR]! & Perm.FAST)) return -1;
    const t = words[i + TlbWord.TAG]!;
    if (t !== this.tag && t !== TAG_GLOBAL) return -1;
    const physical = words[i + TlbWord.ATTR]! >>> 12;
    return memory.perms[physical]! & Perm.WRITE && !memory.holdsCode(physical * PAGE_SIZE + (addr & 0xfff), size) ? i : -1;
  }

  // GuestMemory.

  load8(addr: number): number {
    const i = this.direct(addr, Perm.READ);
    return i < 0 ? this.slowLoad(addr, 1) : this.bytes[(addr + this.words[i + TlbWord.DIFF]!) >>> 0]!;
  }

  load16(addr: number): number {
    const i = (addr & 0xfff) > 0xffe ? -1 : this.direct(addr, Perm.READ);
    return i < 0 ? this.slowLoad(addr, 2) : this.D.getUint16((addr + this.words[i + TlbWord.DIFF]!) >>> 0, true);
  }

  load32(addr: number): number {
    const i = (addr & 0xfff) > 0xffc ? -1 : this.direct(addr, Perm.READ);
    return i < 0 ? this.slowLoad(addr, 4) | 0 : this.D.getInt32((addr + this.words[i + TlbWord.DIFF]!) >>> 0, true);
  }

  store8(addr: number, value: number): void {
    const i = this.direct(addr, Perm.FAST);
    if (i < 0) this.slowStore(addr, 1, value);
    else this.bytes[(addr + this.words[i + TlbWord.DIFF]!) >>> 0] = value;
  }

  store16(addr: number, value: number): void {
    const i = (addr & 0xfff) > 0xffe ? -1 : this.direct(addr, Perm.FAST);
    if (i < 0) this.slowStore(addr, 2, value);
    else this.D.setInt16((addr + this.words[i + TlbWord.DIFF]!) >>> 0, value, true);
  }

  store32(addr: number, value: number): void {
    const i = (addr & 0xfff) > 0xffc ? -1 : this.direct(addr, Perm.FAST);
    if (i < 0) this.slowStore(addr, 4, value);
    else this.D.setInt32((addr + this.words[i + TlbWord.DIFF]!) >>> 0, value, true);
  }

  /** Physical address behind an entry; 2^32 and above where nothing is. */
  private physical(i: number, addr: number): number {
    const attr = this.words[i + TlbWord.ATTR]!;
    return attr & ATTR_BEYOND ? 2 ** 32 : ((attr & -4096) >>> 0) + (addr & 0xfff);
  }

  private slowLoad(addr: number, size: number): number {
    const { memory } = this.mmu;
    const first = this.physical(this.entry(addr, Access.read), addr);
    const here = PAGE_SIZE - (addr & 0xfff);
    if (here >= size) return memory.read(first, size);
    const next = (addr + here) | 0;
    const second = this.physical(this.entry(next, Access.read), next);
    let v = 0;
    for (let k = 0; k < size; k++) v |= memory.read8(k < here ? first + k : second + (k - here)) << (8 * k);
    return v;
  }

  private slowStore(addr: number, size: number, value: number): void {
    const { memory } = this.mmu;
    const first = this.physical(this.entry(addr, Access.write), addr);
    const here = PAGE_SIZE - (addr & 0xfff);
    if (here >= size) {
      memory.write(first, size, value);
      return;
    }
    const next = (addr + here) | 0;
    const second = this.physical(this.entry(next, Access.write), next);
    for (let k = 0; k < size; k++) memory.write(k < here ? first + k : second + (k - here), 1, (value >>> (8 * k)) & 0xff);
  }

  /** Sets A bits, and D bits for a write, of the pages that would be accessed: the write is expected to follow. */
  probe(addr: number, size: number, write: boolean): void {
    const access = write ? Access.write : Access.read;
    this.entry(addr, access);
    const next = ((addr & -4096) + PAGE_SIZE) | 0;
    if ((addr & 0xfff) + size > PAGE_SIZE) this.entry(next, access);
  }

  /**
   * The same for accesses that may not follow: only where page tables need no change. False: the pages are not in the TLB, or may not be accessed.
   */
  probeQuietly(addr: number, size: number, write: boolean): boolean {
    const access = write ? Access.write : Access.read;
    const next = ((addr & -4096) + PAGE_SIZE) | 0;
    return this.findQuietly(addr, access) && ((addr & 0xfff) + size <= PAGE_SIZE || this.findQuietly(next, access));
  }

  private findQuietly(addr: number, access: Access): boolean {
    if (this.has(addr, access) >= 0) return true;
    const { walker } = this.mmu.context;
    walker.quiet = true;
    const code = walker.walk(addr, 0, this.who, access);
    walker.quiet = false;
    if (code === OK) this.enter(addr);
    return code === OK;
  }

  flatRun(addr: number, max: number, write: boolean): number {
    const access = write ? Access.write : Access.read;
    const perm: Perm.READ | Perm.FAST = write ? Perm.FAST : Perm.READ;
    const i = this.find(addr, access);
    if (i < 0 || this.direct(addr, perm) < 0) return 0;
    // Pages behind it only as far as the TLB has them and they go on in the buffer: walking there would set A bits early.
    const diff = this.words[i + TlbWord.DIFF]!;
    let n = PAGE_SIZE - (addr & 0xfff);
    while (n < max && (addr >>> 0) + n < 2 ** 32) {
      const k = this.direct((addr + n) | 0, perm);
      if (k < 0 || this.words[k + TlbWord.DIFF] !== diff) break;
      n += PAGE_SIZE;
    }
    return Math.min(n, max);
  }

  /** Of an address that flatRun just found accessible. */
  flatOffset(addr: number): number {
    return (addr + this.words[this.base + ((addr >>> 12) & (TLB_SIZE - 1)) * 4 + TlbWord.DIFF]!) >>> 0;
  }

  // Instruction fetch (frontend's CodeSource).

  fetch(addr: number, into: Uint8Array, max: number): number {
    let n = 0;
    while (n < max) {
      const a = (addr + n) | 0;
      const i = this.find(a, Access.fetch);
      if (i < 0) break;
      const size = Math.min(max - n, PAGE_SIZE - (a & 0xfff));
      const from = this.physical(i, a);
      for (let k = 0; k < size; k++) into[n + k] = this.mmu.memory.read8(from + k);
      n += size;
    }
    return n;
  }

  /** The fault that a fetch at `addr` raises. */
  fetchFault(addr: number): GuestFault {
    const i = this.find(addr, Access.fetch);
    return new GuestFault(Vector.PF, i < 0 ? ~i : 0, addr | 0);
  }

  /** Physical address that a fetch at `addr` reads, the key of translations; throws the #PF. */
  fetchAddress(addr: number): number {
    return this.physical(this.entry(addr, Access.fetch), addr);
  }
}
