import { describe, expect, it } from "vitest";
import { translate, bytesAsCode } from "../../src/runtime/translate.js";
import { DATA, DATA_SIZE } from "../frontend/harness.js";
import { hex } from "../support/guest.js";
import { vectorOutcome } from "../support/vector-outcome.js";
import { xorshift } from "../support/xorshift.js";

// Results of float arithmetic are looked at where they can be seen: at stores, ends of blocks and ways out. Wherever a chain of operations ends, also at a fault in its
// middle, the NaNs are those of a processor, with sign and payload.

const random = xorshift(7);

const byte = (v: number): string => (v & 0xff).toString(16).padStart(2, "0");
/** Addition, multiplication, subtraction, division, square root. */
const ARITHMETIC = ["58", "59", "5c", "5e", "51"];

/** An instruction on doubles (prefix f2) or singles (f3): arithmetic mostly, moves, comparisons that branch, conversions to integers and to the other width, stores. */
function instruction(prefix: string, other: string): string {
  const to = random(8) << 3, registers = byte(0xc0 | to | random(8)), memory = byte(0x46 | to) + byte(random(8) * 8);
  switch (random(16)) {
    case 0: return `${prefix}0f10${registers}`;
    case 1: return `0f28${registers}`;
    case 2: return `${prefix}0f10${memory}`;
    case 3: return `${prefix}0f11${memory}`;
    case 4: return `${prefix === "f2" ? "66" : ""}0f2e${registers}7a0142`; // ucomis; jp +1; inc edx
    case 5: return `${prefix}0f2c${byte(0xc0 | random(8))}01c2`; // cvtt eax; add edx, eax
    case 6: return `${prefix}0f5a${registers}${other}0f5a${byte(0xc0 | to | (to >> 3))}`;
    case 7: return `${prefix}0f${["5f", "5d"][random(2)]!}${registers}`;
    case 8: return "8b1f"; // mov ebx, [edi]
    default: return `${prefix}0f${ARITHMETIC[random(5)]!}${random(4) === 0 ? memory : registers}`;
  }
}

function loop(prefix: string): string {
  let body = "";
  for (let k = 4 + random(20); k > 0; k--) body += instruction(prefix, prefix === "f2" ? "f3" : "f2");
  body += "8b1f81c700080000"; // mov ebx, [edi]; add edi, 0x800
  const back = -(body.length / 2 + 1 + 2);
  return back < -128 ? loop(prefix) : `${body}4975${byte(back)}`; // dec ecx; jnz
}

const DOUBLES = [0x7ff00000, 0x7ff80000, 0xfff80001 | 0, 0x7ff00001, 0xfff12345 | 0, 0x3ff00000, 0xbff80000 | 0, 0x40490fdb, 0, 0x7fe00000, 0x00100000];
const SINGLES = [0x7f800000, 0x7fc00001, 0xffc12345 | 0, 0x7f800001, 0xff923456 | 0, 0x3f800000, 0xbfc00000 | 0, 0x40490fdb, 0, 0x7f000000, 0x00800000];

function run(tier: "interp" | "jit", code: string, values: readonly number[], rounds: number): number[] {
  let k = 0;
  return vectorOutcome(tier, code, () => values[k++]!, { esi: DATA, edi: DATA + DATA_SIZE - rounds * 0x800, ecx: 30 });
}

describe("NaNs of chains of arithmetic", () => {
  for (const [what, prefix, patterns] of [["doubles", "f2", DOUBLES], ["singles", "f3", SINGLES]] as const) {
    it(`${what}: as the interpreter has them, in 300 random loops that end at a fault`, () => {
      let faults = 0;
      for (let k = 0; k < 300; k++) {
        const code = loop(prefix), rounds = random(6), values = Array.from({ length: 48 }, () => (random(3) ? patterns[random(patterns.length)]! : 0x3fe00000));
        const want = run("interp", code, values, rounds);
        if (want[3]! > 0) faults++;
        expect(run("jit", code, values, rounds), code).toEqual(want);
      }
      expect(faults).toBeGreaterThan(250);
    });
  }

  /** How often the JavaScript of code compares a number with itself outside of what puts NaNs right. */
  const looks = (bytes: string): number => {
    const { js } = translate(bytesAsCode(Uint8Array.from(hex(bytes)), 0x1000), 0x1000);
    const hot = js.replace(/ *if \(!\(t\d+ <= t\d+\)\) \{\s*t\d+ = nanfix\([^)]*\);\s*\}/g, "").match(/\(t(\d+) <= t\1\)/g);
    return hot?.length ?? 0;
  };

  it("are looked for once for what is computed from each other, at its end", () => {
    const chain = "f20f58c1 f20f59c2 f20f5cc3"; // addsd, mulsd, subsd on xmm0
    expect(looks(`${chain} 90 c3`)).toBe(1);
    // a result of its own in between, which is not computed further
    expect(looks(`${chain} f20f58e5 90 c3`)).toBe(2);
  });
});
