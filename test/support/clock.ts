import { vi } from "vitest";

/** The host's clock, on which time passes when a test says so, besides what it takes: limits of time hold or do not, however slow the machine is. */
export function timePasses(): { pass: (ms: number) => void; end: () => void } {
  const now = performance.now.bind(performance);
  let more = 0;
  const spy = vi.spyOn(performance, "now").mockImplementation(() => now() + more);
  return { pass: (ms) => void (more += ms), end: () => spy.mockRestore() };
}
