/* A shared object whose entry point is its function, for primes.c. */
static unsigned step(unsigned x) {
  x ^= x << 13;
  x ^= x >> 17;
  return x ^ x << 5;
}

unsigned work_mix(unsigned seed, unsigned rounds) {
  for (unsigned i = 0; i < rounds; i++) seed = step(seed);
  return seed;
}
