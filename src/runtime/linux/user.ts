import { PAGE_SIZE, Perm } from "../../mmu/perm.js";
import type { UserMemory } from "../../mmu/user-memory.js";
import { E, fail } from "./errno.js";

/**
 * The kernel's access to a guest's memory. Addresses are int32 of any sign; what cannot be accessed raises EFAULT, never a guest fault.
 * A stretch of guest memory is always one flat stretch of `memory.bytes`.
 */

/** Bytes from `addr` on, at most `max`, whose pages all have a permission; 0 if the first has not. */
function accessible(m: UserMemory, addr: number, max: number, need: Perm): number {
  const start = addr >>> 0;
  const end = Math.min(start + max, m.limit);
  let at = start;
  while (at < end && m.perms[at / PAGE_SIZE >>> 0]! & need) at = at - (at % PAGE_SIZE) + PAGE_SIZE;
  return Math.max(0, Math.min(at, end) - start);
}

/** The readable part of [addr, addr + length) as a view (not a copy); EFAULT if there is none and length is not 0. */
export function readableView(m: UserMemory, addr: number, length: number): Uint8Array {
  const n = accessible(m, addr, length, Perm.READ);
  if (n === 0 && length > 0) fail(E.FAULT);
  return m.bytes.subarray(addr >>> 0, (addr >>> 0) + n);
}

/** The writable part of [addr, addr + length) as a view to write to at once: translations of it are dropped now, and pages' first stores told. EFAULT as above. */
export function writableView(m: UserMemory, addr: number, length: number): Uint8Array {
  const n = accessible(m, addr, length, Perm.WRITE);
  if (n === 0 && length > 0) fail(E.FAULT);
  const start = addr >>> 0;
  for (let at = start; at < start + n; ) {
    const next = Math.min(at - (at % PAGE_SIZE) + PAGE_SIZE, start + n);
    if (m.perms[at / PAGE_SIZE >>> 0]! & Perm.CODE && m.holdsCode(at | 0, next - at)) m.observer?.codeWritten(at | 0, next - at);
    at = next;
  }
  if (n > 0) m.noteStore(start, n);
  return m.bytes.subarray(start, start + n);
}

/** A copy of exactly `length` bytes. */
export function copyFrom(m: UserMemory, addr: number, length: number): Uint8Array {
  const v = readableView(m, addr, length);
  if (v.length < length) fail(E.FAULT);
  return v.slice();
}

/** Write all the bytes, or none and EFAULT. */
export function copyTo(m: UserMemory, addr: number, bytes: ArrayLike<number>): void {
  if (accessible(m, addr, bytes.length, Perm.WRITE) < bytes.length) fail(E.FAULT);
  writableView(m, addr, bytes.length).set(bytes);
}

export function get8(m: UserMemory, addr: number): number {
  if (!(m.perms[addr >>> 12]! & Perm.READ)) fail(E.FAULT);
  return m.bytes[addr >>> 0]!;
}

export function get16(m: UserMemory, addr: number): number {
  if (accessible(m, addr, 2, Perm.READ) < 2) fail(E.FAULT);
  return m.D.getUint16(addr >>> 0, true);
}

/** int32 */
export function get32(m: UserMemory, addr: number): number {
  if (accessible(m, addr, 4, Perm.READ) < 4) fail(E.FAULT);
  return m.D.getInt32(addr >>> 0, true);
}

/** A signed 64-bit value as a double (exact to 2^53). */
export function get64(m: UserMemory, addr: number): number {
  const lo = get32(m, addr) >>> 0;
  return get32(m, (addr + 4) | 0) * 4294967296 + lo;
}

export function put8(m: UserMemory, addr: number, value: number): void {
  writableView(m, addr, 1)[0] = value;
}

export function put16(m: UserMemory, addr: number, value: number): void {
  if (writableView(m, addr, 2).length < 2) fail(E.FAULT);
  m.D.setUint16(addr >>> 0, value, true);
}

export function put32(m: UserMemory, addr: number, value: number): void {
  if (writableView(m, addr, 4).length < 4) fail(E.FAULT);
  m.D.setInt32(addr >>> 0, value, true);
}

/** Store a whole number as 64 bits, two's complement. */
export function put64(m: UserMemory, addr: number, value: number): void {
  if (writableView(m, addr, 8).length < 8) fail(E.FAULT);
  m.D.setInt32(addr >>> 0, value % 4294967296, true);
  m.D.setInt32((addr + 4) >>> 0, Math.floor(value / 4294967296), true);
}

/** Bytes of a NUL-terminated string, without the NUL; `tooLong` (ENAMETOOLONG) if it has none within `max` bytes. */
export function getBytes(m: UserMemory, addr: number, max = 4096, tooLong: number = E.NAMETOOLONG): Uint8Array {
  const v = readableView(m, addr, max);
  const end = v.indexOf(0);
  if (end >= 0) return v.slice(0, end);
  return fail(v.length < max ? E.FAULT : tooLong);
}

/**
 * A guest string (path, name) as a JavaScript string with one char a byte (Latin-1): guests may use any bytes in names, and none of them is
 * lost that way. `toHost` and `toGuest` convert at the border to the host.
 */
export function getString(m: UserMemory, addr: number, max = 4096, tooLong: number = E.NAMETOOLONG): string {
  return latin1(getBytes(m, addr, max, tooLong));
}

/** One char a byte. */
export function latin1(bytes: Uint8Array): string {
  let s = "";
  for (let i = 0; i < bytes.length; i += 8192) s += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return s;
}

/** Bytes of a string of chars up to 255. */
export function fromLatin1(s: string): Uint8Array {
  const b = new Uint8Array(s.length);
  for (let i = 0; i < s.length; i++) b[i] = s.charCodeAt(i);
  return b;
}

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();

/** A host string as a guest string: its UTF-8 bytes, one char each. */
export function toGuest(s: string): string {
  return latin1(ENCODER.encode(s));
}

/** A guest string for people and for the host's own names; invalid UTF-8 becomes U+FFFD. */
export function toHost(s: string): string {
  return DECODER.decode(fromLatin1(s));
}

/** The bytes of all parts, one after the other. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of parts) {
    out.set(p, at);
    at += p.length;
  }
  return out;
}
