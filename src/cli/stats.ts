import type { SystemStats, TimeSplit } from "../index.js";

/** What `--stats=json` writes: one object. */
export interface RunStats {
  readonly instructions: number;
  /** Blocks lifted and regions compiled. */
  readonly blocks: number;
  readonly regions: number;
  /** Instructions retired by each tier. */
  readonly tiers: { readonly interp: number; readonly jit: number };
  readonly cache: {
    readonly lookups: number;
    readonly hits: number;
    /** hits / lookups; 0 without a lookup. */
    readonly hitRate: number;
    readonly misses: number;
    readonly invalidations: number;
    readonly evictions: number;
  };
  readonly compileMs: number;
  readonly wallMs: number;
  /** Where that time went, in milliseconds. Absent where it was not taken. */
  readonly time?: TimeSplitMs;
  /** Millions of instructions a second of wall time. */
  readonly mips: number;
}

export interface TimeSplitMs {
  readonly tier0: number;
  readonly tier1: number;
  /** Decoding and lifting blocks. */
  readonly lifting: number;
  /** Growing, optimising, emitting and compiling regions. */
  readonly compiling: number;
  readonly systemCalls: number;
  readonly devices: number;
  /** Start and end, waiting, scheduling. */
  readonly rest: number;
}

const round = (x: number, digits: number): number => Number(x.toFixed(digits));

function timeSplit(t: TimeSplit, wallMs: number): TimeSplitMs {
  return {
    tier0: round(t.interpreting, 3), tier1: round(t.compiled, 3), lifting: round(t.lifting, 3), compiling: round(t.compiling, 3),
    systemCalls: round(t.systemCalls, 3), devices: round(t.devices, 3), rest: round(Math.max(0, wallMs - t.running - t.systemCalls), 3),
  };
}

export function runStats(s: SystemStats, wallMs: number, times: TimeSplit | null = null): RunStats {
  const c = s.cache;
  const { lookups = 0, hits = 0, misses = 0, invalidations = 0, evictions = 0, blocks = 0, regions = 0 } = c;
  return {
    instructions: s.instructions,
    blocks,
    regions,
    tiers: { interp: s.run.interp, jit: s.run.jit },
    cache: { lookups, hits, hitRate: lookups > 0 ? round(hits / lookups, 6) : 0, misses, invalidations, evictions },
    compileMs: round(s.run.compileMs, 3),
    wallMs: round(wallMs, 3),
    ...(times ? { time: timeSplit(times, wallMs) } : {}),
    mips: wallMs > 0 ? round(s.instructions / wallMs / 1000, 3) : 0,
  };
}

/** For people: a few lines. */
export function statsText(s: RunStats): string {
  const n = (x: number): string => x.toLocaleString("en-US");
  const percent = (x: number): string => `${(x * 100).toFixed(1)} %`;
  const total = s.tiers.interp + s.tiers.jit;
  const rows: [string, string][] = [
    ["instructions", `${n(s.instructions)} (${percent(total > 0 ? s.tiers.jit / total : 0)} in compiled code)`],
    ["blocks", n(s.blocks)],
    ["regions", `${n(s.regions)}, compiled in ${s.compileMs.toFixed(1)} ms`],
    ["cache", `${percent(s.cache.hitRate)} hits of ${n(s.cache.lookups)} lookups; ${n(s.cache.invalidations)} invalidated, ${n(s.cache.evictions)} evicted`],
    ["time", `${(s.wallMs / 1000).toFixed(3)} s`],
    ...(s.time ? whereTimeWent(s.time, s.wallMs) : []),
    ["speed", `${s.mips.toFixed(1)} MIPS`],
  ];
  return rows.map(([name, text]) => `${name.padEnd(15)} ${text}\n`).join("");
}

function whereTimeWent(t: TimeSplitMs, wallMs: number): [string, string][] {
  const rows: [string, number][] = [
    ["tier 0", t.tier0], ["tier 1", t.tier1], ["lifting", t.lifting], ["compiling", t.compiling], ["system calls", t.systemCalls], ["devices", t.devices], ["the rest", t.rest],
  ];
  const share = (ms: number): string => `${((100 * ms) / wallMs).toFixed(1).padStart(5)} %`;
  return rows.filter(([name, ms]) => ms > 0 || name !== "devices").map(([name, ms]) => [`  ${name}`, `${share(ms)} ${ms.toFixed(1).padStart(9)} ms`]);
}
