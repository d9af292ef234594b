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

  test("what calls and returns lead back to is no loop: a function that calls itself is in one piece", () => {
    // 0: push esi; push ebx; mov ebx, eax; sub esp, 4; cmp eax, 1; jbe 21; c: lea eax, [eax - 1]; call 0; 14: mov esi, eax; lea eax, [ebx - 2]; call 0; 1e: lea ebx, [esi + eax];
    // 21: mov eax, ebx; add esp, 4; pop ebx; pop esi; ret. Returns go to 14 and 1e, those of the block at 1e to itself.
    const code = [
      0x56, 0x53, 0x89, 0xc3, 0x83, 0xec, 4, 0x83, 0xf8, 1, 0x76, 0x15, 0x8d, 0x40, 0xff, 0xe8, 0xec, 0xff, 0xff, 0xff,
      0x89, 0xc6, 0x8d, 0x43, 0xfe, 0xe8, 0xe2, 0xff, 0xff, 0xff, 0x8d, 0x1c, 0x06, 0x89, 0xd8, 0x83, 0xc4, 4, 0x5b, 0x5e, 0xc3,
    ];
    const found: string[] = [];
    const region = growRegion(bytesAsCode(Uint8Array.from(code), BASE), BASE, USER32, { count: () => 1, targets: () => [BASE + 0x14, BASE + 0x1e] });
    const last = region.nodes.find((n) => n.pc === BASE + 0x1e)!;
    expect(last.expected).toContain(last);
    const emitted = emitRegion(region, { pieces: { number: (nodes) => found.push(nodes.map((n) => (n.pc - BASE).toString(16)).sort().join(" ")), together: () => true } });
    expect(found).toEqual(["0 14 1e 21 c"]);
    expect(stores(emitted.code)).toEqual(["1"]);
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
