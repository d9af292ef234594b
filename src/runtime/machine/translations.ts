import type { Block } from "../../ir/inst.js";
import type { CompiledRegion } from "../../jit/compile.js";
import type { PhysicalMemory } from "../../mmu/physical.js";
import { Perm } from "../../mmu/perm.js";

/**
 * Translations of a machine, which all its vCPUs share: an index for each MMU role, by execution mode, PC (an offset in CS) and the physical
 * address that the code was read from. So neither a TLB flush nor another CR3 makes a translation wrong: whether code is where it was is
 * asked at each lookup. Stores to translated code are seen through the physical memory's observers.
 */

/** The code at one PC of one physical page in one mode and role. */
export class Translation {
  /** Times the block ran in tier 0. */
  count = 0;
  /** Compiling it failed or does not pay: stay in tier 0. */
  cold = false;
  valid = true;
  region: SharedRegion | null = null;
  /** Its region met memory that lies otherwise than it was compiled for, so often: with 3, it is compiled for any. */
  strays = 0;
  /** Times its region was compiled, and the last one's shape (region-builder.ts). */
  grown = 0;
  shape = 0;
  /** Where a computed jump or call at its end went in tier 0, and how often. */
  targets: Map<number, number> | null = null;
  /** Its region as bound to the vCPU that entered it last. */
  bound: { readonly owner: unknown } | null = null;
  /** Another translation of the same PC, from other physical pages. */
  next: Translation | null = null;

  constructor(
    readonly index: RoleIndex,
    readonly pc: number,
    readonly mode: number,
    readonly block: Block,
    /** Physical address of its first byte, */
    readonly physical: number,
    /** and of the page that it goes on in, or -1. */
    readonly nextPage: number,
  ) {}
}

/** A compiled region, not bound to a vCPU. */
export interface SharedRegion {
  readonly compiled: CompiledRegion;
  /** The difference from linear addresses to offsets in the buffer that all its accesses have, or null: any. */
  readonly distance: number | null;
  /** The linear pages it was made from, each as its distance from the entry's page, and the physical page it was then: pairs. */
  readonly pages: readonly number[];
  /** Physical ranges, [start, end) within a page each. */
  readonly ranges: readonly number[];
}

/** Why a translation went. */
export type DropReason = "invalidated" | "evicted" | "policy";

/** Whoever counts translations (runtime/roles). */
export interface TranslationObserver {
  /** A lookup found nothing; a translation will be made. */
  missed(role: number, mode: number, pc: number, physical: number): void;
  made(t: Translation): void;
  dropped(t: Translation, why: DropReason): void;
}

/** What is counted for a role, also over the ends of its index. */
export interface RoleCounters {
  readonly role: number;
  lookups: number;
  hits: number;
  /** Translations made. */
  blocks: number;
}

const RECENT = 256, MODES = 16;

/** Translations of one role in one mode. */
export class ModeIndex {
  /** By PC; others of the same PC follow by `next`. */
  readonly blocks = new Map<number, Translation>();
  /** Memory lies in too many places for regions made for one of them. */
  scattered = false;
  /** Those found last, by the low bits of their PC; some may be gone. */
  private readonly recent = new Array<Translation | null>(RECENT).fill(null);

  constructor(
    readonly index: RoleIndex,
    readonly mode: number,
  ) {}

  /** The one at a PC of code that is within one page, at this physical address, if it was remembered. */
  recall(pc: number, physical: number): Translation | null {
    const t = this.recent[pc & (RECENT - 1)]!;
    return t !== null && t.pc === pc && t.physical === physical && t.nextPage < 0 && t.valid ? t : null;
  }

  remember(t: Translation): void {
    this.recent[t.pc & (RECENT - 1)] = t;
  }
}

/** Translations under one role; contexts of several vCPUs may use it. */
export class RoleIndex {
  readonly modes = new Map<number, ModeIndex>();
  /** In front of `modes`. */
  private readonly recent = new Array<ModeIndex | null>(MODES).fill(null);
  /** Contexts that use it. */
  users = 0;

  constructor(readonly counters: RoleCounters) {}

  get role(): number {
    return this.counters.role;
  }

  /** Those of a mode. */
  mode(mode: number): ModeIndex {
    const i = (mode ^ (mode >>> 5) ^ (mode >>> 9)) & (MODES - 1);
    const recent = this.recent[i]!;
    if (recent !== null && recent.mode === mode) return recent;
    let m = this.modes.get(mode);
    if (!m) this.modes.set(mode, (m = new ModeIndex(this, mode)));
    this.recent[i] = m;
    return m;
  }
}

export interface TranslationLimits {
  /** Most blocks, and most bytes of JavaScript in regions. */
  readonly blocks: number;
  readonly bytes: number;
}

const LIMITS: TranslationLimits = { blocks: 200_000, bytes: 256 << 20 };

export class MachineTranslations {
  private readonly indexes = new Map<number, RoleIndex>();
  private readonly roleCounters = new Map<number, RoleCounters>();
  private readonly byPage = new Map<number, Set<Translation>>();
  private total = 0;
  private bytes = 0;
  readonly counters = { invalidations: 0, evictions: 0, blocks: 0, regions: 0 };
  /** Time spent on regions, bytes of their JavaScript and of the guest's code they came from; all that were ever compiled. */
  readonly compilation = { compileMs: 0, bytes: 0, guestBytes: 0 };
  /** Counts the times that a page came to hold translations. */
  marks = 0;
  observer: TranslationObserver | null = null;
  /** Called when translations went that something may be running or linked to. */
  readonly changed = new Set<(dropped: Translation) => void>();

  constructor(readonly memory: PhysicalMemory, private readonly limits: TranslationLimits = LIMITS) {
    memory.observers.add({
      codeWritten: (addr, size) => this.invalidate(addr >>> 0, size),
      codeUnmapped: (first, pages) => {
        for (let page = first; page < first + pages; page++) this.dropPage(page);
      },
    });
  }

  // Contexts of MMUs (ContextOwner).

  open(role: number): RoleIndex {
    let index = this.indexes.get(role);
    if (!index) {
      let counters = this.roleCounters.get(role);
      if (!counters) this.roleCounters.set(role, (counters = { role, lookups: 0, hits: 0, blocks: 0 }));
      this.indexes.set(role, (index = new RoleIndex(counters)));
    }
    index.users++;
    return index;
  }

  /** A context is gone. Its role's translations go with the last one, or at once if the policy dropped it, whoever else uses them. */
  close(role: number, index: RoleIndex, why: "evicted" | "policy"): void {
    const last = --index.users === 0;
    if (last) this.indexes.delete(role);
    if (last || why === "policy") this.empty(index, why);
  }

  /** Whether code at a physical address is in RAM or ROM, so that changes of it are seen or do not happen. */
  isMemory(physical: number): boolean {
    return physical < 2 ** 32 && (this.memory.perms[(physical / 4096) >>> 0]! & Perm.READ) !== 0;
  }

  /** All that are held. */
  *all(): Generator<Translation> {
    for (const index of this.indexes.values()) for (const m of index.modes.values()) for (const first of m.blocks.values()) for (let t: Translation | null = first; t; t = t.next) yield t;
  }

  /** Drop all of them: they are to be made anew, differently. */
  clear(): void {
    for (const index of this.indexes.values()) this.empty(index, "invalidated");
  }

  private empty(index: RoleIndex, why: DropReason): void {
    for (const m of index.modes.values()) {
      for (const first of m.blocks.values()) for (let t: Translation | null = first; t; t = t.next) this.forget(t, why);
      m.blocks.clear();
    }
    for (const page of [...this.byPage.keys()]) this.remark(page);
  }

  /** Of every role there has been, in the order of their first use. */
  get roles(): readonly RoleCounters[] {
    return [...this.roleCounters.values()];
  }

  /** Under all roles. */
  get lookups(): { lookups: number; hits: number } {
    let lookups = 0, hits = 0;
    for (const c of this.roleCounters.values()) {
      lookups += c.lookups;
      hits += c.hits;
    }
    return { lookups, hits };
  }

  /** Blocks and bytes of JavaScript held now. */
  get size(): { blocks: number; bytes: number } {
    return { blocks: this.total, bytes: this.bytes };
  }

  /** File a block that was just lifted, from pages of RAM or ROM. */
  add(index: RoleIndex, mode: number, block: Block, physical: number, nextPage: number): Translation {
    if (this.total >= this.limits.blocks) this.evict();
    const t = new Translation(index, block.pc, mode, block, physical, nextPage);
    const m = index.mode(mode).blocks;
    t.next = m.get(block.pc) ?? null;
    m.set(block.pc, t);
    this.total++;
    this.counters.blocks++;
    index.counters.blocks++;
    const length = block.end - block.pc;
    const here = Math.min(length, 4096 - (physical & 0xfff));
    this.cover(t, physical, physical + here);
    if (here < length && nextPage >= 0) this.cover(t, nextPage, nextPage + length - here);
    this.observer?.made(t);
    return t;
  }

  addRegion(t: Translation, region: SharedRegion): void {
    const size = region.compiled.size;
    if (this.bytes + size > this.limits.bytes) this.evict();
    if (!t.valid) return;
    if (t.region) this.bytes -= t.region.compiled.size;
    t.region = region;
    this.bytes += size;
    this.counters.regions++;
    this.compilation.bytes += size;
    for (let i = 0; i < region.ranges.length; i += 2) {
      this.compilation.guestBytes += region.ranges[i + 1]! - region.ranges[i]!;
      this.cover(t, region.ranges[i]!, region.ranges[i + 1]!);
    }
  }

  /** Note that a translation depends on [start, end) of one physical page. */
  private cover(t: Translation, start: number, end: number): void {
    const page = Math.floor(start / 4096);
    let set = this.byPage.get(page);
    if (!set) this.byPage.set(page, (set = new Set()));
    set.add(t);
    if (this.memory.perms[page]! & Perm.FAST) this.marks++;
    this.memory.markCode(start, end);
  }

  /** Physical bytes change: drop what was translated from them. */
  private invalidate(addr: number, size: number): void {
    const page = addr >>> 12;
    const set = this.byPage.get(page);
    if (!set) return;
    const end = addr + size;
    let hit: Translation[] | null = null;
    for (const t of set) if (overlaps(t, addr, end)) (hit ??= []).push(t);
    if (hit === null) return;
    for (const t of hit) this.remove(t, "invalidated");
    this.remark(page);
  }

  private dropPage(page: number): void {
    for (const t of [...(this.byPage.get(page) ?? [])]) this.remove(t, "invalidated");
    this.remark(page);
  }

  private remark(page: number): void {
    this.memory.unmarkCode(page);
    const set = this.byPage.get(page);
    if (!set) return;
    if (set.size === 0) {
      this.byPage.delete(page);
      return;
    }
    const start = page * 4096;
    for (const t of set) {
      forEachRange(t, (a, b) => {
        if (Math.floor(a / 4096) === page) this.memory.markCode(Math.max(a, start), b);
        return false;
      });
    }
  }

  private remove(t: Translation, why: DropReason): void {
    const m = t.index.modes.get(t.mode)!.blocks;
    let at = m.get(t.pc) ?? null;
    if (at === t) {
      if (t.next) m.set(t.pc, t.next);
      else m.delete(t.pc);
    } else {
      while (at && at.next !== t) at = at.next;
      if (at) at.next = t.next;
    }
    this.forget(t, why);
  }

  private forget(t: Translation, why: DropReason): void {
    t.valid = false;
    this.total--;
    if (t.region) this.bytes -= t.region.compiled.size;
    forEachRange(t, (a) => {
      this.byPage.get(Math.floor(a / 4096))?.delete(t);
      return false;
    });
    if (why === "invalidated") this.counters.invalidations++;
    else if (why === "evicted") this.counters.evictions++;
    this.observer?.dropped(t, why);
    for (const f of this.changed) f(t);
  }

  /** The older half goes. */
  private evict(): void {
    for (const index of this.indexes.values()) {
      for (const { blocks: m } of index.modes.values()) {
        let n = Math.ceil(m.size / 2);
        for (const t of [...m.values()]) {
          if (n-- === 0) break;
          this.remove(t, "evicted");
        }
      }
    }
    for (const page of [...this.byPage.keys()]) this.remark(page);
  }
}

/** The physical ranges of a translation, until `fn` returns true. */
function forEachRange(t: Translation, fn: (start: number, end: number) => boolean): boolean {
  const length = t.block.end - t.block.pc;
  const here = Math.min(length, 4096 - (t.physical & 0xfff));
  if (fn(t.physical, t.physical + here)) return true;
  if (here < length && t.nextPage >= 0 && fn(t.nextPage, t.nextPage + length - here)) return true;
  const r = t.region?.ranges;
  if (r) for (let i = 0; i < r.length; i += 2) if (fn(r[i]!, r[i + 1]!)) return true;
  return false;
}

function overlaps(t: Translation, start: number, end: number): boolean {
  return forEachRange(t, (a, b) => start < b && end > a);
}
