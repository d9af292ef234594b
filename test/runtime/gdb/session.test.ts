import { readFileSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import { GdbServer } from "../../../src/runtime/gdb/server.js";
import { elfSymbols } from "../../../src/runtime/inspect/symbols.js";
import { LinuxSystem, type RunResult } from "../../../src/runtime/linux/system.js";
import { timePasses } from "../../support/clock.js";
import { fromLe32, GdbClient, le32 } from "../../support/gdb-client.js";
import { TestFiles } from "../../support/linux-files.js";
import { tinyElf } from "../../support/tiny-elf.js";

// The protocol, as a debugger speaks it, with a program in user mode at the other end (samples/debug/steps.c).

const STEPS = readFileSync(new URL("../../../samples/debug/steps", import.meta.url));
const symbols = new Map(elfSymbols({ size: STEPS.length, read: (p, n) => STEPS.subarray(p, p + n) }).map((s) => [s.name, s.address]));
const at = (name: string): string => symbols.get(name)!.toString(16);

interface Session {
  readonly client: GdbClient;
  readonly server: GdbServer;
  readonly system: LinuxSystem;
  readonly files: TestFiles;
  readonly result: Promise<RunResult>;
}

let running: LinuxSystem | null = null;
afterEach(() => running?.terminate(9));

async function debug(program: Uint8Array = STEPS, more: object = {}): Promise<Session> {
  const files = new TestFiles({ "/p": program });
  let server: GdbServer | null = null;
  const system = new LinuxSystem({
    program: "/p", args: ["p"], env: [], cwd: "/", files, timeout: 60_000, threshold: 3, ...more,
    debug: (target) => {
      server = new GdbServer(target);
    },
  });
  running = system;
  const result = system.run();
  await Promise.resolve();
  return { client: new GdbClient(server!), server: server!, system, files, result };
}

/** "T05thread:3e8;08:…" in parts. */
function parts(reply: string): Record<string, string> {
  const out: Record<string, string> = { signal: reply.slice(0, 3) };
  for (const item of reply.slice(3).split(";")) {
    const i = item.indexOf(":");
    if (i > 0) out[item.slice(0, i)] = item.slice(i + 1);
  }
  return out;
}

const pcOf = (reply: string): number => fromLe32(parts(reply)["08"]!);
const register = async (c: GdbClient, n: number): Promise<number> => fromLe32(await c.ask(`p${n.toString(16)}`));
const ESP = 4, EIP = 8, EFLAGS = 9, FCTRL = 24, MXCSR = 40, ORIG_EAX = 41;
const text = (hex: string): string => Buffer.from(hex, "hex").toString();

describe("a session", () => {
  test("LLDB does not take the first stop, at the entry point, for its own breakpoint there; gdb sees a SIGTRAP", async () => {
    const { client: c } = await debug();
    expect(await c.ask("?")).not.toContain("reason");
    await c.ask("QThreadSuffixSupported");
    expect(parts(await c.ask("?"))).toMatchObject({ signal: "T05", reason: "exception", description: Buffer.from("stopped by the debugger").toString("hex") });
    await c.ask(`Z0,${at("square")},1`);
    expect(await c.ask("c")).not.toContain("reason");
  });

  test("introductions", async () => {
    const { client: c } = await debug();
    const offer = await c.ask("qSupported:multiprocess+;swbreak+;hwbreak+;xmlRegisters=i386;exec-events+");
    for (const f of ["PacketSize=10000", "QStartNoAckMode+", "qXfer:features:read+", "qXfer:exec-file:read+", "qXfer:auxv:read+", "swbreak+", "multiprocess+"]) {
      expect(offer.split(";")).toContain(f);
    }
    expect(c.raw).toBe("+p");
    expect(await c.ask("QStartNoAckMode")).toBe("OK");
    expect(await c.ask("vMustReplyEmpty")).toBe("");
    expect(await c.ask("nonsense")).toBe("");
    expect(c.raw).toBe("+p+ppp");
    expect(await c.ask("?")).toMatch(/^T05thread:p3e8\.3e8;05:0{8};04:[0-9a-f]{8};08:[0-9a-f]{8};$/);
    expect(await c.ask("qfThreadInfo")).toBe("mp3e8.3e8");
    expect(await c.ask("qsThreadInfo")).toBe("l");
    expect(await c.ask("qC")).toBe("QCp3e8.3e8");
    expect(await c.ask("qAttached:3e8")).toBe("0");
    expect(await c.ask("Hgp3e8.3e8")).toBe("OK");
    expect(await c.ask("Hg77")).toBe("E01");
    expect(await c.ask("Tp3e8.3e8")).toBe("OK");
    expect(await c.ask("T77")).toBe("E01");
    expect(await c.ask("qXfer:exec-file:read:3e8:0,100")).toBe("l/p");
    const first = await c.ask("qXfer:features:read:target.xml:0,40");
    expect(first).toMatch(/^m<\?xml/);
    const xml = (await c.ask("qXfer:features:read:target.xml:0,8000")).slice(1);
    expect(xml.startsWith(first.slice(1))).toBe(true);
    expect([...xml.matchAll(/regnum="(\d+)"/g)].map((m) => Number(m[1]))).toEqual(Array.from({ length: 42 }, (_, i) => i));
    expect(xml).toContain('<reg name="orig_eax" bitsize="32" type="int" regnum="41" group="system"/>');
    expect(await c.ask("qXfer:features:read:nothing.xml:0,40")).toBe("E00");
    const auxv = Buffer.from((await c.ask("qXfer:auxv:read::0,1000")).slice(1), "latin1");
    const entry = Array.from({ length: auxv.length / 8 }, (_, i) => [auxv.readUInt32LE(i * 8), auxv.readUInt32LE(i * 8 + 4)]).find(([k]) => k === 9)![1];
    expect(entry).toBe(symbols.get("_start"));
    expect(await c.ask("vFile:setfs:0")).toBe("F0");
    expect(await c.ask(`vFile:open:${Buffer.from("/p").toString("hex")},0,0`)).toBe("F1");
    expect(await c.ask("vFile:pread:1,4,0")).toBe("F4;\x7fELF");
    expect(Buffer.from((await c.ask("vFile:fstat:1")).slice(4), "latin1").readUInt32BE(32)).toBe(STEPS.length);
    expect(await c.ask("vFile:close:1")).toBe("F0");
    expect(await c.ask("vFile:pread:1,4,0")).toBe("F-1,9");
    expect(await c.ask(`vFile:open:${Buffer.from("/none").toString("hex")},0,0`)).toBe("F-1,2");
    expect(text(await c.ask(`qRcmd,${Buffer.from("help").toString("hex")}`))).toContain("blocks");
    expect(text(await c.ask(`qRcmd,${Buffer.from("what").toString("hex")}`))).toContain("what: no such monitor command");
    expect(text(await c.ask(`qRcmd,${Buffer.from("roles").toString("hex")}`))).toContain("direct");
    expect(await c.ask(`qMemoryRegionInfo:${at("square")}`)).toMatch(/^start:8049000;size:1000;permissions:rx;/);
  });

  test.each(["interp", "auto", "jit"] as const)("breakpoints, memory, registers, steps, watchpoints to the end, tier %s", async (tier) => {
    const { client: c, files, result } = await debug(STEPS, { tier });
    await c.ask("qSupported:swbreak+");
    expect(await c.ask(`Z0,${at("square")},1`)).toBe("OK");
    let stop = "";
    for (let i = 1; i <= 3; i++) {
      stop = await c.ask("vCont;c");
      expect(parts(stop)).toMatchObject({ signal: "T05", thread: "3e8", swbreak: "" });
      expect(pcOf(stop)).toBe(symbols.get("square"));
      // the argument, above the return address
      const esp = await register(c, ESP);
      expect(fromLe32(await c.ask(`m${(esp + 4).toString(16)},4`))).toBe(i);
    }
    // square(3) becomes square(10); the return value 100 becomes 9 again
    const esp = await register(c, ESP);
    expect(await c.ask(`M${(esp + 4).toString(16)},4:${le32(10)}`)).toBe("OK");
    expect(await c.ask(`z0,${at("square")},1`)).toBe("OK");
    const steps = [1, 3, 6, 9, 10];
    for (const d of steps) expect(pcOf(await c.ask("vCont;s:3e8"))).toBe(symbols.get("square")! + d);
    expect(await register(c, 0)).toBe(100);
    expect(await c.ask(`P0=${le32(9)}`)).toBe("OK");
    expect(await c.ask(`Z2,${at("total")},4`)).toBe("OK");
    stop = await c.ask("vCont;c");
    expect(parts(stop)).toMatchObject({ signal: "T05", watch: at("total") });
    expect(fromLe32(await c.ask(`m${at("total")},4`))).toBe(14);
    expect(pcOf(stop)).toBeGreaterThan(symbols.get("add")!);
    stop = await c.ask("vCont;c");
    expect(fromLe32(await c.ask(`m${at("total")},4`))).toBe(30);
    expect(await c.ask(`z2,${at("total")},4`)).toBe("OK");
    // what steps.c prints natively; SIGUSR1 (30 in GDB's numbers) stops before its handler runs
    stop = await c.ask("vCont;c");
    expect(parts(stop)["signal"]).toBe("T1e");
    expect(files.text).toBe("total 55\n");
    stop = await c.ask("vCont;C1e:3e8;c");
    expect(stop).toBe("W07");
    expect(c.closed).toBe(true);
    expect(await result).toMatchObject({ status: 7, signal: 0 });
    expect(files.text).toBe("total 55\nhandled 10\n");
  });

  test("a signal that the debugger keeps never arrives", async () => {
    const { client: c, files } = await debug();
    expect((await c.ask("vCont;c")).slice(0, 3)).toBe("T1e");
    expect(await c.ask("vCont;c")).toBe("W07");
    expect(files.text).toBe("total 55\nhandled 0\n");
  });

  test("QPassSignals: the named signals do not stop", async () => {
    const { client: c, files } = await debug();
    expect(await c.ask("QPassSignals:1e;0e")).toBe("OK");
    expect(await c.ask("vCont;c")).toBe("W07");
    expect(files.text).toBe("total 55\nhandled 10\n");
  });

  test("all registers can be read and written: g, G, p, P", async () => {
    const { client: c } = await debug();
    expect(await c.ask(`Z1,${at("add")},1`)).toBe("OK");
    await c.ask("c");
    const all = await c.ask("g");
    expect(all).toHaveLength(2 * (16 * 4 + 8 * 10 + 8 * 4 + 8 * 16 + 4 + 4));
    expect(fromLe32(all.slice(EIP * 8, EIP * 8 + 8))).toBe(symbols.get("add"));
    expect(await register(c, FCTRL)).toBe(0x37f);
    expect(await register(c, MXCSR)).toBe(0x1f80);
    expect(await register(c, ORIG_EAX)).toBe(0xffffffff);
    // every byte different, where nothing is fixed by the architecture
    const changed = [...Buffer.from(all, "hex")];
    for (let i = 16; i < 24; i++) for (let k = 0; k < 10; k++) changed[64 + (i - 16) * 10 + k] = i * 8 + k;
    for (let k = 0; k < 128; k++) changed[64 + 80 + 32 + k] = 255 - k;
    for (let k = 0; k < 4; k++) changed[k] = 0xa0 + k;
    expect(await c.ask(`G${Buffer.from(changed).toString("hex")}`)).toBe("OK");
    expect(await c.ask("g")).toBe(Buffer.from(changed).toString("hex"));
    expect(await c.ask("p10")).toBe("80818283848586878889");
    expect(await c.ask(`P10=${"11".repeat(10)}`)).toBe("OK");
    expect(await c.ask("p10")).toBe("11".repeat(10));
    expect(await c.ask(`P9=${le32(0x8d7)}`)).toBe("OK");
    expect(await register(c, EFLAGS)).toBe(0x8d7);
    expect(await c.ask(`P20=${"fe".repeat(16)}`)).toBe("OK");
    expect(await c.ask("p20")).toBe("fe".repeat(16));
    expect(await c.ask("p99")).toBe("E01");
    expect(await c.ask("P0=12")).toBe("E01");
    expect(await c.ask("G00")).toBe("E01");
  });

  test("memory: what is not mapped, what ends early, binary writes, code that changes", async () => {
    const { client: c, files } = await debug();
    expect(await c.ask("m0,4")).toBe("E14");
    expect(await c.ask("m804afff,10")).toHaveLength(32);
    expect((await c.ask("m8048fff,2")).length).toBeGreaterThan(0);
    expect(await c.ask("M0,1:00")).toBe("E14");
    expect(await c.ask("X0,0:")).toBe("OK");
    expect(await c.ask("Mzz,1:00")).toBe("E01");
    expect(await c.ask("M8049000,2:00")).toBe("E01");
    await c.ask(`Z0,${at("square")},1`);
    for (let i = 0; i < 4; i++) await c.ask("c");
    // imul eax, eax -> add eax, eax; nop: seen although it has run four times. Bytes 23, 24, 2a and 7d are escaped on the way.
    expect(await c.ask(`X${at("half")},4:#$*}`)).toBe("OK");
    expect(await c.ask(`m${at("half")},4`)).toBe("23242a7d");
    expect(await c.ask(`M${(symbols.get("square")! + 6).toString(16)},3:01c090`)).toBe("OK");
    await c.ask(`z0,${at("square")},1`);
    await c.ask("QPassSignals:1e");
    expect(await c.ask("c")).toBe(`W${(1 + 4 + 9 + 8 + 10 - 48 + 256).toString(16)}`);
    expect(files.text).toContain("total 32\n");
  });

  test("range stepping stays in one packet until the PC leaves the range", async () => {
    const { client: c } = await debug();
    await c.ask(`Z0,${at("add")},1`);
    await c.ask("vCont;c");
    const stop = await c.ask(`vCont;r${at("add")},${(symbols.get("add")! + 12).toString(16)}:3e8`);
    const pc = pcOf(stop);
    expect(pc < symbols.get("add")! || pc >= symbols.get("add")! + 12).toBe(true);
  });

  test("corrupt and repeated packets", async () => {
    const { client: c } = await debug();
    c.bytes("$?#00");
    expect(c.raw).toBe("-");
    const reply = await c.ask("?");
    c.bytes("-");
    expect(await c.next()).toBe(reply);
  });
});

describe("a program that runs", () => {
  const ENDLESS = tinyElf([0x40, 0xeb, 0xfd]);

  test("Ctrl-C stops it, wherever it is, and it goes on", async () => {
    const { client: c } = await debug(ENDLESS);
    const go = c.ask("vCont;c");
    await new Promise((r) => setTimeout(r, 30));
    // nothing else is answered meanwhile
    c.bytes("\x03");
    const stop = await go;
    expect(parts(stop)["signal"]).toBe("T02");
    const first = await register(c, 0);
    do {
      const again = c.ask("c");
      await new Promise((r) => setTimeout(r, 10));
      c.bytes("\x03");
      expect((await again).slice(0, 3)).toBe("T02");
    } while (await register(c, 0) === first);
  });

  test("one that waits in a call: registers show a call to be started again, other code can run in between, the wait goes on", async () => {
    // pause(); exit(5); at +14: inc ebx; int3
    const code = [0xb8, 29, 0, 0, 0, 0xcd, 0x80, 0xb3, 5, 0xb0, 1, 0xcd, 0x80, 0xf4, 0x43, 0xcc];
    const { client: c, system, result } = await debug(tinyElf(code));
    // it may not have come to the call yet
    for (let pc = 0; pc !== 0x10054 + 7;) {
      const go = c.ask("c");
      await new Promise((r) => setTimeout(r, 20));
      c.bytes("\x03");
      pc = pcOf(await go);
    }
    expect(await register(c, 0)).toBe(0xfffffe00);
    expect(await register(c, ORIG_EAX)).toBe(29);
    const saved = await c.ask("g");
    await c.ask(`P29=${le32(-1)}`);
    await c.ask(`P8=${le32(0x10054 + 14)}`);
    const trap = await c.ask("c");
    expect(parts(trap)["signal"]).toBe("T05");
    expect(await register(c, 3)).toBe(1);
    expect(await c.ask(`G${saved}`)).toBe("OK");
    // the call begins again and waits
    const on = c.ask("c");
    await new Promise((r) => setTimeout(r, 20));
    c.bytes("\x03");
    expect(pcOf(await on)).toBe(0x10054 + 7);
    const end = c.ask("c");
    system.signal(15);
    expect(parts(await end)["signal"]).toBe("T0f");
    expect(await c.ask("C0f")).toBe("X0f");
    expect(await result).toMatchObject({ signal: 15 });
  });

  test("detach and a lost connection let it go; kill ends it", async () => {
    const one = await debug();
    await one.client.ask(`Z0,${at("square")},1`);
    await one.client.ask("c");
    expect(await one.client.ask("D;3e8")).toBe("OK");
    expect(await one.result).toMatchObject({ status: 7 });
    expect(one.server.connected).toBe(false);

    const two = await debug();
    await two.client.ask(`Z0,${at("square")},1`);
    await two.client.ask("c");
    two.client.hangUp();
    expect(await two.result).toMatchObject({ status: 7 });

    const three = await debug();
    three.client.bytes("$k#6b");
    expect(await three.result).toMatchObject({ signal: 9 });

    const four = await debug();
    expect(await four.client.ask("vKill;3e8")).toBe("OK");
    expect(await four.result).toMatchObject({ signal: 9 });
  });

  test("after a detach another client can come: the guest stops for it, and goes on when it leaves", async () => {
    const { client, server, result, system } = await debug(ENDLESS);
    expect(() => new GdbClient(server)).toThrow("already");
    await client.ask("D");
    await new Promise((r) => setTimeout(r, 20));
    const second = new GdbClient(server);
    expect((await second.ask("?")).slice(0, 3)).toBe("T05");
    expect(await second.ask("qAttached")).toBe("1");
    const eax = await register(second, 0);
    await new Promise((r) => setTimeout(r, 20));
    expect(await register(second, 0)).toBe(eax);
    await second.ask("D");
    system.terminate(9);
    await result;
  });

  test("the time limit does not count what a debugger looks, but what the guest runs", async () => {
    const { pass, end } = timePasses();
    try {
      const one = await debug(STEPS, { timeout: 60_000 });
      pass(3_600_000);
      await one.client.ask(`Z0,${at("square")},1`);
      expect((await one.client.ask("c")).slice(0, 3)).toBe("T05");
      pass(3_600_000);
      await one.client.ask("D");
      expect(await one.result).toMatchObject({ status: 7, limit: null });
    } finally {
      end();
    }

    const two = await debug(ENDLESS, { timeout: 150 });
    const started = performance.now();
    expect(await two.client.ask("c")).toBe("X09");
    expect(await two.result).toMatchObject({ status: 124, limit: "time" });
    expect(performance.now() - started).toBeGreaterThan(140);
  });

  test("a fault is seen before the guest's own handling, and ends it as without a debugger", async () => {
    const { client: c, result } = await debug(tinyElf([0xa1, 0x78, 0x56, 0, 0]));
    const stop = await c.ask("c");
    expect(parts(stop)["signal"]).toBe("T0b");
    expect(pcOf(stop)).toBe(0x10054);
    expect(await c.ask("C0b")).toBe("X0b");
    expect(await result).toMatchObject({ status: 139, fault: { address: 0x5678, pc: 0x10054 } });
  });

  test("a debugger that only looks changes nothing: --icount runs are alike", async () => {
    const plain = new LinuxSystem({ program: "/p", args: ["p"], env: [], cwd: "/", files: new TestFiles({ "/p": STEPS }), icount: true });
    await plain.run();
    const { client: c, system } = await debug(STEPS, { icount: true });
    await c.ask("QPassSignals:1e");
    await c.ask(`Z0,${at("square")},1`);
    for (let i = 0; i < 5; i++) {
      await c.ask("c");
      await new Promise((r) => setTimeout(r, 5));
    }
    expect(await c.ask("c")).toBe("W07");
    expect(system.stats().instructions).toBe(plain.stats().instructions);
  });
});

test("threads: each has its registers, one can step while the others stay", async () => {
  const bytes = readFileSync(new URL("../../../samples/linux/threads", import.meta.url));
  const { client: c, files } = await debug(bytes);
  let go = c.ask("vCont;c");
  for (let tries = 0; ; tries++) {
    await new Promise((r) => setTimeout(r, 1));
    c.bytes("\x03");
    const stop = await go;
    if (stop.startsWith("W")) throw new Error("it ended before there were threads");
    if ((await c.ask("qfThreadInfo")).includes(",")) break;
    go = c.ask("vCont;c");
    expect(tries).toBeLessThan(1000);
  }
  const ids = (await c.ask("qfThreadInfo")).slice(1).split(",");
  expect(new Set(ids).size).toBe(ids.length);
  const stacks = [];
  for (const id of ids) {
    expect(await c.ask(`Hg${id}`)).toBe("OK");
    stacks.push(await register(c, ESP));
  }
  expect(new Set(stacks).size).toBe(ids.length);
  expect(await c.ask(`qThreadExtraInfo,${ids[0]}`)).toMatch(/^70/);
  expect(await c.ask("qXfer:threads:read::0,4000")).toContain(`<thread id="${ids[1]}"`);
  await c.ask("QPassSignals:e;11;14");
  go = c.ask("vCont;c");
  expect(await go).toBe("W00");
  expect(files.text).toBe(readFileSync(new URL("../../../samples/linux/threads.expected", import.meta.url), "latin1"));
});
