import type { PolicyReport, RolesReport, TimelineEntry } from "../index.js";

const n = (x: number): string => x.toLocaleString("en-US");

/** Rate of hits with as many digits as it takes to see what is missing. */
export function percent(rate: number): string {
  return `${(rate * 100).toFixed(rate > 0.999 && rate < 1 ? 4 : 2)} %`;
}

/** Rows of the comparison: title and each policy's figure. Text and page show the same. */
export const ROWS: ReadonlyArray<readonly [string, (p: PolicyReport) => string]> = [
  ["instructions", (p) => n(p.instructions)],
  ["lookups", (p) => n(p.lookups)],
  ["hits", (p) => n(p.hits)],
  ["hit rate", (p) => percent(p.hitRate)],
  ["misses: cold", (p) => n(p.misses.cold)],
  ["misses: evicted", (p) => n(p.misses.evicted)],
  ["misses: invalidated", (p) => n(p.misses.invalidated)],
  ["misses: spurious role", (p) => n(p.misses.spuriousRole)],
  ["translations", (p) => n(p.translations)],
  ["instructions retranslated", (p) => n(p.instructionsRetranslated)],
  ["resets requested", (p) => n(p.contextResets.requested)],
  ["resets re-keyed", (p) => n(p.contextResets.rekeyed)],
  ["resets avoided", (p) => n(p.contextResets.avoided)],
  ["TLB fills", (p) => n(p.tlb.fills)],
  ["TLB flushes", (p) => n(p.tlb.flushes)],
  ["auditor mismatches", (p) => n(p.roleMismatches)],
  ["time, ms", (p) => p.wallMs.toFixed(0)],
  ["exit", (p) => String(p.exit)],
];

/** A table with the first column to the left and the rest to the right. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, k) => Math.max(...rows.map((r) => r[k]!.length)));
  return rows.map((r) => `${r.map((cell, k) => (k === 0 ? cell.padEnd(widths[k]!) : cell.padStart(widths[k]!))).join("  ").trimEnd()}\n`).join("");
}

export function bits(e: TimelineEntry): string {
  const parts: string[] = [];
  for (const r of ["cr0", "cr4", "efer"] as const) {
    if (e.old[r] !== e.new[r]) parts.push(`${r} ${(e.old[r] >>> 0).toString(16)} -> ${(e.new[r] >>> 0).toString(16)}`);
  }
  return parts.join(", ");
}

/** The report for people; of the timeline the first `changes` entries. */
export function rolesText(r: RolesReport, changes = 8): string {
  const out: string[] = [`${r.image}: ${n(r.instructions)} instructions under ${r.policies.length} ${r.policies.length === 1 ? "policy" : "policies"}\n\n`];
  out.push(table([["", ...r.policies.map((p) => p.policy)], ...ROWS.map(([title, cell]) => [title, ...r.policies.map(cell)])]));
  for (const p of r.policies) {
    out.push(`\n${p.policy}: roles\n`);
    out.push(table([["  role", "blocks", "hits"], ...p.roles.map((x) => [`  ${x.name}`, n(x.blocks), n(x.hits)])]));
    if (p.roleChanges > 0 && changes > 0) {
      const shown = p.timeline.slice(0, changes);
      out.push(`${p.policy}: ${n(p.roleChanges)} resets requested${p.roleChanges > shown.length ? `, the first ${shown.length}` : ""}\n`);
      for (const e of shown) {
        const roles = e.oldRole === e.newRole ? e.newRole : `${e.oldRole} -> ${e.newRole}`;
        out.push(`  ${n(e.instructions).padStart(12)}  vcpu ${e.vcpu}  ${e.register.padEnd(4)}  ${bits(e)}: ${e.action}, ${roles}\n`);
      }
    }
  }
  out.push(r.sameTrace
    ? "\nThe same instructions and the same end state under every policy.\n"
    : "\nThe runs differ in instructions or end state: please report this.\n");
  return out.join("");
}
