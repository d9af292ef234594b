/**
 * Layout of the vCPU state: one ArrayBuffer, seen through an Int32Array `S`, a Float64Array `F` and a Float32Array `G`.
 *
 * All constants here are *byte* offsets; divide by 4 to index S and G, by 8 to index F. 64-bit registers are interleaved
 * (low word first), so 32-bit code touches the low word only. There is room for all of x86-64: 16 general registers of
 * 64 bits, 16 vector registers of 256 bits, 64-bit PC and bases.
 */

/** General registers, 16 of 8 bytes, in encoding order (eax ecx edx ebx esp ebp esi edi r8 …). */
export const GPR = 0;
/** Program counter, 8 bytes. While a region runs it is stale; at every exit it is the next (or faulting) instruction. */
export const PC = 128;
/** Lazy flags: kind (see flags.ts), first operand (8 bytes), result (8 bytes). */
export const FLAG_KIND = 136;
export const FLAG_A = 144;
export const FLAG_R = 152;
/** EFLAGS without the six arithmetic flags (those are in the lazy triple): TF IF DF IOPL NT RF VM AC VIF VIP ID, bit 1 set. */
export const EFL = 160;
/** Instructions that may still retire before the run loop wants control back; negative: leave now. */
export const LEFT = 164;
/** Why the run loop was left (see exit.ts) and one argument. */
export const EXIT = 168;
export const EXIT_ARG = 172;
/** Segment selectors, bases (8 bytes each), limits and attributes in encoding order es cs ss ds fs gs. */
export const SEG_SEL = 176;
export const SEG_BASE = 200;
export const SEG_LIMIT = 248;
export const SEG_ATTR = 272;
/** SSE control and status. */
export const MXCSR = 296;
/** x87 control word, status word (without TOP), TOP, and abridged tag word (bit i set: physical register i in use). */
export const FCW = 300;
export const FSW = 304;
export const FTOP = 308;
export const FTW = 312;
/** x87 last opcode, instruction pointer (8), code selector, data selector, data pointer (8). */
export const FOP = 316;
export const FIP = 320;
export const FCS = 328;
export const FDS = 332;
export const FDP = 336;
/** Operands of a far transfer on its way to the run loop: selector, offset (for RETF the bytes to release), PC of the next instruction. */
export const FAR_SEL = 344;
export const FAR_OFF = 348;
export const FAR_NEXT = 352;
/** With Exit.interrupt: PC of the instruction, which faults there if its gate refuses it. */
export const EXIT_PC = 356;
/** x87: the instruction pointer to which FOP, FCS and FDS belong; flat code only keeps FIP and FDP, see lib/x87-env.ts. */
export const FIP_KNOWN = 360;
/** Physical x87 registers, 8 of 16 bytes: mantissa low, mantissa high, sign and exponent (16 bits), unused. MMX aliases the mantissas. */
export const ST = 384;
/** Vector registers, 16 of 32 bytes; XMM is the low half. */
export const XMM = 576;
/** Not 0: translated code was written to since the last look; what runs may be stale, so leave at the next instruction. */
export const DIRTY = 1088;
/**
 * Interrupt shadow: what may not come between the instruction just executed and the next one (SHADOW_ bits). A whole processor's run loop
 * clears it.
 */
export const SHADOW = 1092;
/** STI: no maskable interrupt; MOV SS, POP SS: no debug exception and no NMI either. */
export const SHADOW_STI = 1, SHADOW_SS = 2;
/**
 * Number of offsets from 0 on at which any access of up to 16 bytes through a segment is certainly allowed, for reads and for writes (unsigned;
 * 4 bytes a segment in encoding order); anything else asks HostServices.checkSegment. Kept by whoever loads segment registers.
 */
export const SEG_READ = 1096;
export const SEG_WRITE = 1120;
/** Current privilege level of a whole processor. */
export const CPL = 1144;
/**
 * Compiled code of a whole processor starts its windows here: a linear page that may be read and one that may be written as the mapping is now,
 * each followed by what is added to a linear address in it to get the offset in the buffer.
 */
export const HOME_READ = 1148;
export const HOME_WRITE = 1156;
/** The page that a window for stores is to remember, after each check of it. */
export const WINDOW = 1164;
/**
 * The x87 inside compiled regions (lib/x87-fast.ts); nothing here means anything outside. Registers as sums of two doubles (8 of 16 bytes), by their
 * position from TOP on entry; operands of the last operation that rounded (4 doubles: two sums), room for a result (2 doubles), which operation that
 * was, how the stack stands, and which registers were written.
 */
export const FPX = 1536;
export const FPX_OPERANDS = 1664;
export const FPX_RESULT = 1696;
export const FPX_LAST = 1712;
export const FPX_SHAPE = 1716;
export const FPX_DIRTY = 1720;
/** Times that compiled code met an x87 or numbers it was not made for, less those forgiven (runtime/x87-mode.ts). */
export const FPX_MISSES = 1724;
/** Size of the whole state. */
export const STATE_SIZE = 2048;

export const enum Reg { EAX, ECX, EDX, EBX, ESP, EBP, ESI, EDI }
export const enum Seg { ES, CS, SS, DS, FS, GS }

/** General registers as those of 32 bits, the low words. */
export const GPR_NAMES: readonly string[] = [
  "eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi", "r8d", "r9d", "r10d", "r11d", "r12d", "r13d", "r14d", "r15d",
];
/** The same as registers of 64 bits. */
export const GPR64_NAMES: readonly string[] = GPR_NAMES.map((n) => n.replace(/^e/, "r").replace(/d$/, ""));
export const SEG_NAMES: readonly string[] = ["es", "cs", "ss", "ds", "fs", "gs"];

/** Name of a state location for the printer (and back in the parser): registers by name, others as `state+N`. An i64 in a general register is called as that is. */
export function stateName(offset: number, type?: string): string {
  if (type === "i64" && offset < PC && offset % 8 === 0) return GPR64_NAMES[offset >> 3]!;
  return NAMES.get(offset) ?? `state+${offset}`;
}

/** Offset of a name that stateName gave, or -1. */
export function stateOffset(name: string): number {
  const known = OFFSETS.get(name);
  if (known !== undefined) return known;
  const m = /^state\+(\d+)$/.exec(name);
  return m && +m[1]! < STATE_SIZE ? +m[1]! : -1;
}

const NAMES = new Map<number, string>();
GPR_NAMES.forEach((n, i) => {
  NAMES.set(GPR + i * 8, n);
  NAMES.set(GPR + i * 8 + 4, `${n}.hi`);
});
SEG_NAMES.forEach((n, i) => {
  NAMES.set(SEG_SEL + i * 4, n);
  NAMES.set(SEG_BASE + i * 8, `${n}.base`);
  NAMES.set(SEG_LIMIT + i * 4, `${n}.limit`);
  NAMES.set(SEG_ATTR + i * 4, `${n}.attr`);
});
for (let i = 0; i < 16; i++) for (let k = 0; k < 8; k++) NAMES.set(XMM + i * 32 + k * 4, k ? `xmm${i}.${k}` : `xmm${i}`);
for (let i = 0; i < 8; i++) NAMES.set(ST + i * 16, `fpr${i}`);
for (const [n, o] of Object.entries({
  pc: PC, fk: FLAG_KIND, fa: FLAG_A, "fa.hi": FLAG_A + 4, fr: FLAG_R, "fr.hi": FLAG_R + 4, efl: EFL, mxcsr: MXCSR, fcw: FCW, fsw: FSW, ftop: FTOP, ftw: FTW,
  fop: FOP, fip: FIP, fcs: FCS, fds: FDS, fdp: FDP,
})) NAMES.set(o, n);
const OFFSETS = new Map([...NAMES].map(([o, n]) => [n, o]));
GPR64_NAMES.forEach((n, i) => OFFSETS.set(n, GPR + i * 8));

/** The state with its views. */
export class CpuState {
  readonly S: Int32Array;
  readonly F: Float64Array;
  readonly G: Float32Array;
  readonly bytes: Uint8Array;

  /** In the STATE_SIZE bytes at `at` of a buffer; of its own unless told. */
  constructor(readonly buffer: ArrayBufferLike = new ArrayBuffer(STATE_SIZE), at = 0) {
    this.S = new Int32Array(buffer, at, STATE_SIZE / 4);
    this.F = new Float64Array(buffer, at, STATE_SIZE / 8);
    this.G = new Float32Array(buffer, at, STATE_SIZE / 4);
    this.bytes = new Uint8Array(buffer, at, STATE_SIZE);
    this.bytes.fill(0);
    this.S[EFL >> 2] = 2;
    this.S[MXCSR >> 2] = 0x1f80;
    this.S[FCW >> 2] = 0x37f;
  }
}
