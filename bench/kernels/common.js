export function xorshift(x) {
  x ^= x << 13;
  x ^= x >>> 17;
  return x ^ (x << 5);
}
