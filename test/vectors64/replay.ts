import { USER64 } from "../../src/frontend/mode.js";
import { readEflags, writeEflags } from "../../src/ir/eflags.js";
import { Vector } from "../../src/ir/memory.js";
import { type CpuState, GPR, GPR64_NAMES, PC, Seg, SEG_BASE } from "../../src/ir/state.js";
import { FS_BASE } from "../vectors/layout.js";
import { hex, type Replayer } from "../vectors/replaying.js";
import { CASES, type Family } from "./cases.js";
import type { Encoding } from "./encode.js";
import { type Case, type Fault, Image, type Outcome } from "./layout.js";
import { type Mask, maskOf } from "./masks.js";
import { readOutcome } from "./store.js";

function load(state: CpuState, i: Image): void {
  const { S, bytes } = state;
  bytes.set(i.bytes.subarray(0, 128), GPR);
  S[PC >> 2] = Number(i.rip);
  writeEflags(S, i.rflags);
  S[(SEG_BASE >> 2) + 2 * Seg.GS] = FS_BASE;
}

function save(state: CpuState): Image {
  const { S, bytes } = state;
  const i = new Image();
  i.bytes.set(bytes.subarray(GPR, GPR + 128));
  i.rip = BigInt(S[PC >> 2]! >>> 0);
  i.rflags = readEflags(S);
  return i;
}

function faultText(f: Fault, mask: Mask): string {
  if (f.vector !== Vector.PF) return `#${f.vector} error ${f.errorCode}`;
  return mask.anyPage ? "#PF" : `#PF error ${f.errorCode} at ${hex(f.address)}`;
}

export const REPLAYER64: Replayer<Family, Encoding, Case, Outcome, Image, Mask> = {
  bits: 64, mode: USER64, here: import.meta.dirname, registers: GPR64_NAMES, cases: CASES, readOutcome, maskOf, load, save,
  pc: ["rip", (i) => i.rip], flags: ["rflags", (i) => i.rflags],
  faultText: (f, mask) => faultText({ vector: f.vector, errorCode: f.errorCode, address: (BigInt(f.addressHigh) << 32n) | BigInt(f.address >>> 0) }, mask),
  recordedFaultText: faultText,
};
