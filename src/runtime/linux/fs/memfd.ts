import type { Thread } from "../contract.js";
import { E, fail } from "../errno.js";
import { getString } from "../user.js";
import { RegularFile } from "./disk-files.js";
import { O } from "./file.js";
import { S } from "./inode.js";
import { MemoryFs } from "./memory.js";
import { Seal, Seals } from "./seals.js";
import { filesOf } from "./vfs.js";
import { Place } from "./walk.js";

const CAPACITY = 1 << 30;
let files: MemoryFs | null = null;

/** memfd_create: a file in memory without a name in any directory. Huge pages are not there. */
export function memfdCreate(t: Thread, nameAt: number, flags: number): number {
  const CLOEXEC = 1, ALLOW_SEALING = 2, NOEXEC = 8, EXEC = 16;
  if (flags & ~(CLOEXEC | ALLOW_SEALING | NOEXEC | EXEC) || (flags & NOEXEC && flags & EXEC)) fail(E.INVAL);
  const name = getString(t.memory, nameAt, 250, E.INVAL);
  const { kernel } = t;
  files ??= new MemoryFs({ dev: 1, now: () => kernel.realtime(), capacity: CAPACITY });
  const inode = files.root.create("x", S.IFREG | (flags & NOEXEC ? 0o666 : 0o777), 0, t.cred);
  if (flags & NOEXEC) inode.seals = new Seals(Seal.EXEC);
  else if (flags & ALLOW_SEALING) inode.seals = new Seals(0);
  const content = inode.open();
  files.root.unlink("x");
  const place = new Place(new Place(null, "", files.root), `memfd:${name} (deleted)`, inode);
  return filesOf(t).add(new RegularFile(O.RDWR | O.LARGEFILE, place, content), (flags & CLOEXEC) !== 0);
}
