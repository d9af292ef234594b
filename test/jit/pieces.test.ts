import { describe, expect, test } from "vitest";
import { bytesAsCode } from "../../src/index.js";
import { USER32 } from "../../src/frontend/mode.js";
import { emitRegion } from "../../src/jit/compile.js";
import type { PieceNumbers } from "../../src/jit/pieces.js";
import { growRegion } from "../../src/runtime/region-builder.js";

const BASE = 0x1000;

/** The region that begins at a block of some code, all of which has run; and what its pieces are, by the PCs of their blocks. */
function pieces(code: readonly number[], together: PieceNumbers["together"] = () => true): { pieces: string[]; code: string } {
  const source = bytesAsCode(Uint8Array.from(code), BASE);
  const region = growRegion(source, BASE, USER32, { count: () => 1 });
  const found: string[] = [];
  const emitted = emitRegion(region, { pieces: { number: (nodes) => 100 + found.push(nodes.map((n) => (n.pc - BASE).toString(16)).join(" ")) - 1, together } });
  return { pieces: found, code: emitted.code };
}

const stores = (code: string): string[] => [...code.matchAll(/\bP\$?\[0\] = (\d+);/g)].map((m) => m[1]!);
const nops = (n: number): number[] => new Array<number>(n).fill(0x40); // inc eax

describe("pieces of regions", () => {
  // 0: mov ecx, 5; 5: inc eax; jz a; 8: inc edx; inc edx; a: dec ecx; jnz 5; d: inc esi; e: dec esi; jnz e; 11: hlt
  // A block begins at each place that is jumped to, and where the region does, so the loops' first turns are in blocks of their own: 0 and d.
  const LOOPS = [0xb9, 5, 0, 0, 0, 0x40, 0x74, 2, 0x42, 0x42, 0x49, 0x75, 0xf8, 0x46, 0x4e, 0x75, 0xfd, 0xf4];

  test("loops are apart from each other and from what is around them, and have no store within", () => {
    const { pieces: found, code } = pieces(LOOPS);
    expect(found.map((p) => p.split(" ").sort().join(" ")).sort()).toEqual(["0", "11 d", "5 8 a", "e"]);
    const loop = 100 + found.findIndex((p) => p.includes("5"));
    // into it from 0, by either way of its branch
    expect(stores(code).filter((n) => n === `${loop}`)).toHaveLength(2);
  });

  test("functions are told apart within loops", () => {
    const callee = (pc: number): boolean => pc - BASE >= 8 && pc - BASE < 10;
    const { pieces: found } = pieces(LOOPS, (a, b) => callee(a) === callee(b));
    expect(found.map((p) => p.split(" ").sort().join(" ")).sort()).toEqual(["0", "11 d", "5 a", "8", "e"]);
  });

  test("a region that begins within an outer loop", () => {
    // 0: inc edx; dec ecx; jnz 0; 4: mov ecx, 5; jmp -2; -2 is before the region: nop; nop
    const source = bytesAsCode(Uint8Array.from([0x90, 0x90, 0x42, 0x49, 0x75, 0xfc, 0xb9, 5, 0, 0, 0, 0xeb, 0xf3]), BASE - 2);
    const found: string[] = [];
    emitRegion(growRegion(source, BASE, USER32, { count: () => 1 }), { pieces: { number: (nodes) => found.push(nodes.map((n) => `${n.pc - BASE}`).join(" ")), together: () => true } });
    // -2 has the inner loop's first turn in its block
    expect(found.map((p) => p.split(" ").sort().join(" ")).sort()).toEqual(["-2 4", "0"]);
  });

  test("a long loop has several", () => {
    // 0: 30 inc eax; jz 21; 20: inc edx; 21: 30 inc eax; dec ecx; jnz 0; 42: hlt
    const body = [...nops(30), 0x74, 1, 0x42, ...nops(30), 0x49];
    const { pieces: found, code } = pieces([...body, 0x75, 256 - body.length - 2, 0xf4]);
    expect(found).toHaveLength(4);
    expect(new Set(stores(code)).size).toBe(4);
  });

  test("an inner loop is apart, and the outer one goes on behind it", () => {
    // 0: inc eax; jmp 3; 3: inc edx; dec ecx; jnz 3; 7: inc eax; dec esi; jnz 0; b: hlt
    const { pieces: found } = pieces([0x40, 0xeb, 0, 0x42, 0x49, 0x75, 0xfc, 0x40, 0x4e, 0x75, 0xf5, 0xf4]);
    const of = (block: string): number => found.findIndex((p) => p.split(" ").includes(block));
    expect(of("7")).toBe(of("0"));
    expect(of("3")).not.toBe(of("0"));
    expect(of("b")).not.toBe(of("0"));
  });

  test("each block is in one, and the region begins with a store", () => {
    for (let seed = 1; seed <= 300; seed++) {
      let x = seed;
      const bytes = Array.from({ length: 96 }, () => (x = (Math.imul(x, 1664525) + 1013904223) | 0) >>> 24);
      const { pieces: found, code } = pieces(bytes);
      const blocks = found.flatMap((p) => p.split(" "));
      expect(new Set(blocks).size).toBe(blocks.length);
      expect(stores(code)[0]).toBe(`${100 + found.findIndex((p) => p.split(" ")[0] === "0")}`);
    }
  });

  test("nothing of it is in code that is not asked to", () => {
    const source = bytesAsCode(Uint8Array.from(LOOPS), BASE);
    const region = growRegion(source, BASE, USER32, { count: () => 1 });
    expect(emitRegion(region).code).not.toMatch(/\bP\b|where/);
  });
});
