import * as inspector from "node:inspector";
import { UsageError } from "./errors.js";

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
