// Translations as they come and go: an observer a processor, told of blocks lifted, regions compiled and what is dropped.
import { fileURLToPath } from "node:url";
import { LinuxSystem, modeName, roleName } from "lift86";
import { nodeHost } from "lift86/node";

const counts = { translated: 0, compiled: 0, dropped: {} };
const keys = new Set();
const inspection = {
  observe: (source, role) => ({
    translated(t) {
      counts.translated++;
      keys.add(`${roleName(role)}, ${modeName(t.mode)}`);
    },
    compiled() {
      counts.compiled++;
    },
    dropped(t, why) {
      counts.dropped[why] = (counts.dropped[why] ?? 0) + 1;
    },
  }),
};

const host = nodeHost(fileURLToPath(new URL("../samples/inspect", import.meta.url)));
const system = new LinuxSystem({ program: "/primes", args: ["primes", "3"], env: [], cwd: "/", files: host.files, inspection });
const { status } = await system.run();
host.restore();
console.log(`exit status ${status}; filed under ${[...keys].join("; ")}`);
console.log(JSON.stringify(counts));
