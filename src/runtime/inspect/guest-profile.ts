import type { GuestProfiler, ProfiledBlock, ProfiledLine } from "./profiler.js";

/** A CPU profile as V8 gives it and Chrome DevTools and speedscope read it (Chrome DevTools Protocol, Profiler.Profile). Times in microseconds. */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly startTime: number;
  readonly endTime: number;
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

export interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly scriptId: string; readonly url: string; readonly lineNumber: number; readonly columnNumber: number };
  readonly hitCount?: number;
  readonly children?: readonly number[];
  readonly positionTicks?: readonly { readonly line: number; readonly ticks: number }[];
}

/** Where time went, as far as it is not the guest's own code. Innermost frame first decides. */
const ACTIVITIES: ReadonlyArray<readonly [name: string, functions: ReadonlySet<string>]> = [
  // with finding what runs next
  ["tier 0", new Set(["interpretBlock", "interpret", "blockAt", "step", "runFast"])],
  // between regions
  ["tier 1", new Set(["runRegion", "runCompiled", "chain"])],
  ["lifting", new Set(["lift", "liftBlock"])],
  ["compiling", new Set(["compile", "compileRegion", "regrow", "growRegion"])],
  ["system calls", new Set(["systemCall"])],
  ["devices", new Set(["portIn", "portOut", "readMmio", "writeMmio", "deliver"])],
];

export interface HotBlock {
  readonly block: ProfiledBlock;
  readonly tier: 0 | 1;
  /** Microseconds, and their share of the whole run. */
  readonly time: number;
  readonly share: number;
}

export interface GuestProfile {
  /** Guest functions, below them instructions; what is not the guest's code under what it was done for. */
  readonly profile: CpuProfile;
  /** Blocks, the hottest first. Times of tier 0 are its whole time divided by instructions executed. */
  readonly hottest: readonly HotBlock[];
  /** Microseconds by activity: "tier 0", "tier 1", … */
  readonly activities: ReadonlyMap<string, number>;
  readonly total: number;
}

type Frame = ProfileNode["callFrame"];

/** Hands out items so that after any number of turns each had its share: for samples whose exact place is not known. */
class Turns<T> {
  private readonly given: number[];
  private n = 0;
  private readonly sum: number;

  constructor(private readonly items: readonly { readonly item: T; readonly weight: number }[]) {
    this.given = items.map(() => 0);
    this.sum = items.reduce((s, i) => s + i.weight, 0);
  }

  next(): T | null {
    let best = -1, most = -Infinity;
    this.n++;
    this.items.forEach(({ weight }, k) => {
      const owed = (this.n * weight) / this.sum - this.given[k]!;
      if (owed > most) {
        most = owed;
        best = k;
      }
    });
    if (best < 0) return null;
    this.given[best]!++;
    return this.items[best]!.item;
  }
}

/** A sample stands for no more than this: what is longer is a host that was busy with something else. */
const LONGEST = 20_000;
/** Tier 0 is told apart by so many blocks, the rest is "other". */
const MOST_INTERPRETED = 400;

/** From a profile of this process to one of the guest's. */
export function guestProfile(raw: CpuProfile, profiler: GuestProfiler): GuestProfile {
  const out = new ProfileBuilder(raw);
  const byId = new Map(raw.nodes.map((n) => [n.id, n]));
  const parents = new Map<number, number>();
  for (const n of raw.nodes) for (const c of n.children ?? []) parents.set(c, n.id);
  const interpreted = profiler.tier0();
  const tier0 = new Turns(interpreted.slice(0, MOST_INTERPRETED).map((b) => ({ item: b.block, weight: b.instructions })));
  const lines = new Map<number, Turns<number>>();
  const hot = new Map<string, { block: ProfiledBlock; tier: 0 | 1; time: number }>();
  const activities = new Map<string, number>();
  let total = 0;
  const add = (block: ProfiledBlock, tier: 0 | 1, time: number): void => {
    const k = `${tier} ${block.image} ${block.pc} ${block.mode}`;
    const known = hot.get(k);
    if (known) known.time += time;
    else hot.set(k, { block, tier, time });
  };

  raw.samples.forEach((id, k) => {
    // a sample stands for the time up to the next
    const delta = Math.max(0, raw.timeDeltas[k + 1] ?? 0);
    const time = Math.min(delta, LONGEST);
    if (delta > time) count(activities, "not sampled", delta - time);
    const node = byId.get(id)!;
    const { functionName } = node.callFrame;
    let path: Frame[];
    if (functionName === "(idle)" || functionName === "(program)" || functionName === "(garbage collector)" || functionName === "(root)") {
      path = functionName === "(root)" ? [] : [plain(functionName)];
      count(activities, functionName.replace(/[()]/g, ""), time);
    } else {
      const guest = guestFrame(node, byId, parents, profiler);
      if (guest) {
        let line = guest.line;
        if (guest.node === node) {
          let turns = lines.get(id);
          if (!turns) lines.set(id, (turns = new Turns((node.positionTicks ?? []).map((t) => ({ item: t.line - 1, weight: t.ticks })))));
          const at = turns.next();
          if (at !== null) line = profiler.lineOf(node.callFrame.url, at) ?? line;
        }
        add(line.block, 1, time);
        count(activities, "tier 1", time);
        path = [functionFrame(line.block), guest.node === node ? insnFrame(line, profiler) : plain(`lift86: ${functionName || "(anonymous)"}`)];
      } else {
        const activity = activityOf(node, byId, parents);
        count(activities, activity, time);
        const block = activity === "tier 0" ? tier0.next() : null;
        if (block) {
          add(block, 0, time);
          path = [functionFrame(block), plain(`tier 0, block ${block.name}`)];
        } else path = [plain(`lift86: ${activity}`)];
      }
    }
    total += delta;
    out.sample(path, raw.timeDeltas[k] ?? 0);
  });
  const hottest = [...hot.values()].sort((a, b) => b.time - a.time).map((h) => ({ ...h, share: total > 0 ? h.time / total : 0 }));
  return { profile: out.finish(), hottest, activities, total };
}

function count(into: Map<string, number>, name: string, time: number): void {
  into.set(name, (into.get(name) ?? 0) + time);
}

/** The innermost frame of compiled guest code, unless what runs on top of it is the runtime's own work (compiling what a link leads to). */
function guestFrame(node: ProfileNode, byId: ReadonlyMap<number, ProfileNode>, parents: ReadonlyMap<number, number>, profiler: GuestProfiler): { node: ProfileNode; line: ProfiledLine } | null {
  for (let n: ProfileNode | undefined = node; n; n = byId.get(parents.get(n.id) ?? -1)) {
    const line = profiler.lineOf(n.callFrame.url, n.callFrame.lineNumber);
    if (line) return { node: n, line };
    if (ACTIVITIES.some(([, functions]) => functions.has(n!.callFrame.functionName))) return null;
  }
  return null;
}

function activityOf(node: ProfileNode, byId: ReadonlyMap<number, ProfileNode>, parents: ReadonlyMap<number, number>): string {
  for (let n: ProfileNode | undefined = node; n; n = byId.get(parents.get(n.id) ?? -1)) {
    const found = ACTIVITIES.find(([, functions]) => functions.has(n!.callFrame.functionName));
    if (found) return found[0];
  }
  return "the rest";
}

const plain = (functionName: string): Frame => ({ functionName, scriptId: "0", url: "", lineNumber: -1, columnNumber: -1 });

function functionFrame(b: ProfiledBlock): Frame {
  return { functionName: b.fn, scriptId: "0", url: b.image ? `lift86://${b.image.replace(/^\/+/, "")}` : "", lineNumber: -1, columnNumber: -1 };
}

function insnFrame(l: ProfiledLine, profiler: GuestProfiler): Frame {
  const text = profiler.textOf(l);
  return { ...functionFrame(l.block), functionName: `0x${l.pc.toString(16)}${text ? ` ${text}` : ""}` };
}

/** A tree of frames with samples. */
class ProfileBuilder {
  private readonly nodes: { id: number; callFrame: Frame; hitCount: number; children: number[] }[] = [];
  private readonly known = new Map<string, number>();
  private readonly samples: number[] = [];
  private readonly deltas: number[] = [];

  constructor(private readonly raw: CpuProfile) {
    this.node(0, plain("(root)"));
  }

  private node(parent: number, frame: Frame): number {
    const k = `${parent} ${frame.url} ${frame.functionName}`;
    const old = this.known.get(k);
    if (old !== undefined) return old;
    const id = this.nodes.length + 1;
    this.nodes.push({ id, callFrame: frame, hitCount: 0, children: [] });
    if (parent > 0) this.nodes[parent - 1]!.children.push(id);
    this.known.set(k, id);
    return id;
  }

  sample(path: readonly Frame[], delta: number): void {
    let id = 1;
    for (const f of path) id = this.node(id, f);
    this.nodes[id - 1]!.hitCount++;
    this.samples.push(id);
    this.deltas.push(delta);
  }

  finish(): CpuProfile {
    const { startTime, endTime } = this.raw;
    return { nodes: this.nodes, startTime, endTime, samples: this.samples, timeDeltas: this.deltas };
  }
}
