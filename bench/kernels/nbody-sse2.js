const px = new Float64Array(5), py = new Float64Array(5), pz = new Float64Array(5);
const vx = new Float64Array(5), vy = new Float64Array(5), vz = new Float64Array(5), mass = new Float64Array(5);
export function kernel(n) {
  for (let i = 0; i < 5; i++) {
    px[i] = i * 1.5 - 2; py[i] = 3 - i * 0.75; pz[i] = i * 0.25 - 0.5;
    vx[i] = 0.125 * i; vy[i] = 0.25 - 0.0625 * i; vz[i] = -0.03125 * i;
    mass[i] = 1 + 0.5 * i;
  }
  for (let step = 0; step < n; step++) {
    for (let i = 0; i < 5; i++) {
      for (let j = i + 1; j < 5; j++) {
        const dx = px[i] - px[j], dy = py[i] - py[j], dz = pz[i] - pz[j];
        const d2 = dx * dx + dy * dy + dz * dz + 0.01;
        const m = 0.001 / (d2 * Math.sqrt(d2));
        const mi = mass[i] * m, mj = mass[j] * m;
        vx[i] -= dx * mj; vy[i] -= dy * mj; vz[i] -= dz * mj;
        vx[j] += dx * mi; vy[j] += dy * mi; vz[j] += dz * mi;
      }
    }
    for (let i = 0; i < 5; i++) {
      px[i] += 0.001 * vx[i]; py[i] += 0.001 * vy[i]; pz[i] += 0.001 * vz[i];
    }
  }
  const v = new Float64Array(1), w = new Int32Array(v.buffer);
  let h = 0;
  for (let i = 0; i < 5; i++) {
    v[0] = px[i] + py[i] + pz[i];
    h = (Math.imul(h, 31) + (w[0] ^ w[1])) | 0;
  }
  return h >>> 0;
}
