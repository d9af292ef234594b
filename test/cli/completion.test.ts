import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CLI, command, lift86 } from "../support/cli.js";
import { type Keys, onTerminal } from "../support/terminal.js";

let folder: string;
let env: NodeJS.ProcessEnv;
beforeAll(() => {
  // the scripts call `lift86`
  folder = mkdtempSync(join(tmpdir(), "lift86-"));
  writeFileSync(join(folder, "lift86"), `#!/bin/sh\nexec '${process.execPath}' '${CLI}' "$@"\n`);
  chmodSync(join(folder, "lift86"), 0o755);
  env = { ...process.env, PATH: `${folder}:${process.env["PATH"]}` };
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const has = (shell: string): boolean => spawnSync(shell, ["-c", "exit 0"]).status === 0;

describe("bash", () => {
  async function completed(words: readonly string[]): Promise<string[]> {
    const line = words.map((w) => `'${w}'`).join(" ");
    const script = `source <(lift86 completion bash); COMP_WORDS=(${line}); COMP_CWORD=${words.length - 1}; _lift86_yargs_completions; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const r = await command("bash", ["-c", script], { env });
    expect(r.stderr).toBe("");
    return r.stdout.trim().split("\n");
  }

  test.skipIf(!has("bash"))("commands", async () => {
    expect(await completed(["lift86", ""])).toEqual(expect.arrayContaining(["run", "boot", "dump", "roles", "completion"]));
    expect(await completed(["lift86", "du"])).toEqual(["dump"]);
  });

  test.skipIf(!has("bash"))("options of a command", async () => {
    expect(await completed(["lift86", "dump", "--fo"])).toEqual(["--format"]);
    expect(await completed(["lift86", "run", "--ins"])).toEqual(expect.arrayContaining(["--inspect", "--inspect-brk"]));
  });
});

describe("zsh", () => {
  test.skipIf(!has("zsh"))("takes the script and asks lift86", async () => {
    const script = `
      autoload -U compinit && compinit -u -d ${folder}/dump
      source <(lift86 completion zsh)
      function _describe() { print -l -- "\${(@)reply}"; }
      words=(lift86 ru); CURRENT=2; BUFFER="lift86 ru"
      _lift86_yargs_completions`;
    const r = await command("zsh", ["-f", "-c", script], { env });
    expect(r.stderr).toBe("");
    expect(r.stdout).toMatch(/^run(:.*)?$/m);
  });
});

describe("typed on a terminal", () => {
  const TAB = "\t", CLEAR = "\x15", ENTER = "\n";
  /** What completes the line that was typed before; zsh writes only what is new on it. */
  const DUMP = /du(lift86 )?mp|lift86 dump/, FORMAT = /--fo *rmat|--format/, TIERS = /auto +interp +jit/, SAMPLES = /samples\//;
  const keys: readonly Keys[] = [
    [/> /, `lift86 du${TAB}`], [DUMP, `${CLEAR}lift86 dump --fo${TAB}`], [FORMAT, `${CLEAR}lift86 run --tier ${TAB}${TAB}`], [TIERS, `${CLEAR}lift86 run sam${TAB}`], [SAMPLES, `${CLEAR}exit${ENTER}`],
  ];

  /** Whether a shell completes these: the next line is typed when it has. */
  async function typed(shell: readonly string[], more: NodeJS.ProcessEnv = {}): Promise<void> {
    const { status, chunks } = await onTerminal(shell, keys, 0.5, { env: { ...env, ...more } });
    expect(chunks.at(-1)).not.toContain("<timeout>");
    expect(chunks).toHaveLength(keys.length + 1);
    expect(status).toBe(0);
  }

  test.skipIf(!has("bash"))("bash", async () => {
    writeFileSync(join(folder, "bashrc"), 'PS1="> "\nsource <(lift86 completion bash)\n');
    await typed(["bash", "--rcfile", join(folder, "bashrc"), "-i"]);
  });

  test.skipIf(!has("zsh"))("zsh", async () => {
    writeFileSync(join(folder, ".zshrc"), 'PS1="> "\nautoload -U compinit && compinit -u -D\nsource <(lift86 completion zsh)\n');
    await typed(["zsh", "-i"], { ZDOTDIR: folder });
  });
});

test("which shell must be said", async () => {
  expect(await lift86(["completion"])).toEqual({ status: 2, stdout: "", stderr: "lift86: completion: bash or zsh? lift86 completion bash\n" });
});
