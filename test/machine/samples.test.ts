import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Machine, type MachineOptions, type MachineResult, type Tier } from "../../src/index.js";

/** The images of samples/machine on both tiers, in the library. */
const TIERS: readonly Tier[] = ["interp", "jit"];

async function boot(name: string, tier: Tier, more: Partial<MachineOptions> = {}, input?: string): Promise<MachineResult & { text: string }> {
  let text = "";
  const machine = new Machine({
    image: { name, bytes: readFileSync(`samples/machine/${name}`) }, icount: true, tier, timeout: 50_000,
    serial: (b) => (text += Buffer.from(b).toString("latin1")), ...more,
  });
  if (input !== undefined) machine.receive(Buffer.from(input));
  return { ...(await machine.run()), text };
}

describe.each(TIERS)("samples, tier %s", (tier) => {
  it("hello: command line, memory, modules", async () => {
    const bytes = readFileSync("samples/machine/hello.elf");
    const r = await boot("hello.elf", tier, {
      memory: 64 << 20,
      image: { name: "hello.elf", bytes, append: "a=b c", modules: [{ bytes: Buffer.from("one"), text: "m1 x" }, { bytes: Buffer.from("two"), text: "m2" }] },
    });
    expect(r).toMatchObject({ end: "exit", status: 1, text: "Hello from a machine!\ncommand line: hello.elf a=b c\nmemory: 64 MiB\nmodule m1 x: one\nmodule m2: two\n" });
  });

  it.each([1, 2, 3, 8])("smp: %i processors by INIT and SIPI", async (cpus) => {
    const r = await boot("smp.elf", tier, { cpus });
    const here = Array.from({ length: cpus }, (_, i) => `processor ${i} is here\n`).join("");
    expect(r).toMatchObject({ end: "exit", status: 1, text: `${here}sum ${500 * cpus * (cpus + 1)}\n` });
  });

  it("timer: interrupts and page faults", async () => {
    const r = await boot("timer.elf", tier);
    expect(r).toMatchObject({ end: "exit", status: 1, text: "ticks 20\nfaults of writes 1, of reads 1\nthe same page twice\n" });
  });

  it("boot sector: int 10h, 13h, 12h, 16h", async () => {
    const r = await boot("boot-sector.bin", tier, {}, "abcq");
    expect(r).toMatchObject({ end: "exit", status: 33, text: "Hello from a boot sector!\r\nThis is the second sector.\r\nbase memory in KiB: 639\r\nkeys: abc\r\n" });
  });
});

describe("with --icount every run is alike", () => {
  it.each(["smp.elf", "timer.elf"])("%s", async (name) => {
    const runs = [await boot(name, "interp", { cpus: 4 }), await boot(name, "interp", { cpus: 4 }), await boot(name, "auto", { cpus: 4 })];
    expect(runs[1]).toEqual(runs[0]);
    expect(runs[2]).toEqual(runs[0]);
  });

  it("time that nobody uses is skipped: 20 ms of waiting take no 20 ms of instructions", async () => {
    expect((await boot("timer.elf", "interp")).instructions).toBeLessThan(100_000);
  });
});

describe("ends", () => {
  /** Real-mode code at 1000h. */
  const raw = (code: number[], more: Partial<MachineOptions> = {}): Promise<MachineResult> =>
    new Machine({ image: { name: "code", bytes: Uint8Array.from(code), raw: { address: 0x1000 } }, icount: true, timeout: 20_000, ...more }).run();

  it("cli; hlt: halted, status 0", async () => {
    expect(await raw([0xfa, 0xf4])).toMatchObject({ end: "halted", status: 0 });
  });

  it("a triple fault: status 1 and the registers", async () => {
    // mov sp, 1; lidt of a limit of 0; int3: no gate, and nowhere to push
    const r = await raw([0xfa, 0x0f, 0x01, 0x1e, 0x20, 0x10, 0xcc]);
    expect(r).toMatchObject({ end: "shutdown", status: 1 });
    expect(r.dump).toMatch(/eip=.*eflags=/s);
  });

  it("limits of instructions and of time", async () => {
    expect(await raw([0xeb, 0xfe], { maxInstructions: 10_000 })).toMatchObject({ end: "instructions", status: 137, instructions: 10_000 });
    expect(await raw([0xeb, 0xfe], { timeout: 50 })).toMatchObject({ end: "time", status: 124 });
    // hlt with interrupts on, and a timer that is masked: it waits until the limit.
    expect(await raw([0xb0, 0xff, 0xe6, 0x21, 0xfb, 0xf4, 0xeb, 0xfd], { timeout: 50 })).toMatchObject({ end: "time" });
  });

  it("soft-off, debug exit, reset by port CF9h, by the 8042 and by port 92h", async () => {
    // mov dx, 604h; mov ax, 2000h; out dx, ax
    expect(await raw([0xba, 0x04, 0x06, 0xb8, 0x00, 0x20, 0xef, 0xf4])).toMatchObject({ end: "poweroff", status: 0 });
    // Counts at 500h, which a reset keeps; the third time it ends with that count.
    const count = [0xff, 0x06, 0x00, 0x05, 0xa1, 0x00, 0x05, 0x3d, 0x03, 0x00, 0x75, 0x02, 0xe7, 0xf4];
    // mov dx, 0cf9h; mov al, 6; out dx, al; hlt
    expect(await raw([...count, 0xba, 0xf9, 0x0c, 0xb0, 0x06, 0xee, 0xfa, 0xf4])).toMatchObject({ end: "exit", status: 7 });
    // mov al, 0feh; out 64h, al
    expect(await raw([...count, 0xb0, 0xfe, 0xe6, 0x64, 0xfa, 0xf4])).toMatchObject({ end: "exit", status: 7 });
    // mov al, 0; out 92h, al; mov al, 3; out 92h, al
    expect(await raw([...count, 0xb0, 0x00, 0xe6, 0x92, 0xb0, 0x03, 0xe6, 0x92, 0xfa, 0xf4])).toMatchObject({ end: "exit", status: 7 });
  });

  it("stop() from outside", async () => {
    const machine = new Machine({ image: { name: "code", bytes: Uint8Array.of(0xfb, 0xf4, 0xeb, 0xfc), raw: { address: 0x1000 } } });
    setTimeout(() => machine.stop(), 20);
    expect(await machine.run()).toMatchObject({ end: "stopped", status: 130 });
  });

  it("impossible options are errors", () => {
    const image = { name: "code", bytes: Uint8Array.of(0xf4), raw: { address: 0x1000 } };
    expect(() => new Machine({ image, cpus: 9 })).toThrow(/9 vCPUs: from 1 to 8/);
    expect(() => new Machine({ image, memory: 1000 })).toThrow(/1000 bytes of memory/);
    expect(() => new Machine({ image, bios: new Uint8Array(100) })).toThrow(/BIOS of 100 bytes/);
  });
});

describe("suspend to RAM", () => {
  it("stops at once, and goes on at the waking vector when the RTC's alarm comes, memory as it was", async () => {
    // Finds the FACS at E0040h; waking vector 0000:2000. Writes CMOS alarm registers "every second", register B with AIE, PM1 enable RTC, PM1 control S3.
    const code = [
      0xfa, 0x31, 0xc0, 0x8e, 0xd8, 0xb8, 0x00, 0xe0, 0x8e, 0xc0, // cli; ds = 0; es = e000h
      0x26, 0x66, 0xc7, 0x06, 0x4c, 0x00, 0x00, 0x20, 0x00, 0x00, // mov dword es:[4ch], 2000h
      ...[1, 3, 5].flatMap((r) => [0xb0, r, 0xe6, 0x70, 0xb0, 0xc0, 0xe6, 0x71]),
      0xb0, 0x0b, 0xe6, 0x70, 0xb0, 0x22, 0xe6, 0x71,
      0xba, 0x02, 0x06, 0xb8, 0x00, 0x04, 0xef, // PM1 enable: RTC
      0xc6, 0x06, 0x00, 0x05, 0x10, // mov byte [500h], 10h
      0xba, 0x04, 0x06, 0xb8, 0x00, 0x24, 0xef, // S3
      0xc6, 0x06, 0x00, 0x05, 0x7f, 0xeb, 0xfe, // mov byte [500h], 7fh: never
    ];
    const bytes = new Uint8Array(0x1100);
    bytes.set(code);
    // at 2000h: mov al, [500h]; out 0f4h, al
    bytes.set([0xa0, 0x00, 0x05, 0xe6, 0xf4, 0xf4], 0x1000);
    const machine = new Machine({ image: { name: "s3", bytes, raw: { address: 0x1000 } }, icount: true, timeout: 20_000 });
    expect(await machine.run()).toMatchObject({ end: "exit", status: 0x21 });
    expect(machine.board.clock.ticks()).toBeGreaterThan(0.9e9);
  });
});
