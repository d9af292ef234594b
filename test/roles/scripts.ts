/** Random scripts for guest/script.S, by seed. */
export function randomScript(seed: number, operations = 400): Uint8Array {
  let s = seed | 0;
  const next = (below: number): number => {
    s = (s + 0x6d2b79f5) | 0;
    let t = Math.imul(s ^ (s >>> 15), 1 | s);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
  const out: number[] = [];
  // How often each operation comes, in per mille.
  const weights = [40, 70, 90, 180, 200, 130, 110, 40, 70, 60, 10];
  for (let i = 0; i < operations; i++) {
    let w = next(1000), op = 0;
    while (w >= weights[op]!) w -= weights[op++]!;
    const flags = (next(8) ? 1 : 0) | (next(4) ? 2 : 0) | (next(3) ? 4 : 0) | (next(2) << 5) | (next(4) << 5) | (next(3) ? 0 : 0x8000);
    const a = op === 3 ? next(8) : next(64), b = op === 3 ? flags : next(4);
    out.push(op, a, b & 0xff, b >> 8);
  }
  return Uint8Array.from(out);
}
