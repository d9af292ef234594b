// For `node --import`: at the end the process writes its peak resident memory (KiB) into the file that LIFT86_BENCH_RESIDENT names.
import { writeFileSync } from "node:fs";

process.on("exit", () => writeFileSync(process.env.LIFT86_BENCH_RESIDENT, String(process.resourceUsage().maxRSS)));
