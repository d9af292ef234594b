import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { USER32 } from "../../src/frontend/mode.js";
import { readEflags, writeEflags } from "../../src/ir/eflags.js";
import { fullTag } from "../../src/ir/lib/x87-env.js";
import { reg, setControlWord, setStatusWord, statusWord } from "../../src/ir/lib/x87.js";
import { FCW, FTW, GPR, Reg } from "../../src/ir/state.js";
import { Perm } from "../../src/mmu/perm.js";
import { UserMemory } from "../../src/mmu/user-memory.js";
import { Executor, type TestTier } from "../support/execute.js";

/**
 * Replays what a processor (AMD family 19h) recorded by test/native/x87-record.c: every x87 instruction that leaves its operand at [ebx] or in
 * registers. A record is the instruction, then before and after: FNSAVE image, memory, EFLAGS.
 */
const RECORD = 2 + 2 * 220;
const file = gunzipSync(readFileSync(new URL("x87.bin.gz", import.meta.url)));
const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
const CODE = 0x1000, DATA = 0x2000;
/** Transcendentals: processors differ in the last place, and so in C1. */
const APPROXIMATE = new Set([0xf0, 0xf1, 0xf2, 0xf3, 0xf9, 0xfb, 0xfe, 0xff]);
const C1 = 0x200;

function loadState(S: Int32Array, at: number): void {
  S.fill(0);
  const tags = view.getUint16(at + 8, true);
  let used = 0;
  for (let k = 0; k < 8; k++) if (((tags >> (2 * k)) & 3) !== 3) used |= 1 << k;
  S[FTW >> 2] = used;
  setControlWord(S, view.getUint16(at, true));
  setStatusWord(S, view.getUint16(at + 4, true));
  for (let k = 0; k < 8; k++) {
    const r = reg(S, k), p = at + 28 + k * 10;
    S[r] = view.getInt32(p, true);
    S[r + 1] = view.getInt32(p + 4, true);
    S[r + 2] = view.getUint16(p + 8, true);
  }
  writeEflags(S, view.getInt32(at + 216, true));
  S[(GPR >> 2) + Reg.EBX * 2] = DATA;
}

/** Sign, exponent and significand as one integer, in which neighbours are neighbouring numbers. */
function ordinal(lo: number, hi: number, se: number): bigint {
  return (BigInt(se) << 63n) | (BigInt((hi & 0x7fffffff) >>> 0) << 32n) | BigInt(lo >>> 0);
}

/** How the state differs from the recorded one, "" if it does not. */
function difference(S: Int32Array, memory: Uint8Array, at: number, approximate: boolean, imageStored: boolean): string {
  const out: string[] = [];
  const check = (what: string, got: number, want: number): void => {
    if (got !== want) out.push(`${what} ${got.toString(16)}, recorded ${want.toString(16)}`);
  };
  check("control", S[FCW >> 2]!, view.getUint16(at, true));
  check("status", statusWord(S) & ~(approximate ? C1 : 0), view.getUint16(at + 4, true) & ~(approximate ? C1 : 0));
  check("tags", fullTag(S), view.getUint16(at + 8, true));
  check("eflags", readEflags(S) & 0x8d5, view.getInt32(at + 216, true));
  for (let k = 0; k < 8; k++) {
    const r = reg(S, k), p = at + 28 + k * 10;
    const d = ordinal(S[r]!, S[r + 1]!, S[r + 2]!) - ordinal(view.getInt32(p, true), view.getInt32(p + 4, true), view.getUint16(p + 8, true));
    if (d > 1n || d < -1n || (d !== 0n && !approximate)) out.push(`st${k} off by ${d}`);
  }
  for (let k = 0; k < 108; k++) {
    // FNSTENV and FNSAVE: the pointers are those of another process
    if (imageStored && k >= 12 && k < 28) continue;
    check(`memory ${k}`, memory[DATA + k]!, file[at + 108 + k]!);
  }
  return out.join("; ");
}

function isImageStore(op: number, modrm: number): boolean {
  return modrm < 0xc0 && (modrm >> 3) === 6 && (op === 0xd9 || op === 0xdd);
}

describe.each<TestTier>(["interp", "jit"])("x87 instructions as recorded, %s", (tier) => {
  const memory = new UserMemory(1 << 16);
  memory.map(CODE, 0x1000, Perm.READ | Perm.EXEC);
  memory.map(DATA, 0x1000, Perm.READ | Perm.WRITE);
  const cpu = new Executor(memory);
  const { S } = cpu.state;
  const prepared = new Map<number, () => unknown>();
  const run = (op: number, modrm: number): unknown => {
    const key = (op << 8) | modrm;
    let fn = prepared.get(key);
    if (!fn) {
      memory.bytes.set([op, modrm, 0x90], CODE);
      prepared.set(key, (fn = cpu.prepare(tier, CODE, USER32, 1)));
    }
    return fn();
  };

  for (let op = 0xd8; op <= 0xdf; op++) {
    it(`opcode ${op.toString(16)}`, () => {
      const wrong: string[] = [];
      let count = 0;
      for (let p = 0; p + RECORD <= file.length; p += RECORD) {
        if (file[p] !== op) continue;
        const modrm = file[p + 1]!;
        const before = p + 2, after = before + 220;
        loadState(S, before);
        memory.bytes.set(file.subarray(before + 108, before + 216), DATA);
        const fault = run(op, modrm);
        const d = fault ? "faults" : difference(S, memory.bytes, after, op === 0xd9 && APPROXIMATE.has(modrm), isImageStore(op, modrm));
        if (d) wrong.push(`record ${p / RECORD}, ${op.toString(16)} ${modrm.toString(16)}: ${d}`);
        count++;
      }
      expect(wrong).toEqual([]);
      expect(count).toBeGreaterThan(200);
    });
  }
});
