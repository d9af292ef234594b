/** An i386 executable of one readable, writable, executable segment at 0x10000, whose entry at 0x10054 is this code. */
export function tinyElf(code: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(84 + code.length);
  const v = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  [2 | (3 << 16), 1, 0x10054, 52, 0, 0, 52 | (32 << 16), 1].forEach((w, i) => v.setUint32(16 + i * 4, w, true));
  [1, 0, 0x10000, 0x10000, bytes.length, bytes.length, 7, 4096].forEach((w, i) => v.setUint32(52 + i * 4, w, true));
  bytes.set(code, 84);
  return bytes;
}

/** An x86-64 executable: one readable, executable segment at `base`, whose code begins 120 bytes into it, and symbols of functions in .symtab. */
export function tinyElf64(code: readonly number[], functions: readonly { name: string; at: number; size: number }[] = [], base = 0x400000n): Uint8Array {
  const start = 120, symbols = (start + code.length + 7) & ~7;
  const names = `\0${functions.map((f) => `${f.name}\0`).join("")}`;
  const strings = symbols + 24 * (functions.length + 1), sections = (strings + names.length + 7) & ~7;
  const bytes = new Uint8Array(sections + 64 * 4);
  const v = new DataView(bytes.buffer);
  const long = (at: number, n: number | bigint): void => v.setBigUint64(at, BigInt(n), true);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  v.setUint32(16, 2 | (62 << 16), true);
  v.setUint32(20, 1, true);
  long(24, base + BigInt(start));
  long(32, 64);
  long(40, sections);
  v.setUint16(52, 64, true);
  [56, 1, 64, 4, 0].forEach((n, k) => v.setUint16(54 + k * 2, n, true));
  v.setUint32(64, 1, true);
  v.setUint32(68, 5, true);
  [0, base, base, start + code.length, start + code.length, 4096].forEach((n, k) => long(72 + k * 8, n));
  bytes.set(code, start);
  functions.forEach((f, k) => {
    const at = symbols + 24 * (k + 1);
    v.setUint32(at, names.indexOf(`\0${f.name}\0`) + 1, true);
    v.setUint8(at + 4, 0x12);
    v.setUint16(at + 6, 1, true);
    long(at + 8, base + BigInt(start + f.at));
    long(at + 16, f.size);
  });
  bytes.set(new TextEncoder().encode(names), strings);
  // null, .text, .symtab, .strtab
  const section = (k: number, type: number, flags: number, offset: number, size: number, link: number): void => {
    const at = sections + 64 * k;
    v.setUint32(at + 4, type, true);
    long(at + 8, flags);
    long(at + 24, offset);
    long(at + 32, size);
    v.setUint32(at + 40, link, true);
  };
  section(1, 1, 6, start, code.length, 0);
  section(2, 2, 0, symbols, 24 * (functions.length + 1), 3);
  section(3, 3, 0, strings, names.length, 0);
  return bytes;
}
