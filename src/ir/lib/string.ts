import type { LibEnv } from "../env.js";
import { DF } from "../flags.js";
import { HOST, memorial, RESULT } from "../op.js";
import { Seg, SEG_READ, SEG_WRITE } from "../state.js";
import { pending } from "./system.js";

// Repeated string instructions (Intel SDM vol. 2: REP, MOVS, STOS, LODS, CMPS, SCAS, INS, OUTS), a bounded number of elements a call.
//
// All take the full registers ECX, ESI, EDI, segment bases, DF (the EFLAGS bit) and, as immediate, what REP_* says; all give back a status and
// the registers as far as they got: after a fault those of the element that faulted.

/** Status of a call: all done; env.fault is pending; there is more to do, execute the instruction again. */
export const enum RepStatus { done, fault, more }

/** Immediate: element size 1, 2 or 4 in the low bits, and these. */
export const REP_SIZE = 7;
/** Addresses and count have 16 bits. */
export const REP_ADDR16 = 8;
/** REPNE: compare while not equal. */
export const REP_WHILE_NOT = 16;
/** One element a call (EFLAGS.TF). */
export const REP_ONE = 32;
/** The source or the destination is in a segment with limits to be checked. */
export const REP_CHECK_SOURCE = 64;
export const REP_CHECK_DESTINATION = 128;
/** The source's segment (Seg) in bits 10:8; the destination's is ES. */
export const REP_SOURCE_SHIFT = 8;

/** Most bytes moved and most elements compared in one call. */
const MOVE_BYTES = 1 << 20;
const COMPARE_ELEMENTS = 1 << 16;

function addressMask(flags: number): number {
  return flags & REP_ADDR16 ? 0xffff : -1;
}

/** The part of a register that addresses, as an unsigned number, and the register with another such part. */
function part(register: number, mask: number): number {
  return (register & mask) >>> 0;
}

function merge(register: number, value: number, mask: number): number {
  return (register & ~mask) | (value & mask);
}

/** How many elements a run of bytes at an offset may have before the offset wraps at 64 KB. */
function beforeWrap(offset: number, count: number, size: number, mask: number): number {
  return mask === -1 ? count : Math.min(count, Math.floor((0x10000 - offset) / size));
}

function sourceSegment(flags: number): number {
  return (flags >> REP_SOURCE_SHIFT) & 7;
}

/** How many elements at an offset certainly lie within their segment, at most `count`; the others are checked one by one. */
function inSource(env: LibEnv, flags: number, offset: number, count: number, size: number): number {
  return flags & REP_CHECK_SOURCE ? certain(env.S[(SEG_READ >> 2) + sourceSegment(flags)]! >>> 0, offset, count, size) : count;
}

function inDestination(env: LibEnv, flags: number, offset: number, count: number, size: number, write: boolean): number {
  return flags & REP_CHECK_DESTINATION ? certain(env.S[((write ? SEG_WRITE : SEG_READ) >> 2) + Seg.ES]! >>> 0, offset, count, size) : count;
}

function certain(bound: number, offset: number, count: number, size: number): number {
  return offset >= bound ? 0 : Math.min(count, Math.ceil((bound - offset) / size));
}

function loadSource(env: LibEnv, flags: number, base: number, offset: number, size: number): number {
  if (flags & REP_CHECK_SOURCE) env.host.checkSegment(sourceSegment(flags), offset, size, false);
  return load(env, (base + offset) | 0, size);
}

function loadDestination(env: LibEnv, flags: number, base: number, offset: number, size: number): number {
  if (flags & REP_CHECK_DESTINATION) env.host.checkSegment(Seg.ES, offset, size, false);
  return load(env, (base + offset) | 0, size);
}

function storeDestination(env: LibEnv, flags: number, base: number, offset: number, value: number, size: number): void {
  if (flags & REP_CHECK_DESTINATION) env.host.checkSegment(Seg.ES, offset, size, true);
  store(env, (base + offset) | 0, value, size);
}

function load(env: LibEnv, addr: number, size: number): number {
  return size === 1 ? env.memory.load8(addr) : size === 2 ? env.memory.load16(addr) : env.memory.load32(addr);
}

function store(env: LibEnv, addr: number, value: number, size: number): void {
  if (size === 1) env.memory.store8(addr, value);
  else if (size === 2) env.memory.store16(addr, value);
  else env.memory.store32(addr, value);
}

/** Copy forward within flat bytes as element-wise moves would: a destination a little above the source repeats the bytes between them. */
export function copyForward(bytes: Uint8Array, to: number, from: number, length: number): void {
  const gap = to - from;
  if (gap <= 0 || gap >= length) {
    bytes.copyWithin(to, from, from + length);
    return;
  }
  for (let done = 0; done < length;) {
    const n = Math.min(gap + done, length - done);
    bytes.copyWithin(to + done, from, from + n);
    done += n;
  }
}

function movs(env: LibEnv, ecx: number, esi: number, edi: number, srcBase: number, dstBase: number, df: number, flags: number): void {
  const { memory } = env;
  const size = flags & REP_SIZE;
  const mask = addressMask(flags);
  const count = part(ecx, mask);
  const step = df & DF ? -size : size;
  let left = Math.min(count, flags & REP_ONE ? 1 : MOVE_BYTES / size);
  const skipped = count - left;
  let si = part(esi, mask), di = part(edi, mask);
  let status = RepStatus.done;
  try {
    while (left > 0) {
      if (step > 0) {
        const src = (srcBase + si) | 0, dst = (dstBase + di) | 0;
        let n = beforeWrap(di, beforeWrap(si, left, size, mask), size, mask);
        n = inDestination(env, flags, di, inSource(env, flags, si, n, size), size, true);
        if (n > 1) n = Math.floor(memory.flatRun(src, n * size, false) / size);
        if (n > 1) n = Math.floor(memory.flatRun(dst, n * size, true) / size);
        if (n > 1) {
          const from = memory.flatOffset(src), to = memory.flatOffset(dst);
          // elements that overlap their own source by a part of themselves go one by one
          if (to <= from || to >= from + size) {
            copyForward(memory.bytes, to, from, n * size);
            si = part(si + n * size, mask);
            di = part(di + n * size, mask);
            left -= n;
            continue;
          }
        }
      }
      storeDestination(env, flags, dstBase, di, loadSource(env, flags, srcBase, si, size), size);
      si = part(si + step, mask);
      di = part(di + step, mask);
      left--;
    }
    if (skipped > 0) status = RepStatus.more;
  } catch (e) {
    status = pending(env, e);
  }
  RESULT[0] = status;
  RESULT[1] = merge(ecx, left + skipped, mask);
  RESULT[2] = merge(esi, si, mask);
  RESULT[3] = merge(edi, di, mask);
}

function stos(env: LibEnv, ecx: number, edi: number, value: number, dstBase: number, df: number, flags: number): void {
  const { memory } = env;
  const size = flags & REP_SIZE;
  const mask = addressMask(flags);
  const count = part(ecx, mask);
  const step = df & DF ? -size : size;
  let left = Math.min(count, flags & REP_ONE ? 1 : MOVE_BYTES / size);
  const skipped = count - left;
  let di = part(edi, mask);
  let status = RepStatus.done;
  try {
    while (left > 0) {
      const dst = (dstBase + di) | 0;
      let n = step > 0 ? inDestination(env, flags, di, beforeWrap(di, left, size, mask), size, true) : 1;
      if (n > 1) n = Math.floor(memory.flatRun(dst, n * size, true) / size);
      if (n > 1) {
        const { bytes } = memory;
        const to = memory.flatOffset(dst);
        for (let k = 0; k < size; k++) bytes[to + k] = value >> (8 * k);
        if (size === 1) bytes.fill(value, to, to + n);
        else copyForward(bytes, to + size, to, (n - 1) * size);
        di = part(di + n * size, mask);
        left -= n;
      } else {
        storeDestination(env, flags, dstBase, di, value, size);
        di = part(di + step, mask);
        left--;
      }
    }
    if (skipped > 0) status = RepStatus.more;
  } catch (e) {
    status = pending(env, e);
  }
  RESULT[0] = status;
  RESULT[1] = merge(ecx, left + skipped, mask);
  RESULT[2] = merge(edi, di, mask);
}

/** Only the last element loaded stays; the value lane is the accumulator if there was none. */
function lods(env: LibEnv, ecx: number, esi: number, value: number, srcBase: number, df: number, flags: number): void {
  const size = flags & REP_SIZE;
  const mask = addressMask(flags);
  const count = part(ecx, mask);
  const step = df & DF ? -size : size;
  let left = Math.min(count, flags & REP_ONE ? 1 : COMPARE_ELEMENTS);
  const skipped = count - left;
  let si = part(esi, mask);
  let status = RepStatus.done;
  try {
    while (left > 0) {
      value = loadSource(env, flags, srcBase, si, size);
      si = part(si + step, mask);
      left--;
    }
    if (skipped > 0) status = RepStatus.more;
  } catch (e) {
    status = pending(env, e);
  }
  RESULT[0] = status;
  RESULT[1] = merge(ecx, left + skipped, mask);
  RESULT[2] = merge(esi, si, mask);
  RESULT[3] = value;
}

/** Lanes of the result of CMPS and SCAS after the status, count and addresses: the last operands and whether there were any. */
function compared(a: number, b: number, any: number): void {
  RESULT[4] = a;
  RESULT[5] = b;
  RESULT[6] = any;
  RESULT[7] = 0;
}

function cmps(env: LibEnv, ecx: number, esi: number, edi: number, srcBase: number, dstBase: number, df: number, flags: number): void {
  const { memory } = env;
  const size = flags & REP_SIZE;
  const mask = addressMask(flags);
  const count = part(ecx, mask);
  const step = df & DF ? -size : size;
  const go = (flags & REP_WHILE_NOT) === 0;
  let left = Math.min(count, flags & REP_ONE ? 1 : COMPARE_ELEMENTS);
  const skipped = count - left;
  let si = part(esi, mask), di = part(edi, mask);
  let a = 0, b = 0, any = 0, stopped = false;
  let status = RepStatus.done;
  try {
    while (left > 0 && !stopped) {
      const src = (srcBase + si) | 0, dst = (dstBase + di) | 0;
      let n = size === 1 && step > 0 ? beforeWrap(di, beforeWrap(si, left, 1, mask), 1, mask) : 1;
      n = inDestination(env, flags, di, inSource(env, flags, si, n, 1), 1, false);
      if (n > 1) n = memory.flatRun(src, n, false);
      if (n > 1) n = memory.flatRun(dst, n, false);
      if (n > 1) {
        const { bytes } = memory;
        const x = memory.flatOffset(src), y = memory.flatOffset(dst);
        let k = 0;
        do {
          a = bytes[x + k]!;
          b = bytes[y + k]!;
          k++;
        } while (k < n && (a === b) === go);
        si = part(si + k, mask);
        di = part(di + k, mask);
        left -= k;
      } else {
        const x = loadSource(env, flags, srcBase, si, size);
        b = loadDestination(env, flags, dstBase, di, size);
        a = x;
        si = part(si + step, mask);
        di = part(di + step, mask);
        left--;
      }
      any = 1;
      stopped = (a === b) !== go;
    }
    if (skipped > 0 && !stopped) status = RepStatus.more;
  } catch (e) {
    status = pending(env, e);
  }
  RESULT[0] = status;
  RESULT[1] = merge(ecx, left + skipped, mask);
  RESULT[2] = merge(esi, si, mask);
  RESULT[3] = merge(edi, di, mask);
  compared(a, b, any);
}

/** `a`: the accumulator, zero-extended from the element size (int32 for 4). */
function scas(env: LibEnv, ecx: number, edi: number, a: number, dstBase: number, df: number, flags: number): void {
  const { memory } = env;
  const size = flags & REP_SIZE;
  const mask = addressMask(flags);
  const count = part(ecx, mask);
  const step = df & DF ? -size : size;
  const go = (flags & REP_WHILE_NOT) === 0;
  let left = Math.min(count, flags & REP_ONE ? 1 : COMPARE_ELEMENTS);
  const skipped = count - left;
  let di = part(edi, mask);
  let b = 0, any = 0, stopped = false;
  let status = RepStatus.done;
  try {
    while (left > 0 && !stopped) {
      const dst = (dstBase + di) | 0;
      let n = size === 1 && step > 0 ? inDestination(env, flags, di, beforeWrap(di, left, 1, mask), 1, false) : 1;
      if (n > 1) n = memory.flatRun(dst, n, false);
      if (n > 1) {
        const { bytes } = memory;
        const y = memory.flatOffset(dst);
        let k = 0;
        do {
          b = bytes[y + k]!;
          k++;
        } while (k < n && (a === b) === go);
        di = part(di + k, mask);
        left -= k;
      } else {
        b = loadDestination(env, flags, dstBase, di, size);
        di = part(di + step, mask);
        left--;
      }
      any = 1;
      stopped = (a === b) !== go;
    }
    if (skipped > 0 && !stopped) status = RepStatus.more;
  } catch (e) {
    status = pending(env, e);
  }
  RESULT[0] = status;
  RESULT[1] = merge(ecx, left + skipped, mask);
  RESULT[2] = 0;
  RESULT[3] = merge(edi, di, mask);
  compared(a, b, any);
}

/** INS (out = false) and OUTS: element by element, for a port may be anything. Even a count of 0 asks whether the port may be used. */
function ports(env: LibEnv, ecx: number, register: number, port: number, base: number, df: number, flags: number, out: boolean): void {
  const size = flags & REP_SIZE;
  const mask = addressMask(flags);
  const count = part(ecx, mask);
  const step = df & DF ? -size : size;
  let left = Math.min(count, flags & REP_ONE ? 1 : COMPARE_ELEMENTS);
  const skipped = count - left;
  let at = part(register, mask);
  let status = RepStatus.done;
  try {
    env.host.portCheck(port, size);
    while (left > 0) {
      const addr = (base + at) | 0;
      if (out) env.host.portOut(port, size, loadSource(env, flags, base, at, size));
      else {
        // the port must not be read in vain
        if (flags & REP_CHECK_DESTINATION) env.host.checkSegment(Seg.ES, at, size, true);
        env.memory.probe(addr, size, true);
        store(env, addr, env.host.portIn(port, size), size);
      }
      at = part(at + step, mask);
      left--;
    }
    if (skipped > 0) status = RepStatus.more;
  } catch (e) {
    status = pending(env, e);
  }
  RESULT[0] = status;
  RESULT[1] = merge(ecx, left + skipped, mask);
  RESULT[2] = merge(register, at, mask);
  RESULT[3] = 0;
}

/** (ecx, esi, edi, source base, destination base, DF) -> status, ecx, esi, edi. */
export const REP_MOVS = memorial("str.movs", ["i32", "i32", "i32", "i32", "i32", "i32"], "v128", movs, true);
/** (ecx, edi, value, destination base, DF) -> status, ecx, edi. */
export const REP_STOS = memorial("str.stos", ["i32", "i32", "i32", "i32", "i32"], "f80", stos, true);
/** (ecx, esi, accumulator, source base, DF) -> status, ecx, esi, value. */
export const REP_LODS = memorial("str.lods", ["i32", "i32", "i32", "i32", "i32"], "v128", lods, true);
/** (ecx, esi, edi, source base, destination base, DF) -> status, ecx, esi, edi, last operands, whether there were any. */
export const REP_CMPS = memorial("str.cmps", ["i32", "i32", "i32", "i32", "i32", "i32"], "v256", cmps, true);
/** (ecx, edi, accumulator, destination base, DF) -> status, ecx, -, edi, last operands, whether there were any. */
export const REP_SCAS = memorial("str.scas", ["i32", "i32", "i32", "i32", "i32"], "v256", scas, true);
/** (ecx, edi, port, destination base, DF) -> status, ecx, edi. */
export const REP_INS = memorial("str.ins", ["i32", "i32", "i32", "i32", "i32"], "v128",
  (env: LibEnv, ecx: number, edi: number, port: number, base: number, df: number, flags: number) => ports(env, ecx, edi, port, base, df, flags, false), true, HOST);
/** (ecx, esi, port, source base, DF) -> status, ecx, esi. */
export const REP_OUTS = memorial("str.outs", ["i32", "i32", "i32", "i32", "i32"], "v128",
  (env: LibEnv, ecx: number, esi: number, port: number, base: number, df: number, flags: number) => ports(env, ecx, esi, port, base, df, flags, true), true, HOST);
