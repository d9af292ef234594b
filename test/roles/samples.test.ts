import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { measureRoles, type PolicyName, type PolicyReport, type RolesReport, type Tier } from "../../src/index.js";

/** Rounds that they go by themselves. */
const ROUNDS: Readonly<Record<string, number>> = { thunk: 100_000, "wp-toggle": 100_000, "init-sipi": 1000, preempt: 40 };
const SAMPLES = ["init-sipi", "nx-unpaged", "wp-unpaged", "cr4-unpaged", "thunk", "wp-toggle", "cr3-switch", "pge-toggle", "preempt"];
/** Fewer rounds than their own, where `flush` would take long. */
const FEWER: Readonly<Record<string, number>> = { thunk: 500, "wp-toggle": 500, "init-sipi": 200 };

const folder = new URL("../../samples/roles/", import.meta.url);

async function measure(name: string, tier: Tier, policies: readonly PolicyName[], rounds?: number): Promise<{ report: RolesReport; serial: Record<string, string> }> {
  const serial: Record<string, string> = {};
  const report = await measureRoles({ name: `${name}.elf`, bytes: readFileSync(new URL(`${name}.elf`, folder)), ...(rounds === undefined ? {} : { append: String(rounds) }) }, {
    tier, policies, serial: (bytes, policy) => void (serial[policy] = (serial[policy] ?? "") + Buffer.from(bytes).toString("latin1")),
  });
  return { report, serial };
}

/** What does not depend on the host's speed. */
function counters(r: RolesReport): object {
  return Object.fromEntries(r.policies.map(({ policy, wallMs: _, timeline: _t, samples: _s, roles, ...rest }) => [
    policy, { ...rest, roles: Object.fromEntries(roles.map((x) => [x.name, { blocks: x.blocks, hits: x.hits }])) },
  ]));
}

function of(r: RolesReport, policy: string): PolicyReport {
  return r.policies.find((p) => p.policy === policy)!;
}

function sound(p: PolicyReport): void {
  const { cold, evicted, invalidated, spuriousRole } = p.misses;
  expect(p.lookups - p.hits, p.policy).toBe(cold + evicted + invalidated + spuriousRole);
  expect(p.roles.reduce((n, r) => n + r.hits, 0)).toBe(p.hits);
  expect(p.roles.reduce((n, r) => n + r.blocks, 0)).toBe(p.translations);
  expect(p.samples.at(-1)).toEqual({ instructions: p.instructions, lookups: p.lookups, hits: p.hits });
  expect(p.timeline.length).toBe(Math.min(p.roleChanges, 10_000));
}

// By the words of samples/roles/README.md.
const STORIES: Readonly<Record<string, (r: RolesReport, rounds: number) => void>> = {
  "init-sipi": (r, rounds) => {
    const fixed = of(r, "fixed"), stale = of(r, "stale"), skip = of(r, "skip");
    expect(fixed.instructionsRetranslated).toBe(0);
    // INIT is not even a reset, and the writes of EFER and CR4 come to nothing
    expect(fixed.contextResets).toEqual({ requested: 2 * rounds, rekeyed: 0, avoided: 2 * rounds });
    expect(fixed.roles.map((x) => x.name)).toEqual(["direct"]);
    expect(stale.roles.map((x) => x.name)).toEqual(["direct", "direct nx", "direct nx pse"]);
    expect(stale.contextResets.rekeyed).toBe(3 * rounds - 1);
    expect(stale.misses.spuriousRole).toBeGreaterThan(0);
    expect(stale.instructionsRetranslated).toBeGreaterThan(0);
    expect(skip.roleMismatches).toBe(2 * rounds);
  },
  "nx-unpaged": (r) => expect(of(r, "stale").roles.map((x) => x.name)).toEqual(["direct", "direct nx"]),
  "wp-unpaged": (r) => expect(of(r, "stale").roles.map((x) => x.name)).toEqual(["direct", "direct wp"]),
  "cr4-unpaged": (r) => {
    expect(of(r, "stale").roles.length).toBe(16);
    // evicted contexts are translated over and over
    expect(of(r, "stale").misses.spuriousRole).toBeGreaterThan(3000);
  },
  thunk: (r, rounds) => {
    expect(of(r, "fixed").contextResets).toEqual({ requested: 2 * rounds + 1, rekeyed: 2 * rounds + 1, avoided: 0 });
    expect(of(r, "fixed").roles.map((x) => x.name)).toEqual(["direct", "level=2"]);
  },
  "wp-toggle": (r, rounds) => {
    expect(of(r, "fixed").contextResets).toEqual({ requested: 2 * rounds + 1, rekeyed: 2 * rounds + 1, avoided: 0 });
    expect(of(r, "fixed").roles.map((x) => x.name)).toEqual(["direct", "level=2 wp", "level=2"]);
  },
  "cr3-switch": (r) => {
    for (const p of r.policies) {
      expect(p.contextResets.requested).toBe(1);
      expect(p.tlb.flushes).toBeGreaterThan(511);
    }
  },
  "pge-toggle": (r) => {
    expect(of(r, "fixed").contextResets.requested).toBe(1);
    expect(of(r, "stale").contextResets.requested).toBe(513);
    expect(of(r, "stale").contextResets.rekeyed).toBe(1);
  },
  preempt: (r) => {
    expect(of(r, "fixed").misses.invalidated).toBeGreaterThan(70);
    expect(of(r, "fixed").contextResets.rekeyed).toBe(257);
  },
};

describe.each(SAMPLES)("samples/roles/%s", (name) => {
  const expected = readFileSync(new URL(`${name}.expected`, folder), "utf8");

  it("the same under every policy, with exactly these counters", async () => {
    const { report, serial } = await measure(name, "interp", ["fixed", "stale", "flush", "skip"], FEWER[name]);
    for (const p of report.policies) {
      expect(serial[p.policy], p.policy).toBe(serial["fixed"]);
      if (!FEWER[name]) expect(serial[p.policy], p.policy).toBe(expected);
      expect(p.exit).toBe(1);
      sound(p);
    }
    expect(report.sameTrace).toBe(true);
    const fixed = of(report, "fixed");
    expect(fixed.misses.spuriousRole).toBe(0);
    expect(fixed.roleMismatches + of(report, "stale").roleMismatches + of(report, "flush").roleMismatches).toBe(0);
    for (const p of report.policies) expect(fixed.translations).toBeLessThanOrEqual(p.translations);
    STORIES[name]!(report, FEWER[name] ?? ROUNDS[name] ?? 512);
    await expect(`${JSON.stringify(counters(report), null, 1)}\n`).toMatchFileSnapshot(`counters/${name}.json`);
  });

  it("ends as under QEMU, with compiled code", async () => {
    const { report, serial } = await measure(name, "auto", ["fixed", "stale", "skip"]);
    for (const p of report.policies) {
      expect(serial[p.policy], p.policy).toBe(expected);
      sound(p);
    }
    expect(report.sameTrace).toBe(true);
    expect(of(report, "fixed").misses.spuriousRole).toBe(0);
    STORIES[name]!(report, ROUNDS[name] ?? 512);
  });
});
