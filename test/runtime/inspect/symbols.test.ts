import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { elfSymbols, type GuestSymbol, placeName, SymbolTable } from "../../../src/index.js";

const source = (bytes: Uint8Array) => ({ size: bytes.length, read: (p: number, n: number) => bytes.slice(Math.min(p, bytes.length), Math.min(p + n, bytes.length)) });
const symbolsOf = (file: string): GuestSymbol[] => elfSymbols(source(readFileSync(file)));

describe("symbols of ELF files", () => {
  test("of a program, with kinds and sizes", () => {
    const t = new SymbolTable(symbolsOf("samples/inspect/primes"));
    expect(t.functions.map((f) => f.name)).toEqual(expect.arrayContaining(["sieve", "count_primes", "collatz", "show", "main_"]));
    expect(t.find("composite")).toMatchObject({ kind: "object" });
    const sieve = t.find("sieve")!;
    expect(placeName(t.at(sieve.address)!)).toBe("sieve");
    expect(placeName(t.at(sieve.address + 5)!)).toBe("sieve+0x5");
    expect(t.at(sieve.address + sieve.size - 1)!.symbol.name).toBe("sieve");
  });

  test("of a shared object, moved to where it is loaded", () => {
    const symbols = symbolsOf("samples/inspect/libwork.so");
    const at = new SymbolTable(symbols).find("work_mix")!.address;
    const t = new SymbolTable(symbols, 0xf7000000);
    expect(t.find("work_mix")!.address).toBe(0xf7000000 + at);
    expect(t.at((0xf7000000 + at) | 0)!.symbol.name).toBe("work_mix");
    expect(t.at(0x1000)).toBeNull();
  });

  test("stripped programs and what is no ELF file have none", () => {
    expect(symbolsOf("samples/hello")).toEqual([]);
    expect(symbolsOf("package.json")).toEqual([]);
    expect(elfSymbols(source(new Uint8Array(0)))).toEqual([]);
  });

  test("broken tables do no harm", () => {
    const good = readFileSync("samples/inspect/primes");
    let x = 12345;
    for (let k = 0; k < 300; k++) {
      const bytes = Uint8Array.from(good);
      for (let n = 0; n < 20; n++) {
        x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
        // headers and section table
        const at = x % 3 === 0 ? x % 52 : bytes.length - 1 - (x % 500);
        bytes[at] = x >>> 24;
      }
      if (k % 2) bytes.set([0x7f, 0x45, 0x4c, 0x46, 1]);
      expect(Array.isArray(elfSymbols(source(bytes)))).toBe(true);
    }
  });

  test("the nearest names", () => {
    const t = new SymbolTable(symbolsOf("samples/inspect/primes"));
    expect(t.nearest("seive")[0]).toBe("sieve");
    expect(t.nearest("count")[0]).toBe("count_primes");
    expect(t.nearest("zzzzzzzzzzzz")).toEqual([]);
  });
});
