import type { Inspection, LinuxSystem } from "../index.js";
import type { OptionSpecs } from "./command-line.js";
import { openForWriting, say, writeAll } from "./output.js";
import { runStats, statsText } from "./stats.js";

/** Looking at a run: the options of every command that runs guests, and what becomes of them. */
export const INSPECTION_OPTIONS: OptionSpecs = {
  stats: { type: "string", optionalValue: true, choices: ["", "json", "text"], describe: "Show counters at the end, as text or (--stats=json) as one JSON object, on stderr" },
  "stats-file": { type: "string", value: "FILE", describe: "Write the counters to FILE instead (JSON unless --stats=text)" },
};

export interface InspectionArguments {
  readonly stats?: string;
  readonly statsFile?: string;
}

/** One run that is looked at. */
export interface RunInspector {
  /** For the system's options; null: nobody looks. */
  readonly inspection: Inspection | null;
  /** The run is over: report. */
  finish(system: LinuxSystem): void;
}

/** Check the options and get ready, before the guest starts. */
export function startInspection(args: InspectionArguments): RunInspector {
  const started = performance.now();
  const statsFile = args.statsFile === undefined ? null : openForWriting("--stats-file", args.statsFile);
  return {
    inspection: null,
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
