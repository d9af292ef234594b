import { FCS, FCW, FDP, FDS, FIP, FOP, FSW, FTOP, FTW, GPR, MXCSR, PC, SEG_ATTR, SEG_BASE, SEG_LIMIT, SEG_SEL, ST, XMM } from "../../ir/state.js";
import type { PhysicalMemory } from "../../mmu/physical.js";
import type { Processor } from "../machine/cpu/processor.js";

/** Two 32-bit FNV-like hashes over words with different multipliers, as 16 hexadecimal digits: to compare end states, not against an adversary. */
export class StateDigest {
  private a = 0x811c9dc5;
  private b = 0x2545f491;

  words(w: Int32Array): void {
    let { a, b } = this;
    for (let i = 0; i < w.length; i++) {
      const x = w[i]!;
      a = Math.imul(a ^ x, 0x01000193);
      b = Math.imul((b << 7 | b >>> 25) ^ x, 0x9e3779b1 | 0);
    }
    this.a = a;
    this.b = b;
  }

  /** What software can see of a processor's registers: not how they are represented, nor the role in use. */
  processor(p: Processor): void {
    const { S, mmu, gdt, idt, ldt, tr, debug } = p;
    const at = (offset: number, words: number): Int32Array => S.subarray(offset >> 2, (offset >> 2) + words);
    this.words(at(GPR, 32));
    this.words(at(SEG_SEL, 6));
    this.words(at(SEG_BASE, 12));
    this.words(at(SEG_LIMIT, 6));
    this.words(at(SEG_ATTR, 6));
    this.words(at(ST, 32));
    this.words(at(XMM, 128));
    this.words(Int32Array.of(...[PC, MXCSR, FCW, FSW, FTOP, FTW, FOP, FIP, FCS, FDS, FDP].map((o) => S[o >> 2]!)));
    this.words(Int32Array.of(p.eflags, mmu.cr0, p.cr2, mmu.cr3, mmu.cr4, mmu.efer, debug.dr6, debug.dr7));
    for (const r of [gdt, idt]) this.words(Int32Array.of(r.base, r.limit));
    for (const r of [ldt, tr]) this.words(Int32Array.of(r.selector, r.base, r.limit, r.attr));
  }

  /** RAM; whole pages of it that are zero count by their number only. */
  memory(m: PhysicalMemory): void {
    const words = new Int32Array(m.buffer, 0, m.ram >> 2);
    for (let page = 0; page < m.ram >> 12; page++) {
      const first = page << 10, end = first + 1024;
      let i = first;
      while (i < end && words[i] === 0) i++;
      if (i === end) continue;
      this.words(Int32Array.of(page));
      this.words(words.subarray(first, end));
    }
  }

  toString(): string {
    return [this.a, this.b].map((x) => (x >>> 0).toString(16).padStart(8, "0")).join("");
  }
}
