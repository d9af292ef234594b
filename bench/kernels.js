/** Kernels with the work that keeps hand-written JavaScript busy for about half a second. */
export const KERNELS = {
  "table-hash": 2400, sieve: 130, sha256: 400_000, matrix: 55, "nbody-sse2": 900_000, "nbody-x87": 900_000, recursion: 4000, quicksort: 450,
  bytecode: 16_000, "string-scan": 1500, hash64: 4000, mandelbrot: 130, "list-walk": 45_000,
};

/** Shown, but not in the means. */
export const APART = new Set(["nbody-x87"]);
