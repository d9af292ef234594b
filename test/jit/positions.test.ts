import { describe, expect, it } from "vitest";
import { disassemble } from "../../src/frontend/disassemble.js";
import { USER32 } from "../../src/frontend/mode.js";
import { emitRegion } from "../../src/jit/compile.js";
import { growRegion } from "../../src/runtime/region-builder.js";
import { bytesAsCode } from "../../src/runtime/translate.js";
import { hex } from "../support/guest.js";

const BASE = 0x1000;

function emit(bytes: string, positions: "mark" | "step" | null, comments = false): { code: string; at: (line: number, column: number) => number | null; lines: string[] } {
  const region = growRegion(bytesAsCode(Uint8Array.from(hex(bytes)), BASE), BASE, USER32, { count: () => 1 });
  const emitted = emitRegion(region, positions ? { positions, ...(comments ? { comment: (pc) => `@${pc.toString(16)}` } : {}) } : undefined);
  return {
    code: emitted.code,
    lines: emitted.code.split("\n"),
    at: (line, column) => emitted.positions.filter((p) => p.line === line && p.column <= column).at(-1)!.pc,
  };
}

const CODE = ["31c0 0306 83c604 49 75f8 c3", "e801000000 c3 40 c3", "740a 40 7405 41 7402 ebfc 49 75f6 c3", "3b4508 7405 90 890424 c3 d9e8 d8c1 c3"];

describe("positions of a region's JavaScript", () => {
  it.each(CODE)("do not change the code: %s", (bytes) => {
    expect(emit(bytes, "mark").code).toBe(emit(bytes, null).code);
  });

  it.each(CODE)("are there for each line and each character: %s", (bytes) => {
    const { lines, at } = emit(bytes, "mark", true);
    const pcs = new Set(disassemble(Uint8Array.from(hex(bytes)), BASE, USER32).map((i) => i.pc));
    lines.forEach((text, k) => {
      for (let c = 0; c < Math.max(text.length, 1); c++) {
        const pc = at(k + 1, c);
        if (pc !== null) expect(pcs).toContain(pc);
      }
    });
  });

  it("tell apart what one statement has of several instructions", () => {
    // cmp eax, [ebp+8]; je: the load is the comparison's, the condition the branch's
    const { lines, at } = emit("3b4508 7402 40 c3 c3", "mark");
    const line = lines.findIndex((l) => l.includes("getInt32")) + 1;
    const text = lines[line - 1]!;
    expect(at(line, text.indexOf("getInt32"))).toBe(0x1000);
    const branch = lines.findIndex((l) => /if \(.*eax/.test(l)) + 1;
    expect(at(branch, lines[branch - 1]!.indexOf("if"))).toBe(0x1003);
  });

  it("with comments name every instruction, also those of which nothing is left", () => {
    // nop; jmp over nothing; cmp fused into jb
    const { lines, at } = emit("90 eb00 39d8 7202 40 c3 c3", "mark", true);
    for (const pc of [0x1000, 0x1001, 0x1003, 0x1005, 0x1007]) {
      const k = lines.findIndex((l) => l.includes(`// @${pc.toString(16)}`));
      expect(k, pc.toString(16)).toBeGreaterThan(0);
      expect(at(k + 1, lines[k]!.indexOf("@"))).toBe(pc);
    }
  });

  it("in steps give each instruction a statement", () => {
    const { code } = emit("90 eb00 39d8 7202 40 c3 c3", "step");
    for (const pc of [0x1000, 0x1001, 0x1003, 0x1005, 0x1007]) expect(code).toContain(`pc = ${pc};`);
  });
});
