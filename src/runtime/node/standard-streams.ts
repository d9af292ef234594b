import * as fs from "node:fs";
import * as tty from "node:tty";
import type { Thread } from "../linux/contract.js";
import { E, fail } from "../linux/errno.js";
import { anonymousAttributes, ALWAYS_READY, File, O, Poll } from "../linux/fs/file.js";
import { type Attributes, S } from "../linux/fs/inode.js";
import { ByteQueue } from "../linux/fs/pipe.js";
import type { StandardStreams } from "../linux/fs/index.js";
import type { Terminal } from "../linux/fs/tty.js";

/** Standard input, output and error of this Node process as files of the guest's. */

const SIGPIPE = 13;
/** Bytes read ahead of the guest. */
const READ_AHEAD = 65536;

function write(fd: number, from: Uint8Array): number {
  for (let done = 0; done < from.length; ) {
    try {
      done += fs.writeSync(fd, from, done);
    } catch (e) {
      const { code } = e as NodeJS.ErrnoException;
      if (code === "EAGAIN") {
        // A pipe or terminal that someone made non-blocking and that is full: wait a little.
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
        continue;
      }
      return done > 0 ? done : code === "EPIPE" ? -E.PIPE : -((E as Readonly<Record<string, number>>)[code?.slice(1) ?? ""] ?? E.IO);
    }
  }
  return from.length;
}

/**
 * Node's raw mode leaves the host's terminal turning LF into CR LF. The guest's terminal has done that already where it was wanted, so CR LF becomes
 * LF and any other LF becomes VT, which terminals take as a line feed without a carriage return.
 */
export function forHostTerminal(b: Uint8Array): Uint8Array {
  if (!b.includes(10)) return b;
  const out = new Uint8Array(b.length);
  let n = 0;
  for (let i = 0; i < b.length; i++) {
    if (b[i] === 13 && b[i + 1] === 10) {
      out[n++] = 10;
      i++;
    } else {
      out[n++] = b[i] === 10 ? 11 : b[i]!;
    }
  }
  return out.subarray(0, n);
}

abstract class HostFile extends File {
  protected readonly mode: number;
  /** The host's numbers, so that programs see which descriptors are the same file. */
  private readonly numbers: { readonly dev: number; readonly ino: number };

  constructor(
    protected readonly fd: number,
    flags: number,
  ) {
    super(flags);
    let mode = S.IFIFO | 0o600;
    let numbers = { dev: 12, ino: fd + 1 };
    try {
      numbers = fs.fstatSync(fd);
      ({ mode } = numbers as fs.Stats);
    } catch {
      // closed: reads and writes will say so
    }
    this.numbers = { dev: numbers.dev, ino: numbers.ino };
    this.mode = (mode & S.IFMT) === S.IFREG || (mode & S.IFMT) === S.IFCHR ? mode : S.IFIFO | 0o600;
  }

  get path(): string {
    return (this.mode & S.IFMT) === S.IFIFO ? `pipe:[${this.fd}]` : `/dev/${["stdin", "stdout", "stderr"][this.fd]}`;
  }

  override get dev(): number {
    return this.numbers.dev;
  }

  override get ino(): number {
    return this.numbers.ino;
  }

  attributes(): Attributes {
    if ((this.mode & S.IFMT) !== S.IFREG) return anonymousAttributes(this.mode);
    const s = fs.fstatSync(this.fd);
    return { ...anonymousAttributes(this.mode), size: s.size };
  }

  override seek(offset: number, whence: number): number {
    // A file that others share with this process has its own position, which cannot be moved from here.
    return (this.mode & S.IFMT) === S.IFREG && offset === 0 && whence === 1 ? 0 : fail(E.SPIPE);
  }
}

class HostOutput extends HostFile {
  override write(from: Uint8Array, t: Thread): number {
    const n = write(this.fd, from);
    if (n === -E.PIPE) t.signal({ signo: SIGPIPE, code: 0, pid: t.process.pid, uid: t.cred.uid });
    return n;
  }

  override poll(): number {
    return ALWAYS_READY;
  }
}

/** Standard input that is a file: read at once. */
class HostFileInput extends HostFile {
  override read(into: Uint8Array): number {
    try {
      return fs.readSync(this.fd, into, 0, into.length, null);
    } catch (e) {
      return -((E as Readonly<Record<string, number>>)[(e as NodeJS.ErrnoException).code?.slice(1) ?? ""] ?? E.IO);
    }
  }
}

/** Standard input that comes when it comes: from a pipe. Reading begins when the guest first asks. */
class HostPipeInput extends HostFile {
  private readonly data = new ByteQueue();
  private ended = false;
  private reading = false;
  private started = false;

  private start(): void {
    if (!this.started) {
      this.started = true;
      process.stdin.on("data", (chunk: Buffer) => {
        this.data.push(chunk);
        if (this.data.length >= READ_AHEAD) this.stop();
        this.queue.wake();
      });
      const end = (): void => {
        this.ended = true;
        this.queue.wake();
      };
      process.stdin.on("end", end).on("error", end).on("close", end);
    } else if (!this.reading) {
      process.stdin.resume();
    }
    this.reading = true;
  }

  stop(): void {
    if (this.started) process.stdin.pause();
    this.reading = false;
  }

  override read(into: Uint8Array): number {
    if (into.length === 0) return 0;
    if (this.data.length < READ_AHEAD && !this.ended && !this.reading) this.start();
    if (this.data.length === 0) return this.ended ? 0 : -E.AGAIN;
    return this.data.take(into);
  }

  override poll(): number {
    if (!this.ended && !this.reading && this.data.length === 0) this.start();
    return this.data.length > 0 || this.ended ? Poll.IN | Poll.RDNORM : 0;
  }
}

/** The standard streams of this process. `restore` gives the terminal back as it was; call it at the end, however that comes. */
export function nodeStreams(): StandardStreams & { restore(): void } {
  const terminal = tty.isatty(0) && tty.isatty(1);
  const inputs: HostPipeInput[] = [];
  let raw = false;
  const onResize: (() => void)[] = [];
  const restore = (): void => {
    for (const i of inputs) i.stop();
    if (raw) process.stdin.setRawMode(false);
    raw = false;
    for (const f of onResize) process.stdout.off("resize", f);
    process.stdin.pause();
    process.stdin.unref?.();
  };
  return {
    screen: terminal ? { write: (b) => void write(1, raw ? forHostTerminal(b) : b) } : null,
    attach(t: Terminal) {
      process.stdin.setRawMode(true);
      raw = true;
      const size = (): void => t.resize(process.stdout.rows || 24, process.stdout.columns || 80);
      size();
      onResize.push(size);
      process.stdout.on("resize", size);
      process.stdin.on("data", (chunk: Buffer) => t.type(chunk));
      process.stdin.on("end", () => t.hangUp());
    },
    open(fd) {
      if (fd > 0) return new HostOutput(fd, O.RDWR);
      let regular = false;
      try {
        const s = fs.fstatSync(0);
        regular = s.isFile() || (s.isCharacterDevice() && !tty.isatty(0));
      } catch {
        regular = true;
      }
      if (regular) return new HostFileInput(0, O.RDONLY);
      const input = new HostPipeInput(0, O.RDONLY);
      inputs.push(input);
      return input;
    },
    isTerminal: (fd) => terminal && tty.isatty(fd),
    restore,
  };
}
