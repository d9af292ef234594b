import type { DisassembledInsn } from "../../frontend/disassemble.js";

/** A disassembly listing: what source maps lead to. */
export interface Listing {
  readonly text: string;
  /** Line (from 1) of the instruction at an unsigned PC. */
  readonly lines: ReadonlyMap<number, number>;
}

const hex8 = (n: number): string => `0x${(n >>> 0).toString(16).padStart(8, "0")}`;

/** One line of assembly: address, bytes, text. */
export function asmLine(i: DisassembledInsn): string {
  const bytes = Array.from(i.bytes, (x) => x.toString(16).padStart(2, "0")).join(" ");
  return `${hex8(i.pc)}  ${bytes.padEnd(23)}  ${i.text}`;
}

/**
 * Instructions in order of address, each once, below `title` (a line of its own, for what belongs to no instruction). `label`: the name of what begins
 * at an address, or null.
 */
export function makeListing(title: string, insns: Iterable<DisassembledInsn>, label: (pc: number) => string | null): Listing {
  const unique = new Map<number, DisassembledInsn>();
  for (const i of insns) if (!unique.has(i.pc >>> 0)) unique.set(i.pc >>> 0, i);
  const out = [`; ${title}`];
  const lines = new Map<number, number>();
  let end = -1;
  for (const [pc, i] of [...unique].sort(([a], [b]) => a - b)) {
    const name = label(pc);
    if (name !== null) out.push("", `${name}:`);
    else if (end >= 0 && end !== pc) out.push("");
    out.push(asmLine(i));
    lines.set(pc, out.length);
    end = pc + i.bytes.length;
  }
  return { text: `${out.join("\n")}\n`, lines };
}
