/** Linux error numbers (asm-generic/errno-base.h, errno.h), as positive numbers. */
export const E = {
  PERM: 1, NOENT: 2, SRCH: 3, INTR: 4, IO: 5, NXIO: 6, "2BIG": 7, NOEXEC: 8, BADF: 9, CHILD: 10, AGAIN: 11, NOMEM: 12, ACCES: 13, FAULT: 14,
  NOTBLK: 15, BUSY: 16, EXIST: 17, XDEV: 18, NODEV: 19, NOTDIR: 20, ISDIR: 21, INVAL: 22, NFILE: 23, MFILE: 24, NOTTY: 25, TXTBSY: 26, FBIG: 27,
  NOSPC: 28, SPIPE: 29, ROFS: 30, MLINK: 31, PIPE: 32, DOM: 33, RANGE: 34, DEADLK: 35, NAMETOOLONG: 36, NOLCK: 37, NOSYS: 38, NOTEMPTY: 39,
  LOOP: 40, NOMSG: 42, IDRM: 43, NODATA: 61, TIME: 62, PROTO: 71, BADMSG: 74, OVERFLOW: 75, BADFD: 77, ILSEQ: 84, RESTART: 85, USERS: 87,
  NOTSOCK: 88, DESTADDRREQ: 89, MSGSIZE: 90, PROTOTYPE: 91, NOPROTOOPT: 92, PROTONOSUPPORT: 93, SOCKTNOSUPPORT: 94, OPNOTSUPP: 95,
  PFNOSUPPORT: 96, AFNOSUPPORT: 97, ADDRINUSE: 98, ADDRNOTAVAIL: 99, NETDOWN: 100, NETUNREACH: 101, NETRESET: 102, CONNABORTED: 103,
  CONNRESET: 104, NOBUFS: 105, ISCONN: 106, NOTCONN: 107, SHUTDOWN: 108, TIMEDOUT: 110, CONNREFUSED: 111, HOSTDOWN: 112, HOSTUNREACH: 113,
  ALREADY: 114, INPROGRESS: 115, STALE: 116, DQUOT: 122, CANCELED: 125, OWNERDEAD: 130, NOTRECOVERABLE: 131,
} as const;

const TEXT: Readonly<Record<string, string>> = {
  PERM: "Operation not permitted", NOENT: "No such file or directory", SRCH: "No such process", INTR: "Interrupted system call", IO: "Input/output error",
  NXIO: "No such device or address", "2BIG": "Argument list too long", NOEXEC: "Exec format error", BADF: "Bad file descriptor", CHILD: "No child processes",
  AGAIN: "Resource temporarily unavailable", NOMEM: "Cannot allocate memory", ACCES: "Permission denied", FAULT: "Bad address", BUSY: "Device or resource busy",
  EXIST: "File exists", XDEV: "Invalid cross-device link", NODEV: "No such device", NOTDIR: "Not a directory", ISDIR: "Is a directory",
  INVAL: "Invalid argument", NFILE: "Too many open files in system", MFILE: "Too many open files", NOTTY: "Inappropriate ioctl for device",
  TXTBSY: "Text file busy", FBIG: "File too large", NOSPC: "No space left on device", SPIPE: "Illegal seek", ROFS: "Read-only file system",
  MLINK: "Too many links", PIPE: "Broken pipe", RANGE: "Numerical result out of range", DEADLK: "Resource deadlock avoided",
  NAMETOOLONG: "File name too long", NOSYS: "Function not implemented", NOTEMPTY: "Directory not empty", LOOP: "Too many levels of symbolic links",
  NODATA: "No data available", OVERFLOW: "Value too large for defined data type", NOTSOCK: "Socket operation on non-socket",
  DESTADDRREQ: "Destination address required", MSGSIZE: "Message too long", PROTOTYPE: "Protocol wrong type for socket",
  NOPROTOOPT: "Protocol not available", PROTONOSUPPORT: "Protocol not supported", OPNOTSUPP: "Operation not supported",
  AFNOSUPPORT: "Address family not supported by protocol", ADDRINUSE: "Address already in use", ADDRNOTAVAIL: "Cannot assign requested address",
  NETUNREACH: "Network is unreachable", CONNABORTED: "Software caused connection abort", CONNRESET: "Connection reset by peer",
  ISCONN: "Transport endpoint is already connected", NOTCONN: "Transport endpoint is not connected", TIMEDOUT: "Connection timed out",
  CONNREFUSED: "Connection refused", ALREADY: "Operation already in progress", INPROGRESS: "Operation now in progress",
};

const NAMES = new Map<number, string>(Object.entries(E).map(([name, n]) => [n, name]));

/** "ENOENT" of 2. */
export function errnoName(n: number): string {
  const name = NAMES.get(n);
  return name === undefined ? `ERRNO_${n}` : `E${name}`;
}

/** "No such file or directory" of 2, as strerror has it. */
export function errnoText(n: number): string {
  return TEXT[NAMES.get(n) ?? ""] ?? `error ${n}`;
}

/** Thrown by whatever system calls are made of; the call then returns -errno. No Error: it carries no stack, which would cost. */
export class Errno {
  constructor(readonly errno: number) {}

  toString(): string {
    return `${errnoName(this.errno)} (${errnoText(this.errno)})`;
  }
}

/** Throw an Errno: `fail(E.INVAL)`. */
export function fail(errno: number): never {
  throw new Errno(errno);
}
