import { parse } from "acorn";
import { generate } from "astring";
import type * as E from "estree";
import { describe, expect, it } from "vitest";
import * as js from "../../src/jit/ast.js";
import { emitRegion } from "../../src/jit/compile.js";
import { sourceName, withLocalConstants } from "../../src/jit/local-constants.js";
import { growRegion } from "../../src/runtime/region-builder.js";
import { bytesAsCode } from "../../src/runtime/translate.js";
import { USER32 } from "../../src/frontend/mode.js";
import { hex } from "../support/guest.js";

// A region's constants become locals, before anything else.

function transformed(source: string): string {
  const { body } = (parse(`function r() {${source}}`, { ecmaVersion: 2022 }) as unknown as { body: E.FunctionDeclaration[] }).body[0]!.body;
  return generate(js.block(withLocalConstants(body as js.Stmt[], new Set(["S", "D", "W", "rd"]))), { indent: "", lineEnd: " " });
}

describe("local constants", () => {
  it("are not made of what is not used, and of names that are none of the factory's", () => {
    expect(transformed("let a = x[0]; a = a + a | 0; if (y.S(a) === 1) { a = x[0] + x[1]; }")).toBe("{ let a = x[0]; a = a + a | 0; if (y.S(a) === 1) { a = x[0] + x[1]; } }");
  });

  it("are not made of labels", () => {
    expect(transformed("W: for (;;) { if (x) { continue W; } break W; }")).toBe("{ W: for (; ; ) { if (x) { continue W; } break W; } }");
  });

  it("stand before all loops, wherever they are used", () => {
    expect(transformed("let a = 0; X: { L: for (;;) { a = D.getInt8(a); M: for (;;) { switch (a) { case 1: { if (rd(a)) { break X; } } } } } } S[0] = a; return S[1];")).toBe(
      "{ const D = D$, rd = rd$, S = S$; let a = 0; X: { L: for (; ; ) { a = D.getInt8(a); M: for (; ; ) { switch (a) { case 1: { if (rd(a)) { break X; } } } } } } S[0] = a; return S[1]; }",
    );
  });

  it("are found in every kind of expression", () => {
    for (const e of ["-S[0]", "a + rd(1)", "a && rd(1)", "a = S[0]", "a ? S[0] : 1", "a ? 1 : S[0]", "x[S[0]]", "x(S[0])", "S.y"]) expect(transformed(`b = ${e};`), e).toMatch(/^\{ const (S = S|rd = rd)\$; b = /);
  });

  it("are what regions have: of each name that they use there is one, at their head", () => {
    // L: mov eax, [esi]; add [edi], eax; add esi, 4; add edi, 4; dec ecx; jnz L; ret
    const { code } = emitRegion(growRegion(bytesAsCode(Uint8Array.from(hex("8b06 0107 83c604 83c704 49 75f3 c3")), 0x1000), 0x1000, USER32, { count: () => 1 }));
    const head = /^\{\n return function r_1000\(\) \{\n  const (.*);/.exec(code)![1]!.split(", ");
    expect(head).toEqual(expect.arrayContaining(["S", "W", "D", "rd", "wr", "N", "go", "link"].map((name) => `${name} = ${sourceName(name)}`)));
    expect(code.split("$").length - 1).toBe(head.length);
  });
});
