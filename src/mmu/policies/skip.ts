import { requestsResetOnRawChange } from "../control.js";
import type { RolePolicy } from "../policy.js";
import { CR0_PG } from "../role.js";
import { leakyRole } from "./leaky-role.js";

/**
 * The remedy that was considered and rejected: leave ignored bits in the role, but do not reset while paging is off. The context is
 * reused, under a role that is not what the registers say.
 */
export const skip: RolePolicy = {
  name: "skip",
  role: leakyRole,
  requests: requestsResetOnRawChange,
  action: (oldRole, newRole, c) => (!((c.old.cr0 | c.new.cr0) & CR0_PG) ? "skipped" : oldRole === newRole ? "avoided" : "rekeyed"),
};
