import { xorshift } from "./common.js";
const SIZE = 65536;
const text = new Uint8Array(SIZE + 1);
const word = Uint8Array.of(97, 98, 99, 97, 0);
export function kernel(n) {
  let x = 9, h = 0;
  for (let i = 0; i < SIZE; i++) {
    x = xorshift(x) >>> 0;
    text[i] = x % 61 ? 97 + ((x >>> 8) % 3) : 10;
  }
  for (let round = 0; round < n; round++) {
    let start = 0;
    text[round & 65535] = 99;
    for (let s = 0; text[s]; s++) {
      let k = 0;
      while (word[k] && text[s + k] === word[k]) k++;
      if (k === 4) h = (h + 1) | 0;
      if (text[s] === 10) {
        h = (Math.imul(h, 31) + s - start) | 0;
        start = s;
      }
    }
  }
  return h >>> 0;
}
