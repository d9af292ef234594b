import {
  CR0_PG, CR0_WP, CR4_LA57, CR4_PAE, CR4_PKE, CR4_PSE, CR4_SMAP, CR4_SMEP, EFER_NX, roleOf, RoleBit, type RoleRegisters,
} from "../role.js";

/**
 * The role as KVM computed it before Linux 5.14: NX, WP and the CR4 bits as the registers have them, whether or not paging is on, and PKE
 * and LA57 whether or not long mode is.
 */
export function leakyRole(r: RoleRegisters): number {
  let role = r.cr0 & CR0_PG ? roleOf(r) : RoleBit.DIRECT;
  const wp = (r.cr0 & CR0_WP) !== 0;
  if (r.efer & EFER_NX) role |= RoleBit.EFER_NX;
  if (wp) role |= RoleBit.CR0_WP;
  if (r.cr4 & CR4_PSE) role |= RoleBit.CR4_PSE;
  if (r.cr4 & CR4_PAE) role |= RoleBit.CR4_PAE;
  if (r.cr4 & CR4_SMEP) role |= wp ? RoleBit.CR4_SMEP : RoleBit.CR4_SMEP | RoleBit.SMEP_ANDNOT_WP;
  if (r.cr4 & CR4_SMAP) role |= wp ? RoleBit.CR4_SMAP : RoleBit.CR4_SMAP | RoleBit.SMAP_ANDNOT_WP;
  if (r.cr4 & CR4_PKE) role |= RoleBit.CR4_PKE;
  if (r.cr4 & CR4_LA57) role |= RoleBit.CR4_LA57;
  return role;
}

/** Bits of a role that the hardware looks at: two roles with the same bits here differ only by what leaked in. */
export function effectiveRole(role: number): number {
  if (role & RoleBit.DIRECT) return role & (RoleBit.DIRECT | RoleBit.SMM | RoleBit.GUEST_MODE);
  return role & RoleBit.EFER_LMA ? role : role & ~(RoleBit.CR4_PKE | RoleBit.CR4_LA57);
}
