import { readFileSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import { GdbServer } from "../../../src/runtime/gdb/server.js";
import { elfSymbols } from "../../../src/runtime/inspect/symbols.js";
import { Machine, type MachineResult } from "../../../src/runtime/machine/machine.js";
import { timePasses } from "../../support/clock.js";
import { fromLe32, GdbClient } from "../../support/gdb-client.js";

// The protocol with a machine at the other end: samples/debug/kernel.c, and samples/roles for several vCPUs.

const sample = (path: string): Uint8Array => readFileSync(new URL(`../../../samples/${path}`, import.meta.url));
const KERNEL = sample("debug/kernel.elf");
const symbols = new Map(elfSymbols({ size: KERNEL.length, read: (p, n) => KERNEL.subarray(p, p + n) }).map((s) => [s.name, s.address]));
const at = (name: string): string => symbols.get(name)!.toString(16);

let running: Machine | null = null;
afterEach(() => running?.stop());

async function debug(bytes: Uint8Array, more: object = {}): Promise<{ client: GdbClient; machine: Machine; result: Promise<MachineResult> }> {
  let server: GdbServer | null = null;
  const machine = new Machine({
    image: { name: "image", bytes }, timeout: 60_000, memory: 16 << 20, icount: true, ...more,
    debug: (target) => {
      server = new GdbServer(target);
    },
  });
  running = machine;
  const result = machine.run();
  await Promise.resolve();
  return { client: new GdbClient(server!), machine, result };
}

const pcOf = (reply: string): number => fromLe32(/08:([0-9a-f]{8});/.exec(reply)![1]!);

describe.each(["interp", "auto", "jit"] as const)("tier %s", (tier) => {
  test("from the reset vector through paging to the exit", async () => {
    const { client: c, result } = await debug(KERNEL, { tier });
    await c.ask("qSupported:swbreak+");
    expect(pcOf(await c.ask("?"))).toBe(0xfff0);
    // the jump at the reset vector
    expect(await c.ask("mfffffff0,1")).toBe("ea");
    await c.ask("vCont;s:1");
    expect(await c.ask(`Z0,${at("kernel")},1`)).toBe("OK");
    expect(pcOf(await c.ask("vCont;c"))).toBe(symbols.get("kernel"));
    expect(await c.ask("mc0100000,4")).toBe("E14");
    await c.ask(`Z0,${at("twice")},1`);
    for (let i = 1; i <= 2; i++) {
      const stop = await c.ask("vCont;c");
      expect(stop).toContain("swbreak:;");
      expect(pcOf(stop)).toBe(symbols.get("twice"));
      const esp = fromLe32(await c.ask("p4"));
      expect(fromLe32(await c.ask(`m${(esp + 4).toString(16)},4`))).toBe(i);
    }
    // paging is on: the same bytes at both addresses
    expect(await c.ask("mc0100000,4")).toBe(await c.ask("m100000,4"));
    await c.ask(`z0,${at("twice")},1`);
    await c.ask(`z0,${at("kernel")},1`);
    const ticks = (symbols.get("ticks")! + 0xc0000000).toString(16);
    expect(await c.ask(`Z2,${ticks},4`)).toBe("OK");
    for (const value of [6, 12]) {
      expect(await c.ask("vCont;c")).toContain(`watch:${ticks};`);
      expect(fromLe32(await c.ask(`m${at("ticks")},4`))).toBe(value);
    }
    await c.ask(`z2,${ticks},4`);
    expect(await c.ask(`M${ticks},4:1f000000`)).toBe("OK");
    // 31 + 8 = 39; what goes to port F4h comes back as (39 << 1) | 1
    expect(await c.ask("vCont;c")).toBe("W4f");
    expect(await result).toMatchObject({ end: "exit", status: 79 });
  });
});

test("single steps through the whole of it are the run without a debugger", async () => {
  const plain = new Machine({ image: { name: "image", bytes: KERNEL }, icount: true, memory: 16 << 20 });
  const { instructions } = await plain.run();
  const { client: c, result } = await debug(KERNEL);
  await c.ask("QStartNoAckMode");
  let steps = 0;
  while ((await c.ask("vCont;s:1")).startsWith("T")) steps++;
  expect(steps + 1).toBe(instructions);
  expect(await result).toMatchObject({ end: "exit", status: 41, instructions });
});

test("vCPUs are threads: one can step while the other stays; Ctrl-C; a halted one is seen so", async () => {
  const { client: c, machine } = await debug(sample("roles/init-sipi.elf"), { cpus: 2, icount: false });
  expect(await c.ask("qfThreadInfo")).toBe("m1,2");
  const text = Buffer.from(await c.ask("qThreadExtraInfo,2"), "hex").toString();
  expect(text).toBe("vCPU 1 waits for SIPI");
  for (let i = 0; i < 5; i++) expect(await c.ask("vCont;s:1")).toMatch(/^T05thread:1;/);
  const two = machine.vcpus[1]!.instructions;
  expect(two).toBe(0);
});

test("the time limit does not count what a debugger looks, but what the machine runs", async () => {
  const { pass, end } = timePasses();
  try {
    const one = await debug(KERNEL, { timeout: 60_000 });
    pass(3_600_000);
    await one.client.ask(`Z0,${at("kernel")},1`);
    expect(pcOf(await one.client.ask("vCont;c"))).toBe(symbols.get("kernel"));
    pass(3_600_000);
    await one.client.ask("D");
    expect(await one.result).toMatchObject({ end: "exit", status: 41 });
  } finally {
    end();
  }

  // jmp $ in a boot sector
  const sector = new Uint8Array(512);
  sector.set([0xeb, 0xfe], 0);
  sector.set([0x55, 0xaa], 510);
  const two = await debug(sector, { timeout: 200, icount: false });
  expect(await two.client.ask("vCont;c")).toBe("W7c");
  expect(await two.result).toMatchObject({ end: "time", status: 124 });
});

test("a triple fault is seen before the machine ends", async () => {
  // real mode: lidt with a limit of 0, then int3: cli; lidt [cs:0x7c0b] is in a boot sector
  const sector = new Uint8Array(512);
  sector.set([0xfa, 0x0f, 0x01, 0x1e, 0x10, 0x7c, 0xcc], 0);
  sector.set([0x55, 0xaa], 510);
  const { client: c, result } = await debug(sector);
  const stop = await c.ask("vCont;c");
  expect(stop).toMatch(/^T0b/);
  expect(pcOf(stop)).toBe(0x7c06);
  expect(await c.ask("vCont;c")).toBe("W01");
  expect(await result).toMatchObject({ end: "shutdown" });
});
