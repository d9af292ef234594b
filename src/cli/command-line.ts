/** An option of a command as yargs takes it. */
export interface OptionSpec {
  readonly type: "string" | "boolean" | "array";
  readonly describe: string;
  readonly choices?: readonly string[];
  /** A string option that may stand without a value, then only as `--option` or `--option=value`. */
  readonly optionalValue?: boolean;
  /** Name of its value in the help. */
  readonly value?: string;
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

/**
 * Divide a command's arguments into its own and the guest's command line, which begins at the first argument that is neither an option nor an
 * option's value, or after "--": what follows belongs to the guest, whatever it looks like.
 */
export function splitGuest(args: readonly string[], specs: OptionSpecs): { own: string[]; guest: string[] } {
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === "--") return { own: args.slice(0, i), guest: args.slice(i + 1) };
    if (!arg.startsWith("-") || arg === "-") return { own: args.slice(0, i), guest: args.slice(i) };
    const spec = specs[arg.replace(/^--?/, "")];
    if (spec && spec.type !== "boolean" && !spec.optionalValue) i++;
  }
  return { own: [...args], guest: [] };
}

/** The specs as yargs' option objects. */
export function yargsOptions(specs: OptionSpecs): Record<string, object> {
  return Object.fromEntries(Object.entries(specs).map(([name, s]) => [name, {
    describe: s.describe,
    type: s.type === "boolean" ? "boolean" : "string",
    // Of an option given twice the last counts, unless it is one that collects.
    ...(s.type === "array" ? {} : { coerce: (v: unknown) => (Array.isArray(v) ? v.at(-1) as unknown : v) }),
    ...(s.type === "array" ? { array: true, nargs: 1 } : s.type === "string" && !s.optionalValue ? { requiresArg: true } : {}),
    ...(s.choices ? { choices: s.choices } : {}),
  }]));
}
