import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
export const CLI = `${ROOT}dist/cli.js`;

export interface Done {
  /** Exit status, or the signal's name. */
  readonly status: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly input?: string | Uint8Array;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Called with all of standard output so far. */
  readonly onOutput?: (text: string, kill: (signal: NodeJS.Signals) => void) => void;
}

/** Run a command to its end; bytes of its output as Latin-1. */
export function command(file: string, args: readonly string[], o: CliOptions = {}): Promise<Done> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd: o.cwd ?? ROOT, env: o.env ?? process.env, stdio: ["pipe", "pipe", "pipe"] });
    let stdout = "", stderr = "";
    child.stdout.setEncoding("latin1").on("data", (text: string) => {
      stdout += text;
      o.onOutput?.(stdout, (signal) => void child.kill(signal));
    });
    child.stderr.setEncoding("latin1").on("data", (text: string) => void (stderr += text));
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ status: code ?? signal!, stdout, stderr }));
    child.stdin.on("error", () => undefined);
    child.stdin.end(o.input ?? "");
  });
}

/** dist/cli.js, as `npm test` has built it. */
export const lift86 = (args: readonly string[], o?: CliOptions): Promise<Done> => command(process.execPath, [CLI, ...args], o);
