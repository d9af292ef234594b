declare const LIFT86_BUILD: string | undefined;

/** What tells builds apart that translate differently: scripts/build.js puts in a hash of the sources. */
export const BUILD = typeof LIFT86_BUILD === "string" ? LIFT86_BUILD : "sources";
