import { type DebugTarget, disassemble, LaunchError, type LinuxSystem, POLICIES, type PolicyName, type RunResult, USER32 } from "../index.js";
import type { OptionSpecs } from "./command-line.js";
import { UsageError } from "./errors.js";
import { GDB_OPTION, openGdb } from "./gdb.js";
import { GUEST_OPTIONS, type GuestArguments, guestSystem } from "./guest.js";
import { INSPECTION_OPTIONS, type InspectionArguments, startInspection } from "./inspection.js";
import { say } from "./output.js";
import { KeptTranslations, TRANSLATIONS_OPTION } from "./translations.js";
import { openTrace, type TraceArguments, traceOptions } from "./trace.js";

/** What --trace can show of a program. */
export const RUN_TRACES = ["blocks", "exceptions", "syscalls", "roles", "invalidations"] as const;

export const RUN_OPTIONS: OptionSpecs = {
  ...GUEST_OPTIONS,
  strace: { type: "boolean", describe: "Show system calls on stderr" },
  translations: TRANSLATIONS_OPTION,
  gdb: GDB_OPTION,
  ...traceOptions(RUN_TRACES),
  policy: { type: "string", choices: Object.keys(POLICIES), describe: "Policy that gives the MMU role translations are filed under (default: fixed); programs have the same under each" },
  audit: { type: "boolean", describe: "Check that each translation cache's MMU role is the one the processor's state gives, and report it" },
  ...INSPECTION_OPTIONS,
};

export interface RunArguments extends GuestArguments, InspectionArguments, TraceArguments {
  readonly strace?: boolean;
  readonly translations?: string;
  readonly gdb?: string;
  readonly policy?: PolicyName;
  readonly audit?: boolean;
}

const SIGINT = 2, SIGKILL = 9, SIGTERM = 15, SIGHUP = 1;
/** Signals whose sender, not the guest, is at fault: no line about them. */
const QUIET: ReadonlySet<string> = new Set(["SIGINT", "SIGPIPE", "SIGHUP", "SIGTERM", "SIGKILL"]);

/** Why the guest ended, if it is not by itself or by somebody's wish. */
function lastWords(program: string, r: RunResult, args: RunArguments): string | null {
  const hex = (x: number): string => `0x${(x >>> 0).toString(16)}`;
  if (r.limit === "time") return `${program}: ended after the time limit of ${args.timeout} s`;
  if (r.limit === "instructions") return `${program}: ended after the limit of ${args.maxInstructions} instructions`;
  if (r.signal === 0 || (QUIET.has(r.signalName) && !r.fault)) return null;
  if (!r.fault) return `${program}: killed by ${r.signalName}`;
  const { address, pc, bytes } = r.fault;
  const insn = bytes.length > 0 ? disassemble(bytes, pc, USER32, "intel", 1)[0]?.text : undefined;
  return `${program}: killed by ${r.signalName}, address ${hex(address)}, pc ${hex(pc)}: ${insn ?? "no instruction there"}`;
}

/** Host signals become the guest's, or end it while it `waits` for a debugger; a second SIGTERM or SIGHUP ends a guest that does not care. */
function forwardSignals(system: LinuxSystem, waits: () => boolean): () => void {
  let asked = false;
  const interrupt = (): void => (waits() ? system.terminate(SIGINT) : system.signal(SIGINT));
  const handlers: [NodeJS.Signals, () => void][] = [["SIGINT", interrupt]];
  for (const [name, number] of [["SIGTERM", SIGTERM], ["SIGHUP", SIGHUP]] as const) {
    handlers.push([name, () => {
      if (waits()) system.terminate(number);
      else if (asked) system.terminate(SIGKILL);
      else system.signal(number);
      asked = true;
    }]);
  }
  for (const [name, handler] of handlers) process.on(name, handler);
  return () => {
    for (const [name, handler] of handlers) process.off(name, handler);
  };
}

/** `lift86 run`: returns the exit code. */
export async function run(args: RunArguments, guest: readonly string[]): Promise<number> {
  const [program] = guest;
  if (program === undefined) throw new UsageError("run: no program given; lift86 run [options] PROGRAM [ARGS…]");
  const inspector = await startInspection(args);
  const trace = openTrace(args, RUN_TRACES, say);
  const kept = KeptTranslations.open(args, program, say);
  const { system, host } = guestSystem(inspector.tier && !args.tier ? { ...args, tier: inspector.tier } : args, guest, {
    ...(kept ? { translations: kept.bytes } : {}),
    notice: (line) => say(`lift86: ${line}`),
    ...(args.strace ? { strace: say } : {}),
    ...(args.policy ? { policy: POLICIES[args.policy] } : {}),
    ...(args.gdb === undefined ? {} : { debug: (target: DebugTarget) => listener!.serve(target) }),
    ...(trace ? { trace: trace.trace } : {}),
    ...(inspector.inspection ? { inspection: inspector.inspection } : {}),
  });
  const listener = args.gdb === undefined ? null : await openGdb(args.gdb, say);
  inspector.begin(system);
  const forget = forwardSignals(system, () => listener !== null && listener.waiting);
  let result: RunResult;
  try {
    result = await system.run();
  } catch (e) {
    if (e instanceof LaunchError) throw new UsageError(e.message);
    throw e;
  } finally {
    forget();
    host.restore();
    listener?.close();
    trace?.close();
  }
  kept?.save(system);
  const words = lastWords(program, result, args);
  if (words !== null) say(`lift86: ${words}`);
  if (args.audit) {
    const { processors, mismatches } = system.audit();
    say(`lift86: audit: ${mismatches} of ${processors} processor${processors === 1 ? "" : "s"} with a role other than its state gives`);
  }
  inspector.finish(() => system.stats());
  return result.status;
}
