import { CR4_OSXSAVE } from "./bits.js";
import type { Processor } from "./processor.js";

/** CPUID: what is there, no more (Intel SDM vol. 2). */

const FPU = 1, DE = 4, PSE = 8, TSC = 0x10, MSR = 0x20, PAE = 0x40, MCE = 0x80, CX8 = 0x100, APIC = 0x200, SEP = 0x800, MTRR = 0x1000, PGE = 0x2000, MCA = 0x4000, CMOV = 0x8000,
  PAT = 0x10000, PSE36 = 0x20000, CLFSH = 0x80000, MMX = 0x800000, FXSR = 0x1000000, SSE = 0x2000000, SSE2 = 0x4000000;
/** ECX of leaf 1. */
const SSE3 = 1, SSSE3 = 0x200, SSE41 = 0x80000, SSE42 = 0x100000, X2APIC = 0x200000, POPCNT = 0x800000, TSC_DEADLINE = 0x1000000, XSAVE = 0x4000000, OSXSAVE = 0x8000000,
  HYPERVISOR = 0x80000000 | 0;
/** EBX and ECX of leaf 7. */
const TSC_ADJUST = 2, SMEP = 0x80, ERMS = 0x200, SMAP = 0x100000, UMIP = 4;
/** EDX of leaf 80000001h. */
const NX = 0x100000, RDTSCP = 0x8000000;

/** Family 6, model 26, stepping 5, as in EDX after RESET. */
export const SIGNATURE = 0x000106a5;
const VENDOR = "GenuineIntel", BRAND = "lift86 virtual processor", HYPERVISOR_NAME = "lift86lift86";
const LAST_BASIC = 0xd, LAST_EXTENDED = 0x80000008;

/** Bytes of an XSAVE area with x87 and SSE state. */
export const XSAVE_SIZE = 576;

function text(s: string, at: number): number {
  let v = 0;
  for (let i = 0; i < 4; i++) v |= (at + i < s.length ? s.charCodeAt(at + i) : 0) << (8 * i);
  return v;
}

/** What CPUID says of the machine around the processor. */
export interface Topology {
  /** Number of processors. */
  readonly processors: number;
  /** IA32_APIC_BASE's enable bit. */
  readonly apicEnabled: boolean;
}

/** EAX EBX ECX EDX into `out`. */
export function cpuid(p: Processor, topology: Topology, leaf: number, subleaf: number, out: Int32Array): void {
  const put = (a: number, b: number, c: number, d: number): void => {
    out[0] = a;
    out[1] = b;
    out[2] = c;
    out[3] = d;
  };
  leaf >>>= 0;
  // Beyond the last basic leaf, Intel's processors answer with that leaf.
  if (leaf < 0x40000000 ? leaf > LAST_BASIC : leaf > 0x400000ff && (leaf < 0x80000000 || leaf > LAST_EXTENDED)) leaf = LAST_BASIC;
  const { processors } = topology;
  switch (leaf) {
    case 0: return put(LAST_BASIC, text(VENDOR, 0), text(VENDOR, 8), text(VENDOR, 4));
    case 1: {
      const c = SSE3 | SSSE3 | SSE41 | SSE42 | X2APIC | POPCNT | TSC_DEADLINE | XSAVE | HYPERVISOR | (p.mmu.cr4 & CR4_OSXSAVE ? OSXSAVE : 0);
      const d = FPU | DE | PSE | TSC | MSR | PAE | MCE | CX8 | SEP | MTRR | PGE | MCA | CMOV | PAT | PSE36 | CLFSH | MMX | FXSR | SSE | SSE2 | (topology.apicEnabled ? APIC : 0)
        | (processors > 1 ? 1 << 28 : 0);
      return put(SIGNATURE, (p.id << 24) | (processors << 16) | (8 << 8), c, d);
    }
    case 2: return put(0x00feff01, 0xf0, 0, 0);
    case 4: return put(...(CACHES[subleaf] ?? NO_CACHE), 0);
    case 7: return subleaf === 0 ? put(0, TSC_ADJUST | SMEP | ERMS | SMAP, UMIP, 0) : put(0, 0, 0, 0);
    case 0xb: {
      const shift = 32 - Math.clz32(processors - 1);
      if (subleaf === 0) return put(0, 1, 0x100, p.id);
      if (subleaf === 1) return put(shift, processors, 0x201, p.id);
      return put(0, 0, subleaf & 0xff, p.id);
    }
    case 0xd:
      if (subleaf === 0) return put(3, XSAVE_SIZE, XSAVE_SIZE, 0);
      return put(0, 0, 0, 0);
    case 0x40000000: return put(0x40000000, text(HYPERVISOR_NAME, 0), text(HYPERVISOR_NAME, 4), text(HYPERVISOR_NAME, 8));
    case 0x80000000: return put(LAST_EXTENDED | 0, 0, 0, 0);
    case 0x80000001: return put(0, 0, 0, NX | RDTSCP);
    case 0x80000002:
    case 0x80000003:
    case 0x80000004: {
      const at = (leaf - 0x80000002) * 16;
      return put(text(BRAND, at), text(BRAND, at + 4), text(BRAND, at + 8), text(BRAND, at + 12));
    }
    case 0x80000006: return put(0, 0, 0x02006040, 0);
    case 0x80000007: return put(0, 0, 0, 0x100);
    case 0x80000008: return put(p.mmu.physicalBits | (32 << 8), 0, 0, 0);
    default: return put(0, 0, 0, 0);
  }
}

/** Deterministic cache parameters: 32 KiB of data and of code, 256 KiB, 8 MiB; lines of 64 bytes. */
const CACHES: ReadonlyArray<readonly [number, number, number]> = [
  [1 | (1 << 5) | 0x100, 63 | (7 << 22), 63], [2 | (1 << 5) | 0x100, 63 | (3 << 22), 127], [3 | (2 << 5) | 0x100, 63 | (7 << 22), 511],
  [3 | (3 << 5) | 0x100, 63 | (15 << 22), 8191],
];
const NO_CACHE = [0, 0, 0] as const;
