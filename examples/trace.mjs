// What a program does, as typed events: which system calls it makes, and the blocks that it enters most.
// node examples/trace.mjs [PROGRAM]
import { basename } from "node:path";
import { readFileSync } from "node:fs";
import { LinuxSystem, Trace } from "lift86";
import { nodeHost } from "lift86/node";

const program = process.argv[2] ?? new URL("../samples/checksums", import.meta.url).pathname;
const calls = new Map(), blocks = new Map();
const trace = new Trace({
  kinds: ["syscalls", "blocks"],
  onEvent(e) {
    if (e.event === "syscall") calls.set(e.name, (calls.get(e.name) ?? 0) + 1);
    if (e.event === "block") blocks.set(e.pc, (blocks.get(e.pc) ?? 0) + e.times);
  },
});

const host = nodeHost(null, {
  root: (memory) => {
    const cred = { uid: 0, euid: 0, suid: 0, fsuid: 0, gid: 0, egid: 0, sgid: 0, fsgid: 0, groups: [] };
    const file = memory.root.create(basename(program), 0o100755, 0, cred).open();
    file.writeAt(0, readFileSync(program));
    file.close();
    return memory.root;
  },
});
const system = new LinuxSystem({ program: `/${basename(program)}`, args: [program], env: [], cwd: "/", files: host.files, trace });
const { status } = await system.run();
host.restore();

console.log(`exit status ${status}; system calls: ${[...calls].map(([name, n]) => `${name} ${n}`).join(", ")}`);
for (const [pc, n] of [...blocks].sort((a, b) => b[1] - a[1]).slice(0, 5)) console.log(`block 0x${pc.toString(16)} entered ${n} times`);
