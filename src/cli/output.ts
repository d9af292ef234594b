import * as fs from "node:fs";
import { hostReason, UsageError } from "./errors.js";

/** stderr without buffering: what the guest writes there is not buffered either, and order matters. */
export function say(line: string): void {
  try {
    writeAll(2, `${line}\n`);
  } catch {
    // Nobody reads it.
  }
}

/** All of a text, or of bytes, to a descriptor, also where a pipe takes it in parts; `what` names it in the error. Of a reader that is gone nothing is said. */
export function writeAll(fd: number, text: string | Uint8Array, what = fd === 1 ? "standard output" : "a file"): void {
  const bytes = typeof text === "string" ? Buffer.from(text) : text;
  for (let at = 0; at < bytes.length; ) {
    try {
      at += fs.writeSync(fd, bytes, at);
    } catch (e) {
      const { code } = e as NodeJS.ErrnoException;
      if (code === "EAGAIN") Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
      else if (code === "EPIPE") return;
      else throw new UsageError(`${what}: cannot be written: ${hostReason(e)}`);
    }
  }
}

/** A file that is to be written later: opened now, so that a run does not end with the news that it cannot be. */
export function openForWriting(option: string, file: string): number {
  if (file === "") throw new UsageError(`${option}: no name`);
  try {
    return fs.openSync(file, "w");
  } catch (e) {
    throw new UsageError(`${option} ${file}: is to be written, but ${hostReason(e)}`);
  }
}

/** Whether to colour what goes to a stream (https://no-color.org). */
export function colours(stream: { readonly isTTY?: boolean }): boolean {
  if (process.env["NO_COLOR"]) return false;
  if (process.env["FORCE_COLOR"]) return process.env["FORCE_COLOR"] !== "0";
  return stream.isTTY === true && process.env["TERM"] !== "dumb";
}

/** Columns that there are for text. */
export function columns(): number {
  return process.stdout.isTTY ? process.stdout.columns : Number(process.env["COLUMNS"]) || 120;
}
