import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CLI, command, type Done, ROOT } from "../support/cli.js";

// lift86 as it is built here, under other versions of Node (scripts/nodes.js fetches them; only .ci/run runs this): the same output, nothing that V8 has to say about its flags, and about the same speed.

const FOLDER = `${ROOT}.cache/nodes`;
const versions = readdirSync(FOLDER).map((major) => ({ major, node: `${FOLDER}/${major}/node_modules/.bin/node` }));

const COMMANDS = [
  ["run", "samples/checksums"], ["run", "samples/checksums64"], ["run", "samples/hello"], ["run", "samples/linux/signals"],
  ["boot", "samples/machine/hello.elf"], ["dump", "--hex", "01 d8 c3"],
];

/** As a library, in a Node without any flags: a run of a program below bench/guests. */
const LIBRARY = `
import { LinuxSystem } from ${JSON.stringify(`${ROOT}dist/index.js`)};
import { nodeHost } from ${JSON.stringify(`${ROOT}dist/node.js`)};
const [program, work] = process.argv.slice(1), host = nodeHost(${JSON.stringify(`${ROOT}bench/guests`)});
const system = new LinuxSystem({ program: "/" + program, args: [program, work], env: [], cwd: "/", files: host.files });
process.exitCode = (await system.run()).status;
host.restore();
`;

async function timed(run: () => Promise<Done>): Promise<{ done: Done; ms: number }> {
  const started = performance.now(), done = await run();
  return { done, ms: performance.now() - started };
}

/** Of two, for machines that do something else meanwhile. */
async function least(run: () => Promise<Done>): Promise<{ done: Done; ms: number }> {
  const a = await timed(run), b = await timed(run);
  return a.ms < b.ms ? a : b;
}

/** V8 that does not compile what lift86 gives it takes ten times as long and more. */
const MOST_TIMES = 3;

describe.each(versions)("Node $major", ({ node }) => {
  it.each(COMMANDS.map((args) => [args.join(" "), args] as const))("lift86 %s does what it does here", async (_, args) => {
    const [here, there] = [await command(process.execPath, [CLI, ...args]), await command(node, [CLI, ...args])];
    expect(there).toEqual(here);
  });

  it.each([["quicksort", "240"], ["table-hash", "3400"]])("runs %s about as fast, as a command and as a library", async (program, work) => {
    const run = [CLI, "run", `bench/guests/${program}`, work], library = ["--input-type=module", "-e", LIBRARY, program, work];
    const here = await least(() => command(process.execPath, run));
    for (const args of [run, library]) {
      const there = await least(() => command(node, args));
      expect(there.done).toEqual(here.done);
      expect(there.ms / here.ms).toBeLessThan(MOST_TIMES);
    }
  });
});

it("has versions to try", () => {
  expect(versions.length).toBeGreaterThan(0);
});
