/**
 * Execution mode: what besides the MMU role decides how bytes decode and execute. A small integer, part of every translation's key.
 *
 * bits 0-1  code size: 0 = 16, 1 = 32, 2 = 64 bits (CS.D, CS.L)
 * bit 2     stack size is 32 bits (SS.B)
 * bit 3     flat: CS DS ES SS have base 0 and no limit, so linear address = offset (FS and GS always add their base)
 * bit 4     CPL is 3
 * bit 5     virtual-8086
 * bit 6     MXCSR is not the default: SSE arithmetic goes through the exact software library
 * bit 7     x87 traps (CR0.EM or CR0.TS): #NM
 * bit 8     EFLAGS.TF: one instruction per block, then #DB
 */
export const enum Mode {
  CODE32 = 1,
  CODE64 = 2,
  STACK32 = 4,
  FLAT = 8,
  CPL3 = 16,
  V86 = 32,
  SOFT_FLOAT = 64,
  NO_FPU = 128,
  TRAP = 256,
}

/** Mode of a 32-bit Linux program. */
export const USER32 = Mode.CODE32 | Mode.STACK32 | Mode.FLAT | Mode.CPL3;

export function codeBits(mode: number): 16 | 32 | 64 {
  return mode & Mode.CODE64 ? 64 : mode & Mode.CODE32 ? 32 : 16;
}

/** Spelled out, for dumps: "32 flat cpl3". */
export function modeName(mode: number): string {
  const words = [String(codeBits(mode))];
  if (mode & Mode.FLAT) words.push("flat");
  if (mode & Mode.CPL3) words.push("cpl3");
  if (mode & Mode.V86) words.push("v86");
  if (mode & Mode.SOFT_FLOAT) words.push("softfloat");
  if (mode & Mode.NO_FPU) words.push("nofpu");
  if (mode & Mode.TRAP) words.push("trap");
  return words.join(" ");
}
