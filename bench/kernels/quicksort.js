import { xorshift } from "./common.js";
const SIZE = 10000;
const v = new Uint32Array(SIZE);
const order = [(a, b) => (a < b ? -1 : a > b ? 1 : 0), (a, b) => (a > b ? -1 : a < b ? 1 : 0)];
function sort(low, high, compare) {
  while (low < high) {
    const pivot = v[(low + high) >> 1];
    let i = low, j = high;
    while (i <= j) {
      while (compare(v[i], pivot) < 0) i++;
      while (compare(v[j], pivot) > 0) j--;
      if (i <= j) {
        const t = v[i];
        v[i++] = v[j];
        v[j--] = t;
      }
    }
    sort(low, j, compare);
    low = i;
  }
}
export function kernel(n) {
  let x = 3, h = 0;
  for (let round = 0; round < n; round++) {
    for (let i = 0; i < SIZE; i++) v[i] = x = xorshift(x);
    sort(0, SIZE - 1, order[round & 1]);
    h = (Math.imul(h, 31) + v[(SIZE / 3) | 0]) | 0;
  }
  return h >>> 0;
}
