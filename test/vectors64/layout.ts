import type { AnyCase, AnyFault, AnyImage, AnyOutcome } from "../vectors/kind.js";

// Cases of 64-bit code live in the areas of ../vectors/layout.ts; FS_BASE is the base of GS here, because FS is the recorder's own.

/** Processor state of a case: byte offsets in an image of IMAGE_BYTES (struct image in recorder.c). */
export const IMAGE_ST = 160;
export const IMAGE_XMM = 288;
export const IMAGE_BYTES = 544;

export class Image implements AnyImage {
  readonly bytes = new Uint8Array(IMAGE_BYTES);
  readonly view = new DataView(this.bytes.buffer);

  get rip(): bigint { return this.view.getBigUint64(128, true); }
  set rip(v: bigint) { this.view.setBigUint64(128, v, true); }
  get rflags(): number { return this.view.getUint32(136, true); }
  set rflags(v: number) { this.view.setUint32(136, v, true); }
  get mxcsr(): number { return this.view.getUint32(144, true); }
  set mxcsr(v: number) { this.view.setUint32(144, v, true); }
  get fcw(): number { return this.view.getUint16(148, true); }
  set fcw(v: number) { this.view.setUint16(148, v, true); }
  get fsw(): number { return this.view.getUint16(150, true); }
  set fsw(v: number) { this.view.setUint16(150, v, true); }
  get ftw(): number { return this.view.getUint32(152, true); }
  set ftw(v: number) { this.view.setUint32(152, v, true); }
  gpr(i: number): bigint { return this.view.getBigUint64(i * 8, true); }
  setGpr(i: number, v: bigint): void { this.view.setBigUint64(i * 8, BigInt.asUintN(64, v), true); }
  low(i: number): number { return this.view.getUint32(i * 8, true); }
  /** The 10 bytes of ST(i). */
  st(i: number): Uint8Array { return this.bytes.subarray(IMAGE_ST + 16 * i, IMAGE_ST + 16 * i + 10); }
  xmm(i: number): Uint8Array { return this.bytes.subarray(IMAGE_XMM + 16 * i, IMAGE_XMM + 16 * i + 16); }

  copy(): Image {
    const c = new Image();
    c.bytes.set(this.bytes);
    return c;
  }
}

export type Case = AnyCase<Image>;

export interface Fault extends AnyFault {
  readonly address: bigint;
}

export interface Outcome extends AnyOutcome<Image> {
  readonly fault: Fault | null;
}
