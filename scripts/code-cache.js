// Write V8's bytecode of the command in a folder that `scripts/build.js` filled: `node scripts/code-cache.js FOLDER`. What is in it is what has run: so samples are run
// first, as users run theirs. Bytecode holds for one version of V8; others do without it (src/cli/code-cache.ts).
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";

const root = fileURLToPath(new URL("..", import.meta.url));
const file = join(process.argv[2], "main.cjs");
// Bundled from the sources: the file that loads the command is not to be run.
const esbuild = await import("esbuild");
const { outputFiles } = await esbuild.build({ entryPoints: [join(root, "src/cli/code-cache.ts")], bundle: true, write: false, format: "esm", platform: "node", target: "node20" });
const { loadModule, writeCache } = await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`);

const { script, exports } = loadModule(file);
for (const args of [["run", "--timeout", "60", join(root, "samples/checksums")], ["boot", join(root, "samples/machine/hello.elf")]]) {
  await exports.main(args);
  if (process.exitCode === 2) throw new Error(`lift86 ${args.join(" ")}: exit code ${process.exitCode}`);
}
// As they are when bytecode is loaded, else V8 does not take it.
for (const flag of exports.FLAGS.defaults) setFlagsFromString(flag);
writeCache(file, script);
process.exit(0);
