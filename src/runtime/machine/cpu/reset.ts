import { writeEflags } from "../../../ir/eflags.js";
import { init as initX87 } from "../../../ir/lib/x87.js";
import { FCW, FTW, GPR, MXCSR, PC, Reg, SHADOW, Seg, ST, XMM } from "../../../ir/state.js";
import { CR0_CD, CR0_ET, CR0_NW } from "./bits.js";
import { SIGNATURE } from "./cpuid.js";
import type { Processor } from "./processor.js";
import { REAL_ATTR, setSegment } from "./segment.js";

/** The processor after RESET, INIT and SIPI (Intel SDM vol. 3, table 10-1 and 10.1.1). */

/** What both leave behind. */
function common(p: Processor, cr0: number): void {
  const { S } = p;
  p.mmu.init(cr0);
  for (let k = 0; k < 8; k++) S[(GPR >> 2) + k * 2] = 0;
  S[(GPR >> 2) + Reg.EDX * 2] = SIGNATURE;
  writeEflags(S, 2);
  S[PC >> 2] = 0xfff0;
  S[SHADOW >> 2] = 0;
  for (const seg of [Seg.ES, Seg.SS, Seg.DS, Seg.FS, Seg.GS]) setSegment(p, seg, 0, 0, 0xffff, REAL_ATTR);
  setSegment(p, Seg.CS, 0xf000, 0xffff0000 | 0, 0xffff, REAL_ATTR);
  Object.assign(p.gdt, { base: 0, limit: 0xffff });
  Object.assign(p.idt, { base: 0, limit: 0xffff });
  Object.assign(p.ldt, { selector: 0, base: 0, limit: 0xffff, attr: 0x8200 });
  Object.assign(p.tr, { selector: 0, base: 0, limit: 0xffff, attr: 0x8b00 });
  p.cr2 = 0;
  p.debug.reset();
  p.cpl = 0;
}

export function reset(p: Processor): void {
  const { S } = p;
  common(p, CR0_CD | CR0_NW | CR0_ET);
  initX87(S);
  // As after power-up, not as after FNINIT: every register holds 0.
  S.fill(0, ST >> 2, (ST >> 2) + 32);
  S[FCW >> 2] = 0x40;
  S[FTW >> 2] = 0xff;
  S.fill(0, XMM >> 2, (XMM >> 2) + 128);
  S[MXCSR >> 2] = 0x1f80;
  p.xcr0 = 1;
  p.msrs.reset();
}

/** x87, SSE, XCR0 and the MSRs but EFER stay; so do CR0.CD and NW. */
export function init(p: Processor): void {
  common(p, (p.mmu.cr0 & (CR0_CD | CR0_NW)) | CR0_ET);
}

/** Start-up IPI to a processor that waits for it after INIT. */
export function startUp(p: Processor, vector: number): void {
  setSegment(p, Seg.CS, vector << 8, vector << 12, 0xffff, REAL_ATTR);
  p.S[PC >> 2] = 0;
}
