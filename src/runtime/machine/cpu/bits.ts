/** Bits of the system registers (Intel SDM vol. 3, 2.3, 2.5; vol. 1, 3.4.3). */

export const CR0_PE = 1, CR0_MP = 2, CR0_EM = 4, CR0_TS = 8, CR0_ET = 16, CR0_NE = 32, CR0_WP = 1 << 16, CR0_AM = 1 << 18, CR0_NW = 1 << 29, CR0_CD = 1 << 30, CR0_PG = 1 << 31;

export const CR4_VME = 1, CR4_PVI = 2, CR4_TSD = 4, CR4_DE = 8, CR4_PSE = 16, CR4_PAE = 32, CR4_MCE = 64, CR4_PGE = 128, CR4_PCE = 256, CR4_OSFXSR = 512,
  CR4_OSXMMEXCPT = 1024, CR4_UMIP = 2048, CR4_OSXSAVE = 1 << 18, CR4_SMEP = 1 << 20, CR4_SMAP = 1 << 21;

export const EFER_SCE = 1, EFER_LME = 1 << 8, EFER_LMA = 1 << 10, EFER_NX = 1 << 11;

export const FL_TF = 0x100, FL_IF = 0x200, FL_DF = 0x400, FL_IOPL = 0x3000, FL_NT = 0x4000, FL_RF = 0x10000, FL_VM = 0x20000, FL_AC = 0x40000, FL_VIF = 0x80000,
  FL_VIP = 0x100000, FL_ID = 0x200000;

/** DR6 and DR7 (vol. 3, 17.2). */
export const DR6_BD = 1 << 13, DR6_BS = 1 << 14, DR6_BT = 1 << 15, DR6_FIXED = 0xffff0ff0 | 0, DR7_FIXED = 0x400, DR7_GD = 1 << 13;

/**
 * Attributes of a segment, as LAR gives them: bits 23:8 of the descriptor's high word, without the limit's. 0: unusable.
 */
export const A_ACCESSED = 0x100, A_RW = 0x200, A_CONFORMING = 0x400, A_DOWN = 0x400, A_CODE = 0x800, A_S = 0x1000, A_P = 0x8000, A_L = 1 << 21, A_DB = 1 << 22, A_G = 1 << 23;
export const ATTR_MASK = 0x00f0ff00;

/** Types of system descriptors (vol. 3, 3.5). */
export const enum SysType { tss16 = 1, ldt, tss16Busy, call16, task, int16, trap16, tss32 = 9, tss32Busy = 11, call32, int32 = 14, trap32 }

export function dplOf(attr: number): number {
  return (attr >> 13) & 3;
}

export function systemType(attr: number): SysType {
  return (attr >> 8) & 15;
}
