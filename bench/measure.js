/**
 * Let contenders take turns on each task, so that a machine's drift hits them alike; the least time of each counts. `attempt(task, contender)` gives
 * { ms, cpu?, checksum, stats? }, null if that contender cannot do it. Returns task -> { ms, cpu, checksum, stats } and whether all checksums agreed.
 */
export async function measure(tasks, contenders, titles, rounds, attempt) {
  const results = {};
  let agree = true;
  for (const task of tasks) {
    const result = { ms: {}, cpu: {}, checksum: null };
    for (let round = 0; round < rounds; round++) {
      for (const id of contenders) {
        if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${task}, ${titles[id]}, ${round + 1} of ${rounds}`);
        const got = await attempt(task, id);
        if (!got) continue;
        result.checksum ??= got.checksum;
        if (got.checksum !== result.checksum) {
          agree = false;
          console.error(`bench: ${task}: ${titles[id]} gives ${got.checksum} instead of ${result.checksum}`);
        }
        if (!(got.ms >= result.ms[id])) result.ms[id] = got.ms;
        if (got.cpu !== undefined && !(got.cpu >= result.cpu[id])) result.cpu[id] = got.cpu;
        if (got.stats && id === "lift86") result.stats = got.stats;
      }
    }
    results[task] = result;
  }
  if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
  return { results, agree };
}
