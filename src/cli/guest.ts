import * as fs from "node:fs";
import * as path from "node:path";
import { type Backend, type Inode, LinuxSystem, type LinuxOptions, type MemoryFs, type Tier } from "../index.js";
import { layeredRoot, nodeHost, type NodeHost, nodeNetwork } from "../node.js";
import type { OptionSpecs } from "./command-line.js";
import { BUFFER_LENGTH } from "./engine.js";
import { hostReason, UsageError } from "./errors.js";
import { readFile } from "./files.js";
import { parseCount, parseSeconds, parseSize } from "./values.js";

/** Linux guests: the options that say what a program sees and may do, for every command that runs one. */
export const GUEST_OPTIONS: OptionSpecs = {
  root: { type: "string", value: "DIR", describe: "Folder of the host as the guest's file system, PROGRAM being a path in it (default: an empty one in memory, with PROGRAM of the host's)" },
  overlay: { type: "string", value: "DIR", describe: "Leave --root as it is: what the guest changes goes into the folder DIR, or is lost at the end (memory)" },
  env: { type: "array", value: "K=V", describe: "Environment variable of the guest; without =V the host's value. May be repeated (default: none)" },
  cwd: { type: "string", value: "DIR", describe: "The guest's working directory (default: /, with --root / the current one)" },
  memory: { type: "string", value: "SIZE", describe: "Most memory that the guest may map, as 512M or 2G (default: 4G)" },
  "max-instructions": { type: "string", value: "N", describe: "End the guest after N instructions" },
  timeout: { type: "string", value: "SECONDS", describe: "End the guest after this time, with exit code 124" },
  tier: { type: "string", choices: ["auto", "interp", "jit"], describe: "Interpret cold code and compile hot code (auto), or only one of these" },
  backend: { type: "string", choices: ["wasm", "js"], describe: "Compile hot code to WebAssembly (default), or to JavaScript, as it is whenever code is looked into" },
  net: { type: "boolean", describe: "Let the guest use the host's network (TCP and UDP over IPv4 and IPv6); otherwise it has none" },
  icount: { type: "boolean", describe: "Let the guest's time follow its instructions: every run is alike" },
};

export interface GuestArguments {
  readonly root?: string;
  readonly overlay?: string;
  readonly env?: readonly string[];
  readonly cwd?: string;
  readonly memory?: string;
  readonly maxInstructions?: string;
  readonly timeout?: string;
  readonly tier?: Tier;
  readonly backend?: Backend;
  readonly net?: boolean;
  readonly icount?: boolean;
}

const PAGE = 4096;
/** Bounds of --memory: a small program, its stack and what the kernel keeps for it; what 32 bits can address. */
const LEAST_MEMORY = 2 ** 20, MOST_MEMORY = 2 ** 32;

interface Prepared {
  /** Path in the guest's file system. */
  readonly program: string;
  readonly cwd: string;
  readonly root: string | null;
  /** Make the root directory, with what is in it. */
  readonly fill?: (memory: MemoryFs, uid: number, gid: number) => Inode;
}

function checkFolder(option: string, folder: string, access: number): void {
  let isDirectory: boolean;
  try {
    isDirectory = fs.statSync(folder).isDirectory();
    if (isDirectory) fs.accessSync(folder, access);
  } catch (e) {
    throw new UsageError(`${option} ${folder}: ${hostReason(e)}`);
  }
  if (!isDirectory) throw new UsageError(`${option} ${folder}: not a directory`);
}

/** The host's program as the only file of a file system in memory. */
function programAlone(program: string, cwd: string): Prepared {
  const bytes = readFile(program);
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

function prepare(args: GuestArguments, program: string): Prepared {
  const { root, cwd, overlay } = args;
  if (cwd !== undefined && !cwd.startsWith("/")) throw new UsageError(`--cwd ${cwd}: not an absolute path of the guest's`);
  if (root === undefined) {
    if (overlay !== undefined) throw new UsageError("--overlay: lies over --root, which is not given");
    return programAlone(program, cwd ?? "/");
  }
  checkFolder("--root", root, fs.constants.R_OK | fs.constants.X_OK);
  if (overlay !== undefined && overlay !== "memory") checkFolder("--overlay", overlay, fs.constants.R_OK | fs.constants.W_OK | fs.constants.X_OK);
  return {
    program, cwd: cwd ?? (path.resolve(root) === "/" ? process.cwd() : "/"), root,
    ...(overlay === undefined ? {} : { fill: layeredRoot(root, overlay === "memory" ? null : overlay) }),
  };
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

/** What commands add to what the options say. */
export interface GuestExtra extends Pick<LinuxOptions, "translations" | "notice" | "strace" | "inspection" | "debug" | "policy"> {
  /** The guest's standard output goes to stderr: stdout is for the command's own. */
  readonly stdoutToStderr?: boolean;
}

/** A system that is ready to run a command line (`guest`), and the host's side of it, to be restored afterwards. */
export function guestSystem(args: GuestArguments, guest: readonly string[], { stdoutToStderr = false, ...extra }: GuestExtra): { system: LinuxSystem; host: NodeHost } {
  const program = guest[0]!;
  const env = environment(args.env ?? []);
  const memory = args.memory === undefined ? undefined : parseSize("--memory", args.memory);
  if (memory !== undefined && memory > MOST_MEMORY) throw new UsageError(`--memory ${args.memory}: more than 32-bit programs can use; 4G is the most`);
  if (memory !== undefined && memory < LEAST_MEMORY) throw new UsageError(`--memory ${args.memory}: too little for any program; 1M is the least`);
  const maxInstructions = args.maxInstructions === undefined ? undefined : parseCount("--max-instructions", args.maxInstructions);
  const timeout = args.timeout === undefined ? undefined : parseSeconds("--timeout", args.timeout);
  const prepared = prepare(args, program);
  const { fill } = prepared;
  const uid = process.getuid?.() ?? 1000, gid = process.getgid?.() ?? 1000;
  if (args.net && args.icount) throw new UsageError("--net: with --icount every run is alike, which no network is");
  const host = nodeHost(prepared.root, { ...(fill ? { root: (m) => fill(m, uid, gid) } : {}), ...(args.net ? { network: nodeNetwork() } : {}) }, stdoutToStderr);
  const system = new LinuxSystem({
    program: prepared.program, shownAs: program, args: guest, env, cwd: prepared.cwd, files: host.files, random: host.random, uid, gid,
    ...(memory === undefined ? {} : { memoryLimit: memory - (memory % PAGE) }),
    ...(maxInstructions === undefined ? {} : { maxInstructions }),
    ...(timeout === undefined ? {} : { timeout }),
    ...(args.tier ? { tier: args.tier } : {}),
    ...(args.backend ? { backend: args.backend } : {}),
    icount: args.icount ?? false, bufferLength: BUFFER_LENGTH,
    ...extra,
  });
  return { system, host };
}
