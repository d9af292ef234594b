const program = Uint8Array.of(0, 5, 1, 3, 4, 2, 7, 6, 3, 0, 5, 8, 1, 4, 9, 2, 10, 11);
export function kernel(n) {
  let a = 1, b = 2, h = 0;
  for (let round = 0; round < n; round++) {
    let pc = 0, left = 1000;
    loop: for (;;) {
      switch (program[pc++]) {
        case 0: a = (a + b) | 0; continue;
        case 1: b ^= a << 3; continue;
        case 2: a = (a - 0x9e3779b9) | 0; continue;
        case 3: b = (b + (a >>> 7)) | 0; continue;
        case 4: a = Math.imul(a, 33); continue;
        case 5: b = ~b; continue;
        case 6: a ^= b; continue;
        case 7: b = (b << 5) | (b >>> 27); continue;
        case 8: h = (h + a) | 0; continue;
        case 9: h ^= b; continue;
        case 10: if (--left) pc = 0; continue;
        default: break loop;
      }
    }
  }
  return (h ^ a ^ b) >>> 0;
}
