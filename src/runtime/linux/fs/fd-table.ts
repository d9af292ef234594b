import type { FileTable, Process } from "../contract.js";
import { E, fail } from "../errno.js";
import { File } from "./file.js";
import { releaseLocks } from "./locks.js";

/** Most descriptors of a process, whatever its RLIMIT_NOFILE. */
const MAX_FILES = 65536;
/** Most open files of all processes (fs.file-max). */
const MAX_OPEN = 65536;

/** File descriptors. */
export class FdTable implements FileTable {
  private readonly files: (File | undefined)[] = [];
  private readonly cloexec = new Set<number>();
  private users = 1;
  /** RLIMIT_NOFILE of its processes. */
  limit = 1024;

  clone(): FdTable {
    const c = new FdTable();
    this.files.forEach((f, fd) => {
      if (!f) return;
      f.retain();
      c.files[fd] = f;
    });
    for (const fd of this.cloexec) c.cloexec.add(fd);
    c.limit = this.limit;
    return c;
  }

  retain(): void {
    this.users++;
  }

  release(owner: Process): void {
    if (--this.users > 0) return;
    for (const fd of [...this.files.keys()]) if (this.files[fd]) this.close(fd, owner);
  }

  closeOnExec(owner: Process): void {
    for (const fd of [...this.cloexec]) this.close(fd, owner);
  }

  get(fd: number): File {
    return this.files[fd] ?? fail(E.BADF);
  }

  has(fd: number): boolean {
    return this.files[fd] !== undefined;
  }

  /** Lowest free descriptor from `from` on. */
  add(file: File, closeOnExec: boolean, from = 0): number {
    let fd = from;
    while (this.files[fd]) fd++;
    if (fd >= Math.min(this.limit, MAX_FILES) || File.open > MAX_OPEN) {
      file.release();
      fail(fd >= Math.min(this.limit, MAX_FILES) ? E.MFILE : E.NFILE);
    }
    this.files[fd] = file;
    if (closeOnExec) this.cloexec.add(fd);
    return fd;
  }

  /** Put a file at a descriptor, closing what is there. */
  put(fd: number, file: File, closeOnExec: boolean, owner: Process): void {
    if (fd < 0 || fd >= Math.min(this.limit, MAX_FILES)) fail(E.BADF);
    if (this.files[fd]) this.close(fd, owner);
    this.files[fd] = file;
    if (closeOnExec) this.cloexec.add(fd);
    else this.cloexec.delete(fd);
  }

  close(fd: number, owner: Process): void {
    const f = this.get(fd);
    this.files[fd] = undefined;
    this.cloexec.delete(fd);
    // Closing any descriptor of a file ends the process' record locks on it.
    releaseLocks(f.inode, owner);
    f.closedBy(owner);
    f.release();
  }

  closesOnExec(fd: number): boolean {
    return this.cloexec.has(fd);
  }

  setCloseOnExec(fd: number, on: boolean): void {
    if (on) this.cloexec.add(fd);
    else this.cloexec.delete(fd);
  }

  /** Descriptors in use, in order. */
  *descriptors(): Generator<[number, File]> {
    for (let fd = 0; fd < this.files.length; fd++) {
      const f = this.files[fd];
      if (f) yield [fd, f];
    }
  }
}
