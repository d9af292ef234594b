import { type CapturedRegion, LaunchError, RunCapture, type Syntax } from "../index.js";
import type { OptionSpecs } from "./command-line.js";
import { codeOfHex, codeOfProgram, noSuchSymbol, selectStatic } from "./dump-code.js";
import { prepareFolder, writeFile, writeRegions } from "./dump-files.js";
import { dumpJson } from "./dump-json.js";
import { count, type DumpDocument, type DumpRegion, type Stage, STAGES } from "./dump-model.js";
import { dumpText } from "./dump-text.js";
import { UsageError } from "./errors.js";
import { GUEST_OPTIONS, type GuestArguments, guestSystem } from "./guest.js";
import { colours, columns, say, writeAll } from "./output.js";
import { Progress } from "./progress.js";
import { parseAddress, parseCount } from "./values.js";

export const DUMP_OPTIONS: OptionSpecs = {
  at: { type: "string", value: "ADDRESS|SYMBOL[..END]", describe: "The region that begins there, or all regions up to END (default: the program's entry point)" },
  function: { type: "string", value: "NAME", describe: "All of a function" },
  all: { type: "boolean", describe: "All code that can be found from the entry point, symbols and calls; after a run all that was compiled" },
  hot: { type: "string", value: "N", describe: "Run the program first, then the N regions that executed most instructions" },
  run: { type: "boolean", describe: "Run the program first, with what follows -- as its arguments; blocks then have counts" },
  hex: { type: "string", value: '"90 c3"', describe: "Translate these bytes instead of a program's" },
  base: { type: "string", value: "ADDRESS", describe: "Address of the first byte of --hex (default: 0x1000)" },
  mode: { type: "string", choices: ["16", "32", "64"], describe: "Code size of --hex in bits (default: 32)" },
  emit: { type: "string", value: "STAGES", describe: "Stages to show, of asm (assembly), ir (as lifted), opt (after the passes), js, map (source map) (default: asm,opt,js)" },
  format: { type: "string", choices: ["text", "json", "html"], describe: "Text, JSON (docs/dump.schema.json) or a page for a browser (default: text)" },
  syntax: { type: "string", choices: ["intel", "att"], describe: "Assembly syntax (default: intel)" },
  output: { type: "string", alias: "o", value: "DIR", describe: "Write NAME.asm, NAME.js and NAME.js.map for each region into DIR, and the dump itself if it is JSON or HTML" },
  ...GUEST_OPTIONS,
};

export interface DumpArguments extends GuestArguments {
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

/** Without --hot a run shows that many regions. */
const HOT = 10;

function parseStages(text: string | undefined): Stage[] {
  if (text === undefined) return ["asm", "opt", "js"];
  const wanted = text.split(",").map((s) => s.trim());
  for (const s of wanted) if (!(STAGES as readonly string[]).includes(s)) throw new UsageError(`--emit ${text}: ${s || "nothing"} is no stage; there are ${STAGES.join(", ")}`);
  return STAGES.filter((s) => wanted.includes(s));
}

function check(args: DumpArguments, program: string | undefined, guestArgs: readonly string[]): void {
  if ((args.hex === undefined) === (program === undefined)) throw new UsageError("dump: give either a PROGRAM or --hex BYTES");
  if (program !== undefined && (args.base !== undefined || args.mode !== undefined)) throw new UsageError("dump: --base and --mode belong to --hex");
  const runs = args.run || args.hot !== undefined;
  if (args.hex !== undefined && runs) throw new UsageError("dump: --hex is translated only, it cannot be run");
  if (guestArgs.length > 0 && !runs) throw new UsageError("dump: arguments after -- belong to --run");
  const selections = [["--at", args.at], ["--function", args.function], ["--all", args.all || undefined], ["--hot", args.hot]].filter(([, v]) => v !== undefined);
  if (selections.length > 1) throw new UsageError(`dump: ${selections.map(([n]) => n).join(" and ")} exclude each other`);
  if (args.at === "") throw new UsageError("--at: no address");
  if (args.function === "") throw new UsageError("--function: no name");
  if (args.at?.includes("..") && (args.at.split("..").length > 2 || args.at.split("..").includes(""))) throw new UsageError(`--at ${args.at}: write it as START..END`);
  if (!runs) {
    for (const name of Object.keys(GUEST_OPTIONS)) {
      const key = name.replace(/-(.)/g, (_, c: string) => c.toUpperCase());
      if ((args as Record<string, unknown>)[key] !== undefined) throw new UsageError(`dump: --${name} belongs to --run`);
    }
  }
}

/** Whether a region has something of what --at or --function asks for. */
function wanted(args: DumpArguments): (r: CapturedRegion) => boolean {
  if (args.function !== undefined) return (r) => r.blocks.some((b) => b.name === args.function);
  if (args.at === undefined) return () => true;
  const [from, to] = args.at.split("..") as [string, string | undefined];
  if (!/^(0x|\d)/i.test(from)) {
    if (to !== undefined) throw new UsageError(`--at ${args.at}: after a run a range is given in addresses`);
    return (r) => r.blocks.some((b) => b.name === from);
  }
  const start = parseAddress("--at", from), end = to === undefined ? start + 1 : parseAddress("--at", to);
  return (r) => r.blocks.some((b) => b.pc < end && b.pc + b.size > start);
}

/** Run the program and take what it compiled. */
async function afterRun(args: DumpArguments, guest: readonly string[], syntax: Syntax, comments: boolean): Promise<DumpRegion[]> {
  const most = args.hot !== undefined ? parseCount("--hot", args.hot) : args.all || args.at !== undefined || args.function !== undefined ? Infinity : HOT;
  const wants = wanted(args);
  const capture = new RunCapture();
  const { system, host } = guestSystem(args, guest, { stdoutToStderr: true, inspection: capture.inspection, notice: (line) => say(`lift86: ${line}`) });
  capture.code = system.code;
  let status: number;
  try {
    ({ status } = await system.run());
  } catch (e) {
    if (e instanceof LaunchError) throw new UsageError(e.message);
    throw e;
  } finally {
    host.restore();
  }
  const all = capture.regions();
  const executed = all.reduce((n, r) => n + r.instructions, 0);
  const chosen = all.filter(wants).sort((a, b) => b.instructions - a.instructions).slice(0, most);
  const shown = `${count(chosen.length, "region")} of ${all.length.toLocaleString("en-US")} that were compiled`;
  if (chosen.length === 0) {
    if (args.function !== undefined && all.length > 0) {
      const table = capture.symbols;
      if (table && !table.find(args.function)) throw noSuchSymbol("--function", args.function, guest[0]!, table);
    }
    throw new UsageError(`dump: the program ran (exit code ${status}), but ${all.length === 0 ? "too briefly for anything to be compiled; --tier jit compiles everything" : "nothing that was compiled is there"}`);
  }
  say(`lift86: the program ended with exit code ${status}; ${shown}`);
  const progress = await Progress.start("translating");
  try {
    return chosen.map((r, k) => {
      progress.update(k, chosen.length);
      return { ...r.translated(syntax, comments), image: r.image, executed: r.instructions, share: executed > 0 ? r.instructions / executed : 0 };
    });
  } finally {
    progress.end();
  }
}

/** `lift86 dump`: returns the exit code. */
export async function dump(args: DumpArguments, program: string | undefined, guestArgs: readonly string[]): Promise<number> {
  check(args, program, guestArgs);
  const stages = parseStages(args.emit);
  const { format = "text", syntax = "intel", output } = args;
  if (output !== undefined) prepareFolder(output);
  const comments = output !== undefined || format === "html";
  let regions: DumpRegion[];
  if (args.run || args.hot !== undefined) regions = await afterRun(args, [program!, ...guestArgs], syntax, comments);
  else {
    const code = program === undefined ? codeOfHex(args.hex!, args.mode, args.base) : codeOfProgram(program);
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

