import * as inspector from "node:inspector";
import type { OptionSpec } from "./command-line.js";
import { UsageError } from "./errors.js";

/** `--inspect`: Node's own inspector, which Chrome DevTools and others speak to. */
export const INSPECT_OPTIONS: Readonly<Record<"inspect" | "inspect-brk", OptionSpec>> = {
  inspect: { type: "string", optionalValue: true, value: "[HOST:]PORT", describe: "Let Chrome DevTools (chrome://inspect) debug the guest's code as assembly, on 127.0.0.1:9229 unless told otherwise" },
  "inspect-brk": { type: "string", optionalValue: true, value: "[HOST:]PORT", describe: "The same, waiting for a debugger and stopping before the guest's first instruction" },
};

const DEFAULT_PORT = 9229;

/** Open the inspector, unless Node was started with it. Returns when a debugger is there, with `wait`. */
export function openInspector(option: string, address: string, wait: boolean): void {
  if (inspector.url() === undefined) {
    const m = /^(?:(\[[0-9a-f:]+\]|[^:[\]]*):)?(\d*)$/i.exec(address);
    const port = m?.[2] ? Number(m[2]) : DEFAULT_PORT;
    if (!m || port > 65535) throw new UsageError(`${option} ${address}: no [HOST:]PORT, as in 9229 or 127.0.0.1:9229`);
    inspector.open(port, m[1]?.replace(/^\[|\]$/g, "") || "127.0.0.1", false);
    // Node has said on stderr why not
    if (inspector.url() === undefined) throw new UsageError(`${option}: the inspector cannot listen on port ${port}; is it in use? ${option}=0 takes a free one`);
  }
  if (wait) inspector.waitForDebugger();
}
