/** Pages of memory, of guests and of machines. */
export const PAGE_SIZE = 4096;
export const PAGE_SHIFT = 12;
/** The run of pages around one that have `right`, as it does, as [first, end); from page `least` on, up to page `most` at the most. */
export function runAround(perms: Uint8Array, page: number, right: number, least: number, most: number): [number, number] {
  let first = page, end = page + 1;
  while (first > least && perms[first - 1]! & right) first--;
  while (end < most && perms[end]! & right) end++;
  return [first, end];
}

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
  /** the first store is to be told beforehand (UserMemory.tracker), so FAST is off until then */
  TRACKED = 64,
  /** may hold something other than zeros: it could be accessed at some time since it was mapped, or was filled */
  USED = 128,
}
