/** Bytes of a WebAssembly module under construction (WebAssembly Core Specification, 5: binary format). */
export class Bytes {
  private data = new Uint8Array(256);
  length = 0;

  byte(b: number): void {
    if (this.length === this.data.length) this.grow(1);
    this.data[this.length++] = b;
  }

  private grow(more: number): void {
    const larger = new Uint8Array(Math.max(this.data.length * 2, this.length + more));
    larger.set(this.data);
    this.data = larger;
  }

  bytes(from: Uint8Array): void {
    if (this.length + from.length > this.data.length) this.grow(from.length);
    this.data.set(from, this.length);
    this.length += from.length;
  }

  /** An unsigned number in LEB128. */
  unsigned(value: number): void {
    let v = value >>> 0;
    while (v > 0x7f) {
      this.byte((v & 0x7f) | 0x80);
      v >>>= 7;
    }
    this.byte(v);
  }

  /** An int32 in signed LEB128. */
  signed(value: number): void {
    let v = value | 0;
    for (;;) {
      const low = v & 0x7f;
      v >>= 7;
      if ((v === 0 && !(low & 0x40)) || (v === -1 && low & 0x40)) {
        this.byte(low);
        return;
      }
      this.byte(low | 0x80);
    }
  }

  /** An unsigned number in five bytes, to be filled in later with `patch`. */
  reserve(): number {
    const at = this.length;
    for (let k = 0; k < 4; k++) this.byte(0x80);
    this.byte(0);
    return at;
  }

  patch(at: number, value: number): void {
    for (let k = 0; k < 4; k++) this.data[at + k] = ((value >>> (7 * k)) & 0x7f) | 0x80;
    this.data[at + 4] = value >>> 28;
  }

  /** An int64 of two words in signed LEB128. */
  signed64(low: number, high: number): void {
    let l = low | 0, h = high | 0;
    for (;;) {
      const seven = l & 0x7f;
      l = (l >>> 7) | (h << 25);
      h >>= 7;
      if ((h === 0 && l === 0 && !(seven & 0x40)) || (h === -1 && l === -1 && seven & 0x40)) {
        this.byte(seven);
        return;
      }
      this.byte(seven | 0x80);
    }
  }

  double(value: number): void {
    SCRATCH.setFloat64(0, value, true);
    for (let k = 0; k < 8; k++) this.byte(SCRATCH.getUint8(k));
  }

  // Instructions.

  /** Some without immediates. */
  emit(...ops: readonly number[]): void {
    for (const op of ops) this.byte(op);
  }

  /** One with an index: of a local, a global, a label. */
  indexed(op: number, index: number): void {
    this.byte(op);
    this.unsigned(index);
  }

  /** i32.const */
  constant(value: number): void {
    this.byte(W.i32_const);
    this.signed(value);
  }

  /** A load or store at a constant distance from the address; `align`: the binary logarithm of what the sum is a multiple of. */
  access(op: number, align: number, offset = 0): void {
    this.byte(op);
    this.unsigned(align);
    this.unsigned(offset);
  }

  name(text: string): void {
    this.unsigned(text.length);
    for (let k = 0; k < text.length; k++) this.byte(text.charCodeAt(k));
  }

  /** What is there so far; valid until more is added. */
  view(): Uint8Array {
    return this.data.subarray(0, this.length);
  }
}

const SCRATCH = new DataView(new ArrayBuffer(8));

export const I32 = 0x7f, F64 = 0x7c, FUNCREF = 0x70;
/** Type of a block that gives nothing. */
export const VOID = 0x40;

/** Opcodes (the specification's names, with their points left out). */
export const enum W {
  block = 0x02, loop = 0x03, if = 0x04, else = 0x05, end = 0x0b, br = 0x0c, br_if = 0x0d, br_table = 0x0e, return = 0x0f, call = 0x10, return_call = 0x12, return_call_indirect = 0x13,
  drop = 0x1a, select = 0x1b, local_get = 0x20, local_set = 0x21, local_tee = 0x22, global_get = 0x23,
  i32_load = 0x28, f32_load = 0x2a, f64_load = 0x2b, i32_load8_s = 0x2c, i32_load8_u = 0x2d, i32_load16_s = 0x2e, i32_load16_u = 0x2f,
  i32_store = 0x36, f32_store = 0x38, f64_store = 0x39, i32_store8 = 0x3a, i32_store16 = 0x3b,
  i32_const = 0x41, i64_const = 0x42, f64_const = 0x44,
  i32_eqz = 0x45, i32_eq = 0x46, i32_ne = 0x47, i32_lt_s = 0x48, i32_lt_u = 0x49, i32_gt_s = 0x4a, i32_gt_u = 0x4b, i32_le_s = 0x4c, i32_le_u = 0x4d, i32_ge_s = 0x4e, i32_ge_u = 0x4f,
  i64_eq = 0x51, i64_ne = 0x52, i64_lt_s = 0x53, i64_gt_s = 0x55, i64_le_s = 0x57, i64_ge_s = 0x59,
  f64_eq = 0x61, f64_ne = 0x62, f64_lt = 0x63, f64_gt = 0x64, f64_le = 0x65, f64_ge = 0x66,
  i32_clz = 0x67, i32_add = 0x6a, i32_sub = 0x6b, i32_mul = 0x6c, i32_and = 0x71, i32_or = 0x72, i32_xor = 0x73, i32_shl = 0x74, i32_shr_s = 0x75, i32_shr_u = 0x76,
  i64_add = 0x7c, i64_sub = 0x7d, i64_mul = 0x7e, i64_div_u = 0x80, i64_or = 0x84, i64_shl = 0x86, i64_shr_s = 0x87, i64_shr_u = 0x88,
  f64_abs = 0x99, f64_neg = 0x9a, f64_sqrt = 0x9f, f64_add = 0xa0, f64_sub = 0xa1, f64_mul = 0xa2, f64_div = 0xa3,
  i32_wrap_i64 = 0xa7, i64_extend_i32_s = 0xac, i64_extend_i32_u = 0xad, f32_demote_f64 = 0xb6, f64_convert_i32_s = 0xb7, f64_convert_i32_u = 0xb8, f64_convert_i64_s = 0xb9, f64_promote_f32 = 0xbb, i64_reinterpret_f64 = 0xbd, f64_reinterpret_i64 = 0xbf,
}
