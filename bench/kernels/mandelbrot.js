const f = Math.fround;
export function kernel(n) {
  let h = 0;
  const sx = f(0.015625), ox = f(2.25), sy = f(0.0125), oy = f(1.25), limit = f(4);
  for (let round = 0; round < n; round++) {
    for (let j = 0; j < 200; j++) {
      for (let i = 0; i < 200; i++) {
        const cx = f(f(f(i) * sx) - ox), cy = f(f(f(j) * sy) - oy);
        let x = f(0), y = f(0), k = 0;
        for (; k < 100; k++) {
          const xx = f(x * x), yy = f(y * y);
          if (f(xx + yy) > limit) break;
          y = f(f(f(x + x) * y) + cy);
          x = f(f(xx - yy) + cx);
        }
        h = (Math.imul(h, 31) + k) | 0;
      }
    }
  }
  return h >>> 0;
}
