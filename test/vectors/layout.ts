import type { AnyCase, AnyFault, AnyImage, AnyOutcome } from "./kind.js";
import { Random } from "./random.js";

/** Where the cases live in the address space. The areas' order and content are part of the recordings: changing them means recording again. */
export const enum Prot { NONE = 0, READ = 1, WRITE = 2, EXEC = 4 }

export interface Area {
  readonly address: number;
  readonly bytes: number;
  readonly prot: number;
  /** Content before every case. */
  readonly initial: Uint8Array;
}

const PAGE = 4096;

/** Reached with 16-bit addresses. */
export const LOW = 0x8000;
export const LOW_BYTES = 2 * PAGE;
/** The instruction under test; the rest of the area is INT3. */
export const CODE = 0x100000;
export const CODE_BYTES = 2 * PAGE;
/** Operands: three writable pages, a read-only page, a page without any access, unmapped from there on and before. */
export const DATA = 0x200000;
export const DATA_BYTES = 3 * PAGE;
export const READ_ONLY = DATA + DATA_BYTES;
export const NO_ACCESS = READ_ONLY + PAGE;
export const UNMAPPED = NO_ACCESS + PAGE;
export const STACK = 0x300000;
export const STACK_BYTES = 2 * PAGE;
/** Base of the FS segment. The other segments are flat. */
export const FS_BASE = 0x1000;
/** One byte past the areas' highest address. */
export const MEMORY_BYTES = 0x400000;

function area(address: number, bytes: number, prot: number): Area {
  const initial = new Uint8Array(bytes);
  if (prot & Prot.EXEC) initial.fill(0xcc);
  else {
    const random = new Random(`area ${address}`);
    for (let i = 0; i < bytes; i++) initial[i] = random.next();
  }
  return { address, bytes, prot, initial };
}

export const AREAS: readonly Area[] = [
  area(LOW, LOW_BYTES, Prot.READ | Prot.WRITE),
  area(CODE, CODE_BYTES, Prot.READ | Prot.EXEC),
  area(DATA, DATA_BYTES, Prot.READ | Prot.WRITE),
  area(READ_ONLY, PAGE, Prot.READ),
  area(NO_ACCESS, PAGE, Prot.NONE),
  area(STACK, STACK_BYTES, Prot.READ | Prot.WRITE),
];

/** Processor state of a case: byte offsets in an image of IMAGE_BYTES (struct image in recorder.c). */
export const IMAGE_GPR = 0;
export const IMAGE_EIP = 32;
export const IMAGE_EFLAGS = 36;
export const IMAGE_MXCSR = 40;
export const IMAGE_FCW = 44;
export const IMAGE_FSW = 46;
export const IMAGE_FTW = 48;
export const IMAGE_ST = 64;
export const IMAGE_XMM = 192;
export const IMAGE_BYTES = 320;

export class Image implements AnyImage {
  readonly bytes = new Uint8Array(IMAGE_BYTES);
  readonly u32 = new Uint32Array(this.bytes.buffer);
  readonly u16 = new Uint16Array(this.bytes.buffer);

  get eip(): number { return this.u32[IMAGE_EIP >> 2]!; }
  set eip(v: number) { this.u32[IMAGE_EIP >> 2] = v; }
  get eflags(): number { return this.u32[IMAGE_EFLAGS >> 2]!; }
  set eflags(v: number) { this.u32[IMAGE_EFLAGS >> 2] = v; }
  get mxcsr(): number { return this.u32[IMAGE_MXCSR >> 2]!; }
  set mxcsr(v: number) { this.u32[IMAGE_MXCSR >> 2] = v; }
  get fcw(): number { return this.u16[IMAGE_FCW >> 1]!; }
  set fcw(v: number) { this.u16[IMAGE_FCW >> 1] = v; }
  get fsw(): number { return this.u16[IMAGE_FSW >> 1]!; }
  set fsw(v: number) { this.u16[IMAGE_FSW >> 1] = v; }
  get ftw(): number { return this.u32[IMAGE_FTW >> 2]!; }
  set ftw(v: number) { this.u32[IMAGE_FTW >> 2] = v; }
  gpr(i: number): number { return this.u32[(IMAGE_GPR >> 2) + i]!; }
  setGpr(i: number, v: number): void { this.u32[(IMAGE_GPR >> 2) + i] = v; }
  /** The 10 bytes of ST(i). */
  st(i: number): Uint8Array { return this.bytes.subarray(IMAGE_ST + 16 * i, IMAGE_ST + 16 * i + 10); }
  xmm(i: number): Uint8Array { return this.bytes.subarray(IMAGE_XMM + 16 * i, IMAGE_XMM + 16 * i + 16); }

  copy(): Image {
    const c = new Image();
    c.bytes.set(this.bytes);
    return c;
  }
}

/** Bytes placed into memory before a case. */
export interface Patch {
  readonly address: number;
  readonly bytes: Uint8Array;
}

export type Case = AnyCase<Image>;

export interface Run {
  readonly address: number;
  readonly bytes: Uint8Array;
}

export interface Fault extends AnyFault {
  readonly address: number;
}

export interface Outcome extends AnyOutcome<Image> {
  readonly fault: Fault | null;
}
