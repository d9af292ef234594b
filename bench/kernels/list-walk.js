const SIZE = 4096;
export function kernel(n) {
  const nodes = Array.from({ length: SIZE }, (_, i) => ({ next: null, value: Math.imul(i, 2654435761) }));
  for (let i = 0; i < SIZE; i++) nodes[i].next = nodes[(i * 1365 + 1) & (SIZE - 1)];
  let h = 0;
  for (let round = 0; round < n; round++) {
    let p = nodes[0];
    for (let i = 0; i < SIZE; i++) {
      h = ((h << 1) | (h >>> 31)) ^ p.value;
      p.value = (p.value + (h & 1)) | 0;
      p = p.next;
    }
  }
  return h >>> 0;
}
