import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Inspection, LinuxSystem, modeName, TimeSplit } from "../../../src/index.js";
import { nodeHost } from "../../../src/node.js";
import { tinyElf } from "../../support/tiny-elf.js";

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), "lift86-"))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function run(code: readonly number[], inspection: Inspection, threshold = 10): Promise<number> {
  writeFileSync(join(folder, "guest"), tinyElf(code), { mode: 0o755 });
  const host = nodeHost(folder);
  const system = new LinuxSystem({ program: "/guest", args: ["guest"], env: [], cwd: "/", files: host.files, uid: host.uid, gid: host.gid, inspection, threshold, icount: true });
  const { status } = await system.run();
  host.restore();
  return status;
}

const EXIT = [0xb8, 1, 0, 0, 0, 0x31, 0xdb, 0xcd, 0x80];

describe("events of translation", () => {
  test("blocks translated, regions compiled, and what a store into code drops, in this order", async () => {
    const events: string[] = [];
    const inspection: Inspection = {
      observe: (_source, role) => ({
        translated: (t) => void events.push(`translated ${t.pc.toString(16)} role ${role} ${modeName(t.mode)}`),
        compiled: (t) => void events.push(`compiled ${t.pc.toString(16)}`),
        dropped: (t, why) => void events.push(`${why} ${t.pc.toString(16)}`),
      }),
    };
    // mov ecx, 200; loop: mov eax, N; dec ecx; jnz loop; then change N once and go round again
    const code = [
      0xb9, 200, 0, 0, 0, // 10054
      0xb8, 0, 0, 0, 0, // 10059: mov eax, N
      0x49, 0x75, 0xf8, // 1005e: dec ecx; jnz 10059
      0x80, 0x3d, 0x5a, 0, 1, 0, 0, // 10061: cmp byte [N], 0
      0x75, 0x08, // 10068: jne exit
      0xfe, 0x05, 0x5a, 0, 1, 0, // 1006a: inc byte [N]
      0xeb, 0xe2, // 10070: jmp 10054
      ...EXIT,
    ];
    expect(await run(code, inspection)).toBe(0);
    expect(events[0]).toMatch(/^translated 10054 role 1 32 flat cpl3/);
    const compiled = events.indexOf("compiled 10059"), dropped = events.indexOf("invalidated 10059");
    expect(compiled).toBeGreaterThan(0);
    expect(dropped).toBeGreaterThan(compiled);
    expect(events.findIndex((e, k) => k > dropped && e.startsWith("translated 10059 "))).toBeGreaterThan(dropped);
  });

  test("the times of a run are parts of it", async () => {
    const times = new TimeSplit();
    const started = performance.now();
    expect(await run([0xb9, 0, 0, 0x10, 0, 0x49, 0x75, 0xfd, ...EXIT], { times })).toBe(0);
    const took = performance.now() - started;
    expect(times.compiled).toBeGreaterThan(0);
    expect(times.compiling).toBeGreaterThan(0);
    expect(times.lifting).toBeGreaterThan(0);
    expect(times.running).toBeGreaterThanOrEqual(times.compiled + times.compiling + times.lifting);
    expect(times.running + times.systemCalls).toBeLessThanOrEqual(took);
  });
});
