/** Random numbers below n, or of 32 bits unsigned, the same for a seed (not 0) in every run. */
export function xorshift(seed: number): (n?: number) => number {
  return (n = 2 ** 32) => {
    seed ^= seed << 13;
    seed ^= seed >>> 17;
    seed ^= seed << 5;
    return (seed >>> 0) % n;
  };
}
