import {
  CR0_PG, CR0_WP, CR4_LA57, CR4_PAE, CR4_PCIDE, CR4_PGE, CR4_PKE, CR4_PSE, CR4_SMAP, CR4_SMEP, EFER_LMA, EFER_NX, type RoleRegisters,
} from "./role.js";

/**
 * What a change of a control register demands: a TLB flush, by the architecture, and a reset of the MMU context, by the rules of KVM. The
 * two have nothing to do with each other: a flush happens under every policy.
 */

export type ControlRegister = "CR0" | "CR3" | "CR4" | "EFER" | "INIT";

/** A change of the registers that a role is computed from. */
export interface ControlChange {
  readonly register: ControlRegister;
  readonly old: RoleRegisters;
  readonly new: RoleRegisters;
}

/** Bits of CR4 whose change resets the context (kvm_post_set_cr4, since 5.14 without PGE). */
const CR4_ROLE_BITS = CR4_PSE | CR4_PAE | CR4_LA57 | CR4_SMEP | CR4_SMAP | CR4_PKE;

/** Whether the fixed KVM runs kvm_mmu_reset_context: kvm_post_set_cr0, kvm_post_set_cr4, set_efer, kvm_vcpu_reset. */
export function requestsReset(c: ControlChange): boolean {
  // INIT clears everything; with PG = 0 before, all of what it clears was ignored.
  if (c.register === "INIT") return (c.old.cr0 & CR0_PG) !== 0;
  return ((c.old.cr0 ^ c.new.cr0) & (CR0_PG | CR0_WP)) !== 0
    || ((c.old.cr4 ^ c.new.cr4) & CR4_ROLE_BITS) !== 0
    || ((c.old.efer ^ c.new.efer) & (EFER_LMA | EFER_NX)) !== 0;
}

/** The same before the fix: INIT is a change like others, and CR4.PGE counts. */
export function requestsResetOnRawChange(c: ControlChange): boolean {
  return ((c.old.cr0 ^ c.new.cr0) & (CR0_PG | CR0_WP)) !== 0
    || ((c.old.cr4 ^ c.new.cr4) & (CR4_ROLE_BITS | CR4_PGE)) !== 0
    || ((c.old.efer ^ c.new.efer) & (EFER_LMA | EFER_NX)) !== 0;
}

/** Which TLB entries go. */
export const enum Flush {
  none,
  /** all of the current PCID, and global ones */
  current,
  /** everything */
  all,
}

/**
 * TLB entries that a change of CR0, CR4 or EFER invalidates (Intel SDM vol. 3, 4.10.4.1; INIT: 10.1, all). NX and PSE are not in the
 * manual's list; processors flush there, and more flushing is always allowed.
 */
export function flushOf(c: ControlChange): Flush {
  if (c.register === "INIT") return Flush.all;
  const cr4 = c.old.cr4 ^ c.new.cr4;
  if ((c.old.cr0 ^ c.new.cr0) & CR0_PG || cr4 & CR4_PGE || (c.old.efer ^ c.new.efer) & EFER_NX) return Flush.all;
  if (c.old.cr4 & ~c.new.cr4 & CR4_PCIDE) return Flush.all;
  if (cr4 & (CR4_PAE | CR4_PSE) || c.new.cr4 & ~c.old.cr4 & CR4_SMEP) return Flush.current;
  return Flush.none;
}

/** Whether the change makes a processor in PAE paging load its PDPTE registers from memory (SDM vol. 3, 4.4.1). */
export function loadsPdptes(c: ControlChange): boolean {
  const pae = (c.new.cr0 & CR0_PG) !== 0 && (c.new.cr4 & CR4_PAE) !== 0 && !(c.new.efer & EFER_LMA);
  if (!pae || c.register === "INIT" || c.register === "EFER") return false;
  return c.register === "CR3" || ((c.old.cr0 ^ c.new.cr0) & (CR0_PG | CR0_CD | CR0_NW)) !== 0
    || ((c.old.cr4 ^ c.new.cr4) & (CR4_PAE | CR4_PGE | CR4_PSE | CR4_SMEP)) !== 0;
}

const CR0_NW = 1 << 29, CR0_CD = 1 << 30;
