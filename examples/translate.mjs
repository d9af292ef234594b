// Bytes in all stages. `translate` needs nothing of Node's.
import { keyText, translate } from "lift86";

// mov ecx, 10; loop: add eax, ecx; dec ecx; jnz loop; ret
const bytes = Uint8Array.of(0xb9, 10, 0, 0, 0, 0x01, 0xc8, 0x49, 0x75, 0xfb, 0xc3);
const t = translate(bytes, { base: 0x1000 });

console.log(keyText(t));
for (const block of t.blocks) {
  console.log(`block 0x${block.pc.toString(16)}, ends in ${block.end}`);
  for (const insn of block.insns) {
    console.log(`  ${insn.text}`);
    for (const line of insn.opt) console.log(`      ${line}`);
    for (const n of insn.js) console.log(`    ${String(n).padStart(3)} ${t.js.split("\n")[n - 1].trim()}`);
  }
  const changed = block.passes.filter((p, k) => p.ir !== (k === 0 ? block.ir : block.passes[k - 1].ir));
  console.log(`  passes that changed it: ${changed.map((p) => p.name).join(", ")}`);
}
console.log(`source map of ${t.map.mappings.length} characters to ${t.map.sources.join(", ")}`);
