import type { FileSide, FileSystem, FileTable, FsContext, Kernel, OpenFile, Process, SyscallEntry, Thread } from "../../src/runtime/linux/contract.js";
import { E, fail } from "../../src/runtime/linux/errno.js";
import { copyTo, get32, getString, latin1, put16, put32, put64, readableView, writableView } from "../../src/runtime/linux/user.js";
import { type Blocked, type Result, WaitQueue } from "../../src/runtime/linux/wait.js";

/** Just enough of files to test the core without the real file side: bytes by path, standard output collected, pipes. */

interface Inode {
  bytes: Uint8Array;
  readonly ino: number;
}

abstract class TestFile implements OpenFile {
  users = 1;
  position = 0;
  readonly readable = true;
  readonly writable: boolean = true;
  mappable: "no" | "file" | "zero" = "no";
  readonly dev = 1;
  readonly ino: number = 1;
  constructor(readonly path: string) {}
  get inode(): object {
    return this;
  }
  size(): number {
    return 0;
  }
  readAt(_position: number, _into: Uint8Array): number {
    return fail(E.SPIPE);
  }
  writeAt(_position: number, _from: Uint8Array): number {
    return fail(E.SPIPE);
  }
  retain(): void {
    this.users++;
  }
  release(): void {
    if (--this.users === 0) this.closed();
  }
  protected closed(): void {}
  abstract read(into: Uint8Array): Result;
  abstract write(from: Uint8Array): Result;
  readonly mode: number = 0o20620;
}

class RegularFile extends TestFile {
  override mappable: "file" = "file";
  override readonly mode = 0o100755;
  override readonly ino: number;
  constructor(path: string, readonly node: Inode) {
    super(path);
    this.ino = node.ino;
  }
  override get inode(): object {
    return this.node;
  }
  override size(): number {
    return this.node.bytes.length;
  }
  override readAt(position: number, into: Uint8Array): number {
    const part = this.node.bytes.subarray(position, position + into.length);
    into.set(part);
    return part.length;
  }
  override writeAt(position: number, from: Uint8Array): number {
    if (position + from.length > this.node.bytes.length) {
      const longer = new Uint8Array(position + from.length);
      longer.set(this.node.bytes);
      this.node.bytes = longer;
    }
    this.node.bytes.set(from, position);
    return from.length;
  }
  read(into: Uint8Array): number {
    const n = this.readAt(this.position, into);
    this.position += n;
    return n;
  }
  write(from: Uint8Array): number {
    this.writeAt(this.position, from);
    this.position += from.length;
    return from.length;
  }
}

class Output extends TestFile {
  text = "";
  read(): number {
    return 0;
  }
  write(from: Uint8Array): number {
    this.text += latin1(from);
    return from.length;
  }
}

class Pipe {
  readonly data: number[] = [];
  readonly queue = new WaitQueue();
  readers = 0;
  writers = 0;
}

class PipeEnd extends TestFile {
  override readonly mode = 0o10600;
  constructor(private readonly pipe: Pipe, private readonly writes: boolean) {
    super("pipe:[1]");
    if (writes) pipe.writers++;
    else pipe.readers++;
  }
  protected override closed(): void {
    if (this.writes) this.pipe.writers--;
    else this.pipe.readers--;
    this.pipe.queue.wake();
  }
  read(into: Uint8Array): Result {
    const { pipe } = this;
    const attempt = (): Result => {
      if (pipe.data.length === 0) return pipe.writers === 0 ? 0 : blocked;
      const part = pipe.data.splice(0, into.length);
      into.set(part);
      pipe.queue.wake();
      return part.length;
    };
    const blocked: Blocked = { queues: [pipe.queue], retry: attempt, restartable: true };
    return attempt();
  }
  write(from: Uint8Array): Result {
    if (this.pipe.readers === 0) return -E.PIPE;
    this.pipe.data.push(...from);
    this.pipe.queue.wake();
    return from.length;
  }
}

class Table implements FileTable {
  limit = 1024;
  private users = 1;
  constructor(readonly list: (TestFile | null)[] = [], readonly cloexec = new Set<number>()) {}
  clone(): FileTable {
    for (const f of this.list) f?.retain();
    return new Table(this.list.slice(), new Set(this.cloexec));
  }
  retain(): void {
    this.users++;
  }
  release(): void {
    if (--this.users > 0) return;
    for (const f of this.list) f?.release();
    this.list.length = 0;
  }
  closeOnExec(): void {
    for (const fd of this.cloexec) this.close(fd);
    this.cloexec.clear();
  }
  get(fd: number): TestFile {
    return this.list[fd] ?? fail(E.BADF);
  }
  add(file: OpenFile, closeOnExec: boolean): number {
    let fd = 0;
    while (this.list[fd]) fd++;
    this.list[fd] = file as TestFile;
    if (closeOnExec) this.cloexec.add(fd);
    return fd;
  }
  close(fd: number): number {
    this.get(fd).release();
    this.list[fd] = null;
    return 0;
  }
}

class Context implements FsContext {
  umask = 0o22;
  readonly cwd = "/";
  clone(): FsContext {
    return new Context();
  }
}

const table = (t: Thread): Table => t.process.files as Table;

/** Files by guest path; `fallback` finds others (a host folder). */
export class TestFiles implements FileSide {
  readonly out = new Output("/dev/stdout");
  readonly nodes = new Map<string, Inode>();
  private nextIno = 10;

  constructor(files: Record<string, Uint8Array> = {}, private readonly fallback: (path: string) => Uint8Array | null = () => null) {
    for (const [path, bytes] of Object.entries(files)) this.nodes.set(path, { bytes, ino: this.nextIno++ });
  }

  get text(): string {
    return this.out.text;
  }

  private find(path: string): Inode {
    const full = path.startsWith("/") ? path : `/${path}`;
    let node = this.nodes.get(full);
    if (!node) {
      const bytes = this.fallback(full);
      if (!bytes) return fail(E.NOENT);
      this.nodes.set(full, (node = { bytes, ino: this.nextIno++ }));
    }
    return node;
  }

  private open(t: Thread, path: string, flags: number): number {
    const full = path.startsWith("/") ? path : `/${path}`;
    if (flags & 0o100 && !this.nodes.has(full)) this.nodes.set(full, { bytes: new Uint8Array(0), ino: this.nextIno++ });
    const node = this.find(full);
    if (flags & 0o1000) node.bytes = new Uint8Array(0);
    return table(t).add(new RegularFile(full, node), (flags & 0o2000000) !== 0);
  }

  private stat64(t: Thread, f: TestFile, at: number): number {
    writableView(t.memory, at, 96).fill(0);
    put32(t.memory, at + 16, f.mode);
    put32(t.memory, at + 20, 1);
    put64(t.memory, at + 44, f.size());
    put32(t.memory, at + 52, 4096);
    put64(t.memory, at + 88, f.ino);
    return 0;
  }

  private pipe(t: Thread, at: number, flags: number): number {
    const p = new Pipe();
    const a = table(t).add(new PipeEnd(p, false), (flags & 0o2000000) !== 0);
    const b = table(t).add(new PipeEnd(p, true), (flags & 0o2000000) !== 0);
    put32(t.memory, at, a);
    put32(t.memory, at + 4, b);
    return 0;
  }

  readonly calls: readonly SyscallEntry[] = [
    [3, "read", (t, fd, at, n) => table(t).get(fd).read(n === 0 ? new Uint8Array(0) : writableView(t.memory, at, n)), "fd out u"],
    [4, "write", (t, fd, at, n) => {
      const r = table(t).get(fd).write(readableView(t.memory, at, n).slice());
      if (r === -E.PIPE) t.signal({ signo: 13, code: 0, pid: t.process.pid });
      return r;
    }, "fd buf u"],
    [5, "open", (t, path, flags) => this.open(t, getString(t.memory, path), flags), "path oflags omode"],
    [6, "close", (t, fd) => table(t).close(fd), "fd"],
    [33, "access", (t, path) => (this.find(getString(t.memory, path)), 0), "path access"],
    [41, "dup", (t, fd) => {
      const f = table(t).get(fd);
      f.retain();
      return table(t).add(f, false);
    }, "fd"],
    [42, "pipe", (t, at) => this.pipe(t, at, 0), "pipe"],
    [54, "ioctl", (t, fd) => (table(t).get(fd), -E.NOTTY), "fd x p"],
    [63, "dup2", (t, from, to) => {
      const f = table(t).get(from);
      if (from === to) return to;
      if (table(t).list[to]) table(t).close(to);
      f.retain();
      table(t).list[to] = f;
      return to;
    }, "fd fd"],
    [85, "readlink", () => -E.INVAL, "path out u"],
    [140, "_llseek", (t, fd, _hi, lo, at, whence) => {
      const f = table(t).get(fd);
      if (!(f instanceof RegularFile)) return -E.SPIPE;
      f.position = lo + (whence === 1 ? f.position : whence === 2 ? f.size() : 0);
      put64(t.memory, at, f.position);
      return 0;
    }, "fd d d p whence"],
    [146, "writev", (t, fd, at, n) => {
      let total = 0;
      for (let i = 0; i < n; i++) {
        const length = get32(t.memory, at + i * 8 + 4);
        if (length === 0) continue;
        const r = table(t).get(fd).write(readableView(t.memory, get32(t.memory, at + i * 8), length).slice());
        if (typeof r !== "number" || r < 0) return r;
        total += r;
      }
      return total;
    }, "fd p d"],
    [180, "pread64", (t, fd, at, n, position) => table(t).get(fd).readAt(position, writableView(t.memory, at, n)), "fd out u d d"],
    [183, "getcwd", (t, at, n) => (n < 2 ? -E.RANGE : (copyTo(t.memory, at, [47, 0]), 2)), "p u"],
    [195, "stat64", (t, path, at) => this.stat64(t, new RegularFile("", this.find(getString(t.memory, path))), at), "path p"],
    [197, "fstat64", (t, fd, at) => this.stat64(t, table(t).get(fd), at), "fd p"],
    [221, "fcntl64", (t, fd, command) => (table(t).get(fd), command === 3 ? 2 : 0), "fd fcntl x"],
    [295, "openat", (t, _dir, path, flags) => this.open(t, getString(t.memory, path), flags), "dirfd path oflags omode"],
    [305, "readlinkat", () => -E.INVAL, "dirfd path out u"],
    [331, "pipe2", (t, at, flags) => this.pipe(t, at, flags), "pipe oflags"],
    [383, "statx", (t, dir, path, flags, _mask, at) => {
      const name = getString(t.memory, path);
      const f = name === "" && flags & 0x1000 ? table(t).get(dir) : new RegularFile("", this.find(name));
      writableView(t.memory, at, 256).fill(0);
      put32(t.memory, at, 0x7ff);
      put32(t.memory, at + 4, 4096);
      put32(t.memory, at + 16, 1);
      put16(t.memory, at + 28, f.mode);
      put64(t.memory, at + 32, f.ino);
      put64(t.memory, at + 40, f.size());
      return 0;
    }, "dirfd path atflags x p"],
  ];

  start(_kernel: Kernel): FileSystem {
    return {
      openExec: (_p: Process, _dir, path) => ({ file: new RegularFile(path, this.find(path)), path, mode: 0o755, uid: 0, gid: 0 }),
      openToRead: (_p: Process, path) => new RegularFile(path, this.find(path)),
      start: () => {
        this.out.users = 3;
        return { files: new Table([new Output("/dev/stdin"), this.out, this.out]), fs: new Context() };
      },
      started: () => undefined,
      during: () => undefined,
      pidfd: () => fail(E.NOSYS),
      pidfdProcess: () => null,
      sessionEnded: () => undefined,
      flush: () => Promise.resolve(),
    };
  }
}
