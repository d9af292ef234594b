import { GuestFault, Vector } from "../../../ir/memory.js";
import { GPR, Reg, Seg, SEG_ATTR, SEG_BASE, SEG_LIMIT } from "../../../ir/state.js";
import { A_DB } from "./bits.js";
import { inLimit } from "./segment.js";
import type { Processor } from "./processor.js";

/**
 * A stack on the side: pushes and pops move its own pointer, and the processor's changes only at `commit`, so a transfer that faults on the
 * way has changed no register.
 */
export class Stack {
  private readonly wide: boolean;

  constructor(
    private readonly p: Processor,
    private readonly base: number,
    private readonly limit: number,
    private readonly attr: number,
    public sp: number,
    /** Error code of #SS: 0 on the current stack, the selector of a new one. */
    private readonly code = 0,
  ) {
    this.wide = (attr & A_DB) !== 0;
    if (!this.wide) this.sp &= 0xffff;
  }

  static current(p: Processor, code = 0): Stack {
    const { S } = p;
    return new Stack(p, S[(SEG_BASE >> 2) + Seg.SS * 2]!, S[(SEG_LIMIT >> 2) + Seg.SS]!, S[(SEG_ATTR >> 2) + Seg.SS]!, p.esp, code);
  }

  push(size: number, value: number): void {
    const sp = this.moved(-size);
    const at = this.check(sp, size);
    if (size === 2) this.p.memory.store16(at, value);
    else this.p.memory.store32(at, value);
    this.sp = sp;
  }

  /** Value of 16 bits zero-extended, or int32. */
  pop(size: number): number {
    const at = this.check(this.sp, size);
    const value = size === 2 ? this.p.memory.load16(at) : this.p.memory.load32(at);
    this.sp = this.moved(size);
    return value;
  }

  skip(bytes: number): void {
    this.sp = this.moved(bytes);
  }

  private moved(by: number): number {
    return this.wide ? (this.sp + by) | 0 : (this.sp + by) & 0xffff;
  }

  private check(sp: number, size: number): number {
    if (!inLimit(this.attr, this.limit, sp, size)) throw new GuestFault(Vector.SS, this.code);
    return (this.base + sp) | 0;
  }

  /** Make its pointer the processor's; the upper half of ESP stays on a 16-bit stack. */
  commit(): void {
    const i = (GPR >> 2) + Reg.ESP * 2;
    this.p.S[i] = this.wide ? this.sp : (this.p.S[i]! & 0xffff0000) | this.sp;
  }
}
