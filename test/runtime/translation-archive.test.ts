import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { LinuxSystem } from "../../src/runtime/linux/system.js";
import { TranslationArchive } from "../../src/runtime/translation-archive.js";
import { TestFiles } from "../support/linux-files.js";
import { tinyElf } from "../support/tiny-elf.js";

const samples = new URL("../../samples/", import.meta.url);

interface Outcome {
  text: string;
  status: number;
  /** Bytes of JavaScript that were made in this run. */
  compiled: number;
  interpreted: number;
  kept: Uint8Array | null;
}

async function runWith(name: string, program: Uint8Array, translations: Uint8Array | undefined, more: object = {}): Promise<Outcome> {
  const files = new TestFiles({ [`/${name}`]: program });
  const system = new LinuxSystem({ program: `/${name}`, args: [name], env: [], cwd: "/", files, timeout: 60_000, ...(translations ? { translations } : {}), ...more });
  const { status } = await system.run();
  const { run } = system.stats();
  return { text: files.text, status, compiled: run.bytes, interpreted: run.interp, kept: system.translations() };
}

/** mov ecx, 5000; mov eax, START; again: add eax, STEP; dec ecx; jnz again; movzx ebx, al; mov eax, 1; int 0x80 */
function summing(start: number, step: number): Uint8Array {
  return tinyElf([0xb9, 0x88, 0x13, 0, 0, 0xb8, start, 0, 0, 0, 0x83, 0xc0, step, 0x49, 0x75, 0xfa, 0x0f, 0xb6, 0xd8, 0xb8, 1, 0, 0, 0, 0xcd, 0x80]);
}

describe("translations of an earlier run", () => {
  it.each(["linux/threads", "linux/signals"])("%s: the same output, nothing lifted or compiled twice", async (path) => {
    const program = readFileSync(new URL(path, samples)), expected = readFileSync(new URL(`${path}.expected`, samples), "latin1"), name = path.split("/").at(-1)!;
    const first = await runWith(name, program, new Uint8Array());
    expect(first.text).toBe(expected);
    expect(first.compiled).toBeGreaterThan(0);
    let kept = first.kept!;
    // What is hot in the second run may be other code than in the first.
    for (let run = 0; run < 2; run++) {
      const later = await runWith(name, program, kept);
      expect(later).toMatchObject({ text: expected, status: first.status });
      expect(later.compiled).toBeLessThan(first.compiled / 2);
      expect(later.interpreted).toBeLessThan(first.interpreted);
      kept = later.kept ?? kept;
    }
  });

  it("are not asked for unless told", async () => {
    expect((await runWith("p", summing(1, 3), undefined)).kept).toBeNull();
    expect((await runWith("p", summing(1, 3), new Uint8Array())).kept).not.toBeNull();
  });

  it("are used where memory holds the very bytes, and stay for those who have them", async () => {
    const a = summing(1, 3), b = summing(1, 5);
    const first = await runWith("p", a, new Uint8Array());
    expect(first.status).toBe((1 + 5000 * 3) & 255);
    // The same addresses, another program.
    const other = await runWith("p", b, first.kept!);
    expect(other).toMatchObject({ status: (1 + 5000 * 5) & 255 });
    expect(other.compiled).toBeGreaterThan(0);
    for (const [program, status] of [[a, first.status], [b, other.status]] as const) {
      const again = await runWith("p", program, other.kept!);
      expect(again).toMatchObject({ status, compiled: 0, kept: null });
      expect(again.interpreted).toBeLessThan(100);
    }
  });

  it("are of no use to another build, and broken ones are noticed", async () => {
    const { kept } = await runWith("p", summing(1, 3), new Uint8Array());
    const build = new TextDecoder().decode(kept!).match(/"build":"([^"]*)"/)![1]!;
    expect(TranslationArchive.read(kept!, build)!.left).toMatchObject({ regions: 1 });
    expect(TranslationArchive.read(kept!, `${build}x`)).toBeNull();
    expect(TranslationArchive.read(new Uint8Array(), build)).toBeNull();
    for (let at = 0; at < kept!.length; at += 1 + (at >> 4)) {
      const broken = kept!.slice();
      broken[at]! ^= 0x41;
      expect(TranslationArchive.read(broken, build)).toBeNull();
      expect(TranslationArchive.read(kept!.slice(0, at), build)).toBeNull();
    }
    // At an odd place in a larger buffer.
    const moved = new Uint8Array(kept!.length + 1);
    moved.set(kept!, 1);
    expect(TranslationArchive.read(moved.subarray(1), build)!.left).toMatchObject({ regions: 1 });
    const broken = await runWith("p", summing(1, 3), kept!.slice(0, 100));
    expect(broken.compiled).toBeGreaterThan(0);
  });

  it("are not for code that is looked into, nor for runs that are all alike", async () => {
    const { kept } = await runWith("p", summing(1, 3), new Uint8Array());
    const watched = await runWith("p", summing(1, 3), kept!, { inspection: { entries: { enter() {}, includes: () => true } } });
    expect(watched.compiled).toBeGreaterThan(0);
    expect(watched.kept).toBeNull();
    await expect(runWith("p", summing(1, 3), kept!, { icount: true })).rejects.toThrow("translations: not with icount");
  });
});
