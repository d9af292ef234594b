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
 * bit 8     one instruction per block (EFLAGS.TF, breakpoints, interrupt shadows)
 * bit 9     a whole processor (not just user mode): segments have limits, and what the operating system decides is asked of the host
 * bit 10    real-address mode (CR0.PE = 0)
 * bit 11    CPL is 1 or 2
 * bit 12    CR0.EM: MMX and SSE are #UD
 * bit 13    CR4.OSFXSR = 0: SSE is #UD
 * bit 14    CR0.TS and MP: FWAIT is #NM
 * bit 15    the x87's control word asks for 53 bits and masks all exceptions, and compiled code may rely on it (it may round in any direction)
 * bit 16    the same for 64 bits
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
  SYSTEM = 512,
  REAL = 1024,
  CPL12 = 2048,
  EM = 4096,
  NO_SSE = 8192,
  WAIT_NM = 16384,
  X87_DOUBLE = 32768,
  X87_EXTENDED = 65536,
}

/** More than any mode: so much room a key leaves for it. */
export const MODE_LIMIT = 2 ** 20;

/** Mode of a 32-bit Linux program. */
export const USER32 = Mode.CODE32 | Mode.STACK32 | Mode.FLAT | Mode.CPL3;

/** Mode of a 64-bit Linux program. */
export const USER64 = Mode.CODE64 | Mode.FLAT | Mode.CPL3;

export function codeBits(mode: number): 16 | 32 | 64 {
  return mode & Mode.CODE64 ? 64 : mode & Mode.CODE32 ? 32 : 16;
}

/** Spelled out, for dumps: "32 flat cpl3". */
export function modeName(mode: number): string {
  const words = [String(codeBits(mode))];
  if (mode & Mode.FLAT) words.push("flat");
  if (mode & Mode.CPL3) words.push("cpl3");
  if (mode & Mode.CPL12) words.push("cpl1/2");
  if (mode & Mode.REAL) words.push("real");
  if (mode & Mode.V86) words.push("v86");
  if (mode & Mode.SOFT_FLOAT) words.push("softfloat");
  if (mode & Mode.NO_FPU) words.push("nofpu");
  if (mode & Mode.EM) words.push("em");
  if (mode & Mode.NO_SSE) words.push("nosse");
  if (mode & Mode.SYSTEM) words.push("system");
  if (mode & Mode.X87_DOUBLE) words.push("x87/53");
  if (mode & Mode.X87_EXTENDED) words.push("x87/64");
  if (mode & Mode.TRAP) words.push("trap");
  return words.join(" ");
}
