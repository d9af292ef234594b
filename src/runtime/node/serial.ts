import * as fs from "node:fs";

/** A machine's serial line on this Node process: standard input and output, or a file. */

export interface NodeSerial {
  /** What the guest sends. */
  write(bytes: Uint8Array): void;
  /** Begin to listen; false: nothing will come. Listening pauses when `receive` says false, until `drained()`. */
  listen(receive: (bytes: Uint8Array) => boolean, end: () => void, quit: () => void): boolean;
  drained(): void;
  /** Give the terminal back; call it however the run ends. */
  close(): void;
}

/** At a terminal: Ctrl-A, then x ends the machine, Ctrl-A again sends a Ctrl-A. */
const ESCAPE = 1, QUIT = 0x78;

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) {
    try {
      done += fs.writeSync(fd, bytes, done);
    } catch (e) {
      const { code } = e as NodeJS.ErrnoException;
      // Nobody reads any more.
      if (code === "EPIPE") return;
      if (code !== "EAGAIN") throw e;
      // A pipe that someone made non-blocking and that is full: wait a little.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

export function stdioSerial(): NodeSerial {
  const { stdin } = process;
  let raw = false, escaped = false, forget = (): void => undefined;
  return {
    write: (bytes) => writeAll(1, bytes),
    listen(receive, end, quit) {
      if (stdin.isTTY) {
        stdin.setRawMode(true);
        raw = true;
      }
      const give = (bytes: Uint8Array): void => {
        if (!receive(bytes)) stdin.pause();
      };
      const data = (chunk: Buffer): void => {
        if (!raw) {
          give(chunk);
          return;
        }
        const bytes: number[] = [];
        for (const b of chunk) {
          if (escaped) {
            escaped = false;
            if (b === QUIT) quit();
            else if (b === ESCAPE) bytes.push(b);
          } else if (b === ESCAPE) {
            escaped = true;
          } else {
            bytes.push(b);
          }
        }
        if (bytes.length > 0) give(Uint8Array.from(bytes));
      };
      stdin.on("data", data).on("end", end).on("error", end);
      forget = () => void stdin.off("data", data).off("end", end).off("error", end);
      return true;
    },
    drained() {
      if (stdin.isPaused()) stdin.resume();
    },
    close() {
      forget();
      if (raw) stdin.setRawMode(false);
      stdin.pause();
      stdin.unref?.();
    },
  };
}

/** Output only. Throws what opening the file throws. */
export function fileSerial(path: string): NodeSerial {
  const fd = fs.openSync(path, "w");
  return { write: (bytes) => writeAll(fd, bytes), listen: () => false, drained: () => undefined, close: () => fs.closeSync(fd) };
}
