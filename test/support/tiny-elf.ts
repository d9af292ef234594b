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
