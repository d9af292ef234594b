import type { Kernel, Process, Thread } from "../contract.js";
import { E, fail } from "../errno.js";
import { copyFrom, copyTo, get16, get32, put16, put32, readableView } from "../user.js";
import { fromTermio, TERMIO, toTermio } from "./termio.js";
import type { Result } from "../wait.js";
import { File, Poll } from "./file.js";
import { type Attributes, S } from "./inode.js";
import { ByteQueue } from "./pipe.js";
import type { Place } from "./walk.js";

/** Terminals: the line discipline (termios(3)) between a program and whatever shows and types. */

const enum I { IGNBRK = 1, BRKINT = 2, ISTRIP = 0x20, INLCR = 0x40, IGNCR = 0x80, ICRNL = 0x100, IXON = 0x400, IXANY = 0x800 }
const enum Out { OPOST = 1, ONLCR = 4, OCRNL = 8, ONLRET = 0x20 }
const enum L { ISIG = 1, ICANON = 2, ECHO = 8, ECHOE = 0x10, ECHOK = 0x20, ECHONL = 0x40, NOFLSH = 0x80, TOSTOP = 0x100, ECHOCTL = 0x200, ECHOKE = 0x800, IEXTEN = 0x8000 }
const enum V { INTR, QUIT, ERASE, KILL, EOF, TIME, MIN, SWTC, START, STOP, SUSP, EOL, REPRINT, DISCARD, WERASE, LNEXT, EOL2 }

const SIGINT = 2, SIGQUIT = 3, SIGHUP = 1, SIGCONT = 18, SIGTSTP = 20, SIGTTIN = 21, SIGTTOU = 22, SIGWINCH = 28, SI_KERNEL = 0x80;

/** Bytes of the kernel's struct termios: four flag words, line, 19 control characters. */
const TERMIOS = 36;
const DEFAULT_CC = [3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 26, 0, 18, 15, 23, 22, 0, 0, 0];

/** Where a terminal's output goes. */
export interface Screen {
  write(bytes: Uint8Array): void;
  /** Whether more output can be taken now. */
  readonly full?: boolean;
  /** Something happened that a pseudo-terminal's master may want to know (TIOCPKT). */
  event?(what: Packet): void;
  /** The last program has closed it. */
  left?(): void;
}

/** Events of packet mode, TIOCPKT_*. */
export const enum Packet { FLUSHREAD = 1, FLUSHWRITE = 2, STOP = 4, START = 8, NOSTOP = 16, DOSTOP = 32 }

/** Tenths of a second of VTIME in nanoseconds. */
const DECISECOND = 1e8;

export class Terminal {
  private iflag = I.ICRNL | I.IXON;
  private oflag = Out.OPOST | Out.ONLCR;
  private cflag = 0xbf; // B38400 CS8 CREAD
  private lflag = L.ISIG | L.ICANON | L.ECHO | L.ECHOE | L.ECHOK | L.ECHOCTL | L.ECHOKE | L.IEXTEN;
  private cc = Uint8Array.from(DEFAULT_CC);
  rows = 24;
  columns = 80;
  /** Session that it controls, and the group in the foreground; 0: none. */
  session = 0;
  foreground = 0;
  /** The other side is gone: reads end, writes fail. */
  hungUp = false;
  private line: number[] = [];
  private readonly input = new ByteQueue();
  /** Ends of lines in `input` (canonical mode): bytes up to each, and whether an end-of-file ended it. */
  private lines: { length: number; eof: boolean }[] = [];
  readonly users = new Set<File>();
  /** Output is held: Ctrl-S. */
  private stopped = false;
  /** The next key is taken as it is: Ctrl-V. */
  private literal = false;

  constructor(
    private readonly kernel: Kernel,
    private readonly screen: Screen,
    readonly name: string,
    readonly rdev: number,
  ) {}

  private wake(): void {
    for (const u of this.users) u.queue.wake();
  }

  // Typed input.

  /** Bytes from the keyboard. */
  type(bytes: Uint8Array): void {
    for (const b of bytes) this.key(b);
    this.wake();
  }

  private key(b: number): void {
    const { cc } = this;
    if (this.iflag & I.ISTRIP) b &= 0x7f;
    if (this.literal) {
      this.literal = false;
      this.echo(b);
      this.line.push(b);
      return;
    }
    if (this.iflag & I.IXON && b !== 0 && (b === cc[V.STOP] || b === cc[V.START])) return this.hold(b === cc[V.STOP]);
    if (this.stopped && this.iflag & I.IXANY) this.hold(false);
    if (this.lflag & L.ISIG) {
      const signo = b === cc[V.INTR] ? SIGINT : b === cc[V.QUIT] ? SIGQUIT : b === cc[V.SUSP] ? SIGTSTP : 0;
      if (signo && b !== 0) {
        if (!(this.lflag & L.NOFLSH)) {
          this.flushInput();
          this.screen.event?.(Packet.FLUSHWRITE);
        }
        this.echo(b);
        if (this.foreground) this.kernel.signalGroup(this.foreground, { signo, code: SI_KERNEL });
        return;
      }
    }
    if (b === 13) {
      if (this.iflag & I.IGNCR) return;
      if (this.iflag & I.ICRNL) b = 10;
    } else if (b === 10 && this.iflag & I.INLCR) {
      b = 13;
    }
    if (this.lflag & L.ICANON) {
      if (this.edit(b)) return;
      this.echo(b);
      this.line.push(b);
      if (b === 10 || (b !== 0 && (b === cc[V.EOL] || b === cc[V.EOL2]))) this.finishLine(false);
      return;
    }
    this.echo(b);
    this.input.push(Uint8Array.of(b));
  }

  /** Editing keys of canonical mode; true if it was one. */
  private edit(b: number): boolean {
    const { cc } = this;
    if (b === 0) return false;
    if (b === cc[V.EOF]) {
      this.finishLine(true);
      return true;
    }
    if (b === cc[V.ERASE]) {
      this.erase(1);
      return true;
    }
    if (b === cc[V.KILL]) {
      this.erase(this.line.length);
      return true;
    }
    if (this.lflag & L.IEXTEN && b === cc[V.LNEXT]) {
      this.literal = true;
      if (this.lflag & L.ECHO && this.lflag & L.ECHOCTL) this.put([0x5e, 8]);
      return true;
    }
    if (this.lflag & L.IEXTEN && b === cc[V.REPRINT]) {
      this.echo(b);
      this.put([10]);
      for (const c of this.line) this.echo(c);
      return true;
    }
    if (this.lflag & L.IEXTEN && b === cc[V.WERASE]) {
      let n = 0;
      const { line } = this;
      while (n < line.length && line[line.length - 1 - n] === 32) n++;
      while (n < line.length && line[line.length - 1 - n] !== 32) n++;
      this.erase(n);
      return true;
    }
    return false;
  }

  private erase(n: number): void {
    while (n-- > 0 && this.line.length > 0) {
      // a UTF-8 character goes as a whole
      let b = this.line.pop()!;
      while ((b & 0xc0) === 0x80 && this.line.length > 0) b = this.line.pop()!;
      if (this.lflag & L.ECHO && this.lflag & L.ECHOE) this.put(b < 32 && b !== 9 ? [8, 32, 8, 8, 32, 8] : [8, 32, 8]);
    }
  }

  private finishLine(eof: boolean): void {
    this.input.push(Uint8Array.from(this.line));
    this.lines.push({ length: this.line.length, eof });
    this.line = [];
  }

  /** Hold output, or let it go on. */
  private hold(on: boolean): void {
    if (on === this.stopped) return;
    this.stopped = on;
    this.screen.event?.(on ? Packet.STOP : Packet.START);
    this.wake();
  }

  private flushInput(): void {
    this.screen.event?.(Packet.FLUSHREAD);
    this.line = [];
    this.lines = [];
    this.input.take(new Uint8Array(this.input.length));
  }

  private echo(b: number): void {
    if (!(this.lflag & L.ECHO)) {
      if (b === 10 && this.lflag & L.ECHONL) this.put([10]);
      return;
    }
    if (b < 32 && b !== 10 && b !== 9 && b !== 13 && this.lflag & L.ECHOCTL) this.put([0x5e, b + 64]);
    else this.put([b]);
  }

  /** Output after OPOST. */
  private put(bytes: ArrayLike<number>): void {
    if (!(this.oflag & Out.OPOST)) {
      this.screen.write(Uint8Array.from(bytes));
      return;
    }
    const out: number[] = [];
    for (let i = 0; i < bytes.length; i++) {
      const b = bytes[i]!;
      if (b === 10 && this.oflag & Out.ONLCR) out.push(13, 10);
      else if (b === 13 && this.oflag & Out.OCRNL) out.push(10);
      else out.push(b);
    }
    this.screen.write(Uint8Array.from(out));
  }

  // A program's side.

  private get canonical(): boolean {
    return (this.lflag & L.ICANON) !== 0;
  }

  /** Whether there is what a read waits for: with `least` bytes where they do not come in lines. */
  private hasInput(least: number): boolean {
    return this.canonical ? this.lines.length > 0 : this.input.length >= Math.max(1, least);
  }

  /** A process in the background may not read; 0: it may. */
  private background(p: Process): number {
    if (this.session === 0 || p.sid !== this.session || this.foreground === 0 || p.pgid === this.foreground) return 0;
    return p.pgid;
  }

  /** Stop a background group that uses its terminal; -EIO if nobody could ever continue it. */
  private refuse(t: Thread, signo: number): number {
    const p = t.process;
    if (this.kernel.isOrphanedGroup(p.pgid)) return -E.IO;
    this.kernel.signalGroup(p.pgid, { signo, code: SI_KERNEL });
    return -E.INTR;
  }

  read(into: Uint8Array, t: Thread, nonBlocking: boolean): number {
    if (this.background(t.process)) return this.refuse(t, SIGTTIN);
    if (into.length === 0) return 0;
    if (this.canonical) {
      const first = this.lines[0];
      if (!first) return this.hungUp ? 0 : -E.AGAIN;
      const n = this.input.take(into.subarray(0, first.length));
      first.length -= n;
      if (first.length === 0) this.lines.shift();
      return n;
    }
    if (!this.hasInput(nonBlocking ? 1 : this.cc[V.MIN]!)) return this.hungUp || (this.cc[V.MIN] === 0 && this.cc[V.TIME] === 0) ? 0 : -E.AGAIN;
    return this.input.take(into);
  }

  /** With VTIME: how long a read waits for its first byte (MIN 0), or for the next one once there is one, in nanoseconds. */
  get patience(): number | null {
    const time = this.cc[V.TIME]!;
    if (this.canonical || time === 0) return null;
    return this.cc[V.MIN] === 0 || this.input.length > 0 ? time * DECISECOND : Infinity;
  }

  /** What a read gets that has waited so long. */
  readNow(into: Uint8Array): number {
    return this.input.take(into);
  }

  write(from: Uint8Array, t: Thread): number {
    if (this.hungUp) return -E.IO;
    if (this.lflag & L.TOSTOP && this.background(t.process)) return this.refuse(t, SIGTTOU);
    if (this.stopped || this.screen.full) return -E.AGAIN;
    this.put(from);
    return from.length;
  }

  poll(): number {
    let e = this.stopped || this.screen.full ? 0 : Poll.OUT | Poll.WRNORM;
    if (this.hasInput(this.cc[V.TIME] ? 1 : this.cc[V.MIN]!) || this.hungUp) e |= Poll.IN | Poll.RDNORM;
    if (this.hungUp) e |= Poll.HUP;
    return e;
  }

  resize(rows: number, columns: number): void {
    if (rows === this.rows && columns === this.columns) return;
    this.rows = rows;
    this.columns = columns;
    if (this.foreground) this.kernel.signalGroup(this.foreground, { signo: SIGWINCH, code: SI_KERNEL });
  }

  /** Nobody types any more. */
  hangUp(): void {
    if (this.hungUp) return;
    this.hungUp = true;
    if (this.foreground) {
      this.kernel.signalGroup(this.foreground, { signo: SIGHUP, code: SI_KERNEL });
      this.kernel.signalGroup(this.foreground, { signo: SIGCONT, code: SI_KERNEL });
    }
    this.wake();
  }

  /** A program has closed it. */
  leave(file: File): void {
    this.users.delete(file);
    if (this.users.size === 0) this.screen.left?.();
  }

  /** The session's leader is gone. */
  disown(): void {
    if (this.foreground) this.kernel.signalGroup(this.foreground, { signo: SIGHUP, code: SI_KERNEL });
    this.session = this.foreground = 0;
  }

  /** A session leader without a terminal that opens one gets it. */
  adopt(t: Thread): void {
    const p = t.process;
    if (p.pid !== p.sid || this.session !== 0) return;
    this.session = p.sid;
    this.foreground = p.pgid;
  }

  ioctl(request: number, arg: number, t: Thread): Result {
    const m = t.memory;
    switch (request) {
      case 0x5401: // TCGETS
        copyTo(m, arg, this.termios());
        return 0;
      case 0x5402: // TCSETS, TCSETSW, TCSETSF
      case 0x5403:
      case 0x5404:
        if (this.background(t.process)) return this.refuse(t, SIGTTOU);
        this.setTermios(readableView(m, arg, TERMIOS));
        if (request === 0x5404) this.flushInput();
        this.wake();
        return 0;
      case 0x5405: // TCGETA
        copyTo(m, arg, toTermio(this.termios()));
        return 0;
      case 0x5406: // TCSETA, TCSETAW, TCSETAF
      case 0x5407:
      case 0x5408:
        if (this.background(t.process)) return this.refuse(t, SIGTTOU);
        this.setTermios(fromTermio(copyFrom(m, arg, TERMIO), this.termios()));
        if (request === 0x5408) this.flushInput();
        this.wake();
        return 0;
      case 0x5409: // TCSBRK
      case 0x540c: // TIOCEXCL, TIOCNXCL
      case 0x540d:
        return 0;
      case 0x540a: // TCXONC
        if (arg >>> 0 > 3) return -E.INVAL;
        if (arg < 2) this.hold(arg === 0);
        return 0;
      case 0x540b: // TCFLSH
        if (arg >>> 0 > 2) return -E.INVAL;
        if (arg !== 1) this.flushInput();
        if (arg !== 0) this.screen.event?.(Packet.FLUSHWRITE);
        return 0;
      case 0x540e: // TIOCSCTTY
        if (this.session && this.session !== t.process.sid) return -E.PERM;
        if (t.process.pid !== t.process.sid) return -E.PERM;
        this.adopt(t);
        return 0;
      case 0x540f: // TIOCGPGRP
        if (t.process.sid !== this.session) return -E.NOTTY;
        put32(m, arg, this.foreground);
        return 0;
      case 0x5410: { // TIOCSPGRP
        if (t.process.sid !== this.session) return -E.NOTTY;
        if (this.background(t.process) && !(t.sigmask.lo & (1 << (SIGTTOU - 1)))) return this.refuse(t, SIGTTOU);
        const group = get32(m, arg);
        if (![...this.kernel.processes()].some((p) => p.pgid === group && p.sid === this.session)) return -E.PERM;
        this.foreground = group;
        return 0;
      }
      case 0x5429: // TIOCGSID
        if (t.process.sid !== this.session) return -E.NOTTY;
        put32(m, arg, this.session);
        return 0;
      case 0x5413: // TIOCGWINSZ
        [this.rows, this.columns, 0, 0].forEach((v, i) => put16(m, arg + i * 2, v));
        return 0;
      case 0x5414: // TIOCSWINSZ
        this.resize(get16(m, arg), get16(m, arg + 2));
        return 0;
      case 0x5422: // TIOCNOTTY
        if (t.process.sid !== this.session) return -E.NOTTY;
        if (t.process.pid === this.session) this.disown();
        return 0;
      case 0x541b: // FIONREAD
        put32(m, arg, this.canonical ? (this.lines[0]?.length ?? 0) : this.input.length);
        return 0;
      case 0x5411: // TIOCOUTQ
        put32(m, arg, 0);
        return 0;
      default:
        return -E.NOTTY;
    }
  }

  private termios(): Uint8Array {
    const b = new Uint8Array(TERMIOS);
    const v = new DataView(b.buffer);
    [this.iflag, this.oflag, this.cflag, this.lflag].forEach((w, i) => v.setUint32(i * 4, w, true));
    b.set(this.cc, 17);
    return b;
  }

  /** Whether Ctrl-S and Ctrl-Q are what they are by default. */
  private get holds(): boolean {
    return (this.iflag & I.IXON) !== 0 && this.cc[V.STOP] === 19 && this.cc[V.START] === 17;
  }

  private setTermios(b: Uint8Array): void {
    if (b.length < TERMIOS) fail(E.FAULT);
    const v = new DataView(b.buffer, b.byteOffset, TERMIOS);
    const was = this.canonical, held = this.holds;
    [this.iflag, this.oflag, this.cflag, this.lflag] = [v.getUint32(0, true), v.getUint32(4, true), v.getUint32(8, true), v.getUint32(12, true)];
    this.cc = b.slice(17, 17 + 19);
    if (held !== this.holds) this.screen.event?.(this.holds ? Packet.DOSTOP : Packet.NOSTOP);
    if (!(this.iflag & I.IXON)) this.hold(false);
    if (was && !this.canonical) {
      this.input.push(Uint8Array.from(this.line));
      this.line = [];
      this.lines = [];
    } else if (!was && this.canonical && this.input.length > 0) {
      this.lines = [{ length: this.input.length, eof: false }];
    }
  }
}

/** A terminal that was opened. */
export class TtyFile extends File {
  constructor(
    readonly terminal: Terminal,
    flags: number,
    override readonly place: Place | null,
  ) {
    super(flags);
    terminal.users.add(this);
  }

  get path(): string {
    return this.place?.path ?? this.terminal.name;
  }

  override get dev(): number {
    return this.place?.inode.fs.dev ?? 6;
  }

  override get ino(): number {
    return this.place?.inode.ino ?? 3;
  }

  override get inode(): object {
    return this.terminal;
  }

  attributes(): Attributes {
    if (this.place) return this.place.inode.attributes();
    const z = { sec: 0, nsec: 0 };
    return { mode: S.IFCHR | 0o620, uid: 0, gid: 5, nlink: 1, size: 0, blocks: 0, rdev: this.terminal.rdev, atime: z, mtime: z, ctime: z };
  }

  override read(into: Uint8Array, t: Thread): number {
    return this.terminal.read(into, t, this.nonBlocking);
  }

  override get patience(): number | null {
    return this.terminal.patience;
  }

  override readNow(into: Uint8Array): number {
    return this.terminal.readNow(into);
  }

  override write(from: Uint8Array, t: Thread): number {
    return this.terminal.write(from, t);
  }

  override poll(): number {
    return this.terminal.poll();
  }

  override ioctl(request: number, arg: number, t: Thread): Result {
    return this.terminal.ioctl(request, arg, t);
  }

  protected override closed(): void {
    this.terminal.leave(this);
  }
}
