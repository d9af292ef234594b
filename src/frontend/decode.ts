import { Code, Decoder, DecoderError, DecoderOptions, Instruction, MemorySizeExt, Mnemonic, OpKind, Register } from "iced-x86";
import { Seg } from "../ir/state.js";
import { codeBits } from "./mode.js";

export { Code, Mnemonic } from "iced-x86";

/** What an operand is. */
export const enum Kind { reg, mem, imm, branch, far }

export const enum RegClass { gpr, segment, st, mm, vector, control, debug, other }

/** One operand of a decoded instruction. Fields that do not belong to its kind are 0 or -1. */
export class Operand {
  /** reg */
  cls: RegClass = RegClass.other;
  /** reg: number in its class (encoding order); for AH CH DH BH 0-3 with `high`. */
  index = 0;
  high = false;
  /** mem: segment (Seg), base and index register numbers or -1, scale 1 2 4 8, displacement, address size in bytes. */
  segment = Seg.DS;
  base = -1;
  indexReg = -1;
  scale = 1;
  disp = 0;
  /** mem, with addresses of 64 bits: the displacement's high word. */
  dispHi = 0;
  addressSize: 2 | 4 | 8 = 4;
  /** mem: the displacement is the address, given relative to the next instruction (x86-64). */
  ripRelative = false;
  /** imm: value sign-extended from the operand as encoded; branch: target; far: offset, selector in `index`. */
  value = 0;
  valueHi = 0;

  constructor(
    readonly kind: Kind,
    /** Bytes: of the register, of the memory access (0 if none, as for lea of unknown size), of the immediate. */
    readonly size: number,
  ) {}

  get isMem(): boolean { return this.kind === Kind.mem; }
  get isReg(): boolean { return this.kind === Kind.reg; }
}

/** One decoded guest instruction. */
export class Insn {
  readonly ops: Operand[] = [];
  mnemonic: Mnemonic = Mnemonic.INVALID;
  code: Code = Code.INVALID;
  length = 0;
  lock = false;
  /** F3 and F2 prefixes that the instruction honours as repetition. */
  rep = false;
  repne = false;
  /** Segment of the override prefix, or -1. */
  segment = -1;
  /** x87: low three bits of the first opcode byte and the second byte, as the last-opcode register holds them; else 0. */
  fop = 0;
  /** How the instruction moves the stack pointer, in bytes (push: -4, ret: 4, …). */
  stackDelta = 0;

  constructor(readonly pc: number) {}

  get next(): number { return (this.pc + this.length) | 0; }
}

/** Longest x86 instruction in bytes. */
export const MAX_LENGTH = 15;

/** Why no instruction came out: #UD, the bytes ended, or none (there is an instruction). */
export const enum DecodeStatus { ok, invalid, short }

/** Decodes a run of bytes instruction by instruction. Free it after use. */
export class InsnDecoder {
  private readonly decoder: Decoder;
  private readonly raw = new Instruction();
  status = DecodeStatus.ok;

  /** Bytes are at guest offset pc (int32 or, in 64-bit code, up to 2^53). */
  constructor(mode: number, private readonly bytes: Uint8Array, private readonly start: number) {
    this.decoder = new Decoder(codeBits(mode), bytes, DecoderOptions.None);
    this.decoder.ip = BigInt(start >>> 0);
  }

  /** Offset of the next instruction in the bytes. */
  get position(): number { return this.decoder.position; }

  /** The next instruction, or null with `status` saying why not. */
  next(): Insn | null {
    const pc = (this.start + this.decoder.position) | 0;
    if (!this.decoder.canDecode) {
      this.status = DecodeStatus.short;
      return null;
    }
    this.decoder.decodeOut(this.raw);
    if (this.raw.code === Code.INVALID) {
      this.status = this.decoder.lastError === DecoderError.NoMoreBytes ? DecodeStatus.short : DecodeStatus.invalid;
      return null;
    }
    const insn = convert(this.raw, pc);
    insn.fop = this.fpuOpcode(insn.length);
    return insn;
  }

  private fpuOpcode(length: number): number {
    const end = this.decoder.position;
    for (let i = end - length; i < end - 1; i++) {
      const byte = this.bytes[i]!;
      if (byte >= 0xd8 && byte <= 0xdf) return ((byte & 7) << 8) | this.bytes[i + 1]!;
      if (!FPU_PREFIXES.has(byte) && (byte & 0xf0) !== 0x40) return 0;
    }
    return 0;
  }

  free(): void {
    this.raw.free();
    this.decoder.free();
  }
}

/** What may stand before an x87 opcode, beside REX: segment, size and lock prefixes, FWAIT. */
const FPU_PREFIXES: ReadonlySet<number> = new Set([0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0x9b, 0xf0, 0xf2, 0xf3]);

function convert(raw: Instruction, pc: number): Insn {
  const insn = new Insn(pc);
  insn.mnemonic = raw.mnemonic;
  insn.code = raw.code;
  insn.length = raw.length;
  insn.lock = raw.hasLockPrefix;
  insn.rep = raw.hasRepPrefix;
  insn.repne = raw.hasRepnePrefix;
  if (raw.hasSegmentPrefix) insn.segment = raw.segmentPrefix - Register.ES;
  insn.stackDelta = raw.stackPointerIncrement;
  const count = raw.opCount;
  for (let i = 0; i < count; i++) insn.ops.push(operand(raw, raw.opKind(i), i));
  return insn;
}

const memorySizes: number[] = [];

function sizeOfMemory(raw: Instruction): number {
  const m = raw.memorySize;
  return (memorySizes[m] ??= MemorySizeExt.size(m));
}

function operand(raw: Instruction, kind: OpKind, i: number): Operand {
  switch (kind) {
    case OpKind.Register:
      return register(raw.opRegister(i));
    case OpKind.Memory: {
      const op = new Operand(Kind.mem, sizeOfMemory(raw));
      op.segment = raw.memorySegment - Register.ES;
      const base = raw.memoryBase;
      const index = raw.memoryIndex;
      const d = raw.memoryDisplacement;
      op.disp = Number(BigInt.asIntN(32, d));
      if (base === Register.RIP || base === Register.EIP) {
        op.ripRelative = true;
        op.addressSize = base === Register.RIP ? 8 : 4;
      } else if (base !== Register.None) setBase(op, base);
      if (index !== Register.None && index !== Register.AL) { // AL: xlat, whose lifter adds it
        op.scale = raw.memoryIndexScale;
        const at = addressRegister(index);
        op.indexReg = at.index;
        op.addressSize = at.size;
      }
      if (base === Register.None && index === Register.None) op.addressSize = raw.memoryDisplSize as 2 | 4 | 8;
      if (op.addressSize === 8) op.dispHi = Number(BigInt.asIntN(32, d >> 32n));
      return op;
    }
    case OpKind.MemorySegSI: return stringOperand(raw, 6, 2, raw.memorySegment - Register.ES);
    case OpKind.MemorySegESI: return stringOperand(raw, 6, 4, raw.memorySegment - Register.ES);
    case OpKind.MemorySegRSI: return stringOperand(raw, 6, 8, raw.memorySegment - Register.ES);
    case OpKind.MemorySegDI: return stringOperand(raw, 7, 2, raw.memorySegment - Register.ES);
    case OpKind.MemorySegEDI: return stringOperand(raw, 7, 4, raw.memorySegment - Register.ES);
    case OpKind.MemorySegRDI: return stringOperand(raw, 7, 8, raw.memorySegment - Register.ES);
    case OpKind.MemoryESDI: return stringOperand(raw, 7, 2, Seg.ES);
    case OpKind.MemoryESEDI: return stringOperand(raw, 7, 4, Seg.ES);
    case OpKind.MemoryESRDI: return stringOperand(raw, 7, 8, Seg.ES);
    case OpKind.NearBranch16: return value(Kind.branch, 2, raw.nearBranch16);
    case OpKind.NearBranch32: return value(Kind.branch, 4, raw.nearBranch32 | 0);
    case OpKind.NearBranch64: return wide(Kind.branch, raw.nearBranch64);
    case OpKind.FarBranch16: return far(2, raw.farBranch16, raw.farBranchSelector);
    case OpKind.FarBranch32: return far(4, raw.farBranch32 | 0, raw.farBranchSelector);
    case OpKind.Immediate8: return value(Kind.imm, 1, (raw.immediate8 << 24) >> 24);
    case OpKind.Immediate8_2nd: return value(Kind.imm, 1, (raw.immediate8_2nd << 24) >> 24);
    case OpKind.Immediate8to16: return value(Kind.imm, 2, raw.immediate8to16);
    case OpKind.Immediate8to32: return value(Kind.imm, 4, raw.immediate8to32);
    case OpKind.Immediate16: return value(Kind.imm, 2, (raw.immediate16 << 16) >> 16);
    case OpKind.Immediate32: return value(Kind.imm, 4, raw.immediate32 | 0);
    default: return wide(Kind.imm, raw.immediate(i));
  }
}

function wide(kind: Kind, v: bigint): Operand {
  const op = value(kind, 8, Number(BigInt.asIntN(32, v)));
  op.valueHi = Number(BigInt.asIntN(32, v >> 32n));
  return op;
}

function value(kind: Kind, size: number, v: number): Operand {
  const op = new Operand(kind, size);
  op.value = v;
  op.valueHi = v >> 31;
  return op;
}

function far(size: number, offset: number, selector: number): Operand {
  const op = value(Kind.far, size, offset);
  op.index = selector;
  return op;
}

function stringOperand(raw: Instruction, reg: number, addressSize: 2 | 4 | 8, segment: number): Operand {
  const op = new Operand(Kind.mem, sizeOfMemory(raw));
  op.base = reg;
  op.addressSize = addressSize;
  op.segment = segment;
  return op;
}

function addressRegister(r: Register): { index: number; size: 2 | 4 | 8 } {
  if (r >= Register.RAX) return { index: r - Register.RAX, size: 8 };
  if (r >= Register.EAX) return { index: r - Register.EAX, size: 4 };
  return { index: r - Register.AX, size: 2 };
}

function setBase(op: Operand, r: Register): void {
  const at = addressRegister(r);
  op.base = at.index;
  op.addressSize = at.size;
}

function register(r: Register): Operand {
  let op: Operand;
  if (r <= Register.R15L) {
    op = reg(RegClass.gpr, r <= Register.BL ? r - Register.AL : r <= Register.BH ? r - Register.AH : r - Register.SPL + 4, 1);
    op.high = r >= Register.AH && r <= Register.BH;
    return op;
  }
  if (r <= Register.R15W) return reg(RegClass.gpr, r - Register.AX, 2);
  if (r <= Register.R15D) return reg(RegClass.gpr, r - Register.EAX, 4);
  if (r <= Register.R15) return reg(RegClass.gpr, r - Register.RAX, 8);
  if (r >= Register.ES && r <= Register.GS) return reg(RegClass.segment, r - Register.ES, 2);
  if (r >= Register.XMM0 && r <= Register.XMM31) return reg(RegClass.vector, r - Register.XMM0, 16);
  if (r >= Register.YMM0 && r <= Register.YMM31) return reg(RegClass.vector, r - Register.YMM0, 32);
  if (r >= Register.ST0 && r <= Register.ST7) return reg(RegClass.st, r - Register.ST0, 10);
  if (r >= Register.MM0 && r <= Register.MM7) return reg(RegClass.mm, r - Register.MM0, 8);
  if (r >= Register.CR0 && r <= Register.CR15) return reg(RegClass.control, r - Register.CR0, 4);
  if (r >= Register.DR0 && r <= Register.DR15) return reg(RegClass.debug, r - Register.DR0, 4);
  return reg(RegClass.other, r, 0);
}

function reg(cls: RegClass, index: number, size: number): Operand {
  const op = new Operand(Kind.reg, size);
  op.cls = cls;
  op.index = index;
  return op;
}
