import * as fs from "node:fs";
import { hostReason, UsageError } from "./errors.js";

/** A regular file's content; others may have no end. `option`: what names it, with a space after it. */
export function readFile(file: string, option = ""): Uint8Array {
  try {
    if (!fs.statSync(file).isFile()) throw new UsageError(`${option}${file}: not a regular file`);
    return fs.readFileSync(file);
  } catch (e) {
    if (e instanceof UsageError) throw e;
    throw new UsageError(`${option}${file === "" ? "no name" : file}: ${hostReason(e)}`);
  }
}
