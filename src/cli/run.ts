import * as fs from "node:fs";
import * as path from "node:path";
import { disassemble, type Inode, LaunchError, LinuxSystem, type MemoryFs, type RunResult, type Tier, USER32 } from "../index.js";
import { nodeHost } from "../node.js";
import { type OptionSpecs } from "./command-line.js";
import { hostReason, UsageError } from "./errors.js";
import { GDB_OPTION, openGdb } from "./gdb.js";
import { runStats, statsText } from "./stats.js";
import { parseCount, parseSeconds, parseSize } from "./values.js";

export const RUN_OPTIONS: OptionSpecs = {
  root: { type: "string", value: "DIR", describe: "Folder of the host as the guest's file system, PROGRAM being a path in it (default: an empty one in memory, with PROGRAM of the host's)" },
  env: { type: "array", value: "K=V", describe: "Environment variable of the guest; without =V the host's value. May be repeated (default: none)" },
  cwd: { type: "string", value: "DIR", describe: "The guest's working directory (default: /, with --root / the current one)" },
  memory: { type: "string", value: "SIZE", describe: "Most memory that the guest may map, as 512M or 2G (default: 4G)" },
  "max-instructions": { type: "string", value: "N", describe: "End the guest after N instructions" },
  timeout: { type: "string", value: "SECONDS", describe: "End the guest after this time, with exit code 124" },
  tier: { type: "string", choices: ["auto", "interp", "jit"], describe: "Interpret cold code and compile hot code (auto), or only one of these" },
  icount: { type: "boolean", describe: "Let the guest's time follow its instructions: every run is alike" },
  stats: { type: "string", optionalValue: true, choices: ["", "json", "text"], describe: "Show counters at the end, as text or (--stats=json) as one JSON object, on stderr" },
  "stats-file": { type: "string", value: "FILE", describe: "Write the counters to FILE instead (JSON unless --stats=text)" },
  strace: { type: "boolean", describe: "Show system calls on stderr" },
  gdb: GDB_OPTION,
  audit: { type: "boolean", describe: "Check that each translation cache's MMU role is the one the processor's state gives, and report it" },
};

export interface RunArguments {
  readonly root?: string;
  readonly env?: readonly string[];
  readonly cwd?: string;
  readonly memory?: string;
  readonly maxInstructions?: string;
  readonly timeout?: string;
  readonly tier?: Tier;
  readonly icount?: boolean;
  readonly stats?: string;
  readonly statsFile?: string;
  readonly strace?: boolean;
  readonly gdb?: string;
  readonly audit?: boolean;
}

const SIGINT = 2, SIGKILL = 9, SIGTERM = 15, SIGHUP = 1;
const PAGE = 4096;
/** Smallest --memory: a small program, its stack and what the kernel keeps for it. */
const LEAST_MEMORY = 1 << 20;
/** Signals whose sender, not the guest, is at fault: no line about them. */
const QUIET: ReadonlySet<string> = new Set(["SIGINT", "SIGPIPE", "SIGHUP", "SIGTERM", "SIGKILL"]);
const OWN_FILE_ERROR = "is to be written, but";

interface Prepared {
  /** Path in the guest's file system. */
  readonly program: string;
  readonly cwd: string;
  readonly root: string | null;
  /** Fill the file system in memory. */
  readonly fill?: (memory: MemoryFs, uid: number, gid: number) => Inode;
}

function checkFolder(root: string): void {
  let isDirectory: boolean;
  try {
    isDirectory = fs.statSync(root).isDirectory();
  } catch (e) {
    throw new UsageError(`--root ${root}: ${hostReason(e)}`);
  }
  if (!isDirectory) throw new UsageError(`--root ${root}: not a directory`);
}

/** The host's program as the only file of a file system in memory. */
function programAlone(program: string, cwd: string): Prepared {
  let bytes: Uint8Array;
  try {
    const s = fs.statSync(program);
    if (!s.isFile()) throw new UsageError(`${program}: not a regular file`);
    bytes = fs.readFileSync(program);
  } catch (e) {
    if (e instanceof UsageError) throw e;
    throw new UsageError(`${program}: ${hostReason(e)}`);
  }
  const name = path.basename(program);
  const latin1 = Buffer.from(name, "utf8").toString("latin1");
  return {
    program: `/${name}`, cwd, root: null,
    fill: (memory, uid, gid) => {
      const cred = { uid, euid: uid, suid: uid, fsuid: uid, gid, egid: gid, sgid: gid, fsgid: gid, groups: [gid] };
      memory.root.change({ uid, gid });
      const file = memory.root.create(latin1, 0o100755, 0, cred);
      const content = file.open();
      content.writeAt(0, bytes);
      content.close();
      return memory.root;
    },
  };
}

function prepare(args: RunArguments, program: string): Prepared {
  const { root, cwd } = args;
  if (cwd !== undefined && !cwd.startsWith("/")) throw new UsageError(`--cwd ${cwd}: not an absolute path of the guest's`);
  if (root === undefined) return programAlone(program, cwd ?? "/");
  checkFolder(root);
  return { program, cwd: cwd ?? (path.resolve(root) === "/" ? process.cwd() : "/"), root };
}

function environment(list: readonly string[]): string[] {
  return list.flatMap((item) => {
    const at = item.indexOf("=");
    if (at === 0 || item === "") throw new UsageError(`--env ${item}: no name before =`);
    if (at > 0) return [item];
    const value = process.env[item];
    return value === undefined ? [] : [`${item}=${value}`];
  });
}

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

/** stderr without buffering: what the guest writes there is not buffered either, and order matters. */
function say(line: string): void {
  try {
    fs.writeSync(2, `${line}\n`);
  } catch {
    // Nobody reads it.
  }
}

function openStatsFile(args: RunArguments): number | null {
  if (args.statsFile === undefined) return null;
  try {
    return fs.openSync(args.statsFile, "w");
  } catch (e) {
    throw new UsageError(`--stats-file ${args.statsFile}: ${OWN_FILE_ERROR} ${hostReason(e)}`);
  }
}

function report(args: RunArguments, system: LinuxSystem, wallMs: number, file: number | null): void {
  if (args.stats === undefined && file === null) return;
  const stats = runStats(system.stats(), wallMs);
  const asText = file === null ? args.stats !== "json" : args.stats === "text";
  const text = asText ? statsText(stats) : `${JSON.stringify(stats)}\n`;
  if (file === null) say(text.trimEnd());
  else fs.writeSync(file, text);
}

/** `lift86 run`: returns the exit code. */
export async function run(args: RunArguments, guest: readonly string[]): Promise<number> {
  const started = performance.now();
  const [program] = guest;
  if (program === undefined) throw new UsageError("run: no program given; lift86 run [options] PROGRAM [ARGS…]");
  const env = environment(args.env ?? []);
  const memory = args.memory === undefined ? undefined : parseSize("--memory", args.memory);
  if (memory !== undefined && memory < LEAST_MEMORY) throw new UsageError(`--memory ${args.memory}: too little for any program; 1M is the least`);
  const maxInstructions = args.maxInstructions === undefined ? undefined : parseCount("--max-instructions", args.maxInstructions);
  const timeout = args.timeout === undefined ? undefined : parseSeconds("--timeout", args.timeout);
  const prepared = prepare(args, program);
  const { fill } = prepared;
  const statsFile = openStatsFile(args);
  const listener = args.gdb === undefined ? null : await openGdb(args.gdb, say);
  const uid = process.getuid?.() ?? 1000, gid = process.getgid?.() ?? 1000;
  const host = nodeHost(prepared.root, fill ? { root: (m) => fill(m, uid, gid) } : {});
  const system = new LinuxSystem({
    program: prepared.program, args: guest, env, cwd: prepared.cwd, files: host.files, random: host.random, uid, gid,
    ...(memory === undefined ? {} : { memoryLimit: Math.min(memory, 2 ** 32) - (memory % PAGE) }),
    ...(maxInstructions === undefined ? {} : { maxInstructions }),
    ...(timeout === undefined ? {} : { timeout }),
    ...(args.tier ? { tier: args.tier } : {}),
    icount: args.icount ?? false,
    notice: (line) => say(`lift86: ${line}`),
    ...(args.strace ? { strace: say } : {}),
    ...(listener ? { debug: listener.serve } : {}),
  });
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
  }
  const words = lastWords(program, result, args);
  if (words !== null) say(`lift86: ${words}`);
  if (args.audit) {
    const { processors, mismatches } = system.audit();
    say(`lift86: audit: ${mismatches} of ${processors} processor${processors === 1 ? "" : "s"} with a role other than its state gives`);
  }
  report(args, system, performance.now() - started, statsFile);
  return result.status;
}
