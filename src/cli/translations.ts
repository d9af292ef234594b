import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import type { LinuxSystem } from "../index.js";
import type { OptionSpecs } from "./command-line.js";
import { hostReason, UsageError } from "./errors.js";

export const TRANSLATIONS_OPTION: OptionSpecs[string] = {
  type: "string", value: "DIR", describe: "Keep translations in the folder DIR, so that later runs of the same program start with them; without effect where code is looked into",
};

/** What of a run's options matters here. */
interface Guest {
  readonly translations?: string;
  readonly root?: string;
  readonly overlay?: string;
  readonly icount?: boolean;
}

/** Others than its owner may write to it. */
const WRITABLE_BY_OTHERS = 0o022;

/** Translations of a program on disk: a file for each program in each root. */
export class KeptTranslations {
  private readonly file: string;
  /** For LinuxOptions; empty where there are none yet. */
  readonly bytes: Uint8Array;

  /** Null: they are not asked for. Throws UsageError. */
  static open(args: Guest, program: string, say: (line: string) => void): KeptTranslations | null {
    return args.translations === undefined ? null : new KeptTranslations(args.translations, args, program, say);
  }

  private constructor(private readonly folder: string, args: Guest, program: string, private readonly say: (line: string) => void) {
    if (args.icount) throw new UsageError("--translations: with --icount every run is alike, which it is not once it has translations to begin with");
    // Under an overlay the root stays as it is.
    const [option, writable] = args.overlay === undefined ? ["--root", args.root] : ["--overlay", args.overlay === "memory" ? undefined : args.overlay];
    if (writable !== undefined && isWithin(folder, writable)) throw new UsageError(`--translations ${folder}: lies in ${option} ${writable}, where the guest could change it; choose a folder outside`);
    try {
      fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
      fs.accessSync(folder, fs.constants.R_OK | fs.constants.W_OK | fs.constants.X_OK);
    } catch (e) {
      throw new UsageError(`--translations ${folder}: ${hostReason(e)}`);
    }
    const root = args.root === undefined ? "" : real(args.root);
    const where = args.root === undefined ? real(program) : program;
    const id = createHash("sha256").update(`${root}\0${where}`).digest("hex").slice(0, 16);
    this.file = path.join(folder, `${path.basename(program).replace(/[^\w.-]/g, "_")}-${id}.l86`);
    this.bytes = this.read();
  }

  private read(): Uint8Array {
    let fd: number;
    try {
      fd = fs.openSync(this.file, "r");
    } catch {
      return new Uint8Array();
    }
    try {
      // It is code that will run.
      const { uid, mode } = fs.fstatSync(fd);
      if (process.getuid && (uid !== process.getuid() || mode & WRITABLE_BY_OTHERS)) {
        this.say(`lift86: --translations: ${this.file} is not used, as others could have changed it; remove it`);
        return new Uint8Array();
      }
      return fs.readFileSync(fd);
    } catch {
      return new Uint8Array();
    } finally {
      fs.closeSync(fd);
    }
  }

  /** Keep what a run has added. */
  save(system: LinuxSystem): void {
    const bytes = system.translations();
    if (bytes === null) return;
    const temporary = `${this.file}.${process.pid}`;
    try {
      fs.writeFileSync(temporary, bytes, { mode: 0o600, flag: "wx" });
      fs.renameSync(temporary, this.file);
    } catch (e) {
      fs.rmSync(temporary, { force: true });
      this.say(`lift86: --translations ${this.folder}: nothing is kept: ${hostReason(e)}`);
    }
  }
}

/** A path without symbolic links, as far as it exists. */
function real(file: string): string {
  try {
    return fs.realpathSync(file);
  } catch {
    const whole = path.resolve(file), above = path.dirname(whole);
    return above === whole ? whole : path.join(real(above), path.basename(whole));
  }
}

/** Whether a folder is another one or somewhere below it. The whole host as the guest's root (`--root /`) has it, too. */
function isWithin(folder: string, other: string): boolean {
  const relative = path.relative(real(other), real(folder));
  return relative === "" || (!relative.startsWith(`..${path.sep}`) && relative !== ".." && !path.isAbsolute(relative));
}
