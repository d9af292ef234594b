import type { CodeSpec } from "../vectors/codes.js";
import { CODE, DATA, DATA_BYTES, FS_BASE, NO_ACCESS, type Patch, READ_ONLY, STACK, STACK_BYTES, UNMAPPED } from "../vectors/layout.js";
import type { Random } from "../vectors/random.js";
import { fill, fxImage, int32, x87Environment } from "../vectors/values.js";
import { type Encoding, isBitString, type MemoryForm } from "./encode.js";
import { type Case, Image } from "./layout.js";
import { int64 } from "./values.js";

const RAX = 0, RCX = 1, RDX = 2, RBX = 3, RSP = 4, RBP = 5, RSI = 6, RDI = 7;
const ARITH = 0x8d5, DF = 0x400;
/** SSE memory operands of 16 bytes that need no alignment. */
const UNALIGNED = /^(Movup|Movdqu|Lddqu|Pcmp[ei]str)/;
const LOW32 = 0xffffffffn;

/** Builds the state before one case. */
export class StateMaker {
  private readonly image = new Image();
  private readonly patches: Patch[] = [];
  private at = 0;

  constructor(
    private readonly e: Encoding,
    private readonly random: Random,
    /** Choose MXCSR freely instead of its default. */
    private readonly anyMxcsr: boolean,
  ) {}

  make(): Case {
    const { e, random, image } = this;
    const { spec } = e;
    for (let i = 0; i < 16; i++) image.setGpr(i, int64(random));
    image.rip = BigInt(e.pc);
    image.rflags = 0x202 | (random.next() & ARITH) | (random.chance(spec.family === "string" ? 50 : 15) ? DF : 0);
    this.floats(spec);
    this.implicit(spec);
    if (e.mem) this.place(e.mem, spec);
    this.operands(spec);
    return { code: e.bytes, before: image, patches: this.patches, at: this.at };
  }

  /** A register that no address is made of, so its value is free. */
  private free(reg: number): boolean {
    const m = this.e.mem;
    return !m || (m.base !== reg && m.index !== reg);
  }

  private patch(address: number, bytes: Uint8Array): void {
    for (const [from, size] of [[DATA, DATA_BYTES], [STACK, STACK_BYTES]] as const) {
      if (address >= from && address + bytes.length <= from + size) this.patches.push({ address, bytes });
    }
  }

  private patchInt(address: number, value: bigint, size: number): void {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, value), true);
    this.patch(address, bytes.slice(0, size));
  }

  private floats(spec: CodeSpec): void {
    const { random, image } = this;
    const x87 = spec.family.startsWith("x87"), mmx = spec.family === "mmx" || /_mm(_|$)/.test(spec.name);
    image.fcw = 0x37f;
    image.mxcsr = 0x1f80;
    if (x87 || mmx) {
      const top = mmx && random.chance(70) ? 0 : random.below(8);
      image.fsw = (top << 11) | (random.next() & 0x4700);
      const depth = random.range(2, 8);
      let tags = 0;
      for (let i = 0; i < depth; i++) tags |= 1 << ((top + i) & 7);
      image.ftw = mmx && random.chance(70) ? 0xff : tags;
      for (let i = 0; i < 8; i++) {
        const st = image.st(i);
        if (mmx) {
          fill(random, st.subarray(0, 8), spec.lane.startsWith("f") ? "i32" : spec.lane);
          st[8] = st[9] = 0xff;
        } else fill(random, st, "f80");
      }
    }
    if (spec.vector) for (let i = 0; i < 16; i++) fill(random, image.xmm(i), random.chance(88) ? spec.lane : random.pick(["i8", "i32", "i64", "f32", "f64"]));
    if (this.anyMxcsr) {
      image.mxcsr = 0x1f80 | (random.below(4) << 13) | (random.chance(40) ? 0x8000 : 0) | (random.chance(40) ? 0x40 : 0) | (random.chance(30) ? random.below(64) : 0);
      if (random.chance(10)) image.mxcsr &= ~(random.below(64) << 7);
    }
  }

  // Registers that instructions use without naming them.

  private implicit(spec: CodeSpec): void {
    const { random, image } = this;
    const m = spec.mnemonic;
    if (spec.family === "stack" || /^(Call|Ret|Leave)/.test(m)) {
      if (m.startsWith("Leave")) image.setGpr(RBP, this.stackPointer());
      else if (this.free(RSP)) image.setGpr(RSP, this.stackPointer());
    }
    if (spec.family === "string") this.stringOperands(spec);
    else if (spec.family === "shift" && this.free(RCX)) image.setGpr(RCX, (image.gpr(RCX) & ~0xffn) | BigInt(random.chance(75) ? random.below(68) : random.below(256)));
    else if (/^(Loop|Jc|Je|Jr)/.test(m) && random.chance(60)) image.setGpr(RCX, random.chance(70) ? BigInt(random.below(3)) : BigInt(random.below(3)) << 32n);
    else if (/^I?div$/i.test(m)) {
      // mostly quotients that fit
      if (this.free(RDX) && random.chance(70)) image.setGpr(RDX, random.chance(60) ? this.sign(spec.memory) : BigInt(random.below(20)));
      if (this.free(RAX) && random.chance(60) && spec.memory === 1) image.setGpr(RAX, image.gpr(RAX) & ~0xf000n);
    } else if (m.startsWith("Pcmpestr")) {
      image.setGpr(RAX, BigInt(random.chance(80) ? random.range(-20, 20) : int32(random)));
      image.setGpr(RDX, BigInt(random.chance(80) ? random.range(-20, 20) : int32(random)));
    } else if (m === "Xlat") {
      this.at = this.target(1, false);
      this.setAddress(RBX, BigInt(this.at - (this.e.gs ? FS_BASE : 0)) - (image.gpr(RAX) & 0xffn), this.e.addressSize);
    } else if (m.startsWith("Maskmov")) {
      this.at = this.target(m === "Maskmovq" ? 8 : 16, false);
      this.setAddress(RDI, BigInt(this.at - (this.e.gs ? FS_BASE : 0)), this.e.addressSize);
    }
  }

  /** The sign of the accumulator of so many bytes, as CWD and so on have it. */
  private sign(size: number): bigint {
    return BigInt.asIntN(size * 8, this.image.gpr(RAX)) < 0n ? -1n : 0n;
  }

  /** Set a register to an address; one of 32 bits comes with a random high half. */
  private setAddress(reg: number, value: bigint, addressSize: 4 | 8): void {
    this.image.setGpr(reg, addressSize === 8 ? value : (BigInt(this.random.next()) << 32n) | (value & LOW32));
  }

  private stackPointer(): bigint {
    const { random } = this;
    if (random.chance(4)) return this.farAway(STACK + 0x800);
    if (random.chance(6)) return BigInt(random.pick([STACK, STACK + STACK_BYTES]) + random.range(-40, 40));
    if (random.chance(10)) return BigInt(STACK + 4096 + random.range(-20, 20));
    const at = STACK + 0x800 + random.below(0x1000);
    return BigInt(random.chance(80) ? at & ~7 : at);
  }

  /** An address beyond 4 GiB: canonical, or not. (Those of the upper half are the kernel's: what a fault there says is Linux's affair.) */
  private farAway(at: number): bigint {
    const { random } = this;
    if (random.chance(60)) return BigInt(at) + (BigInt(random.range(1, 0x7ffe)) << 32n);
    return BigInt(at) + (BigInt(random.range(0x8000, 0xffff7fff)) << 32n);
  }

  private stringOperands(spec: CodeSpec): void {
    const { random, image, e } = this;
    const size = spec.memory;
    const down = (image.rflags & DF) !== 0;
    const count = e.rep === "" ? 1 : random.chance(12) ? 0 : random.range(1, random.chance(60) ? 12 : 40);
    if (e.rep !== "") this.setAddress(RCX, BigInt(count), e.addressSize);
    const place = (): number => {
      // first element's address; a run of count elements mostly inside, now and then across an edge
      const span = count * size;
      if (random.chance(10)) {
        const edge = down ? DATA : random.pick([READ_ONLY, NO_ACCESS]);
        return down ? edge + random.below(span + size) : edge - random.below(span + size);
      }
      const base = DATA + random.below(DATA_BYTES - span - 8);
      return down ? base + span - size : base;
    };
    const source = place();
    let dest = place();
    if (random.chance(15)) dest = Math.min(Math.max(source + random.range(-16, 16), DATA + (down ? count * size : 0)), DATA + DATA_BYTES - (down ? size : count * size));
    this.at = dest;
    this.setAddress(RDI, BigInt(dest), e.addressSize);
    this.setAddress(RSI, BigInt(source - (e.gs ? FS_BASE : 0)), e.addressSize);
    if (e.addressSize === 8 && random.chance(4)) image.setGpr(random.pick([RSI, RDI]), this.farAway(DATA));
    if (!/^(Cmps|Scas)/.test(spec.name)) return;
    // mostly equal elements, so that repetitions go on
    const same = new Uint8Array(count * size);
    fill(random, same, random.chance(50) ? "text" : spec.lane);
    const repne = e.rep === "repne";
    const start = (at: number): number => (down ? at - (count - 1) * size : at);
    const accumulator = Array.from({ length: size }, (_, i) => Number((image.gpr(RAX) >> BigInt(8 * i)) & 0xffn));
    if (spec.name.startsWith("Scas")) {
      if (!repne) for (let i = 0; i < same.length; i++) same[i] = accumulator[i % size]!;
      if (random.chance(70) && count > 0) same[random.below(same.length)]! ^= repne ? 0 : 1;
      this.patch(start(dest), same);
      if (repne && count > 0 && random.chance(70)) this.patch(start(dest) + size * random.below(count), Uint8Array.from(accumulator));
    } else if (Math.abs(source - dest) >= count * size) {
      this.patch(start(source), same);
      const other = same.slice();
      if (repne) for (let i = 0; i < other.length; i++) other[i]! ^= random.chance(8) ? 0 : 0x11;
      else if (random.chance(70) && count > 0) other[random.below(other.length)]! ^= 1 << random.below(8);
      this.patch(start(dest), other);
    }
  }

  // Memory operand.

  /** An address for an operand of `size` bytes: mostly in the data area, now and then at a page's edge or where it faults. */
  private target(size: number, aligned: boolean): number {
    const { random } = this;
    if (random.chance(10)) {
      const unit = aligned && random.chance(70) ? 16 : 1;
      switch (random.below(6)) {
        case 0: return READ_ONLY + unit * random.below(4096 / unit - size);
        case 1: return NO_ACCESS + unit * random.below(4096 / unit - size);
        case 2: return UNMAPPED + unit * random.below(4096 / unit - size);
        case 3: return READ_ONLY - random.below(size);
        case 4: return NO_ACCESS - random.below(size);
        default: return DATA - random.range(1, size);
      }
    }
    if (aligned && !random.chance(10)) return DATA + 16 * random.range(8, DATA_BYTES / 16 - 40);
    if (random.chance(10)) return DATA + 4096 * random.range(1, 2) - random.below(size + 1);
    const at = DATA + 128 + random.below(DATA_BYTES - 768);
    return random.chance(70) ? at - (at % Math.min(size & -size, 16)) : at;
  }

  /** Give the address registers values such that the operand is at a chosen place, and fill that. */
  private place(m: MemoryForm, spec: CodeSpec): void {
    const { random, image, e } = this;
    const size = spec.memory || 1;
    const base = m.gs ? BigInt(FS_BASE) : 0n;
    const fixed = m.base < 0 && m.index < 0;
    const aligned = (size === 16 && spec.lane !== "text" && !UNALIGNED.test(spec.name)) || /^Fx/.test(spec.name);
    let at = fixed ? m.disp + base : BigInt(this.target(size, aligned));
    if (!fixed && m.addressSize === 8 && random.chance(5)) at = this.farAway(Number(at));
    let bits = 0n;
    if (isBitString(spec) && !fixed) {
      // the bit string's start is far from the bit
      const r = BigInt.asIntN(size * 8, image.gpr(e.registers[1]!));
      bits = (r >> BigInt(31 - Math.clz32(size) + 3)) * BigInt(size);
    } else if (isBitString(spec)) image.setGpr(e.registers[1]!, BigInt(random.below(size === 2 ? 16 : 60)));
    // POP computes the address after RSP has moved
    const moved = spec.mnemonic === "Pop" && m.base === RSP ? BigInt(size) : 0n;
    if (m.base < 0 && m.index >= 0) at -= BigInt.asUintN(64, at - base - bits - m.disp) & BigInt(m.scale - 1);
    let offset = at - base - bits - m.disp - moved;
    const width = m.addressSize * 8, scale = BigInt(m.scale);
    if (m.base >= 0 && m.index >= 0 && m.base === m.index) this.setAddress(m.base, offset * inverse(scale + 1n), m.addressSize);
    else if (m.base >= 0) {
      if (m.index >= 0) offset -= image.gpr(m.index) * scale;
      this.setAddress(m.base, offset, m.addressSize);
    } else if (m.index >= 0) {
      let v = BigInt.asUintN(width, offset) / scale;
      // any of the values that give the same address
      if (m.scale > 1 && random.chance(30)) v += BigInt(random.below(m.scale)) * ((1n << BigInt(width)) / scale);
      this.setAddress(m.index, v, m.addressSize);
    }
    this.at = at >= 0n && at < 1n << 32n ? Number(at) : 0;
    const bytes = new Uint8Array(size);
    fill(random, bytes, spec.lane);
    if (this.at !== 0) this.patch(this.at, bytes);
  }

  // What depends on registers and addresses already chosen.

  private operands(spec: CodeSpec): void {
    const { random, image, e, at } = this;
    const m = spec.mnemonic;
    if (/^(Jmp|Call)_rm/.test(spec.name)) {
      const target = BigInt(CODE + 0x1000 + random.below(0xf00));
      if (e.mem) this.patchInt(at, target, 8);
      else image.setGpr(e.registers[0]!, target);
    } else if (m.startsWith("Ret")) this.patchInt(Number(image.gpr(RSP) & LOW32), BigInt(CODE + 0x1000 + random.below(0xf00)), 8);
    else if (m.startsWith("Popf")) {
      // TF, NT, AC and ID stay clear: the first would trap, the second and third change how the recorder itself runs
      this.patchInt(Number(image.gpr(RSP) & LOW32), BigInt((random.next() & ~0x244100) >>> 0), m.endsWith("q") ? 8 : 2);
    } else if (m === "Cmpxchg" && random.chance(50)) {
      if (e.mem) this.patchInt(at, image.gpr(RAX), spec.memory);
      else image.setGpr(e.registers[0]!, image.gpr(RAX));
    } else if (/^Cmpxchg(8|16)b$/.test(m) && random.chance(50)) {
      this.patchInt(at, image.gpr(RAX), spec.memory / 2);
      this.patchInt(at + spec.memory / 2, image.gpr(RDX), spec.memory / 2);
    } else if (m === "Ldmxcsr") this.patchInt(at, BigInt(0x1f80 | (random.chance(60) ? random.below(0x10000) : 0)), 4);
    else if (m === "Fldcw") this.patchInt(at, BigInt((random.next() | 0x7f) & 0xffff), 2);
    else if (/^(Fldenv|Frstor)/.test(m)) this.patch(at, x87Environment(random, spec.memory));
    else if (m.startsWith("Fxrstor")) this.patch(at, fxImage(random));
    else if (m.startsWith("Pblendv") || m.startsWith("Blendv")) fill(random, image.xmm(0), "i8");
  }
}

/** Inverse of an odd factor modulo 2^64. */
function inverse(n: bigint): bigint {
  let x = n;
  for (let i = 0; i < 6; i++) x = BigInt.asUintN(64, x * (2n - n * x));
  return x;
}
