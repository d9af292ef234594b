import { fileURLToPath } from "node:url";
import { type CliOptions, command } from "./cli.js";

/** What a command wrote on a terminal of 24 x 80, before each of the keys and after the last. */
export interface Typed {
  readonly status: number;
  readonly chunks: readonly string[];
}

const SCRIPT = fileURLToPath(new URL("terminal.py", import.meta.url));

/** Keys, and what has to be on the screen before: a regular expression that the answer to the last keys matches, or a number of its bytes. */
export type Keys = readonly [after: RegExp | number, text: string];

/** Run a command on a terminal and type into it, each of `keys` when what it waits for is there and nothing more has been written for `settle` seconds (terminal.py). */
export async function onTerminal(argv: readonly string[], keys: readonly Keys[], settle: number, options?: CliOptions): Promise<Typed> {
  const list = keys.map(([after, text]) => [typeof after === "number" ? after : after.source, text]);
  const r = await command("python3", [SCRIPT, String(settle), JSON.stringify(list), ...argv], options);
  if (r.stderr !== "") throw new Error(r.stderr);
  return JSON.parse(r.stdout) as Typed;
}
