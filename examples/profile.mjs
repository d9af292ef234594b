// Where a program's time goes. The sampling is V8's; GuestProfiler names compiled code so that samples lead to guest instructions.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { guestProfile, GuestProfiler, LinuxSystem } from "lift86";
import { nodeHost, startCpuProfiler } from "lift86/node";

const profiler = new GuestProfiler();
const host = nodeHost(fileURLToPath(new URL("../samples/inspect", import.meta.url)));
const system = new LinuxSystem({ program: "/primes", args: ["primes", "300"], env: [], cwd: "/", files: host.files, inspection: profiler.inspection });
profiler.code = system.code;
const cpu = startCpuProfiler(1000);
await system.run();
const { profile, hottest, activities, total } = guestProfile(cpu.stop(), profiler);
host.restore();

for (const h of hottest.slice(0, 3)) console.log(`${(h.share * 100).toFixed(1)} % tier ${h.tier} ${h.block.name}`);
for (const [name, time] of activities) console.log(`${name}: ${((100 * time) / total).toFixed(1)} %`);
// For Chrome DevTools and speedscope.
if (process.argv[2]) writeFileSync(process.argv[2], JSON.stringify(profile));
