import { describe, expect, it } from "vitest";
import { caseOf, encodingOf, ENCODINGS, entries, statesOf } from "./cases.js";
import { FAMILIES } from "./codes.js";
import { type Case, Image, type Outcome } from "./layout.js";
import { undefinedFlags } from "./masks.js";
import { loadRecordings } from "./replaying.js";
import { readOutcome, Reader, writeOutcome, Writer } from "./store.js";

describe("recorded vectors", () => {
  it.each(FAMILIES)("%s has its Codes with enough states", (family) => {
    const file = loadRecordings(import.meta.dirname, family);
    expect(file.recordings.map((r) => r.name)).toEqual(entries(family).map((e) => e.spec.name));
    for (const r of file.recordings) expect(r.count).toBeGreaterThanOrEqual(60);
    expect(file.recordings.reduce((sum, r) => sum + r.count, 0)).toBeGreaterThanOrEqual(2000);
  });

  it("cover the instruction set", () => {
    const names = new Set(FAMILIES.flatMap((f) => entries(f).map((e) => e.spec.mnemonic)));
    // one of each kind, to notice a pattern in codes.ts that lost a group
    for (const m of [
      "Add", "Mov", "Cmovle", "Setg", "Rcl", "Shrd", "Btc", "Idiv", "Daa", "Aam", "Xlat", "Cmpxchg8b", "Pushad", "Popfd", "Enterd", "Leaved", "Movsb", "Scasd", "Loopne", "Jecxz",
      "Call", "Retnd", "Bound", "Fadd", "Fbstp", "Frstor", "Fcmovnbe", "Fucomip", "Fyl2x", "Fprem1", "Fxsave", "Emms", "Maskmovq", "Movups", "Ldmxcsr", "Addsubps", "Cvttpd2dq",
      "Pshufb", "Palignr", "Dpps", "Roundss", "Pcmpestrm", "Crc32", "Popcnt", "Phminposuw", "Movnti", "Pause", "Hlt",
    ]) expect(names).toContain(m);
    expect(FAMILIES.reduce((sum, f) => sum + entries(f).length, 0)).toBeGreaterThan(1400);
  });

  it("generate the same inputs each time", () => {
    const entry = entries("sse-float")[3]!;
    const make = (): Case => caseOf(entry, encodingOf(entry, 5), 5, 1);
    expect(make()).toEqual(make());
    expect(make()).not.toEqual(caseOf(entry, encodingOf(entry, 5), 5, 2));
  });

  it("store outcomes without loss", () => {
    const entry = entries("x87-misc")[0]!;
    for (let n = 0; n < ENCODINGS; n++) {
      for (let s = 0; s < statesOf("x87-misc"); s++) {
        const c = caseOf(entry, encodingOf(entry, n), n, s);
        const after = new Image();
        after.bytes.set(c.before.bytes);
        after.eip = n % 2 ? c.before.eip : 0x1234;
        after.setGpr(n & 7, 0xdeadbeef);
        after.st(s)[9]! ^= 0x80;
        after.xmm(n & 7)[15]! ^= 1;
        after.mxcsr ^= 0x2000;
        after.fsw ^= 0x100;
        after.eflags ^= 0x801;
        const o: Outcome = {
          after, fault: n % 2 ? { vector: 14, errorCode: 6, address: 0xfffff000 } : null,
          writes: [{ address: 0x200001, bytes: Uint8Array.of(1, 2, 3) }, { address: 0x8000, bytes: new Uint8Array(300) }],
        };
        const w = new Writer();
        writeOutcome(w, c, o);
        const r = new Reader(w.done());
        expect(readOutcome(r, c)).toEqual(o);
        expect(r.atEnd).toBe(true);
      }
    }
  });

  it("know undefined flags across a sequence", () => {
    const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));
    expect(undefinedFlags(bytes("01c8"))).toBe(0); // add
    expect(undefinedFlags(bytes("21c8"))).toBe(0x10); // and: AF
    expect(undefinedFlags(bytes("f7e1"))).toBe(0xd4); // mul: SF ZF AF PF
    expect(undefinedFlags(bytes("f7e10f94c0"))).toBe(-1); // mul, sete
    expect(undefinedFlags(bytes("f7e10f92c0"))).toBe(0xd4); // mul, setb
    expect(undefinedFlags(bytes("21c801c8"))).toBe(0); // and, add
  });
});
