import { GPR, GPR_NAMES, PC, SEG_ATTR, SEG_BASE, SEG_LIMIT, SEG_NAMES, SEG_SEL } from "../../../ir/state.js";
import { roleName } from "../../../mmu/role.js";
import type { Processor } from "./processor.js";

function hex(n: number, digits = 8): string {
  return (n >>> 0).toString(16).padStart(digits, "0");
}

/** Registers as text for people. */
export function dumpProcessor(p: Processor): string {
  const { S, mmu } = p;
  const general = GPR_NAMES.slice(0, 8).map((n, k) => `${n}=${hex(S[(GPR >> 2) + k * 2]!)}`);
  const lines = [
    `vCPU ${p.id}: eip=${hex(S[PC >> 2]!)} eflags=${hex(p.eflags)} cpl=${p.cpl} ${roleName(mmu.context.role)}`,
    general.slice(0, 4).join(" "),
    general.slice(4).join(" "),
    ...SEG_NAMES.map((n, k) =>
      `${n}=${hex(S[(SEG_SEL >> 2) + k]!, 4)} base=${hex(S[(SEG_BASE >> 2) + k * 2]!)} limit=${hex(S[(SEG_LIMIT >> 2) + k]!)} attr=${hex(S[(SEG_ATTR >> 2) + k]!, 6)}`),
    ...(["ldt", "tr"] as const).map((n) => `${n}=${hex(p[n].selector, 4)} base=${hex(p[n].base)} limit=${hex(p[n].limit)} attr=${hex(p[n].attr, 6)}`),
    `gdt=${hex(p.gdt.base)}+${hex(p.gdt.limit, 4)} idt=${hex(p.idt.base)}+${hex(p.idt.limit, 4)}`,
    `cr0=${hex(mmu.cr0)} cr2=${hex(p.cr2)} cr3=${hex(mmu.cr3)} cr4=${hex(mmu.cr4)} efer=${hex(mmu.efer)}`,
    `dr6=${hex(p.debug.dr6)} dr7=${hex(p.debug.dr7)}`,
  ];
  return lines.join("\n");
}
