import { configDefaults, defineConfig } from "vitest/config";

// Debian's programs have to be fetched and take minutes: .ci/run asks for them.
const debian = process.env["LIFT86_DEBIAN"] === "1";
// So does it for those that need gdb.
const gdb = process.env["LIFT86_GDB"] === "1";

// And those that need Chromium.
const chromium = process.env["LIFT86_CHROMIUM"] === "1";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: [
      ...configDefaults.exclude, ...(debian ? [] : ["test/debian/**"]), ...(gdb ? [] : ["test/gdb/**"]), ...(chromium ? [] : ["test/chromium/**"]),
    ],
    // Debian's programs take their time.
    testTimeout: debian ? 300_000 : 60_000,
  },
});
