// Run a program and keep what is compiled, counting executions of blocks.
import { fileURLToPath } from "node:url";
import { LinuxSystem, regionName, RunCapture } from "lift86";
import { nodeHost } from "lift86/node";

const capture = new RunCapture();
const host = nodeHost(fileURLToPath(new URL("../samples/inspect", import.meta.url)));
const system = new LinuxSystem({
  program: "/primes", args: ["primes", "3", "/libwork.so"], env: [], cwd: "/", files: host.files, inspection: capture.inspection,
});
capture.code = system.code;
await system.run();
host.restore();

const regions = capture.regions().sort((a, b) => b.instructions - a.instructions);
for (const r of regions.slice(0, 3)) {
  const t = r.translated("intel", false);
  console.log(`${regionName(t)} of ${r.image}: ${r.instructions} instructions; blocks ${t.blocks.map((b) => `${b.name}=${b.hits}`).join(" ")}`);
}
