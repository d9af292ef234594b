import { type DebugListener, listenForDebugger, parseListen } from "../node.js";
import type { OptionSpec } from "./command-line.js";
import { UsageError } from "./errors.js";
import { listenError } from "./listen-error.js";

/** --gdb, for every command that runs a guest. */
export const GDB_OPTION: OptionSpec = {
  type: "string", value: "[HOST:]PORT", describe: "Wait for a debugger (gdb, lldb) that speaks the GDB remote protocol before the first instruction; on loopback unless HOST says otherwise. Port 0: any free one",
};

const isLoopback = (host: string): boolean => host.startsWith("127.") || host === "::1";

/** Open the socket of --gdb; once there is something to debug, it says where it is. */
export async function openGdb(text: string, say: (line: string) => void): Promise<DebugListener> {
  const at = parseListen(text);
  if (!at) throw new UsageError(`--gdb ${text}: no port; write --gdb 1234 or --gdb 127.0.0.1:1234`);
  let listener: DebugListener;
  try {
    listener = await listenForDebugger(at);
  } catch (e) {
    throw new UsageError(`--gdb ${text}: ${listenError(e as NodeJS.ErrnoException, at.port)}`);
  }
  return { ...listener, get waiting() { return listener.waiting; }, serve: (target) => {
    say(`lift86: waiting for a debugger on ${place(listener)}`);
    listener.serve(target);
  } };
}

function place({ host, port }: DebugListener): string {
  const where = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
  const whom = isLoopback(host) ? "from this machine only" : "from OTHER MACHINES, too: whoever connects controls the guest";
  return `${where} (${whom}); in gdb: target remote ${where}`;
}
