/** Kernels with the work that keeps hand-written JavaScript busy for about a second; nbody-x87, which takes others up to 400 times as long, for a fifth. */
export const KERNELS = {
  "table-hash": 6800, sieve: 150, sha256: 2_000_000, matrix: 50, "nbody-sse2": 9_000_000, "nbody-x87": 1_800_000, recursion: 14_000, quicksort: 480,
  bytecode: 21_000, "string-scan": 1800, hash64: 5200, mandelbrot: 90, "list-walk": 57_000,
};

/** Shown, but not in the means. */
export const APART = new Set(["nbody-x87"]);
