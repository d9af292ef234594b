import { USER32 } from "../../src/frontend/mode.js";
import { readEflags, writeEflags } from "../../src/ir/eflags.js";
import { Vector } from "../../src/ir/memory.js";
import { type CpuState, GPR, GPR_NAMES, PC, Seg, SEG_BASE, SEG_LIMIT, SEG_SEL } from "../../src/ir/state.js";
import { CASES } from "./cases.js";
import type { Family } from "./codes.js";
import type { Encoding } from "./encode.js";
import { type Case, FS_BASE, Image, type Outcome } from "./layout.js";
import { type Mask, maskOf } from "./masks.js";
import { hex, type Replayer } from "./replaying.js";
import { readOutcome } from "./store.js";

function load(state: CpuState, i: Image, selectors: readonly number[]): void {
  const { S } = state;
  for (let r = 0; r < 8; r++) S[(GPR >> 2) + 2 * r] = i.gpr(r);
  S[PC >> 2] = i.eip;
  writeEflags(S, i.eflags);
  const [ds, cs, ss, fs, gs] = selectors as [number, number, number, number, number];
  [ds, cs, ss, ds, fs, gs].forEach((sel, seg) => {
    S[(SEG_SEL >> 2) + seg] = sel;
    S[(SEG_LIMIT >> 2) + seg] = -1;
  });
  S[(SEG_BASE >> 2) + 2 * Seg.FS] = FS_BASE;
}

function save(state: CpuState): Image {
  const { S } = state;
  const i = new Image();
  for (let r = 0; r < 8; r++) i.setGpr(r, S[(GPR >> 2) + 2 * r]!);
  i.eip = S[PC >> 2]!;
  i.eflags = readEflags(S);
  return i;
}

function faultText(f: { readonly vector: number; readonly errorCode: number; readonly address: number }, mask: Mask): string {
  return `#${f.vector} error ${f.errorCode}${f.vector === Vector.PF ? ` at ${hex(f.address & mask.faultAddress)}` : ""}`;
}

export const REPLAYER: Replayer<Family, Encoding, Case, Outcome, Image, Mask> = {
  bits: 32, mode: USER32, here: import.meta.dirname, registers: GPR_NAMES.slice(0, 8), cases: CASES, readOutcome, maskOf, load, save,
  pc: ["eip", (i) => i.eip], flags: ["eflags", (i) => i.eflags], faultText, recordedFaultText: faultText,
};
