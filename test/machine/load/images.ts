/** Images for tests, made byte by byte. */

const MAGIC = 0x1badb002;

export interface TestSegment {
  readonly address: number;
  readonly bytes: Uint8Array;
  readonly length?: number;
  /** Virtual address, if another. */
  readonly virtual?: number;
}

/** A multiboot header; with addresses, the five of the a.out kludge. */
export function header(flags = 0, addresses: readonly number[] = [], checksum = -(MAGIC + flags)): Uint8Array {
  const words = [MAGIC, flags, checksum, ...addresses], out = new Uint8Array(words.length * 4), d = new DataView(out.buffer);
  words.forEach((w, i) => d.setUint32(4 * i, w, true));
  return out;
}

/** An ELF32 executable of these segments. */
export function elf32(segments: readonly TestSegment[], entry: number): Uint8Array {
  let at = 52 + 32 * segments.length;
  const offsets = segments.map((s) => (at += s.bytes.length) - s.bytes.length), out = new Uint8Array(at), d = new DataView(out.buffer);
  out.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  d.setUint16(16, 2, true);
  d.setUint16(18, 3, true);
  d.setUint32(24, entry, true);
  d.setUint32(28, 52, true);
  d.setUint16(42, 32, true);
  d.setUint16(44, segments.length, true);
  segments.forEach((s, i) => {
    const p = 52 + 32 * i;
    [1, offsets[i]!, s.virtual ?? s.address, s.address, s.bytes.length, s.length ?? s.bytes.length, 7, 4].forEach((w, k) => d.setUint32(p + 4 * k, w, true));
    out.set(s.bytes, offsets[i]);
  });
  return out;
}

export function join(...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((p) => [...p]));
}
