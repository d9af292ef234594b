import { fileURLToPath } from "node:url";
import { type CliOptions, command } from "./cli.js";

/** What a command wrote on a terminal of 24 x 80, before each of the keys and after the last. */
export interface Typed {
  readonly status: number;
  readonly chunks: readonly string[];
}

const SCRIPT = fileURLToPath(new URL("terminal.py", import.meta.url));

/** Run a command on a terminal and type into it, each of `keys` when nothing has been written for `settle` seconds (terminal.py). */
export async function onTerminal(argv: readonly string[], keys: readonly string[], settle: number, options?: CliOptions): Promise<Typed> {
  const r = await command("python3", [SCRIPT, String(settle), JSON.stringify(keys), ...argv], options);
  if (r.stderr !== "") throw new Error(r.stderr);
  return JSON.parse(r.stdout) as Typed;
}
