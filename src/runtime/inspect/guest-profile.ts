import type { GuestProfiler, ProfiledBlock, ProfiledInsn } from "./profiler.js";
import { Doing } from "./whereabouts.js";

/** What a sampler saw: where the run was, and when (milliseconds since its begin). A sample stands for the time up to the next. */
export interface RunSamples {
  /** By the host's clock, in milliseconds. */
  readonly began: number;
  readonly where: Int32Array;
  readonly at: Float64Array;
  /** When it ended. */
  readonly end: number;
}

/** A CPU profile in V8's form, which Chrome DevTools and speedscope read (Chrome DevTools Protocol, Profiler.Profile). Times in microseconds. */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly startTime: number;
  readonly endTime: number;
  readonly samples: readonly number[];
  /** Between a sample and the one before, or the start. */
  readonly timeDeltas: readonly number[];
}

export interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly scriptId: string; readonly url: string; readonly lineNumber: number; readonly columnNumber: number };
  readonly hitCount: number;
  readonly children: readonly number[];
}

export interface HotBlock {
  readonly block: ProfiledBlock;
  readonly tier: 0 | 1;
  /** Microseconds, and their share of the whole run. */
  readonly time: number;
  readonly share: number;
}

export interface GuestProfile {
  /** Guest functions, below them instructions; what is not the guest's code under what is done. */
  readonly profile: CpuProfile;
  /** Blocks, the hottest first. */
  readonly hottest: readonly HotBlock[];
  /** Microseconds by activity: "tier 0", "tier 1", … */
  readonly activities: ReadonlyMap<string, number>;
  readonly total: number;
}

type Frame = ProfileNode["callFrame"];

/** By Doing. */
const ACTIVITIES: readonly string[] = ["the rest", "lifting", "compiling", "system calls", "devices", "idle"];
/** A sample stands for no more microseconds than this: what is longer is a host that was busy with something else. */
const LONGEST = 20_000;

/** From what a sampler saw to a profile of the guest's. */
export function guestProfile({ began, where, at, end }: RunSamples, profiler: GuestProfiler): GuestProfile {
  const out = new ProfileBuilder();
  const hot = new Map<string, { block: ProfiledBlock; tier: 0 | 1; time: number }>();
  const activities = new Map<string, number>();
  const count = (name: string, time: number): void => void activities.set(name, (activities.get(name) ?? 0) + time);
  // the thread was not there yet
  count("not sampled", 1000 * (at[0] ?? end));
  where.forEach((number, k) => {
    const duration = 1000 * ((at[k + 1] ?? end) - at[k]!), time = Math.min(duration, LONGEST);
    if (duration > time) count("not sampled", duration - time);
    const before = Math.round(1000 * at[k]!) - Math.round(1000 * (at[k - 1] ?? 0));
    if (number < Doing.code) {
      count(ACTIVITIES[number]!, time);
      return out.sample([plain(number === Doing.idle ? "(idle)" : `lift86: ${ACTIVITIES[number]}`)], before);
    }
    const insn = profiler.insn(number);
    const { block, tier } = insn;
    count(`tier ${tier}`, time);
    const key = `${tier} ${block.image} ${block.pc} ${block.mode} ${block.role}`, known = hot.get(key);
    if (known) known.time += time;
    else hot.set(key, { block, tier, time });
    out.sample([functionFrame(block), tier === 1 ? insnFrame(insn) : plain(`tier 0, block ${block.name}`)], before);
  });
  const total = 1000 * end;
  const hottest = [...hot.values()].sort((a, b) => b.time - a.time).map((h) => ({ ...h, share: total > 0 ? h.time / total : 0 }));
  return { profile: out.finish(Math.round(1000 * began), Math.round(1000 * (began + end))), hottest, activities, total };
}

const plain = (functionName: string): Frame => ({ functionName, scriptId: "0", url: "", lineNumber: -1, columnNumber: -1 });

function functionFrame(b: ProfiledBlock): Frame {
  return { functionName: b.fn, scriptId: "0", url: b.image ? `lift86://${b.image.replace(/^\/+/, "")}` : "", lineNumber: -1, columnNumber: -1 };
}

function insnFrame({ block, pc, text }: ProfiledInsn): Frame {
  return { ...functionFrame(block), functionName: `0x${pc.toString(16)}${text ? ` ${text}` : ""}` };
}

/** A tree of frames with samples. */
class ProfileBuilder {
  private readonly nodes: { id: number; callFrame: Frame; hitCount: number; children: number[] }[] = [];
  private readonly known = new Map<string, number>();
  private readonly samples: number[] = [];
  private readonly deltas: number[] = [];

  constructor() {
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

  finish(startTime: number, endTime: number): CpuProfile {
    return { nodes: this.nodes, startTime, endTime, samples: this.samples, timeDeltas: this.deltas };
  }
}
