import { parse } from "acorn";
import type * as E from "estree";
import { expect, test } from "vitest";
import { Bytes, F64, I32, W } from "../../../src/jit/wasm/encoder.js";
import { Unsupported } from "../../../src/jit/wasm/expression-assembler.js";
import { FunctionAssembler } from "../../../src/jit/wasm/function-assembler.js";
import { webAssembly } from "../../../src/mmu/linear-memory.js";
import fc from "../../support/random-inputs.js";

const wasm = webAssembly()!;

/** Statements that leave what is asked for in `r`, run as JavaScript and as WebAssembly. */
function both(text: string, kind: "i" | "d", memory: Int32Array = new Int32Array(64)): { js: number; wasm: number } {
  const D = new DataView(memory.slice().buffer), S = new Int32Array(D.buffer);
  const names = ["D", "S", "imul", "clz32", "fround", "sqrt", "abs"];
  const run = new Function(...names, `${text} return r;`) as (...args: unknown[]) => number;
  const expected = run(D, S, Math.imul, Math.clz32, Math.fround, Math.sqrt, Math.abs);
  const a = new FunctionAssembler({ state: 0, limits: [0, 0] }, new Map());
  a.list((parse(text, { ecmaVersion: 2022 }) as unknown as E.Program).body as E.Statement[]);
  a.get("r");
  a.code.byte(W.end);
  const linear = new wasm.Memory({ initial: 1, maximum: 1, shared: false });
  new Int32Array(linear.buffer).set(memory);
  const out = new Bytes(), section = (id: number, bytes: readonly number[]): void => {
    out.byte(id);
    out.unsigned(bytes.length);
    for (const b of bytes) out.byte(b);
  };
  for (const b of [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]) out.byte(b);
  section(1, [2, 0x60, 0, 1, kind === "i" ? I32 : F64, 0x60, 1, F64, 1, I32]);
  section(2, [2, 1, 101, 1, 109, 2, 0, 1, 1, 101, 1, 116, 0, 1]);
  section(3, [1, 0]);
  section(7, [1, 1, 102, 0, 1]);
  for (const [at, { name }] of a.calls) {
    expect(name).toBe("toInt");
    a.code.patch(at, 0);
  }
  const types = a.localTypes(), code = new Bytes();
  code.unsigned(1);
  code.unsigned(types.length + a.code.length);
  code.bytes(types);
  code.bytes(a.code.view());
  section(10, [...code.view()]);
  const { exports } = new wasm.Instance(new wasm.Module(out.view().slice()), { e: { m: linear, t: (x: number) => x | 0 } });
  const got = (exports.f as () => number)();
  expect([...new Int32Array(linear.buffer, 0, 64)]).toEqual([...S]);
  return { js: expected, wasm: got };
}

const int = fc.oneof(fc.integer({ min: -0x80000000, max: 0x7fffffff }), fc.constantFrom(0, 1, -1, 31, 32, 0x7fffffff, -0x80000000));
const literal = (n: number): string => (n < 0 || Object.is(n, -0) ? `(-${-n})` : String(n));

/** Integer expressions as compiled code has them: wrapped wherever a sum is used as an integer, or compared as it is. */
const { integer, condition } = fc.letrec<{ integer: string; condition: string; sum: string; unsigned: string }>((tie) => ({
  integer: fc.oneof({ maxDepth: 4, withCrossShrink: true },
    int.map(literal), fc.constantFrom("a", "b", "S[3]", "D.getUint8(9, true)", "D.getInt32(a & 63, true)", "D.getUint16(11, true)"),
    fc.tuple(tie("integer"), fc.constantFrom("&", "|", "^", "<<", ">>"), tie("integer")).map(([x, o, y]) => `(${x} ${o} ${y})`),
    fc.tuple(tie("sum")).map(([s]) => `(${s} | 0)`),
    fc.tuple(tie("unsigned")).map(([s]) => `(${s} | 0)`),
    fc.tuple(tie("integer"), tie("integer")).map(([x, y]) => `imul(${x}, ${y})`),
    fc.tuple(tie("integer")).map(([x]) => `clz32(${x})`),
    fc.tuple(tie("condition"), tie("integer"), tie("integer")).map(([c, x, y]) => `(${c} ? ${x} : ${y})`),
  ),
  sum: fc.tuple(fc.oneof(tie("integer"), tie("unsigned")), fc.constantFrom("+", "-"), tie("integer")).map(([x, o, y]) => `(${x} ${o} ${y})`),
  unsigned: fc.tuple(fc.oneof(tie("integer"), tie("sum"))).map(([x]) => `(${x} >>> 0)`),
  condition: fc.oneof({ maxDepth: 3 },
    fc.tuple(fc.oneof(tie("integer"), tie("unsigned"), tie("sum")), fc.constantFrom("<", "<=", ">", ">=", "===", "!=="), fc.oneof(tie("integer"), tie("unsigned"), tie("sum"))).map(([x, o, y]) => `(${x} ${o} ${y})`),
    fc.tuple(tie("condition"), fc.constantFrom("&&", "||", "!=="), tie("condition")).map(([x, o, y]) => `(${x} ${o} ${y})`),
    tie("condition").map((c) => `!${c}`),
    fc.constantFrom("x < y", "x <= a", "b > x", "!(x <= x)").map((c) => `(${c})`),
  ),
}));

const double = fc.letrec<{ double: string }>((tie) => ({
  double: fc.oneof({ maxDepth: 4 },
    fc.constantFrom("x", "y", "1.5", "(-0)", "0", "4294967296", "a", "D.getFloat32(8, true)"),
    fc.tuple(tie("double"), fc.constantFrom("+", "-", "*", "/"), tie("double")).map(([p, o, q]) => `(${p} ${o} ${q})`),
    fc.tuple(fc.constantFrom("fround", "sqrt", "abs"), tie("double")).map(([f, p]) => `${f}(${p})`),
    fc.tuple(condition, tie("double"), tie("double")).map(([c, p, q]) => `(${c} ? ${p} : ${q})`),
  ),
})).double;

const start = (a: number, b: number, x: number, y: number): string => `let a = ${literal(a)} | 0, b = ${literal(b)} | 0, x = ${literal(x)} * 0.25, y = ${literal(y)} / 3;`;

test("integers are what they are in JavaScript", () => {
  fc.assert(fc.property(integer, int, int, fc.array(int, { minLength: 16, maxLength: 16 }), (e, a, b, words) => {
    const memory = new Int32Array(64);
    memory.set(words);
    const { js, wasm } = both(`${start(a, b, 3, 5)} let r = ${e};`, "i", memory);
    expect(wasm).toBe(js);
  }), { numRuns: 600 });
});

test("so are conditions, of integers that are compared without being wrapped, too", () => {
  fc.assert(fc.property(condition, int, int, int, (c, a, b, x) => {
    const { js, wasm } = both(`${start(a, b, x, 5)} let r = 0; if (${c}) { r = 1; } else { r = 2; }`, "i");
    expect(wasm).toBe(js);
  }), { numRuns: 600 });
});

test("so are doubles, and what they are as integers", () => {
  fc.assert(fc.property(double, int, int, int, int, (e, a, b, x, y) => {
    const { js, wasm } = both(`${start(a, b, x, y)} let r = 0.5; r = ${e};`, "d");
    expect(wasm).toBe(js);
    const asInt = both(`${start(a, b, x, y)} let r = 0; r = (${e} + 0.5) | 0;`, "i");
    expect(asInt.wasm).toBe(asInt.js);
  }), { numRuns: 600 });
});

test("loops, labels, switches and stores", () => {
  const text = `let n = 10, r = 0, k = 0;
  L1: for (;;) {
    B2: {
      n = (n - 1) | 0;
      if (n < 0) { break L1; }
      if (n === 5) { break B2; }
      switch (n & 3) {
        case 0: if (n === 4) { r = (r + 100) | 0; break; } break;
        case 1: r = (r + 1) | 0; continue L1;
        case 2: k = 2; break;
        case 3: S[n] = r; D.setInt8(n, n, true); break;
      }
      D.setInt16(20, (r + n) | 0, true);
      r = (r + 1000) | 0;
      continue L1;
    }
    r = (r + 7) | 0;
    D.setFloat64(40, r, true);
  }
  r = (r + k) | 0;`;
  const { js, wasm } = both(text.replace(/S\[n\] = r;/, "S[9] = r;"), "i");
  expect(wasm).toBe(js);
});

test("what would not mean the same is refused", () => {
  for (const text of ["let r = 0; r = r + 1;", "let r = 0; r = 1.5;", "let r = 0; r = (r >>> 0);", "let r = 0; while (r) { r = 0; }", "let r = 0; r = unknown(r);"]) {
    expect(() => both(text.replace("unknown", "parseInt"), "i"), text).toThrow(Unsupported);
  }
});
