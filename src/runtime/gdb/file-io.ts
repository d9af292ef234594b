import { bytesOfHex, fromBytes } from "./packet.js";
import type { DebugFile } from "./target.js";

/** `vFile` packets (GDB manual, appendix E.7): the debugger reads the program and its libraries where the guest has them. Nothing is written. */

const ENOENT = 2, EBADF = 9, EINVAL = 22, ENOSYS = 38;
const MOST_FILES = 64;
/** Bytes that one answer brings. */
const MOST_READ = 0x8000;

export class RemoteFiles {
  private readonly files = new Map<number, DebugFile>();
  private next = 1;

  /** `open` gives a file or an errno. */
  constructor(private readonly open: (path: string) => DebugFile | number) {}

  /** Answer what follows "vFile:". */
  answer(request: string): string {
    const colon = request.indexOf(":");
    const operation = request.slice(0, colon), args = request.slice(colon + 1).split(",");
    const number = (i: number): number => parseInt(args[i] ?? "", 16);
    switch (operation) {
      case "setfs": return "F0";
      case "open": return this.opened(args[0]!, number(1));
      case "close": {
        const f = this.files.get(number(0));
        if (!f) return failure(EBADF);
        f.close();
        this.files.delete(number(0));
        return "F0";
      }
      case "pread": {
        const f = this.files.get(number(0));
        if (!f) return failure(EBADF);
        const count = number(1), position = number(2);
        if (!(count >= 0 && position >= 0)) return failure(EINVAL);
        const into = new Uint8Array(Math.min(count, MOST_READ));
        const n = f.read(position, into);
        return `F${n.toString(16)};${fromBytes(into.subarray(0, n))}`;
      }
      case "fstat": {
        const f = this.files.get(number(0));
        if (!f) return failure(EBADF);
        return `F40;${fromBytes(stat(f.size))}`;
      }
      case "readlink": return failure(EINVAL);
      default: return failure(ENOSYS);
    }
  }

  private opened(hexPath: string, flags: number): string {
    const path = bytesOfHex(hexPath);
    if (!path || flags & 3 || this.files.size >= MOST_FILES) return failure(EINVAL);
    const f = this.open(fromBytes(path));
    if (typeof f === "number") return failure(f);
    const fd = this.next++;
    this.files.set(fd, f);
    return `F${fd.toString(16)}`;
  }

  closeAll(): void {
    for (const f of this.files.values()) f.close();
    this.files.clear();
  }
}

function failure(errno: number): string {
  // Numbers of the File-I/O protocol, which are Linux' for these.
  return `F-1,${(errno === ENOSYS ? 88 : errno || ENOENT).toString(16)}`;
}

/** struct stat of the protocol, big endian, of a regular file. */
function stat(size: number): Uint8Array {
  const b = new Uint8Array(64);
  const v = new DataView(b.buffer);
  v.setUint32(8, 0o100444);
  v.setUint32(12, 1);
  v.setBigUint64(28, BigInt(size));
  v.setBigUint64(36, 4096n);
  v.setBigUint64(44, BigInt(Math.ceil(size / 512)));
  return b;
}
