// Where a program's time goes: the run writes down where it is, a thread looks there every millisecond, and GuestProfiler knows what that means.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { guestProfile, GuestProfiler, LinuxSystem } from "lift86";
import { nodeHost, startSampler } from "lift86/node";

const sampler = startSampler(1);
const profiler = new GuestProfiler(sampler.now);
const host = nodeHost(fileURLToPath(new URL("../samples/inspect", import.meta.url)));
const system = new LinuxSystem({ program: "/primes", args: ["primes", "300"], env: [], cwd: "/", files: host.files, inspection: profiler.inspection });
profiler.code = system.code;
sampler.begin();
await system.run();
const { profile, hottest, activities, total } = guestProfile(sampler.stop(), profiler);
host.restore();

for (const h of hottest.slice(0, 3)) console.log(`${(h.share * 100).toFixed(1)} % tier ${h.tier} ${h.block.name}`);
for (const [name, time] of activities) console.log(`${name}: ${((100 * time) / total).toFixed(1)} %`);
// For Chrome DevTools and speedscope.
if (process.argv[2]) writeFileSync(process.argv[2], JSON.stringify(profile));
