import { requestsReset } from "../control.js";
import type { RolePolicy } from "../policy.js";
import { roleOf } from "../role.js";

/** No keying: a reset drops everything. */
export const flush: RolePolicy = {
  name: "flush",
  role: roleOf,
  requests: requestsReset,
  action: () => "dropped",
};
