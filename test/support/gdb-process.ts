import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CLI, command, type Done, ROOT } from "./cli.js";

export interface DebugSessionResult {
  /** What gdb printed, both streams. */
  readonly gdb: string;
  readonly lift86: Done;
}

/** Run lift86 with these arguments (--gdb 0 among them) and Debian's gdb with these commands, connected to it. */
export async function debugSession(args: readonly string[], commands: readonly string[], before: readonly string[] = []): Promise<DebugSessionResult> {
  const child = spawn(process.execPath, [CLI, ...args], { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "", stderr = "";
  child.stdout.setEncoding("latin1").on("data", (t: string) => void (stdout += t));
  const port = new Promise<string>((resolve, reject) => {
    child.stderr.setEncoding("latin1").on("data", (t: string) => {
      stderr += t;
      const m = /waiting for a debugger on 127\.0\.0\.1:(\d+)/.exec(stderr);
      if (m) resolve(m[1]!);
    });
    child.on("close", () => reject(new Error(`lift86 ended before it listened: ${stderr}`)));
  });
  const ended = new Promise<number | string>((resolve) => child.on("close", (code, signal) => resolve(code ?? signal!)));
  const folder = mkdtempSync(join(tmpdir(), "lift86-gdb-"));
  try {
    const script = join(folder, "commands");
    // A command that fails ends a script: each goes on its own.
    writeFileSync(script, `set pagination off\nset confirm off\nset width 0\n`);
    const list = [...before, `target remote 127.0.0.1:${await port}`, ...commands].flatMap((c) => ["-ex", c]);
    const gdb = await command("gdb", ["-nx", "-q", "-batch", "-x", script, ...list]);
    return { gdb: gdb.stdout + gdb.stderr, lift86: { status: await ended, stdout, stderr } };
  } finally {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true });
  }
}
