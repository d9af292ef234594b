import * as fs from "node:fs";
import * as path from "node:path";
import { fileName, regionName } from "../index.js";
import type { DumpRegion, Stage } from "./dump-model.js";
import { hostReason, UsageError } from "./errors.js";

/** mkdir -p. Node's own `recursive` goes on for ever under /proc. */
function makeFolder(dir: string): void {
  if (fs.existsSync(dir)) return;
  makeFolder(path.dirname(dir));
  fs.mkdirSync(dir);
}

/** Make the folder, and be sure before any work is done that files can be written there. */
export function prepareFolder(dir: string): void {
  if (dir === "") throw new UsageError("-o: no name");
  try {
    makeFolder(path.resolve(dir));
    if (!fs.statSync(dir).isDirectory()) throw new UsageError(`-o ${dir}: not a directory`);
    fs.accessSync(dir, fs.constants.W_OK);
  } catch (e) {
    if (e instanceof UsageError) throw e;
    throw new UsageError(`-o ${dir}: cannot be written: ${hostReason(e)}`);
  }
}

export function writeFile(dir: string, name: string, text: string): void {
  try {
    fs.writeFileSync(path.join(dir, name), text);
  } catch (e) {
    throw new UsageError(`-o ${dir}: ${name} cannot be written: ${hostReason(e)}`);
  }
}

/**
 * NAME.asm (the listing), NAME.js (a module whose default export makes the region's function) and NAME.js.map, which leads from each position of the
 * JavaScript to a line of the listing; NAME.ir and NAME.opt if they are asked for. Returns the names of the regions' files.
 */
export function writeRegions(dir: string, regions: readonly DumpRegion[], stages: readonly Stage[]): string[] {
  const taken = new Set<string>();
  return regions.map((r) => {
    const wanted = fileName(regionName(r));
    let name = wanted;
    for (let k = 2; taken.has(name.toLowerCase()); k++) name = `${wanted}.${k}`;
    taken.add(name.toLowerCase());
    const head = `export default function (${r.parameters.join(", ")})\n`;
    writeFile(dir, `${name}.asm`, r.listing);
    writeFile(dir, `${name}.js`, `${head}${r.js}\n//# sourceMappingURL=${encodeURIComponent(name)}.js.map\n`);
    // the code begins on the second line, which in a map is a semicolon
    writeFile(dir, `${name}.js.map`, `${JSON.stringify({ ...r.map, file: `${name}.js`, sources: [`${name}.asm`], mappings: `;${r.map.mappings}` })}\n`);
    if (stages.includes("ir")) writeFile(dir, `${name}.ir`, r.blocks.map((b) => b.ir).join("\n"));
    if (stages.includes("opt")) writeFile(dir, `${name}.opt`, r.blocks.map((b) => b.opt).join("\n"));
    return name;
  });
}
