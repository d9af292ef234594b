import { requestsResetOnRawChange } from "../control.js";
import type { RolePolicy } from "../policy.js";
import { leakyRole } from "./leaky-role.js";

/** KVM before the fix: ignored bits make roles of their own, and any change of a bit resets. */
export const stale: RolePolicy = {
  name: "stale",
  role: leakyRole,
  requests: requestsResetOnRawChange,
  action: () => "reset",
};
