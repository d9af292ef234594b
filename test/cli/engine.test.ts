import { syncBuiltinESMExports } from "node:module";
import v8 from "node:v8";
import { describe, expect, it, vi } from "vitest";
import { FLAGS, LASTING_MS, tuneEngine } from "../../src/cli/engine.js";
import { CLI, command } from "../support/cli.js";

describe("V8", () => {
  it("gets its flags, those of runs that last when they do, and knows them", async () => {
    const set = vi.spyOn(v8, "setFlagsFromString").mockImplementation(() => {});
    vi.useFakeTimers();
    try {
      syncBuiltinESMExports();
      tuneEngine();
      const told = (): string[] => set.mock.calls.map(([flag]) => flag);
      expect(told()).toEqual(FLAGS.always);
      vi.advanceTimersByTime(LASTING_MS - 1);
      expect(told()).toEqual(FLAGS.always);
      vi.advanceTimersByTime(1);
      expect(told()).toEqual([...FLAGS.always, ...FLAGS.lasting]);
    } finally {
      vi.useRealTimers();
      set.mockRestore();
      syncBuiltinESMExports();
    }
    const { status, stderr } = await command(process.execPath, [...FLAGS.always, ...FLAGS.lasting, "-e", "0"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    // All Nodes that are supported have some.
    expect(FLAGS.always.length).toBeGreaterThan(0);
    expect(FLAGS.defaults.length).toBe(FLAGS.always.length + FLAGS.lasting.length);
  });


  // Once a buffer was detached, compiled code checks at each access whether that is so: scripts/iced.js.
  it("never sees a buffer detached", async () => {
    const flag = "--trace-protector-invalidation";
    const wasm = `new WebAssembly.Memory({ initial: 1 }).grow(1)`;
    expect((await command(process.execPath, [flag, "-e", wasm])).stdout).toContain("ArrayBufferDetaching");
    const { status, stdout } = await command(process.execPath, [flag, CLI, "run", "samples/hello"]);
    expect(status).toBe(0);
    expect(stdout).toContain("Hello from i386!");
    expect(stdout).not.toContain("ArrayBufferDetaching");
  });
});
