import fc from "../../support/random-inputs.js";
import { expect, test } from "vitest";
import { encodePacket, type Incoming, PacketReader } from "../../../src/runtime/gdb/packet.js";
import { gdbSignal, linuxSignal } from "../../../src/runtime/gdb/signals.js";

const bytes = (s: string): Uint8Array => Uint8Array.from(s, (c) => c.charCodeAt(0));

test("packets as the manual shows them", () => {
  const r = new PacketReader();
  expect([...r.read(bytes("+$g#67\x03-$m0,4#fd"))]).toEqual([
    { kind: "ack" }, { kind: "packet", data: "g" }, { kind: "interrupt" }, { kind: "nak" }, { kind: "packet", data: "m0,4" },
  ]);
  expect([...r.read(bytes("$g#68"))]).toEqual([{ kind: "corrupt" }]);
  expect([...r.read(bytes("$}\x03#80"))]).toEqual([{ kind: "packet", data: "#" }]);
  r.checks = false;
  expect([...r.read(bytes("$g#00"))]).toEqual([{ kind: "packet", data: "g" }]);
});

test("any data comes through in chunks of any size", () => {
  fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), fc.integer({ min: 1, max: 9 }), (list, size) => {
    const texts = list.map((b) => String.fromCharCode(...b));
    const wire = texts.flatMap((t) => [...encodePacket(t)]);
    const r = new PacketReader();
    const got: Incoming[] = [];
    for (let i = 0; i < wire.length; i += size) got.push(...r.read(Uint8Array.from(wire.slice(i, i + size))));
    expect(got).toEqual(texts.map((data) => ({ kind: "packet", data })));
  }));
});

test("noise does not break the reader", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
    const r = new PacketReader();
    for (const item of r.read(noise)) expect(item).toBeDefined();
    // Whatever state the noise left: a packet's end and a fresh packet are understood.
    const after = [...r.read(bytes("#00$?#3f"))];
    expect(after.at(-1)).toEqual({ kind: "packet", data: "?" });
  }));
});

test("an escape swallows neither the end of its packet nor the begin of the next", () => {
  const r = new PacketReader();
  expect([...r.read(bytes("$}#00$?#3f"))]).toEqual([{ kind: "corrupt" }, { kind: "packet", data: "?" }]);
  expect([...r.read(bytes("$m}$?#3f"))]).toEqual([{ kind: "packet", data: "?" }]);
  expect([...r.read(bytes("$m0,$?#3f"))]).toEqual([{ kind: "packet", data: "?" }]);
});

test("signal numbers: there and back", () => {
  for (let n = 1; n <= 64; n++) if (n !== 16) expect(linuxSignal(gdbSignal(n))).toBe(n);
  expect([10, 12, 7, 11, 17, 31].map(gdbSignal)).toEqual([30, 31, 10, 11, 20, 12]);
});
