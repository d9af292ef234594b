import { type CapturedRegion, ImageError, LaunchError, Machine, RunCapture, type SymbolTable, type Syntax } from "../index.js";
import { machineOptions, type MachineArguments } from "./boot-image.js";
import { codeOfImage, noSuchSymbol } from "./dump-code.js";
import { count, type DumpRegion } from "./dump-model.js";
import { UsageError } from "./errors.js";
import { type GuestArguments, guestSystem } from "./guest.js";
import { say, writeAll } from "./output.js";
import { Progress } from "./progress.js";
import { parseAddress, parseCount } from "./values.js";

/** Code to dump after running it: a program or a machine, and what of it that was compiled is asked for. */

export interface RunSelection {
  readonly at?: string;
  readonly function?: string;
  readonly all?: boolean;
  readonly hot?: string;
}

/** Without --hot a run shows that many regions. */
const HOT = 10;

interface Ran {
  /** "the program ended with exit code 0" */
  readonly how: string;
  readonly capture: RunCapture;
}

async function runProgram(args: GuestArguments, guest: readonly string[]): Promise<Ran> {
  const capture = new RunCapture();
  const { system, host } = guestSystem(args, guest, { stdoutToStderr: true, inspection: capture.inspection, notice: (line) => say(`lift86: ${line}`) });
  capture.code = system.code;
  try {
    const { status } = await system.run();
    return { how: `the program ended with exit code ${status}`, capture };
  } catch (e) {
    if (e instanceof LaunchError) throw new UsageError(e.message);
    throw e;
  } finally {
    host.restore();
  }
}

/** Ctrl-C ends the machine, and what it did until then is shown. */
async function runMachine(args: MachineArguments, file: string): Promise<Ran> {
  const capture = new RunCapture();
  let machine: Machine;
  const stop = (): void => machine.stop();
  try {
    machine = new Machine({
      ...machineOptions(args, file), inspection: capture.inspection, serial: (bytes) => writeAll(2, bytes), notice: (line) => say(`lift86: ${line}`),
    });
    capture.code = machine.code;
    process.on("SIGINT", stop);
    const { end, status } = await machine.run();
    const words = { exit: `left with status ${status}`, poweroff: "was switched off", halted: "halted", shutdown: "ended in a triple fault", instructions: "was ended at the limit of instructions", time: "was ended at the time limit", stopped: "was stopped" };
    return { how: `the machine ${words[end]}`, capture };
  } catch (e) {
    if (e instanceof ImageError) throw new UsageError(e.message);
    throw e;
  } finally {
    process.off("SIGINT", stop);
  }
}

/** Whether a region has something of what --at or --function asks for. */
function wanted(args: RunSelection): (r: CapturedRegion) => boolean {
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

/** A name that no symbol has, where it was asked for by name. */
function checkName(args: RunSelection, title: string, tables: readonly SymbolTable[]): void {
  const [option, name] = args.function !== undefined ? ["--function", args.function] : ["--at", args.at];
  if (name === undefined || /^(0x|\d)/i.test(name) || tables.some((t) => t.find(name))) return;
  if (tables.length > 0) throw noSuchSymbol(option!, name, title, tables[0]!);
}

/** Run a program with its arguments, or a machine's image, and take what of it was compiled. */
export async function dumpAfterRun(
  args: RunSelection & GuestArguments & MachineArguments, guest: readonly string[], machine: boolean, syntax: Syntax, comments: boolean,
): Promise<DumpRegion[]> {
  const most = args.hot !== undefined ? parseCount("--hot", args.hot) : args.all || args.at !== undefined || args.function !== undefined ? Infinity : HOT;
  const wants = wanted(args);
  // A machine's image has all the names there are; a program may load files with more of them.
  if (machine && (args.function ?? args.at) !== undefined) checkName(args, guest[0]!, [codeOfImage(guest[0]!, args.raw).symbols]);
  const { how, capture } = machine ? await runMachine(args, guest[0]!) : await runProgram(args, guest);
  const all = capture.regions();
  const executed = all.reduce((n, r) => n + r.instructions, 0);
  const chosen = all.filter(wants).sort((a, b) => b.instructions - a.instructions).slice(0, most);
  if (chosen.length === 0) {
    if (all.length === 0) throw new UsageError(`dump: ${how}, too briefly for anything to be compiled; --tier jit compiles everything`);
    checkName(args, guest[0]!, capture.symbols);
    throw new UsageError(`dump: ${how}; nothing that was compiled is there`);
  }
  say(`lift86: ${how}; ${count(chosen.length, "region")} of ${all.length.toLocaleString("en-US")} that were compiled`);
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
