import type { Thread } from "../contract.js";
import { E, fail } from "../errno.js";
import { copyTo, get32, get64, put32 } from "../user.js";
import type { Result } from "../wait.js";
import { SocketFile } from "./socket-file.js";
import { SOL_SOCKET } from "./socket-constants.js";
import { filesOf } from "./vfs.js";

/** SO_RCVTIMEO and SO_SNDTIMEO of sockets of all families (net/core/sock.c): each with a struct timeval of 32 and, as a newer option, of 64 bits. */

type Call = (t: Thread, fd: number, level: number, option: number, at: number, length: number, f: number) => Result;

interface Timeout {
  readonly of: "readTimeout" | "writeTimeout";
  readonly wide: boolean;
}

const OPTIONS: Readonly<Record<number, Timeout>> = {
  20: { of: "readTimeout", wide: false }, 21: { of: "writeTimeout", wide: false }, 66: { of: "readTimeout", wide: true }, 67: { of: "writeTimeout", wide: true },
};

function socketAt(t: Thread, fd: number): SocketFile {
  const s = filesOf(t).get(fd);
  return s instanceof SocketFile ? s : fail(E.NOTSOCK);
}

/** setsockopt with these options; `others` takes the rest. */
export const set = (others: Call): Call => (t, fd, level, option, at, length, f) => {
  const timeout = level === SOL_SOCKET ? OPTIONS[option] : undefined;
  if (!timeout) return others(t, fd, level, option, at, length, f);
  const s = socketAt(t, fd);
  if (length < (timeout.wide ? 16 : 8)) return -E.INVAL;
  const sec = timeout.wide ? get64(t.memory, at) : get32(t.memory, at), usec = timeout.wide ? get64(t.memory, at + 8) : get32(t.memory, at + 4);
  if (usec < 0 || usec >= 1e6) return -E.DOM;
  // 0 is for ever, and less than that is no time at all.
  s[timeout.of] = sec < 0 ? 0 : sec === 0 && usec === 0 ? Infinity : sec * 1e9 + usec * 1000;
  return 0;
};

/** getsockopt with these options. */
export const got = (others: Call): Call => (t, fd, level, option, at, lengthAt, f) => {
  const timeout = level === SOL_SOCKET ? OPTIONS[option] : undefined;
  if (!timeout) return others(t, fd, level, option, at, lengthAt, f);
  const ns = socketAt(t, fd)[timeout.of];
  const bytes = new Uint8Array(timeout.wide ? 16 : 8), view = new DataView(bytes.buffer);
  if (ns !== Infinity) {
    view.setUint32(0, Math.floor(ns / 1e9), true);
    view.setUint32(timeout.wide ? 8 : 4, Math.floor((ns % 1e9) / 1000), true);
  }
  const room = get32(t.memory, lengthAt);
  if (room < 0) return -E.INVAL;
  copyTo(t.memory, at, bytes.subarray(0, room));
  put32(t.memory, lengthAt, Math.min(room, bytes.length));
  return 0;
};
