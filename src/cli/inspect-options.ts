import type { OptionSpec } from "./command-line.js";

/** `--inspect`: Node's own inspector, which Chrome DevTools and others speak to. */
export const INSPECT_OPTIONS: Readonly<Record<"inspect" | "inspect-brk", OptionSpec>> = {
  inspect: { type: "string", optionalValue: true, value: "[HOST:]PORT", describe: "Let Chrome DevTools (chrome://inspect) debug the guest's code as assembly, on 127.0.0.1:9229 unless told otherwise" },
  "inspect-brk": { type: "string", optionalValue: true, value: "[HOST:]PORT", describe: "The same, waiting for a debugger and stopping before the guest's first instruction" },
};
