import { Session } from "node:inspector";
import type { CpuProfile } from "../inspect/guest-profile.js";

/** V8's sampling profiler for this process. `interval`: microseconds. */
export function startCpuProfiler(interval: number): { stop(): CpuProfile } {
  const session = new Session();
  session.connect();
  const post = (method: string, params: object = {}): unknown => {
    // Within one thread the answer is there before `post` returns.
    let result: unknown, error: Error | null = null;
    (session as unknown as { post(m: string, p: object, done: (e: Error | null, r: unknown) => void): void }).post(method, params, (e, r) => {
      error = e;
      result = r;
    });
    if (error) throw error;
    return result;
  };
  post("Profiler.enable");
  post("Profiler.setSamplingInterval", { interval });
  post("Profiler.start");
  return {
    stop() {
      const { profile } = post("Profiler.stop") as { profile: CpuProfile };
      session.disconnect();
      return profile;
    },
  };
}
