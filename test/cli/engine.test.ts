import { describe, expect, it } from "vitest";
import { CLI, command } from "../support/cli.js";

describe("V8", () => {
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
