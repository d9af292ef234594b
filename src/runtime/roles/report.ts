import type { ControlRegister } from "../../mmu/control.js";
import type { RoleAction } from "../../mmu/policy.js";
import { RoleBit, roleLevel, type RoleRegisters } from "../../mmu/role.js";

/** What a measurement of role policies gives: plain data, the JSON of `lift86 roles --json`. */
export interface RolesReport {
  /** Of this shape. */
  readonly version: 1;
  /** What ran. */
  readonly image: string;
  /** Instructions retired by the first policy's run; `sameTrace`: by all of them, with the same end state. */
  readonly instructions: number;
  readonly sameTrace: boolean;
  readonly policies: readonly PolicyReport[];
}

export interface PolicyReport {
  readonly policy: string;
  readonly instructions: number;
  readonly lookups: number;
  readonly hits: number;
  /** hits / lookups, 0 without lookups. */
  readonly hitRate: number;
  readonly misses: MissCounts;
  /** Blocks lifted. */
  readonly translations: number;
  /** Instructions in blocks of which there had been a translation before, under any role. */
  readonly instructionsRetranslated: number;
  readonly contextResets: { readonly requested: number; readonly rekeyed: number; readonly avoided: number };
  readonly tlb: { readonly fills: number; readonly flushes: number };
  /** Moments at which the role in use was not the one that the policy computes from the registers (the auditor). */
  readonly roleMismatches: number;
  readonly wallMs: number;
  /** How the run ended: the exit status, or the limit that ended it. */
  readonly exit: number | string;
  /** Digest of registers and memory at the end: the same under every policy. */
  readonly endState: string;
  readonly roles: readonly RoleReport[];
  /** Changes of control registers that asked for a reset, all of them, */
  readonly roleChanges: number;
  /** and the first of them. */
  readonly timeline: readonly TimelineEntry[];
  /** Lookups and hits so far, at some points of the run. */
  readonly samples: readonly RateSample[];
}

/** Why lookups failed; each is counted under the first cause that holds, in this order: invalidated, spuriousRole, evicted, cold. */
export interface MissCounts {
  /** Never translated under this role. */
  readonly cold: number;
  /** Translated under this role before and dropped since, for room or by the policy. */
  readonly evicted: number;
  /** Translated under this role before, and a store changed the code or took it away. */
  readonly invalidated: number;
  /** The same code is translated now, under a role that differs only in bits that the hardware ignores. */
  readonly spuriousRole: number;
}

export interface RoleReport {
  readonly role: RoleBits;
  /** Spelled out: "direct", "level=2 wp pse". */
  readonly name: string;
  /** Translations made, and lookups that hit, under this role. */
  readonly blocks: number;
  readonly hits: number;
}

/** A role's bits, named as in KVM's kvm_cpu_role. */
export interface RoleBits {
  readonly direct: boolean;
  /** Levels of the page table, 0 when direct. */
  readonly level: number;
  readonly efer_nx: boolean;
  readonly cr0_wp: boolean;
  readonly cr4_pse: boolean;
  readonly cr4_pae: boolean;
  readonly cr4_smep: boolean;
  readonly cr4_smap: boolean;
  readonly smep_andnot_wp: boolean;
  readonly smap_andnot_wp: boolean;
  readonly efer_lma: boolean;
  readonly cr4_pke: boolean;
  readonly cr4_la57: boolean;
}

export interface TimelineEntry {
  /** Instructions that all processors had retired. */
  readonly instructions: number;
  readonly vcpu: number;
  readonly register: ControlRegister;
  readonly old: RoleRegisters;
  readonly new: RoleRegisters;
  readonly oldRole: string;
  readonly newRole: string;
  readonly action: RoleAction;
}

export interface RateSample {
  readonly instructions: number;
  readonly lookups: number;
  readonly hits: number;
}

export function roleBits(role: number): RoleBits {
  const has = (bit: RoleBit): boolean => (role & bit) !== 0;
  return {
    direct: has(RoleBit.DIRECT),
    level: roleLevel(role),
    efer_nx: has(RoleBit.EFER_NX),
    cr0_wp: has(RoleBit.CR0_WP),
    cr4_pse: has(RoleBit.CR4_PSE),
    cr4_pae: has(RoleBit.CR4_PAE),
    cr4_smep: has(RoleBit.CR4_SMEP),
    cr4_smap: has(RoleBit.CR4_SMAP),
    smep_andnot_wp: has(RoleBit.SMEP_ANDNOT_WP),
    smap_andnot_wp: has(RoleBit.SMAP_ANDNOT_WP),
    efer_lma: has(RoleBit.EFER_LMA),
    cr4_pke: has(RoleBit.CR4_PKE),
    cr4_la57: has(RoleBit.CR4_LA57),
  };
}
