import { describe, expect, it } from "vitest";
import { readEflags } from "../../src/ir/eflags.js";
import { Exit } from "../../src/ir/exit.js";
import { GPR, PC } from "../../src/ir/state.js";
import { DecodeStatus, InsnDecoder, Mnemonic } from "../../src/frontend/decode.js";
import { isSupported } from "../../src/frontend/lift/index.js";
import type { Backend } from "../../src/runtime/tiers.js";
import { CODE, DATA, DATA_SIZE, makeGuest, runGuest, STACK } from "./guest.js";
import { xorshift } from "./xorshift.js";

// Random programs run the same in the interpreter (unoptimised IR) and as compiled regions (all passes): registers, flags, memory, faults,
// instruction counts.

/** What random loops are made of in one width of code. */
export interface LoopForm {
  readonly mode: number;
  /** Prefixes of an instruction. */
  readonly prefixes: (r: () => number) => number[];
  /** Opcodes besides those of both widths: with a ModRM byte and no immediate, with an immediate of 8 bits, after 0F with a ModRM byte. */
  readonly modrm: readonly number[];
  readonly modrm8: readonly number[];
  readonly modrm0f: readonly number[];
  /** All opcodes without a ModRM byte. */
  readonly plain: readonly number[];
  /** After the opcode: that an absolute address of 32 bits follows for register or extension `reg`. */
  readonly absolute: (reg: number) => number[];
  /** Words of the state's general registers. */
  readonly words: number;
  /** Their values: of word `i` of `words`. */
  readonly word: (r: () => number, i: number) => number;
}

const MODRM = [0x00, 0x01, 0x02, 0x03, 0x08, 0x09, 0x0a, 0x0b, 0x10, 0x11, 0x12, 0x13, 0x18, 0x19, 0x1a, 0x1b, 0x20, 0x21, 0x22, 0x23, 0x28, 0x29, 0x2a, 0x2b,
  0x30, 0x31, 0x32, 0x33, 0x38, 0x39, 0x3a, 0x3b, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8b, 0x8d, 0xd0, 0xd1, 0xd2, 0xd3, 0xfe];
const MODRM8 = [0x80, 0x83, 0x6b, 0xc0, 0xc1, 0xc6];
const MODRM_0F = [0x40, 0x42, 0x44, 0x46, 0x48, 0x4a, 0x4c, 0x4e, 0x90, 0x92, 0x94, 0x96, 0x98, 0x9a, 0x9c, 0x9f, 0xa3, 0xab, 0xb3, 0xbb, 0xa5, 0xad, 0xaf, 0xb0, 0xb1,
  0xb6, 0xb7, 0xbe, 0xbf, 0xc0, 0xc1, 0xbc, 0xbd];
/** What leaves the program. */
const AWAY: ReadonlySet<Mnemonic> = new Set([Mnemonic.Jmp, Mnemonic.Call]);
const ESP = 4;
/** So many of a batch's 40 loops end at least. */
const LEAST_ENDED = 30;

class Program {
  private readonly modrms: readonly number[];
  private readonly modrms8: readonly number[];
  private readonly modrms0f: readonly number[];

  constructor(private readonly form: LoopForm, private readonly r: () => number) {
    this.modrms = [...MODRM, ...form.modrm];
    this.modrms8 = [...MODRM8, ...form.modrm8];
    this.modrms0f = [...MODRM_0F, ...form.modrm0f];
  }

  private pick(from: readonly number[]): number {
    return from[this.r() % from.length]!;
  }

  /** Register form, [esi + disp8] or [ebp + disp8]. */
  private modrm(): number[] {
    const { r } = this;
    const reg = (r() & 7) << 3;
    switch (r() % 4) {
      case 0: return [0x46 | reg, r() & 0x7f];
      case 1: return [0x45 | reg, r() & 0xff];
      default: return [0xc0 | reg | (r() & 7)];
    }
  }

  private instruction(): number[] {
    const { r } = this;
    const prefixes = this.form.prefixes(r);
    const kind = r() % 20;
    if (kind < 9) return [...prefixes, this.pick(this.modrms), ...this.modrm()];
    if (kind < 12) return [...prefixes, this.pick(this.modrms8), ...this.modrm(), r() & 0xff];
    if (kind < 15) return [...prefixes, 0x0f, this.pick(this.modrms0f), ...this.modrm()];
    if (kind < 18) return [...prefixes, this.pick(this.form.plain)];
    // A short jump forward; `loop` says how far.
    return [0x70 | (r() & 15), 0];
  }

  private isGood(bytes: readonly number[]): boolean {
    const d = new InsnDecoder(this.form.mode, Uint8Array.from(bytes), CODE);
    const insn = d.next();
    const good = insn !== null && d.status === DecodeStatus.ok && insn.length === bytes.length && isSupported(insn.mnemonic) && !AWAY.has(insn.mnemonic);
    d.free();
    return good;
  }

  /** A loop of `length` random instructions, counted in memory. */
  loop(length: number): number[] {
    const { r, form } = this;
    const body: number[][] = [];
    while (body.length < length) {
      const bytes = this.instruction();
      if (this.isGood(bytes)) body.push(bytes);
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
    code.push(0x9c, 0x5a, 0x89, ...form.absolute(2), ...le(DATA + 0x2fe0), 0x90); // pushf; pop edx; mov [..], edx; nop
    code.push(0xff, ...form.absolute(1), ...le(DATA + 0x2ff0)); // dec dword [counter]
    code.push(0x0f, 0x85, ...le(-(code.length + 6))); // jnz start
    return code;
  }
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

/** Tests that both tiers run random loops of this form alike, the second with either backend. */
export function tiersAgree(title: string, form: LoopForm): void {
  describe(title, () => {
    for (let batch = 0; batch < 8; batch++) {
      it(`on random loops, batch ${batch}`, () => {
        let ended = 0;
        for (let k = 0; k < 40; k++) if (runsAlike(form, 0x9e3779b9 * (batch * 40 + k + 1))) ended++;
        expect(ended).toBeGreaterThanOrEqual(LEAST_ENDED);
      });
    }
  });
}

/** false: it does not end, and stops at different places. */
function runsAlike(form: LoopForm, seed: number): boolean {
  const r = xorshift((seed | 0) || 1);
  const code = new Program(form, r).loop(3 + (r() % 14));
  const init = Array.from({ length: form.words }, (_, i) => form.word(r, i));
  // The state has two words for each register.
  const stride = form.words === 8 ? 2 : 1, word = (i: number): number => (GPR >> 2) + i * stride;
  const run = (tier: "interp" | "jit" | "auto", threshold?: number, backend?: Backend): object => {
    const g = makeGuest(code, tier, threshold, form.mode, backend);
    const fill = xorshift((seed ^ 0x55aa) || 1);
    for (let i = 0; i < DATA_SIZE; i += 4) g.memory.store32(DATA + i, fill());
    g.memory.store32(DATA + 0x2ff0, 9);
    for (let i = 0; i < form.words; i++) if ((i * stride) >> 1 !== ESP) g.S[word(i)] = init[i]!;
    const exit = runGuest(g, 5000);
    return {
      exit,
      pc: g.S[PC >> 2]! >>> 0,
      regs: init.map((_, i) => g.S[word(i)]! >>> 0),
      eflags: readEflags(g.S),
      fault: g.cpu.fault && { ...g.cpu.fault },
      instructions: g.cpu.instructions,
      memory: digest(g.memory.bytes.subarray(DATA, DATA + DATA_SIZE)),
      stack: digest(g.memory.bytes.subarray(STACK, STACK + 0x1000)),
    };
  };
  const expected = run("interp") as { readonly exit: Exit };
  const where = `seed ${seed}, code ${Buffer.from(code).toString("hex")}`;
  if (expected.exit === Exit.budget) return false;
  expect(run("jit"), where).toEqual(expected);
  expect(run("auto", 2), where).toEqual(expected);
  expect(run("jit", undefined, "wasm"), where).toEqual(expected);
  expect(run("auto", 2, "wasm"), where).toEqual(expected);
  return true;
}
