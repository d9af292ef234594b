import type { LibEnv } from "../../../ir/env.js";
import { GuestFault } from "../../../ir/memory.js";
import { HOME_READ, HOME_WRITE } from "../../../ir/state.js";
import { Doing, during, type Whereabouts } from "../../inspect/whereabouts.js";
import { bindRegion, type Binding, freshLinks, type Links, type RegionFunction } from "../../../jit/compile.js";
import { primeRegion } from "../../../jit/prime.js";
import { type PagedAccess, pagedAccess } from "../../../jit/paged-access.js";
import { PAGE_REACH, Windows } from "../../../jit/windows.js";
import { Perm } from "../../../mmu/perm.js";
import { FIRST_GROWTH, GROWTH, type GrowthLimits } from "../../region-builder.js";
import { mayGrow, type Regrowth } from "../../regrowth.js";
import type { MachineTranslations, ModeIndex, RoleIndex, SharedRegion, Translation } from "../translations.js";
import type { FetchUnit } from "./code.js";
import type { Processor } from "./processor.js";
import type { RegionCompiler } from "./region-compiler.js";

/** A region bound to this vCPU. */
export interface BoundRegion {
  /** The regions of this vCPU. */
  readonly owner: Regions;
  readonly fn: RegionFunction;
  readonly region: SharedRegion;
  readonly links: Links;
  /** Links of other regions that lead here: links array, index, … */
  readonly incoming: Array<Links | number>;
  /** Its windows, and the room that they are in; null if it keeps none. */
  readonly windows: Int32Array;
  readonly room: Windows | null;
  /** The mapping under which its pages were last found where they were: the MMU's version and the linear address of its entry. */
  version: number;
  linear: number;
}

/**
 * A list that V8 takes for one of any values from the start: `link` gets into regions, and one that begins as a list of small integers would be another map to it
 * there, at which code that is entered at a region's start is thrown away.
 */
function emptyList<T>(): T[] {
  const list: unknown[] = [null];
  list.pop();
  return list as T[];
}

/** What regions of one role were linked under: it lasts while the role is left and entered again, and nothing else changed. */
class Mapping {
  /** Of the MMU, and the base of CS. */
  version = -1;
  base = 0;
  /** The difference that regions must have been compiled for to run, if for any. */
  distance: number | null = null;
  /** A page that could be written. */
  home = 0;
  /** Stamps what was found under it. */
  epoch = 0;
  /** Links made under it, which another one could make wrong: links array, index, … */
  readonly made = emptyList<Links | number>();
  /** The regions that they lead to. */
  readonly linked = emptyList<BoundRegion>();
}

/** For one index and mode: the windows of regions, and regions found by indirect jumps, direct-mapped by PC. */
class Front {
  /** Made with the first region that keeps windows. */
  windows: Windows | null = null;
  /** What they show is good as long as this is what is known of pages, and for the page at which those begin that show nothing. */
  knowledge = -1;
  home = 0;
  distance = 0;
  /** Of what was known then: the mapping and the accessor. */
  version = -1;
  accessor = -1;
  readonly keys = new Int32Array(FRONT_SIZE);
  readonly stamps = new Int32Array(FRONT_SIZE);
  readonly functions: RegionFunction[];

  constructor(readonly modes: ModeIndex | null, stop: RegionFunction) {
    this.functions = new Array<RegionFunction>(FRONT_SIZE).fill(stop);
  }
}

const FRONT_SIZE = 1024;
const RECENT_FRONTS = 8;
/** Times that a region made for one difference cannot be used, and accesses that they leave to tier 0, until others are made. */
const MOST_STRAYS = 3, MANY_STRAYS = 200;

const NONE = new Int32Array(0);

/** Regions at which lookups are tried out: V8 collects feedback after some calls. */
const TRAINED = 12;

/** Compiled regions of one vCPU: made for all vCPUs, bound to this one, entered only where the code is still mapped as it was. */
export class Regions {
  readonly stop: RegionFunction;
  private readonly binding: Binding;
  /** Of regions made for one difference. */
  private readonly uniform: Binding;
  /** The difference of the pages at which windows start, if both have the same. */
  private distance: number | null = null;
  /** Accesses elsewhere that were looked at. */
  private strays = 0;
  private readonly access: PagedAccess;
  private accessor = -1;
  private marks = -1;
  /** What is known of pages now. */
  private knowledge = 0;
  private readonly bound = new Map<Translation, BoundRegion>();
  /** The windows' first pages in the state are good as things are. */
  private homes = false;
  /** And so are the windows of this mode's regions. */
  private shown = false;
  private readonly mappings = new WeakMap<RoleIndex, Mapping>();
  private mapping = new Mapping();
  /** Of the mapping. */
  private epoch = 0;
  private epochs = 0;
  private version = -1;
  private base = 0;
  private readonly fronts = new WeakMap<ModeIndex, Front>();
  /** Those used last. */
  private readonly recentFronts: Front[] = [];
  private front: Front;
  /** Has `stop` at PC 0. */
  private readonly nowhere: Front;
  private index: RoleIndex | null = null;
  /** A region is entered to teach V8 its ways out (prime.ts). */
  private priming = false;
  /** Lookups that hit, not counted for the role yet. */
  private hits = 0;
  private modes: ModeIndex | null = null;

  constructor(
    private readonly p: Processor,
    private readonly code: FetchUnit,
    private readonly translations: MachineTranslations,
    private readonly compiler: RegionCompiler,
    env: LibEnv,
    private readonly where: Whereabouts | null,
  ) {
    const stop: RegionFunction = () => stop;
    this.stop = stop;
    this.front = this.nowhere = new Front(null, stop);
    this.access = pagedAccess(env, p.memory);
    this.binding = { env, ...this.access, go: this.go, link: this.link, stop };
    this.uniform = { ...this.binding, ...this.access.uniform };
    translations.changed.add((t) => this.dropped(t));
  }

  /** Use this index and mode, under the mapping as it is now. */
  enter(modes: ModeIndex): void {
    const base = this.code.linear(0);
    const { mmu, memory } = this.p;
    const { version } = mmu;
    if (this.version !== version || this.accessor !== memory.table || this.marks !== this.translations.marks) {
      this.accessor = memory.table;
      this.marks = this.translations.marks;
      this.knowledge = this.access.select(version, this.accessor, this.marks);
      this.homes = this.shown = false;
    }
    if (this.version !== version || this.base !== base || this.index !== modes.index) {
      this.version = version;
      this.base = base;
      this.map(modes.index);
    }
    if (modes === this.modes) return;
    this.modes = modes;
    this.front = this.frontOf(modes);
    this.shown = false;
  }

  /** Go on under the mapping of a role, which may not be what it was. */
  private map(index: RoleIndex): void {
    if (this.index !== index) {
      this.index = index;
      let mapping = this.mappings.get(index);
      if (!mapping) this.mappings.set(index, (mapping = new Mapping()));
      this.mapping = mapping;
    }
    const { mapping } = this;
    if (mapping.version !== this.version || mapping.base !== this.base) {
      mapping.version = this.version;
      mapping.base = this.base;
      this.unlink(mapping);
    }
    this.distance = mapping.distance;
    this.epoch = mapping.epoch;
  }

  /** What was found and linked under a mapping may not be entered any more. */
  private unlink(mapping: Mapping): void {
    mapping.epoch = ++this.epochs;
    const { made, linked } = mapping;
    if (made.length === 0) return;
    for (let i = 0; i < made.length; i += 2) (made[i] as Links)[made[i + 1] as number] = null;
    made.length = 0;
    // So nothing leads to any of them.
    for (const b of linked) b.incoming.length = 0;
    linked.length = 0;
  }

  private frontOf(modes: ModeIndex): Front {
    const { recentFronts } = this;
    for (let i = 0; i < recentFronts.length; i++) if (recentFronts[i]!.modes === modes) return recentFronts[i]!;
    let front = this.fronts.get(modes);
    if (!front) this.fronts.set(modes, (front = new Front(modes, this.stop)));
    if (recentFronts.length === RECENT_FRONTS) recentFronts.shift();
    recentFronts.push(front);
    return front;
  }

  private dropped(t: Translation): void {
    const b = this.bound.get(t);
    if (!b) return;
    this.bound.delete(t);
    if (t.bound === b) t.bound = null;
    const mapping = this.mappings.get(t.index);
    if (mapping) {
      mapping.epoch = ++this.epochs;
      this.epoch = this.mapping.epoch;
    }
    for (let k = 0; k < b.incoming.length; k += 2) (b.incoming[k] as Links)[b.incoming[k + 1] as number] = null;
    b.links.fill(null, 1);
    b.room?.give(b.windows);
  }

  /** The function of a translation's region, or null if it has none, or its code is not all mapped where it was. */
  entry(t: Translation): RegionFunction | null {
    return this.usable(t)?.fn ?? null;
  }

  private usable(t: Translation): BoundRegion | null {
    if (!t.region) return null;
    if (t.region.distance !== null && t.region.distance !== this.distance) {
      t.strays++;
      return null;
    }
    let b = t.bound as BoundRegion | null | undefined;
    if (!b || b.owner !== this) b = this.bound.get(t);
    // Compiled anew since.
    if (b && b.region !== t.region) {
      this.dropped(t);
      b = undefined;
    }
    if (!b) {
      const { compiled } = t.region;
      const links = freshLinks(compiled, this.stop);
      const room = t.region.distance === null ? null : this.room();
      const windows = room === null ? NONE : room.take(compiled.windows, this.access.uniform.expected);
      const fn = bindRegion(compiled, room === null ? this.binding : this.uniform, links, windows);
      if (!compiled.primed) {
        // V8's feedback is the same for all functions that a factory makes.
        compiled.primed = true;
        during(this.where, Doing.compiling, () => this.prime(fn, links));
      }
      b = { owner: this, fn, region: t.region, links, incoming: emptyList(), windows, room, version: -1, linear: 0 };
      this.bound.set(t, b);
    }
    t.bound = b;
    const linear = this.code.linear(t.pc);
    if (b.version !== this.version || b.linear !== linear) {
      if (!this.mapped(t.region, linear)) return null;
      b.version = this.version;
      b.linear = linear;
    }
    if (Regions.trained < TRAINED) this.train(t.pc);
    return b;
  }

  private static trained = 0;

  /** Let V8 see all that lookups can find, before it takes `go` and `link` into regions: as TranslationCache does for programs. */
  private train(pc: number): void {
    Regions.trained++;
    const { hits, front } = this;
    const links: Links = new Array<RegionFunction | null>(2).fill(null);
    const i = (pc ^ (pc >>> 12)) & (FRONT_SIZE - 1), key = front.keys[i]!;
    // In the same page, so that no A bit is set for it: nothing, and what tier 0 runs.
    const page = pc & -4096, places = [page | ((pc + 1) & 0xfff), pc, pc];
    for (const t of this.modes!.blocks.values()) if (!t.region && (t.pc & -4096) === page && places.push(t.pc) > TRAINED) break;
    for (const at of places) {
      front.keys[i] = 0;
      this.go(at);
      this.go(at);
      this.link(links, 1, at);
    }
    front.keys[i] = key;
    front.stamps[i] = -1;
    this.hits = hits;
  }

  /** Lookups that priming makes find `stop` without a look at the guest's memory, and do not count. */
  private prime(fn: RegionFunction, links: Links): void {
    const { front, hits } = this;
    this.nowhere.stamps[0] = this.epoch;
    this.front = this.nowhere;
    this.priming = true;
    primeRegion(fn, links, this.p.state);
    this.priming = false;
    this.front = front;
    this.hits = hits;
  }

  private mapped(region: SharedRegion, linear: number): boolean {
    const { pages } = region;
    try {
      for (let i = 0; i < pages.length; i += 2) {
        if (this.code.physicalOf((linear & -4096) + (pages[i]! << 12) | 0) !== pages[i + 1]) return false;
      }
      return true;
    } catch (e) {
      if (!(e instanceof GuestFault)) throw e;
      return false;
    }
  }

  /** The translation at a PC as the code is mapped now; for links and indirect jumps. */
  private find(pc: number): BoundRegion | null {
    try {
      const physical = this.code.physical(pc);
      for (let t = this.modes!.blocks.get(pc) ?? null; t; t = t.next) {
        if (t.physical !== physical || !t.region) continue;
        const b = this.usable(t);
        if (!b) return null;
        this.hits++;
        return b;
      }
    } catch (e) {
      if (!(e instanceof GuestFault)) throw e;
    }
    // Not found, or tier 0 only: the run loop looks it up.
    return null;
  }

  /** Count what compiled code found since the last time: once a chain of regions, as recursive code returns by `go` all the time. */
  settle(): void {
    if (this.hits === 0) return;
    const { counters } = this.index!;
    counters.lookups += this.hits;
    counters.hits += this.hits;
    this.hits = 0;
  }

  private readonly go = (pc: number): RegionFunction => {
    const { front } = this;
    const i = (pc ^ (pc >>> 12)) & (FRONT_SIZE - 1);
    if (front.keys[i] === pc && front.stamps[i] === this.epoch) {
      this.hits++;
      return front.functions[i]!;
    }
    const b = this.find(pc);
    if (!b) return this.stop;
    front.keys[i] = pc;
    front.stamps[i] = this.epoch;
    front.functions[i] = b.fn;
    return b.fn;
  };

  /** The region at a PC, to go on after an instruction in tier 0 that left the mode as it was; `stop` if there is none, or anything else changed. */
  resume(pc: number): RegionFunction {
    const { mmu, memory } = this.p;
    const same = this.version === mmu.version && this.accessor === memory.table && this.marks === this.translations.marks && this.homes;
    return same ? this.go(pc) : this.stop;
  }

  private readonly link = (links: Links, k: number, pc: number): RegionFunction => {
    if (this.priming) return this.stop;
    const b = this.find(pc);
    if (!b) return this.stop;
    links[k] = b.fn;
    this.mapping.made.push(links, k);
    if (b.incoming.length === 0) this.mapping.linked.push(b);
    b.incoming.push(links, k);
    return b.fn;
  };

  /**
   * Pages at which windows start, in the state. Without looking further than the TLB: a walk would set A bits. False: none is known, so the
   * code must run in tier 0, whose accesses will find some.
   */
  home(): boolean {
    return this.homes || (this.homes = this.findHomes());
  }

  private findHomes(): boolean {
    const { S, memory } = this.p;
    const preferred = this.distance ?? 0;
    const { mapping } = this;
    // The page that windows under this role begin at now, if that may be.
    let write = memory.direct(mapping.home, Perm.FAST);
    if (write < 0) write = memory.direct(S[HOME_WRITE >> 2]!, Perm.FAST);
    if (write < 0 || memory.differenceAt(write) !== preferred) write = memory.anyDirect(Perm.FAST, preferred);
    if (write < 0) return false;
    const distance = memory.differenceAt(write);
    S[HOME_WRITE >> 2] = mapping.home = memory.pageAt(write);
    S[(HOME_WRITE >> 2) + 1] = distance;
    // What may be written may nearly always be read.
    let read = memory.direct(memory.pageAt(write), Perm.READ);
    if (read < 0) read = memory.anyDirect(Perm.READ, distance);
    if (read < 0) return false;
    S[HOME_READ >> 2] = memory.pageAt(read);
    S[(HOME_READ >> 2) + 1] = memory.differenceAt(read);
    this.access.setDistance(distance);
    this.distance = memory.differenceAt(read) === distance ? distance : null;
    if (mapping.distance !== this.distance) {
      mapping.distance = this.distance;
      this.unlink(mapping);
      this.epoch = mapping.epoch;
    }
    return true;
  }

  /** Where the windows of this mode's regions are. */
  private room(): Windows {
    const { front } = this;
    if (front.windows === null) {
      front.windows = new Windows(0, this.access.uniform.find, PAGE_REACH);
      this.shown = false;
      this.show();
    }
    return front.windows;
  }

  /** Windows of this mode's regions show what is known now; after `enter` and `home`. */
  show(): void {
    if (this.shown) return;
    this.shown = true;
    const { front } = this, { windows } = front;
    if (windows === null) return;
    const { knowledge } = this, { S } = this.p;
    const home = S[HOME_WRITE >> 2]!, distance = S[(HOME_WRITE >> 2) + 1]!;
    if (front.knowledge === knowledge && front.home === home && front.distance === distance) return;
    // Other pages hold code, that is all.
    const alike = front.version === this.version && front.accessor === this.accessor && front.distance === distance;
    front.knowledge = knowledge;
    front.home = home;
    front.distance = distance;
    front.version = this.version;
    front.accessor = this.accessor;
    windows.restart(home, alike);
  }

  /** Whether a region of a translation has to be compiled, now or again: it was made for memory that lies in one piece. */
  wanting({ region, strays }: Translation): boolean {
    return !region || (region.distance !== null && (strays >= MOST_STRAYS || this.modes!.scattered));
  }

  /** An instruction was left to tier 0. Where memory is all over the place, as in processes, regions are made for that. */
  left(): void {
    const { strays } = this.access.uniform;
    if (strays < this.strays + MANY_STRAYS) return;
    this.strays = strays;
    if (this.modes) this.modes.scattered = true;
  }

  /** Compile the region that begins at a translation of the current index and mode, unless it would be the same as the one that it has and that one will do. */
  compile(t: Translation, limits: GrowthLimits = FIRST_GROWTH): boolean {
    const modes = this.modes!, distance = t.strays >= MOST_STRAYS || modes.scattered ? null : this.distance;
    return during(this.where, Doing.compiling, () => this.compiler.compile(t, modes, distance, limits, this.wanting(t)));
  }

  /** Compile the regions again from which code hopped too often, with what has been learned since. */
  regrow(regrowth: Regrowth): void {
    regrowth.grow((pc) => {
      const t = this.compiler.translationAt(this.modes!, pc);
      return t !== null && t.region !== null && mayGrow(t) && this.compile(t, GROWTH);
    });
  }
}
