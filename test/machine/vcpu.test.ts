import { describe, expect, it } from "vitest";
import { SliceEnd } from "../../src/runtime/machine/contract.js";
import { GuestMachine } from "./guest-machine.js";

const TIERS = ["interp", "auto", "jit"] as const;

/** Run a guest to its end; the vectors of the events it took. */
function run(name: string, tier: (typeof TIERS)[number], exact = false): { m: GuestMachine; vectors: number[] } {
  const m = new GuestMachine(name, { tier });
  const vectors: number[] = [];
  m.vcpu.delivery.onEvent = (e) => vectors.push(e.vector);
  expect(m.run(1_000_000, exact)).toBe(SliceEnd.stopped);
  return { m, vectors };
}

/**
 * What the guests log. The same as under QEMU's translator (guests/reference.sh) but where that is known to differ from the manual: it checks no
 * segment limits in data accesses, takes code breakpoints behind MOV SS, pushes no RF with faults and loops at DR7.GD.
 */
const LOGS: Readonly<Record<string, string>> = {
  /** From real mode through protected mode and paging to user mode. */
  protected: "11111111 22222222 33333333 44444444 e 0 80fc 8 100004 12345678 101067 6 0 813b 8 30 0 814f 1b d 0 814f 1b 10056",
  /**
   * Segment loads, limits and types (a1), LAR to VERW (a2), far transfers and gates (a3), privileged instructions at level 3 (a4), tasks (a5 to a9).
   */
  segments: "11111111 a1 0 d 30 d 28 b 38 0 d 0 0 d 0 d 8 d 20 c 38 d fff8 d 44 0 0 d 0 d 0 0 0 0 d 0 0 d 0 0 d 0 d 0 d 0 d 0 c 0 c 0 c 0 a2 "
    + "c09b00 ffffffff 1010000 c09300 ffffffff 1010001 8b00 67 10000 c09900 ffffffff 10000 c01300 ffffffff 1010001 8c00 77777777 10000 "
    + "707700 77777777 0 707700 77777777 0 a3 d 10 d 0 d 18 d 38 d 8 58 0 d 0 0 0 d 102 d 282 1b 0 8 10 1b bbbb aaaa 5ff8 23 77e4 6000 d "
    + "102 a4 d 0 d 0 d 0 d 0 d 0 d 0 d 0 0 d 0 d 0 d 0 d 0 d 48 5b 0 0 0 a5 70 4000 28 8ed6 8b00 a6 28 0 8900 8 70 4000 28 8f5d 8b00 a7 "
    + "70 0 28 8f7c 8900 a8 a 30 70 a9",
  /** Virtual-8086 mode: entry, INT, IOPL, limits (b1, b2), the port map (b3); SYSENTER (b4). */
  v86: "11111111 b1 0 4444 3056 1111b866 8559 0 23016 6000 0 7ff 0 2222 1111 0 76543210 6 ffffffff b2 d 0 d 0 d 0 d 1a 0 857e 23002 0 8579 "
    + "23002 d 0 d 0 6 ffffffff 0 8590 23002 b3 d 1a d 0 d 0 d 0 b4 d 0 6efc 5ffc 1b 23 d 102 b5",
  /** Single steps (d1), data breakpoints (d2, d3), code and ports (d4), general detect (d5), DR4 (d6), INT1 INT3 INTO BOUND DIV (d7). */
  debug: "11111111 d1 ffff4ff0 16 0 ffff4ff0 16 10000 ffff4ff0 18 0 ffff4ff0 1b 0 ffff4ff0 1e 0 ffff4ff0 25 0 ffff4ff0 26 0 d2 ffff0ff1 59 0 "
    + "ffff0ff1 5e 0 ffff0ff1 70 0 ffff0ff1 76 0 ffff0ff1 86 0 d3 ffff0ff2 b9 0 d4 ffff0ff4 107 0 d5 ffff2ff0 131 10000 400 d6 6 ffffffff "
    + "ffff0ff0 400 d7 ffff0ff0 1e6 0 3 ffffffff 4 ffffffff 0 5 ffffffff 0 ffffffff d8",
  /** Near transfers beyond the limit of CS (e1), alignment checks (e2), CR0.EM, MP and TS (e3), #MF and #XM (e4). QEMU knows none of the first two. */
  checks: "11111111 e1 d 0 d 0 d 0 d 0 d 0 d 0 e2 11 0 11 0 0 11 0 11 0 0 11 0 0 e3 0 0 0 0 0 0 2 0 0 0 0 0 4 7 ffffffff 0 6 ffffffff 6 "
    + "ffffffff 7 ffffffff 8 7 ffffffff 0 7 ffffffff 7 ffffffff 7 ffffffff a 7 ffffffff 7 ffffffff 7 ffffffff 7 ffffffff 7 ffffffff c 7 "
    + "ffffffff 0 6 ffffffff 6 ffffffff 7 ffffffff e 7 ffffffff 7 ffffffff 6 ffffffff 6 ffffffff 7 ffffffff 6 ffffffff 0 e4 0 10 ffffffff "
    + "13 ffffffff 6 ffffffff e5",
};

describe("vCPU", () => {
  it.each(Object.keys(LOGS).flatMap((name) => TIERS.map((tier) => [name, tier] as const)))("runs guest %s (%s)", (name, tier) => {
    expect(run(name, tier).m.words).toBe(LOGS[name]);
  });

  it.each(Object.keys(LOGS))("retires the same instructions in both tiers, exactly, and in slices: %s", (name) => {
    const whole = run(name, "interp", true), jit = run(name, "jit", true);
    expect(jit.vectors).toEqual(whole.vectors);
    expect(jit.m.vcpu.instructions).toBe(whole.m.vcpu.instructions);
    const sliced = new GuestMachine(name, { tier: "jit" });
    for (let at = 0, n = 1; !sliced.finished; n = (n * 7) % 1999 + 1) {
      const end = sliced.run(n, true);
      if (end === SliceEnd.budget) expect(sliced.vcpu.instructions).toBe((at += n));
      else expect(end).toBe(SliceEnd.stopped);
    }
    expect(sliced.words).toBe(LOGS[name]);
    expect(sliced.vcpu.instructions).toBe(whole.m.vcpu.instructions);
  });
});
