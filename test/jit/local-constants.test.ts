import { parse } from "acorn";
import { generate } from "astring";
import type * as E from "estree";
import { describe, expect, it } from "vitest";
import { emitRegion } from "../../src/jit/compile.js";
import { localConstants, sourceName } from "../../src/jit/local-constants.js";
import { growRegion } from "../../src/runtime/region-builder.js";
import { bytesAsCode } from "../../src/runtime/translate.js";
import { USER32 } from "../../src/frontend/mode.js";
import { hex } from "../support/guest.js";

// A region's constants become locals where they are used more than once, anew in each loop and behind it.

function transformed(source: string): { text: string; made: string[] } {
  const body = (parse(`function r() {${source}}`, { ecmaVersion: 2022 }) as unknown as { body: E.FunctionDeclaration[] }).body[0]!.body;
  const made = localConstants(body, new Set(["S", "D", "rd"]));
  return { text: generate(body, { indent: "", lineEnd: " " }), made };
}

describe("local constants", () => {
  it("leave alone what is used once, and names that are none of the factory's", () => {
    expect(transformed("let a = S[0]; a = a + a | 0; if (D.getInt8(a) === 1) { a = x[0] + x[1]; }")).toEqual({
      text: "{ let a = S[0]; a = a + a | 0; if (D.getInt8(a) === 1) { a = x[0] + x[1]; } }", made: [],
    });
  });

  it("stand before the first use", () => {
    expect(transformed("let a = S[0], b = S[1]; X: { if (a < b) { break X; } a = rd(b); }")).toEqual({
      text: "{ const S = S$; let a = S[0], b = S[1]; X: { if (a < b) { break X; } a = rd(b); } }", made: ["S"],
    });
  });

  it("are made anew in each loop and for what follows it, as code that V8 enters in a loop's middle did not run what stood before", () => {
    const { text, made } = transformed("let a = S[0], b = S[1]; X: { L: for (;;) { a = D.getInt8(a) + D.getInt8(b); M: for (;;) { if (rd(a)) { break X; } b = rd(b); } } } S[0] = a; S[1] = b; return;");
    expect(text).toBe(
      "{ const S = S$; let a = S[0], b = S[1]; X: { L: for (; ; ) { const D = D$; a = D.getInt8(a) + D.getInt8(b); M: for (; ; ) { const rd = rd$; if (rd(a)) { break X; } b = rd(b); } } } " +
        "{ const S = S$; S[0] = a; S[1] = b; return; } }",
    );
    expect(made.sort()).toEqual(["D", "S", "rd"]);
  });

  it("do the same behind a loop within a branch", () => {
    expect(transformed("if (x) { for (;;) { y = S[0]; } z = D.a(D); } y = S[1];").text).toBe("{ if (x) { for (; ; ) { y = S[0]; } { const D = D$; z = D.a(D); } } y = S[1]; }");
  });

  it("are what regions have: no name of the factory's is used more than a few times", () => {
    // L: mov eax, [esi]; add [edi], eax; add esi, 4; add edi, 4; dec ecx; jnz L; ret
    const { code, locals } = emitRegion(growRegion(bytesAsCode(Uint8Array.from(hex("8b06 0107 83c604 83c704 49 75f3 c3")), 0x1000), 0x1000, USER32, { count: () => 1 }));
    expect(locals).toEqual(expect.arrayContaining(["S", "W", "D"]));
    for (const name of locals) {
      const uses = code.split(sourceName(name)).length - 1;
      expect(uses, name).toBeGreaterThan(0);
      expect(uses, name).toBeLessThanOrEqual(3);
    }
  });
});
