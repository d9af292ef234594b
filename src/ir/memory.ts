/**
 * Guest memory as library functions and the interpreter see it: linear addresses (int32, any sign), little endian.
 *
 * Accessors throw GuestFault on a fault, before any byte is changed. src/mmu implements it; compiled code bypasses it
 * on its fast path with what the memory's access strategy allows.
 */
export interface GuestMemory {
  load8(addr: number): number;
  load16(addr: number): number;
  /** int32 */
  load32(addr: number): number;
  /** The low bits of the value are stored. */
  store8(addr: number, value: number): void;
  store16(addr: number, value: number): void;
  store32(addr: number, value: number): void;
  /** Throws the fault that an access of `size` bytes (1 to 4096) at `addr` would raise; changes nothing. */
  probe(addr: number, size: number, write: boolean): void;
  /**
   * Number of bytes from `addr` on, at least 1 and at most `max`, that can be accessed as one flat run of `bytes` at offset
   * `flatOffset(addr)`; 0 when the first byte cannot be accessed that way (a fault, a device, a page that holds
   * translations): then use the accessors, which say why. For bulk operations (rep movs, system calls).
   */
  flatRun(addr: number, max: number, write: boolean): number;
  flatOffset(addr: number): number;
  readonly bytes: Uint8Array;
}

/** x86 exception vectors. */
export const enum Vector { DE = 0, DB = 1, NMI = 2, BP = 3, OF = 4, BR = 5, UD = 6, NM = 7, DF = 8, TS = 10, NP = 11, SS = 12, GP = 13, PF = 14, MF = 16, AC = 17, XM = 19 }

/** Page-fault error code bits (Intel SDM vol. 3, 4.7). */
export const enum PfCode { P = 1, W = 2, U = 4, RSVD = 8, I = 16, PK = 32, SS = 64 }

/** A guest exception on its way from where it is noticed to the run loop. */
export class GuestFault {
  constructor(
    readonly vector: number,
    readonly errorCode = 0,
    /** Linear address for #PF. */
    readonly address = 0,
    /** In 64-bit code: the address's high word. */
    readonly addressHigh = 0,
  ) {}
}
