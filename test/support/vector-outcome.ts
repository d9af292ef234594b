import { XMM } from "../../src/ir/state.js";
import { DATA, Machine } from "../frontend/harness.js";

/** Run code with the vector registers and 16 words at DATA from `values`, in this order, and some registers. Gives exit, PC, edx, ecx, and the vector registers and words afterwards. */
export function vectorOutcome(tier: "interp" | "jit", code: string, values: () => number, registers: Readonly<Record<string, number>>): number[] {
  const m = new Machine(tier);
  m.load(code);
  for (let k = 0; k < 8 * 4; k++) m.S[(XMM >> 2) + (k >> 2) * 8 + (k & 3)] = values();
  for (let k = 0; k < 16; k++) m.memory.store32(DATA + k * 4, values());
  for (const [name, value] of Object.entries(registers)) m.setReg(name, value);
  const end = m.run();
  const out = [end.exit, end.pc, m.reg("edx"), m.reg("ecx")];
  for (let k = 0; k < 8 * 4; k++) out.push(m.S[(XMM >> 2) + (k >> 2) * 8 + (k & 3)]!);
  for (let k = 0; k < 16; k++) out.push(m.memory.load32(DATA + k * 4));
  return out;
}
