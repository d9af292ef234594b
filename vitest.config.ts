import { configDefaults, defineConfig } from "vitest/config";

// Debian's programs have to be fetched and take minutes: .ci/run asks for them.
const debian = process.env["LIFT86_DEBIAN"] === "1";
// So does it for those that need gdb.
const gdb = process.env["LIFT86_GDB"] === "1";

// And those that need Chromium.
const chromium = process.env["LIFT86_CHROMIUM"] === "1";

// And those that need other versions of Node.
const nodes = process.env["LIFT86_NODES"] === "1";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: [
      ...configDefaults.exclude, ...(debian ? [] : ["test/debian/**"]), ...(gdb ? [] : ["test/gdb/**"]), ...(chromium ? [] : ["test/chromium/**"]),
      ...(nodes ? [] : ["test/nodes/**"]),
    ],
    // For what hangs, not for what is slow: a test that takes 10 s on a quiet machine takes minutes on one that is shared by many.
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
