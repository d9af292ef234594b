import { readFileSync } from "node:fs";
import fc from "../../support/random-inputs.js";
import { afterEach, describe, expect, test } from "vitest";
import { encodePacket, PacketReader } from "../../../src/runtime/gdb/packet.js";
import { GdbServer, type GdbSession } from "../../../src/runtime/gdb/server.js";
import type { DebugTarget } from "../../../src/runtime/gdb/target.js";
import { LinuxSystem } from "../../../src/runtime/linux/system.js";
import { Machine } from "../../../src/runtime/machine/machine.js";
import { TestFiles } from "../../support/linux-files.js";

// Whatever a client sends: the server goes on and answers the next proper packet.

const sample = (path: string): Uint8Array => readFileSync(new URL(`../../../samples/${path}`, import.meta.url));

let end: (() => void) | null = null;
afterEach(() => end?.());

function program(): DebugTarget {
  let target: DebugTarget | null = null;
  const system = new LinuxSystem({ program: "/p", args: ["p"], env: [], cwd: "/", files: new TestFiles({ "/p": sample("debug/steps") }), timeout: 50_000, debug: (t) => void (target = t) });
  void system.run();
  end = () => system.terminate(9);
  return target!;
}

function machine(): DebugTarget {
  let target: DebugTarget | null = null;
  const m = new Machine({ image: { name: "image", bytes: sample("debug/kernel.elf") }, memory: 16 << 20, cpus: 2, timeout: 50_000, debug: (t) => void (target = t) });
  void m.run();
  end = () => m.stop();
  return target!;
}

interface Client {
  readonly session: GdbSession;
  readonly replies: string[];
  raw: string;
}

function connect(server: GdbServer): Client {
  const reader = new PacketReader();
  const replies: string[] = [];
  const session = server.connect({
    write: (bytes) => {
      client.raw += Buffer.from(bytes).toString("latin1");
      for (const item of reader.read(bytes)) if (item.kind === "packet") replies.push(item.data);
    },
    close: () => undefined,
  })!;
  const client: Client = { session, replies, raw: "" };
  return client;
}

const HEX = fc.oneof(fc.constantFrom("", "0", "1", "-1", "ffffffff", "100000000", "ffffffffffffffffff", "8049000", "80492a1", "zz", "p", "p1.1", "p3e8.3e8", "3e8"), fc.bigInt({ min: 0n, max: 2n ** 70n }).map((n) => n.toString(16)));
const PUNCTUATION = fc.constantFrom(",", ":", ";", "=", ".", "-", "+", "", "#", "}", "*", "$");
/** The begins of all packets that the server knows and that leave the guest where it is. */
const NAMES = fc.constantFrom(
  "?", "g", "G", "p", "P", "m", "M", "X", "Z0", "Z1", "Z2", "Z3", "Z4", "Z9", "z0", "z2", "Hg", "Hc", "Hz", "T", "qSupported:", "qAttached", "qC", "qfThreadInfo", "qsThreadInfo", "qSymbol", "qXfer:features:read:target.xml:",
  "qXfer:threads:read::", "qXfer:auxv:read::", "qXfer:exec-file:read::", "qXfer:nothing:read::", "qXfer:features:write:", "qHostInfo", "qProcessInfo", "qMemoryRegionInfo:", "qRcmd,", "qThreadExtraInfo,",
  "QPassSignals:", "QProgramSignals:", "QNonStop:", "Q", "vFile:open:", "vFile:pread:", "vFile:close:", "vFile:fstat:", "vFile:setfs:", "vFile:readlink:", "vFile:", "vCont?", "vCont", "v", "q", "!", "x", "\xff",
);
const TAIL = fc.array(fc.oneof(HEX, PUNCTUATION, fc.string({ maxLength: 12 })), { maxLength: 8 }).map((parts) => parts.join(""));
const PACKET = fc.tuple(NAMES, TAIL).map(([name, tail]) => name + tail);

describe.each([["a program", program], ["a machine", machine]] as const)("%s", (_, make) => {
  test("malformed packets are answered, each by one packet", () => {
    const server = new GdbServer(make());
    const client = connect(server);
    fc.assert(fc.property(fc.array(PACKET, { minLength: 1, maxLength: 20 }), (packets) => {
      for (const p of packets) {
        client.replies.length = 0;
        client.session.receive(encodePacket(p));
        expect(client.replies, p).toHaveLength(1);
      }
      client.replies.length = 0;
      client.session.receive(encodePacket("?"));
      expect(client.replies[0]).toMatch(/^T05/);
      expect(server.connected).toBe(true);
    }), { numRuns: 400 });
  });

  test("malformed wishes to go on are refused, or stop by Ctrl-C", async () => {
    const server = new GdbServer(make());
    const client = connect(server);
    client.session.receive(encodePacket("QStartNoAckMode"));
    const ways = ["vCont;", "vCont;x", "vCont;s:zz", "vCont;r", "vCont;r1", "vCont;r5,1:p1.1", "vCont;Czz", "vCont;c:-5", "vCont;s:ffffffff", "Czz", "Szz", "C", "S;;", "c zz", "vCont;s:p0.0;c:p-1.-1", "vCont;S"];
    for (const way of ways) {
      client.replies.length = 0;
      client.session.receive(encodePacket(way));
      for (let k = 0; k < 100 && client.replies.length === 0; k++) {
        await new Promise((r) => setTimeout(r, 5));
        client.session.receive(Uint8Array.of(3));
      }
      expect(client.replies[0], way).toMatch(/^(E[0-9a-f]{2}|T[0-9a-f]{2}.*|W[0-9a-f]{2}.*|X[0-9a-f]{2}.*|)$/);
      if (/^[WX]/.test(client.replies[0]!)) return;
    }
  });

  test("noise of any kind, then a client that knows how", () => {
    const server = new GdbServer(make());
    const client = connect(server);
    // without what the protocol takes for an interrupt or a request to end
    const noise = fc.uint8Array({ maxLength: 300 }).map((b) => b.map((x) => (x === 3 ? 4 : x))).filter((b) => !/\$[kDcCsSvR]/.test(Buffer.from(b).toString("latin1")));
    fc.assert(fc.property(noise, (bytes) => {
      client.session.receive(bytes);
      client.replies.length = 0;
      client.session.receive(Uint8Array.from("#00", (c) => c.charCodeAt(0)));
      client.replies.length = 0;
      client.session.receive(encodePacket("qC"));
      expect(client.replies.at(-1)).toMatch(/^QC/);
    }), { numRuns: 300 });
  });
});
