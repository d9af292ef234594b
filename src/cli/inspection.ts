import { type CodeMap, DebugView, GuestProfiler, type Inspection, type SystemStats, type Tier, TimeSplit } from "../index.js";
import type { OptionSpecs } from "./command-line.js";
import { UsageError } from "./errors.js";
import { INSPECT_OPTIONS } from "./inspect-options.js";
import { openForWriting, say, writeAll } from "./output.js";
import { runStats, statsText } from "./stats.js";

/** Looking at a run: the options of every command that runs guests, and what becomes of them. */
export const INSPECTION_OPTIONS: OptionSpecs = {
  stats: { type: "string", optionalValue: true, choices: ["", "json", "text"], describe: "Show counters at the end, and where the time went, as text or (--stats=json) as one JSON object, on stderr" },
  "stats-file": { type: "string", value: "FILE", describe: "Write the counters to FILE instead (JSON unless --stats=text)" },
  profile: { type: "string", value: "FILE", describe: "Write a CPU profile of guest functions and instructions (.cpuprofile, for Chrome DevTools and speedscope), and show the hottest blocks" },
  ...INSPECT_OPTIONS,
};

export interface InspectionArguments {
  readonly stats?: string;
  readonly statsFile?: string;
  readonly profile?: string;
  readonly inspect?: string;
  readonly inspectBrk?: string;
}

/** One run that is looked at. */
export interface RunInspector {
  /** For the system's options; null: nobody looks. */
  readonly inspection: Inspection | null;
  /** Tier that the view wants unless the user says another. */
  readonly tier: Tier | null;
  /** The system is there, and about to run. */
  begin(system: { readonly code: CodeMap }): void;
  /** The run is over: report its counters, if they are wanted; `more`: what JSON has beside them. */
  finish(stats: () => SystemStats, more?: () => object): void;
}

/** Check the options and get ready, before the guest starts. */
export async function startInspection(args: InspectionArguments): Promise<RunInspector> {
  const started = performance.now();
  const statsFile = args.statsFile === undefined ? null : openForWriting("--stats-file", args.statsFile);
  const profileFile = args.profile === undefined ? null : openForWriting("--profile", args.profile);
  const inspect = args.inspectBrk ?? args.inspect;
  if (inspect !== undefined && profileFile !== null) throw new UsageError("--profile and --inspect exclude each other: a debugger has a profiler of its own");
  const waits = args.inspectBrk !== undefined;
  let view: DebugView | GuestProfiler | null = null;
  if (inspect !== undefined) {
    const { openInspector } = await import("./inspector.js");
    await openInspector(waits ? "--inspect-brk" : "--inspect", inspect, waits);
    view = new DebugView(waits);
  }
  const profile = profileFile === null ? null : await startProfile(profileFile, args.profile!);
  if (profile) view = profile.profiler;
  const times = args.stats !== undefined || statsFile !== null ? new TimeSplit() : null;
  const inspection: Inspection | null = view || times ? { ...view?.inspection, ...(times ? { times } : {}) } : null;
  return {
    inspection,
    // What tier 0 runs no debugger can see.
    tier: inspect !== undefined ? "jit" : null,
    begin(system) {
      if (view) view.code = system.code;
      profile?.begin();
    },
    finish(counters, more) {
      profile?.finish();
      if (!times) return;
      const stats = runStats(counters(), performance.now() - started, times);
      const asText = statsFile === null ? args.stats !== "json" : args.stats === "text";
      const text = asText ? statsText(stats) : `${JSON.stringify({ ...stats, ...more?.() })}\n`;
      if (statsFile === null) say(text.trimEnd());
      else writeAll(statsFile, text, `--stats-file ${args.statsFile}`);
    },
  };
}

async function startProfile(file: number, name: string): Promise<{ profiler: GuestProfiler; begin(): void; finish(): void }> {
  const { ProfiledRun } = await import("./profile.js");
  return new ProfiledRun(file, `--profile ${name}`);
}
