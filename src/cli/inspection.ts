import { DebugView, type Inspection, type LinuxSystem, type Tier } from "../index.js";
import type { OptionSpecs } from "./command-line.js";
import { INSPECT_OPTIONS } from "./inspector.js";
import { openForWriting, say, writeAll } from "./output.js";
import { runStats, statsText } from "./stats.js";

/** Looking at a run: the options of every command that runs guests, and what becomes of them. */
export const INSPECTION_OPTIONS: OptionSpecs = {
  stats: { type: "string", optionalValue: true, choices: ["", "json", "text"], describe: "Show counters at the end, and where the time went, as text or (--stats=json) as one JSON object, on stderr" },
  "stats-file": { type: "string", value: "FILE", describe: "Write the counters to FILE instead (JSON unless --stats=text)" },
  ...INSPECT_OPTIONS,
};

export interface InspectionArguments {
  readonly stats?: string;
  readonly statsFile?: string;
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
  begin(system: LinuxSystem): void;
  /** The run is over: report. */
  finish(system: LinuxSystem): void;
}

/** Check the options and get ready, before the guest starts. */
export async function startInspection(args: InspectionArguments): Promise<RunInspector> {
  const started = performance.now();
  const statsFile = args.statsFile === undefined ? null : openForWriting("--stats-file", args.statsFile);
  const inspect = args.inspectBrk ?? args.inspect;
  const waits = args.inspectBrk !== undefined;
  let view: DebugView | null = null;
  if (inspect !== undefined) {
    const { openInspector } = await import("./inspector.js");
    openInspector(waits ? "--inspect-brk" : "--inspect", inspect, waits);
    view = new DebugView(waits);
  }
  return {
    inspection: view?.inspection ?? null,
    // What tier 0 runs no debugger can see.
    tier: view ? "jit" : null,
    begin(system) {
      if (view) view.code = system.code;
    },
    finish(system) {
      if (args.stats === undefined && statsFile === null) return;
      const stats = runStats(system.stats(), performance.now() - started);
      const asText = statsFile === null ? args.stats !== "json" : args.stats === "text";
      const text = asText ? statsText(stats) : `${JSON.stringify(stats)}\n`;
      if (statsFile === null) say(text.trimEnd());
      else writeAll(statsFile, text);
    },
  };
}
