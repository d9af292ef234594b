import { UsageError } from "./errors.js";

/** Values of options: checked, or a line that names the option. */

const UNITS: Readonly<Record<string, number>> = { "": 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };

/** "512M" in bytes. */
export function parseSize(option: string, text: string): number {
  const m = /^(\d+(?:\.\d+)?)([KMG]?)(?:i?B)?$/i.exec(text);
  if (!m) throw new UsageError(`${option}: ${text || "nothing"} is no size; write a number with K, M or G, as in 512M`);
  return Math.floor(Number(m[1]) * UNITS[m[2]!.toUpperCase()]!);
}

/** A number of instructions; "2e9" and "1_000" will do. */
export function parseCount(option: string, text: string): number {
  const n = Number(text.replaceAll("_", ""));
  if (text === "" || !Number.isSafeInteger(n) || n < 1) throw new UsageError(`${option}: ${text || "nothing"} is no positive whole number`);
  return n;
}

/** Seconds, with a fraction if need be; returns milliseconds. */
export function parseSeconds(option: string, text: string): number {
  const n = Number(text);
  if (text === "" || !Number.isFinite(n) || n <= 0) throw new UsageError(`${option}: ${text || "nothing"} is no number of seconds above 0`);
  return n * 1000;
}

/** A 32-bit guest address: hexadecimal with 0x, otherwise decimal. */
export function parseAddress(option: string, text: string): number {
  const n = /^(0x[0-9a-f]+|\d+)$/i.test(text) ? Number(text) : NaN;
  if (!(n <= 0xffffffff)) throw new UsageError(`${option}: ${text || "nothing"} is no 32-bit address; write it as 0x8049000`);
  return n;
}

/** Bytes of "90 c3" or "90c3". */
export function parseHex(option: string, text: string): Uint8Array {
  const digits = text.replace(/[\s,]|0x/gi, "");
  if (digits === "" || digits.length % 2 || /[^0-9a-f]/i.test(digits)) throw new UsageError(`${option}: not pairs of hexadecimal digits, as in "90 c3"`);
  return Uint8Array.from(digits.match(/../g)!, (x) => parseInt(x, 16));
}
