/**
 * Imports, of types as well, run one way: cli -> index -> runtime -> { jit, frontend, mmu } -> ir. Cycles of imports at run time are looked for
 * by scripts/lint.js in the transpiled sources: dependency-cruiser cannot tell types from values in what its TypeScript parser (swc) gives.
 */
const layer = (name, from, may) => ({
  name,
  severity: "error",
  from: { path: from },
  to: { path: "^(src|node_modules|[^/]+$)", pathNot: may },
});

/** Packages that each layer may use; anything else of node_modules is an error. */
const packages = (...names) => names.map((n) => `^node_modules/${n}/`);

module.exports = {
  forbidden: [
    { name: "resolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
    {
      name: "core-knows-no-node", severity: "error", comment: "All but the command and src/runtime/node runs in browsers.",
      from: { path: "^src/", pathNot: ["^src/cli/", "^src/runtime/node/"] }, to: { dependencyTypes: ["core"] },
    },
    {
      name: "core-knows-no-node-half", severity: "error", from: { path: "^src/", pathNot: ["^src/cli/", "^src/runtime/node/", "^src/node\\.ts$"] },
      to: { path: ["^src/runtime/node/", "^src/node\\.ts$"] },
    },
    layer("ir-imports-nothing-of-the-project", "^src/ir/", ["^src/ir/"]),
    layer("mmu-knows-only-ir", "^src/mmu/", ["^src/(mmu|ir)/"]),
    layer("frontend-knows-ir", "^src/frontend/", ["^src/(frontend|ir)/", ...packages("iced-x86")]),
    layer("jit-knows-ir-and-mmu", "^src/jit/", ["^src/(jit|mmu|frontend|ir)/", ...packages("astring", "acorn", "@types/estree")]),
    layer("runtime-knows-below", "^src/runtime/", ["^src/(runtime|jit|mmu|frontend|ir)/", ...packages("acorn", "@types/estree", "source-map"), "^(node:)?[a-z_/]+$"]),
    layer("cli-uses-the-public-api", "^src/cli/", ["^src/cli/", "^src/(index|node)\\.ts$", ...packages("yargs", "@types/yargs", "cli-progress", "@types/cli-progress", "@dagrejs/dagre"), "^(node:)?[a-z0-9_/]+$"]),
    { name: "nothing-imports-cli", severity: "error", from: { pathNot: "^src/cli/" }, to: { path: "^src/cli/" } },
    { name: "nothing-below-imports-index", severity: "error", from: { path: "^src/(runtime|jit|mmu|frontend|ir)/" }, to: { path: "^src/(index|node)\\.ts$" } },
    { name: "sources-import-no-tests", severity: "error", from: { path: "^src/" }, to: { path: "^(test|bench|scripts)/" } },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    parser: "swc",
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "default"], mainFields: ["module", "main"] },
  },
};
