import * as fs from "node:fs";
import { complete, parseCommandLine } from "./command-line.js";
import { allCommands, COMMANDS } from "./commands.js";
import { tuneEngine } from "./engine.js";
import { oneLine, UsageError } from "./errors.js";
import { say, writeAll } from "./output.js";

export { FLAGS } from "./engine.js";

const FAILED = 2;

const USAGE = `lift86 COMMAND [options]

  lift86 run [options] PROGRAM [ARGS…]     run an i386 Linux program
  lift86 boot [options] IMAGE              boot a machine
  lift86 trace [options] PROGRAM [ARGS…]   run a program and log what happens
  lift86 dump [options] PROGRAM            show translated code
  lift86 roles [options] IMAGE             compare role policies on a machine's image
  lift86 completion bash|zsh               completion of commands and options in a shell

  --help after a command shows its options; lift86 --version the version.
`;

async function version(): Promise<string> {
  const { version } = JSON.parse(await fs.promises.readFile(new URL("../package.json", import.meta.url), "utf8")) as { version: string };
  return version;
}

async function command(argv: readonly string[]): Promise<number> {
  const [name, ...args] = argv;
  if (name === "--version") {
    writeAll(1, `${await version()}\n`);
    return 0;
  }
  if (name === "--help" || name === "-h" || name === "help") {
    writeAll(1, USAGE);
    return 0;
  }
  if (name === "--get-yargs-completions") {
    await complete(await allCommands(), argv);
    return 0;
  }
  if (name === undefined) throw new UsageError("no command given; try lift86 --help");
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!load) throw new UsageError(`${name}: no such command; try lift86 --help`);
  const chosen = await load();
  const line = await parseCommandLine(chosen, args);
  if (typeof line === "string") {
    writeAll(1, `${line}\n`);
    return 0;
  }
  tuneEngine();
  return chosen.run(line.args, line.words, line.after);
}

/** The command: `lift86 run`, `lift86 boot`, `lift86 dump`, … with the arguments behind its name. Sets the exit code. */
export async function main(argv: readonly string[]): Promise<void> {
  process.stdout.on("error", () => undefined);
  try {
    process.exitCode = await command(argv);
  } catch (e) {
    const internal = !(e instanceof UsageError);
    const message = oneLine(String((e as { message?: unknown } | null)?.message ?? e));
    say(internal ? `lift86: internal error, please report it: ${message}` : `lift86: ${message}`);
    if (internal && process.env["LIFT86_DEBUG"]) console.error(e);
    process.exitCode = FAILED;
  }
}
