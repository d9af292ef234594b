import { PAGE_SIZE, Perm } from "../../mmu/perm.js";
import type { UserMemory } from "../../mmu/user-memory.js";
import type { OpenFile } from "./contract.js";
import { E, fail } from "./errno.js";
import type { MemoryBudget } from "./memory-pool.js";
import { AnonymousBacking, type Backing, FileBacking, SharedPages, type SharedStretch } from "./shared.js";
import { pageUp, Prot, type Vma, VmaList } from "./vma.js";

/** Address spaces: which stretches are mapped, to what, and the page permissions that follow (Linux mm/mmap.c). */

export const enum Map { SHARED = 1, PRIVATE = 2, TYPE = 15, FIXED = 0x10, ANONYMOUS = 0x20, GROWSDOWN = 0x100, HUGETLB = 0x40000, FIXED_NOREPLACE = 0x100000 }

/** Most mappings of a process (vm.max_map_count). */
const MAX_MAPPINGS = 65530;

/** The stack grows by this much more than it must. */
const STACK_STEP = 64 << 10;

const permOf = (prot: number): number => (prot & Prot.READ ? Perm.READ : 0) | (prot & Prot.WRITE ? Perm.WRITE : 0) | (prot & Prot.EXEC ? Perm.EXEC : 0);

export interface MmLimits {
  /** Bytes: RLIMIT_AS, RLIMIT_DATA. */
  as: number;
  data: number;
}

export class MemoryMap {
  readonly vmas = new VmaList();
  private sharedOnes: SharedPages | null = null;
  /** Mappings are placed below this address, top down. */
  mmapBase: number;
  startBrk = 0;
  brkEnd = 0;
  /** Old programs: readable memory is executable. */
  readImpliesExec = false;
  limits: MmLimits = { as: Infinity, data: Infinity };
  /** Most bytes ever mapped. */
  peak = 0;
  total = 0;
  /** Where what the kernel remembers of the program's start lies. */
  argStart = 0;
  argEnd = 0;
  envStart = 0;
  envEnd = 0;
  startCode = 0;
  endCode = 0;
  startStack = 0;
  /** The stack grows down to here at most. */
  stackFloor = 0;
  /** Its lowest mapped address. */
  stackLow = 0;
  /** Address of the signal trampolines (abi/i386-sigframe.ts). */
  vdso = 0;
  auxv = new Uint8Array(0);

  constructor(
    readonly memory: UserMemory,
    private readonly budget: MemoryBudget,
    /** Nothing is mapped below (vm.mmap_min_addr). */
    private readonly lowest = 0x10000,
  ) {
    this.mmapBase = memory.limit;
    memory.tracker = (page) => {
      const v = this.vmas.find(page * PAGE_SIZE);
      if (v && isShared(v) && v.mayWrite) this.sharedPages.heat(page, v);
    };
  }

  /** Whether any mapping is shared with others, so `push` and `pull` have something to do. */
  get sharing(): boolean {
    return this.sharedCount > 0;
  }

  private sharedCount = 0;

  /** Few processes have any. */
  private get sharedPages(): SharedPages {
    return (this.sharedOnes ??= new SharedPages(this.memory));
  }

  // Placement.

  private place(hint: number, length: number, flags: number): number {
    const limit = this.memory.limit;
    if (flags & (Map.FIXED | Map.FIXED_NOREPLACE)) {
      if (hint % PAGE_SIZE) fail(E.INVAL);
      if (hint + length > limit) fail(E.NOMEM);
      if (hint < PAGE_SIZE && length > 0 && hint + length > 0 && hint < this.lowest) fail(E.PERM);
      if (flags & Map.FIXED_NOREPLACE && !this.vmas.isFree(hint, hint + length)) fail(E.EXIST);
      return hint;
    }
    if (hint) {
      const at = pageUp(hint);
      if (at >= this.lowest && at + length <= limit && this.vmas.isFree(at, at + length)) return at;
    }
    const at = this.vmas.findTopDown(length, this.lowest, this.mmapBase);
    if (at >= 0) return at;
    const low = this.vmas.findBottomUp(length, Math.min(this.mmapBase, this.lowest), limit);
    return low >= 0 ? low : fail(E.NOMEM);
  }

  // Accounting.

  private account(v: Vma, sign: 1 | -1): void {
    const bytes = v.end - v.start;
    if (sign > 0 && this.total + bytes > this.limits.as) fail(E.NOMEM);
    if (v.prot !== 0) {
      if (sign > 0) this.budget.charge(bytes);
      else this.budget.uncharge(bytes);
    }
    this.total += sign * bytes;
    if (v.shared) this.sharedCount += sign;
    this.peak = Math.max(this.peak, this.total);
  }

  // System calls; lengths in bytes, addresses unsigned. They throw Errno.

  /** Map; returns the address. `file` is null for anonymous memory. */
  mmap(hint: number, length: number, prot: number, flags: number, file: OpenFile | null, offset: number, name = ""): number {
    if (length <= 0) fail(E.INVAL);
    length = pageUp(length);
    if (length > this.memory.limit) fail(E.NOMEM);
    if (this.readImpliesExec && prot & Prot.READ) prot |= Prot.EXEC;
    prot &= 7;
    const type = flags & Map.TYPE;
    if (type !== Map.SHARED && type !== Map.PRIVATE && type !== 3) fail(E.INVAL);
    if (file) {
      if (file.mappable === "no") fail(E.NODEV);
      if (!file.readable) fail(E.ACCES);
      if (type !== Map.PRIVATE && prot & Prot.WRITE && !file.writable) fail(E.ACCES);
      if (type !== Map.PRIVATE && prot & Prot.WRITE && file.sealed) fail(E.PERM);
      if (offset % PAGE_SIZE) fail(E.INVAL);
      if (file.mappable === "zero") file = null;
    }
    const shared = type === Map.PRIVATE ? null : file ? new FileBacking(file) : new AnonymousBacking(length);
    return this.add(hint, length, flags, { prot, file, offset: file ? offset : 0, shared, name, mayWrite: !shared || !file || (file.writable && !file.sealed) });
  }

  /** Map a segment of shared memory; `length` in whole pages. */
  attach(hint: number, length: number, prot: number, flags: number, shared: Backing, name: string, mayWrite: boolean): number {
    if (this.readImpliesExec) prot |= Prot.EXEC;
    return this.add(hint, length, flags, { prot, file: null, offset: 0, shared, name, mayWrite });
  }

  private add(hint: number, length: number, flags: number, what: Omit<Vma, "start" | "end">): number {
    if (this.vmas.list.length >= MAX_MAPPINGS) fail(E.NOMEM);
    const start = this.place(hint, length, flags);
    const v: Vma = { start, end: start + length, ...what };
    const replaced = this.vmas.isFree(start, v.end) ? 0 : this.mappedBytes(start, v.end);
    if (this.total - replaced + length > this.limits.as) fail(E.NOMEM);
    if (replaced) this.munmap(start, length);
    this.account(v, 1);
    v.file?.retain();
    v.shared?.retain();
    if (v.shared) this.prepareAlias(v.shared);
    this.fill(v);
    this.vmas.insert(v);
    if (v.name === "[stack]") this.stackLow = start;
    return start;
  }

  /** Map the pages of a new mapping and load their content. */
  private fill(v: Vma): void {
    const { memory } = this;
    memory.map(v.start, v.end - v.start, permOf(v.prot));
    if (v.prot === 0 && (v.file || v.shared)) memory.hold(v.start, v.end - v.start);
    if (isShared(v)) {
      this.sharedPages.load(v);
    } else if (v.file) {
      const end = Math.min(v.end, v.start + Math.max(0, v.file.size() - v.offset));
      for (let at = v.start; at < end; ) {
        const n = v.file.readAt(v.offset + at - v.start, memory.bytes.subarray(at, end));
        if (n <= 0) break;
        at += n;
      }
    }
    this.hideBeyondEnd(v);
  }

  /** Pages of a file mapping wholly beyond the file's end exist but cannot be accessed (SIGBUS). */
  private hideBeyondEnd(v: Vma): void {
    const size = v.shared ? v.shared.size() : v.file ? v.file.size() : Infinity;
    const valid = v.start + pageUp(Math.max(0, size - v.offset));
    if (valid < v.end) this.memory.protect(Math.max(valid, v.start), v.end - Math.max(valid, v.start), 0);
  }

  private mappedBytes(start: number, end: number): number {
    let n = 0;
    for (const v of this.vmas.within(start, end)) n += Math.min(v.end, end) - Math.max(v.start, start);
    return n;
  }

  munmap(start: number, length: number): void {
    if (start % PAGE_SIZE || length <= 0) fail(E.INVAL);
    const end = start + pageUp(length);
    if (end > this.memory.limit) fail(E.INVAL);
    if (this.vmas.list.length >= MAX_MAPPINGS && !this.vmas.isFree(start, end)) {
      const first = this.vmas.find(start);
      if (first && first.start < start && first.end > end) fail(E.NOMEM);
    }
    for (const v of this.vmas.cut(start, end)) this.drop(v);
  }

  private drop(v: Vma): void {
    if (v.shared) this.sharedPages.drop(v.start, v.end);
    this.account(v, -1);
    this.memory.unmap(v.start, v.end - v.start);
    v.file?.release();
    v.shared?.release();
  }

  mprotect(start: number, length: number, prot: number): void {
    if (start % PAGE_SIZE) fail(E.INVAL);
    if (prot & ~7) {
      // PROT_GROWSDOWN, PROT_GROWSUP; other bits do not exist
      if (prot & ~0x3000007) fail(E.INVAL);
    }
    if (length === 0) return;
    const end = start + pageUp(length);
    if (end > this.memory.limit || !this.vmas.isFull(start, end)) fail(E.NOMEM);
    prot &= 7;
    if (this.readImpliesExec && prot & Prot.READ) prot |= Prot.EXEC;
    if (this.vmas.list.length + 2 > MAX_MAPPINGS) fail(E.NOMEM);
    let cost = 0;
    for (const v of this.vmas.within(start, end)) {
      if (prot & Prot.WRITE && !v.mayWrite) fail(E.ACCES);
      if (v.prot === 0 && prot !== 0) cost += Math.min(v.end, end) - Math.max(v.start, start);
    }
    if (this.budget.used + cost > this.budget.limit) fail(E.NOMEM);
    this.vmas.splitAt(start);
    this.vmas.splitAt(end);
    for (const v of this.vmas.within(start, end)) {
      if (v.prot === prot) continue;
      this.account(v, -1);
      v.prot = prot;
      this.account(v, 1);
      this.memory.protect(v.start, v.end - v.start, permOf(prot));
      this.hideBeyondEnd(v);
    }
    this.vmas.joinWithin(start, end);
  }

  /** Returns the new end, which is the old one if it cannot be as asked. */
  brk(addr: number): number {
    if (addr < this.startBrk || addr > this.memory.limit) return this.brkEnd;
    const oldEnd = pageUp(this.brkEnd), newEnd = pageUp(addr);
    if (newEnd > oldEnd) {
      if (addr - this.startBrk > this.limits.data || !this.vmas.isFree(oldEnd, newEnd + PAGE_SIZE)) return this.brkEnd;
      const prot = Prot.READ | Prot.WRITE | (this.readImpliesExec ? Prot.EXEC : 0);
      const v: Vma = { start: oldEnd, end: newEnd, prot, file: null, offset: 0, shared: null, name: "[heap]", mayWrite: true };
      if (this.total + newEnd - oldEnd > this.limits.as || this.budget.used + newEnd - oldEnd > this.budget.limit) return this.brkEnd;
      this.account(v, 1);
      this.fill(v);
      this.vmas.insert(v);
    } else if (newEnd < oldEnd) {
      this.munmap(newEnd, oldEnd - newEnd);
    }
    this.brkEnd = addr;
    return addr;
  }

  mremap(old: number, oldLength: number, newLength: number, flags: number, newAddress: number): number {
    const MAYMOVE = 1, FIXED = 2, DONTUNMAP = 4;
    if (old % PAGE_SIZE || flags & ~7 || newLength <= 0 || (flags & (FIXED | DONTUNMAP) && !(flags & MAYMOVE))) fail(E.INVAL);
    oldLength = pageUp(oldLength);
    newLength = pageUp(newLength);
    const v = this.vmas.find(old);
    if (!v) fail(E.FAULT);
    if (oldLength === 0 && !v.shared) fail(E.INVAL);
    if (flags & FIXED && (newAddress % PAGE_SIZE || newAddress + newLength > this.memory.limit)) fail(E.INVAL);
    if (flags & FIXED && newAddress < old + oldLength && old < newAddress + newLength) fail(E.INVAL);
    if (old + oldLength > v.end) fail(E.FAULT);
    if (flags & DONTUNMAP && (oldLength !== newLength || v.shared || v.file)) fail(E.INVAL);
    if (!(flags & (FIXED | DONTUNMAP))) {
      if (newLength <= oldLength) {
        if (newLength < oldLength) this.munmap(old + newLength, oldLength - newLength);
        return old;
      }
      if (old + oldLength === v.end && old + newLength <= this.memory.limit && this.vmas.isFree(v.end, old + newLength)) {
        this.extend(v, old + newLength);
        return old;
      }
      if (!(flags & MAYMOVE)) fail(E.NOMEM);
    }
    return this.moveMapping(v, old, oldLength, newLength, flags & FIXED ? newAddress : -1, (flags & DONTUNMAP) !== 0);
  }

  private extend(v: Vma, end: number): void {
    const more: Vma = { ...v, start: v.end, end, offset: v.offset + v.end - v.start };
    this.account(more, 1);
    more.file?.retain();
    more.shared?.retain();
    this.fill(more);
    this.vmas.insert(more);
  }

  private moveMapping(v: Vma, old: number, oldLength: number, newLength: number, fixed: number, keep: boolean): number {
    const { memory } = this;
    if (this.total + newLength - oldLength > this.limits.as || this.budget.used + newLength - oldLength > this.budget.limit) fail(E.NOMEM);
    const target = fixed >= 0 ? fixed : this.place(0, newLength, 0);
    if (!this.vmas.isFree(target, target + newLength)) this.munmap(target, newLength);
    const offset = v.offset + old - v.start;
    const moved: Vma = { ...v, start: target, end: target + newLength, offset: v.file || v.shared ? offset : 0 };
    if (v.shared) {
      this.publish(v.shared);
      this.prepareAlias(v.shared);
    }
    this.account(moved, 1);
    moved.file?.retain();
    moved.shared?.retain();
    this.fill(moved);
    const n = Math.min(oldLength, newLength);
    if (!moved.shared) {
      for (let at = 0; at < n; at += PAGE_SIZE) {
        if (!moved.file && (!(memory.perms[(old + at) / PAGE_SIZE]! & Perm.USED) || memory.isZero((old + at) / PAGE_SIZE))) continue;
        memory.bytes.copyWithin(target + at, old + at, old + at + PAGE_SIZE);
        memory.hold(target + at, PAGE_SIZE);
      }
    }
    this.vmas.insert(moved);
    if (keep) {
      const { prot } = v;
      memory.map(old, oldLength, permOf(prot));
    } else if (oldLength > 0) {
      this.munmap(old, oldLength);
    }
    return target;
  }

  /** MADV_DONTNEED and its kin: private memory reads as when it was mapped. */
  discard(start: number, end: number): void {
    for (const v of [...this.vmas.within(start, end)]) {
      if (v.shared) continue;
      const from = Math.max(start, v.start), to = Math.min(end, v.end);
      this.fill({ ...v, start: from, end: to, offset: v.file ? v.offset + from - v.start : 0 });
    }
  }

  /** What forked processes get of a range: MADV_WIPEONFORK, MADV_DONTFORK and their opposites. EINVAL. */
  inheritAs(start: number, end: number, onFork: Vma["onFork"]): void {
    for (const v of this.vmas.within(start, end)) if (onFork === "wipe" && (v.file || v.shared)) fail(E.INVAL);
    this.vmas.splitAt(start);
    this.vmas.splitAt(end);
    for (const v of this.vmas.within(start, end)) v.onFork = onFork;
    this.vmas.joinWithin(start, end);
  }

  // Sharing.

  /** A backing gets a place in this space, where it may have one already. */
  private prepareAlias(backing: Backing): void {
    if (!this.vmas.list.some((v) => v.shared?.inode === backing.inode)) return;
    this.sharedPages.aliases = true;
    this.sharedPages.push();
  }

  /** What has been in this process' pages alone is to be had elsewhere. */
  private publish(backing: Backing): void {
    if (!(backing instanceof AnonymousBacking) || backing.published) return;
    for (const v of this.vmas.list) if (isShared(v) && v.shared === backing) this.sharedPages.publish(v);
    backing.published = true;
  }

  /** Changes of this process go to what it shares. */
  push(): void {
    this.sharedPages.push();
  }

  /** A system call begins, which may look at files. */
  pushFiles(): void {
    this.sharedPages.pushFiles();
  }

  /** Changes of others come in. */
  pull(): void {
    const stretches: SharedStretch[] = [];
    for (const v of this.vmas.list) if (isShared(v) && !(v.shared instanceof AnonymousBacking && !v.shared.published)) stretches.push(v);
    if (stretches.length > 0) this.sharedPages.pull(stretches);
  }

  /** RLIMIT_STACK changed: how far the stack may grow from now on. */
  limitStack(bytes: number): void {
    this.stackFloor = Math.max(this.mmapBase, this.memory.limit - Math.min(bytes, this.memory.limit));
  }

  /** Let the stack reach down to an address if it may (a push, or a call's buffer, below what is mapped). Returns whether it does now. */
  growStack(addr: number): boolean {
    addr >>>= 0;
    if (addr >= this.stackLow || addr < this.stackFloor) return false;
    const v = this.vmas.find(this.stackLow);
    if (!v || v.start !== this.stackLow || v.name !== "[stack]") return false;
    const start = Math.max(this.stackFloor, addr - (addr % PAGE_SIZE) - STACK_STEP);
    // Some distance to what lies below stays.
    if (!this.vmas.isFree(Math.max(0, start - STACK_STEP), v.start)) return false;
    const more: Vma = { ...v, start, end: v.start };
    try {
      this.account(more, 1);
    } catch {
      return false;
    }
    this.memory.map(start, v.start - start, permOf(v.prot));
    v.start = this.stackLow = start;
    return true;
  }

  // Faults.

  /** Why an access to `addr` failed: SIGBUS for pages beyond a file's end, SEGV_ACCERR for mapped ones, SEGV_MAPERR (1) else. */
  explainFault(addr: number, write: boolean): "bus" | "access" | "unmapped" {
    const v = this.vmas.find(addr >>> 0);
    if (!v) return "unmapped";
    const allowed = (v.prot & (write ? Prot.WRITE : Prot.READ | Prot.WRITE | Prot.EXEC)) !== 0;
    const backing = v.shared ?? v.file;
    const beyond = backing !== null && v.offset + (addr >>> 0) - v.start >= pageUp(backing.size());
    return allowed && beyond ? "bus" : "access";
  }

  /** A file grew or shrank: give its mappings' pages the access they should have. Returns whether `addr` can be accessed now. */
  refreshEnd(addr: number): boolean {
    const v = this.vmas.find(addr >>> 0);
    if (!v || v.prot === 0 || !(v.shared ?? v.file)) return false;
    const page = (addr >>> 0) - ((addr >>> 0) % PAGE_SIZE);
    if (this.memory.perms[page / PAGE_SIZE]! & Perm.READ) return false;
    if (this.explainFault(addr, false) === "bus") return false;
    this.fill({ ...v, start: page, end: page + PAGE_SIZE, offset: v.offset + page - v.start });
    return true;
  }

  // Life.

  /** A copy for a forked process. What was never touched is not copied. */
  fork(memory: UserMemory): MemoryMap {
    for (const v of this.vmas.list) if (v.shared) this.publish(v.shared);
    if (this.sharing) this.push();
    const child = new MemoryMap(memory, this.budget, this.lowest);
    try {
      for (const v of this.vmas.list) {
        if (v.onFork === "leave") continue;
        const copy = { ...v };
        child.account(copy, 1);
        copy.file?.retain();
        copy.shared?.retain();
        child.vmas.list.push(copy);
      }
    } catch (e) {
      child.forget();
      throw e;
    }
    for (const v of this.vmas.list) {
      if (v.onFork === "wipe") memory.map(v.start, v.end - v.start, permOf(v.prot));
      else if (v.onFork !== "leave") this.copyPages(v, child);
    }
    child.mmapBase = this.mmapBase;
    child.startBrk = this.startBrk;
    child.brkEnd = this.brkEnd;
    child.memory.heap = this.memory.heap;
    child.readImpliesExec = this.readImpliesExec;
    child.limits = { ...this.limits };
    child.argStart = this.argStart;
    child.argEnd = this.argEnd;
    child.envStart = this.envStart;
    child.envEnd = this.envEnd;
    child.startCode = this.startCode;
    child.endCode = this.endCode;
    child.startStack = this.startStack;
    child.stackFloor = this.stackFloor;
    child.stackLow = this.stackLow;
    child.vdso = this.vdso;
    child.auxv = this.auxv;
    return child;
  }

  private copyPages(v: Vma, child: MemoryMap): void {
    const { memory } = child;
    memory.map(v.start, v.end - v.start, permOf(v.prot));
    if (v.file || v.shared) child.hideBeyondEnd(v);
    if (isShared(v)) {
      if (v.prot === 0) memory.hold(v.start, v.end - v.start);
      this.sharedPages.inherit(child.sharedPages, v);
      if (v.shared instanceof AnonymousBacking) return;
    }
    const holds = (at: number): boolean => (this.memory.perms[at / PAGE_SIZE]! & Perm.USED) !== 0 && !this.memory.isZero(at / PAGE_SIZE);
    for (let at = v.start; at < v.end; at += PAGE_SIZE) {
      if (!holds(at)) continue;
      let end = at + PAGE_SIZE;
      while (end < v.end && holds(end)) end += PAGE_SIZE;
      memory.bytes.set(this.memory.bytes.subarray(at, end), at);
      memory.hold(at, end - at);
      at = end;
    }
  }

  private forget(): void {
    for (const v of this.vmas.list) {
      this.account(v, -1);
      v.file?.release();
      v.shared?.release();
    }
    this.vmas.list.length = 0;
  }

  /** Unmap everything, so that the buffer can be used again. */
  clear(): void {
    for (const v of this.vmas.list) this.drop(v);
    this.vmas.list.length = 0;
  }

  /** What a futex word in shared memory is known by in every process: its backing's identity and offset; null: private memory. */
  sharedKey(addr: number): { inode: object; offset: number } | null {
    const v = this.vmas.find(addr >>> 0);
    return v?.shared ? { inode: v.shared.inode, offset: v.offset + (addr >>> 0) - v.start } : null;
  }
}

function isShared(v: Vma): v is Vma & SharedStretch {
  return v.shared !== null;
}
