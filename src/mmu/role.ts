/**
 * MMU roles: the configuration under which addresses are translated and checked, after Linux KVM (arch/x86/kvm/mmu/mmu.c,
 * kvm_calc_cpu_role, since Linux 5.14). Two configurations with the same role may share everything cached; with CR0.PG = 0 no paging
 * bit means anything, so none is in the role.
 *
 * A role is an int32 of these bits; level takes three.
 */
export const enum RoleBit {
  /** Linear addresses are physical (or, in user mode, offsets in the process' buffer): no page tables. */
  DIRECT = 1,
  /** Levels of the page table: 2, 3 (PAE), 4, 5; 0 when direct. Shift of the field. */
  LEVEL_SHIFT = 1,
  LEVEL_MASK = 7 << 1,
  EFER_NX = 1 << 4,
  CR0_WP = 1 << 5,
  CR4_PSE = 1 << 6,
  CR4_PAE = 1 << 7,
  CR4_SMEP = 1 << 8,
  CR4_SMAP = 1 << 9,
  SMEP_ANDNOT_WP = 1 << 10,
  SMAP_ANDNOT_WP = 1 << 11,
  EFER_LMA = 1 << 12,
  CR4_PKE = 1 << 13,
  CR4_LA57 = 1 << 14,
  SMM = 1 << 15,
  GUEST_MODE = 1 << 16,
}

/** CR0, CR4 and EFER bits that matter here (Intel SDM vol. 3, 2.5 and 2.2.1). */
export const CR0_PE = 1, CR0_WP = 1 << 16, CR0_PG = 1 << 31;
export const CR4_PSE = 1 << 4, CR4_PAE = 1 << 5, CR4_PGE = 1 << 7, CR4_LA57 = 1 << 12, CR4_PCIDE = 1 << 17, CR4_SMEP = 1 << 20, CR4_SMAP = 1 << 21, CR4_PKE = 1 << 22;
export const EFER_LME = 1 << 8, EFER_LMA = 1 << 10, EFER_NX = 1 << 11;

/** The registers that a role is computed from. */
export interface RoleRegisters {
  readonly cr0: number;
  readonly cr4: number;
  readonly efer: number;
}

/** Role of user-mode processes: direct. */
export const USER_ROLE: number = RoleBit.DIRECT;

/** The role of a configuration. */
export function roleOf(r: RoleRegisters): number {
  if (!(r.cr0 & CR0_PG)) return RoleBit.DIRECT;
  const wp = (r.cr0 & CR0_WP) !== 0;
  const lma = (r.efer & EFER_LMA) !== 0;
  const level = lma ? (r.cr4 & CR4_LA57 ? 5 : 4) : r.cr4 & CR4_PAE ? 3 : 2;
  let role = level << RoleBit.LEVEL_SHIFT;
  if (r.efer & EFER_NX) role |= RoleBit.EFER_NX;
  if (wp) role |= RoleBit.CR0_WP;
  if (r.cr4 & CR4_PSE) role |= RoleBit.CR4_PSE;
  if (r.cr4 & CR4_PAE) role |= RoleBit.CR4_PAE;
  if (r.cr4 & CR4_SMEP) role |= wp ? RoleBit.CR4_SMEP : RoleBit.CR4_SMEP | RoleBit.SMEP_ANDNOT_WP;
  if (r.cr4 & CR4_SMAP) role |= wp ? RoleBit.CR4_SMAP : RoleBit.CR4_SMAP | RoleBit.SMAP_ANDNOT_WP;
  if (lma) {
    role |= RoleBit.EFER_LMA;
    if (r.cr4 & CR4_PKE) role |= RoleBit.CR4_PKE;
    if (r.cr4 & CR4_LA57) role |= RoleBit.CR4_LA57;
  }
  return role;
}

/** Levels of page tables in a role, 0 when direct. */
export function roleLevel(role: number): number {
  return (role & RoleBit.LEVEL_MASK) >> RoleBit.LEVEL_SHIFT;
}

const BIT_NAMES: ReadonlyArray<readonly [number, string]> = [
  [RoleBit.EFER_NX, "nx"], [RoleBit.CR0_WP, "wp"], [RoleBit.CR4_PSE, "pse"], [RoleBit.CR4_PAE, "pae"], [RoleBit.CR4_SMEP, "smep"], [RoleBit.CR4_SMAP, "smap"],
  [RoleBit.SMEP_ANDNOT_WP, "smep&!wp"], [RoleBit.SMAP_ANDNOT_WP, "smap&!wp"], [RoleBit.EFER_LMA, "lma"], [RoleBit.CR4_PKE, "pke"], [RoleBit.CR4_LA57, "la57"],
  [RoleBit.SMM, "smm"], [RoleBit.GUEST_MODE, "guest"],
];

/** A role spelled out: "direct", "level=3 nx wp pae". */
export function roleName(role: number): string {
  const words = [role & RoleBit.DIRECT ? "direct" : `level=${roleLevel(role)}`];
  for (const [bit, name] of BIT_NAMES) if (role & bit) words.push(name);
  return words.join(" ");
}
