import { describe, expect, it } from "vitest";
import {
  CR0_PG, CR0_WP, CR4_LA57, CR4_PAE, CR4_PCIDE, CR4_PGE, CR4_PKE, CR4_PSE, CR4_SMAP, CR4_SMEP, EFER_LMA, EFER_LME, EFER_NX, roleLevel, roleName, roleOf,
} from "../../src/mmu/role.js";

const CR4_BITS = [CR4_PSE, CR4_PAE, CR4_PGE, CR4_LA57, CR4_PCIDE, CR4_SMEP, CR4_SMAP, CR4_PKE];
const EFER_BITS = [EFER_LME, EFER_LMA, EFER_NX];

function subsets(bits: readonly number[]): number[] {
  return Array.from({ length: 1 << bits.length }, (_, k) => bits.reduce((m, b, i) => (k & (1 << i) ? m | b : m), 0));
}

describe("MMU role", () => {
  it("has no paging bit while CR0.PG is 0, whatever the registers hold", () => {
    const roles = new Set<number>();
    for (const wp of [0, CR0_WP]) for (const cr4 of subsets(CR4_BITS)) for (const efer of subsets(EFER_BITS)) roles.add(roleOf({ cr0: 1 | wp, cr4, efer }));
    expect([...roles].map(roleName)).toEqual(["direct"]);
  });

  it("with paging differs exactly when a bit that KVM counts differs", () => {
    // The rules of kvm_calc_cpu_role, written out as the list of what a role consists of.
    const parts = (wp: boolean, cr4: number, efer: number): string => {
      const on = (v: number, b: number): boolean => (v & b) !== 0;
      const lma = on(efer, EFER_LMA);
      return JSON.stringify({
        nx: on(efer, EFER_NX), wp, pse: on(cr4, CR4_PSE), pae: on(cr4, CR4_PAE), smep: on(cr4, CR4_SMEP), smap: on(cr4, CR4_SMAP),
        smepNotWp: on(cr4, CR4_SMEP) && !wp, smapNotWp: on(cr4, CR4_SMAP) && !wp, lma, pke: lma && on(cr4, CR4_PKE), la57: lma && on(cr4, CR4_LA57),
        level: lma ? (on(cr4, CR4_LA57) ? 5 : 4) : on(cr4, CR4_PAE) ? 3 : 2,
      });
    };
    const byRole = new Map<number, string>();
    const byParts = new Map<string, number>();
    for (const wp of [false, true]) {
      for (const cr4 of subsets(CR4_BITS)) {
        for (const efer of subsets(EFER_BITS)) {
          const role = roleOf({ cr0: CR0_PG | 1 | (wp ? CR0_WP : 0), cr4, efer });
          const p = parts(wp, cr4, efer);
          expect(byRole.get(role) ?? p).toBe(p);
          expect(byParts.get(p) ?? role).toBe(role);
          byRole.set(role, p);
          byParts.set(p, role);
          expect(roleLevel(role)).toBe(JSON.parse(p).level);
        }
      }
    }
    expect(byRole.size).toBe(byParts.size);
    expect(byRole.size).toBeGreaterThan(100);
  });

  it("ignores PGE and PCIDE, which only flush TLBs", () => {
    for (const cr4 of subsets(CR4_BITS)) {
      const at = { cr0: CR0_PG | 1, efer: EFER_LMA };
      expect(roleOf({ ...at, cr4: cr4 | CR4_PGE | CR4_PCIDE })).toBe(roleOf({ ...at, cr4: cr4 & ~(CR4_PGE | CR4_PCIDE) }));
    }
  });

  it("is spelled out", () => {
    expect(roleName(roleOf({ cr0: CR0_PG | CR0_WP, cr4: CR4_PAE | CR4_PSE, efer: EFER_NX }))).toBe("level=3 nx wp pse pae");
  });
});
