// `node bench/v86.js IMAGE N`: boot a kernel's multiboot image in v86 and print what it writes to its serial port, until the result.
import { readFileSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { V86 } from "v86";

const [image, n] = process.argv.slice(2);
const machine = new V86({
  wasm_path: createRequire(import.meta.url).resolve("v86/build/v86.wasm"),
  memory_size: 64 << 20,
  multiboot: { buffer: new Uint8Array(readFileSync(image)).buffer },
  cmdline: n,
  autostart: true,
  disable_speaker: true,
});
let line = "";
machine.add_listener("serial0-output-byte", (byte) => {
  line += String.fromCharCode(byte);
  if (byte !== 10) return;
  writeSync(1, line);
  if (/^[0-9a-f]{8}\n$/.test(line)) process.exit(0);
  line = "";
});
