// A policy of one's own: the role has nothing but the number of page-table levels. WP, NX, SMEP and SMAP are left out, as if they did not matter.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { measureRoles, roleOf } from "lift86";

const LEVEL_AND_DIRECT = 0xf;
const coarse = {
  name: "coarse",
  role: (registers) => roleOf(registers) & LEVEL_AND_DIRECT,
  requests: ({ old, new: now }) => old.cr0 !== now.cr0 || old.cr4 !== now.cr4 || old.efer !== now.efer,
  action: (oldRole, newRole) => (oldRole === newRole ? "avoided" : "rekeyed"),
};

const name = "wp-toggle.elf";
const bytes = readFileSync(fileURLToPath(new URL(`../samples/roles/${name}`, import.meta.url)));
const { sameTrace, policies } = await measureRoles({ name, bytes, append: "500" }, { policies: ["fixed", coarse] });
for (const p of policies) console.log(`${p.policy}: ${p.translations} translations under ${p.roles.map((r) => r.name).join(", ")}; ${p.contextResets.rekeyed} changes of role`);
// Under this policy the guest loses its page faults: WP does matter, and the auditor of the end state shows it.
console.log(sameTrace ? "the guest saw no difference" : "the guest saw a difference: WP belongs to the role");
