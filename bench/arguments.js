import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

/**
 * The arguments of a script that measures; what is wrong with them ends it with one line and status 2. `script`: its name in that line. `--help` prints the
 * comment that its file, at `url`, begins with.
 */
export class Arguments {
  constructor(script, options, url) {
    this.script = script;
    try {
      Object.assign(this, parseArgs({ allowPositionals: true, options: { ...options, help: { type: "boolean" } } }));
    } catch (e) {
      this.fail(e.message.split("\n")[0]);
    }
    if (!this.values.help) return;
    const lines = readFileSync(fileURLToPath(url), "utf8").split("\n").slice(1);
    for (const line of lines.slice(0, lines.findIndex((l) => !l.startsWith("//")))) console.log(line.slice(3));
    process.exit(0);
  }

  fail(message) {
    console.error(`${this.script}: ${message}`);
    process.exit(2);
  }

  /** The whole number that an option gives. */
  count(option, otherwise) {
    const value = this.values[option] ?? otherwise;
    const n = Number(value);
    if (!Number.isInteger(n) || n < 1) this.fail(`--${option} ${value}: not a positive whole number`);
    return n;
  }

  /** The names given, out of a table; all of it if there are none. */
  choose(table, what) {
    const names = this.positionals;
    for (const name of names) if (!Object.hasOwn(table, name)) this.fail(`${name}: no such ${what}; there are ${Object.keys(table).join(", ")}`);
    return names.length > 0 ? names : Object.keys(table);
  }
}
