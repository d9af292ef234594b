import type { HostServices } from "../../ir/env.js";
import { System } from "../../ir/lib/system.js";
import { GuestFault, Vector } from "../../ir/memory.js";
import { RESULT } from "../../ir/op.js";
import { Seg, SEG_ATTR, SEG_BASE, SEG_LIMIT, SEG_SEL } from "../../ir/state.js";
import { E, fail } from "./errno.js";

/**
 * Segments, system instructions and CPUID as a 32-bit program on a 64-bit kernel meets them: a flat code segment 23h and data segment 2Bh,
 * and three thread-local descriptors (GDT entries 12 to 14: selectors 63h, 6Bh, 73h) that set_thread_area writes.
 */

export const USER_CS = 0x23, USER_DS = 0x2b;
export const FIRST_TLS = 12, TLS_ENTRIES = 3;

/** struct user_desc, with its bit field as flags: bit 0 seg_32bit, 1-2 contents, 3 read_exec_only, 4 limit_in_pages, 5 seg_not_present, 6 useable. */
export interface UserDesc {
  base: number;
  limit: number;
  flags: number;
}

/** Words of access rights as LAR gives them: descriptor bits 8 to 23 of its second word. */
const CODE_RIGHTS = 0xcffb00, DATA_RIGHTS = 0xcff300, CODE64_RIGHTS = 0xaffb00;

function rights(d: UserDesc): number {
  const contents = (d.flags >> 1) & 3, readOnly = (d.flags >> 3) & 1;
  let a = 0xf100 | (contents << 10) | ((readOnly ^ 1) << 9);
  if (d.flags & 0x20) a &= ~0x8000;
  if (d.flags & 0x40) a |= 1 << 20;
  if (d.flags & 1) a |= 1 << 22;
  if (d.flags & 0x10) a |= 1 << 23;
  return a;
}

/** The set_thread_area call's "free this entry": base, limit 0 and read_exec_only | seg_not_present. */
export function isEmptyDesc(d: UserDesc): boolean {
  return d.base === 0 && d.limit === 0 && ((d.flags & 0x7f) === 0x28 || (d.flags & 0x7f) === 0);
}

/** Linux refuses 16-bit and conforming segments here (tls_desc_okay). */
export function checkDesc(d: UserDesc): void {
  if (isEmptyDesc(d)) return;
  if (!(d.flags & 1) || ((d.flags >> 1) & 3) > 1 || d.flags & 0x20) fail(E.INVAL);
}

/** Thread-local descriptors of a thread; null: free. */
export type TlsEntries = (UserDesc | null)[];

interface Descriptor {
  base: number;
  limit: number;
  rights: number;
}

function lookUp(selector: number, tls: TlsEntries): Descriptor | null {
  if (selector & 4) return null; // no LDT
  switch (selector >> 3) {
    case 4:
      return { base: 0, limit: 0xffffffff | 0, rights: CODE_RIGHTS };
    case 5:
      return { base: 0, limit: 0xffffffff | 0, rights: DATA_RIGHTS };
    case 6:
      return { base: 0, limit: 0xffffffff | 0, rights: CODE64_RIGHTS };
  }
  const d = tls[(selector >> 3) - FIRST_TLS];
  if (!d) return null;
  const limit = d.flags & 0x10 ? (d.limit << 12) | 0xfff : d.limit;
  return { base: d.base, limit, rights: rights(d) };
}

function setSegment(S: Int32Array, seg: number, selector: number, d: Descriptor | null): void {
  S[(SEG_SEL >> 2) + seg] = selector;
  S[(SEG_BASE >> 2) + seg * 2] = d ? d.base : 0;
  S[(SEG_LIMIT >> 2) + seg] = d ? d.limit : 0;
  S[(SEG_ATTR >> 2) + seg] = d ? d.rights : 0;
}

/** Load a segment register at privilege level 3 (Intel SDM vol. 2, MOV); GuestFault with nothing changed. */
export function loadSegment(S: Int32Array, tls: TlsEntries, seg: number, selector: number): void {
  const refuse = (): never => {
    throw new GuestFault(Vector.GP, selector & 0xfffc);
  };
  if ((selector & 0xfffc) === 0) {
    if (seg === Seg.SS || seg === Seg.CS) refuse();
    return setSegment(S, seg, selector, null);
  }
  const d = lookUp(selector, tls);
  if (!d) return refuse();
  const code = (d.rights & 0x800) !== 0, readWrite = (d.rights & 0x200) !== 0;
  // The 64-bit code segment would switch to 64-bit mode.
  if (seg === Seg.CS && (!code || selector >> 3 !== USER_CS >> 3)) refuse();
  if (seg === Seg.SS && (code || !readWrite || (selector & 3) !== 3)) refuse();
  if (code && !readWrite && seg !== Seg.CS) refuse();
  if (!(d.rights & 0x8000)) throw new GuestFault(seg === Seg.SS ? Vector.SS : Vector.NP, selector & 0xfffc);
  // Code is translated for flat CS, DS, ES and SS (mode FLAT); a based descriptor there is refused, as no Linux program needs one.
  if (d.base !== 0 && seg !== Seg.FS && seg !== Seg.GS) refuse();
  setSegment(S, seg, seg === Seg.CS ? selector | 3 : selector, d);
}

/** Segment registers of a new program. */
export function initialSegments(S: Int32Array): void {
  for (const seg of [Seg.ES, Seg.SS, Seg.DS]) setSegment(S, seg, USER_DS, lookUp(USER_DS, []));
  setSegment(S, Seg.CS, USER_CS, lookUp(USER_CS, []));
  for (const seg of [Seg.FS, Seg.GS]) setSegment(S, seg, 0, null);
}

// CPUID.

/** EDX of leaf 1: FPU TSC CX8 CMOV MMX FXSR SSE SSE2; also AT_HWCAP. */
export const CPU_FEATURES = 0x07808111;
/** ECX of leaf 1: SSE3 SSSE3 SSE4.1 SSE4.2 POPCNT. */
const CPU_FEATURES_C = 0x00980201;
const BRAND = "lift86";
const CACHES = [
  // type, level, ways, sets
  [1, 1, 8, 64], [2, 1, 4, 128], [3, 2, 8, 1024], [3, 3, 16, 8192],
] as const;

const text32 = (s: string, at: number): number => {
  let v = 0;
  for (let i = 0; i < 4; i++) v |= (at + i < s.length ? s.charCodeAt(at + i) : 0) << (8 * i);
  return v;
};

/** EAX EBX ECX EDX of a leaf into `out`: a 32-bit processor of family 6 with SSE to SSE4.2 and POPCNT. */
export function cpuid(leaf: number, subleaf: number, out: { [i: number]: number }): void {
  out[0] = out[1] = out[2] = out[3] = 0;
  // Beyond the last basic leaf, Intel's processors answer with that leaf.
  if (leaf >>> 0 > 7 && leaf >>> 0 < 0x80000000) leaf = 7;
  switch (leaf >>> 0) {
    case 0:
      [out[0], out[1], out[2], out[3]] = [7, text32("GenuineIntel", 0), text32("GenuineIntel", 8), text32("GenuineIntel", 4)];
      break;
    case 1:
      [out[0], out[1], out[2], out[3]] = [0x000106a5, 0x00010800, CPU_FEATURES_C, CPU_FEATURES];
      break;
    case 2:
      [out[0], out[1], out[2], out[3]] = [0x00feff01, 0xf0, 0, 0];
      break;
    case 4: {
      const c = CACHES[subleaf];
      if (c) [out[0], out[1], out[2]] = [c[0] | (c[1] << 5) | 0x100, 63 | ((c[2] - 1) << 22), c[3] - 1];
      break;
    }
    case 0x80000000:
      out[0] = 0x80000004 | 0;
      break;
    case 0x80000002:
    case 0x80000003:
    case 0x80000004:
      for (let i = 0; i < 4; i++) out[i] = text32(BRAND, ((leaf & 7) - 2) * 16 + i * 4);
      break;
  }
}

// Host services.

/** What the services need to know of whoever runs. */
export interface ServiceContext {
  /** State of the processor that asks. */
  readonly S: Int32Array;
  /** Descriptors of the thread that runs. */
  tls(): TlsEntries;
  /** Guest time in nanoseconds, which is what the time-stamp counter counts. */
  now(): number;
}

/** Host services of a process. */
export function userServices(c: () => ServiceContext): HostServices {
  const refuse = (): never => {
    throw new GuestFault(Vector.GP);
  };
  return {
    rdtsc() {
      const t = Math.floor(c().now());
      RESULT[0] = t | 0;
      RESULT[1] = Math.floor(t / 4294967296) | 0;
    },
    cpuid(leaf, subleaf) {
      cpuid(leaf, subleaf, RESULT as unknown as { [i: number]: number });
    },
    loadSegment(seg, selector) {
      const { S, tls } = c();
      loadSegment(S, tls.call(c()), seg, selector);
    },
    checkSegment() {}, // FS and GS of a program reach all of memory
    system(op, a) {
      switch (op) {
        // As the kernel's UMIP emulation answers.
        case System.sgdt:
          [RESULT[0], RESULT[1]] = [0, 0xfffe0000 | 0];
          return;
        case System.sidt:
          [RESULT[0], RESULT[1]] = [0, 0xffff0000 | 0];
          return;
        case System.sldt:
          RESULT[0] = 0;
          return;
        case System.str:
          RESULT[0] = 0x40;
          return;
        case System.smsw:
          RESULT[0] = 0x80050033 | 0;
          return;
        case System.lar:
        case System.lsl: {
          const d = lookUp(a & 0xffff, c().tls());
          RESULT[0] = d ? 1 : 0;
          RESULT[1] = d ? (op === System.lar ? d.rights : d.limit) : 0;
          return;
        }
        case System.verr:
        case System.verw: {
          const d = lookUp(a & 0xffff, c().tls());
          const code = d !== null && (d.rights & 0x800) !== 0, rw = d !== null && (d.rights & 0x200) !== 0;
          RESULT[0] = d && (op === System.verr ? !code || rw : !code && rw) ? 1 : 0;
          return;
        }
        default:
          refuse();
      }
    },
    portCheck: refuse,
    portIn: refuse,
    portOut: refuse,
  };
}

