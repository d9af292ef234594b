import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import nodeModule from "node:module";
import { Script } from "node:vm";
import { afterAll, describe, expect, it } from "vitest";
import { cacheFile, loadCached, loadModule, writeCache } from "../../src/cli/code-cache.js";
import { CLI, command, ROOT } from "../support/cli.js";

const MAIN = path.join(path.dirname(CLI), "main.cjs");

describe("bytecode of the command", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "lift86-cache-"));
  afterAll(() => fs.rmSync(folder, { recursive: true }));

  it("is what the build left, and V8 takes it", () => {
    const script = new Script(nodeModule.wrap(fs.readFileSync(MAIN, "latin1")), { filename: MAIN, cachedData: fs.readFileSync(cacheFile(MAIN)) });
    expect(script.cachedDataRejected).toBe(false);
  });

  it("is loaded with its module, and only for the engine that made it", () => {
    const file = path.join(folder, "m.cjs");
    fs.writeFileSync(file, `exports.f = (x) => x + 1; exports.here = __filename; exports.os = require("node:os").EOL;`);
    expect(loadCached(file)).toBeNull();
    const { script, exports } = loadModule(file);
    expect((exports as { f(x: number): number }).f(2)).toBe(3);
    writeCache(file, script);
    expect(fs.readdirSync(folder).sort()).toEqual(["m.cjs", path.basename(cacheFile(file))]);
    const cached = loadCached(file) as { f(x: number): number; here: string; os: string };
    expect([cached.f(4), cached.here, cached.os]).toEqual([5, file, os.EOL]);
    // What V8 does not take does no harm.
    fs.writeFileSync(cacheFile(file), "not bytecode");
    expect((loadCached(file) as { f(x: number): number }).f(5)).toBe(6);
  });

  it("is not needed", async () => {
    // Below node_modules, as it needs the decoder's package.
    const copy = fs.mkdtempSync(path.join(ROOT, "node_modules/.cli-"));
    try {
      for (const name of ["cli.js", "main.cjs"]) fs.copyFileSync(path.join(path.dirname(CLI), name), path.join(copy, name));
      fs.cpSync(path.join(path.dirname(CLI), "chunks"), path.join(copy, "chunks"), { recursive: true });
      const { status, stdout, stderr } = await command(process.execPath, [path.join(copy, "cli.js"), "run", path.join(ROOT, "samples/hello")]);
      expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "Hello from i386!\n", stderr: "" });
    } finally {
      fs.rmSync(copy, { recursive: true });
    }
  });
});
