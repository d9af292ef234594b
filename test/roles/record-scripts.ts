/** Record what QEMU makes of the scripts: `npx esbuild --bundle --platform=node --format=esm test/roles/record-scripts.ts | node --input-type=module` in the project's folder. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { randomScript } from "./scripts.js";

const SCRIPTS = 32;
const folder = mkdtempSync(join(tmpdir(), "lift86-"));
const file = join(folder, "script");
const outputs: string[] = [];
for (let seed = 1; seed <= SCRIPTS; seed++) {
  writeFileSync(file, randomScript(seed));
  let out = "";
  try {
    out = execFileSync("qemu-system-i386", ["-cpu", "max", "-smp", "2", "-m", "64", "-display", "none", "-device", "isa-debug-exit,iobase=0xf4,iosize=4", "-serial", "stdio",
      "-kernel", "test/roles/guest/script.elf", "-initrd", file], { encoding: "latin1", timeout: 20_000 });
  } catch (e) {
    const failed = e as { status: number | null; stdout: string };
    if (failed.status !== 1) throw e; // (0 << 1) | 1 is how the guest ends
    out = failed.stdout;
  }
  outputs.push(out.replaceAll("\r", "").replaceAll(/ +/g, " ").trim().replaceAll("\n", ", "));
}
rmSync(folder, { recursive: true });
writeFileSync("test/roles/guest/recorded.json", `${JSON.stringify(outputs, null, 1)}\n`);
