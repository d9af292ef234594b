import { describe, expect, it } from "vitest";
import { MXCSR, XMM } from "../../src/ir/state.js";
import { GuestMachine } from "./guest-machine.js";

/** XSAVE, XRSTOR and XSETBV in real mode, against Intel SDM vol. 1, 13.7 and 13.8 (standard format) and vol. 2. */

const AREA = 0x6000, AGAIN = 0x7000;
const UD = 6, NM = 7, GP = 13;

const imm32 = (v: number): number[] => [v & 0xff, (v >>> 8) & 0xff, (v >>> 16) & 0xff, v >>> 24];
const eax = (v: number): number[] => [0x66, 0xb8, ...imm32(v)];
const xsave = (mask: number, at: number): number[] => [...eax(mask), 0x0f, 0xae, 0x26, at & 0xff, at >> 8];
const xrstor = (mask: number, at: number): number[] => [...eax(mask), 0x0f, 0xae, 0x2e, at & 0xff, at >> 8];
/** CR4.OSXSAVE, OSFXSR and OSXMMEXCPT; EDX = ECX = 0. */
const enable = [0x0f, 0x20, 0xe0, 0x66, 0x0d, ...imm32(0x40600), 0x0f, 0x22, 0xe0, 0x66, 0x31, 0xc9, 0x66, 0x31, 0xd2];
const xsetbv = (value: number): number[] => [...eax(value), 0x0f, 0x01, 0xd1];
/** FNINIT, FLD1, FLDPI: TOP is 6. */
const load = [0xdb, 0xe3, 0xd9, 0xe8, 0xd9, 0xeb];
/** MOV EAX,CR0; OR AL,8; MOV CR0,EAX */
const setTs = [0x0f, 0x20, 0xc0, 0x0c, 8, 0x0f, 0x22, 0xc0];

describe.each(["interp", "jit"] as const)("XSAVE and XRSTOR (%s)", (tier) => {
  /** Run code, with XMM registers n holding n in all bytes, and memory as `prepare` leaves it. */
  function execute(code: number[], prepare: (d: DataView) => void = () => {}): { d: DataView; bytes: Uint8Array; S: Int32Array; faults: number[] } {
    const m = new GuestMachine(Uint8Array.from([...code, 0xe6, 0xf4, 0xf4]), { tier });
    const { S } = m.vcpu.p, { D: d, bytes } = m.memory;
    for (let n = 0; n < 8; n++) for (let k = 0; k < 4; k++) S[(XMM >> 2) + n * 8 + k] = n * 0x01010101;
    bytes.fill(0xaa, AREA, AREA + 512);
    d.setUint32(AREA + 24, 0x1f80, true);
    prepare(d);
    const faults: number[] = [];
    m.vcpu.delivery.onEvent = (e) => {
      faults.push(e.vector);
      m.vcpu.stop();
    };
    m.run(1000);
    expect(m.finished).toBe(faults.length === 0);
    return { d, bytes, S, faults };
  }
  const setup = [...enable, ...xsetbv(3)];

  it("XSAVE writes the components asked for, and no other byte", () => {
    const { d, bytes } = execute([...setup, ...load, ...xsave(3, AREA)], (m) => m.setUint32(AREA + 512, 4, true));
    expect([d.getUint16(AREA, true), d.getUint16(AREA + 2, true), bytes[AREA + 4]]).toEqual([0x37f, 0x3000, 0xc0]);
    // pi and 1
    expect([d.getBigUint64(AREA + 32, true), d.getUint16(AREA + 40, true)]).toEqual([0xc90fdaa22168c235n, 0x4000]);
    expect([d.getBigUint64(AREA + 48, true), d.getUint16(AREA + 56, true)]).toEqual([0x8000000000000000n, 0x3fff]);
    expect([d.getUint32(AREA + 24, true), d.getUint32(AREA + 28, true)]).toEqual([0x1f80, 0xffff]);
    for (let n = 0; n < 8; n++) expect([...bytes.subarray(AREA + 160 + n * 16, AREA + 176 + n * 16)]).toEqual(new Array(16).fill(n));
    // XMM8 to XMM15 belong to 64-bit mode.
    expect(bytes.subarray(AREA + 288, AREA + 512).every((b) => b === 0xaa)).toBe(true);
    // The bit of a component that was not asked for stays.
    expect([d.getUint32(AREA + 512, true), d.getUint32(AREA + 516, true)]).toEqual([7, 0]);
  });

  it("XSAVE of x87 state alone leaves MXCSR and the XMM registers' place", () => {
    const { d, bytes } = execute([...setup, ...load, ...xsave(1, AREA)], (m) => m.setUint32(AREA + 24, 0x12345678, true));
    expect([d.getUint16(AREA, true), d.getUint32(AREA + 24, true), d.getUint32(AREA + 512, true)]).toEqual([0x37f, 0x12345678, 1]);
    expect(bytes.subarray(AREA + 160, AREA + 288).every((b) => b === 0xaa)).toBe(true);
  });

  it("XSAVE takes no component that XCR0 does not have", () => {
    const { d, bytes } = execute([...enable, ...xsetbv(1), ...load, ...xsave(-1, AREA)]);
    expect(d.getUint32(AREA + 512, true)).toBe(1);
    expect(bytes.subarray(AREA + 160, AREA + 288).every((b) => b === 0xaa)).toBe(true);
  });

  it("what was saved comes back", () => {
    // In between: FNINIT, PXOR of XMM1 and XMM7 with themselves.
    const { bytes, d } = execute([...setup, ...load, ...xsave(3, AREA), 0xdb, 0xe3, 0x66, 0x0f, 0xef, 0xc9, 0x66, 0x0f, 0xef, 0xff, ...xrstor(3, AREA), ...xsave(3, AGAIN)]);
    expect(d.getUint16(AGAIN + 2, true)).toBe(0x3000);
    for (const [from, to] of [[0, 416], [512, 576]] as const) {
      for (let k = from; k < to; k++) if (k < 288 || k >= 512) expect(bytes[AGAIN + k], `byte ${k}`).toBe(bytes[AREA + k]);
    }
  });

  it("XRSTOR gives components that the area does not have their initial state", () => {
    const x87 = execute([...setup, ...load, ...xrstor(3, AREA), ...xsave(3, AGAIN)], (m) => m.setUint32(AREA + 512, 2, true));
    expect([x87.d.getUint16(AGAIN, true), x87.d.getUint16(AGAIN + 2, true), x87.bytes[AGAIN + 4]]).toEqual([0x37f, 0, 0]);
    expect(x87.bytes.subarray(AGAIN + 160, AGAIN + 288).every((b) => b === 0xaa)).toBe(true);
    // MXCSR is loaded all the same in the standard format.
    const sse = execute([...setup, ...load, ...xrstor(3, AREA)], (m) => m.setUint32(AREA + 24, 0x1fa0, true));
    expect(sse.S.subarray(XMM >> 2, (XMM >> 2) + 64).filter((_, k) => (k & 7) < 4).every((v) => v === 0)).toBe(true);
    expect(sse.S[MXCSR >> 2]).toBe(0x1fa0);
  });

  it("XRSTOR of x87 state alone leaves MXCSR and the XMM registers, and does not look at the area's MXCSR", () => {
    const { S, faults } = execute([...setup, ...xrstor(1, AREA)], (m) => m.setUint32(AREA + 24, -1, true));
    expect([faults, S[MXCSR >> 2], S[(XMM >> 2) + 8 * 5]]).toEqual([[], 0x1f80, 0x05050505]);
  });

  it.each<[string, number, number]>([
    ["a component that XCR0 does not have", 512, 4], ["the high half of XSTATE_BV", 516, 1], ["XCOMP_BV", 520, 1], ["the compacted format", 524, 0x80000000],
    ["a reserved byte", 532, 0x1000000], ["a reserved bit of MXCSR", 24, 0x10000],
  ])("XRSTOR refuses %s and changes nothing", (_, at, value) => {
    const { S, faults } = execute([...setup, ...load, ...xrstor(3, AREA)], (m) => m.setUint32(AREA + at, value, true));
    expect(faults).toEqual([GP]);
    expect([S[MXCSR >> 2], S[(XMM >> 2) + 8 * 3]]).toEqual([0x1f80, 0x03030303]);
  });

  it("the area is aligned to 64 bytes, XCR0 has x87 state, CR4.OSXSAVE and CR0.TS are heeded", () => {
    expect(execute([...setup, ...xsave(3, AREA + 16)]).faults).toEqual([GP]);
    expect(execute([...setup, ...xrstor(3, AREA + 32)]).faults).toEqual([GP]);
    expect(execute([...enable, ...xsetbv(2)]).faults).toEqual([GP]);
    expect(execute([...enable, ...xsetbv(7)]).faults).toEqual([GP]);
    expect(execute(xsetbv(3)).faults).toEqual([UD]);
    expect(execute(xsave(3, AREA)).faults).toEqual([UD]);
    expect(execute([...setup, ...setTs, ...xsave(3, AREA)]).faults).toEqual([NM]);
    expect(execute([...setup, ...setTs, ...xrstor(3, AREA)]).faults).toEqual([NM]);
  });
});
