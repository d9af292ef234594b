import * as path from "node:path";
import { type BootImage, LEAST_MEMORY, type MachineOptions, type Module, MOST_CPUS, MOST_MEMORY, POLICIES, type Tier } from "../index.js";
import type { OptionSpec, OptionSpecs } from "./command-line.js";
import { UsageError } from "./errors.js";
import { readFile } from "./files.js";
import { parseAddress, parseCount, parseSeconds, parseSize } from "./values.js";

/** What to boot, and on how large a machine: options of every command that does. */
export const IMAGE_OPTIONS: OptionSpecs = {
  append: { type: "string", value: "TEXT", describe: "Command line of a multiboot image, behind its name" },
  initrd: { type: "array", value: "FILE", describe: "A module for a multiboot image: a file, and arguments behind it if need be. May be repeated" },
  raw: { type: "string", value: "ADDR[:ENTRY]", describe: "IMAGE is bytes for this address; begin there, or at ENTRY, in real mode" },
};

export interface ImageArguments {
  readonly append?: string;
  readonly initrd?: readonly string[];
  readonly raw?: string;
}

/** Options that make a machine, of commands that run one. */
export interface MachineArguments extends ImageArguments {
  readonly memory?: string;
  readonly smp?: string;
  readonly bios?: string;
  readonly icount?: boolean;
  readonly maxInstructions?: string;
  readonly timeout?: string;
  readonly tier?: Tier;
  readonly policy?: keyof typeof POLICIES;
}

export const SMP_OPTION: OptionSpec = { type: "string", value: "N", describe: `Number of processors, up to ${MOST_CPUS} (default: 1)` };
export const BIOS_OPTION: OptionSpec = { type: "string", value: "FILE", describe: "A PC BIOS, such as SeaBIOS, instead of the machine's own ROM" };

const PAGE = 4096;

/** The image with what goes with it. */
export function bootImage(file: string, args: ImageArguments): BootImage {
  return {
    name: path.basename(file),
    bytes: readFile(file),
    ...(args.append === undefined ? {} : { append: args.append }),
    ...(args.initrd === undefined ? {} : { modules: args.initrd.map(module) }),
    ...(args.raw === undefined ? {} : { raw: parseRaw(args.raw) }),
  };
}

export function machineOptions(args: MachineArguments, file: string): MachineOptions {
  return {
    image: bootImage(file, args),
    ...(args.memory === undefined ? {} : { memory: memorySize(args.memory) }),
    ...(args.smp === undefined ? {} : { cpus: cpuCount(args.smp) }),
    ...(args.bios === undefined ? {} : { bios: readFile(args.bios, "--bios ") }),
    ...(args.maxInstructions === undefined ? {} : { maxInstructions: parseCount("--max-instructions", args.maxInstructions) }),
    ...(args.timeout === undefined ? {} : { timeout: parseSeconds("--timeout", args.timeout) }),
    ...(args.tier === undefined ? {} : { tier: args.tier }),
    ...(args.policy === undefined ? {} : { policy: POLICIES[args.policy] }),
    icount: args.icount ?? false,
  };
}

function parseRaw(text: string): { address: number; entry?: number } {
  const [address, entry, ...more] = text.split(":");
  if (more.length > 0) throw new UsageError(`--raw ${text}: write ADDRESS or ADDRESS:ENTRY, as in 0x10000:0x10200`);
  return { address: parseAddress("--raw", address!), ...(entry === undefined ? {} : { entry: parseAddress("--raw", entry) }) };
}

function module(text: string): Module {
  const file = text.split(" ", 1)[0]!;
  return { bytes: readFile(file, "--initrd "), text };
}

export function memorySize(text: string): number {
  const size = parseSize("--memory", text);
  if (size < LEAST_MEMORY || size > MOST_MEMORY) throw new UsageError(`--memory ${text}: from 1M to 3G`);
  return size - (size % PAGE);
}

export function cpuCount(text: string): number {
  const n = parseCount("--smp", text);
  if (n > MOST_CPUS) throw new UsageError(`--smp ${text}: at most ${MOST_CPUS} processors`);
  return n;
}
