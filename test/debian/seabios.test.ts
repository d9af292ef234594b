import { join } from "node:path";
import { expect, test } from "vitest";
import { lift86, ROOT } from "../support/cli.js";

/** Debian's SeaBIOS (fetched by `node scripts/debian.js seabios`) instead of the machine's own ROM; it shows its screen on the serial line. */
const BIOS = join(ROOT, ".cache/debian/root/usr/share/seabios/bios-256k.bin");

test("boots a multiboot image", async () => {
  const r = await lift86(["boot", "--icount", "--bios", BIOS, "--append", "x", "samples/machine/hello.elf"]);
  expect(r).toMatchObject({ status: 1, stderr: "" });
  expect(r.stdout).toMatch(/SeaBIOS \(version .*Booting from ROM.*Hello from a machine!\ncommand line: hello.elf x\nmemory: 128 MiB\n$/s);
});

test("boots a boot sector, whose disk is ours and whose screen is the BIOS'", async () => {
  let done = false;
  const r = await lift86(["boot", "--bios", BIOS, "--smp", "2", "samples/machine/boot-sector.bin"], { onOutput: (text, kill) => {
    if (done || !text.includes("keys: ")) return;
    done = true;
    kill("SIGTERM");
  } });
  expect(r).toMatchObject({ status: 143, stderr: "" });
  expect(r.stdout).toMatch(/Hello from a boot sector!.*second sector.*base memory in KiB: 639\b/s);
});
