const SIZE = 1000000;
const composite = new Uint8Array(SIZE);
export function kernel(n) {
  let sum = 0;
  for (let round = 0; round < n; round++) {
    composite.fill(0);
    for (let i = 2; i < SIZE; i++) {
      if (composite[i]) continue;
      sum = (Math.imul(sum, 31) + i) | 0;
      for (let k = i + i; k < SIZE; k += i) composite[k] = 1;
    }
  }
  return sum >>> 0;
}
