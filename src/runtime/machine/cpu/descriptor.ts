import { GuestFault, Vector } from "../../../ir/memory.js";
import { A_G, A_P, ATTR_MASK, dplOf } from "./bits.js";
import type { Processor } from "./processor.js";

/** A descriptor as it is in its table (Intel SDM vol. 3, 3.4.5). */
export class Descriptor {
  constructor(
    readonly low: number,
    readonly high: number,
    /** Linear address of its first byte. */
    readonly address: number,
  ) {}

  get attr(): number {
    return this.high & ATTR_MASK;
  }

  get base(): number {
    return (this.low >>> 16) | ((this.high & 0xff) << 16) | (this.high & 0xff000000);
  }

  /** In bytes, as an int32. */
  get limit(): number {
    const raw = (this.low & 0xffff) | (this.high & 0xf0000);
    return this.high & A_G ? (raw << 12) | 0xfff : raw;
  }

  get present(): boolean {
    return (this.high & A_P) !== 0;
  }

  get dpl(): number {
    return dplOf(this.high);
  }

  /** Of gates. */
  get selector(): number {
    return this.low >>> 16;
  }

  get offset32(): number {
    return (this.low & 0xffff) | (this.high & 0xffff0000);
  }
}

/** The descriptor of a selector, or null if it lies outside its table. The null selector is not special here. */
export function findDescriptor(p: Processor, selector: number): Descriptor | null {
  const { base, limit } = selector & 4 ? p.ldt : p.gdt;
  if (selector & 4 && p.ldt.attr === 0) return null;
  if ((selector | 7) > limit >>> 0) return null;
  const at = (base + (selector & 0xfff8)) | 0;
  return new Descriptor(p.implicit.load32(at), p.implicit.load32((at + 4) | 0), at);
}

/** The same, or the fault with the selector as its error code (`ext`: 1 while an external event is delivered). */
export function readDescriptor(p: Processor, selector: number, vector: Vector = Vector.GP, ext = 0): Descriptor {
  const d = findDescriptor(p, selector);
  if (!d) throw new GuestFault(vector, (selector & 0xfffc) | ext);
  return d;
}

/** Set bits in the high word of a descriptor in memory: accessed, busy. */
export function markDescriptor(p: Processor, d: Descriptor, bits: number): void {
  if ((d.high & bits) !== bits) p.implicit.store8((d.address + 5) | 0, ((d.high | bits) >>> 8) & 0xff);
}
