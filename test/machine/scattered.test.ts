import { describe, expect, it } from "vitest";
import { GPR, PC, Reg, Seg, SHADOW } from "../../src/ir/state.js";
import { PhysicalMemory } from "../../src/mmu/physical.js";
import type { VcpuEnvironment } from "../../src/runtime/machine/contract.js";
import { setSegment } from "../../src/runtime/machine/cpu/segment.js";
import { Vcpu } from "../../src/runtime/machine/cpu/vcpu.js";
import { MachineTranslations } from "../../src/runtime/machine/translations.js";

/** Compiled code takes memory to lie in one piece (uniformStrategy), until it does not. */

const CODE = 0x1000, DIRECTORY = 0x10000, TABLE = 0x11000, DATA = 0x20000, COUNT = 20_000;
const environment: VcpuEnvironment = {
  ports: { portIn: () => 0, portOut() {} },
  interrupts: { pending: () => false, acknowledge: () => 0 },
  msrs: { readMsr: () => false, writeMsr: () => false, tscChanged() {} },
  clock: { ticks: () => 0 },
};
const program = Uint8Array.of(
  0xbb, 0x00, 0x00, 0x02, 0x00, // 1: mov ebx, DATA
  0xff, 0x03, //                   2: inc dword ptr [ebx]
  0x01, 0x5b, 0x08, //                add [ebx + 8], ebx
  0x01, 0x8b, 0xfe, 0x0f, 0, 0, //    add [ebx + ffeh], ecx     across pages
  0x81, 0xc3, 0, 0x10, 0, 0, //       add ebx, 1000h
  0x81, 0xfb, 0, 0x30, 0x02, 0, //    cmp ebx, DATA + 3000h
  0x72, 0xe7, //                      jb 2b
  0x49, 0x75, 0xdf, 0xf4, //          dec ecx; jnz 1b; hlt
);

/** Linear memory at DATA after the program has run, and the differences that its regions were compiled for. */
function run(frames: readonly number[], tier: "interp" | "auto"): { data: number[]; distances: Array<number | null>; compiled: number } {
  const memory = new PhysicalMemory(1 << 20);
  memory.write32(DIRECTORY, TABLE | 3);
  for (let k = 0; k < 32; k++) memory.write32(TABLE + k * 4, (k * 4096) | 3);
  frames.forEach((frame, k) => memory.write32(TABLE + ((DATA >> 12) + k) * 4, frame | 3));
  memory.load(CODE, program);
  const translations = new MachineTranslations(memory);
  const vcpu = new Vcpu(0, memory, environment, { translations, tier });
  const { p } = vcpu;
  setSegment(p, Seg.CS, 8, 0, -1, 0xc09b00);
  for (const seg of [Seg.SS, Seg.DS, Seg.ES]) setSegment(p, seg, 16, 0, -1, 0xc09300);
  p.mmu.writeCr3(DIRECTORY);
  p.mmu.writeCr0((1 << 31) | (1 << 16) | 1);
  p.S[SHADOW >> 2] = 0;
  p.S[(GPR >> 2) + Reg.ECX * 2] = COUNT;
  p.S[PC >> 2] = CODE;
  for (let k = 0; k < 100 && vcpu.activity === "running"; k++) vcpu.run(20_000, false);
  expect(vcpu.activity).toBe("halted");
  const data = frames.flatMap((frame) => [0, 8, 0xffc].map((at) => memory.read32(frame + at) >>> 0));
  const distances = [...translations.all()].flatMap((t) => (t.region ? [t.region.distance] : []));
  return { data, distances, compiled: vcpu.compiled };
}

describe("memory of compiled code", () => {
  it("in one piece: regions are made for it", () => {
    const frames = [0x20000, 0x21000, 0x22000, 0x23000];
    const got = run(frames, "auto");
    expect(got.data).toEqual(run(frames, "interp").data);
    expect(got.data[0]).not.toBe(0);
    expect(new Set(got.distances)).toEqual(new Set([0]));
    expect(got.compiled).toBeGreaterThan(COUNT * 15);
  });

  it("all over the place: regions are made for any", () => {
    const frames = [0x50000, 0x40000, 0x61000, 0x30000];
    const got = run(frames, "auto");
    expect(got.data).toEqual(run(frames, "interp").data);
    expect(got.distances).toContain(null);
    expect(got.compiled).toBeGreaterThan(COUNT * 10);
  });
});
