import type { Argv } from "yargs";
import { UsageError } from "./errors.js";
import { columns, writeAll } from "./output.js";

/** An option of a command as yargs takes it. */
export interface OptionSpec {
  readonly type: "string" | "boolean" | "array";
  readonly describe: string;
  readonly choices?: readonly string[];
  /** A one-letter name beside its own. */
  readonly alias?: string;
  /** A string option that may stand without a value, then only as `--option` or `--option=value`. */
  readonly optionalValue?: boolean;
  /** Name of its value in the help. */
  readonly value?: string;
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

/** A command. */
export interface Command {
  readonly usage: string;
  readonly describe: string;
  readonly options: OptionSpecs;
  readonly examples: readonly (readonly [string, string])[];
  /**
   * What stands beside the options. "guest": a guest's command line, which begins at the first argument that is no option (or after "--") and takes
   * all that follows. "words": words anywhere between the options, up to "--", and what follows that.
   */
  readonly rest: "guest" | "words";
  run(args: object, words: readonly string[], after: readonly string[]): Promise<number> | number;
}

/** What a command's arguments turn out to be. */
export interface CommandLine {
  readonly args: object;
  readonly words: readonly string[];
  /** After "--", for "words". */
  readonly after: readonly string[];
}

/**
 * Divide a command's arguments into its own and the guest's command line, which begins at the first argument that is neither an option nor an
 * option's value, or after "--": what follows belongs to the guest, whatever it looks like.
 */
export function splitGuest(args: readonly string[], specs: OptionSpecs): { own: string[]; guest: string[] } {
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === "--") return { own: args.slice(0, i), guest: args.slice(i + 1) };
    if (!arg.startsWith("-") || arg === "-") return { own: args.slice(0, i), guest: args.slice(i) };
    const name = arg.replace(/^--?/, "");
    const spec = specs[name] ?? Object.values(specs).find((s) => s.alias === name);
    if (spec && spec.type !== "boolean" && !spec.optionalValue) i++;
  }
  return { own: [...args], guest: [] };
}

/** The specs as yargs' option objects. */
export function yargsOptions(specs: OptionSpecs): Record<string, object> {
  return Object.fromEntries(Object.entries(specs).map(([name, s]) => [name, {
    describe: s.value === undefined ? s.describe : `${s.value}: ${s.describe}`,
    type: s.type === "boolean" ? "boolean" : "string",
    // Of an option given twice the last counts, unless it is one that collects.
    ...(s.type === "array" ? {} : { coerce: (v: unknown) => (Array.isArray(v) ? v.at(-1) as unknown : v) }),
    ...(s.type === "array" ? { array: true, nargs: 1 } : s.type === "string" && !s.optionalValue ? { requiresArg: true } : {}),
    ...(s.choices ? { choices: s.choices } : {}),
    ...(s.alias ? { alias: s.alias } : {}),
  }]));
}

/** An option that may stand without a value takes none from the next word. */
const bare = (arg: string, specs: OptionSpecs): string => (arg.startsWith("--") && specs[arg.slice(2)]?.optionalValue ? `${arg}=` : arg);

async function parserOf(command: Command, own: readonly string[], width: number): Promise<Argv> {
  const { default: yargs } = await import("yargs");
  const parser = yargs([...own])
    .scriptName("lift86")
    .usage(`${command.usage}\n\n${command.describe}`)
    .options(yargsOptions(command.options))
    .parserConfiguration({
      "parse-numbers": false, "parse-positional-numbers": false, "dot-notation": false, "boolean-negation": false,
    })
    .version(false)
    .help(false)
    .option("help", { alias: "h", type: "boolean", describe: "Show this" })
    .strictOptions()
    .exitProcess(false)
    .wrap(width)
    .fail((message: string | null, error: Error | undefined) => {
      throw error instanceof UsageError ? error : new UsageError(complaint(message ?? error?.message ?? "", command));
    });
  for (const [line, what] of command.examples) parser.example(line, what);
  return parser;
}

/** What yargs has to say, as lift86 says it: the option as it is written, what is wrong with it, what to do. */
function complaint(message: string, { options, usage }: Command): string {
  const name = usage.split(" ").slice(0, 2).join(" ");
  const dashed = (o: string): string => (o.length === 1 ? `-${o}` : `--${o}`);
  const unknown = /^Unknown arguments?: ([^\n]*)$/.exec(message);
  if (unknown) return `${unknown[1]!.split(", ").map(dashed).join(", ")}: no such option; ${name} --help shows them`;
  const missing = /^Not enough arguments following: (\S+)$/.exec(message);
  if (missing) return `${dashed(missing[1]!)}: its value is missing${options[missing[1]!]?.value ? ` (${options[missing[1]!]!.value})` : ""}`;
  const invalid = /Argument: (\S+), Given: "(.*?)", Choices: (.*)/s.exec(message);
  if (invalid) return `${dashed(invalid[1]!)} ${invalid[2]}: has to be one of ${options[invalid[1]!]?.choices?.filter((c) => c !== "").join(", ") ?? invalid[3]}`;
  return message.replaceAll("\n", " ");
}

/** Parse a command's arguments; a string is the help, which was wanted. */
export async function parseCommandLine(command: Command, args: readonly string[]): Promise<CommandLine | string> {
  const cut = args.indexOf("--");
  const { own, guest } = command.rest === "guest" ? splitGuest(args, command.options)
    : { own: cut < 0 ? [...args] : args.slice(0, cut), guest: cut < 0 ? [] : args.slice(cut + 1) };
  const wantsHelp = own.includes("--help") || own.includes("-h");
  // Without options there is nothing to parse, and yargs need not be loaded.
  if (own.length === 0) return { args: {}, words: command.rest === "guest" ? guest : [], after: command.rest === "guest" ? [] : guest };
  const parser = await parserOf(command, own.map((arg) => bare(arg, command.options)), process.stdout.isTTY ? Math.min(columns(), 120) : Number(process.env["COLUMNS"]) || 100);
  if (wantsHelp) return parser.getHelp();
  const parsed = await parser.parseAsync();
  return command.rest === "guest" ? { args: parsed, words: guest, after: [] } : { args: parsed, words: parsed._.map(String), after: guest };
}

/** What yargs knows of all commands, for the shells' completion. */
async function completionParser(commands: ReadonlyMap<string, Command>, args: readonly string[]): Promise<Argv> {
  const { default: yargs } = await import("yargs");
  const parser = yargs([...args]).scriptName("lift86").help("help").version("version");
  // "completion" is one of yargs' own here
  for (const [name, command] of commands) if (name !== "completion") parser.command(name, command.describe, (y) => y.options(yargsOptions(command.options) as never));
  return parser.completion("completion", "Print what a shell needs to complete lift86's commands and options");
}

/** Answer a shell's question, or print the script that makes it ask. */
export async function complete(commands: ReadonlyMap<string, Command>, args: readonly string[]): Promise<void> {
  await (await completionParser(commands, args)).parseAsync();
}

export async function completionScript(commands: ReadonlyMap<string, Command>, shell: "bash" | "zsh"): Promise<void> {
  // yargs writes what the environment's shell takes.
  process.env["SHELL"] = shell;
  if (shell === "bash") delete process.env["ZSH_NAME"];
  // the types leave out what it takes: the program's name and the command's
  const parser = (await completionParser(commands, [])) as unknown as { showCompletionScript(program: string, command: string): void };
  writeAll(1, printed(() => parser.showCompletionScript("lift86", "completion")).replace("lift86 completion >> ~/", `lift86 completion ${shell} >> ~/`).replace(/^#.*on OSX\.\n/m, ""));
}

/** What yargs prints by itself. */
function printed(print: () => void): string {
  const { log } = console;
  let text = "";
  console.log = (line: string) => void (text += `${line}\n`);
  try {
    print();
  } finally {
    console.log = log;
  }
  return text;
}
