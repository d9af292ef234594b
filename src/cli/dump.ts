import { isMachineImage, type Syntax } from "../index.js";
import { BIOS_OPTION, IMAGE_OPTIONS, type MachineArguments, SMP_OPTION } from "./boot-image.js";
import type { OptionSpecs } from "./command-line.js";
import { codeOfHex, codeOfImage, codeOfProgram, selectStatic } from "./dump-code.js";
import { prepareFolder, writeFile, writeRegions } from "./dump-files.js";
import { dumpJson } from "./dump-json.js";
import { type DumpDocument, type DumpRegion, type Stage, STAGES } from "./dump-model.js";
import { dumpAfterRun } from "./dump-run.js";
import { dumpText } from "./dump-text.js";
import { UsageError } from "./errors.js";
import { readFile } from "./files.js";
import { GUEST_OPTIONS, type GuestArguments } from "./guest.js";
import { colours, columns, writeAll } from "./output.js";
import { Progress } from "./progress.js";

/** Options of runs of machines that programs do not have, and those that both have. */
const MACHINE_OPTIONS: OptionSpecs = { ...IMAGE_OPTIONS, smp: SMP_OPTION, bios: BIOS_OPTION };
const FOR_BOTH = ["memory", "max-instructions", "timeout", "tier", "icount"] as const;

export const DUMP_OPTIONS: OptionSpecs = {
  at: { type: "string", value: "ADDRESS|SYMBOL[..END]", describe: "The region that begins there, or all regions up to END (default: the entry point)" },
  function: { type: "string", value: "NAME", describe: "All of a function" },
  all: { type: "boolean", describe: "All code that can be found from the entry point, symbols and calls; after a run all that was compiled" },
  hot: { type: "string", value: "N", describe: "Run the program or machine first, then the N regions that executed most instructions" },
  run: { type: "boolean", describe: "Run it first, with what follows -- as a program's arguments; blocks then have counts" },
  hex: { type: "string", value: '"90 c3"', describe: "Translate these bytes instead of a program's" },
  base: { type: "string", value: "ADDRESS", describe: "Address of the first byte of --hex (default: 0x1000)" },
  mode: { type: "string", choices: ["16", "32", "64"], describe: "Code size of --hex in bits (default: 32)" },
  emit: { type: "string", value: "STAGES", describe: "Stages to show, of asm (assembly), ir (as lifted), opt (after the passes), js, map (source map) (default: asm,opt,js)" },
  format: { type: "string", choices: ["text", "json", "html"], describe: "Text, JSON (docs/dump.schema.json) or a page for a browser (default: text)" },
  syntax: { type: "string", choices: ["intel", "att"], describe: "Assembly syntax (default: intel)" },
  output: { type: "string", alias: "o", value: "DIR", describe: "Write NAME.asm, NAME.js and NAME.js.map for each region into DIR, and the dump itself if it is JSON or HTML" },
  ...GUEST_OPTIONS,
  memory: { type: "string", value: "SIZE", describe: "Most memory that a program may map (default: 4G), or a machine's RAM (default: 128M)" },
  ...MACHINE_OPTIONS,
};

export interface DumpArguments extends GuestArguments, MachineArguments {
  readonly at?: string;
  readonly function?: string;
  readonly all?: boolean;
  readonly hot?: string;
  readonly run?: boolean;
  readonly hex?: string;
  readonly base?: string;
  readonly mode?: "16" | "32" | "64";
  readonly emit?: string;
  readonly format?: "text" | "json" | "html";
  readonly syntax?: Syntax;
  readonly output?: string;
}

function parseStages(text: string | undefined): Stage[] {
  if (text === undefined) return ["asm", "opt", "js"];
  const wanted = text.split(",").map((s) => s.trim());
  for (const s of wanted) if (!(STAGES as readonly string[]).includes(s)) throw new UsageError(`--emit ${text}: ${s || "nothing"} is no stage; there are ${STAGES.join(", ")}`);
  return STAGES.filter((s) => wanted.includes(s));
}

type Kind = "bytes" | "program" | "machine";

/** What is to be dumped; a program may be one that only its root folder has. */
function kindOf(args: DumpArguments, file: string | undefined): Kind {
  if ((args.hex === undefined) === (file === undefined)) throw new UsageError("dump: give either a PROGRAM, an IMAGE or --hex BYTES");
  if (file === undefined) return "bytes";
  return args.raw !== undefined || (args.root === undefined && isMachineImage(readFile(file))) ? "machine" : "program";
}

const given = (args: object, option: string): boolean => (args as Record<string, unknown>)[option.replace(/-(.)/g, (_, c: string) => c.toUpperCase())] !== undefined;

function check(args: DumpArguments, kind: Kind, guestArgs: readonly string[]): void {
  if (kind !== "bytes" && (args.base !== undefined || args.mode !== undefined)) throw new UsageError("dump: --base and --mode belong to --hex");
  const runs = args.run || args.hot !== undefined;
  if (kind === "bytes" && runs) throw new UsageError("dump: --hex is translated only, it cannot be run");
  if (guestArgs.length > 0 && !runs) throw new UsageError("dump: arguments after -- belong to --run");
  if (guestArgs.length > 0 && kind === "machine") throw new UsageError("dump: arguments after -- belong to programs; a machine's image gets a command line by --append");
  const selections = [["--at", args.at], ["--function", args.function], ["--all", args.all || undefined], ["--hot", args.hot]].filter(([, v]) => v !== undefined);
  if (selections.length > 1) throw new UsageError(`dump: ${selections.map(([n]) => n).join(" and ")} exclude each other`);
  if (args.at === "") throw new UsageError("--at: no address");
  if (args.function === "") throw new UsageError("--function: no name");
  if (args.at?.includes("..") && (args.at.split("..").length > 2 || args.at.split("..").includes(""))) throw new UsageError(`--at ${args.at}: write it as START..END`);
  for (const name of [...Object.keys(GUEST_OPTIONS), ...Object.keys(MACHINE_OPTIONS)]) {
    if (!given(args, name) || (name === "raw" && kind === "machine")) continue;
    if (kind !== "machine" && name in MACHINE_OPTIONS) throw new UsageError(`dump: --${name} belongs to images of machines`);
    if (kind === "machine" && !(name in MACHINE_OPTIONS) && !(FOR_BOTH as readonly string[]).includes(name)) throw new UsageError(`dump: --${name} belongs to programs`);
    if (!runs) throw new UsageError(`dump: --${name} belongs to --run`);
  }
}

/** `lift86 dump`: returns the exit code. */
export async function dump(args: DumpArguments, program: string | undefined, guestArgs: readonly string[]): Promise<number> {
  const kind = kindOf(args, program);
  check(args, kind, guestArgs);
  const stages = parseStages(args.emit);
  const { format = "text", syntax = "intel", output } = args;
  if (output !== undefined) prepareFolder(output);
  const comments = output !== undefined || format === "html";
  let regions: DumpRegion[];
  if (args.run || args.hot !== undefined) regions = await dumpAfterRun(args, [program!, ...guestArgs], kind === "machine", syntax, comments);
  else {
    const code = kind === "bytes" ? codeOfHex(args.hex!, args.mode, args.base) : kind === "machine" ? codeOfImage(program!, args.raw) : codeOfProgram(program!);
    const progress = await Progress.start("translating");
    try {
      regions = selectStatic(code, args, { syntax, comments, progress: (done, known) => progress.update(done, known) });
    } finally {
      progress.end();
    }
  }
  const document: DumpDocument = { title: program ?? "--hex", syntax, regions };
  const text = format === "json" ? `${JSON.stringify(dumpJson(document, stages), null, 1)}\n`
    : format === "html" ? await htmlOf(document)
      : output === undefined ? dumpText(document, stages, colours(process.stdout), columns()) : "";
  if (output === undefined) {
    writeAll(1, text);
    return 0;
  }
  const names = writeRegions(output, regions, stages);
  if (format === "json") writeFile(output, "dump.json", text);
  if (format === "html") writeFile(output, "index.html", text);
  writeAll(1, names.map((n) => `${n}\n`).join(""));
  return 0;
}

async function htmlOf(d: DumpDocument): Promise<string> {
  const { dumpPage } = await import("./dump-page.js");
  return dumpPage(d);
}

