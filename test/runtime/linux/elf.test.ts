import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { elfSymbols } from "../../../src/runtime/inspect/symbols.js";
import { ElfError, type ElfImage, type ElfSource, isElf64, parseElf } from "../../../src/runtime/linux/elf.js";
import { LaunchError, LinuxSystem } from "../../../src/runtime/linux/system.js";
import { TestFiles } from "../../support/linux-files.js";
import { tinyElf64 } from "../../support/tiny-elf.js";
import { xorshift } from "../../support/xorshift.js";

const LIMIT = 0xffff0000;
const GOOD = new Uint8Array(readFileSync(new URL("../../../samples/linux/threads", import.meta.url)));

const parse = (bytes: Uint8Array, limit = LIMIT): ElfImage =>
  parseElf({ size: bytes.length, read: (at, n) => bytes.slice(Math.min(at, bytes.length), Math.min(at + n, bytes.length)) }, limit);

/** The good file with some words changed: [offset, size in bytes, value]. */
function changed(...edits: [number, 1 | 2 | 4, number][]): Uint8Array {
  const bytes = GOOD.slice();
  const v = new DataView(bytes.buffer);
  for (const [at, size, value] of edits) {
    if (size === 1) v.setUint8(at, value);
    else if (size === 2) v.setUint16(at, value, true);
    else v.setUint32(at, value, true);
  }
  return bytes;
}

const view = new DataView(GOOD.buffer);
const phoff = view.getUint32(28, true);
const PHNUM = view.getUint16(44, true);
/** Offset of word k in the nth PT_LOAD's header. */
function load(n: number, k: number): number {
  for (let i = 0; i < PHNUM; i++) if (view.getUint32(phoff + i * 32, true) === 1 && n-- === 0) return phoff + i * 32 + k * 4;
  throw new Error("no such segment");
}

test("a good file", () => {
  const image = parse(GOOD);
  expect(image.fixed).toBe(true);
  expect(image.interpreter).toBeNull();
  expect(image.executableStack).toBe(false);
  expect(image.segments.length).toBeGreaterThan(1);
  expect(image.entry).toBe(view.getUint32(24, true));
  expect(image.phdr % 4096).toBe(phoff);
});

describe("x86-64 files", () => {
  const file = (bytes: Uint8Array): ElfSource => ({ size: bytes.length, read: (at, n) => bytes.slice(Math.min(at, bytes.length), Math.min(at + n, bytes.length)) });

  test("headers and symbols", () => {
    const source = file(tinyElf64([0x90, 0xc3], [{ name: "f", at: 1, size: 1 }]));
    expect(isElf64(source)).toBe(true);
    expect(isElf64(file(GOOD))).toBe(false);
    expect(parseElf(source, LIMIT, 64)).toMatchObject({ fixed: true, entry: 0x400078, phnum: 1, segments: [{ vaddr: 0x400000, memsz: 122, filesz: 122, offset: 0, flags: 5 }] });
    expect(elfSymbols(source)).toEqual([{ name: "f", address: 0x400079, size: 1, kind: "function" }]);
  });

  test("one line for what is beyond 4 GiB, another class, or cut", () => {
    expect(() => parseElf(file(tinyElf64([0xc3], [], 0xffffffff81000000n)), LIMIT, 64)).toThrow(/segment 0 at 0xffffffff81000000 of 121 bytes reaches beyond the address space's end/);
    expect(() => parseElf(file(GOOD), LIMIT, 64)).toThrow(/unknown ELF class 1/);
    expect(() => parseElf(file(tinyElf64([0xc3]).slice(0, 60)), LIMIT, 64)).toThrow(/60 bytes do not hold an ELF header of 64 bytes/);
  });
});

describe("one line for each way to be wrong", () => {
  test.each<[string, Uint8Array, RegExp]>([
    ["empty", new Uint8Array(0), /file is empty/],
    ["text", new TextEncoder().encode("#include <stdio.h>\n"), /not an ELF file/],
    ["cut in the header", GOOD.slice(0, 40), /truncated: 40 bytes do not hold an ELF header of 52/],
    ["cut very early", GOOD.slice(0, 10), /truncated: 10 bytes/],
    ["64 bits", changed([4, 1, 2], [18, 2, 62]), /64-bit program \(x86-64\)/],
    ["bad class", changed([4, 1, 9]), /unknown ELF class 9/],
    ["big endian", changed([5, 1, 2], [18, 2, 0x0800]), /big-endian program \(MIPS\)/],
    ["ARM", changed([18, 2, 40]), /another processor \(ARM\)/],
    ["version", changed([20, 4, 7]), /unknown ELF version/],
    ["object file", changed([16, 2, 1]), /relocatable object/],
    ["core dump", changed([16, 2, 4]), /core dump/],
    ["no headers", changed([44, 2, 0]), /no program headers/],
    ["header size", changed([42, 2, 56]), /program headers of 56 bytes instead of 32/],
    ["many headers", changed([44, 2, 60000]), /too many program headers/],
    ["headers beyond the end", changed([28, 4, 0x7fffffff]), /program headers at 0x7fffffff reach beyond the file's/],
    ["file size > memory size", changed([load(0, 5), 4, 1]), /more bytes in the file/],
    ["too large", changed([load(1, 5), 4, 0xfffff000]), /reaches beyond the address space's end at 0xffff0000/],
    ["beyond the file", GOOD.slice(0, GOOD.length >> 2), /truncated: segment \d at 0x8[0-9a-f]+ ends at/],
    ["misaligned", changed([load(0, 1), 4, 16]), /differ modulo the page size/],
    ["alignment", changed([load(0, 7), 4, 4097]), /alignment 4097, not a power of two/],
    ["overlap", changed([load(1, 2), 4, view.getUint32(load(0, 2), true) + (view.getUint32(load(1, 1), true) % 4096)]), /overlap or are out of order/],
    ["page 0", changed([load(0, 2), 4, view.getUint32(load(0, 1), true)], [24, 4, view.getUint32(load(0, 1), true)]), /covers the page at address 0/],
    ["entry", changed([24, 4, 0x100]), /entry point 0x100 is in no segment/],
    ["no segments", Array.from({ length: PHNUM }, (_, i) => [phoff + i * 32, 4, 0] as [number, 4, number]).reduce(
      (b, e) => (new DataView(b.buffer).setUint32(e[0], 0, true), b), GOOD.slice()), /nothing to load/],
  ])("%s", (_, bytes, message) => {
    expect(() => parse(bytes)).toThrow(ElfError);
    expect(() => parse(bytes)).toThrow(message);
  });

  test("interpreter names", () => {
    const interp = (size: number, offset: number): Uint8Array => changed([phoff, 4, 3], [phoff + 4, 4, offset], [phoff + 16, 4, size]);
    // the first header becomes PT_INTERP; the others still load
    const rest = (b: Uint8Array): RegExp => new RegExp(String((() => {
      try {
        parse(b);
        return "no error";
      } catch (e) {
        return (e as Error).message;
      }
    })()));
    expect(rest(interp(1, 0)).source).toMatch(/interpreter has 1 bytes/);
    expect(rest(interp(5000, 0)).source).toMatch(/interpreter has 5000 bytes/);
    expect(rest(interp(20, GOOD.length - 4)).source).toMatch(/reaches beyond/);
    expect(rest(interp(4, 0)).source).toMatch(/not terminated/);
  });
});

const TINY64 = tinyElf64([0x90, 0xc3], [{ name: "f", at: 1, size: 1 }]);

test.each<[number, Uint8Array, number]>([
  [32, GOOD, phoff + PHNUM * 32],
  [64, TINY64, TINY64.length],
])("mutated headers of %s bits: a parsed image is sound, anything else is an ElfError", (bits, good, span) => {
  const next = xorshift(0x1badb002);
  const special = [0, 1, 2, 3, 31, 32, 0xfff, 0x1000, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff, good.length, good.length - 1];
  let accepted = 0, refused = 0;
  for (let n = 0; n < 20_000; n++) {
    let bytes = good.slice();
    for (let k = next() % 4; k >= 0; k--) {
      const at = next() % span;
      if (next() & 1) bytes[at] = next();
      else new DataView(bytes.buffer).setUint32(Math.min(at & ~3, bytes.length - 4), next() & 1 ? special[next() % special.length]! : next(), true);
    }
    if (next() % 5 === 0) bytes = bytes.slice(0, next() % bytes.length);
    try {
      const source: ElfSource = { size: bytes.length, read: (at, count) => bytes.slice(Math.min(at, bytes.length), Math.min(at + count, bytes.length)) };
      // symbols may be anything, but never an exception
      for (const symbol of elfSymbols(source)) expect(symbol.address).toBeGreaterThanOrEqual(0);
      const image = parseElf(source, LIMIT, bits as 32 | 64);
      accepted++;
      expect(image.low % 4096).toBe(0);
      expect(image.high).toBeLessThanOrEqual(LIMIT);
      let end = 0;
      for (const s of image.segments) {
        expect(s.vaddr).toBeGreaterThanOrEqual(end);
        expect(s.filesz).toBeLessThanOrEqual(s.memsz);
        if (s.filesz > 0) expect(s.offset + s.filesz).toBeLessThanOrEqual(bytes.length);
        end = s.vaddr + s.memsz;
      }
    } catch (e) {
      if (!(e instanceof ElfError)) throw e;
      expect(e.message).toMatch(/^[^\n]+$/);
      refused++;
    }
  }
  expect(accepted).toBeGreaterThan(100);
  expect(refused).toBeGreaterThan(5000);
});

test("mutated files run to some end, or are refused with one line", async () => {
  const next = xorshift(0xfeedface);
  const span = phoff + PHNUM * 32;
  const ends = new Set<string>();
  for (let n = 0; n < 150; n++) {
    const bytes = GOOD.slice();
    bytes[24 + (next() % (span - 24))] = next();
    if (next() & 1) bytes[next() % span] = next();
    const s = new LinuxSystem({
      program: "/p", args: ["p"], env: [], cwd: "/", files: new TestFiles({ "/p": bytes }), tier: "interp", icount: true, maxInstructions: 20_000,
      addressSpace: 256 << 20,
    });
    try {
      const r = await s.run();
      ends.add(r.limit ?? (r.signal ? r.signalName : "exit"));
    } catch (e) {
      if (!(e instanceof LaunchError)) throw e;
      expect(e.message).toMatch(/^\/p: [^\n]+$/);
      ends.add("refused");
    }
    expect(s.kernel.budget.used).toBe(0);
  }
  expect(ends).toContain("refused");
  expect(ends).toContain("instructions");
});
