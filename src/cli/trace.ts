import * as fs from "node:fs";
import { Trace, type TraceKind } from "../index.js";
import type { OptionSpecs } from "./command-line.js";
import { hostReason, UsageError } from "./errors.js";
import { parseAddress } from "./values.js";

/** --trace and what belongs to it, for every command that runs a guest. */
export function traceOptions(kinds: readonly TraceKind[]): OptionSpecs {
  return {
    trace: { type: "string", value: "WHAT[,WHAT…]", describe: `Log ${kinds.join(", ")}` },
    "trace-range": { type: "string", value: "START..END[,…]", describe: "Log only blocks, exceptions and invalidations at these addresses (END not among them)" },
    "trace-format": { type: "string", choices: ["text", "json"], describe: "Lines of text, or each a JSON object (default: text)" },
    "trace-file": { type: "string", value: "FILE", describe: "Write the log to FILE instead of stderr" },
  };
}

export interface TraceArguments {
  readonly trace?: string;
  readonly traceRange?: string;
  readonly traceFormat?: "text" | "json";
  readonly traceFile?: string;
}

function parseKinds(text: string, kinds: readonly TraceKind[]): TraceKind[] {
  return text.split(",").map((t) => {
    const kind = kinds.find((k) => k === t);
    if (!kind) throw new UsageError(`--trace ${text}: ${t || "nothing"} is no trace; there are ${kinds.join(", ")}`);
    return kind;
  });
}

function parseRanges(text: string): [number, number][] {
  return text.split(",").map((part) => {
    const [start, end, more] = part.split("..");
    if (end === undefined || more !== undefined) throw new UsageError(`--trace-range ${text}: write it as 0x8049000..0x804a000`);
    const range: [number, number] = [parseAddress("--trace-range", start!), parseAddress("--trace-range", end)];
    if (range[0] >= range[1]) throw new UsageError(`--trace-range ${text}: nothing is between ${start} and ${end}`);
    return range;
  });
}

/** The trace that the options ask for, or null. `close` writes out what is left. */
export function openTrace(args: TraceArguments, kinds: readonly TraceKind[], say: (line: string) => void): { trace: Trace; close(): void } | null {
  const { trace: list, traceRange, traceFormat, traceFile } = args;
  if (list === undefined) {
    for (const [name, value] of [["--trace-range", traceRange], ["--trace-format", traceFormat], ["--trace-file", traceFile]]) {
      if (value !== undefined) throw new UsageError(`${name}: there is no --trace that it belongs to`);
    }
    return null;
  }
  const wanted = parseKinds(list, kinds);
  const ranges = traceRange === undefined ? [] : parseRanges(traceRange);
  let fd = 2;
  if (traceFile !== undefined) {
    try {
      fd = fs.openSync(traceFile, "w");
    } catch (e) {
      throw new UsageError(`--trace-file ${traceFile}: is to be written, but ${hostReason(e)}`);
    }
  }
  let broken = false;
  const write = (bytes: Uint8Array): void => {
    for (let done = 0; done < bytes.length && !broken; ) {
      try {
        done += fs.writeSync(fd, bytes, done);
      } catch (e) {
        if ((e as NodeJS.ErrnoException).code === "EAGAIN") continue;
        broken = true;
        if (traceFile !== undefined) say(`lift86: --trace-file ${traceFile}: the log ends here: ${hostReason(e)}`);
      }
    }
  };
  const trace = new Trace({ kinds: wanted, ranges, format: traceFormat ?? "text", write });
  return {
    trace,
    close() {
      trace.flush();
      if (fd !== 2) fs.closeSync(fd);
    },
  };
}
