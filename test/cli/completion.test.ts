import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CLI, command, lift86 } from "../support/cli.js";

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

test("which shell must be said", async () => {
  expect(await lift86(["completion"])).toEqual({ status: 2, stdout: "", stderr: "lift86: completion: bash or zsh? lift86 completion bash\n" });
});

describe("--help of every command", () => {
  test.each(["run", "boot", "dump", "roles", "completion"])("%s has a usage line and examples, and every option says what it does", async (name) => {
    const r = await lift86([name, "--help"]);
    expect(r).toMatchObject({ status: 0, stderr: "" });
    expect(r.stdout).toMatch(new RegExp(`^lift86 ${name}`));
    expect(r.stdout).toMatch(/\nExamples:\n/);
    const options = /\nOptions:\n([^]*?)\n\n/.exec(r.stdout)?.[1] ?? "";
    for (const line of options.split("\n").filter((l) => /^ +(-\w, )?--/.test(l))) expect(line).toMatch(/--[a-z-]+ {2,}\S+/);
    const text = Buffer.from(r.stdout, "latin1").toString("utf8");
    expect(Math.max(...text.split("\n").map((l) => l.length))).toBeLessThanOrEqual(100);
  });
});
