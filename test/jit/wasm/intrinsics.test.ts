import { expect, test } from "vitest";
import { nanfix } from "../../../src/ir/lib/nan.js";
import { Bytes, F64, I32, W } from "../../../src/jit/wasm/encoder.js";
import { FunctionAssembler } from "../../../src/jit/wasm/function-assembler.js";
import { INTRINSICS } from "../../../src/jit/wasm/intrinsics.js";
import * as js from "../../../src/jit/ast.js";
import { webAssembly } from "../../../src/mmu/linear-memory.js";
import { xorshift } from "../../support/xorshift.js";

const wasm = webAssembly()!;

/** What instructions give that leave one value, and get their operands from f64 or i32 globals `g0`, `g1`, … */
function evaluate(emit: (a: FunctionAssembler, get: (k: number) => void) => void, type: number, operands: readonly number[]): number {
  const a = new FunctionAssembler({ state: 0, limits: [0, 0] }, new Map()), out = new Bytes();
  emit(a, (k) => {
    a.code.byte(W.global_get);
    a.code.unsigned(k);
  });
  a.code.byte(W.end);
  const types = a.localTypes(), section = (id: number, bytes: readonly number[]): void => {
    out.byte(id);
    out.unsigned(bytes.length);
    for (const b of bytes) out.byte(b);
  };
  for (const b of [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]) out.byte(b);
  section(1, [1, 0x60, 0, 1, type]);
  section(2, [operands.length, ...operands.flatMap((_, k) => [1, 103, 1, 48 + k, 3, type, 0])]);
  section(3, [1, 0]);
  section(7, [1, 1, 102, 0, 0]);
  const code = new Bytes();
  code.unsigned(1);
  code.unsigned(types.length + a.code.length);
  code.bytes(types);
  code.bytes(a.code.view());
  section(10, [...code.view()]);
  const { exports } = new wasm.Instance(new wasm.Module(out.view().slice()), { g: Object.fromEntries(operands.map((v, k) => [k, v])) });
  return (exports.f as () => number)();
}

const EDGES = [0, 1, -1, 0x7fffffff, -0x80000000, 0x80, 0x7f, 0xff, 0x8000, 0x12345678, 0x80808080 | 0, 0x00ff00ff];

test.each([...INTRINSICS].map(([op, emit]) => ({ name: op.name, op, emit })))("$name gives what its function gives", ({ op, emit }) => {
  const { fn, args } = op.lib!, random = xorshift(op.name.length);
  // Of lane-wise ops `args` says how many there are; the quotient of what the lifter lets through fits.
  const divides = op.name === "int.div64u";
  for (let k = 0; k < 300; k++) {
    const operands = args.map(() => (random(3) === 0 ? EDGES[random(EDGES.length)]! : random() | 0));
    if (divides && operands[0]! >>> 0 >= operands[2]! >>> 0) continue;
    const got = evaluate((a, get) => {
      operands.forEach((_, i) => get(i));
      emit(a);
    }, I32, operands);
    expect([...operands, got]).toEqual([...operands, fn(...operands) | 0]);
  }
});

test("a divisor of 0, which the lifter traps on, does not trap in WebAssembly", () => {
  const [, emit] = [...INTRINSICS].find(([op]) => op.name === "int.div64u")!;
  const divide = (...operands: number[]): number => evaluate((a, get) => {
    operands.forEach((_, i) => get(i));
    emit(a);
  }, I32, operands);
  expect(() => divide(0, 5, 0)).not.toThrow();
  expect(() => divide(-1, -1, 0)).not.toThrow();
  expect(divide(1, 0, 2)).toBe(0x80000000 | 0);
});

test("nanfix, bit by bit", () => {
  const bits = (low: number, high: number): number => new Float64Array(new Int32Array([low, high]).buffer)[0]!;
  const show = (x: number): string => [...new Uint32Array(new Float64Array([x]).buffer)].map((w) => w.toString(16)).join(":");
  const values = [1, -0, Infinity, bits(1, 0x7ff00000), bits(5, 0x7ff80000), bits(7, 0xfff00001 | 0), bits(0, 0xfff80000 | 0)];
  for (const x of values) {
    for (const y of values) {
      // As doubles in memory, since a NaN need not stay what it is on its way into WebAssembly as a number.
      const got = evaluate((a) => {
        a.list([js.lets([["x", number(x)], ["y", number(y)], ["r", js.call("nanfix", [js.id("x"), js.id("y")])]])]);
        a.get("r");
      }, F64, []);
      expect(`${show(x)} ${show(y)} ${show(got)}`).toBe(`${show(x)} ${show(y)} ${show(nanfix(x, y))}`);
    }
  }
});

/** A literal, also of what JavaScript has none for. */
function number(value: number): js.Expr {
  return { type: "Literal", value };
}
