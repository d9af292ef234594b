/* n steps of five bodies that attract each other, in doubles. */
static double px[5], py[5], pz[5], vx[5], vy[5], vz[5], mass[5];
static inline double root(double x);
static u32 nbody(u32 n) {
  u32 i, j, step, h = 0;
  for (i = 0; i < 5; i++) {
    px[i] = i * 1.5 - 2; py[i] = 3 - i * 0.75; pz[i] = i * 0.25 - 0.5;
    vx[i] = 0.125 * i; vy[i] = 0.25 - 0.0625 * i; vz[i] = -0.03125 * i;
    mass[i] = 1 + 0.5 * i;
  }
  for (step = 0; step < n; step++) {
    for (i = 0; i < 5; i++)
      for (j = i + 1; j < 5; j++) {
        double dx = px[i] - px[j], dy = py[i] - py[j], dz = pz[i] - pz[j];
        double d2 = dx * dx + dy * dy + dz * dz + 0.01;
        double m = 0.001 / (d2 * root(d2));
        double mi = mass[i] * m, mj = mass[j] * m;
        vx[i] -= dx * mj; vy[i] -= dy * mj; vz[i] -= dz * mj;
        vx[j] += dx * mi; vy[j] += dy * mi; vz[j] += dz * mi;
      }
    for (i = 0; i < 5; i++) {
      px[i] += 0.001 * vx[i]; py[i] += 0.001 * vy[i]; pz[i] += 0.001 * vz[i];
    }
  }
  for (i = 0; i < 5; i++) {
    union { double d; u32 w[2]; } v;
    v.d = px[i] + py[i] + pz[i];
    h = h * 31 + (v.w[0] ^ v.w[1]);
  }
  return h;
}
