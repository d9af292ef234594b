// A debugger of one's own, without GDB: stop where a function begins, look at its argument, count, go on.
// node examples/debugger.mjs
import { readFileSync } from "node:fs";
import { elfSymbols, Machine } from "lift86";

const image = readFileSync(new URL("../samples/debug/kernel.elf", import.meta.url));
const twice = elfSymbols({ size: image.length, read: (at, n) => image.subarray(at, at + n) }).find((s) => s.name === "twice");
const ESP = 4;

/** Stops at the breakpoint until the machine ends. */
function debug(target) {
  target.attach();
  target.points.code.add(twice.address);
  const all = () => new Map(target.threads().map((t) => [t.id, { kind: "continue", signal: 0 }]));
  target.onStop = (stop) => {
    if (stop.kind !== "signal") return;
    const S = target.state(stop.thread);
    const bytes = new Uint8Array(4);
    target.readMemory(stop.thread, (S[ESP * 2] >>> 0) + 4, bytes);
    console.log(`twice(${new DataView(bytes.buffer).getInt32(0, true)})`);
    target.resume(all());
  };
  target.resume(all());
}

const machine = new Machine({ image: { name: "kernel.elf", bytes: image }, icount: true, debug });
const { end, status } = await machine.run();
console.log(`the machine ended: ${end}, ${status}`);
