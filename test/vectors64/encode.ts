import { Code, Encoder, Instruction, OpCodeOperandKind as K, OpKind, Register } from "iced-x86";
import type { CodeSpec } from "../vectors/codes.js";
import { IS_MEMORY, setRegister } from "../vectors/encode.js";
import { CODE, DATA, DATA_BYTES } from "../vectors/layout.js";
import type { Random } from "../vectors/random.js";
import { int16, int32, int8 } from "../vectors/values.js";
import { int64 } from "./values.js";

/** A memory operand with a ModRM byte, or an offset: a formula over the general registers (encoding order; -1: none). */
export interface MemoryForm {
  readonly base: number;
  readonly index: number;
  readonly scale: number;
  /** The address itself where there is no register. */
  readonly disp: bigint;
  readonly addressSize: 4 | 8;
  readonly gs: boolean;
  readonly rip: boolean;
}

/** One machine instruction of a Code, or a sequence (`count`), of which all but the bytes and the count is the first one's. */
export interface Encoding {
  readonly bytes: Uint8Array;
  readonly pc: number;
  readonly spec: CodeSpec;
  readonly mem: MemoryForm | null;
  /** Implicit address size (string instructions, xlat, maskmov, loop), and whether GS overrides the source's segment. */
  readonly addressSize: 4 | 8;
  readonly gs: boolean;
  readonly rep: "" | "rep" | "repne";
  /** General register number of each explicit register operand (8-bit: the full register it is in), -1 for others. */
  readonly registers: readonly number[];
  /** Vector or MMX register numbers of operands, -1 for others. */
  readonly vectors: readonly number[];
  readonly count: number;
}

const instruction = new Instruction();
const encoder = new Encoder(64);
const BYTES = [
  Register.AL, Register.CL, Register.DL, Register.BL, Register.AH, Register.CH, Register.DH, Register.BH, Register.SPL, Register.BPL, Register.SIL, Register.DIL,
  Register.R8L, Register.R9L, Register.R10L, Register.R11L, Register.R12L, Register.R13L, Register.R14L, Register.R15L,
];

/** A random machine instruction of the form; `memory`: with a memory operand where there is the choice. */
export function encode(spec: CodeSpec, random: Random, memory: boolean): Encoding {
  for (let attempt = 0; attempt < 80; attempt++) {
    const e = tryEncode(spec, random, memory);
    if (e) return e;
  }
  throw new Error(`cannot encode ${spec.name}`);
}

function tryEncode(spec: CodeSpec, random: Random, memory: boolean): Encoding | null {
  const i = instruction;
  i.code = Code.INVALID;
  i.hasLockPrefix = i.hasRepPrefix = i.hasRepnePrefix = false;
  i.segmentPrefix = Register.None;
  i.memoryBase = i.memoryIndex = Register.None;
  i.memoryIndexScale = 1;
  i.memoryDisplSize = 0;
  i.memoryDisplacement = 0n;
  i.code = spec.code;

  // near the end of the first page now and then: the instruction may straddle it
  const pc = random.chance(4) && !spec.waits ? CODE + 4096 - random.range(1, 8) : CODE + 0x400 + random.below(0x400);
  const short = random.chance(/_ECX$/.test(spec.name) ? 100 : /_RCX$/.test(spec.name) ? 0 : 10);
  const addressSize = short ? 4 : 8;
  const gs = random.chance(8);
  const registers: number[] = [], vectors: number[] = [];
  let mem: MemoryForm | null = null, gsUsed = false;
  const { operands } = spec;
  for (let n = 0; n < operands.length; n++) {
    const k = operands[n]!;
    let gpr = -1, vector = -1;
    const register = (first: Register, count: number): number => {
      const r = random.below(count);
      setRegister(i, n, first + r);
      return r;
    };
    if (IS_MEMORY.has(k) && (memory || k === K.mem || k === K.mem_offs)) {
      i.setOpKind(n, OpKind.Memory);
      mem = k === K.mem_offs ? offsetForm(spec, random, addressSize, gs) : memoryForm(random, addressSize, gs, spec);
      setMemory(i, mem, k === K.mem_offs);
      gsUsed = gs;
    } else {
      switch (k) {
        case K.r8_or_mem: case K.r8_reg: case K.r8_opcode: {
          const r = random.below(BYTES.length);
          gpr = r < 8 ? r & 3 : r - 4;
          setRegister(i, n, BYTES[r]!);
          break;
        }
        case K.r16_or_mem: case K.r16_reg: case K.r16_rm: case K.r16_opcode: case K.r16_reg_mem: gpr = register(Register.AX, 16); break;
        case K.r32_or_mem: case K.r32_reg: case K.r32_rm: case K.r32_opcode: case K.r32_reg_mem: gpr = register(Register.EAX, 16); break;
        case K.r64_or_mem: case K.r64_reg: case K.r64_rm: case K.r64_opcode: case K.r64_reg_mem: gpr = register(Register.RAX, 16); break;
        case K.mm_or_mem: case K.mm_reg: case K.mm_rm: vector = register(Register.MM0, 8); break;
        case K.xmm_or_mem: case K.xmm_reg: case K.xmm_rm: vector = register(Register.XMM0, 16); break;
        case K.sti_opcode: register(Register.ST0, 8); break;
        case K.st0: setRegister(i, n, Register.ST0); break;
        case K.al: gpr = 0; setRegister(i, n, Register.AL); break;
        case K.cl: gpr = 1; setRegister(i, n, Register.CL); break;
        case K.ax: gpr = 0; setRegister(i, n, Register.AX); break;
        case K.dx: gpr = 2; setRegister(i, n, Register.DX); break;
        case K.eax: gpr = 0; setRegister(i, n, Register.EAX); break;
        case K.rax: gpr = 0; setRegister(i, n, Register.RAX); break;
        case K.imm8: i.setOpKind(n, OpKind.Immediate8); i.immediate8 = immediate8(spec, random); break;
        case K.imm8_const_1: i.setOpKind(n, OpKind.Immediate8); i.immediate8 = 1; break;
        case K.imm8sex16: i.setOpKind(n, OpKind.Immediate8to16); i.immediate8to16 = (int8(random) << 24) >> 24; break;
        case K.imm8sex32: i.setOpKind(n, OpKind.Immediate8to32); i.immediate8to32 = (int8(random) << 24) >> 24; break;
        case K.imm8sex64: i.setOpKind(n, OpKind.Immediate8to64); i.immediate8to64 = BigInt((int8(random) << 24) >> 24); break;
        case K.imm16: i.setOpKind(n, OpKind.Immediate16); i.immediate16 = spec.name.startsWith("Ret") ? random.below(64) : int16(random); break;
        case K.imm32: i.setOpKind(n, OpKind.Immediate32); i.immediate32 = int32(random) >>> 0; break;
        case K.imm32sex64: i.setOpKind(n, OpKind.Immediate32to64); i.immediate32to64 = BigInt(int32(random) | 0); break;
        case K.imm64: i.setOpKind(n, OpKind.Immediate64); i.immediate64 = BigInt.asUintN(64, int64(random)); break;
        case K.seg_rSI: i.setOpKind(n, short ? OpKind.MemorySegESI : OpKind.MemorySegRSI); gsUsed = gs; break;
        case K.seg_rDI: i.setOpKind(n, short ? OpKind.MemorySegEDI : OpKind.MemorySegRDI); gsUsed = gs; break;
        case K.es_rDI: i.setOpKind(n, short ? OpKind.MemoryESEDI : OpKind.MemoryESRDI); break;
        case K.seg_rBX_al:
          i.setOpKind(n, OpKind.Memory);
          i.memoryBase = short ? Register.EBX : Register.RBX;
          i.memoryIndex = Register.AL;
          gsUsed = gs;
          break;
        case K.br64_1: case K.br64_4: i.setOpKind(n, OpKind.NearBranch64); break;
        default: throw new Error(`operand ${K[k]} of ${spec.name}`);
      }
    }
    registers.push(gpr);
    vectors.push(vector);
  }
  // a bit offset in a register that is also in the address would tie both to each other
  if (mem && isBitString(spec) && (registers[1] === mem.base || registers[1] === mem.index)) return null;
  // CALL through RSP needs it to be a stack and a code address
  if (spec.name.startsWith("Call_r") && registers[0] === 4) return null;
  if (gsUsed) i.segmentPrefix = Register.GS;

  let rep: Encoding["rep"] = "";
  if ((spec.canRep || spec.canRepne) && spec.family !== "flow" && random.chance(65)) {
    rep = spec.canRepne && random.chance(50) ? "repne" : "rep";
    if (rep === "rep") i.hasRepPrefix = true;
    else i.hasRepnePrefix = true;
  }
  if (mem && spec.canLock && !spec.name.startsWith("Xchg") && random.chance(8)) i.hasLockPrefix = true;
  branchTarget(i, spec, random, pc);
  let length: number;
  try {
    length = encoder.encode(i, BigInt(pc));
  } catch {
    encoder.takeBuffer();
    return null;
  }
  const bytes = encoder.takeBuffer().slice(0, length);
  return { bytes, pc, spec, mem, addressSize: mem ? mem.addressSize : addressSize, gs: gsUsed, rep, registers, vectors, count: spec.waits ? 2 : 1 };
}

/** BT and the like with a register that selects a bit anywhere in memory. */
export function isBitString(spec: CodeSpec): boolean {
  return /^Bt[crs]?_rm\d+_r/.test(spec.name);
}

function immediate8(spec: CodeSpec, random: Random): number {
  if (spec.family === "shift") return random.chance(75) ? random.below(68) : random.below(256);
  if (/^Ps[lr]/.test(spec.name)) return random.chance(80) ? random.below(70) : random.below(256);
  if (/^(Cmp[ps][sd]_x|Round|Pext|Pins|Palignr)/.test(spec.name) && random.chance(85)) return random.below(32);
  return /^P?(Shuf|Blend|Cmp[ie]str|Dpp|Insertps|Mpsad)/i.test(spec.name) ? random.below(256) : int8(random);
}

function offsetForm(spec: CodeSpec, random: Random, addressSize: 4 | 8, gs: boolean): MemoryForm {
  const far = addressSize === 8 && random.chance(10) ? BigInt(random.range(1, 0x7fff)) << 32n : 0n;
  return { base: -1, index: -1, scale: 1, disp: far + BigInt(DATA + random.below(DATA_BYTES - spec.memory) - (gs ? 0x1000 : 0)), addressSize, gs, rip: false };
}

function memoryForm(random: Random, addressSize: 4 | 8, gs: boolean, spec: CodeSpec): MemoryForm {
  const kind = random.below(20);
  const fixed = BigInt((DATA + random.below(DATA_BYTES - 600)) & (spec.memory === 16 ? ~15 : -1)) - (gs ? 0x1000n : 0n);
  if (kind <= 2) return { base: -1, index: -1, scale: 1, disp: fixed, addressSize, gs, rip: kind > 0 };
  const scale = random.pick([1, 2, 4, 8]);
  const registers = [0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
  if (kind <= 4) return { base: -1, index: random.pick(registers), scale, disp: BigInt(DATA + 0x1000 + random.range(-64, 64) * 16 - (gs ? 0x1000 : 0)), addressSize, gs, rip: false };
  const base = random.below(16);
  const disp = BigInt(displacement(random));
  if (kind <= 12) return { base, index: -1, scale: 1, disp, addressSize, gs, rip: false };
  let index = random.pick(registers);
  // with the same register twice the sum must be invertible: an odd factor
  if (index === base && scale === 1) index = base === 7 ? 6 : 7;
  return { base, index, scale, disp, addressSize, gs, rip: false };
}

function displacement(random: Random): number {
  const kind = random.below(10);
  return kind < 3 ? 0 : kind < 7 ? random.range(-128, 127) : random.next();
}

function setMemory(i: Instruction, m: MemoryForm, offset: boolean): void {
  const first = m.addressSize === 4 ? Register.EAX : Register.RAX;
  i.memoryBase = m.rip ? (m.addressSize === 4 ? Register.EIP : Register.RIP) : m.base < 0 ? Register.None : first + m.base;
  i.memoryIndex = m.index < 0 ? Register.None : first + m.index;
  i.memoryIndexScale = m.scale;
  i.memoryDisplacement = m.addressSize === 4 && !m.rip ? BigInt.asUintN(32, m.disp) : BigInt.asUintN(64, m.disp);
  const byte = m.disp >= -128n && m.disp <= 127n;
  if (m.rip || offset) i.memoryDisplSize = m.addressSize;
  else if (m.base < 0) i.memoryDisplSize = m.addressSize;
  else if (m.disp !== 0n) i.memoryDisplSize = byte ? 1 : m.addressSize;
}

function branchTarget(i: Instruction, spec: CodeSpec, random: Random, pc: number): void {
  const kind = spec.operands[0];
  if (kind !== K.br64_1 && kind !== K.br64_4) return;
  // Short ones keep clear of the instruction itself (at most 6 bytes with prefixes).
  const rel = random.chance(50) ? random.range(8, 100) : random.range(-100, -1);
  i.nearBranch64 = BigInt(kind === K.br64_1 ? pc + rel : CODE + 0x10 + random.below(0x3c0));
}
