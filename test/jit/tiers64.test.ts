import { describe, expect, it } from "vitest";
import { readEflags } from "../../src/ir/eflags.js";
import { Exit } from "../../src/ir/exit.js";
import { GPR, PC } from "../../src/ir/state.js";
import { DecodeStatus, InsnDecoder, Mnemonic } from "../../src/frontend/decode.js";
import { isSupported } from "../../src/frontend/lift/index.js";
import { USER64 } from "../../src/frontend/mode.js";
import { CODE, DATA, DATA_SIZE, makeGuest, runGuest, STACK } from "../support/guest.js";

// The same as tiers.test.ts for 64-bit code: i64 in the interpreter, pairs of words in compiled regions.

/** xorshift32 */
function random(seed: number): () => number {
  let x = seed || 1;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x >>> 0;
  };
}

/** Opcodes with a ModRM byte and no immediate, then those with an 8-bit one, then plain ones. */
const MODRM = [0x00, 0x01, 0x02, 0x03, 0x08, 0x09, 0x0a, 0x0b, 0x10, 0x11, 0x12, 0x13, 0x18, 0x19, 0x1a, 0x1b, 0x20, 0x21, 0x22, 0x23, 0x28, 0x29, 0x2a, 0x2b,
  0x30, 0x31, 0x32, 0x33, 0x38, 0x39, 0x3a, 0x3b, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8b, 0x8d, 0xd0, 0xd1, 0xd2, 0xd3, 0xfe, 0xff, 0x63, 0xf7];
const MODRM8 = [0x80, 0x83, 0x83, 0x6b, 0xc0, 0xc1, 0xc6];
const MODRM_0F = [0x40, 0x42, 0x44, 0x46, 0x48, 0x4a, 0x4c, 0x4e, 0x90, 0x92, 0x94, 0x96, 0x98, 0x9a, 0x9c, 0x9f, 0xa3, 0xab, 0xb3, 0xbb, 0xa5, 0xad, 0xaf, 0xb0, 0xb1,
  0xb6, 0xb7, 0xbe, 0xbf, 0xc0, 0xc1, 0xbc, 0xbd, 0xaf];
const PLAIN = [0x50, 0x51, 0x53, 0x58, 0x59, 0x5b, 0x90, 0x91, 0x92, 0x98, 0x99, 0x9c, 0x9e, 0x9f, 0xf5, 0xf8, 0xf9];

function instruction(r: () => number, room: number): number[] {
  const bytes: number[] = [];
  if (r() % 8 === 0) bytes.push(0x66);
  const kind = r() % 20;
  // mostly 64 bits; R, X and B reach the upper registers
  if (r() % 8) bytes.push(0x40 | (r() % 3 ? 8 : 0) | (r() % 3 ? 0 : r() & 5));
  const pick = (a: readonly number[]): number => a[r() % a.length]!;
  const modrm = (): void => {
    // register form, [esi + disp8], [edi*2 + disp32], [ebp + disp8]
    const reg = (r() & 7) << 3;
    switch (r() % 4) {
      case 0: bytes.push(0x46 | reg, r() & 0x7f); break;
      case 1: bytes.push(0x45 | reg, r() & 0xff); break;
      default: bytes.push(0xc0 | reg | (r() & 7));
    }
  };
  if (kind < 9) {
    bytes.push(pick(MODRM));
    modrm();
  } else if (kind < 12) {
    bytes.push(pick(MODRM8));
    modrm();
    bytes.push(r() & 0xff);
  } else if (kind < 15) {
    bytes.push(0x0f, pick(MODRM_0F));
    modrm();
  } else if (kind < 18) bytes.push(pick(PLAIN));
  else {
    // a short jump forward, within the program
    bytes.length = 0;
    bytes.push(0x70 | (r() & 15), Math.min(room, r() % 12));
  }
  return bytes;
}

/** What leaves the program. */
const AWAY: ReadonlySet<Mnemonic> = new Set([Mnemonic.Jmp, Mnemonic.Call]);

/** A loop of about `length` random instructions, counted in memory. */
function program(r: () => number, length: number): number[] {
  const body: number[][] = [];
  while (body.length < length) {
    const bytes = instruction(r, 0);
    const d = new InsnDecoder(USER64, Uint8Array.from(bytes), CODE);
    const insn = d.next();
    const ok = insn && d.status === DecodeStatus.ok && insn.length === bytes.length && isSupported(insn.mnemonic) && !AWAY.has(insn.mnemonic);
    d.free();
    if (ok) body.push(bytes);
  }
  // Jumps skip whole instructions.
  body.forEach((b, i) => {
    if (b.length === 2 && (b[0]! & 0xf0) === 0x70) {
      const skip = r() % 3;
      b[1] = body.slice(i + 1, i + 1 + skip).reduce((n, x) => n + x.length, 0);
    }
  });
  // Flags and ESP survive the loop's own counting: esp is set again, the counter is memory at DATA + 0x2ff0.
  const code = [0xbc, ...le(STACK + 0x800), 0xbe, ...le(DATA + 0x100), 0xbd, ...le(DATA + 0xff8), ...body.flat()];
  const back = code.length + 10 + 7;
  code.push(0x9c, 0x5a, 0x89, 0x14, 0x25, ...le(DATA + 0x2fe0), 0x90); // pushfq; pop rdx; mov [..], edx; nop
  code.push(0xff, 0x0c, 0x25, ...le(DATA + 0x2ff0)); // dec dword [counter]
  code.push(0x0f, 0x85, ...le(-(back + 6))); // jnz start
  return code;
}

function le(n: number): number[] {
  return [n & 255, (n >> 8) & 255, (n >> 16) & 255, (n >> 24) & 255];
}

/** FNV-1a: short in a failure's message. */
function digest(bytes: Uint8Array): number {
  let h = 0x811c9dc5;
  for (const b of bytes) h = Math.imul(h ^ b, 0x01000193);
  return h >>> 0;
}

describe("tier 0 and tier 1 agree on 64-bit code", () => {
  for (let batch = 0; batch < 8; batch++) {
    it(`on random loops, batch ${batch}`, () => {
      for (let k = 0; k < 40; k++) {
        const seed = 0x9e3779b9 * (batch * 40 + k + 1);
        const r = random(seed | 0);
        const code = program(r, 3 + (r() % 14));
        const init = Array.from({ length: 32 }, (_, i) => (i % 2 && r() % 3 ? (r() % 2 ? 0 : -1) : r()));
        const run = (tier: "interp" | "jit" | "auto", threshold?: number) => {
          const g = makeGuest(code, tier, threshold, USER64);
          const fill = random(seed ^ 0x55aa);
          for (let i = 0; i < DATA_SIZE; i += 4) g.memory.store32(DATA + i, fill());
          g.memory.store32(DATA + 0x2ff0, 9);
          for (let i = 0; i < 32; i++) if (i >> 1 !== 4) g.S[(GPR >> 2) + i] = init[i]!;
          const exit = runGuest(g, 5000);
          return {
            exit: exit === Exit.budget ? Exit.budget : exit,
            pc: g.S[PC >> 2]! >>> 0,
            regs: Array.from({ length: 32 }, (_, i) => g.S[(GPR >> 2) + i]! >>> 0),
            eflags: readEflags(g.S),
            fault: g.cpu.fault && { ...g.cpu.fault },
            instructions: g.cpu.instructions,
            memory: digest(g.memory.bytes.subarray(DATA, DATA + DATA_SIZE)),
            stack: digest(g.memory.bytes.subarray(STACK, STACK + 0x1000)),
          };
        };
        const expected = run("interp");
        const where = `seed ${seed}, code ${Buffer.from(code).toString("hex")}`;
        if (expected.exit === Exit.budget) continue; // a loop that does not end stops at different places
        expect(run("jit"), where).toEqual(expected);
        expect(run("auto", 2), where).toEqual(expected);
      }
    });
  }
});
