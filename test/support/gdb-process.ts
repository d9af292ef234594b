import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CLI, command, type Done, ROOT } from "./cli.js";

export interface DebugSessionResult {
  /** What gdb printed, both streams. */
  readonly gdb: string;
  readonly lift86: Done;
}

/** A guest that waits for debuggers, and as many sessions of Debian's gdb with it as are wanted, one after the other. */
export class DebuggedGuest {
  private stdout = "";
  private stderr = "";
  private readonly child: ChildProcess;
  private readonly port: Promise<string>;
  /** It has ended. */
  readonly ended: Promise<Done>;

  /** `args` of lift86, --gdb 0 among them. */
  constructor(args: readonly string[]) {
    const child = (this.child = spawn(process.execPath, [CLI, ...args], { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] }));
    child.stdout!.setEncoding("latin1").on("data", (t: string) => void (this.stdout += t));
    this.port = new Promise<string>((resolve, reject) => {
      child.stderr!.setEncoding("latin1").on("data", (t: string) => {
        this.stderr += t;
        const m = /waiting for a debugger on 127\.0\.0\.1:(\d+)/.exec(this.stderr);
        if (m) resolve(m[1]!);
      });
      child.on("close", () => reject(new Error(`lift86 ended before it listened: ${this.stderr}`)));
    });
    this.ended = new Promise((resolve) => child.on("close", (code, signal) => resolve({ status: code ?? signal!, stdout: this.stdout, stderr: this.stderr })));
  }

  /** Let gdb connect and give it commands, some before it connects; a command that fails ends none of the others. */
  async gdb(commands: readonly string[], before: readonly string[] = []): Promise<string> {
    const folder = mkdtempSync(join(tmpdir(), "lift86-gdb-"));
    try {
      const script = join(folder, "commands");
      writeFileSync(script, `set pagination off\nset confirm off\nset width 0\n`);
      const list = [...before, `target remote 127.0.0.1:${await this.port}`, ...commands].flatMap((c) => ["-ex", c]);
      const gdb = await command("gdb", ["-nx", "-q", "-batch", "-x", script, ...list]);
      return gdb.stdout + gdb.stderr;
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  stop(): void {
    this.child.kill("SIGKILL");
  }
}

/** What makes gdb get a Ctrl-C while its next command runs. */
export const CTRL_C_SOON = "shell (sleep 1; kill -INT $PPID) &";

/** One session with a guest, to the guest's end. */
export async function debugSession(args: readonly string[], commands: readonly string[], before: readonly string[] = []): Promise<DebugSessionResult> {
  const guest = new DebuggedGuest(args);
  try {
    const gdb = await guest.gdb(commands, before);
    return { gdb, lift86: await guest.ended };
  } finally {
    guest.stop();
  }
}
