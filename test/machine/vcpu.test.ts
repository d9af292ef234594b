import { describe, expect, it } from "vitest";
import { SliceEnd } from "../../src/runtime/machine/contract.js";
import { GuestMachine } from "./guest-machine.js";

/** Run a guest to its end; the vectors of the events it took. */
function run(name: string, tier: "auto" | "interp" | "jit" = "auto"): { m: GuestMachine; vectors: number[] } {
  const m = new GuestMachine(name, { tier });
  const vectors: number[] = [];
  m.vcpu.onEvent = (e) => vectors.push(e.vector);
  expect(m.run()).toBe(SliceEnd.stopped);
  return { m, vectors };
}

describe("vCPU", () => {
  it.each(["interp", "auto", "jit"] as const)("goes from real mode through protected mode and paging to user mode, with exceptions on the way (%s)", (tier) => {
    const { m, vectors } = run("protected", tier);
    expect(vectors).toEqual([0x40, 14, 6, 0x30, 13]);
    expect(m.words).toBe("11111111 22222222 33333333 44444444 e0000011 e 0 80bc 100004 12345678 101067 0 6 0 80dd 0 30 0 80f1 0 d 0 80f1 10086");
  });
});
