/** struct termio, which TCGETA and TCSETA have instead of struct termios: four flags of 16 bits, line, the first eight characters. */
export const TERMIO = 18;
const FLAGS = 4, CHARACTERS = 8;

/** Both structures have their flags in the same order; characters begin at byte 9 and 17. */
export function toTermio(termios: Uint8Array): Uint8Array {
  const out = new Uint8Array(TERMIO), from = new DataView(termios.buffer, termios.byteOffset);
  for (let i = 0; i < FLAGS; i++) new DataView(out.buffer).setUint16(i * 2, from.getUint32(i * 4, true), true);
  out.set(termios.subarray(16, 17 + CHARACTERS), 8);
  return out;
}

/** What it does not have stays as it is: the upper half of flags, the other characters. */
export function fromTermio(termio: Uint8Array, old: Uint8Array): Uint8Array {
  const out = old.slice(), view = new DataView(out.buffer), from = new DataView(termio.buffer, termio.byteOffset);
  for (let i = 0; i < FLAGS; i++) view.setUint32(i * 4, ((view.getUint32(i * 4, true) & 0xffff0000) | from.getUint16(i * 2, true)) >>> 0, true);
  out.set(termio.subarray(8, 9 + CHARACTERS), 16);
  return out;
}
