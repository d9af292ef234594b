import { Vector } from "../../../ir/memory.js";
import {
  CR0_AM, CR0_CD, CR0_EM, CR0_ET, CR0_MP, CR0_NE, CR0_NW, CR0_PE, CR0_PG, CR0_TS, CR0_WP, CR4_DE, CR4_MCE, CR4_OSFXSR, CR4_OSXMMEXCPT, CR4_OSXSAVE, CR4_PAE, CR4_PCE,
  CR4_PGE, CR4_PSE, CR4_SMAP, CR4_SMEP, CR4_TSD, CR4_UMIP, EFER_LMA, EFER_LME, EFER_NX, EFER_SCE,
} from "./bits.js";
import { fault, gp, type Processor } from "./processor.js";
import { refreshBounds } from "./segment.js";

/** Writes of control registers and EFER: reserved bits, and what may change in which order (Intel SDM vol. 3, 2.5, 2.2.1, 4.1). */

const CR0_BITS = CR0_PE | CR0_MP | CR0_EM | CR0_TS | CR0_ET | CR0_NE | CR0_WP | CR0_AM | CR0_NW | CR0_CD | CR0_PG;
/** Without VME and PVI (virtual-8086 mode has no extensions), as CPUID says. */
const CR4_BITS = CR4_TSD | CR4_DE | CR4_PSE | CR4_PAE | CR4_MCE | CR4_PGE | CR4_PCE | CR4_OSFXSR | CR4_OSXMMEXCPT | CR4_UMIP | CR4_OSXSAVE | CR4_SMEP | CR4_SMAP;
/** No long mode yet. SCE can be set, but SYSCALL exists in long mode only. */
const EFER_BITS = EFER_NX | EFER_SCE;

export function readControl(p: Processor, index: number): number {
  switch (index) {
    case 0: return p.mmu.cr0;
    case 2: return p.cr2;
    case 3: return p.mmu.cr3;
    case 4: return p.mmu.cr4;
    default: return fault(Vector.UD);
  }
}

export function writeControl(p: Processor, index: number, value: number): void {
  switch (index) {
    case 0: return writeCr0(p, value);
    case 2:
      p.cr2 = value;
      return;
    case 3: return p.mmu.writeCr3(value);
    case 4:
      if (value & ~CR4_BITS) gp();
      if (p.mmu.efer & EFER_LMA && !(value & CR4_PAE)) gp();
      return p.mmu.writeCr4(value);
    default: fault(Vector.UD);
  }
}

export function writeCr0(p: Processor, value: number): void {
  // Reserved bits below 32 are ignored, ET is 1.
  value = (value & CR0_BITS) | CR0_ET;
  if (value & CR0_PG && !(value & CR0_PE)) gp();
  if (value & CR0_NW && !(value & CR0_CD)) gp();
  if (value & CR0_PG && p.mmu.efer & EFER_LME && !(p.mmu.cr4 & CR4_PAE)) gp();
  const pe = (p.mmu.cr0 ^ value) & CR0_PE;
  p.mmu.writeCr0(value);
  if (pe) refreshBounds(p);
}

/** LMSW: the low four bits; PE can be set, not cleared. */
export function loadStatusWord(p: Processor, value: number): void {
  const { cr0 } = p.mmu;
  writeCr0(p, (cr0 & ~0xe) | (value & 0xf));
}

export function clearTaskSwitched(p: Processor): void {
  p.mmu.writeCr0(p.mmu.cr0 & ~CR0_TS);
}

export function writeEfer(p: Processor, low: number, high: number): void {
  if (high !== 0 || low & ~(EFER_BITS | (p.mmu.efer & EFER_LMA))) gp();
  if (p.mmu.cr0 & CR0_PG && (low ^ p.mmu.efer) & EFER_LME) gp();
  p.mmu.writeEfer(low);
}
