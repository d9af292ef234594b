import { E, fail } from "../errno.js";

/** Seals of files in memory (fcntl(2), F_ADD_SEALS): what nobody may do to them any more. */
export const enum Seal { SEAL = 1, SHRINK = 2, GROW = 4, WRITE = 8, FUTURE_WRITE = 0x10, EXEC = 0x20 }

const ALL = 0x3f;
const PAGE = 4096;

export class Seals {
  constructor(private set: number) {}

  get bits(): number {
    return this.set;
  }

  has(seal: Seal): boolean {
    return (this.set & seal) !== 0;
  }

  /** `mapped`: somebody may write to it by a mapping; `executable`: its mode says so. */
  add(more: number, mapped: () => boolean, executable: boolean): void {
    if (more & ~ALL) fail(E.INVAL);
    if (this.has(Seal.SEAL)) fail(E.PERM);
    if (more & Seal.WRITE && !this.has(Seal.WRITE) && mapped()) fail(E.BUSY);
    // What can be executed and never be otherwise is not to change.
    if (more & Seal.EXEC && executable) more |= Seal.SHRINK | Seal.GROW | Seal.WRITE | Seal.FUTURE_WRITE;
    this.set |= more;
  }

  get againstWriting(): boolean {
    return (this.set & (Seal.WRITE | Seal.FUTURE_WRITE)) !== 0;
  }

  /** Bytes that may be written at a position of a file; EPERM for none. Whole pages are written or not. */
  writable(position: number, length: number, size: number): number {
    if (length === 0) return 0;
    if (this.againstWriting) fail(E.PERM);
    if (!this.has(Seal.GROW) || position + length <= size) return length;
    const whole = Math.floor(size / PAGE) * PAGE - position;
    return whole > 0 ? whole : fail(E.PERM);
  }

  checkSize(next: number, size: number): void {
    if ((next < size && this.has(Seal.SHRINK)) || (next > size && this.has(Seal.GROW))) fail(E.PERM);
  }
}
