import type { LibEnv } from "../env.js";
import { GuestFault } from "../memory.js";
import { HOST, memorial, RESULT } from "../op.js";

// Instructions that are the host's to answer: segment loads, ports, descriptor-table and control registers, time, identification.

/** What HostServices.system is asked: operands -> results, which go to RESULT[0..1]. */
export const enum System {
  /** () -> limit, base */
  sgdt, sidt,
  /** () -> selector */
  sldt, str,
  /** () -> low half of CR0 */
  smsw,
  /** (limit, base) */
  lgdt, lidt,
  /** (selector) */
  lldt, ltr,
  /** (value of 16 bits) */
  lmsw,
  clts, invd, wbinvd,
  /** (linear address) */
  invlpg,
  /** (index) -> low, high */
  rdmsr, rdpmc,
  /** (index, low, high) */
  wrmsr,
  /** (number) -> value */
  readCr, readDr,
  /** (number, value) */
  writeCr, writeDr,
  /** (selector) -> 1 if accessible, value */
  lar, lsl,
  /** (selector) -> 1 if so */
  verr, verw,
  /** () -> low, high; rdtscp then asks for TSC_AUX with rdmsr */
  rdtsc,
  /** () -> TSC_AUX */
  tscAux,
  /** (index) -> low, high */
  xgetbv,
  /** (index, low, high) */
  xsetbv,
  /** () -> XCR0, which XSAVE and XRSTOR use; #UD without CR4.OSXSAVE */
  xcr0,
}

/** Keep a guest fault for `trapif PENDING`; anything else is a bug and goes on. Returns status 1. */
export function pending(env: LibEnv, e: unknown): 1 {
  if (!(e instanceof GuestFault)) throw e;
  env.fault = e;
  return 1;
}

/** Load a segment register: (seg, selector) -> status (1: env.fault is set). */
export const LOADSEG = memorial("sys.loadseg", ["i32", "i32"], "i32", (env: LibEnv, seg: number, selector: number) => {
  try {
    env.host.loadSegment(seg, selector & 0xffff);
    return 0;
  } catch (e) {
    return pending(env, e);
  }
});

/** The check of core op `limit` (ops.ts) in compiled code: (offset, segment | write << 3, size) -> status (1: env.fault is set). */
export const SEGMENT_CHECK = memorial("sys.limit", ["i32", "i32", "i32"], "i32", (env: LibEnv, offset: number, segment: number, size: number) => {
  try {
    env.host.checkSegment(segment & 7, offset, size, (segment & 8) !== 0);
    return 0;
  } catch (e) {
    return pending(env, e);
  }
});

/** A system instruction: operands a, b, c; imm = System -> (status, result 0, result 1). */
export const SYSTEM = memorial("sys.op", ["i32", "i32", "i32"], "f80", (env: LibEnv, a: number, b: number, c: number, op: number) => {
  let status = 0;
  RESULT[0] = RESULT[1] = 0;
  try {
    env.host.system(op, a, b, c);
  } catch (e) {
    status = pending(env, e);
  }
  RESULT[2] = RESULT[1]!;
  RESULT[1] = RESULT[0]!;
  RESULT[0] = status;
}, true, HOST);

/** Port input: (port), imm = size -> (status, value). */
export const PORT_IN = memorial("sys.in", ["i32"], "i64", (env: LibEnv, port: number, size: number) => {
  RESULT[0] = RESULT[1] = 0;
  try {
    RESULT[1] = env.host.portIn(port, size);
  } catch (e) {
    RESULT[0] = pending(env, e);
  }
}, true, HOST);

/** Port output: (port, value), imm = size -> status. */
export const PORT_OUT = memorial("sys.out", ["i32", "i32"], "i32", (env: LibEnv, port: number, value: number, size: number) => {
  try {
    env.host.portOut(port, size, value);
    return 0;
  } catch (e) {
    return pending(env, e);
  }
}, true, HOST);

/** Time-stamp counter, (low, high). */
export const RDTSC = memorial("sys.rdtsc", [], "i64", (env: LibEnv) => env.host.rdtsc(), false, HOST);

/** CPUID: (leaf, subleaf) -> eax ebx ecx edx. */
export const CPUID = memorial("sys.cpuid", ["i32", "i32"], "v128", (env: LibEnv, leaf: number, subleaf: number) => env.host.cpuid(leaf, subleaf));

/** ARPL on memory: (address, RPL) -> (status, whether the selector's RPL was raised). It is written only then. */
export const ARPL = memorial("sys.arpl", ["i32", "i32"], "i64", (env: LibEnv, addr: number, rpl: number) => {
  RESULT[0] = RESULT[1] = 0;
  try {
    const old = env.memory.load16(addr);
    if ((old & 3) >= rpl) return;
    env.memory.store16(addr, (old & 0xfffc) | rpl);
    RESULT[1] = 1;
  } catch (e) {
    RESULT[0] = pending(env, e);
  }
});
