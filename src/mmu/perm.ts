/** Pages of memory, of guests and of machines. */
export const PAGE_SIZE = 4096;
export const PAGE_SHIFT = 12;
/** Bits of a page's permission byte. */
export const enum Perm {
  /** may be read */
  READ = 1,
  /** may be written directly: WRITE, and nobody needs to know about it */
  FAST = 2,
  /** may be executed */
  EXEC = 4,
  /** may be written by the guest's rules */
  WRITE = 8,
  /** holds translated code (see codeLines): stores to that must be seen before the next instruction, so FAST is off */
  CODE = 16,
  /** mapped, possibly without any access (PROT_NONE) */
  MAPPED = 32,
}
