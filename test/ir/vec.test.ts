import { describe, expect, it } from "vitest";
import { findOp } from "../../src/ir/op.js";
import "../../src/ir/lib/vec-int.js";
import "../../src/ir/lib/vec-lane.js";
import { CRC32C, PCMPISTR, STRING_INDEX } from "../../src/ir/lib/vec-wide.js";
import { xorshift } from "../support/xorshift.js";

// Packed integer operations, which work on whole lanes, against the same done element by element.

const bound = (lo: number, hi: number) => (v: number): number => Math.min(hi, Math.max(lo, v));

type Sign = "s" | "u";
interface Reference {
  readonly op: string;
  readonly bits: 8 | 16 | 32;
  readonly sign: Sign;
  readonly fn: (a: number, b: number) => number;
}

const REFERENCES: Reference[] = [];
function define(op: string, bits: 8 | 16 | 32, sign: Sign, fn: (a: number, b: number) => number): void {
  REFERENCES.push({ op, bits, sign, fn });
}
for (const [suffix, bits] of [["b", 8], ["w", 16], ["d", 32]] as const) {
  define(`pminu${suffix}`, bits, "u", Math.min);
  define(`pmaxu${suffix}`, bits, "u", Math.max);
  define(`pmins${suffix}`, bits, "s", Math.min);
  define(`pmaxs${suffix}`, bits, "s", Math.max);
  define(`psign${suffix}`, bits, "s", (a, b) => Math.sign(b) * a);
  define(`pabs${suffix}`, bits, "s", (a) => Math.abs(a));
  if (bits === 32) continue;
  // with 32 bits these are core ops
  define(`padd${suffix}`, bits, "u", (a, b) => a + b);
  define(`psub${suffix}`, bits, "u", (a, b) => a - b);
  define(`pcmpeq${suffix}`, bits, "s", (a, b) => (a === b ? -1 : 0));
  define(`pcmpgt${suffix}`, bits, "s", (a, b) => (a > b ? -1 : 0));
  const max = 2 ** bits - 1, half = 2 ** (bits - 1);
  define(`paddus${suffix}`, bits, "u", (a, b) => bound(0, max)(a + b));
  define(`psubus${suffix}`, bits, "u", (a, b) => bound(0, max)(a - b));
  define(`padds${suffix}`, bits, "s", (a, b) => bound(-half, half - 1)(a + b));
  define(`psubs${suffix}`, bits, "s", (a, b) => bound(-half, half - 1)(a - b));
  define(`pavg${suffix}`, bits, "u", (a, b) => (a + b + 1) >> 1);
}
define("pmullw", 16, "s", (a, b) => a * b);
define("pmulhw", 16, "s", (a, b) => (a * b) >> 16);
define("pmulhuw", 16, "u", (a, b) => Math.floor((a * b) / 65536));
define("pmulhrsw", 16, "s", (a, b) => ((a * b >> 14) + 1) >> 1);
define("pmulld", 32, "s", (a, b) => Number(BigInt.asIntN(32, BigInt(a) * BigInt(b))));

function split(lane: number, bits: number, sign: Sign): number[] {
  return Array.from({ length: 32 / bits }, (_, k) => {
    const raw = bits === 32 ? lane >>> 0 : (lane >>> (k * bits)) & (2 ** bits - 1);
    return sign === "s" && raw >= 2 ** (bits - 1) ? raw - 2 ** bits : raw;
  });
}

function join(elements: readonly number[], bits: number): number {
  return elements.reduce((x, v, k) => x | (bits === 32 ? v : (v & (2 ** bits - 1)) << (k * bits)), 0);
}

const words = xorshift(99);
const random = (): number => words() | 0;

const EDGES = [0, -1, 0x80808080 | 0, 0x7f7f7f7f, 0x80008000 | 0, 0x7fff7fff, 0x01010101, 0x00010001, -0x80000000, 0x7fffffff, 0xff00ff00 | 0, 0x80ff7f00 | 0];
const lane = (): number => (random() & 3 ? random() : EDGES[(random() >>> 4) % EDGES.length]!);

describe("packed integers", () => {
  it.each(REFERENCES)("$op is $bits-bit arithmetic", ({ op, bits, sign, fn }) => {
    const lib = findOp(`vec.${op}`)!.lib!;
    for (let k = 0; k < 3000; k++) {
      const a = lane(), b = k % 7 === 0 ? a : lane();
      const y = split(b, bits, sign);
      const want = join(split(a, bits, sign).map((v, e) => fn(v, y[e]!)), bits);
      expect(lib.fn(...[a, b].slice(0, lib.args.length)), `${a} ${b}`).toBe(want);
    }
  });

  it.each([["psllw", 16], ["psrlw", 16], ["psraw", 16], ["pslld", 32], ["psrld", 32], ["psrad", 32]] as const)("%s shifts by any count", (op, bits) => {
    const { fn } = findOp(`vec.${op}`)!.lib!;
    const arithmetic = op.startsWith("psra");
    for (let n = 0; n <= 64; n++) {
      const a = lane();
      const factor = 2 ** Math.min(n, 40);
      const want = join(split(a, bits, arithmetic ? "s" : "u").map((v) => (op.startsWith("psll") ? (n >= bits ? 0 : Number(BigInt.asIntN(32, BigInt(v) * BigInt(factor)))) : Math.floor(v / factor))), bits);
      expect(fn(a, n), `${a} by ${n}`).toBe(want);
    }
  });
});

describe("SSE4.2", () => {
  it("CRC32 gives the checksums of RFC 3720, B.4", () => {
    const checksum = (bytes: readonly number[]): number => ~bytes.reduce((crc, v) => CRC32C.lib!.fn(crc, v, 1) as number, -1) >>> 0;
    expect(checksum(new Array<number>(32).fill(0))).toBe(0x8a9136aa);
    expect(checksum(new Array<number>(32).fill(0xff))).toBe(0x62a8ab43);
    expect(checksum(Array.from({ length: 32 }, (_, k) => k))).toBe(0x46dd794e);
    expect(CRC32C.lib!.fn(-1, 0x03020100, 4)).toBe([0, 1, 2, 3].reduce((crc, v) => CRC32C.lib!.fn(crc, v, 1) as number, -1));
  });

  it("PCMPISTRI finds a substring", () => {
    const lanes = (s: string): number[] => [0, 4, 8, 12].map((at) => join([0, 1, 2, 3].map((k) => s.charCodeAt(at + k) || 0), 8));
    const find = (needle: string, text: string): number => STRING_INDEX.lib!.fn(PCMPISTR.lib!.fn(...lanes(needle), ...lanes(text), 12), 12) as number;
    expect(find("def", "abcdefabcdefghij")).toBe(3);
    // it may begin at the end and go on in the next 16 bytes
    expect(find("ijk", "abcdefabcdefghij")).toBe(14);
    expect(find("xyz", "abcdef")).toBe(16);
  });
});
