import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type BootImage, measureRoles, type PolicyName, type PolicyReport, type Tier } from "../../src/index.js";
import { randomScript } from "./scripts.js";

// Random changes of CR0, CR4, EFER, CR3 and page-table entries, INVLPG, INIT and SIPI, with memory accesses between them (guest/script.S): what the guest sees is what
// QEMU 7.2's translator shows it, under every policy and on both tiers. record-scripts.ts recorded that.

const POLICIES: readonly PolicyName[] = ["fixed", "stale", "flush", "skip"];
const guest = new URL("guest/", import.meta.url);
const bytes = readFileSync(new URL("script.elf", guest));
const recorded = JSON.parse(readFileSync(new URL("recorded.json", guest), "utf8")) as string[];

function image(seed: number): BootImage {
  return { name: "script.elf", bytes, modules: [{ bytes: randomScript(seed), text: "script" }] };
}

async function run(seed: number, tier: Tier, policies: readonly PolicyName[]): Promise<{ reports: Map<string, PolicyReport>; serial: Map<string, string>; sameTrace: boolean }> {
  const serial = new Map<string, string>();
  const report = await measureRoles(image(seed), {
    tier, policies, memory: 32 << 20, maxInstructions: 5e6,
    serial: (b, policy) => void serial.set(policy, (serial.get(policy) ?? "") + Buffer.from(b).toString("latin1")),
  });
  for (const [policy, text] of serial) serial.set(policy, text.replaceAll(/ +/g, " ").trim().replaceAll("\n", ", "));
  return { reports: new Map(report.policies.map((p) => [p.policy, p])), serial, sameTrace: report.sameTrace };
}

describe("random changes of roles", () => {
  it.each(recorded.slice(0, 24).map((expected, i) => [i + 1, expected] as const))("script %i: what QEMU shows, under every policy", async (seed, expected) => {
    const { reports, serial, sameTrace } = await run(seed, "interp", POLICIES);
    for (const p of POLICIES) expect(serial.get(p), p).toBe(expected);
    expect(sameTrace).toBe(true);
    const fixed = reports.get("fixed")!;
    expect(fixed.misses.spuriousRole).toBe(0);
    for (const p of reports.values()) {
      expect(fixed.translations, p.policy).toBeLessThanOrEqual(p.translations);
      if (p.policy !== "skip") expect(p.roleMismatches, p.policy).toBe(0);
    }
  });

  it.each(recorded.slice(-8).map((expected, i) => [recorded.length - 7 + i, expected] as const))("script %i, compiled at once", async (seed, expected) => {
    const { serial, sameTrace } = await run(seed, "jit", ["fixed", "stale"]);
    expect(serial.get("fixed")).toBe(expected);
    expect(serial.get("stale")).toBe(expected);
    expect(sameTrace).toBe(true);
  });
});
