import { xorshift } from "./common.js";
const data = new Uint8Array(65536), table = new Int32Array(256);
export function kernel(n) {
  for (let i = 0; i < 256; i++) {
    let c = i;
    for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
    table[i] = c;
  }
  for (let i = 0, x = 1; i < 65536; i++) data[i] = x = xorshift(x);
  let c = -1;
  for (let round = 0; round < n; round++) for (let i = 0; i < 65536; i++) c = table[(c ^ data[i]) & 255] ^ (c >>> 8);
  return ~c >>> 0;
}
