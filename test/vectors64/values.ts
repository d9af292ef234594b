import type { Random } from "../vectors/random.js";
import { int32 } from "../vectors/values.js";

const I64 = [
  0n, 1n, -1n, 2n, -2n, 1n << 63n, (1n << 63n) - 1n, (1n << 63n) + 1n, 1n << 32n, (1n << 32n) - 1n, (1n << 32n) + 1n, 1n << 31n, -(1n << 31n), -(1n << 31n) - 1n, -(1n << 32n),
  0x5555555555555555n, 0xaaaaaaaaaaaaaaaan, 1n << 52n, (1n << 53n) + 1n, 0xffffffff00000000n, 0x7fffffff00000000n,
];

/** An interesting or random integer of 64 bits. */
export function int64(random: Random): bigint {
  const kind = random.below(12);
  if (kind < 3) return random.pick(I64);
  if (kind < 5) return BigInt(int32(random) | 0);
  if (kind < 7) return BigInt(int32(random) >>> 0);
  if (kind < 8) return 1n << BigInt(random.below(64));
  if (kind < 9) return (BigInt(int32(random) | 0) << 32n) | BigInt(int32(random) >>> 0);
  return (BigInt(random.next()) << 32n) | BigInt(random.next() >>> 0);
}
