// A machine's image: its code before it runs, and what of it was compiled, by role and mode, with executions.
import { readFileSync } from "node:fs";
import { imageCode, keyText, Machine, RunCapture, translate } from "lift86";

const [path = new URL("../samples/debug/kernel.elf", import.meta.url), name = "kernel.elf"] = process.argv.slice(2);
const image = { name, bytes: readFileSync(path) };

const { source, entry, mode, symbols } = imageCode(image);
const first = translate(source, entry, { mode, memory: "paged", symbols });
console.log(`begins at ${first.name ?? "0x" + entry.toString(16)}: ${first.blocks[0].asm.map((i) => i.text).join("; ")}`);

const capture = new RunCapture();
const machine = new Machine({ image, tier: "jit", icount: true, inspection: capture.inspection });
capture.code = machine.code;
const { end, status } = await machine.run();
console.log(`ended: ${end}, ${status}`);
for (const r of capture.regions().filter((r) => r.image === name).sort((a, b) => b.instructions - a.instructions).slice(0, 3)) {
  const t = r.translated("intel", false);
  console.log(`${t.name ?? "?"} (${keyText(t)}): ${r.instructions} instructions; ${t.blocks.map((b) => b.hits).join(", ")} executions of its blocks`);
}
