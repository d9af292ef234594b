import { xorshift } from "./common.js";
const data = new Uint8Array(65536);
export function kernel(n) {
  let lo = 0x84222325 | 0, hi = 0xcbf29ce4 | 0;
  for (let i = 0, x = 5; i < 65536; i++) data[i] = x = xorshift(x);
  for (let round = 0; round < n; round++) {
    for (let i = 0; i < 65536; i++) {
      lo ^= data[i];
      // times 2^40 + 0x1b3: the low word's product with 0x1b3 in two halves that stay below 2^32
      const p0 = (lo & 0xffff) * 0x1b3, p1 = (lo >>> 16) * 0x1b3 + (p0 >>> 16);
      hi = (Math.imul(hi, 0x1b3) + (p1 >>> 16) + (lo << 8)) | 0;
      lo = (p1 << 16) | (p0 & 0xffff);
    }
  }
  return (lo ^ hi) >>> 0;
}
