import { xorshift } from "./common.js";
const N = 200;
const a = new Int32Array(N * N), b = new Int32Array(N * N), c = new Int32Array(N * N);
export function kernel(n) {
  let x = 7, sum = 0;
  for (let i = 0; i < N * N; i++) {
    a[i] = x = xorshift(x);
    b[i] = x = xorshift(x);
  }
  for (let round = 0; round < n; round++) {
    for (let i = 0; i < N; i++) {
      for (let j = 0; j < N; j++) {
        let s = 0;
        for (let k = 0; k < N; k++) s = (s + Math.imul(a[i * N + k], b[k * N + j])) | 0;
        c[i * N + j] = s;
      }
    }
    a[round % (N * N)] += c[(sum >>> 0) % (N * N)];
    sum = (Math.imul(sum, 31) + c[round % (N * N)]) | 0;
  }
  return sum >>> 0;
}
