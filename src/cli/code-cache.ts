import * as fs from "node:fs";
import nodeModule from "node:module";
import { dirname } from "node:path";
import { Script } from "node:vm";

/**
 * A CommonJS module together with V8's bytecode of it, which is in a file beside it. V8 takes bytecode only of its own version and with its own flags (and otherwise compiles as ever); it knows the
 * source by its length alone, so whoever writes the module has to remove old bytecode first.
 */

/** Where this engine's bytecode of a module is. */
export function cacheFile(file: string): string {
  return `${file}.${process.versions.v8}-${process.arch}.cache`;
}

/** The module with its script, compiled from bytecode if there is any that fits. */
export function loadModule(file: string, cachedData?: Buffer): { script: Script; exports: unknown } {
  const source = nodeModule.wrap(fs.readFileSync(file, "latin1"));
  const script = new Script(source, { filename: file, ...(cachedData ? { cachedData } : {}) });
  const module = { exports: {} };
  const run = script.runInThisContext() as (exports: object, require: NodeJS.Require, module: object, filename: string, folder: string) => void;
  run(module.exports, nodeModule.createRequire(file), module, file, dirname(file));
  return { script, exports: module.exports };
}

/** What a module exports, if there is bytecode of it for this engine; else null. */
export function loadCached(file: string): unknown {
  let cached: Buffer;
  try {
    cached = fs.readFileSync(cacheFile(file));
  } catch {
    return null;
  }
  return loadModule(file, cached).exports;
}

/** Write a module's bytecode: that of all functions of its script that have run so far. */
export function writeCache(file: string, script: Script): void {
  const path = cacheFile(file), temporary = `${path}.${process.pid}`;
  fs.writeFileSync(temporary, script.createCachedData());
  fs.renameSync(temporary, path);
}
