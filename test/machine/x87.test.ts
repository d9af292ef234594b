import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Mode } from "../../src/frontend/mode.js";
import { Machine } from "../../src/runtime/machine/machine.js";

/** x87 registers in locals of compiled code (jit/x87-registers.ts) in machines: a kernel of the benchmark. */
async function nbody(tier: "interp" | "auto"): Promise<{ result: string; fast: boolean; interpreted: number }> {
  const bytes = readFileSync(new URL("../../bench/metal/nbody-x87", import.meta.url));
  let result = "";
  const machine = new Machine({
    image: { name: "nbody-x87", bytes, append: "2000" }, memory: 64 << 20, tier, icount: true, maxInstructions: 100_000_000,
    serial: (out) => {
      result += Buffer.from(out).toString("latin1");
    },
  });
  await machine.run();
  const fast = [...machine.translations.all()].some((t) => t.region !== null && (t.mode & Mode.X87_EXTENDED) !== 0);
  return { result, fast, interpreted: machine.stats().run.interp };
}

describe("the x87 in compiled code of machines", () => {
  it("gives what tier 0 gives, and stays there", async () => {
    const compiled = await nbody("auto"), interpreted = await nbody("interp");
    expect(compiled.result).toMatch(/^go\n[0-9a-f]{8}\n$/);
    expect(compiled.result).toBe(interpreted.result);
    expect(compiled.fast).toBe(true);
    expect(interpreted.fast).toBe(false);
    expect(compiled.interpreted).toBeLessThan(interpreted.interpreted / 2);
  });
});
