/* A program with symbols, for those who look inside: `primes [ROUNDS [LIBRARY]]`. With a library it maps it and calls its entry point, too. */
#include "../linux/sys.h"

enum { NR_open = 5, SIZE = 20000 };
static unsigned char composite[SIZE];

__attribute__((noipa)) static void sieve(u32 size) {
  for (u32 i = 2; i < size; i++) composite[i] = 0;
  for (u32 i = 2; i * i < size; i++)
    if (!composite[i])
      for (u32 k = i * i; k < size; k += i) composite[k] = 1;
}

__attribute__((noipa)) static u32 count_primes(u32 size) {
  u32 n = 0;
  for (u32 i = 2; i < size; i++) n += !composite[i];
  return n;
}

__attribute__((noipa)) static u32 collatz(u32 limit) {
  u32 longest = 0;
  for (u32 start = 1; start < limit; start++) {
    u32 steps = 0;
    for (u32 n = start; n != 1; steps++) n = n & 1 ? 3 * n + 1 : n >> 1;
    if (steps > longest) longest = steps;
  }
  return longest;
}

typedef u32 (*mixer)(u32 seed, u32 rounds);

/* A library whose first segment holds all of it: mapped as it is, its entry point is the function. */
static mixer load(const char *path) {
  long fd = SYS(NR_open, path, 0, 0, 0, 0);
  if (fd < 0) return 0;
  char *base = (char *)sys6(NR_mmap2, 0, 8192, 5, 2, fd, 0);
  if ((u32)base > 0xfffff000u) return 0;
  return (mixer)(base + *(u32 *)(base + 24));
}

static u32 number(const char *s) {
  u32 n = 0;
  while (*s >= '0' && *s <= '9') n = n * 10 + (u32)(*s++ - '0');
  return n;
}

int main_(void) {
  /* what the kernel leaves on the stack lies above the return address */
  char **stack = (char **)__builtin_frame_address(0) + 2;
  u32 argc = (u32)stack[0];
  char **argv = stack + 1;
  u32 rounds = argc > 1 ? number(argv[1]) : 20, primes = 0, longest = 0, mixed = 1;
  mixer mix = argc > 2 ? load(argv[2]) : 0;
  if (argc > 2 && !mix) {
    print("cannot map the library\n");
    return 1;
  }
  for (u32 i = 0; i < rounds; i++) {
    sieve(SIZE);
    primes = count_primes(SIZE);
    longest = collatz(1000);
    if (mix) mixed = mix(mixed, 20000);
  }
  show("primes", (long)primes);
  show("longest", (long)longest);
  if (mix) show("mixed", (long)mixed);
  return 0;
}
