import { fileURLToPath } from "node:url";
import { root, run } from "./child.js";

/** Compile the kernels' hot code, in another process since guests write to stdout. Returns { guestBytes, jsBytes, ms } in total. */
export async function measureCompilation(names) {
  return JSON.parse((await run(process.execPath, [fileURLToPath(import.meta.url), ...names])).err);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { LinuxSystem } = await import(`${root}/dist/index.js`);
  const { nodeHost } = await import(`${root}/dist/node.js`);
  const total = { guestBytes: 0, jsBytes: 0, ms: 0 };
  for (const name of process.argv.slice(2)) {
    const host = nodeHost(`${root}/bench/guests`);
    const system = new LinuxSystem({ program: `/${name}`, args: [name, "2"], env: [], cwd: "/", files: host.files });
    await system.run();
    host.restore();
    const counters = system.stats().run;
    total.guestBytes += counters.guestBytes;
    total.jsBytes += counters.bytes;
    total.ms += counters.compileMs;
  }
  console.error(JSON.stringify(total));
}
