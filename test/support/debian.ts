import { createHash } from "node:crypto";
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CLI, command, type Done, ROOT } from "./cli.js";

/**
 * Debian's i386 packages, as `node scripts/debian.js` has unpacked them, natively and under lift86: in the same root and the same working directory,
 * one after the other. Natively the root is entered by chroot in a mount namespace of its own, with the host's /dev and /proc.
 */

export const DEBIAN = join(ROOT, ".cache/debian/root");
export const SCRIPTS = join(ROOT, "test/debian/scripts");

export interface Outcome extends Done {
  /** Files of the working directory afterwards: type, mode, content's digest or target by path. */
  readonly files: Readonly<Record<string, string>>;
}

export interface Pair {
  readonly native: Outcome;
  readonly guest: Outcome;
  /** Milliseconds. */
  readonly took: { readonly native: number; readonly guest: number };
}

export interface PairOptions {
  readonly input?: string;
  /** Options for lift86. */
  readonly options?: readonly string[];
}

const ENVIRONMENT = ["PATH=/usr/bin:/bin:/usr/sbin", "HOME=/", "LC_ALL=C", "TZ=UTC", "TERM=dumb"];

function tree(folder: string, prefix = ""): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name), s = lstatSync(path);
    const mode = (s.mode & 0o7777).toString(8);
    if (s.isSymbolicLink()) found[prefix + name] = `link ${readlinkSync(path)}`;
    else if (s.isDirectory()) Object.assign(found, { [prefix + name]: `directory ${mode}` }, tree(path, `${prefix}${name}/`));
    else found[prefix + name] = s.isFile() ? `file ${mode} ${createHash("sha1").update(readFileSync(path)).digest("hex")}` : "special";
  }
  return found;
}

/** A working directory of the root's, for one test file: tests of different files run at the same time. */
export class DebianWork {
  readonly folder: string;

  constructor(
    readonly name: string,
    /** Content of the working directory at the start of each run. */
    private readonly seed: Readonly<Record<string, string>> = {},
  ) {
    this.folder = join(DEBIAN, name);
  }

  private fresh(): void {
    rmSync(this.folder, { recursive: true, force: true });
    mkdirSync(this.folder, { recursive: true });
    for (const [path, content] of Object.entries(this.seed)) {
      mkdirSync(join(this.folder, path, ".."), { recursive: true });
      writeFileSync(join(this.folder, path), content);
    }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async outcome(run: () => Promise<Done>): Promise<[Outcome, number]> {
    this.fresh();
    const started = performance.now();
    const done = await run();
    const took = performance.now() - started;
    return [{ ...done, files: tree(this.folder) }, took];
  }

  natively(argv: readonly string[], o: PairOptions = {}): Promise<[Outcome, number]> {
    const enter = 'mount --rbind /dev "$0/dev" && mount --rbind /proc "$0/proc" && exec chroot "$0" /usr/bin/env -i -C "$@"';
    const user = process.getuid?.() === 0 ? [] : ["-r"];
    return this.outcome(() => command("unshare", [...user, "-m", "sh", "-c", enter, DEBIAN, `/${this.name}`, ...ENVIRONMENT, ...argv],
      o.input === undefined ? {} : { input: o.input }));
  }

  translated(argv: readonly string[], o: PairOptions = {}): Promise<[Outcome, number]> {
    const env = ENVIRONMENT.flatMap((e) => ["--env", e]);
    return this.outcome(() => command(process.execPath, [CLI, "run", ...(o.options ?? []), "--root", DEBIAN, "--cwd", `/${this.name}`, ...env, ...argv],
      o.input === undefined ? {} : { input: o.input }));
  }

  async both(argv: readonly string[], o: PairOptions = {}): Promise<Pair> {
    const [native, fast] = await this.natively(argv, o);
    const [guest, slow] = await this.translated(argv, o);
    return { native, guest, took: { native: fast, guest: slow } };
  }
}

/** A script of test/debian/scripts. */
export function script(name: string): string {
  const path = join(SCRIPTS, name);
  if (!existsSync(path)) throw new Error(`${path} is missing`);
  return readFileSync(path, "utf8");
}
