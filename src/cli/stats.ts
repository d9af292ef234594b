import type { SystemStats } from "../index.js";

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
  /** Millions of instructions a second of wall time. */
  readonly mips: number;
}

const round = (x: number, digits: number): number => Number(x.toFixed(digits));

export function runStats(s: SystemStats, wallMs: number): RunStats {
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
    ["speed", `${s.mips.toFixed(1)} MIPS`],
  ];
  return rows.map(([name, text]) => `${name.padEnd(13)} ${text}\n`).join("");
}
