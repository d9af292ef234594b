import { requestsReset } from "../control.js";
import type { RolePolicy } from "../policy.js";
import { roleOf } from "../role.js";

/** KVM since the fix: bits that paging does not look at are not in the role, and only another role means another context. */
export const fixed: RolePolicy = {
  name: "fixed",
  role: roleOf,
  requests: requestsReset,
  action: (oldRole, newRole) => (oldRole === newRole ? "avoided" : "rekeyed"),
};
