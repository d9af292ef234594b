import type { ControlChange } from "./control.js";
import type { RoleRegisters } from "./role.js";

/**
 * What is done about the MMU role when a control register changes. A policy decides how much is kept and found again; what the guest sees
 * does not depend on it. The registers given to `role` already hold their new values.
 */
export interface RolePolicy {
  readonly name: string;
  /** The role that a configuration gets: the key of its context. */
  role(registers: RoleRegisters): number;
  /** Whether the change asks for a reset of the context at all. */
  requests(change: ControlChange): boolean;
  /** What a requested reset does, given the role in use and the one just computed. */
  action(oldRole: number, newRole: number, change: ControlChange): RoleAction;
}

/**
 * `avoided`: nothing, the context in use stays. `rekeyed`: go on with the new role's context, found again or new; the old one is kept.
 * `reset`: the same, and the translations of addresses (TLBs) of every context go. `dropped`: every context goes, with all in it.
 * `skipped`: nothing, and the role in use stays even if it is out of date.
 */
export type RoleAction = "avoided" | "rekeyed" | "reset" | "dropped" | "skipped";

/** Counters of one MMU, all since it was made. */
export interface MmuCounters {
  /** Resets that changes of control registers asked for; those that went on with another role's context; those that needed nothing. */
  resetsRequested: number;
  rekeyed: number;
  avoided: number;
  /** Resets that threw TLBs or contexts away, and those left out though asked for. */
  dropped: number;
  skipped: number;
  /** TLB entries filled by walks; flushes that the architecture demanded (whole or by PCID, not INVLPG). */
  tlbFills: number;
  tlbFlushes: number;
  /** Contexts made, and those evicted for room. */
  contexts: number;
  contextsEvicted: number;
  /** Audits after a change, and those where the role in use was not the one that the policy computes from the registers. */
  audits: number;
  roleMismatches: number;
}

/** A change that asked for a reset, and what came of it. */
export interface RoleChange extends ControlChange {
  readonly oldRole: number;
  /** The role in use from now on. */
  readonly newRole: number;
  readonly action: RoleAction;
}
