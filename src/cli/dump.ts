import * as fs from "node:fs";
import { bytesAsCode, ElfError, GuestFault, Mode, modeName, parseElf, type Syntax, translate, type Translated, USER32 } from "../index.js";
import { type OptionSpecs } from "./command-line.js";
import { hostReason, UsageError } from "./errors.js";
import { parseAddress, parseHex } from "./values.js";

export const DUMP_OPTIONS: OptionSpecs = {
  hex: { type: "string", value: '"90 c3"', describe: "Translate these bytes instead of a program's" },
  at: { type: "string", value: "ADDRESS", describe: "Where to begin (default: the program's entry point; with --hex the base)" },
  base: { type: "string", value: "ADDRESS", describe: "Address of the first byte of --hex (default: 0x1000)" },
  mode: { type: "string", choices: ["16", "32"], describe: "Code size of --hex in bits (default: 32)" },
  syntax: { type: "string", choices: ["intel", "att"], describe: "Assembly syntax (default: intel)" },
};

export interface DumpArguments {
  readonly hex?: string;
  readonly at?: string;
  readonly base?: string;
  readonly mode?: "16" | "32";
  readonly syntax?: Syntax;
}

const DEFAULT_BASE = 0x1000;
/** Highest address that an image of a program may reach. */
const ADDRESS_LIMIT = 0xffff0000;

const hex = (x: number): string => `0x${(x >>> 0).toString(16)}`;

interface Code {
  readonly bytes: Uint8Array;
  readonly base: number;
  readonly at: number;
}

function codeOfProgram(file: string, at: string | undefined): Code {
  let bytes: Uint8Array;
  try {
    bytes = fs.readFileSync(file);
  } catch (e) {
    throw new UsageError(`${file}: ${hostReason(e)}`);
  }
  try {
    const image = parseElf({ size: bytes.length, read: (p, n) => bytes.slice(Math.min(p, bytes.length), Math.min(p + n, bytes.length)) }, ADDRESS_LIMIT);
    const pc = at === undefined ? image.entry : parseAddress("--at", at);
    const s = image.segments.find((x) => pc >= x.vaddr && pc < x.vaddr + x.filesz);
    if (!s) throw new UsageError(`${file}: address ${hex(pc)} is in no segment of the file; its entry point is ${hex(image.entry)}`);
    if (!(s.flags & 1)) throw new UsageError(`${file}: address ${hex(pc)} is in a segment that is not executable`);
    return { bytes: bytes.subarray(s.offset, s.offset + s.filesz), base: s.vaddr, at: pc };
  } catch (e) {
    if (e instanceof ElfError) throw new UsageError(`${file}: ${e.message}`);
    throw e;
  }
}

function codeOfHex(args: DumpArguments): Code {
  const bytes = parseHex("--hex", args.hex!);
  const base = args.base === undefined ? DEFAULT_BASE : parseAddress("--base", args.base);
  const at = args.at === undefined ? base : parseAddress("--at", args.at);
  if (at < base || at >= base + bytes.length) throw new UsageError(`--at ${hex(at)}: outside the ${bytes.length} bytes at ${hex(base)}`);
  return { bytes, base, at };
}

function render(t: Translated): string {
  const out: string[] = [`region ${hex(t.pc)}, mode ${modeName(t.mode)}, ${t.blocks.length} block${t.blocks.length === 1 ? "" : "s"}`];
  const section = (name: string, text: string): void => {
    out.push("", `--- ${name}`, text.trimEnd());
  };
  for (const b of t.blocks) {
    out.push("", `block ${hex(b.pc)}, ${b.size} bytes`);
    section("assembly", b.asm.map((i) => {
      const bytes = Array.from(i.bytes, (x) => x.toString(16).padStart(2, "0")).join(" ");
      return `${hex(i.pc).padEnd(11)} ${bytes.padEnd(24)} ${i.text}`;
    }).join("\n"));
    section("ir", b.ir);
    section("optimised ir", b.opt);
  }
  section("javascript", t.js);
  return `${out.join("\n")}\n`;
}

/** `lift86 dump`: returns the exit code. */
export function dump(args: DumpArguments, program: string | undefined): number {
  if ((args.hex === undefined) === (program === undefined)) throw new UsageError("dump: give either a PROGRAM or --hex BYTES");
  if (program !== undefined && (args.base !== undefined || args.mode !== undefined)) throw new UsageError("dump: --base and --mode belong to --hex");
  const { bytes, base, at } = program === undefined ? codeOfHex(args) : codeOfProgram(program, args.at);
  const mode = args.mode === "16" ? USER32 & ~(Mode.CODE32 | Mode.STACK32) : USER32;
  try {
    const text = render(translate(bytesAsCode(bytes, base), at | 0, { mode, syntax: args.syntax ?? "intel" }));
    fs.writeSync(1, text);
  } catch (e) {
    if (e instanceof GuestFault) throw new UsageError(`${hex(at)}: no instruction can be fetched there`);
    throw e;
  }
  return 0;
}
