import { existsSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { root, run } from "./child.js";

/** Build lift86 as it is at a commit, in .cache/bench; returns [folder, short name]. With this clone's node_modules: dependencies are not compared. */
export async function buildCommit(ref) {
  const commit = (await run("git", ["rev-parse", "--verify", "--end-of-options", `${ref}^{commit}`])).out.toString().trim();
  const name = commit.slice(0, 10), dir = `${root}/.cache/bench/${name}`;
  if (existsSync(`${dir}/dist/cli.js`)) return [dir, name];
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  await run("sh", ["-c", 'git archive "$1" | tar -x -C "$2"', "sh", commit, dir]);
  symlinkSync(`${root}/node_modules`, `${dir}/node_modules`);
  await run(process.execPath, ["scripts/build.js"], { cwd: dir });
  return [dir, name];
}
