import * as inspector from "node:inspector";
import { createServer } from "node:net";
import { UsageError } from "./errors.js";
import { listenError } from "./listen-error.js";

const DEFAULT_PORT = 9229;

/** Open the inspector, unless Node was started with it. Returns when a debugger is there, with `wait`. */
export async function openInspector(option: string, address: string, wait: boolean): Promise<void> {
  if (inspector.url() === undefined) {
    const m = /^(?:(\[[0-9a-f:]+\]|[^:[\]]*):)?(\d*)$/i.exec(address);
    const port = m?.[2] ? Number(m[2]) : DEFAULT_PORT;
    if (!m || port > 65535) throw new UsageError(`${option} ${address}: no [HOST:]PORT, as in 9229 or 127.0.0.1:9229`);
    const host = m[1]?.replace(/^\[|\]$/g, "") || "127.0.0.1";
    await tryPort(port, host).catch((e: NodeJS.ErrnoException) => {
      throw new UsageError(`${option} ${address}: ${listenError(e, port)}`);
    });
    inspector.open(port, host, false);
    if (inspector.url() === undefined) throw new UsageError(`${option}: the inspector cannot listen on port ${port}`);
  }
  if (wait) inspector.waitForDebugger();
}

/** Listen for a moment: where that fails, Node would write a line of its own about it. */
function tryPort(port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(port, host, () => server.close(() => resolve()));
  });
}
