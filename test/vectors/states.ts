import type { CodeSpec } from "./codes.js";
import type { Encoding, MemoryForm } from "./encode.js";
import { type Case, CODE, DATA, DATA_BYTES, FS_BASE, Image, LOW, LOW_BYTES, NO_ACCESS, type Patch, READ_ONLY, STACK, STACK_BYTES, UNMAPPED } from "./layout.js";
import type { Random } from "./random.js";
import { fill, fxImage, int32, x87Environment } from "./values.js";

const EAX = 0, ECX = 1, EDX = 2, EBX = 3, ESP = 4, EBP = 5, ESI = 6, EDI = 7;
const ARITH = 0x8d5, DF = 0x400;
/** SSE memory operands of 16 bytes that need no alignment. */
const UNALIGNED = /^(Movup|Movdqu|Lddqu|Pcmp[ei]str)/;

/** Builds the state before one case. */
export class StateMaker {
  private readonly image = new Image();
  private readonly patches: Patch[] = [];
  private at = 0;

  constructor(
    private readonly e: Encoding,
    private readonly random: Random,
    /** Choose MXCSR (all exceptions masked) freely instead of its default. */
    private readonly anyMxcsr: boolean,
  ) {}

  make(): Case {
    const { e, random, image } = this;
    const spec = e.spec;
    for (let i = 0; i < 8; i++) image.setGpr(i, int32(random));
    image.eip = e.pc;
    image.eflags = 0x202 | (random.next() & ARITH) | (random.chance(spec.family === "string" ? 50 : 15) ? DF : 0);
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
    for (const [from, size] of [[LOW, LOW_BYTES], [DATA, DATA_BYTES], [STACK, STACK_BYTES]] as const) {
      if (address >= from && address + bytes.length <= from + size) this.patches.push({ address, bytes });
    }
  }

  private patch32(address: number, value: number, size = 4): void {
    const bytes = new Uint8Array(size);
    for (let i = 0; i < size; i++) bytes[i] = value >> (8 * i);
    this.patch(address, bytes);
  }

  // Floating-point and vector state.

  private floats(spec: CodeSpec): void {
    const { random, image } = this;
    const x87 = spec.family.startsWith("x87"), mmx = spec.family === "mmx" || /_mm(_|$)/.test(spec.name);
    image.fcw = 0x37f;
    image.mxcsr = 0x1f80;
    if (x87 || mmx) {
      const top = mmx && random.chance(70) ? 0 : random.below(8);
      image.fsw = (top << 11) | (random.next() & 0x473f & ~(random.chance(60) ? 0x7f : 0));
      if (random.chance(40)) image.fcw = random.pick([0x37f, 0x27f, 0x07f]) | (random.below(4) << 10);
      if (random.chance(8)) {
        // unmasked exceptions; what is pending already makes the next instruction that waits raise #MF
        image.fcw &= ~random.below(64);
        if (image.fsw & ~image.fcw & 0x3f) {
          if (random.chance(60)) image.fsw &= ~0x3f;
          else image.fsw |= 0x8080;
        }
      }
      const depth = random.chance(45) ? 8 : random.range(random.chance(70) ? 2 : 0, 8);
      let tags = 0;
      for (let i = 0; i < depth; i++) tags |= 1 << ((top + i) & 7);
      if (random.chance(8)) tags = random.below(256);
      image.ftw = mmx && random.chance(70) ? 0xff : tags;
      for (let i = 0; i < 8; i++) {
        const st = image.st(i);
        if (mmx) {
          fill(random, st.subarray(0, 8), spec.lane.startsWith("f") ? "i32" : spec.lane);
          st[8] = st[9] = 0xff;
        } else fill(random, st, "f80");
      }
    }
    if (spec.vector || spec.family === "x87-misc") {
      for (let i = 0; i < 8; i++) fill(random, image.xmm(i), random.chance(88) ? spec.lane : random.pick(["i8", "i32", "i64", "f32", "f64"]));
      if (this.anyMxcsr) {
        image.mxcsr = 0x1f80 | (random.below(4) << 13) | (random.chance(40) ? 0x8000 : 0) | (random.chance(40) ? 0x40 : 0) | (random.chance(30) ? random.below(64) : 0);
        if (random.chance(10)) image.mxcsr &= ~(random.below(64) << 7);
      }
    }
  }

  // Registers that instructions use without naming them.

  private implicit(spec: CodeSpec): void {
    const { random, image } = this;
    const m = spec.mnemonic;
    if (spec.family === "stack" || /^(Call|Ret|Leave)/.test(m)) {
      if (m.startsWith("Leave")) image.setGpr(EBP, this.stackPointer());
      else if (this.free(ESP)) image.setGpr(ESP, this.stackPointer());
      if (m.startsWith("Enter")) image.setGpr(EBP, STACK + 0x400 + random.below(0x800));
    }
    if (spec.family === "string") this.stringOperands(spec);
    else if (spec.family === "shift" && this.free(ECX)) image.setGpr(ECX, (image.gpr(ECX) & ~0xff) | (random.chance(75) ? random.below(36) : random.below(256)));
    else if (/^(Loop|Jc|Je)/.test(m) && random.chance(60)) image.setGpr(ECX, random.chance(70) ? random.below(3) : random.below(3) << 16);
    else if (/^I?div$/i.test(m)) {
      // mostly quotients that fit
      if (this.free(EDX) && random.chance(70)) image.setGpr(EDX, random.chance(60) ? (image.gpr(EAX) | 0) >> 31 : random.below(20));
      if (this.free(EAX) && random.chance(60) && spec.memory === 1) image.setGpr(EAX, image.gpr(EAX) & ~0xf000);
    } else if (m.startsWith("Pcmpestr")) {
      image.setGpr(EAX, random.chance(80) ? random.range(-20, 20) : int32(random));
      image.setGpr(EDX, random.chance(80) ? random.range(-20, 20) : int32(random));
    } else if (m === "Xlat") {
      this.at = this.target(1, false, this.e.addressSize === 2);
      this.setAddress(EBX, this.at - (this.e.fs ? FS_BASE : 0) - (image.gpr(EAX) & 0xff));
    } else if (m.startsWith("Maskmov")) {
      this.at = this.target(m === "Maskmovq" ? 8 : 16, false, this.e.addressSize === 2);
      this.setAddress(EDI, this.at - (this.e.fs ? FS_BASE : 0));
    }
  }

  /** Set a register to an address in the implicit address size: of 16 bits, the upper half stays. */
  private setAddress(reg: number, value: number): void {
    this.image.setGpr(reg, this.e.addressSize === 2 ? (this.image.gpr(reg) & ~0xffff) | (value & 0xffff) : value);
  }

  private stackPointer(): number {
    const { random } = this;
    if (random.chance(6)) return random.pick([STACK, STACK + STACK_BYTES]) + random.range(-40, 40);
    if (random.chance(10)) return STACK + 4096 + random.range(-20, 20);
    const at = STACK + 0x800 + random.below(0x1000);
    return random.chance(80) ? at & ~3 : at;
  }

  private stringOperands(spec: CodeSpec): void {
    const { random, image, e } = this;
    const size = spec.memory, low = e.addressSize === 2;
    const down = (image.eflags & DF) !== 0;
    const count = e.rep === "" ? 1 : random.chance(12) ? 0 : random.range(1, random.chance(60) ? 12 : 70);
    if (e.rep !== "") image.setGpr(ECX, low ? (image.gpr(ECX) & ~0xffff) | count : count);
    const from = low ? LOW : DATA, bytes = low ? LOW_BYTES : DATA_BYTES;
    const place = (): number => {
      // first element's address; a run of count elements mostly inside, now and then across an edge
      const span = count * size;
      if (random.chance(10) && !(low && e.fs)) {
        const edge = down ? from : low ? from + bytes : random.pick([READ_ONLY, NO_ACCESS]);
        return down ? edge + random.below(span + size) : edge - random.below(span + size);
      }
      const base = from + random.below(bytes - span - 8);
      return down ? base + span - size : base;
    };
    const source = place();
    let dest = place();
    if (random.chance(15)) dest = Math.min(Math.max(source + random.range(-8, 8), from + (down ? count * size : 0)), from + bytes - (down ? size : count * size));
    this.at = dest;
    this.setAddress(EDI, dest);
    this.setAddress(ESI, source - (e.fs ? FS_BASE : 0));
    if (/^(Cmps|Scas)/.test(spec.name)) {
      // mostly equal elements, so that repetitions go on
      const same = new Uint8Array(count * size);
      fill(random, same, random.chance(50) ? "text" : spec.lane);
      const repne = e.rep === "repne";
      const start = (at: number): number => (down ? at - (count - 1) * size : at);
      if (spec.name.startsWith("Scas")) {
        if (!repne) for (let i = 0; i < same.length; i++) same[i] = image.gpr(EAX) >> (8 * (i % size));
        if (random.chance(70) && count > 0) same[random.below(same.length)]! ^= repne ? 0 : 1;
        this.patch(start(dest), same);
        if (repne && count > 0 && random.chance(70)) this.patch(start(dest) + size * random.below(count), bytesOf(image.gpr(EAX), size));
      } else if (Math.abs(source - dest) >= count * size) {
        this.patch(start(source), same);
        const other = same.slice();
        if (repne) for (let i = 0; i < other.length; i++) other[i]! ^= random.chance(8) ? 0 : 0x11;
        else if (random.chance(70) && count > 0) other[random.below(other.length)]! ^= 1 << random.below(8);
        this.patch(start(dest), other);
      }
    }
  }

  // Memory operand.

  /** An address for an operand of `size` bytes: mostly in the data area, now and then at a page's edge or where it faults. */
  private target(size: number, aligned: boolean, low: boolean): number {
    const { random } = this;
    const fault = random.chance(10);
    if (low) {
      if (fault) return random.pick([LOW - random.range(1, size + 4), LOW + LOW_BYTES - random.range(0, size)]);
      if (random.chance(8)) return LOW + 4096 - random.below(size + 1);
      return LOW + 32 + (random.below(LOW_BYTES - size - 64) & (aligned ? ~15 : -1));
    }
    if (fault) {
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
    const { random, image } = this;
    const size = spec.memory || 1;
    const base = m.fs ? FS_BASE : 0;
    const fixed = m.base < 0 && m.index < 0;
    const aligned = (size === 16 && spec.lane !== "text" && !UNALIGNED.test(spec.name)) || /^Fx/.test(spec.name);
    let at = fixed ? m.disp + base : this.target(size, aligned, m.addressSize === 2);
    let bits = 0;
    if (/^Bt[crs]?_rm\d+_r/.test(spec.name) && m.addressSize === 4 && !fixed) {
      // the bit string's start is far from the bit
      const r = image.gpr(this.e.registers[1]!);
      bits = size === 2 ? ((r << 16) >> 20) * 2 : ((r | 0) >> 5) * 4;
    } else if (/^Bt[crs]?_rm\d+_r/.test(spec.name)) {
      const reg = this.e.registers[1]!;
      image.setGpr(reg, (image.gpr(reg) & ~0xffff & (size === 2 ? -1 : 0)) | random.below(60));
    }
    // POP computes the address after ESP has moved
    const moved = spec.mnemonic === "Pop" && m.base === ESP ? size : 0;
    if (m.base < 0 && m.index >= 0) at -= (at - base - bits - m.disp) & (m.scale - 1);
    let offset = at - base - bits - m.disp - moved;
    if (m.base >= 0 && m.index >= 0 && m.base === m.index) {
      image.setGpr(m.base, Math.imul(offset, inverse(m.scale + 1)));
    } else if (m.base >= 0) {
      if (m.index >= 0) offset -= image.gpr(m.index) * m.scale;
      this.setForm(m, m.base, offset);
    } else if (m.index >= 0) {
      let v = (offset | 0) / m.scale;
      // any of the values that give the same address
      if (m.scale > 1 && random.chance(30)) v += random.below(m.scale) * (2 ** 32 / m.scale);
      this.setForm(m, m.index, v);
    }
    this.at = at;
    const bytes = new Uint8Array(size);
    fill(random, bytes, spec.lane);
    this.patch(at, bytes);
  }

  private setForm(m: MemoryForm, reg: number, value: number): void {
    this.image.setGpr(reg, m.addressSize === 2 ? (this.image.gpr(reg) & ~0xffff) | (value & 0xffff) : value | 0);
  }

  // What depends on registers and addresses already chosen.

  private operands(spec: CodeSpec): void {
    const { random, image, e, at } = this;
    const m = spec.mnemonic;
    if (/^(Jmp|Call)_rm/.test(spec.name)) {
      const size = spec.memory, target = size === 2 ? random.next() & 0xffff : CODE + 0x1000 + random.below(0xf00);
      if (e.mem) this.patch32(at, target, size);
      else image.setGpr(e.registers[0]!, size === 2 ? (image.gpr(e.registers[0]!) & ~0xffff) | target : target);
    } else if (m === "Retnd") this.patch32(image.gpr(ESP), CODE + 0x1000 + random.below(0xf00));
    else if (m.startsWith("Popf")) {
      // TF, NT, AC and ID stay clear: the first would trap, the second and third change how the recorder itself runs
      this.patch32(image.gpr(ESP), random.next() & ~0x244100, m.endsWith("d") ? 4 : 2);
    } else if (m === "Cmpxchg" && random.chance(50)) {
      if (e.mem) this.patch32(at, image.gpr(EAX), spec.memory);
      else image.setGpr(e.registers[0]!, image.gpr(EAX));
    } else if (m === "Cmpxchg8b" && random.chance(50)) {
      this.patch32(at, image.gpr(EAX));
      this.patch32(at + 4, image.gpr(EDX));
    } else if (m === "Bound" && random.chance(80)) {
      const size = spec.memory / 2, reg = e.registers[0]!;
      const v = size === 2 ? (image.gpr(reg) << 16) >> 16 : image.gpr(reg) | 0;
      this.patch32(at, Math.max(v - random.below(3), -(2 ** (8 * size - 1))), size);
      this.patch32(at + size, Math.min(v + random.below(100), 2 ** (8 * size - 1) - 1), size);
    } else if (/^Ps(ll|rl|ra)[wdq]_.*mmm/.test(spec.name) && random.chance(75)) {
      this.vectorOperand(1, random.below(70));
    } else if (m === "Ldmxcsr") this.patch32(at, 0x1f80 | (random.chance(60) ? random.below(0x10000) : 0) | (random.chance(15) ? random.next() : 0));
    else if (m === "Fldcw") this.patch32(at, random.next() | (random.chance(85) ? 0x7f : 0), 2);
    else if (/^(Fldenv|Frstor)/.test(m)) this.patch(at, x87Environment(random, spec.memory));
    else if (m === "Fxrstor") this.patch(at, fxImage(random));
    else if (m.startsWith("Pblendv") || m.startsWith("Blendv")) fill(random, image.xmm(0), "i8");
  }

  /** Low 64 bits of the source operand, a shift count. */
  private vectorOperand(n: number, value: number): void {
    const { e, image } = this;
    if (e.mem) {
      this.patch32(this.at, value);
      this.patch32(this.at + 4, 0);
      return;
    }
    const v = e.vectors[n]!;
    const low = e.spec.memory === 16 ? image.xmm(v) : image.st((v - (image.fsw >> 11)) & 7);
    low.fill(0, 0, 8);
    low[0] = value;
  }
}

/** Inverse of an odd factor modulo 2^32. */
function inverse(n: number): number {
  let x = n;
  for (let i = 0; i < 5; i++) x = Math.imul(x, 2 - Math.imul(n, x));
  return x;
}

function bytesOf(value: number, size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => value >> (8 * i));
}

