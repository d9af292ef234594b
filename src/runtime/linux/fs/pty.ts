import type { Kernel, Thread } from "../contract.js";
import { E, fail } from "../errno.js";
import { get32, put32 } from "../user.js";
import type { Result } from "../wait.js";
import { File, O, Poll } from "./file.js";
import type { Attributes } from "./inode.js";
import { ByteQueue } from "./pipe.js";
import { Packet, Terminal, TtyFile } from "./tty.js";
import type { Place } from "./walk.js";

/** Pseudo-terminals. */

const MAX_SCREEN = 65536;

/** The master side of a pseudo-terminal. */
export class PtyMaster extends File {
  readonly terminal: Terminal;
  private readonly output = new ByteQueue();
  locked = true;
  /** TIOCPKT: each read begins with a byte that says what it is. */
  private packets = false;
  private events = 0;

  constructor(
    kernel: Kernel,
    readonly number: number,
    private readonly gone: (n: number) => void,
    override readonly place: Place | null,
  ) {
    super(O.RDWR);
    const { output } = this;
    this.terminal = new Terminal(kernel, {
      write: (bytes) => {
        output.push(bytes);
        this.queue.wake();
      },
      left: () => void this.queue.wake(),
      event: (what) => {
        if (!this.packets) return;
        const opposite = { [Packet.STOP]: Packet.START, [Packet.START]: Packet.STOP, [Packet.DOSTOP]: Packet.NOSTOP, [Packet.NOSTOP]: Packet.DOSTOP };
        this.events = (this.events & ~((opposite as Readonly<Record<number, number>>)[what] ?? 0)) | what;
        this.queue.wake();
      },
      get full() {
        return output.length >= MAX_SCREEN;
      },
    }, `/dev/pts/${number}`, (136 << 8) | number);
    this.terminal.rows = this.terminal.columns = 0;
  }

  get path(): string {
    return "/dev/ptmx";
  }

  attributes(): Attributes {
    return this.place!.inode.attributes();
  }

  private slaveOpened = false;

  openSlave(flags: number, place: Place): TtyFile {
    if (this.locked) fail(E.IO);
    this.slaveOpened = true;
    return new TtyFile(this.terminal, flags, place);
  }

  private get hungUp(): boolean {
    return this.slaveOpened && this.terminal.users.size === 0;
  }

  override read(into: Uint8Array): number {
    if (this.packets && this.events && into.length > 0) {
      into[0] = this.events;
      this.events = 0;
      return 1;
    }
    if (this.output.length === 0) return this.hungUp ? -E.IO : -E.AGAIN;
    if (this.packets && into.length > 0) into[0] = 0;
    const head = this.packets ? 1 : 0;
    const n = this.output.take(into.subarray(head));
    for (const u of this.terminal.users) u.queue.wake();
    return head + n;
  }

  override write(from: Uint8Array): number {
    this.terminal.type(from);
    return from.length;
  }

  override poll(): number {
    return Poll.OUT | Poll.WRNORM | (this.packets && this.events ? Poll.PRI | Poll.IN | Poll.RDNORM : 0) | (this.output.length > 0 ? Poll.IN | Poll.RDNORM : 0) | (this.hungUp ? Poll.HUP : 0);
  }

  override ioctl(request: number, arg: number, t: Thread): Result {
    switch (request) {
      case 0x80045430 | 0: // TIOCGPTN
        put32(t.memory, arg, this.number);
        return 0;
      case 0x40045431: // TIOCSPTLCK
        this.locked = get32(t.memory, arg) !== 0;
        return 0;
      case 0x80045439 | 0: // TIOCGPTLCK
        put32(t.memory, arg, this.locked ? 1 : 0);
        return 0;
      case 0x5420: // TIOCPKT
        if (get32(t.memory, arg) !== 0 && !this.packets) this.events = 0;
        this.packets = get32(t.memory, arg) !== 0;
        return 0;
      case 0x80045438 | 0: // TIOCGPKT
        put32(t.memory, arg, this.packets ? 1 : 0);
        return 0;
      case 0x540f:
      case 0x5429:
        put32(t.memory, arg, request === 0x540f ? this.terminal.foreground : this.terminal.session);
        return 0;
      default:
        return this.terminal.ioctl(request, arg, t);
    }
  }

  protected override closed(): void {
    this.terminal.hangUp();
    this.gone(this.number);
  }
}
