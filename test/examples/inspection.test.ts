import { expect, test } from "vitest";
import { command, ROOT } from "../support/cli.js";

// The examples of the library are run as their readers run them.
const EXPECTED: Readonly<Record<string, RegExp>> = {
  "translate.mjs": /^role direct, mode 32 flat cpl3, pc 0x1000\nblock 0x1000[^]*add eax, ecx\n {6}v\d+ = get\.i32 [^]*\d+ eax = eax \+ ecx \| 0;[^]*passes that changed it: [a-z-, ]*lower-flags[^]*source map of \d+ characters to 0x1000\.asm\n$/,
  "events.mjs": /longest 178\nexit status 0; filed under direct, 32 flat cpl3.*\n\{"translated":[1-9]\d+,"compiled":[1-9]\d*,"dropped":\{.*\}\}\n$/,
  "hottest.mjs": /mixed -?\d+\n(\S+ of \/(primes|libwork\.so): [1-9]\d+ instructions; blocks (\S+=\d+ ?)+\n){3}$/,
  "machine-code.mjs": /^begins at _start: mov esp, 0x90000; xor ebp, ebp; call 0x100085\nended: exit, 41\n(\S+ \(role (direct|level=2 pse), mode 32 flat nosse system.*, pc 0x10[0-9a-f]+\): \d+ instructions; [\d, ]+ executions of its blocks\n){3}$/,
  "role-policy.mjs": /^fixed: \d+ translations under direct, level=2 wp, level=2; 1001 changes of role\ncoarse: \d+ translations under direct, level=2; 1 changes of role\nthe guest saw a difference: WP belongs to the role\n$/,
  "profile.mjs": /longest 178\n(\d+\.\d % tier [01] \S+\n){3}[^]*tier 1: \d+\.\d %/,
};

test.each(Object.entries(EXPECTED))("%s", async (name, output) => {
  const r = await command(process.execPath, [`${ROOT}examples/${name}`]);
  expect(r.stderr).toBe("");
  expect(r.stdout).toMatch(output);
  expect(r.status).toBe(0);
});
