import { Code, Encoder, Instruction, OpCodeOperandKind as K, OpKind, Register } from "iced-x86";
import type { CodeSpec } from "./codes.js";
import { CODE, DATA, DATA_BYTES, LOW, LOW_BYTES } from "./layout.js";
import type { Random } from "./random.js";
import { int16, int32, int8 } from "./values.js";

/** A memory operand with a ModRM byte, as an address formula over the general registers (encoding order; -1: none). */
export interface MemoryForm {
  readonly base: number;
  readonly index: number;
  readonly scale: number;
  readonly disp: number;
  readonly addressSize: 2 | 4;
  /** FS override: the segment's base is added. */
  readonly fs: boolean;
}

/** One machine instruction of a Code. */
export interface Encoding {
  readonly bytes: Uint8Array;
  readonly pc: number;
  readonly spec: CodeSpec;
  readonly mem: MemoryForm | null;
  /** Implicit address size (string instructions, xlat, maskmov, loop): 2 or 4; and whether FS overrides the source's segment. */
  readonly addressSize: 2 | 4;
  readonly fs: boolean;
  readonly rep: "" | "rep" | "repne";
  /** General register number of each explicit register operand (8-bit: the full register it is in), -1 for others. */
  readonly registers: readonly number[];
  /** Vector or MMX register numbers of operands, -1 for others. */
  readonly vectors: readonly number[];
  /** Instructions in the bytes. */
  readonly count: number;
  /** Family "pairs": several instructions; `spec` and the operands are the first one's. */
  readonly sequence: boolean;
}

const instruction = new Instruction();
const encoder = new Encoder(32);
const GPR16_BASE = [Register.BX, Register.BX, Register.BP, Register.BP, Register.SI, Register.DI, Register.BP, Register.BX];
const GPR16_INDEX = [Register.SI, Register.DI, Register.SI, Register.DI, Register.None, Register.None, Register.None, Register.None];

export const IS_MEMORY: ReadonlySet<K> = new Set([K.mem, K.mem_offs, K.r8_or_mem, K.r16_or_mem, K.r32_or_mem, K.r64_or_mem, K.mm_or_mem, K.xmm_or_mem]);

export function hasMemoryForm(spec: CodeSpec): boolean {
  return spec.operands.some((k) => IS_MEMORY.has(k));
}

export function hasRegisterForm(spec: CodeSpec): boolean {
  return !spec.operands.some((k) => k === K.mem || k === K.mem_offs);
}

/** A random machine instruction of the form; `memory`: with a memory operand where there is the choice. */
export function encode(spec: CodeSpec, random: Random, memory: boolean): Encoding {
  if (spec.family === "invalid") {
    const bytes = Uint8Array.from(Buffer.from(spec.name.split("_")[1]!, "hex"));
    return { bytes, pc: CODE + 0x400 + random.below(0x400), spec, mem: null, addressSize: 4, fs: false, rep: "", registers: [], vectors: [], count: 1, sequence: false };
  }
  for (let attempt = 0; attempt < 50; attempt++) {
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
  const addressSize = random.chance(spec.name.endsWith("_CX") ? 100 : spec.name.endsWith("_ECX") ? 0 : 12) ? 2 : 4;
  const fs = random.chance(8);
  const registers: number[] = [];
  const vectors: number[] = [];
  let mem: MemoryForm | null = null;
  let fsUsed = false;
  const operands = spec.operands;
  const bitOffset = spec.family === "bits" && operands.length === 2 && (operands[1] === K.r16_reg || operands[1] === K.r32_reg) && spec.mnemonic.startsWith("Bt");

  for (let n = 0; n < operands.length; n++) {
    const k = operands[n]!;
    let gpr = -1, vector = -1;
    if (IS_MEMORY.has(k) && (memory || k === K.mem || k === K.mem_offs)) {
      i.setOpKind(n, OpKind.Memory);
      mem = k === K.mem_offs ? offsetForm(spec, random, addressSize, fs) : memoryForm(random, addressSize, fs, spec);
      setMemory(i, mem);
      fsUsed = fs;
    } else {
      switch (k) {
        case K.r8_or_mem: case K.r8_reg: case K.r8_opcode: {
          const r = random.below(8);
          gpr = r & 3;
          setRegister(i, n, Register.AL + r);
          break;
        }
        case K.r16_or_mem: case K.r16_reg: case K.r16_rm: case K.r16_opcode: case K.r16_reg_mem:
          gpr = random.below(8);
          setRegister(i, n, Register.AX + gpr);
          break;
        case K.r32_or_mem: case K.r32_reg: case K.r32_rm: case K.r32_opcode: case K.r32_reg_mem:
          gpr = random.below(8);
          setRegister(i, n, Register.EAX + gpr);
          break;
        case K.mm_or_mem: case K.mm_reg: case K.mm_rm:
          vector = random.below(8);
          setRegister(i, n, Register.MM0 + vector);
          break;
        case K.xmm_or_mem: case K.xmm_reg: case K.xmm_rm:
          vector = random.below(8);
          setRegister(i, n, Register.XMM0 + vector);
          break;
        case K.sti_opcode: setRegister(i, n, Register.ST0 + random.below(8)); break;
        case K.st0: setRegister(i, n, Register.ST0); break;
        case K.seg_reg: setRegister(i, n, random.pick([Register.ES, Register.CS, Register.SS, Register.DS, Register.FS])); break;
        case K.es: case K.cs: case K.ss: case K.ds: case K.fs: case K.gs: setRegister(i, n, Register.ES + (k - K.es)); break;
        case K.al: gpr = 0; setRegister(i, n, Register.AL); break;
        case K.cl: gpr = 1; setRegister(i, n, Register.CL); break;
        case K.ax: gpr = 0; setRegister(i, n, Register.AX); break;
        case K.dx: gpr = 2; setRegister(i, n, Register.DX); break;
        case K.eax: gpr = 0; setRegister(i, n, Register.EAX); break;
        case K.cr_reg: setRegister(i, n, random.pick([Register.CR0, Register.CR2, Register.CR3, Register.CR4])); break;
        case K.imm8: immediate8(i, n, spec, random); break;
        case K.imm8_const_1: i.setOpKind(n, OpKind.Immediate8); i.immediate8 = 1; break;
        case K.imm8sex16: i.setOpKind(n, OpKind.Immediate8to16); i.immediate8to16 = (int8(random) << 24) >> 24; break;
        case K.imm8sex32: i.setOpKind(n, OpKind.Immediate8to32); i.immediate8to32 = (int8(random) << 24) >> 24; break;
        case K.imm16: i.setOpKind(n, OpKind.Immediate16); i.immediate16 = /^(Enter|Ret)/.test(spec.name) ? random.below(random.chance(80) ? 64 : 2048) : int16(random); break;
        case K.imm32: i.setOpKind(n, OpKind.Immediate32); i.immediate32 = int32(random) >>> 0; break;
        case K.seg_rSI: i.setOpKind(n, addressSize === 2 ? OpKind.MemorySegSI : OpKind.MemorySegESI); fsUsed = fs; break;
        case K.seg_rDI: i.setOpKind(n, addressSize === 2 ? OpKind.MemorySegDI : OpKind.MemorySegEDI); fsUsed = fs; break;
        case K.es_rDI: i.setOpKind(n, addressSize === 2 ? OpKind.MemoryESDI : OpKind.MemoryESEDI); break;
        case K.seg_rBX_al:
          i.setOpKind(n, OpKind.Memory);
          i.memoryBase = addressSize === 2 ? Register.BX : Register.EBX;
          i.memoryIndex = Register.AL;
          fsUsed = fs;
          break;
        case K.br16_1: case K.br16_2: i.setOpKind(n, OpKind.NearBranch16); break;
        case K.br32_1: case K.br32_4: i.setOpKind(n, OpKind.NearBranch32); break;
        default: throw new Error(`operand ${K[k]} of ${spec.name}`);
      }
    }
    registers.push(gpr);
    vectors.push(vector);
  }
  // A bit offset in a register that is also in the address would tie both to each other; so would the element of xlat.
  if (mem && bitOffset && (registers[1] === mem.base || registers[1] === mem.index)) return null;
  // CALL through ESP needs ESP to be a stack and a code address.
  if (spec.name.startsWith("Call_r") && registers[0] === 4) return null;
  if (fsUsed) i.segmentPrefix = Register.FS;
  else if (mem && random.chance(5)) i.segmentPrefix = random.pick([Register.ES, Register.SS, Register.DS]);

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
  let bytes = encoder.takeBuffer().slice(0, length);
  if (random.chance(3)) bytes = withIdlePrefix(spec, bytes, random);
  return { bytes, pc, spec, mem, addressSize: mem ? mem.addressSize : addressSize, fs: fsUsed, rep, registers, vectors, count: spec.waits ? 2 : 1, sequence: false };
}

/** A repetition prefix where it means nothing, as in REP RET. (Before 0Fh it would make another instruction.) */
function withIdlePrefix(spec: CodeSpec, bytes: Uint8Array<ArrayBuffer>, random: Random): Uint8Array<ArrayBuffer> {
  const first = bytes[0]!;
  // (F3 LOOPNE is LOOPE on AMD processors.)
  if (/^Loop/.test(spec.name)) return bytes;
  if (!["arith", "shift", "muldiv", "stack", "flow"].includes(spec.family) || bytes.length > 10 || [0x0f, 0x90, 0x9b, 0xf0, 0x66, 0x67].includes(first)) return bytes;
  return Uint8Array.from([random.pick([0xf2, 0xf3]), ...bytes]);
}

export function setRegister(i: Instruction, n: number, r: Register): void {
  i.setOpKind(n, OpKind.Register);
  i.setOpRegister(n, r);
}

function immediate8(i: Instruction, n: number, spec: CodeSpec, random: Random): void {
  const v = spec.family === "shift" ? (random.chance(70) ? random.below(36) : random.below(256))
    : spec.name.startsWith("Enter") && n === 1 ? (random.chance(70) ? random.below(4) : random.below(34))
      : spec.mnemonic === "Aam" && random.chance(70) ? 10
        : /^Ps[lr]/.test(spec.name) ? (random.chance(80) ? random.below(70) : random.below(256))
          : /^(Cmp[ps][sd]_x|Round|Pext|Pins|Palignr)/.test(spec.name) && random.chance(85) ? random.below(32)
            : /^P?(Shuf|Blend|Cmp[ie]str|Dpp|Insertps|Mpsad)/i.test(spec.name) ? random.below(256)
              : int8(random);
  if (n === 1 && spec.name.startsWith("Enter")) {
    i.setOpKind(n, OpKind.Immediate8_2nd);
    i.immediate8_2nd = v;
  } else {
    i.setOpKind(n, OpKind.Immediate8);
    i.immediate8 = v;
  }
}

function offsetForm(spec: CodeSpec, random: Random, addressSize: 2 | 4, fs: boolean): MemoryForm {
  const at = addressSize === 2 && !fs ? LOW + random.below(LOW_BYTES - spec.memory) : DATA + random.below(DATA_BYTES + 8192);
  return { base: -1, index: -1, scale: 1, disp: fs ? at - 0x1000 : at, addressSize: addressSize === 2 && !fs ? 2 : 4, fs };
}

function memoryForm(random: Random, addressSize: 2 | 4, fs: boolean, spec: CodeSpec): MemoryForm {
  if (addressSize === 2 && !fs) {
    const form = random.below(9);
    if (form === 8) return { base: -1, index: -1, scale: 1, disp: align(LOW + random.below(LOW_BYTES - 600), spec), addressSize: 2, fs };
    const base = GPR16_BASE[form]! - Register.AX, index = GPR16_INDEX[form]! === Register.None ? -1 : GPR16_INDEX[form]! - Register.AX;
    return { base, index, scale: 1, disp: displacement(random, 16), addressSize: 2, fs };
  }
  const kind = random.below(20);
  if (kind === 0) return { base: -1, index: -1, scale: 1, disp: align(DATA + random.below(DATA_BYTES - 600), spec) - (fs ? 0x1000 : 0), addressSize: 4, fs };
  const scale = random.pick([1, 2, 4, 8]);
  if (kind <= 2) {
    const index = random.pick([0, 1, 2, 3, 5, 6, 7]);
    return { base: -1, index, scale, disp: DATA + 0x1000 + random.range(-64, 64) * 16 - (fs ? 0x1000 : 0), addressSize: 4, fs };
  }
  const base = random.below(8);
  if (kind <= 10) return { base, index: -1, scale: 1, disp: displacement(random, 32), addressSize: 4, fs };
  let index = random.pick([0, 1, 2, 3, 5, 6, 7]);
  // with the same register twice the sum must be invertible: an odd factor
  if (index === base && scale === 1) index = base === 7 ? 6 : 7;
  return { base, index, scale, disp: displacement(random, 32), addressSize: 4, fs };
}

function align(at: number, spec: CodeSpec): number {
  return spec.memory === 16 ? at & ~15 : at;
}

function displacement(random: Random, bits: 16 | 32): number {
  const kind = random.below(10);
  if (kind < 3) return 0;
  if (kind < 7) return random.range(-128, 127);
  return bits === 16 ? (random.next() << 16) >> 16 : random.next();
}

function setMemory(i: Instruction, m: MemoryForm): void {
  const first = m.addressSize === 2 ? Register.AX : Register.EAX;
  i.memoryBase = m.base < 0 ? Register.None : first + m.base;
  i.memoryIndex = m.index < 0 ? Register.None : first + m.index;
  i.memoryIndexScale = m.scale;
  i.memoryDisplacement = BigInt(m.addressSize === 2 ? m.disp & 0xffff : m.disp >>> 0);
  const byte = m.disp >= -128 && m.disp <= 127;
  if (m.base < 0) i.memoryDisplSize = m.addressSize;
  else if (m.disp !== 0) i.memoryDisplSize = byte ? 1 : m.addressSize;
}

function branchTarget(i: Instruction, spec: CodeSpec, random: Random, pc: number): void {
  const kind = spec.operands[0];
  if (kind !== K.br16_1 && kind !== K.br16_2 && kind !== K.br32_1 && kind !== K.br32_4) return;
  const short = kind === K.br16_1 || kind === K.br32_1;
  // Short ones keep clear of the instruction itself (at most 6 bytes with prefixes).
  const rel = random.chance(50) ? random.range(8, 100) : random.range(-100, -1);
  const target = short ? pc + rel : CODE + 0x10 + random.below(0x3c0);
  if (kind === K.br16_1 || kind === K.br16_2) i.nearBranch16 = (kind === K.br16_2 ? random.next() : target) & 0xffff;
  else i.nearBranch32 = target;
}
