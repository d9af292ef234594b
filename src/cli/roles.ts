import * as fs from "node:fs";
import * as path from "node:path";
import { DEFAULT_LIMIT, ImageError, LaunchError, measureProgramRoles, measureRoles, type MeasureOptions, POLICIES, type PolicyName, type RolesReport, type Tier } from "../index.js";
import type { NodeHost } from "../node.js";
import { bootImage, cpuCount, IMAGE_OPTIONS, type ImageArguments, memorySize } from "./boot-image.js";
import type { OptionSpecs } from "./command-line.js";
import { UsageError } from "./errors.js";
import { GUEST_OPTIONS, guestSystem } from "./guest.js";
import { openForWriting, say, writeAll } from "./output.js";
import { rolesPage } from "./roles-page.js";
import { rolesText } from "./roles-text.js";
import { parseCount, parseSeconds } from "./values.js";

const POLICY_NAMES = Object.keys(POLICIES) as PolicyName[];

export const ROLES_OPTIONS: OptionSpecs = {
  policies: { type: "string", value: "A,B", describe: `Policies to compare, of ${POLICY_NAMES.join(", ")} (default: all)` },
  user: { type: "boolean", describe: "IMAGE is a Linux program; what follows it are its arguments (options of theirs behind --)" },
  root: GUEST_OPTIONS["root"]!,
  env: GUEST_OPTIONS["env"]!,
  cwd: GUEST_OPTIONS["cwd"]!,
  json: { type: "boolean", describe: "Write the report as JSON to stdout" },
  html: { type: "string", value: "FILE", describe: "Write the report as a page with charts, which needs nothing else" },
  changes: { type: "string", value: "N", describe: "Role changes of each policy that the table lists (default: 8)" },
  smp: { type: "string", value: "N", describe: "vCPUs, 1 to 8 (default: 2)" },
  memory: { type: "string", value: "SIZE", describe: "RAM, as 64M or 1G (default: 128M)" },
  ...IMAGE_OPTIONS,
  tier: { type: "string", choices: ["auto", "interp", "jit"], describe: "Interpret cold code and compile hot code (auto), or only one of these" },
  contexts: { type: "string", value: "N", describe: "MMU contexts that each vCPU keeps (default: 8)" },
  serial: { type: "boolean", describe: "Show what the guest sends over its serial port, under the first policy, on stderr" },
  "max-instructions": { type: "string", value: "N", describe: `End each run after N instructions (default: ${DEFAULT_LIMIT.toLocaleString("en-US")})` },
  timeout: { type: "string", value: "SECONDS", describe: "End each run after this time" },
};

export interface RolesArguments extends ImageArguments {
  readonly policies?: string;
  readonly user?: boolean;
  readonly root?: string;
  readonly env?: readonly string[];
  readonly cwd?: string;
  readonly json?: boolean;
  readonly html?: string;
  readonly changes?: string;
  readonly smp?: string;
  readonly memory?: string;
  readonly tier?: Tier;
  readonly contexts?: string;
  readonly serial?: boolean;
  readonly maxInstructions?: string;
  readonly timeout?: string;
}

const FAILED = 2;
const PROGRESS_MS = 200;

function parsePolicies(text: string | undefined): PolicyName[] {
  if (text === undefined) return POLICY_NAMES;
  return text.split(",").map((name) => {
    if (!POLICY_NAMES.includes(name as PolicyName)) throw new UsageError(`--policies: ${name || "nothing"} is no policy; there are ${POLICY_NAMES.join(", ")}`);
    return name as PolicyName;
  });
}

function small(option: string, text: string, most: number): number {
  const n = parseCount(option, text);
  if (n > most) throw new UsageError(`${option}: ${n} is more than ${most}`);
  return n;
}

/** `lift86 roles IMAGE`, or with --user PROGRAM and its arguments. */
export async function roles(args: RolesArguments, words: readonly string[]): Promise<number> {
  const [image] = words;
  if (image === undefined) throw new UsageError("roles: no image given; try lift86 roles samples/roles/init-sipi.elf");
  const policies = parsePolicies(args.policies);
  const html = args.html === undefined ? null : openForWriting("--html", args.html);
  const changes = args.changes === undefined ? undefined : args.changes === "0" ? 0 : parseCount("--changes", args.changes);
  const report = args.user ? await ofProgram(args, words, policies) : await ofImage(args, words, policies);
  if (html !== null) {
    writeAll(html, rolesPage(report), `--html ${args.html}`);
    fs.closeSync(html);
  }
  if (args.json) writeAll(1, `${JSON.stringify(report, null, 1)}\n`);
  else writeAll(1, html === null ? rolesText(report, changes) : `${args.html}\n`);
  const endless = args.maxInstructions === undefined ? report.policies.find((p) => p.exit === "instructions") : undefined;
  if (!endless) return 0;
  say(`lift86: ${image} had not ended after ${DEFAULT_LIMIT.toLocaleString("en-US")} instructions under ${endless.policy}; --max-instructions sets another bound`);
  return FAILED;
}

async function ofImage(args: RolesArguments, words: readonly string[], policies: readonly PolicyName[]): Promise<RolesReport> {
  if (words.length > 1) throw new UsageError(`roles: one image at a time: ${words[1]}`);
  const image = bootImage(words[0]!, args);
  const progress = progressLine();
  const options: MeasureOptions = {
    policies,
    ...(args.smp !== undefined ? { cpus: cpuCount(args.smp) } : {}),
    ...(args.memory !== undefined ? { memory: memorySize(args.memory) } : {}),
    ...(args.contexts !== undefined ? { contexts: small("--contexts", args.contexts, 1024) } : {}),
    ...(args.maxInstructions !== undefined ? { maxInstructions: parseCount("--max-instructions", args.maxInstructions) } : {}),
    ...(args.timeout !== undefined ? { timeout: parseSeconds("--timeout", args.timeout) } : {}),
    ...(args.tier !== undefined ? { tier: args.tier } : {}),
    onProgress: progress.show,
    serial: (bytes, policy) => {
      if (args.serial && policy === policies[0]) fs.writeSync(2, bytes);
    },
  };
  try {
    return await measureRoles(image, options);
  } catch (e) {
    if (e instanceof ImageError || e instanceof RangeError) throw new UsageError(e.message);
    throw e;
  } finally {
    progress.clear();
  }
}

async function ofProgram(args: RolesArguments, words: readonly string[], policies: readonly PolicyName[]): Promise<RolesReport> {
  for (const name of ["smp", "append", "initrd", "raw", "contexts", "serial"] as const) {
    if (args[name] !== undefined) throw new UsageError(`--${name} does not go with --user: it is about machines`);
  }
  const guest = { ...args, icount: true, maxInstructions: args.maxInstructions ?? String(DEFAULT_LIMIT) };
  const hosts: NodeHost[] = [];
  try {
    // Each run has its own standard streams; what the program writes goes to stderr, as stdout is the report's.
    return await measureProgramRoles(path.basename(words[0]!), (run) => {
      const { system, host } = guestSystem(guest, words, { notice: (line) => say(`lift86: ${line}`), stdoutToStderr: true, ...run });
      hosts.push(host);
      return system;
    }, policies);
  } catch (e) {
    if (e instanceof LaunchError) throw new UsageError(e.message);
    throw e;
  } finally {
    for (const h of hosts) h.restore();
  }
}

/** One line on a terminal that says how far it is; nothing elsewhere. */
function progressLine(): { show: (policy: string, instructions: number) => void; clear: () => void } {
  let last = 0, shown = false;
  return {
    show: (policy, instructions) => {
      const now = performance.now();
      if (!process.stderr.isTTY || now - last < PROGRESS_MS) return;
      last = now;
      shown = true;
      fs.writeSync(2, `\r\x1b[K${policy}: ${(instructions / 1e6).toFixed(1)} million instructions`);
    },
    clear: () => {
      if (shown) fs.writeSync(2, "\r\x1b[K");
    },
  };
}
