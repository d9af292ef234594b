function fib(n) {
  return n < 2 ? n : (fib(n - 1) + fib(n - 2)) | 0;
}
export function kernel(n) {
  let h = 0;
  for (let i = 0; i < n; i++) h = (Math.imul(h, 31) + fib(20 + (i & 1))) | 0;
  return h >>> 0;
}
