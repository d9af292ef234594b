import { describe, expect, it } from "vitest";
import { USER32 } from "../../src/frontend/mode.js";
import { allOps } from "../../src/ir/op.js";
import { emitRegion } from "../../src/jit/compile.js";
import { factoryNames, libraryName } from "../../src/jit/emit-region.js";
import { USER_STRATEGY } from "../../src/jit/emit-memory.js";
import { sourceName } from "../../src/jit/local-constants.js";
import { PARAMETERS } from "../../src/jit/names.js";
import { growRegion } from "../../src/runtime/region-builder.js";
import { bytesAsCode } from "../../src/runtime/translate.js";
import { freeNames } from "../support/free-names.js";
import { GPR } from "../../src/ir/state.js";
import { hex, makeGuest, runGuest } from "../support/guest.js";

// DESIGN: guests are not trusted. Whatever bytes a guest executes, the JavaScript made of them names nothing but the factory's parameters.

function random(seed: number): () => number {
  let x = seed | 1;
  return () => {
    x = (Math.imul(x, 1664525) + 1013904223) | 0;
    return x >>> 8;
  };
}

describe("generated code", () => {
  it("names only its parameters and locals, for random bytes", () => {
    let compiled = 0;
    for (let seed = 1; seed <= 400; seed++) {
      const r = random(seed);
      const bytes = Uint8Array.from({ length: 96 }, () => r() & 0xff);
      const region = growRegion(bytesAsCode(bytes, 0x1000), 0x1000, USER32, { count: () => 1 });
      const c = emitRegion(region);
      const allowed = new Set(factoryNames(USER_STRATEGY.parameters, c.libraries).map(sourceName));
      for (const name of freeNames(c.code)) expect(allowed, `seed ${seed}: ${name}`).toContain(name);
      compiled++;
    }
    expect(compiled).toBe(400);
  });

  it("would be caught if it did not", () => {
    expect([...freeNames("return function r() { let a = S[0]; return a + globalThis.process; }")].sort()).toEqual(["S", "globalThis"]);
    expect([...freeNames("L: for (;;) { break L; } return D.getInt8(x)")].sort()).toEqual(["D", "x"]);
    expect([...freeNames("return new Function(`x`)")].sort()).toEqual(["Function", "NewExpression", "TemplateLiteral"]);
  });

  it("gives every library op a name of its own", () => {
    const names = allOps().filter((o) => o.lib).map(libraryName);
    expect(new Set(names).size).toBe(names.length);
    for (const n of names) expect(PARAMETERS).not.toContain(n);
  });
});

describe("branches to the next instruction", () => {
  it("are no branches: what follows them is there once", () => {
    // (inc eax; je +0) 60 times
    const code = Uint8Array.from(hex("407400".repeat(60)));
    expect(emitRegion(growRegion(bytesAsCode(code, 0x1000), 0x1000, USER32, { count: () => 1 })).code.length).toBeLessThan(20_000);
    for (const tier of ["interp", "jit"] as const) {
      // and dec ecx; jne to the beginning
      const g = makeGuest(Uint8Array.of(...code, ...hex("490f8545ffffff")), tier);
      g.S[(GPR >> 2) + 2] = 50;
      runGuest(g, 50 * 122);
      expect(g.S[GPR >> 2]).toBe(3000);
    }
  });
});
